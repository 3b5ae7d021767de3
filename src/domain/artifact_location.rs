//! Where experiments keep their artifacts, and their runs below that: which places a client may name,
//! and what they become. Rules and texts are MLflow's (`_validate_storage_location_uri` in
//! mlflow/server/handlers.py, `resolve_uri_if_local` and `append_to_uri_path` in mlflow/utils/uri.py, 3.17).

use percent_encoding::percent_decode_str;

use super::{
    Rejection,
    model_source::{foreign_host, names_host},
    model_uri::{Uri, decode},
};
use crate::base::limits;

/// Schemes whose paths Python splits at a semicolon.
const SCHEMES_WITH_PARAMS: [&str; 14] = [
    "", "ftp", "hdl", "prospero", "http", "https", "shttp", "rtsp", "rtsps", "sip", "sips", "mms",
    "sftp", "tel",
];

/// Refuses a place that a client may not name. `root` is where the server's own artifacts go.
pub(super) fn check(location: &str, root: &str) -> Result<(), Rejection> {
    let (uri, root) = (Uri::parse(location), Uri::parse(root));
    let (query, fragment) = uri.tail.split_once('#').unwrap_or((uri.tail, ""));
    let last = uri.path.rsplit('/').next().unwrap_or_default();
    let has_params = SCHEMES_WITH_PARAMS.contains(&uri.scheme.as_str())
        && last.split_once(';').is_some_and(|(_, params)| !params.is_empty());
    if has_params || !fragment.is_empty() {
        return Err(Rejection::invalid(
            "'artifact_location' URL can't include fragments or params.",
        ));
    }
    if decode(query).is_none_or(|query| query.contains("..")) {
        return Err(Rejection::invalid("Invalid query string"));
    }
    let is_trusted =
        uri.scheme == root.scheme && uri.authority.eq_ignore_ascii_case(root.authority);
    if names_host(&uri) && !is_trusted {
        return Err(foreign_host("artifact_location", &uri.scheme));
    }
    if location.starts_with("runs:") {
        return Err(Rejection::invalid(format!(
            "Artifact location cannot be a runs:/ URI. Given: '{location}'"
        )));
    }
    check_length(location)
}

fn check_length(location: &str) -> Result<(), Rejection> {
    let max = limits::ARTIFACT_LOCATION_CHARS_MAX;
    if location.len() > max && location.chars().count() > max {
        return Err(Rejection::invalid(format!(
            "Invalid artifact path length. The length of the artifact path cannot be greater than \
             {max} characters. To configure this limit, please set the \
             MLFLOW_ARTIFACT_LOCATION_MAX_LENGTH environment variable."
        )));
    }
    Ok(())
}

/// `location`, absolute if it is a place on this machine.
pub(super) fn resolved(location: &str, working_directory: &str) -> Result<String, Rejection> {
    let uri = Uri::parse(location);
    if !uri.is_local() {
        return Ok(location.to_owned());
    }
    if uri.scheme == "file" && !uri.is_this_machine() {
        return Err(Rejection::invalid(format!(
            "{location} is not a valid remote uri. For remote access on windows, please consider \
             using a different scheme such as SMB (e.g. smb://<hostname>/<path>)."
        )));
    }
    let path = if uri.scheme.is_empty() { location } else { uri.path };
    let path = percent_decode_str(path).decode_utf8_lossy();
    if path.starts_with('/') {
        return Ok(location.to_owned());
    }
    let mut absolute = working_directory.trim_end_matches('/').to_owned();
    for segment in path.split('/').filter(|segment| !matches!(*segment, "" | ".")) {
        absolute.push('/');
        absolute.push_str(segment);
    }
    let absolute = match uri.scheme.as_str() {
        "" => absolute,
        scheme => format!("{scheme}://{absolute}{}", uri.tail),
    };
    check_length(&absolute)?;
    Ok(absolute)
}

/// The place `below` a location: before its query, if it has one.
pub(super) fn join(location: &str, below: &str) -> String {
    let uri = Uri::parse(location);
    let longer = |path: &str| match path {
        "" => below.to_owned(),
        path if path.ends_with('/') => format!("{path}{below}"),
        path => format!("{path}/{below}"),
    };
    if uri.scheme.is_empty() {
        return longer(location);
    }
    let (scheme, tail, mut path) = (&uri.scheme, uri.tail, longer(uri.path));
    let has_authority = !uri.authority.is_empty() || scheme == "file";
    if has_authority && !path.starts_with('/') {
        path.insert(0, '/');
    }
    let authority = if has_authority { format!("//{}", uri.authority) } else { String::new() };
    format!("{scheme}:{authority}{path}{tail}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_on_this_machine_become_absolute() {
        for (location, absolute) in [
            ("some/where", "/work/some/where"),
            ("./some//where/", "/work/some/where"),
            ("../some", "/work/../some"),
            (".", "/work"),
            ("a%20b?x=y", "/work/a b?x=y"),
            ("/some/where/", "/some/where/"),
            ("file:some/where?x=y", "file:///work/some/where?x=y"),
            ("file:///some", "file:///some"),
            ("s3://bucket/x", "s3://bucket/x"),
            ("databricks", "databricks"),
        ] {
            assert_eq!(resolved(location, "/work").as_deref(), Ok(absolute), "{location}");
        }
        assert!(resolved("file://elsewhere/x", "/work").is_err());
    }

    #[test]
    fn what_is_below_a_place_keeps_its_shape() {
        for (location, below) in [
            ("mlflow-artifacts:/", "mlflow-artifacts:/r/a"),
            ("mlflow-artifacts:x", "mlflow-artifacts:x/r/a"),
            ("mlflow-artifacts://host:1/x", "mlflow-artifacts://host:1/x/r/a"),
            ("s3://bucket", "s3://bucket/r/a"),
            ("S3://bucket/root/?a=b", "s3://bucket/root/r/a?a=b"),
            ("/data/mlruns", "/data/mlruns/r/a"),
            ("/data?x=y/", "/data?x=y/r/a"),
            ("file:/data", "file:///data/r/a"),
            ("dbfs:", "dbfs:r/a"),
        ] {
            assert_eq!(join(location, "r/a"), below, "{location}");
        }
    }
}
