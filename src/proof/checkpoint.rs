//! Checkpoints (c2sp.org/tlog-checkpoint): which log, how many leaves, which root. One stands for all
//! that the log held at a time.

use base64::{Engine as _, engine::general_purpose::STANDARD};

use super::note::BadNote;
use crate::base::digest::Sha256Digest;

/// A size of a log and the root of its tree then.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Checkpoint {
    /// Name of the log.
    pub origin: String,
    /// Leaves: the sequence of the last event.
    pub size: u64,
    /// Root of the tree over them.
    pub root: Sha256Digest,
}

impl Checkpoint {
    /// The text that is signed.
    pub fn text(&self) -> String {
        format!("{}\n{}\n{}\n", self.origin, self.size, base64(&self.root))
    }

    /// The checkpoint that a text spells. Lines behind the third are for others.
    pub fn parse(text: &str) -> Result<Self, BadNote> {
        let mut lines = text.split('\n');
        let (Some(origin), Some(size), Some(root), Some(_)) =
            (lines.next(), lines.next(), lines.next(), lines.next())
        else {
            return Err(BadNote("a checkpoint has three lines"));
        };
        if origin.is_empty() {
            return Err(BadNote("it names no log"));
        }
        let size = decimal(size).ok_or(BadNote("its second line is no size"))?;
        let root = unbase64(root).ok_or(BadNote("its third line is no hash"))?;
        Ok(Self { origin: origin.to_owned(), size, root })
    }
}

/// A decimal without leading zeros.
pub(super) fn decimal(text: &str) -> Option<u64> {
    let number: u64 = text.parse().ok()?;
    (number.to_string() == text).then_some(number)
}

/// A hash as it stands in checkpoints and proofs.
pub fn base64(hash: &Sha256Digest) -> String {
    STANDARD.encode(hash.0)
}

/// The hash that [`base64`] spelled.
pub(super) fn unbase64(text: &str) -> Option<Sha256Digest> {
    let bytes = STANDARD.decode(text).ok()?;
    bytes.try_into().ok().map(Sha256Digest)
}
