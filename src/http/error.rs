//! One table from what went wrong to MLflow's status and error code. The shape is MLflow's:
//! `{"error_code", "message", "sqlstate", "error_class"}` (mlflow/exceptions.py, 3.17).

use axum::{
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use serde_json::json;

use crate::{
    artifacts::{ArtifactError, PathError, UriError},
    base::{
        limits::JSON_BYTES_MAX,
        python::{self, Layout},
    },
    domain::{Rejection, RejectionKind, validate},
    engine::ExecuteError,
    proof::ProofError,
    search::{ErrorCode, SearchError},
};

/// An error answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ApiError {
    /// Status, error code and class.
    pub code: Code,
    /// What the caller is told.
    pub message: String,
}

/// Builds [`Code`] from its table.
macro_rules! codes {
    ($($(#[$doc:meta])* $name:ident = $status:literal $code:literal $class:expr;)+) => {
        /// A row of the table.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub enum Code { $($(#[$doc])* $name,)+ }

        impl Code {
            /// Its HTTP status.
            pub fn status(self) -> u16 { match self { $(Code::$name => $status,)+ } }
            /// MLflow's `error_code`.
            pub fn name(self) -> &'static str { match self { $(Code::$name => $code,)+ } }
            /// MLflow's `sqlstate` and `error_class`, where it gives them.
            fn class(self) -> Option<(&'static str, &'static str)> { match self { $(Code::$name => $class,)+ } }
        }
    };
}

codes! {
    /// A value is wrong.
    InvalidParameterValue = 400 "INVALID_PARAMETER_VALUE" Some(("KAM00", "INVALID_PARAMETER_VALUE"));
    /// A search is ordered by what is no column.
    AttributeNotFound = 400 "INVALID_PARAMETER_VALUE" Some(("KAM04", "ATTRIBUTE_NOT_FOUND"));
    /// The request makes no sense.
    BadRequest = 400 "BAD_REQUEST" Some(("KAM00", "INVALID_PARAMETER_VALUE"));
    /// What would be created is there already.
    ResourceAlreadyExists = 400 "RESOURCE_ALREADY_EXISTS" Some(("KAM00", "RESOURCE_ALREADY_EXISTS"));
    /// The caller may not.
    PermissionDenied = 403 "PERMISSION_DENIED" Some(("KAM00", "PERMISSION_DENIED"));
    /// What is named is not there.
    ResourceDoesNotExist = 404 "RESOURCE_DOES_NOT_EXIST" Some(("KAM00", "RESOURCE_NOT_FOUND"));
    /// No such route.
    EndpointNotFound = 404 "ENDPOINT_NOT_FOUND" Some(("KAM00", "RESOURCE_NOT_FOUND"));
    /// The route has other methods.
    MethodNotAllowed = 405 "BAD_REQUEST" Some(("KAM00", "INVALID_PARAMETER_VALUE"));
    /// Another came first.
    ResourceConflict = 409 "RESOURCE_CONFLICT" None;
    /// It was there, and is not kept.
    Gone = 410 "RESOURCE_DOES_NOT_EXIST" Some(("KAM00", "RESOURCE_NOT_FOUND"));
    /// The request is too long.
    TooLarge = 413 "INVALID_PARAMETER_VALUE" Some(("KAM00", "INVALID_PARAMETER_VALUE"));
    /// The entity is in the wrong state (MLflow says 500 here).
    InvalidState = 500 "INVALID_STATE" Some(("XXM00", "CLIENT_INTERNAL_ERROR"));
    /// Something failed here.
    InternalError = 500 "INTERNAL_ERROR" Some(("XXM00", "CLIENT_INTERNAL_ERROR"));
    /// What is asked for is not supported.
    NotImplemented = 501 "NOT_IMPLEMENTED" None;
    /// A feature that this server does not have (MLflow says 500 here).
    FeatureDisabled = 501 "FEATURE_DISABLED" Some(("KAM00", "FEATURE_DISABLED"));
    /// Come back in a moment.
    TemporarilyUnavailable = 503 "TEMPORARILY_UNAVAILABLE" Some(("XXM00", "CLIENT_INTERNAL_ERROR"));
    /// The disk is full.
    InsufficientStorage = 507 "RESOURCE_EXHAUSTED" None;
}

/// Any handler's result.
pub type ApiResult<T> = Result<T, ApiError>;

impl ApiError {
    /// An error of that code.
    pub fn new(code: Code, message: impl Into<String>) -> Self {
        Self { code, message: message.into() }
    }

    /// A wrong value.
    pub fn invalid(message: impl Into<String>) -> Self {
        Self::new(Code::InvalidParameterValue, message)
    }

    /// Something that is not there.
    pub fn missing(message: impl Into<String>) -> Self {
        Self::new(Code::ResourceDoesNotExist, message)
    }

    /// MLflow's sentence about a required request field that is not there.
    pub fn missing_field(name: &str) -> Self {
        let sentence = validate::missing_value(name).message;
        Self::invalid(format!(
            "{sentence} See the API docs for more information about request parameters."
        ))
    }

    /// MLflow's sentence about a request field of the wrong type.
    pub fn wrong_type(name: &str, value: &serde_json::Value) -> Self {
        let kind = match value {
            serde_json::Value::Null => "NoneType",
            serde_json::Value::Bool(_) => "bool",
            serde_json::Value::Number(number) if number.is_f64() => "float",
            serde_json::Value::Number(_) => "int",
            serde_json::Value::String(_) => "str",
            serde_json::Value::Array(_) => "list",
            serde_json::Value::Object(_) => "dict",
        };
        let value = python::json(value, Layout::Compact);
        Self::invalid(format!(
            "Invalid value {value} for parameter '{name}' supplied:  Hint: Value was of type \
             '{kind}'. See the API docs for more information about request parameters."
        ))
    }

    /// A request body over its limit.
    pub fn body_too_large() -> Self {
        let message = format!("The request body is larger than {JSON_BYTES_MAX} bytes.");
        Self::new(Code::TooLarge, message)
    }
}

impl From<Rejection> for ApiError {
    fn from(rejection: Rejection) -> Self {
        let code = match rejection.kind {
            RejectionKind::InvalidParameterValue => Code::InvalidParameterValue,
            RejectionKind::ResourceDoesNotExist => Code::ResourceDoesNotExist,
            RejectionKind::ResourceAlreadyExists => Code::ResourceAlreadyExists,
            RejectionKind::ResourceConflict => Code::ResourceConflict,
            RejectionKind::InvalidState => Code::InvalidState,
            RejectionKind::BadRequest => Code::BadRequest,
        };
        Self::new(code, rejection.message)
    }
}

impl From<ExecuteError> for ApiError {
    fn from(error: ExecuteError) -> Self {
        let message = error.to_string();
        match error {
            ExecuteError::Rejected(rejection) => rejection.into(),
            ExecuteError::TooLarge { .. } => Self::new(Code::TooLarge, message),
            ExecuteError::Overloaded | ExecuteError::Poisoned => {
                Self::new(Code::TemporarilyUnavailable, message)
            }
            ExecuteError::Full => Self::new(Code::InsufficientStorage, message),
        }
    }
}

impl From<SearchError> for ApiError {
    fn from(error: SearchError) -> Self {
        match error.code {
            ErrorCode::InvalidParameterValue => Self::invalid(error.message),
            ErrorCode::AttributeNotFound => Self::new(Code::AttributeNotFound, error.message),
            // MLflow says 500 of a mistake in a request, upon which its client retries for minutes.
            ErrorCode::InternalError => Self::invalid(error.message),
        }
    }
}

impl From<ArtifactError> for ApiError {
    fn from(error: ArtifactError) -> Self {
        let message = error.to_string();
        match error {
            ArtifactError::InvalidPath(_)
            | ArtifactError::IsDirectory { .. }
            | ArtifactError::NotADirectory { .. }
            | ArtifactError::Outside { .. } => Self::invalid(message),
            ArtifactError::BrokenOff { .. } => Self::new(Code::BadRequest, message),
            ArtifactError::NotFound { .. } => Self::missing(message),
            ArtifactError::NotKept { .. } => Self::new(Code::Gone, message),
            ArtifactError::Full { .. } => Self::new(Code::InsufficientStorage, message),
            error => {
                tracing::error!(%error, "artifact store failed");
                Self::new(Code::InternalError, message)
            }
        }
    }
}

impl From<ProofError> for ApiError {
    fn from(error: ProofError) -> Self {
        let message = error.to_string();
        match error {
            ProofError::Absent { .. } => Self::missing(message),
            ProofError::Disk(error) if error.is_full() => {
                Self::new(Code::InsufficientStorage, message)
            }
            error => {
                tracing::error!(%error, "the log cannot be signed or proved");
                Self::new(Code::InternalError, message)
            }
        }
    }
}

impl From<PathError> for ApiError {
    fn from(error: PathError) -> Self {
        Self::invalid(error.to_string())
    }
}

impl From<UriError> for ApiError {
    fn from(error: UriError) -> Self {
        Self::invalid(error.to_string())
    }
}

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        let mut body = json!({ "error_code": self.code.name(), "message": self.message });
        if let (Some((sqlstate, class)), Some(fields)) = (self.code.class(), body.as_object_mut()) {
            fields.insert("sqlstate".to_owned(), sqlstate.into());
            fields.insert("error_class".to_owned(), class.into());
        }
        let status =
            StatusCode::from_u16(self.code.status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let json = HeaderValue::from_static("application/json");
        let mut response = (status, body.to_string()).into_response();
        response.headers_mut().insert(header::CONTENT_TYPE, json);
        if self.code == Code::TemporarilyUnavailable {
            response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from_static("1"));
        }
        response
    }
}
