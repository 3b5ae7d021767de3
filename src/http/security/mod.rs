//! Keeps other web sites' pages from using this server through their visitors' browsers, as MLflow
//! 3.17 does: a page that has had its name resolve to this machine names a `Host` that is not ours,
//! and a page elsewhere an `Origin`. Lists are read once; a request costs a few comparisons.

mod hosts;
mod origins;
mod pattern;

use std::sync::Arc;

use axum::{
    extract::{Request, State},
    http::{
        HeaderMap, HeaderValue, Method, StatusCode,
        header::{
            ACCESS_CONTROL_ALLOW_CREDENTIALS, ACCESS_CONTROL_ALLOW_HEADERS,
            ACCESS_CONTROL_ALLOW_METHODS, ACCESS_CONTROL_ALLOW_ORIGIN,
            ACCESS_CONTROL_EXPOSE_HEADERS, ACCESS_CONTROL_MAX_AGE, ACCESS_CONTROL_REQUEST_HEADERS,
            ACCESS_CONTROL_REQUEST_METHOD, HOST, ORIGIN, VARY, X_CONTENT_TYPE_OPTIONS,
            X_FRAME_OPTIONS,
        },
    },
    middleware::Next,
    response::{IntoResponse, Response},
};

use super::Config;
use hosts::Hosts;
use origins::Origins;

/// Methods that pages of other origins may be allowed.
const METHODS: [&str; 6] = ["GET", "POST", "PUT", "DELETE", "OPTIONS", "PATCH"];
/// Seconds for which a browser may remember that.
const MAX_AGE: HeaderValue = HeaderValue::from_static("600");

/// Who may come in. Read once from the configuration.
pub(super) struct Gate {
    checks: bool,
    hosts: Hosts,
    origins: Origins,
    frame_options: Option<HeaderValue>,
    /// Path under which everything is served.
    prefix: String,
}

/// The middleware around all routes.
pub(super) async fn check(State(gate): State<Arc<Gate>>, request: Request, next: Next) -> Response {
    if !gate.checks {
        return next.run(request).await;
    }
    let origin = request.headers().get(ORIGIN).cloned();
    let mut response = match gate.answer(&request) {
        Some(answer) => answer,
        None => next.run(request).await,
    };
    gate.mark(origin, response.headers_mut());
    response
}

impl Gate {
    /// The gate that the configuration describes.
    pub(super) fn new(config: &Config) -> Self {
        let frame_options = config.x_frame_options.to_ascii_uppercase();
        let wanted = !matches!(frame_options.as_str(), "" | "NONE");
        Self {
            checks: config.security,
            hosts: Hosts::new(config.allowed_hosts.as_deref()),
            origins: Origins::new(&config.cors_allowed_origins),
            frame_options: HeaderValue::from_str(&frame_options).ok().filter(|_| wanted),
            prefix: config.static_prefix.clone(),
        }
    }

    /// The answer to a request that no handler may see.
    fn answer(&self, request: &Request) -> Option<Response> {
        let headers = request.headers();
        let path = request.uri().path();
        let path = path.strip_prefix(self.prefix.as_str()).unwrap_or(path);
        let host = headers.get(HOST).and_then(|host| host.to_str().ok());
        let host = host.or_else(|| request.uri().authority().map(|it| it.as_str()));
        let host = host.unwrap_or_default();
        if !matches!(path, "/health" | "/version") && !self.hosts.allow(host) {
            tracing::warn!(?host, "refused a request that names another host");
            let text = "Invalid Host header - possible DNS rebinding attack detected";
            return Some((StatusCode::FORBIDDEN, text).into_response());
        }
        let origin = headers.get(ORIGIN)?;
        if request.method() == Method::OPTIONS
            && headers.contains_key(ACCESS_CONTROL_REQUEST_METHOD)
        {
            return Some(self.preflight(origin, headers));
        }
        let guarded = path.starts_with("/api/") || path.starts_with("/ajax-api/");
        if guarded && changes_state(request.method()) && !self.may_write(origin, host) {
            tracing::warn!(?origin, "refused a change that a page elsewhere asks for");
            return Some((StatusCode::FORBIDDEN, "Cross-origin request blocked").into_response());
        }
        None
    }

    /// Whether a page of that origin may change something. Unlike MLflow, the server's own page may
    /// wherever it is reached, as long as names are checked at all.
    fn may_write(&self, origin: &HeaderValue, host: &str) -> bool {
        let Ok(origin) = origin.to_str() else { return false };
        let is_own = !self.hosts.allow_all() && origins::authority(origin) == Some(host);
        is_own || self.origins.may_write(origin)
    }

    fn may_read(&self, origin: &HeaderValue) -> bool {
        origin.to_str().is_ok_and(|origin| self.origins.may_read(origin))
    }

    /// What a browser asks before it sends what a plain form could not.
    fn preflight(&self, origin: &HeaderValue, request: &HeaderMap) -> Response {
        let method = request.get(ACCESS_CONTROL_REQUEST_METHOD);
        let known = method.is_some_and(|method| METHODS.iter().any(|known| method == *known));
        let (status, text) = match (self.may_read(origin), known) {
            (true, true) => (StatusCode::OK, "OK"),
            (true, false) => (StatusCode::BAD_REQUEST, "Disallowed CORS method"),
            (false, true) => (StatusCode::BAD_REQUEST, "Disallowed CORS origin"),
            (false, false) => (StatusCode::BAD_REQUEST, "Disallowed CORS origin, method"),
        };
        let mut response = (status, text).into_response();
        let headers = response.headers_mut();
        let asked = "Access-Control-Request-Method, Access-Control-Request-Headers";
        headers.insert(VARY, HeaderValue::from_static(asked));
        headers.insert(ACCESS_CONTROL_MAX_AGE, MAX_AGE);
        headers.extend(
            HeaderValue::try_from(METHODS.join(", "))
                .ok()
                .map(|methods| (ACCESS_CONTROL_ALLOW_METHODS, methods)),
        );
        if let Some(wanted) = request.get(ACCESS_CONTROL_REQUEST_HEADERS) {
            headers.insert(ACCESS_CONTROL_ALLOW_HEADERS, wanted.clone());
        }
        response
    }

    /// What every answer says to browsers.
    fn mark(&self, origin: Option<HeaderValue>, headers: &mut HeaderMap) {
        headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
        if let Some(options) = &self.frame_options {
            headers.insert(X_FRAME_OPTIONS, options.clone());
        }
        if !self.origins.allow_all() {
            headers.append(VARY, HeaderValue::from_static("Origin"));
        }
        let Some(origin) = origin else { return };
        headers.insert(ACCESS_CONTROL_EXPOSE_HEADERS, HeaderValue::from_static("*"));
        if self.origins.allow_all() {
            // Without credentials: any page may ask, but not in the name of who is logged in.
            headers.insert(ACCESS_CONTROL_ALLOW_ORIGIN, HeaderValue::from_static("*"));
            return;
        }
        headers.insert(ACCESS_CONTROL_ALLOW_CREDENTIALS, HeaderValue::from_static("true"));
        if self.may_read(&origin) {
            headers.insert(ACCESS_CONTROL_ALLOW_ORIGIN, origin);
        }
    }
}

fn changes_state(method: &Method) -> bool {
    [Method::POST, Method::PUT, Method::DELETE, Method::PATCH].contains(method)
}

#[cfg(test)]
mod tests;
