//! Who asks.

use std::net::SocketAddr;

use axum::{
    extract::{ConnectInfo, FromRequestParts},
    http::{HeaderMap, header, request::Parts},
};
use base64::{Engine as _, prelude::BASE64_STANDARD};

use crate::{base::id, engine::Context};

/// Longest request id, user name and user agent that are kept, in bytes.
const HEADER_BYTES_MAX: usize = 256;

/// Who asks. Never fails: what is missing or odd is left out.
pub struct Caller(pub Context);

impl<S: Send + Sync> FromRequestParts<S> for Caller {
    type Rejection = std::convert::Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Self::Rejection> {
        let address = parts.extensions.get::<ConnectInfo<SocketAddr>>();
        let request_id = short_header(&parts.headers, "x-request-id");
        Ok(Self(Context {
            user: basic_auth_user(&parts.headers),
            request_id: request_id.unwrap_or_else(id::random_hex),
            client_address: address.map(|ConnectInfo(it)| it.ip().to_string()).unwrap_or_default(),
            user_agent: short_header(&parts.headers, "user-agent").unwrap_or_default(),
        }))
    }
}

fn short_header(headers: &HeaderMap, name: &str) -> Option<String> {
    let text = headers.get(name)?.to_str().ok()?;
    let end = text.len().min(HEADER_BYTES_MAX);
    Some(text.get(..end)?.to_owned()).filter(|text| !text.is_empty())
}

/// The user name of a `Basic` authorization. It names the actor; nothing is checked against it.
fn basic_auth_user(headers: &HeaderMap) -> Option<String> {
    let encoded = headers.get(header::AUTHORIZATION)?.to_str().ok()?.strip_prefix("Basic ")?;
    let decoded = String::from_utf8(BASE64_STANDARD.decode(encoded.trim()).ok()?).ok()?;
    let (user, _) = decoded.split_once(':')?;
    let usable = !user.is_empty() && user.len() <= HEADER_BYTES_MAX && !user.contains('\0');
    usable.then(|| user.to_owned())
}
