//! The tree of a log and who keeps its key, in one hand: what was hashed, what was signed, and that the one goes on
//! from the other.

use std::{
    path::{Path, PathBuf},
    sync::Arc,
};

use super::{
    Checkpoint, Consistency, ProofError,
    hashes::Hashes,
    keeper::{Keeper, SignedCheckpoint},
    leaf_hash,
};
use crate::{
    base::{Seq, digest::Sha256Digest, disk::Disk},
    wal::{Record, WalError, WalReader},
};

/// Folder of the hashes, beside the mark of the key.
const HASHES: &str = "hashes";
/// Leaves that are hashed before others get a turn.
const SLICE_LEAVES: usize = 4096;

/// The tree of a log as far as it was followed, with the keeper of its key.
pub(super) struct Ledger {
    log: Arc<dyn WalReader>,
    pub(super) keeper: Keeper,
    disk: Arc<dyn Disk>,
    cache: PathBuf,
    pub(super) hashes: Hashes,
    /// The records that are no leaves yet.
    records: Records,
    /// The segment of the last leaf.
    pub(super) segment: Option<u64>,
}

type Records = Box<dyn Iterator<Item = Result<Record, WalError>> + Send>;

impl Ledger {
    /// Takes up the hashes in `cache`, or makes them again.
    pub(super) fn open(
        disk: Arc<dyn Disk>,
        cache: &Path,
        log: Arc<dyn WalReader>,
        keeper: Keeper,
    ) -> Result<Self, ProofError> {
        let cache = cache.join(HASHES);
        let (head, dir) = (log.head(), keeper.dir().to_owned());
        if let Some((Checkpoint { size, root, .. }, _)) = &keeper.last {
            let size = *size;
            if head.0 < size {
                return Err(ProofError::Behind { head, size, dir });
            }
            if let Some(hashes) = Hashes::resume(&disk, &cache, size, root)? {
                let last = size.checked_sub(1).map(|last| last..size);
                if let Some(last) = last
                    && leaf_hash(&log.read(Seq(size))?) != hashes.root(&last)?
                {
                    return Err(ProofError::Forked { size, dir });
                }
                let records = log.read_from(Seq(size + 1));
                return Ok(Self { log, keeper, disk, cache, hashes, records, segment: None });
            }
            tracing::info!("hashing the log anew");
        }
        let hashes = Hashes::begin(Arc::clone(&disk), &cache)?;
        let records = log.read_from(Seq(1));
        let mut ledger = Self { log, keeper, disk, cache, hashes, records, segment: None };
        ledger.hash_anew()?;
        Ok(ledger)
    }

    /// Makes all hashes again from the log, which must be what was signed.
    fn hash_anew(&mut self) -> Result<(), ProofError> {
        self.hashes = Hashes::begin(Arc::clone(&self.disk), &self.cache)?;
        self.records = self.log.read_from(Seq(1));
        while self.take_leaves()? {}
        let Some((Checkpoint { size, root, .. }, _)) = &self.keeper.last else { return Ok(()) };
        if self.hashes.root(&(0..*size))? == *root {
            return Ok(());
        }
        Err(ProofError::Forked { size: *size, dir: self.keeper.dir().to_owned() })
    }

    /// Hashes the next records; `false` if there is none.
    pub(super) fn take_leaves(&mut self) -> Result<bool, ProofError> {
        let mut leaves = Vec::new();
        for record in self.records.by_ref().take(SLICE_LEAVES) {
            match record {
                Ok(record) => {
                    leaves.push(leaf_hash(&record));
                    self.segment = record.place.map(|place| place.segment);
                }
                Err(error) => {
                    // What was read counts; what was not is asked for again.
                    let next = self.hashes.tree().leaves() + leaves.len() as u64 + 1;
                    self.records = self.log.read_from(Seq(next));
                    self.hashes.extend(&leaves)?;
                    return Err(error.into());
                }
            }
        }
        self.hashes.extend(&leaves)?;
        Ok(!leaves.is_empty())
    }

    /// Signs all that the log holds, once it is proved to go on from what was signed last.
    pub(super) fn sign(&mut self) -> Result<SignedCheckpoint, ProofError> {
        // Not to the end of a log that grows meanwhile.
        let head = self.log.head().0;
        while self.hashes.tree().leaves() < head && self.take_leaves()? {}
        let tree = self.hashes.tree();
        let (size, root) = (tree.leaves(), tree.root());
        if let Some(last) = &self.keeper.last {
            if last.0.size == size && last.0.root == root && self.keeper.next.is_none() {
                return Ok(last.clone());
            }
            let (old, old_root) = (last.0.size, last.0.root);
            self.believed(|ledger| {
                let (proof, _) = ledger.growth(old, size)?;
                Ok(proof.holds(&old_root, &root).then_some(()))
            })?;
        }
        let origin = self.keeper.verifier().name().to_owned();
        Ok(self.keeper.sign(Checkpoint { origin, size, root })?.clone())
    }

    /// The proof that the tree of `new` leaves begins with that of `old`, and the root of the former.
    pub(super) fn growth(
        &self,
        old: u64,
        new: u64,
    ) -> Result<(Consistency, Sha256Digest), ProofError> {
        let parts = Consistency::parts(old, new).unwrap_or_default();
        let path = parts.iter().map(|part| self.hashes.root(part)).collect::<Result<_, _>>()?;
        Ok((Consistency { old, new, path }, self.hashes.root(&(0..new))?))
    }

    /// What can be shown from the hashes; if they do not bear it out, from ones that are made again.
    pub(super) fn believed<T>(
        &mut self,
        show: impl Fn(&Self) -> Result<Option<T>, ProofError>,
    ) -> Result<T, ProofError> {
        if let Some(shown) = show(self)? {
            return Ok(shown);
        }
        tracing::warn!("the hashes of the log on disk are damaged: they are made again");
        self.hash_anew()?;
        let (size, dir) = (self.hashes.tree().leaves(), self.keeper.dir().to_owned());
        show(self)?.ok_or(ProofError::Forked { size, dir })
    }
}
