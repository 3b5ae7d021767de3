//! Ids. The only file that draws random numbers for anything that is stored.

use uuid::Uuid;

use super::secret::SECRET_BYTES;

/// A new id of 32 lower-case hexadecimal digits (a version 4 UUID without dashes), as MLflow
/// gives to runs.
pub fn random_hex() -> String {
    Uuid::new_v4().simple().to_string()
}

/// Whether [`random_hex`] could have drawn it.
pub fn is_hex(id: &str) -> bool {
    id.len() == 32 && id.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
}

/// A new version 4 UUID with dashes, as MLflow gives to webhooks and deliveries.
pub fn random_uuid() -> String {
    Uuid::new_v4().to_string()
}

/// A new logged-model id: `m-` and 32 hexadecimal digits, as MLflow 3 gives them.
pub fn random_model_id() -> String {
    format!("m-{}", Uuid::new_v4().simple())
}

/// A new secret.
pub fn random_secret() -> [u8; SECRET_BYTES] {
    rand::random()
}
