//! Artifact URIs as events carry them: where the artifacts of a run, experiment or model are.
//!
//! Text only: whether anything is there is not known here, and nothing is opened or asked.

use std::path::PathBuf;

use percent_encoding::percent_decode_str;

use super::path::{ArtifactPath, PathError};

/// The route under which this server hands out its store, as it stands in HTTP artifact URIs.
const PROXY_ROUTE: &str = "/api/2.0/mlflow-artifacts/artifacts";

/// Where an artifact URI leads.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ArtifactUri {
    /// Into the store of the tracking server: `mlflow-artifacts:/a/b`,
    /// `mlflow-artifacts://host:port/a/b`, or an HTTP URL of the proxy route.
    Proxied(ArtifactPath),
    /// A directory of the machine that reads the URI: `file:///a/b`, `/a/b`, `a/b`.
    Local(PathBuf),
    /// Somewhere that clients reach by themselves, such as `s3`.
    Foreign {
        /// The scheme, in lower case.
        scheme: String,
    },
}

/// Why an artifact URI cannot be used. The texts are MLflow's where MLflow has one.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum UriError {
    /// The path in it is not one the store takes.
    #[error(transparent)]
    Path(#[from] PathError),
    /// A file on another machine.
    #[error(
        "{uri} is not a valid remote uri. For remote access on windows, please consider using a \
         different scheme such as SMB (e.g. smb://<hostname>/<path>)."
    )]
    RemoteFile {
        /// The URI.
        uri: String,
    },
    /// The query would change the path.
    #[error("Invalid query string")]
    Query,
    /// The artifacts are not in this server's store.
    #[error("artifacts at '{uri}' are not in the artifact store of this server")]
    NotServed {
        /// The URI.
        uri: String,
    },
}

impl ArtifactUri {
    /// Reads an artifact URI.
    pub fn parse(uri: &str) -> Result<Self, UriError> {
        let parts = Parts::of(uri);
        let Some(scheme) = parts.scheme else {
            return Ok(Self::Local(PathBuf::from(uri)));
        };
        match scheme.to_ascii_lowercase().as_str() {
            "mlflow-artifacts" => Ok(Self::Proxied(rooted(parts.path)?)),
            "file" if is_this_machine(parts.authority) => {
                let path = percent_decode_str(parts.path).decode_utf8();
                let path = path.map_err(|_| PathError::Unsafe)?;
                Ok(Self::Local(PathBuf::from(path.as_ref())))
            }
            "file" => Err(UriError::RemoteFile { uri: uri.to_owned() }),
            foreign => match parts.path.split_once(PROXY_ROUTE) {
                Some((_, path)) if matches!(foreign, "http" | "https") => {
                    Ok(Self::Proxied(rooted(path)?))
                }
                _ => Ok(Self::Foreign { scheme: foreign.to_owned() }),
            },
        }
    }
}

/// Appends path segments to a URI, before its query: an experiment's location from the server's
/// root, a run's from the experiment's (`join_uri(location, &[run_id, "artifacts"])`).
pub fn join_uri(root: &str, segments: &[&str]) -> Result<String, UriError> {
    let parts = Parts::of(root);
    let query = percent_decode_str(parts.tail).decode_utf8().map_err(|_| UriError::Query)?;
    if query.contains("..") {
        return Err(UriError::Query);
    }
    let end = root.len() - parts.tail.len();
    let mut uri = root.get(..end).unwrap_or(root).to_owned();
    for segment in segments {
        if !(uri.is_empty() || uri.ends_with('/')) {
            uri.push('/');
        }
        uri.push_str(segment.trim_start_matches('/'));
    }
    Ok(uri + parts.tail)
}

/// A URI taken apart, as far as it is needed here. Without a scheme all of it is path.
struct Parts<'a> {
    scheme: Option<&'a str>,
    authority: &'a str,
    path: &'a str,
    /// Query and fragment, with their marks.
    tail: &'a str,
}

impl<'a> Parts<'a> {
    fn of(uri: &'a str) -> Self {
        let Some((scheme, rest)) = uri.split_once(':').filter(|(scheme, _)| is_scheme(scheme))
        else {
            return Self { scheme: None, authority: "", path: uri, tail: "" };
        };
        let (rest, tail) = rest.split_at(rest.find(['?', '#']).unwrap_or(rest.len()));
        let (authority, path) = match rest.strip_prefix("//") {
            Some(rest) => rest.split_at(rest.find('/').unwrap_or(rest.len())),
            None => ("", rest),
        };
        Self { scheme: Some(scheme), authority, path, tail }
    }
}

/// A single letter is a drive, not a scheme.
fn is_scheme(text: &str) -> bool {
    text.len() > 1
        && text.starts_with(|c: char| c.is_ascii_alphabetic())
        && text.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '+' | '-' | '.'))
}

fn is_this_machine(authority: &str) -> bool {
    authority.is_empty() || matches!(authority, "." | "localhost" | "127.0.0.1")
}

/// The path below the root that the leading slashes stand for.
fn rooted(path: &str) -> Result<ArtifactPath, PathError> {
    ArtifactPath::parse(path.trim_start_matches('/'))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn proxied(path: &str) -> Result<ArtifactUri, UriError> {
        Ok(ArtifactUri::Proxied(ArtifactPath::parse(path).unwrap()))
    }

    #[test]
    fn proxied_uris_lead_into_the_store() {
        for uri in [
            "mlflow-artifacts:/0/r/artifacts",
            "mlflow-artifacts:///0/r/artifacts",
            "mlflow-artifacts://host:5000/0/r/artifacts/",
            "http://host/prefix/api/2.0/mlflow-artifacts/artifacts/0/r/artifacts",
        ] {
            assert_eq!(ArtifactUri::parse(uri), proxied("0/r/artifacts"), "{uri}");
        }
        assert_eq!(ArtifactUri::parse("mlflow-artifacts:/"), proxied(""));
    }

    #[test]
    fn other_uris_are_local_or_foreign() {
        let local = |path: &str| Ok(ArtifactUri::Local(PathBuf::from(path)));
        assert_eq!(ArtifactUri::parse("file:///a/b%20c"), local("/a/b c"));
        assert_eq!(ArtifactUri::parse("file://localhost/a"), local("/a"));
        assert_eq!(ArtifactUri::parse("/a/b%20c?d#e"), local("/a/b%20c?d#e"));
        assert_eq!(ArtifactUri::parse("./mlruns"), local("./mlruns"));
        assert_eq!(ArtifactUri::parse("C:/x"), local("C:/x"));
        for (uri, scheme) in [
            ("s3://bucket/a", "s3"),
            ("HTTP://169.254.169.254/", "http"),
            ("ftp://h/api/2.0/mlflow-artifacts/artifacts/x", "ftp"),
            ("dbfs:/x", "dbfs"),
            ("runs:/r/model", "runs"),
        ] {
            let foreign = ArtifactUri::Foreign { scheme: scheme.to_owned() };
            assert_eq!(ArtifactUri::parse(uri), Ok(foreign), "{uri}");
        }
    }

    #[test]
    fn traversal_in_a_uri_is_refused() {
        for uri in [
            "mlflow-artifacts:/../x",
            "mlflow-artifacts://host/%252e%252e/x",
            "http://h/api/2.0/mlflow-artifacts/artifacts/../../x",
        ] {
            assert_eq!(ArtifactUri::parse(uri), Err(PathError::Unsafe.into()), "{uri}");
        }
        assert!(matches!(ArtifactUri::parse("file://evil/x"), Err(UriError::RemoteFile { .. })));
        assert_eq!(join_uri("s3://b/a?x=%2e%2e/", &["r"]), Err(UriError::Query));
        assert_eq!(join_uri("s3://b/a#/../", &["r"]), Err(UriError::Query));
    }

    #[test]
    fn joining_keeps_the_shape_of_the_root() {
        for (root, joined) in [
            ("mlflow-artifacts:/", "mlflow-artifacts:/0/r/artifacts"),
            ("mlflow-artifacts://host:1/x", "mlflow-artifacts://host:1/x/0/r/artifacts"),
            ("s3://bucket", "s3://bucket/0/r/artifacts"),
            ("s3://bucket/root/?a=b", "s3://bucket/root/0/r/artifacts?a=b"),
            ("/data/mlruns", "/data/mlruns/0/r/artifacts"),
            ("file:///data", "file:///data/0/r/artifacts"),
            ("", "0/r/artifacts"),
        ] {
            assert_eq!(join_uri(root, &["0", "/r", "artifacts"]).as_deref(), Ok(joined), "{root}");
        }
    }
}
