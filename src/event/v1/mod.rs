//! Frozen wire shapes, version 1. Field order is the byte order. Nothing here may change once
//! released: a new need is a new version of the shape in a new folder.
//!
//! Rules that keep bincode's bytes stable: no `usize`, no hash maps, no `f32`, no `serde(default)`,
//! `skip_serializing_if`, `flatten` or `tag`; enumerations are explicit codes.

pub mod artifact;
pub mod experiment;
pub mod logged_model;
pub mod meta;
pub mod redaction;
pub mod registry;
pub mod repair;
pub mod run;
pub mod signing;
pub mod webhook;

use serde::{Deserialize, Serialize};

/// A key and its value: a tag or a parameter.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct KeyValue {
    /// Key.
    pub key: String,
    /// Value.
    pub value: String,
}
