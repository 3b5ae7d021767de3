//! Signatures of deliveries, as the Standard Webhooks convention and MLflow have them.

use base64::{Engine as _, prelude::BASE64_STANDARD};
use hmac::{Hmac, Mac as _};
use sha2::Sha256;

/// `v1,` and the base64 of HMAC-SHA-256 over `delivery_id.timestamp.payload`.
pub(super) fn sign(secret: &str, delivery_id: &str, timestamp: &str, payload: &str) -> String {
    let mut mac =
        Hmac::<Sha256>::new_from_slice(secret.as_bytes()).expect("HMAC takes keys of any length");
    for part in [delivery_id, ".", timestamp, ".", payload] {
        mac.update(part.as_bytes());
    }
    format!("v1,{}", BASE64_STANDARD.encode(mac.finalize().into_bytes()))
}

#[cfg(test)]
mod tests {
    #[test]
    fn a_signature_is_the_one_that_mlflow_makes() {
        // mlflow.webhooks.delivery._generate_hmac_signature of 3.17.2, with the same arguments.
        let payload = r#"{"entity": "registered_model", "data": {"name": "größe"}}"#;
        let signature = super::sign("s3cret-ü", "id-1", "1700000000", payload);
        assert_eq!(signature, "v1,WYrvAi5jnf/TgMF6K0KVPca5/pPXT6wFWpqAlnVKa4U=");
    }
}
