//! What a downloaded artifact is called and what type it says it has, as MLflow 3.17 answers it.
//!
//! The name decides, never the content. Whoever sends these must also send
//! `X-Content-Type-Options: nosniff`: an artifact is downloaded, not shown on the server's own page.

use icu_normalizer::DecomposingNormalizerBorrowed;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

/// Extensions (or whole names of files without one) that are sent as `text/plain`. Case matters.
const TEXT: &[&str] = &[
    "txt",
    "log",
    "err",
    "cfg",
    "conf",
    "cnf",
    "cf",
    "ini",
    "properties",
    "prop",
    "hocon",
    "toml",
    "yaml",
    "yml",
    "xml",
    "json",
    "js",
    "py",
    "py3",
    "csv",
    "tsv",
    "md",
    "rst",
    "ipynb",
    "MLmodel",
    "mlproject",
];

/// Endings that say how a file is packed: the type is that of what is inside.
const PACKED: &[&str] = &["gz", "bz2", "xz", "br", "Z"];

/// Types that Python names otherwise than `mime_guess`, or alone.
const PYTHON: &[(&str, &str)] = &[
    ("h5", "application/x-hdf5"),
    ("ico", "image/vnd.microsoft.icon"),
    ("parquet", BINARY),
    ("tgz", "application/x-tar"),
    ("wav", "audio/x-wav"),
];

const BINARY: &str = "application/octet-stream";

/// What RFC 5987 lets stand unencoded in `filename*`.
const ENCODED: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'!')
    .remove(b'#')
    .remove(b'$')
    .remove(b'&')
    .remove(b'+')
    .remove(b'-')
    .remove(b'.')
    .remove(b'^')
    .remove(b'_')
    .remove(b'`')
    .remove(b'|')
    .remove(b'~');

/// The `Content-Type` of a file of this name: text formats are `text/plain`, what is not known is
/// `application/octet-stream`. No character set is named.
pub fn content_type(name: &str) -> &'static str {
    let extension = extension(name).unwrap_or(name);
    if TEXT.contains(&extension) {
        return "text/plain";
    }
    let inner = match name.rsplit_once('.') {
        Some((inner, packed)) if PACKED.contains(&packed) => inner,
        _ => name,
    };
    let extension = self::extension(inner).unwrap_or_default();
    PYTHON
        .iter()
        .find(|(known, _)| known.eq_ignore_ascii_case(extension))
        .map(|(_, media_type)| *media_type)
        .or_else(|| mime_guess::from_ext(extension).first_raw())
        .unwrap_or(BINARY)
}

/// The `Content-Disposition` of a file of this name: always `attachment`. A name that is not ASCII
/// gets a fallback of what is ASCII in it once
/// accents stand apart from their letters, and the whole name in `filename*`.
pub fn content_disposition(name: &str) -> String {
    if name.chars().all(is_printable) {
        return format!("attachment; filename={}", quote(name));
    }
    let apart = DecomposingNormalizerBorrowed::new_nfkd().normalize_iter(name.chars());
    let ascii: String = apart.filter(|&c| is_printable(c)).collect();
    let fallback = quote(if ascii.is_empty() { "download" } else { &ascii });
    let encoded = utf8_percent_encode(name, ENCODED);
    format!("attachment; filename={fallback}; filename*=UTF-8''{encoded}")
}

fn is_printable(c: char) -> bool {
    matches!(c, ' '..='~')
}

/// What follows the last dot, unless the name is empty before it (`.json` has no extension).
fn extension(name: &str) -> Option<&str> {
    let (stem, extension) = name.rsplit_once('.')?;
    (!stem.trim_start_matches('.').is_empty() && !extension.is_empty()).then_some(extension)
}

/// A header parameter: as it is when it is a token, else in quotes.
fn quote(value: &str) -> String {
    let is_token = |c: char| c.is_ascii_alphanumeric() || "!#$%&'*+-.^_`|~".contains(c);
    if value.chars().all(is_token) {
        return value.to_owned();
    }
    format!("\"{}\"", value.replace('\\', "\\\\").replace('"', "\\\""))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn types_are_those_that_mlflow_sends() {
        for (name, expected) in [
            ("a.txt", "text/plain"),
            ("a.json", "text/plain"),
            ("a.py", "text/plain"),
            ("a.js", "text/plain"),
            ("a.xml", "text/plain"),
            ("a.TXT", "text/plain"),
            ("conda.yaml", "text/plain"),
            ("MLmodel", "text/plain"),
            ("txt", "text/plain"),
            ("a.html", "text/html"),
            ("a.xhtml", "application/xhtml+xml"),
            ("a.svg", "image/svg+xml"),
            ("a.png", "image/png"),
            ("a.pdf", "application/pdf"),
            ("a.zip", "application/zip"),
            ("a.h5", "application/x-hdf5"),
            ("a.tar.gz", "application/x-tar"),
            ("a.csv.gz", "text/csv"),
            ("a.gz", "application/octet-stream"),
            ("a.pkl", "application/octet-stream"),
            ("a.parquet", "application/octet-stream"),
            ("a.safetensors", "application/octet-stream"),
            ("MLproject", "application/octet-stream"),
            ("noext", "application/octet-stream"),
            (".json", "application/octet-stream"),
            ("a.", "application/octet-stream"),
            ("", "application/octet-stream"),
        ] {
            assert_eq!(content_type(name), expected, "{name}");
        }
    }

    #[test]
    fn a_download_is_always_an_attachment_whose_name_cannot_break_the_header() {
        for (name, expected) in [
            ("a.txt", "attachment; filename=a.txt"),
            ("100%.txt", "attachment; filename=100%.txt"),
            ("a b.txt", "attachment; filename=\"a b.txt\""),
            ("a;b.txt", "attachment; filename=\"a;b.txt\""),
            ("a\"b.txt", "attachment; filename=\"a\\\"b.txt\""),
            ("日本.txt", "attachment; filename=.txt; filename*=UTF-8''%E6%97%A5%E6%9C%AC.txt"),
            ("é.txt", "attachment; filename=e.txt; filename*=UTF-8''%C3%A9.txt"),
            ("日", "attachment; filename=download; filename*=UTF-8''%E6%97%A5"),
            ("a\r\nb", "attachment; filename=ab; filename*=UTF-8''a%0D%0Ab"),
        ] {
            assert_eq!(content_disposition(name), expected, "{name}");
        }
    }
}
