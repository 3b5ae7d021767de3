//! The bad-input list of paths, and the legal odd ones.

use proptest::prelude::*;

use super::*;

/// Paths that read, list, delete and write all refuse.
#[test]
fn no_path_leads_out_of_the_store() {
    for raw in [
        "..",
        "../x",
        "a/../../x",
        "a/..",
        "a/../b",
        "/",
        "/etc/passwd",
        "//etc/passwd",
        "..\\x",
        "a\\..\\b",
        "a\\b",
        "\\\\host\\s",
        "C:/x",
        "c:",
        "./C:/x",
        "./file:x",
        "C:\\x",
        ";/../x",
        "#/../x",
        "?/../x",
        "..;/x",
        "..?/x",
        "a?../x",
        "a;../x",
        " ../x",
        "a/.. /x",
        "http:../x",
        "a#b",
        "file:///etc/passwd",
        "file:x",
        "FILE:x",
        "%66ile:x",
        "%2e%2e%2f",
        "%2E%2e/x",
        "%2fetc/passwd",
        "%5c..%5cx",
        "%23",
        "%2523",
    ] {
        assert_eq!(ArtifactPath::parse(raw), Err(PathError::Unsafe), "{raw:?}");
        assert_eq!(ArtifactPath::parse_file(raw), Err(PathError::Unsafe), "{raw:?}");
    }
}

#[test]
fn encoding_it_again_and_again_does_not_help() {
    let mut raw = "../x".to_owned();
    for depth in 1..=12 {
        raw = percent_encoding::utf8_percent_encode(&raw, percent_encoding::NON_ALPHANUMERIC)
            .to_string();
        let refused =
            matches!(ArtifactPath::parse(&raw), Err(PathError::Unsafe | PathError::TooLong));
        assert!(refused, "depth {depth}: {raw}");
    }
    let mut harmless = "%20".to_owned();
    for _ in 0..12 {
        harmless = harmless.replace('%', "%25");
    }
    assert_eq!(ArtifactPath::parse(&harmless), Err(PathError::Unsafe));
}

#[test]
fn lengths_are_bounded() {
    let long_segment = "s".repeat(255);
    assert!(ArtifactPath::parse_file(&long_segment).is_ok());
    let deep = vec!["d"; 100].join("/");
    assert!(ArtifactPath::parse_file(&deep).is_ok());
    for raw in [
        "s".repeat(256),
        vec!["d"; 101].join("/"),
        vec!["d"; 1000].join("/"),
        vec![long_segment.as_str(); 17].join("/"),
        "é".repeat(128),
        "%20".repeat(100_000),
    ] {
        assert_eq!(ArtifactPath::parse(&raw), Err(PathError::TooLong), "{} bytes", raw.len());
    }
    let dir = ArtifactPath::parse(&deep).unwrap();
    let file = ArtifactPath::parse("f").unwrap();
    assert_eq!(dir.join(&file), Err(PathError::TooLong));
}

#[test]
fn odd_names_are_names() {
    for (raw, stored) in [
        ("0/run/artifacts/model/MLmodel", "0/run/artifacts/model/MLmodel"),
        ("a b.txt", "a b.txt"),
        ("a%20b.txt", "a b.txt"),
        ("a%2520b.txt", "a b.txt"),
        (" lead", " lead"),
        ("trail ", "trail "),
        ("trail.", "trail."),
        ("a..b", "a..b"),
        ("...", "..."),
        (".hidden", ".hidden"),
        ("-x", "-x"),
        ("--", "--"),
        ("~", "~"),
        ("$HOME", "$HOME"),
        ("CON", "CON"),
        ("C:x", "C:x"),
        ("0/C:/x", "0/C:/x"),
        ("0/file:x", "0/file:x"),
        ("a+b", "a+b"),
        ("100%.txt", "100%.txt"),
        ("100%25.txt", "100%.txt"),
        ("%zz", "%zz"),
        ("..%c0%af", "..\u{fffd}\u{fffd}"),
        ("%ff", "\u{fffd}"),
        ("..%00/x", "..%00/x"),
        ("a%00.txt", "a%00.txt"),
        ("a%2500.txt", "a%00.txt"),
        ("a\nb", "a%0ab"),
        ("a\x1b[31m", "a%1b[31m"),
        ("a\u{7f}", "a%7f"),
        (
            "k%step%100%timestamp%1795446171534%9b3c.png",
            "k%step%100%timestamp%1795446171534\u{fffd}3c.png",
        ),
        ("a?b", "a?b"),
        ("a;b", "a;b"),
        ("a\"'`|<>*&b", "a\"'`|<>*&b"),
        ("日本/é.txt", "日本/é.txt"),
        ("%E6%97%A5", "日"),
        ("e\u{301}", "e\u{301}"),
        ("\u{e9}", "\u{e9}"),
        ("\u{202e}txt.exe", "\u{202e}txt.exe"),
        ("😀", "😀"),
    ] {
        let read = ArtifactPath::parse(raw);
        assert_eq!(read.as_ref().map(ArtifactPath::as_str), Ok(stored), "{raw:?}");
        assert_eq!(ArtifactPath::parse_file(raw), read, "{raw:?}");
    }
}

#[test]
fn other_spellings_are_read_but_not_written() {
    for (raw, resolved) in [("./a", "a"), ("a/.", "a"), ("a//b/c", "a/b/c"), ("a/%2e/b", "a/b")] {
        assert_eq!(ArtifactPath::parse(raw).unwrap().as_str(), resolved);
        let refused = ArtifactPath::parse_file(raw);
        assert!(matches!(refused, Err(PathError::NotCanonical { .. })), "{raw:?}");
    }
    assert_eq!(
        ArtifactPath::parse_file("0/./z").unwrap_err().to_string(),
        "Invalid artifact path: '0/./z'. Names may be treated as files in certain cases, and must \
         not resolve to other names when treated as such. This name would resolve to '0/z'"
    );
    assert_eq!(ArtifactPath::parse_file("a//b").unwrap().as_str(), "a/b");
    for raw in ["", ".", "./", "%2e", "a/", "a/b//"] {
        assert!(ArtifactPath::parse(raw).is_ok(), "{raw:?}");
        assert_eq!(ArtifactPath::parse_file(raw), Err(PathError::NoFileName), "{raw:?}");
    }
    assert_eq!(ArtifactPath::parse("./"), Ok(ArtifactPath::ROOT));
}

#[test]
fn names_of_unfinished_uploads_are_reserved() {
    for raw in [".artifact.uploading.x", "a/.artifact.uploading.x/b"] {
        assert!(matches!(ArtifactPath::parse(raw), Err(PathError::Reserved { .. })), "{raw:?}");
    }
    assert_eq!(
        ArtifactPath::parse(".artifact.uploading.x").unwrap_err().to_string(),
        "Invalid artifact file name: '.artifact.uploading.x'. Artifact names starting with \
         '.artifact.uploading.' are reserved."
    );
}

#[test]
fn a_path_knows_its_parts() {
    let run = ArtifactPath::parse("0/r/artifacts").unwrap();
    let file = run.join(&ArtifactPath::parse("m/a.txt").unwrap()).unwrap();
    assert_eq!(file.to_string(), "0/r/artifacts/m/a.txt");
    assert_eq!(file.name(), "a.txt");
    assert_eq!(file.segments().count(), 5);
    assert_eq!(run.join(&ArtifactPath::ROOT), Ok(run.clone()));
    assert_eq!(ArtifactPath::ROOT.join(&run), Ok(run));
    assert_eq!(ArtifactPath::ROOT.name(), "");
}

proptest! {
    #[test]
    fn what_is_accepted_is_safe_and_stays_as_it_is(
        raw in prop_oneof![
            ".{0,40}",
            "[a./%\\\\25eEfFcC:;?#~ \u{0}-\u{1f}]{0,24}",
            "(\\.\\.|%2e|%25|/|a|\\.|;|\\?|C:|file:|\\./){0,12}",
        ]
    ) {
        let Ok(path) = ArtifactPath::parse(&raw) else { return Ok(()) };
        prop_assert!(!path.as_str().starts_with('/'));
        prop_assert!(!path.as_str().contains(['\\', '#', '\0']));
        prop_assert!(path.segments().all(|segment| !matches!(segment, "" | "." | "..")));
        prop_assert_eq!(path.segments().collect::<Vec<_>>().join("/"), path.as_str());
        prop_assert_eq!(ArtifactPath::parse(path.as_str()), Ok(path.clone()));
        if !path.is_root() {
            prop_assert_eq!(ArtifactPath::parse_file(path.as_str()), Ok(path.clone()));
        }
        let below = std::path::Path::new("/root").join(path.as_str());
        prop_assert!(below.components().all(|part| part != std::path::Component::ParentDir));
        prop_assert!(below.starts_with("/root"));
    }
}
