//! Another key for a log: in good order, where the old one vouches for it; and anew, where what was signed
//! is lost. Of each power cut or kill on the way, the next start makes the end or the beginning.

use std::path::{Path, PathBuf};

use super::{
    Note, ProofError, VerifierKey,
    keeper::{KEY, Keeper, draw, place, read_key},
};
use crate::{
    base::{
        Seq,
        disk::{Disk, DiskError, create_dirs, remove_tree},
        id,
    },
    wal::WalReader,
};

/// The key that is to follow, until it does.
const NEXT: &str = "key.next";
/// The last events among which a rotation is looked for that was not brought to its end.
const LAST_EVENTS: u64 = 16;
/// Digits that tell the names of a log apart.
const DIGITS: usize = 8;

/// Another key, and what the one before says of it.
pub struct Rotation {
    /// The public key before.
    pub from: VerifierKey,
    /// The public key after.
    pub to: VerifierKey,
    /// The statement that both have signed.
    pub statement: Note,
}

impl Keeper {
    /// Draws the next key, and has both keys sign that it follows. Until that is recorded, nothing changed.
    pub(super) fn begin_rotation(&mut self) -> Result<Rotation, DiskError> {
        let from = self.verifier().clone();
        let next = draw(&*self.disk, &self.dir.join(NEXT), from.name())?;
        let to = next.verifier().clone();
        let text = format!("runlog key rotation v1\n{}\n{from}\n{to}\n", from.name());
        let statement = Note::signed(text, &[&self.key, &next]);
        Ok(Rotation { from, to, statement })
    }

    /// The key that was to follow, if a rotation was begun and not brought to its end. One that the log
    /// does not tell of was never announced, and is dropped.
    pub(super) fn announced(&mut self, log: &dyn WalReader) -> Result<bool, ProofError> {
        let path = self.dir.join(NEXT);
        let Some(next) = read_key(&*self.disk, &path)? else { return Ok(false) };
        let first = Seq(log.head().0.saturating_sub(LAST_EVENTS) + 1);
        let name = next.verifier().to_string();
        for record in log.read_from(first) {
            if contains(&record?.payload, name.as_bytes()) {
                self.next = Some(next);
                return Ok(true);
            }
        }
        self.disk.remove(&path)?;
        Ok(false)
    }

    /// Ends a rotation, after a checkpoint by both keys: from here on, the next key signs alone.
    pub(super) fn end_rotation(&mut self) -> Result<(), DiskError> {
        if let Some(next) = self.next.take() {
            self.disk.rename(&self.dir.join(NEXT), &self.dir.join(KEY))?;
            self.disk.sync_dir(&self.dir)?;
            self.key = next;
        }
        Ok(())
    }
}

fn contains(bytes: &[u8], part: &[u8]) -> bool {
    bytes.windows(part.len()).any(|window| window == part)
}

/// A key and a name for a log that gives up what it had signed. Nothing changes before [`Anew::begin`].
pub struct Anew {
    key: VerifierKey,
    made: PathBuf,
    dir: PathBuf,
    aside: PathBuf,
}

impl Anew {
    /// Draws the key.
    pub fn prepare(disk: &dyn Disk, keys: &Path, log: &dyn WalReader) -> Result<Self, ProofError> {
        let (dir, drawn) = (place(keys, log), id::random_hex());
        let digits: String = drawn.chars().take(DIGITS).collect();
        let beside = |what: &str| {
            let mut path = dir.clone().into_os_string();
            path.push(what);
            PathBuf::from(path)
        };
        let made = beside(".new");
        match remove_tree(disk, &made) {
            Err(error) if !error.is_missing() => return Err(error.into()),
            Ok(()) | Err(_) => create_dirs(disk, &made)?,
        }
        let name = format!("runlog/{}/{digits}", log.log_id());
        let key = draw(disk, &made.join(KEY), &name)?.verifier().clone();
        Ok(Self { key, made, aside: beside(&format!(".given-up-{digits}")), dir })
    }

    /// The public key.
    pub fn key(&self) -> &VerifierKey {
        &self.key
    }

    /// Puts it in the place of what was there, which is set aside.
    pub fn begin(self, disk: &dyn Disk) -> Result<(), DiskError> {
        match disk.rename(&self.dir, &self.aside) {
            Err(error) if !error.is_missing() => return Err(error),
            Ok(()) | Err(_) => disk.rename(&self.made, &self.dir)?,
        }
        disk.sync_dir(self.dir.parent().unwrap_or(&self.dir))
    }
}
