//! Why a filter or an order was refused, in MLflow's own words and under MLflow's own code.
//!
//! Knows nothing of HTTP: which status a code becomes is decided elsewhere.

use thiserror::Error;

/// The `error_code` MLflow 3.17.2 gives.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ErrorCode {
    /// `INVALID_PARAMETER_VALUE`: nearly every refusal.
    InvalidParameterValue,
    /// `INVALID_PARAMETER_VALUE` of the class `ATTRIBUTE_NOT_FOUND`: an order by what is no column.
    AttributeNotFound,
    /// `INTERNAL_ERROR`: MLflow says this of duplicate fields in `order_by`, though the fault is
    /// the caller's.
    InternalError,
}

/// A refused filter or order: what MLflow would answer.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("{message}")]
pub struct SearchError {
    /// MLflow's `error_code`.
    pub code: ErrorCode,
    /// MLflow's text. Where MLflow prints a Python set, whose order is random, ours is sorted.
    pub message: String,
}

impl SearchError {
    /// A refusal with `INVALID_PARAMETER_VALUE`.
    pub(super) fn invalid(message: impl Into<String>) -> Self {
        Self { code: ErrorCode::InvalidParameterValue, message: message.into() }
    }

    /// A refusal with `INTERNAL_ERROR`.
    pub(super) fn internal(message: impl Into<String>) -> Self {
        Self { code: ErrorCode::InternalError, message: message.into() }
    }
}
