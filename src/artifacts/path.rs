//! The one place where a name from outside becomes a path inside the store.
//!
//! What holds an [`ArtifactPath`] needs no further check: it is relative, has no `.` or `..`, no
//! empty segment, no ASCII control character, and nothing left to percent-decode but the escapes of
//! those. Knows no file system.

use std::{borrow::Cow, fmt};

use percent_encoding::percent_decode_str;

/// Bytes of a path.
const PATH_BYTES_MAX: usize = 4096;
/// Bytes of one segment: what file systems take.
const SEGMENT_BYTES_MAX: usize = 255;
/// Segments of a path.
const SEGMENTS_MAX: usize = 100;
/// Rounds of percent-decoding before a path counts as an attack; MLflow's number.
const DECODE_ROUNDS_MAX: usize = 10;
/// Start of the names that unfinished uploads have; MLflow's, so that neither shows the other's.
pub(super) const RESERVED_PREFIX: &str = ".artifact.uploading.";

/// Why a name is not a path into the store. The texts are MLflow's.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PathError {
    /// It could lead out of the store.
    #[error("Invalid path")]
    Unsafe,
    /// It is longer or deeper than the store takes.
    #[error(
        "Invalid path: at most {PATH_BYTES_MAX} bytes, {SEGMENTS_MAX} segments and \
         {SEGMENT_BYTES_MAX} bytes a segment"
    )]
    TooLong,
    /// It begins as the names of unfinished uploads do.
    #[error(
        "Invalid artifact file name: '{name}'. Artifact names starting with '{RESERVED_PREFIX}' \
         are reserved."
    )]
    Reserved {
        /// The segment.
        name: String,
    },
    /// It names a directory where a file has to be named.
    #[error("Artifact path must include a filename (cannot end with '/').")]
    NoFileName,
    /// It is another spelling of a path.
    #[error(
        "Invalid artifact path: '{given}'. Names may be treated as files in certain cases, and must \
         not resolve to other names when treated as such. This name would resolve to '{canonical}'"
    )]
    NotCanonical {
        /// As it was given, decoded.
        given: String,
        /// As it would be stored.
        canonical: String,
    },
}

/// A checked path into the store: segments with `/` between them; empty for the store's root.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ArtifactPath(String);

impl ArtifactPath {
    /// The root of the store.
    pub const ROOT: Self = Self(String::new());

    /// Checks a path that is to be read, listed or deleted. As MLflow does, it takes other spellings
    /// of the same path (`a/`, `./a`, `a//b`) and the empty path, which is the root.
    pub fn parse(raw: &str) -> Result<Self, PathError> {
        Self::resolve(&decode(raw)?)
    }

    /// Checks the path of a file that is to be written: not the root, and in no other spelling, but
    /// that several slashes may stand before the file's name, as in MLflow.
    pub fn parse_file(raw: &str) -> Result<Self, PathError> {
        let given = decode(raw)?;
        let path = Self::resolve(&given)?;
        let (dir, name) = given.rsplit_once('/').unwrap_or(("", given.as_ref()));
        let spelled = [dir.trim_end_matches('/'), name].join("/");
        if path.is_root() || given.ends_with('/') {
            Err(PathError::NoFileName)
        } else if path.0 != spelled.trim_start_matches('/') {
            Err(PathError::NotCanonical { given: given.into_owned(), canonical: path.0 })
        } else {
            Ok(path)
        }
    }

    /// A path as it was meant, without any percent-encoding: what answers call it.
    pub fn decoded(raw: &str) -> Result<String, PathError> {
        decode(raw).map(Cow::into_owned)
    }

    /// The path of `relative` below this one.
    pub fn join(&self, relative: &Self) -> Result<Self, PathError> {
        Self::resolve(format!("{self}/{relative}").trim_start_matches('/'))
    }

    /// Where contents that were replaced or deleted are kept. No request names it, or what is in it.
    pub(super) fn kept() -> Self {
        Self(format!("{RESERVED_PREFIX}kept"))
    }

    /// A path that no request names, below one that none does.
    pub(super) fn below(&self, name: &str) -> Self {
        Self(format!("{self}/{name}"))
    }

    /// The path as text, without a slash at either end.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether this is the root of the store.
    pub fn is_root(&self) -> bool {
        self.0.is_empty()
    }

    /// The last segment; empty for the root.
    pub fn name(&self) -> &str {
        self.0.rsplit('/').next().unwrap_or_default()
    }

    /// The segments, from the root down.
    pub fn segments(&self) -> impl Iterator<Item = &str> {
        self.0.split('/').filter(|segment| !segment.is_empty())
    }

    /// Checks a decoded path and drops empty and `.` segments.
    fn resolve(decoded: &str) -> Result<Self, PathError> {
        if is_absolute(decoded) || decoded.contains(is_forbidden) {
            return Err(PathError::Unsafe);
        }
        let mut segments = Vec::new();
        for segment in decoded.split('/').filter(|segment| !matches!(*segment, "" | ".")) {
            check_segment(segment)?;
            segments.push(segment);
        }
        let path = segments.join("/");
        if is_absolute(&path) {
            return Err(PathError::Unsafe);
        }
        if path.len() > PATH_BYTES_MAX || segments.len() > SEGMENTS_MAX {
            return Err(PathError::TooLong);
        }
        Ok(Self(path))
    }
}

impl fmt::Display for ArtifactPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Percent-decodes until nothing changes, so that no later decoding can find anything new. As in
/// MLflow, bytes that are no text become U+FFFD and control characters are escaped again: older
/// clients name images `k%step%1%timestamp%1795446171534%9b3c...`, where `%17` and `%9b` are such
/// by accident.
fn decode(raw: &str) -> Result<Cow<'_, str>, PathError> {
    if raw.len() > 4 * PATH_BYTES_MAX {
        return Err(PathError::TooLong);
    }
    let mut path = Cow::Borrowed(raw);
    for _ in 0..DECODE_ROUNDS_MAX {
        let decoded = percent_decode_str(&path).decode_utf8_lossy().into_owned();
        if decoded == path {
            return Ok(escape_control_characters(path));
        }
        path = Cow::Owned(decoded);
    }
    Err(PathError::Unsafe)
}

fn escape_control_characters(path: Cow<'_, str>) -> Cow<'_, str> {
    if !path.contains(|c: char| c.is_ascii_control()) {
        return path;
    }
    let escaped = path.chars().map(|c| match c {
        c if c.is_ascii_control() => format!("%{:02x}", u32::from(c)),
        c => c.to_string(),
    });
    Cow::Owned(escaped.collect())
}

/// Whether a path starts at some root: `/x`, `C:/x`, `file:x`. (`C:x` is a name like any other.)
fn is_absolute(path: &str) -> bool {
    let first = path.split('/').next().unwrap_or_default();
    match first.split_once(':') {
        Some((drive, "")) if drive.chars().count() == 1 => true,
        Some((scheme, _)) => scheme.eq_ignore_ascii_case("file"),
        None => path.starts_with('/'),
    }
}

/// `#` would start a fragment, `\` be a separator elsewhere.
fn is_forbidden(c: char) -> bool {
    matches!(c, '#' | '\\')
}

fn check_segment(segment: &str) -> Result<(), PathError> {
    if segment.split(['?', ';', ':']).any(|piece| piece.trim() == "..") {
        Err(PathError::Unsafe)
    } else if segment.len() > SEGMENT_BYTES_MAX {
        Err(PathError::TooLong)
    } else if segment.starts_with(RESERVED_PREFIX) {
        Err(PathError::Reserved { name: segment.to_owned() })
    } else {
        Ok(())
    }
}

#[cfg(test)]
mod tests;
