//! The check of a whole log: every checksum and link, every event readable, and the one hash that
//! stands for all of it. Takes no lock and writes nothing.

use std::{collections::BTreeMap, path::Path};

use crate::{
    base::{Seq, digest::Sha256Digest, disk::Disk},
    event::{
        Event,
        codec::{self, DecodeError},
    },
    proof::{Tree, leaf_hash},
    wal::{Destroyed, Place, Record, VerifyReport, WalError, verify},
};

/// Events that cannot be read are told one by one up to here, and then only counted.
const UNREADABLE_TOLD_MAX: usize = 20;

/// What a check of a whole log found.
#[derive(Debug)]
pub struct Check {
    /// Segments, groups, records, the head, the tail, and damage to them.
    pub log: VerifyReport,
    /// Readable events by the name of their kind.
    pub events: BTreeMap<&'static str, u64>,
    /// The first events that are framed well and cannot be read.
    pub unreadable: Vec<Unreadable>,
    /// How many there are in all.
    pub unreadable_count: u64,
    /// RFC 6962 root over all records; `None` if damage has left a gap.
    pub root: Option<Sha256Digest>,
}

/// An event that is framed well and cannot be read.
#[derive(Debug)]
pub struct Unreadable {
    /// Its position.
    pub seq: Seq,
    /// Where it lies.
    pub place: Option<Place>,
    /// Why it cannot be read.
    pub why: Why,
}

/// Why an event cannot be read, or believed.
#[derive(Debug, thiserror::Error)]
pub enum Why {
    /// It is of a newer Runlog, or its bytes spell no event.
    #[error(transparent)]
    Undecodable(#[from] DecodeError),
    /// Its payload was destroyed, and the event that should say so says something else.
    #[error("its payload was destroyed, and event {by} does not say so")]
    Unexplained {
        /// What should be its redaction.
        by: Seq,
    },
}

/// Destroyed payloads whose redaction comes later in the log, by the position of that.
type Destructions = BTreeMap<Seq, (Seq, Sha256Digest, Option<Place>)>;

impl Check {
    /// Whether all that was acknowledged is there and readable. A torn tail was never acknowledged.
    pub fn is_sound(&self) -> bool {
        self.log.damage.is_empty() && self.unreadable_count == 0
    }
}

/// Checks the log in `dir`. What is wrong with it is in the answer; errors are for what prevents
/// looking.
pub fn check(disk: &dyn Disk, dir: &Path) -> Result<Check, WalError> {
    let mut tree = Tree::default();
    let mut events = BTreeMap::new();
    let mut unreadable = Vec::new();
    let mut unreadable_count = 0;
    let mut tell = |seq, place, why| {
        unreadable_count += 1;
        if unreadable.len() < UNREADABLE_TOLD_MAX {
            unreadable.push(Unreadable { seq, place, why });
        }
    };
    let mut destructions = Destructions::new();
    let log = verify(disk, dir, &mut |record: &Record| {
        tree.push(leaf_hash(record));
        if let Some(Destroyed { sha256, by }) = record.destroyed {
            destructions.insert(by, (record.seq, sha256, record.place));
        }
        let told = destructions.remove(&record.seq);
        match codec::decode_record(record) {
            Ok(envelope) => {
                *events.entry(envelope.event.name()).or_insert(0) += 1;
                if let Some((seq, sha256, place)) = told
                    && !is_redaction_of(&envelope.event, seq, sha256)
                {
                    tell(seq, place, Why::Unexplained { by: record.seq });
                }
            }
            Err(why) => tell(record.seq, record.place, why.into()),
        }
    })?;
    for (by, (seq, _, place)) in destructions {
        tell(seq, place, Why::Unexplained { by });
    }
    let root = log.damage.is_empty().then(|| tree.root());
    Ok(Check { log, events, unreadable, unreadable_count, root })
}

fn is_redaction_of(event: &Event, seq: Seq, sha256: Sha256Digest) -> bool {
    matches!(event, Event::EventRedacted(it) if it.seq == seq.0 && it.sha256 == sha256.0)
}
