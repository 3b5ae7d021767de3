//! Artifacts on their way out: the bytes, a part of them if asked for, and what describes them.

use axum::{
    body::Body,
    http::{
        HeaderMap, HeaderName, HeaderValue, StatusCode,
        header::{
            ACCEPT_RANGES, CACHE_CONTROL, CONTENT_DISPOSITION, CONTENT_LENGTH, CONTENT_RANGE,
            CONTENT_TYPE, ETAG, IF_RANGE, LAST_MODIFIED, RANGE, X_CONTENT_TYPE_OPTIONS,
        },
    },
    response::{IntoResponse, Response},
};
use jiff::{Timestamp, fmt::rfc2822::DateTimePrinter};

use crate::{
    artifacts::{
        ArtifactError, ArtifactPath, ArtifactStore, Download, GetRange, Meta, content_disposition,
        content_type,
    },
    http::error::ApiResult,
};

/// Answers with the artifact at `path`, always as a download: shown in the browser, it could act in
/// the name of this server.
pub(super) async fn send(
    store: &ArtifactStore,
    path: &ArtifactPath,
    request: &HeaderMap,
) -> ApiResult<Response> {
    let mut range = text(request, RANGE).and_then(parse_range);
    if let (Some(_), Some(validator)) = (&range, text(request, IF_RANGE))
        && !is_current(validator, &store.head(path).await?)
    {
        range = None;
    }
    let status = if range.is_some() { StatusCode::PARTIAL_CONTENT } else { StatusCode::OK };
    let download = match store.get(path, range).await {
        Err(ArtifactError::RangeNotSatisfiable { size }) => {
            let range = [(CONTENT_RANGE, format!("bytes */{size}"))];
            return Ok((StatusCode::RANGE_NOT_SATISFIABLE, range).into_response());
        }
        download => download?,
    };
    let headers = describe(path, &download, status);
    Ok((status, headers, Body::from_stream(download.bytes)).into_response())
}

fn describe(path: &ArtifactPath, download: &Download, status: StatusCode) -> HeaderMap {
    let Download { meta, range, .. } = download;
    let mut headers = HeaderMap::new();
    let mut set = |name: HeaderName, value: String| {
        // A value that no header takes is left out; the names' own are ASCII by construction.
        headers.extend(HeaderValue::try_from(value).ok().map(|value| (name, value)));
    };
    set(CONTENT_DISPOSITION, content_disposition(path.name()));
    set(CONTENT_LENGTH, (range.end - range.start).to_string());
    set(ETAG, format!("\"{}\"", meta.etag));
    if let Some(modified) = http_date(meta) {
        set(LAST_MODIFIED, modified);
    }
    if status == StatusCode::PARTIAL_CONTENT {
        let last = range.end.saturating_sub(1);
        set(CONTENT_RANGE, format!("bytes {}-{last}/{}", range.start, meta.size));
    }
    let fixed = [
        (CONTENT_TYPE, content_type(path.name())),
        (X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (ACCEPT_RANGES, "bytes"),
        (CACHE_CONTROL, "no-cache"),
    ];
    headers.extend(fixed.map(|(name, value)| (name, HeaderValue::from_static(value))));
    headers
}

fn text(headers: &HeaderMap, name: HeaderName) -> Option<&str> {
    headers.get(name)?.to_str().ok()
}

/// One range of bytes. Several, or what is not understood, is as if nothing had been asked (RFC 9110).
fn parse_range(header: &str) -> Option<GetRange> {
    let (first, last) = header.strip_prefix("bytes=")?.trim().split_once('-')?;
    match (first, last) {
        ("", length) => Some(GetRange::Suffix(length.parse().ok()?)),
        (first, "") => Some(GetRange::Offset(first.parse().ok()?)),
        (first, last) => {
            let (first, last): (u64, u64) = (first.parse().ok()?, last.parse().ok()?);
            (first <= last).then(|| GetRange::Bounded(first..last.saturating_add(1)))
        }
    }
}

/// Whether `If-Range` names the artifact as it is now.
fn is_current(validator: &str, meta: &Meta) -> bool {
    let validator = validator.trim();
    validator.trim_matches('"') == meta.etag
        || http_date(meta).is_some_and(|date| date == validator)
}

fn http_date(meta: &Meta) -> Option<String> {
    let modified = Timestamp::from_millisecond(meta.modified.0).ok()?;
    DateTimePrinter::new().timestamp_to_rfc9110_string(&modified).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_range_is_understood_and_all_else_is_passed_over() {
        for (header, expected) in [
            ("bytes=0-0", Some(GetRange::Bounded(0..1))),
            ("bytes=1-2", Some(GetRange::Bounded(1..3))),
            ("bytes=5-", Some(GetRange::Offset(5))),
            ("bytes=-5", Some(GetRange::Suffix(5))),
            ("bytes=2-1", None),
            ("bytes=0-1,3-4", None),
            ("bytes=-", None),
            ("bytes=--1", None),
            ("items=0-1", None),
            ("", None),
        ] {
            assert_eq!(parse_range(header), expected, "{header}");
        }
        let end = u64::MAX;
        assert_eq!(parse_range(&format!("bytes=0-{end}")), Some(GetRange::Bounded(0..end)));
    }

    #[test]
    fn a_validator_is_the_tag_or_the_date() {
        let modified = crate::base::TimestampMs(1_795_436_161_874);
        let meta = Meta { size: 5, modified, etag: "abc".to_owned() };
        assert!(is_current("\"abc\"", &meta));
        assert!(is_current("Mon, 23 Nov 2026 12:16:01 GMT", &meta));
        assert!(!is_current("\"abd\"", &meta));
    }
}
