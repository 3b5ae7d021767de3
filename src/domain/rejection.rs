//! A refused wish.

use thiserror::Error;

/// Why a command was refused, in MLflow's kinds and words.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("{message}")]
pub struct Rejection {
    /// The kind, which decides status and error code at the API.
    pub kind: RejectionKind,
    /// What the caller is told.
    pub message: String,
}

/// Kinds of refusal: MLflow's error codes as far as rules use them (mlflow/protos/databricks.proto).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RejectionKind {
    /// A value is wrong, or wrong in this state.
    InvalidParameterValue,
    /// What the command names is not there.
    ResourceDoesNotExist,
    /// What the command would create is there already.
    ResourceAlreadyExists,
    /// Another came first.
    ResourceConflict,
    /// The entity is in a state in which this cannot be done.
    InvalidState,
    /// The request as a whole makes no sense.
    BadRequest,
}

impl Rejection {
    /// A wrong value.
    pub fn invalid(message: impl Into<String>) -> Self {
        Self { kind: RejectionKind::InvalidParameterValue, message: message.into() }
    }

    /// Something that is not there.
    pub fn missing(message: impl Into<String>) -> Self {
        Self { kind: RejectionKind::ResourceDoesNotExist, message: message.into() }
    }

    /// Something that is there already.
    pub fn exists(message: impl Into<String>) -> Self {
        Self { kind: RejectionKind::ResourceAlreadyExists, message: message.into() }
    }

    /// Something that another has changed meanwhile.
    pub fn conflict(message: impl Into<String>) -> Self {
        Self { kind: RejectionKind::ResourceConflict, message: message.into() }
    }

    /// A request that makes no sense.
    pub fn bad_request(message: impl Into<String>) -> Self {
        Self { kind: RejectionKind::BadRequest, message: message.into() }
    }

    /// A state that does not allow it.
    pub fn state(message: impl Into<String>) -> Self {
        Self { kind: RejectionKind::InvalidState, message: message.into() }
    }
}
