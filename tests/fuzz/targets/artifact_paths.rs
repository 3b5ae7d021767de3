//! Names of artifacts and their URIs: what is accepted stays below the root, on this system and on
//! others, and means the same when it is read again.

use std::path::{Component, Path};

use object_store::path::Path as ObjectPath;
use percent_encoding::percent_decode_str;
use runlog::artifacts::{ArtifactPath, ArtifactUri, join_uri};

pub fn run(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    let (first, second) = text.split_once('\n').unwrap_or((&text, ""));
    for parse in [ArtifactPath::parse, ArtifactPath::parse_file] {
        if let Ok(path) = parse(first) {
            stays_below_the_root(&path);
            if let Ok(joined) = ArtifactPath::parse(second).and_then(|other| path.join(&other)) {
                stays_below_the_root(&joined);
                assert!(joined.segments().count() >= path.segments().count());
            }
        }
    }
    if let Ok(ArtifactUri::Proxied(path)) = ArtifactUri::parse(first) {
        stays_below_the_root(&path);
    }
    joins(first, second);
}

fn stays_below_the_root(path: &ArtifactPath) {
    let text = path.as_str();
    let mut parts = Path::new(text).components();
    assert!(parts.all(|part| matches!(part, Component::Normal(_))), "{text:?}");
    assert!(!text.contains(['\\', '\0']) && text.len() <= 4096, "{text:?}");
    assert!(path.segments().all(|segment| !matches!(segment, "" | "." | "..")), "{text:?}");
    assert!(ObjectPath::parse(text).is_ok() || text.is_empty(), "{text:?} is no object's name");
    let decoded = percent_decode_str(text).decode_utf8_lossy();
    assert!(decoded.split('/').all(|segment| segment != ".."), "{text:?} hides {decoded:?}");
    assert_eq!(ArtifactPath::parse(text).as_ref(), Ok(path), "read again");
}

/// What is joined to a URI that leads into the store leads below it.
fn joins(root: &str, below: &str) {
    let (Ok(ArtifactUri::Proxied(top)), Ok(below)) =
        (ArtifactUri::parse(root), ArtifactPath::parse(below))
    else {
        return;
    };
    let segments: Vec<&str> = below.segments().collect();
    let Ok(joined) = join_uri(root, &segments) else { return };
    if let Ok(ArtifactUri::Proxied(path)) = ArtifactUri::parse(&joined) {
        let (top, path) = (top.as_str(), path.as_str());
        assert!(path.starts_with(top), "{joined:?} leads to {path:?}, not below {top:?}");
    }
}
