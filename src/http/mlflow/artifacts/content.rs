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

use crate::artifacts::{
    ArtifactError, ArtifactPath, ArtifactStore, Download, GetRange, Meta, content_disposition,
    content_type,
};

/// What a range that is none is taken for; MLflow's routes for artifacts stand on two frameworks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum BadRange {
    /// A mistake. Several ranges are no mistake, but answered with the whole.
    Refused,
    /// A range that the artifact does not have.
    Unsatisfiable,
}

/// What is said of a directory where a file is asked for.
pub(super) fn is_directory(path: &str) -> String {
    format!("Artifact path refers to a directory, not a file: '{path}'")
}

/// Answers with the file at `path` as the artifact that is `called` so, always as a download: shown in the
/// browser, it could act in the name of this server.
pub(super) async fn send(
    store: &ArtifactStore,
    path: &ArtifactPath,
    called: &ArtifactPath,
    request: &HeaderMap,
    bad_range: BadRange,
) -> Result<Response, ArtifactError> {
    let mut range = match text(request, RANGE).map(parse_range) {
        None => None,
        Some(Ok(range)) => Some(range),
        Some(Err(_)) if bad_range == BadRange::Unsatisfiable => {
            return Ok(unsatisfiable(store.head(path).await?.size));
        }
        Some(Err(NoRange::Several)) => None,
        Some(Err(NoRange::Mistake(words))) => {
            return Ok((StatusCode::BAD_REQUEST, words).into_response());
        }
    };
    if let (Some(_), Some(validator)) = (&range, text(request, IF_RANGE))
        && !is_current(validator, &store.head(path).await?)
    {
        range = None;
    }
    let status = if range.is_some() { StatusCode::PARTIAL_CONTENT } else { StatusCode::OK };
    let download = match store.get(path, range).await {
        Err(ArtifactError::RangeNotSatisfiable { size }) => {
            return Ok(unsatisfiable(size));
        }
        download => download?,
    };
    let headers = describe(called, &download, status);
    Ok((status, headers, Body::from_stream(download.bytes)).into_response())
}

fn unsatisfiable(size: u64) -> Response {
    let range = [(CONTENT_RANGE, format!("bytes */{size}"))];
    (StatusCode::RANGE_NOT_SATISFIABLE, range, "").into_response()
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

/// Why a `Range` is not one range of bytes.
#[derive(Debug, PartialEq, Eq)]
enum NoRange {
    Several,
    Mistake(&'static str),
}

/// One range of bytes. The words are those of MLflow's framework.
fn parse_range(header: &str) -> Result<GetRange, NoRange> {
    let (unit, ranges) =
        header.split_once('=').ok_or(NoRange::Mistake("Malformed range header."))?;
    if !unit.trim().eq_ignore_ascii_case("bytes") {
        return Err(NoRange::Mistake("Only support bytes range"));
    }
    if ranges.contains(',') {
        return Err(NoRange::Several);
    }
    let nothing = NoRange::Mistake("Range header: range must be requested");
    let (first, last) = ranges.trim().split_once('-').unwrap_or_default();
    match (first.parse::<u64>(), last.parse::<u64>()) {
        (Err(_), Ok(length)) if first.is_empty() => Ok(GetRange::Suffix(length)),
        (Ok(first), Err(_)) if last.is_empty() => Ok(GetRange::Offset(first)),
        (Ok(first), Ok(last)) if first <= last => {
            Ok(GetRange::Bounded(first..last.saturating_add(1)))
        }
        (Ok(_), Ok(_)) => Err(NoRange::Mistake("Range header: start must be less than end")),
        _ => Err(nothing),
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
    fn one_range_is_understood_and_all_else_is_named() {
        for (header, expected) in [
            ("bytes=0-0", GetRange::Bounded(0..1)),
            ("bytes=1-2", GetRange::Bounded(1..3)),
            ("bytes=5-", GetRange::Offset(5)),
            ("bytes=-5", GetRange::Suffix(5)),
            ("Bytes = 5-", GetRange::Offset(5)),
            (&format!("bytes=0-{}", u64::MAX), GetRange::Bounded(0..u64::MAX)),
        ] {
            assert_eq!(parse_range(header), Ok(expected), "{header}");
        }
        assert_eq!(parse_range("bytes=0-1,3-4"), Err(NoRange::Several));
        for (header, words) in [
            ("bytes=2-1", "Range header: start must be less than end"),
            ("bytes=-", "Range header: range must be requested"),
            ("bytes=--1", "Range header: range must be requested"),
            ("bytes=5", "Range header: range must be requested"),
            ("items=0-1", "Only support bytes range"),
            ("", "Malformed range header."),
        ] {
            assert_eq!(parse_range(header), Err(NoRange::Mistake(words)), "{header}");
        }
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
