//! The file that proves an event (c2sp.org/tlog-proof): its leaf data and payload, the way up to the
//! root, and the signed checkpoint with that root. Whoever has the public key needs nothing else.

use base64::{Engine as _, engine::general_purpose::STANDARD};

use super::{
    Checkpoint, Inclusion, LEAF_DATA_BYTES, LeafData, Note, Signed, VerifierKey,
    checkpoint::{base64, decimal, unbase64},
    hash_leaf, leaf_data,
    note::BadNote,
};
use crate::{
    base::{digest::Sha256Digest, limits::PAYLOAD_BYTES_MAX},
    wal::Record,
};

/// The first line.
const HEAD: &str = "c2sp.org/tlog-proof@v1";
/// Bytes that such a file may have: the longest payload in base64, and the rest.
pub const EVIDENCE_BYTES_MAX: usize = PAYLOAD_BYTES_MAX / 3 * 4 + (256 << 10);

/// An event and the proof that a log holds it. Nothing of it has been checked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Evidence {
    /// Leaf data of the event.
    pub leaf: Vec<u8>,
    /// Its payload; `None` if that was destroyed.
    pub payload: Option<Vec<u8>>,
    /// Index of the leaf.
    pub index: u64,
    /// The way up.
    pub path: Vec<Sha256Digest>,
    /// The checkpoint.
    pub note: Note,
}

/// An event that a log is proved to hold.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Proved {
    /// What the leaf says of it.
    pub leaf: LeafData,
    /// Its payload; `None` if that was destroyed.
    pub payload: Option<Vec<u8>>,
    /// The log, and how much of it was signed.
    pub checkpoint: Checkpoint,
    /// When each witness that was asked for had seen the log as large (seconds since 1970).
    pub witnessed: Vec<u64>,
}

/// Why a proof proves nothing.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Unproved {
    /// The file does not have the form of a proof.
    #[error("it is no proof: {0}")]
    Malformed(&'static str),
    /// The checkpoint in it is not in order.
    #[error("its checkpoint is none: {0}")]
    Checkpoint(#[from] BadNote),
    /// The key has not signed the checkpoint.
    #[error("its checkpoint is not signed by {0}")]
    Unsigned(String),
    /// What the file says of the event is not what was signed.
    #[error("{0}")]
    Contradiction(&'static str),
}

impl Evidence {
    /// The proof of a record.
    pub fn of(record: &Record, path: Vec<Sha256Digest>, note: Note) -> Self {
        Self {
            leaf: leaf_data(record).to_vec(),
            payload: record.destroyed.is_none().then(|| record.payload.clone()),
            index: record.seq.0.saturating_sub(1),
            path,
            note,
        }
    }

    /// The proof that a file spells.
    pub fn parse(bytes: &[u8]) -> Result<Self, Unproved> {
        let wrong = Unproved::Malformed;
        let text = std::str::from_utf8(bytes).map_err(|_| wrong("it is not UTF-8"))?;
        let rest = text.strip_prefix(HEAD).and_then(|rest| rest.strip_prefix("\nextra "));
        let rest = rest.ok_or(wrong("it does not begin as one with the event in it does"))?;
        let (extra, rest) = rest.split_once("\nindex ").ok_or(wrong("it has no index"))?;
        let (head, note) = rest.split_once("\n\n").ok_or(wrong("it has no checkpoint"))?;
        let mut lines = head.split('\n');
        let index = lines.next().and_then(decimal).ok_or(wrong("its index is no number"))?;
        let path = lines.map(unbase64).collect::<Option<_>>().ok_or(wrong("a hash is none"))?;
        let extra = STANDARD.decode(extra).map_err(|_| wrong("its event is not base64"))?;
        let (leaf, payload) =
            extra.split_at_checked(LEAF_DATA_BYTES).ok_or(wrong("its event is too short"))?;
        let payload = (!payload.is_empty()).then(|| payload.to_vec());
        Ok(Self { leaf: leaf.to_vec(), payload, index, path, note: Note::parse(note.as_bytes())? })
    }

    /// What is proved to whoever trusts `key`, and asks for the word of all `witnesses` besides.
    pub fn check(self, key: &VerifierKey, witnesses: &[VerifierKey]) -> Result<Proved, Unproved> {
        let Self { leaf, payload, index, path, note } = self;
        let signed = |key: &VerifierKey| match note.signed_by(key) {
            Signed::Well(at) => Ok(at),
            Signed::No | Signed::Wrongly => Err(Unproved::Unsigned(key.to_string())),
        };
        signed(key)?;
        let witnessed = witnesses.iter().map(|it| Ok(signed(it)?.unwrap_or_default()));
        let witnessed = witnessed.collect::<Result<_, Unproved>>()?;
        let checkpoint = Checkpoint::parse(&note.text)?;
        let wrong = |what| Err(Unproved::Contradiction(what));
        if checkpoint.origin != key.name() {
            return wrong("its checkpoint is of another log");
        }
        let inclusion = Inclusion { index, leaves: checkpoint.size, path };
        if !inclusion.holds(&hash_leaf(&leaf), &checkpoint.root) {
            return wrong("the event is not in the log that was signed");
        }
        let Some(leaf) = leaf.as_slice().try_into().ok().and_then(LeafData::parse) else {
            return wrong("what was signed is no event of Runlog");
        };
        if leaf.seq.0.checked_sub(1) != Some(index) {
            return wrong("the event has another place in the log");
        }
        if payload.as_deref().is_some_and(|payload| Sha256Digest::of(payload) != leaf.payload) {
            return wrong("the event's content is not what was signed");
        }
        Ok(Proved { leaf, payload, checkpoint, witnessed })
    }
}

impl std::fmt::Display for Evidence {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let event = [&self.leaf[..], self.payload.as_deref().unwrap_or_default()].concat();
        writeln!(f, "{HEAD}\nextra {}\nindex {}", STANDARD.encode(event), self.index)?;
        self.path.iter().try_for_each(|hash| writeln!(f, "{}", base64(hash)))?;
        write!(f, "\n{}", self.note)
    }
}
