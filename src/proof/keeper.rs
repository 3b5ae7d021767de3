//! What must survive the loss of a data directory, and of its past: the key of a log, and the last
//! checkpoint that was signed with it. Kept outside of the data directory, by the id of the log.

use std::{
    path::{Path, PathBuf},
    sync::Arc,
};

use super::{
    Algorithm, Checkpoint, Note, ProofError, Signed, SigningKey, VerifierKey, note::BadNote,
};
use crate::{
    base::{
        Seq,
        disk::{Disk, DiskError, DiskFile, Open, create_dirs, read_if_present, replace},
        id, secret,
    },
    wal::WalReader,
};

/// A checkpoint with its signatures.
pub type SignedCheckpoint = (Checkpoint, Note);

/// The private key.
pub(super) const KEY: &str = "key";
/// The last checkpoint.
const CHECKPOINT: &str = "checkpoint";
/// Bytes of the place that the checkpoint file has for each of two checkpoints.
const SLOT_BYTES: usize = 4096;
/// Held by who signs.
const LOCK: &str = "LOCK";
/// In the directory of hashes: the public key, to be missed if the private one is not where it was.
const KEY_MARK: &str = "vkey";

/// Key and last checkpoint of a log, held by one process.
pub(super) struct Keeper {
    pub(super) disk: Arc<dyn Disk>,
    pub(super) dir: PathBuf,
    pub(super) key: SigningKey,
    /// The key that is to follow, once the log tells of it: until then both sign.
    pub(super) next: Option<SigningKey>,
    /// Whether the key was made now.
    pub(super) is_new: bool,
    /// The last that was signed.
    pub(super) last: Option<SignedCheckpoint>,
    checkpoints: Box<dyn DiskFile>,
    /// Which of the two places has the last checkpoint.
    slot: u64,
    _lock: Box<dyn DiskFile>,
}

/// Where key and checkpoint of a log are, below the directory for those of all logs.
pub(super) fn place(keys: &Path, log: &dyn WalReader) -> PathBuf {
    keys.join(log.log_id().to_string())
}

/// The last checkpoint that was signed of a log, by what is kept of it in `keys`. Takes no lock.
pub fn last_signed(
    disk: &dyn Disk,
    keys: &Path,
    log: &dyn WalReader,
) -> Result<Option<SignedCheckpoint>, ProofError> {
    match public_key(disk, keys, log)? {
        Some(key) => Ok(read_checkpoint(disk, &place(keys, log), &key)?.map(|(_, last)| last)),
        None => Ok(None),
    }
}

/// The public key of a log, by what is kept in `keys`. Takes no lock.
pub fn public_key(
    disk: &dyn Disk,
    keys: &Path,
    log: &dyn WalReader,
) -> Result<Option<VerifierKey>, ProofError> {
    Ok(read_key(disk, &place(keys, log).join(KEY))?.map(|key| key.verifier().clone()))
}

/// Up to which event a log is known to have been durable, because it was signed. It must not end before.
pub fn witnessed(disk: &dyn Disk, keys: &Path, log: &dyn WalReader) -> Result<Seq, ProofError> {
    let Some((Checkpoint { size, .. }, _)) = last_signed(disk, keys, log)? else {
        return Ok(Seq::ZERO);
    };
    let (head, dir) = (log.head(), place(keys, log));
    if head.0 < size { Err(ProofError::Behind { head, size, dir }) } else { Ok(Seq(size)) }
}

impl Keeper {
    /// Takes hold of what is kept of a log, and makes its key if it never had one. `cache` is where a
    /// mark of the key is left.
    pub(super) fn open(
        disk: Arc<dyn Disk>,
        keys: &Path,
        log: &dyn WalReader,
        cache: &Path,
    ) -> Result<Self, ProofError> {
        let dir = place(keys, log);
        create_dirs(&*disk, &dir)?;
        let lock = disk.lock(&dir.join(LOCK))?;
        let found = read_key(&*disk, &dir.join(KEY))?;
        let is_new = found.is_none();
        let key = match found {
            Some(key) => key,
            None => {
                let mark = read_if_present(&*disk, &cache.join(KEY_MARK))?;
                if let Some(key) = mark {
                    let key = String::from_utf8_lossy(&key).trim().to_owned();
                    return Err(ProofError::KeyGone { key, dir });
                }
                draw(&*disk, &dir.join(KEY), &format!("runlog/{}", log.log_id()))?
            }
        };
        let (slot, last) = match read_checkpoint(&*disk, &dir, key.verifier())? {
            Some((slot, last)) => (slot, Some(last)),
            None => (1, None),
        };
        let checkpoints = reserve(&*disk, &dir.join(CHECKPOINT))?;
        Ok(Self { disk, dir, key, next: None, is_new, last, checkpoints, slot, _lock: lock })
    }

    /// Leaves the mark of the key among the hashes.
    pub(super) fn mark(&self, cache: &Path) -> Result<(), DiskError> {
        let text = format!("{}\n", self.key.verifier());
        let path = cache.join(KEY_MARK);
        if read_if_present(&*self.disk, &path)?.as_deref() == Some(text.as_bytes()) {
            return Ok(());
        }
        replace(&*self.disk, &path, text.as_bytes(), Open::New)
    }

    /// The public key.
    pub(super) fn verifier(&self) -> &VerifierKey {
        self.key.verifier()
    }

    /// Where it keeps them.
    pub(super) fn dir(&self) -> &Path {
        &self.dir
    }

    /// Signs a checkpoint, which must go on from the last. It is kept before anybody gets it: in the
    /// place of the last but one, so that the last is there until it is.
    pub(super) fn sign(&mut self, checkpoint: Checkpoint) -> Result<&SignedCheckpoint, DiskError> {
        let keys: Vec<_> = std::iter::once(&self.key).chain(&self.next).collect();
        let note = Note::signed(checkpoint.text(), &keys);
        let mut bytes = note.to_string().into_bytes();
        bytes.resize(SLOT_BYTES, 0);
        let slot = 1 - self.slot;
        self.checkpoints.write_at(slot * SLOT_BYTES as u64, &bytes)?;
        self.checkpoints.sync_data()?;
        self.slot = slot;
        Ok(self.last.insert((checkpoint, note)))
    }
}

/// Makes a key of a log and keeps it in a file.
pub(super) fn draw(disk: &dyn Disk, path: &Path, name: &str) -> Result<SigningKey, DiskError> {
    draw_for(disk, path, name, Algorithm::Signature)
}

/// The same for signatures that say something else.
pub(super) fn draw_for(
    disk: &dyn Disk,
    path: &Path,
    name: &str,
    algorithm: Algorithm,
) -> Result<SigningKey, DiskError> {
    let key = SigningKey::from_seed(name, algorithm, id::random_secret());
    secret::keep(disk, path, key.secret_text().as_bytes())?;
    Ok(key)
}

pub(super) fn read_key(disk: &dyn Disk, path: &Path) -> Result<Option<SigningKey>, ProofError> {
    let Some(bytes) = read_if_present(disk, path)? else { return Ok(None) };
    let key = SigningKey::from_secret_text(&String::from_utf8_lossy(&bytes));
    key.map(Some).map_err(|source| ProofError::Key { path: path.to_owned(), source })
}

/// The file for checkpoints. It has all its space from the start, so that a full disk does not keep a
/// log from being signed.
fn reserve(disk: &dyn Disk, path: &Path) -> Result<Box<dyn DiskFile>, DiskError> {
    match disk.open(path, Open::Write) {
        Err(error) if error.is_missing() => {}
        opened => return opened,
    }
    replace(disk, path, &[0; 2 * SLOT_BYTES], Open::New)?;
    disk.open(path, Open::Write)
}

/// The last checkpoint, and which place has it. One that was cut short when the power failed was never
/// given out: the other counts.
fn read_checkpoint(
    disk: &dyn Disk,
    dir: &Path,
    key: &VerifierKey,
) -> Result<Option<(u64, SignedCheckpoint)>, ProofError> {
    let path = dir.join(CHECKPOINT);
    let Some(bytes) = read_if_present(disk, &path)? else { return Ok(None) };
    let (first, second) = bytes.split_at(bytes.len().min(SLOT_BYTES));
    let (mut last, mut wrong) = (None, None);
    for (slot, bytes) in (0..).zip([first, second]) {
        let end = bytes.iter().rposition(|byte| *byte != 0).map_or(0, |at| at + 1);
        match bytes.get(..end).filter(|bytes| !bytes.is_empty()).map(|it| parse(it, key)) {
            None => {}
            Some(Err(error)) => wrong = Some(error),
            Some(Ok(found)) => {
                let newer = |(_, (last, _)): &(u64, SignedCheckpoint)| found.0.size >= last.size;
                if last.as_ref().is_none_or(newer) {
                    last = Some((slot, found));
                }
            }
        }
    }
    match (last, wrong) {
        (None, Some(source)) => Err(ProofError::Checkpoint { path, source }),
        (last, _) => Ok(last),
    }
}

fn parse(bytes: &[u8], key: &VerifierKey) -> Result<SignedCheckpoint, BadNote> {
    let note = Note::parse(bytes)?;
    if !matches!(note.signed_by(key), Signed::Well(_)) {
        return Err(BadNote("the signature is another"));
    }
    let checkpoint = Checkpoint::parse(&note.text)?;
    if checkpoint.origin != key.name() {
        return Err(BadNote("it is of another log"));
    }
    Ok((checkpoint, note))
}
