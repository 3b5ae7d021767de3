//! A witness (c2sp.org/tlog-witness): says of other logs that they only grew since it saw them last.

use std::{
    path::{Path, PathBuf},
    sync::Arc,
};

use super::{
    Algorithm, Checkpoint, Consistency, Note, ProofError, Signature, Signed, SigningKey,
    VerifierKey,
    checkpoint::{decimal, unbase64},
    keeper::{KEY, draw_for, read_key},
};
use crate::base::{
    Clock,
    digest::Sha256Digest,
    disk::{Disk, DiskError, Open, create_dirs, read_if_present, replace},
    id,
    sync::Mutex,
};

/// Hashes that a proof of consistency may have.
const PATH_HASHES_MAX: usize = 63;

/// Who cosigns checkpoints of other logs.
pub struct Witness {
    disk: Arc<dyn Disk>,
    dir: PathBuf,
    key: SigningKey,
    logs: Vec<VerifierKey>,
    /// One at a time looks at what was cosigned last, and replaces it.
    turn: Mutex<()>,
}

/// Why a checkpoint is not cosigned.
#[derive(Debug, thiserror::Error)]
pub enum Unwitnessed {
    /// It is no request, or its old size is above the new one.
    #[error("this is no request to a witness: {0}")]
    Malformed(&'static str),
    /// It is not asked to watch over that log.
    #[error("this witness does not know the log {0}")]
    Unknown(String),
    /// It is not signed by the log's key.
    #[error("the checkpoint is not signed by the key of its log")]
    Unsigned,
    /// What was cosigned last has this size, or another root.
    #[error("the last checkpoint that was cosigned has {0} events, or others")]
    Conflict(u64),
    /// It does not go on from what was cosigned last.
    #[error("the checkpoint does not go on from the last one that was cosigned")]
    Inconsistent,
    /// What was cosigned last cannot be read or kept.
    #[error(transparent)]
    Disk(#[from] DiskError),
}

/// A request: the size that the asker takes for the last cosigned, a proof from there, a checkpoint.
struct Asked {
    old: u64,
    path: Vec<Sha256Digest>,
    note: Note,
    checkpoint: Checkpoint,
}

impl Witness {
    /// Takes up the witness whose key and memory are in `dir`, for these logs; makes a key if it has none.
    pub fn open(
        disk: Arc<dyn Disk>,
        dir: &Path,
        logs: Vec<VerifierKey>,
    ) -> Result<Self, ProofError> {
        create_dirs(&*disk, dir)?;
        let path = dir.join(KEY);
        let key = match read_key(&*disk, &path)? {
            Some(key) => key,
            None => {
                let digits: String = id::random_hex().chars().take(8).collect();
                draw_for(
                    &*disk,
                    &path,
                    &format!("runlog-witness/{digits}"),
                    Algorithm::Cosignature,
                )?
            }
        };
        Ok(Self { disk, dir: dir.to_owned(), key, logs, turn: Mutex::new(()) })
    }

    /// The public key.
    pub fn key(&self) -> &VerifierKey {
        self.key.verifier()
    }

    /// Cosigns the checkpoint in a request, if its log only grew since the last. The line that says so, kept
    /// before it is given.
    pub fn add_checkpoint(&self, body: &[u8], clock: &dyn Clock) -> Result<String, Unwitnessed> {
        let Asked { old, path, note, checkpoint } = Asked::parse(body)?;
        let origin = &checkpoint.origin;
        let known: Vec<_> = self.logs.iter().filter(|log| log.name() == origin).collect();
        if known.is_empty() {
            return Err(Unwitnessed::Unknown(origin.clone()));
        }
        if !known.iter().any(|log| matches!(note.signed_by(log), Signed::Well(_))) {
            return Err(Unwitnessed::Unsigned);
        }
        if old > checkpoint.size {
            return Err(Unwitnessed::Malformed("its old size is above the new one"));
        }
        let _turn = self.turn.lock().expect("no thread panics under this lock");
        let file = self.dir.join(Sha256Digest::of(origin.as_bytes()).to_string());
        let last = self.last(&file, origin)?;
        let (size, root) = last.map_or((0, Sha256Digest::of(b"")), |it| (it.size, it.root));
        if old != size || (size == checkpoint.size && root != checkpoint.root) {
            return Err(Unwitnessed::Conflict(size));
        }
        let growth = Consistency { old, new: checkpoint.size, path };
        if !growth.holds(&root, &checkpoint.root) {
            return Err(Unwitnessed::Inconsistent);
        }
        replace(&*self.disk, &file, checkpoint.text().as_bytes(), Open::New)?;
        Ok(format!("{}\n", Signature::cosign(&note.text, &self.key, clock.now())))
    }

    fn last(&self, file: &Path, origin: &str) -> Result<Option<Checkpoint>, Unwitnessed> {
        let Some(bytes) = read_if_present(&*self.disk, file)? else { return Ok(None) };
        let last = Checkpoint::parse(&String::from_utf8_lossy(&bytes));
        // A memory that cannot be read must not be taken for none.
        let last = last.ok().filter(|last| last.origin == origin);
        last.map(Some).ok_or(Unwitnessed::Malformed("what was cosigned last cannot be read"))
    }
}

impl Asked {
    fn parse(body: &[u8]) -> Result<Self, Unwitnessed> {
        let wrong = Unwitnessed::Malformed;
        let text = std::str::from_utf8(body).map_err(|_| wrong("it is not UTF-8"))?;
        let (head, note) = text.split_once("\n\n").ok_or(wrong("it has no checkpoint"))?;
        let mut lines = head.split('\n');
        let old = lines.next().and_then(|line| line.strip_prefix("old ")).and_then(decimal);
        let old = old.ok_or(wrong("it does not begin with an old size"))?;
        let path: Vec<_> =
            lines.map(unbase64).collect::<Option<_>>().ok_or(wrong("a hash is none"))?;
        if path.len() > PATH_HASHES_MAX {
            return Err(wrong("its proof is too long"));
        }
        let none = |_| wrong("its checkpoint is none");
        let note = Note::parse(note.as_bytes()).map_err(none)?;
        let checkpoint = Checkpoint::parse(&note.text).map_err(none)?;
        Ok(Self { old, path, note, checkpoint })
    }
}

/// A request to a witness: that it cosigns a checkpoint which goes on from the size that it has seen last.
pub fn request(growth: &Consistency, note: &Note) -> String {
    let path = growth.path.iter().map(|hash| format!("{}\n", super::base64(hash)));
    format!("old {}\n{}\n{note}", growth.old, path.collect::<String>())
}
