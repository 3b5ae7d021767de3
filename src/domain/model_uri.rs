//! URIs as Python's `urllib.parse` and MLflow read them, as far as sources of model versions need it.

use std::borrow::Cow;

use percent_encoding::percent_decode_str;

/// Rounds of percent-decoding before a URI counts as an attack.
const DECODE_ROUNDS_MAX: usize = 10;
/// The proxy's route, as it stands in HTTP artifact URIs.
const PROXY_ROUTE: [&str; 4] = ["api", "2.0", "mlflow-artifacts", "artifacts"];

/// A URI without what `urllib.parse` passes over: blanks and control characters in front, and line
/// breaks and tabs anywhere.
pub(super) fn as_python_reads(uri: &str) -> Cow<'_, str> {
    let uri = uri.trim_start_matches(|c| c <= ' ');
    let passed_over = ['\t', '\r', '\n'];
    if uri.contains(passed_over) { uri.replace(passed_over, "").into() } else { uri.into() }
}

/// A URI taken apart.
pub(super) struct Uri<'a> {
    whole: &'a str,
    /// In lower case; empty for a path.
    pub(super) scheme: String,
    /// What stands behind `//`.
    pub(super) authority: &'a str,
    /// Without query and fragment.
    pub(super) path: &'a str,
    /// Without query; a `#` is a character like any other, as in `models:/` URIs.
    pub(super) path_with_fragment: &'a str,
    /// What stands behind the path, with its mark: query, fragment or both.
    pub(super) tail: &'a str,
}

impl<'a> Uri<'a> {
    /// Takes a URI apart.
    pub(super) fn parse(whole: &'a str) -> Self {
        let is_scheme = |text: &str| {
            text.starts_with(|c: char| c.is_ascii_alphabetic())
                && text.chars().all(|c| c.is_ascii_alphanumeric() || "+-.".contains(c))
        };
        let split = whole.split_once(':').filter(|(scheme, _)| is_scheme(scheme));
        let (scheme, rest) = split.unwrap_or(("", whole));
        let (authority, rest) = match rest.strip_prefix("//") {
            Some(rest) => rest.split_at(rest.find(['/', '?', '#']).unwrap_or(rest.len())),
            None => ("", rest),
        };
        let path_with_fragment = rest.split('?').next().unwrap_or_default();
        let (path, tail) = rest.split_at(rest.find(['?', '#']).unwrap_or(rest.len()));
        let scheme = scheme.to_ascii_lowercase();
        Self { whole, scheme, authority, path, path_with_fragment, tail }
    }

    /// What stands first in the path: the id, in a `runs:/` URI.
    pub(super) fn first_segment(&self) -> &'a str {
        self.path.trim_start_matches('/').split('/').next().unwrap_or_default()
    }

    /// Whether it is a file of the machine that reads it.
    pub(super) fn is_local(&self) -> bool {
        (self.scheme.is_empty() && self.whole != "databricks") || self.scheme == "file"
    }

    /// Whether the host that it names, if any, is the machine that reads it.
    pub(super) fn is_this_machine(&self) -> bool {
        let host = self.authority.rsplit('@').next().unwrap_or_default().to_ascii_lowercase();
        let host = host.as_str();
        matches!(host, "" | ".") || host.starts_with("localhost") || host.starts_with("127.0.0.1")
    }

    /// Whether it leads into the artifact store of a tracking server.
    pub(super) fn is_proxied(&self) -> bool {
        let has_route = || self.segments().windows(PROXY_ROUTE.len()).any(|it| it == PROXY_ROUTE);
        match self.scheme.as_str() {
            "mlflow-artifacts" => true,
            "http" | "https" => has_route(),
            _ => false,
        }
    }

    /// Whether its path is absolute, not the root, and goes nowhere but down, however often it
    /// will be decoded.
    pub(super) fn is_plain(&self) -> bool {
        let Some(decoded) = decode(&self.whole.replace('+', " ")) else { return false };
        let path = Uri::parse(&decoded).path;
        path.starts_with('/')
            && self.authority.contains('[') == self.authority.contains(']')
            && !path.contains('\0')
            && path.split('/').any(|segment| !segment.is_empty())
            && path.split('/').all(|segment| segment != ".")
            && decoded.split('/').all(|segment| segment != "..")
    }

    /// Whether it is `root` or lies below it.
    pub(super) fn is_within(&self, root: &Uri<'_>) -> bool {
        let (mine, roots) = (self.segments(), root.segments());
        self.scheme == root.scheme
            && self.authority.eq_ignore_ascii_case(root.authority)
            && !roots.is_empty()
            && mine.starts_with(&roots)
            && mine.iter().all(|segment| segment != "..")
    }

    /// As [`Uri::is_within`], for files of this machine; links are not followed.
    pub(super) fn is_path_within(&self, root: &Uri<'_>) -> bool {
        match (self.local_path(), root.local_path()) {
            (Some(path), Some(root)) => path.starts_with(&root),
            _ => false,
        }
    }

    /// The decoded segments of the path, empty ones left out.
    fn segments(&self) -> Vec<String> {
        let segments = self.path.split('/').filter(|segment| !segment.is_empty());
        segments.map(|segment| decode(segment).unwrap_or_else(|| "..".to_owned())).collect()
    }

    /// The segments of a file's path, normalized, with the root as an empty one. `None` if it
    /// leaves the working directory.
    fn local_path(&self) -> Option<Vec<String>> {
        let path = if self.scheme.is_empty() { self.whole } else { self.path };
        let path = percent_decode_str(path).decode_utf8_lossy();
        let mut segments = if path.starts_with('/') { vec![String::new()] } else { Vec::new() };
        for segment in path.split('/').filter(|segment| !matches!(*segment, "" | ".")) {
            match (segment, segments.last().map(String::as_str)) {
                ("..", Some("")) => {}
                ("..", None) => return None,
                ("..", Some(_)) => {
                    segments.pop();
                }
                _ => segments.push(segment.to_owned()),
            }
        }
        Some(segments)
    }
}

/// Percent-decodes until nothing changes; `None` if that takes too long.
pub(super) fn decode(text: &str) -> Option<String> {
    let mut text = text.to_owned();
    for _ in 0..DECODE_ROUNDS_MAX {
        let decoded = percent_decode_str(&text).decode_utf8_lossy().into_owned();
        if decoded == text {
            return Some(text);
        }
        text = decoded;
    }
    None
}

/// The path of a `models:/` URI.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ModelUri<'a> {
    /// A logged model.
    Id(&'a str),
    /// A registered model and a version, which need not be a number that a version can have.
    Version(&'a str, &'a str),
    /// The latest version of a registered model in a stage.
    Stage(&'a str, &'a str),
    /// The latest version of a registered model.
    Latest(&'a str),
    /// The version of a registered model that has an alias.
    Alias(&'a str, &'a str),
}

impl<'a> ModelUri<'a> {
    /// Reads the path; `None` if it is none of these.
    pub fn parse(path: &'a str) -> Option<Self> {
        let path = path.strip_prefix('/')?.trim_start_matches('/');
        let (name, suffix) = match path.split_once('/') {
            Some((name, suffix)) => (name, Some(suffix)),
            None => (path, None),
        };
        if name.trim().is_empty() {
            return None;
        }
        match suffix {
            None => Some(match name.rsplit_once('@') {
                None => Self::Id(name),
                Some((_, alias)) if alias.trim().is_empty() => return None,
                Some((name, alias)) => Self::Alias(name, alias),
            }),
            Some(suffix) if suffix.trim().is_empty() || suffix.contains('/') => None,
            Some(suffix) if suffix.chars().all(char::is_numeric) => {
                Some(Self::Version(name, suffix))
            }
            Some(suffix) if suffix.eq_ignore_ascii_case("latest") => Some(Self::Latest(name)),
            Some(suffix) => Some(Self::Stage(name, suffix)),
        }
    }

    /// The model's name, or its id.
    pub fn name(&self) -> &'a str {
        match *self {
            Self::Id(name)
            | Self::Version(name, _)
            | Self::Stage(name, _)
            | Self::Latest(name)
            | Self::Alias(name, _) => name,
        }
    }
}

/// The registered model and the version of it that a URI names, if it is `models:/<name>/<version>`.
pub fn version_named(uri: &str) -> Option<(&str, u32)> {
    match ModelUri::parse(uri.strip_prefix("models:")?)? {
        ModelUri::Version(name, version) => Some((name, version.parse().ok()?)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_paths_that_go_down_are_plain() {
        for good in ["s3://b/x", "s3://b//a", "C:/x", "runs:/r/m", "models:/m", "s3://b/a?x=y"] {
            assert!(Uri::parse(good).is_plain(), "{good}");
        }
        for bad in [
            "s3:foo",
            "s3://b",
            "s3://b/",
            "s3://b/a/../b",
            "s3://b/a%2f..%2fb",
            "s3://b/a%252f%252e%252e%252fb",
            "s3://b/a/./b",
            "s3://b/a?x=/../",
            "s3://b/a%00",
            "s3://[b/a",
            "databricks",
        ] {
            assert!(!Uri::parse(bad).is_plain(), "{bad}");
        }
    }

    #[test]
    fn a_source_is_within_its_root_or_not() {
        let within = |uri: &str, root: &str| Uri::parse(uri).is_within(&Uri::parse(root));
        let root = "mlflow-artifacts:/0/r/artifacts";
        assert!(within("mlflow-artifacts:/0/r/artifacts", root));
        assert!(within("mlflow-artifacts:/0/r//artifacts/m", root));
        assert!(within("mlflow-artifacts:/0/r/artifact%73/m", root));
        for other in [
            "mlflow-artifacts:/0/r/artifacts2",
            "mlflow-artifacts:/0/r",
            "mlflow-artifacts:/0/r/artifacts%2fm",
            "mlflow-artifacts:/0/r/artifacts/../../x",
            "mlflow-artifacts://h/0/r/artifacts/m",
            "s3:/0/r/artifacts/m",
        ] {
            assert!(!within(other, root), "{other}");
        }
        let within = |uri: &str, root: &str| Uri::parse(uri).is_path_within(&Uri::parse(root));
        assert!(within("/data/r/artifacts/a/../m", "file:///data/r/artifacts"));
        assert!(within("runs/r/m", "./runs/r"));
        for other in ["/data/r/artifacts/../x", "/data/r/artifacts/%2e%2e/x", "data/r/artifacts/m"]
        {
            assert!(!within(other, "/data/r/artifacts"), "{other}");
        }
    }

    #[test]
    fn blanks_that_python_passes_over_count_for_nothing() {
        assert_eq!(as_python_reads("\n s3://b/\tx y "), "s3://b/x y ");
        assert_eq!(as_python_reads("s3://b/x"), "s3://b/x");
    }

    #[test]
    fn model_uris_name_an_id_a_version_a_stage_or_an_alias() {
        for (path, uri) in [
            ("/m-1", Some(ModelUri::Id("m-1"))),
            ("/a/07", Some(ModelUri::Version("a", "07"))),
            ("/a/٢", Some(ModelUri::Version("a", "٢"))),
            ("/a/Latest", Some(ModelUri::Latest("a"))),
            ("/a/prod", Some(ModelUri::Stage("a", "prod"))),
            ("/a@b@c", Some(ModelUri::Alias("a@b", "c"))),
            ("/a@", None),
            ("/", None),
            ("", None),
            ("/a/", None),
            ("/a/b/c", None),
        ] {
            assert_eq!(ModelUri::parse(path), uri, "{path}");
        }
    }
}
