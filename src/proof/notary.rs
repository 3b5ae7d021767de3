//! Signs what the log holds, and proves it: the tree over all events, and its last checkpoint. Follows
//! the log as a reader does, so the writer never waits for it; who needs a signature waits here.

use std::{path::Path, sync::Arc};

use tokio::sync::watch;

use super::{
    Checkpoint, Consistency, Evidence, Inclusion, LEAF_DATA_BYTES, Note, ProofError, Rotation,
    VerifierKey,
    hashes::TILE_HASHES,
    keeper::{Keeper, SignedCheckpoint},
    leaf_data, leaf_hash,
    ledger::Ledger,
};
use crate::{
    base::{
        Seq,
        disk::{Disk, create_dirs},
        sync::{Mutex, MutexGuard},
    },
    wal::{Record, WalError, WalReader},
};

/// Bytes of an entry: those of leaf data.
const ENTRY_LENGTH: u16 = 66;
const _: () = assert!(ENTRY_LENGTH as usize == LEAF_DATA_BYTES);

/// Who signs for a log.
pub struct Notary {
    log: Arc<dyn WalReader>,
    key: VerifierKey,
    is_new: bool,
    ledger: Mutex<Ledger>,
    last: watch::Sender<Arc<SignedCheckpoint>>,
    /// The last with the word of others.
    witnessed: Mutex<Option<Arc<SignedCheckpoint>>>,
}

impl Notary {
    /// Takes up the tree of a log with its hashes in `cache`, which are made again if they are in doubt;
    /// key and last checkpoint are below `keys`. Signs the log as it is.
    pub fn open(
        disk: Arc<dyn Disk>,
        keys: &Path,
        cache: &Path,
        log: Arc<dyn WalReader>,
    ) -> Result<Self, ProofError> {
        create_dirs(&*disk, cache)?;
        let keeper = Keeper::open(Arc::clone(&disk), keys, &*log, cache)?;
        keeper.mark(cache)?;
        let is_new = keeper.is_new;
        let mut ledger = Ledger::open(disk, cache, Arc::clone(&log), keeper)?;
        let rotates = ledger.keeper.announced(&*log)?;
        let last = Arc::new(ledger.sign()?);
        if rotates {
            ledger.keeper.end_rotation()?;
            ledger.keeper.mark(cache)?;
        }
        let key = ledger.keeper.verifier().clone();
        let (ledger, witnessed) = (Mutex::new(ledger), Mutex::default());
        Ok(Self { log, key, is_new, ledger, last: watch::Sender::new(last), witnessed })
    }

    /// Draws another key for the log, and has it sign once `record` has put that into the log. Says the
    /// key; whoever trusts the old one is shown the proof of the event, which both have signed.
    pub fn rotate<E: From<ProofError>>(
        self,
        record: impl FnOnce(&Rotation) -> Result<Seq, E>,
    ) -> Result<(VerifierKey, Evidence), E> {
        let rotation = self.ledger().keeper.begin_rotation().map_err(ProofError::from)?;
        let seq = record(&rotation)?;
        let mut ledger = self.ledger();
        if ledger.keeper.announced(&*self.log)? {
            self.sign(&mut ledger)?;
        }
        drop(ledger);
        let evidence = self.prove(seq)?;
        self.ledger().keeper.end_rotation().map_err(ProofError::from)?;
        Ok((rotation.to, evidence))
    }

    /// The public key of this log.
    pub fn key(&self) -> &VerifierKey {
        &self.key
    }

    /// Whether the key was made when this notary was.
    pub fn has_new_key(&self) -> bool {
        self.is_new
    }

    /// The last checkpoint.
    pub fn last(&self) -> Arc<SignedCheckpoint> {
        Arc::clone(&self.last.borrow())
    }

    /// The last checkpoint, now and whenever there is another.
    pub fn watch(&self) -> watch::Receiver<Arc<SignedCheckpoint>> {
        self.last.subscribe()
    }

    /// Notes that others have cosigned a checkpoint. Proofs have it as long as it is new enough for them.
    pub fn note_witnessed(&self, checkpoint: Checkpoint, note: Note) {
        let witnessed = Some(Arc::new((checkpoint, note)));
        *self.witnessed.lock().expect("no thread panics under this lock") = witnessed;
    }

    /// The last checkpoint that others have cosigned.
    pub fn witnessed(&self) -> Option<Arc<SignedCheckpoint>> {
        self.witnessed.lock().expect("no thread panics under this lock").clone()
    }

    /// A checkpoint that has event `seq` in it: the last, or one that is signed now. Those who ask at the
    /// same time share one.
    pub fn attest(&self, seq: Seq) -> Result<Arc<SignedCheckpoint>, ProofError> {
        let enough = |last: &SignedCheckpoint| last.0.size >= seq.0;
        if !enough(&self.last.borrow()) {
            let mut ledger = self.ledger();
            // While waiting, another may have signed for all.
            if !enough(&self.last.borrow()) {
                self.sign(&mut ledger)?;
            }
        }
        let last = self.last();
        if enough(&last) { Ok(last) } else { Err(self.absent(format!("event {seq}"))) }
    }

    /// Hashes what the log has got, and tells whether a segment ended meanwhile.
    pub(super) fn follow(&self) -> Result<bool, ProofError> {
        let before = self.ledger().segment;
        loop {
            let mut ledger = self.ledger();
            if !ledger.take_leaves()? {
                return Ok(before.is_some() && before != ledger.segment);
            }
        }
    }

    /// Signs all that the log holds, if that is more than was signed.
    pub(super) fn sign_all(&self) -> Result<(), ProofError> {
        self.attest(self.log.head()).map(drop)
    }

    /// The proof that the log holds an event.
    pub fn prove(&self, seq: Seq) -> Result<Evidence, ProofError> {
        let index = seq.0.checked_sub(1).ok_or_else(|| self.absent(format!("event {seq}")))?;
        let witnessed = self.witnessed().filter(|witnessed| witnessed.0.size >= seq.0);
        let signed = witnessed.map_or_else(|| self.attest(seq), Ok)?;
        let Checkpoint { size, root, .. } = &signed.0;
        let record = self.log.read(seq)?;
        let leaf = leaf_hash(&record);
        let mut ledger = self.ledger();
        let path = ledger.believed(|ledger| {
            let parts = Inclusion::parts(index, *size).unwrap_or_default();
            let path =
                parts.iter().map(|part| ledger.hashes.root(part)).collect::<Result<_, _>>()?;
            let proof = Inclusion { index, leaves: *size, path };
            Ok(proof.holds(&leaf, root).then_some(proof.path))
        })?;
        Ok(Evidence::of(&record, path, signed.1.clone()))
    }

    /// The proof that the log of `new` events begins with that of `old` ones.
    pub fn prove_growth(&self, old: u64, new: u64) -> Result<Consistency, ProofError> {
        let signed = self.last();
        let size = signed.0.size;
        if old > new || new > size {
            return Err(self.absent(format!("growth from {old} to {new} events that was signed")));
        }
        let mut ledger = self.ledger();
        ledger.believed(|ledger| {
            let (proof, root) = ledger.growth(old, new)?;
            let (anchor, _) = ledger.growth(new, size)?;
            let old_root = ledger.hashes.root(&(0..old))?;
            let sound = anchor.holds(&root, &signed.0.root) && proof.holds(&old_root, &root);
            Ok((sound || new == 0).then_some(proof))
        })
    }

    /// The first `width` hashes of a tile of the signed tree (c2sp.org/tlog-tiles).
    pub fn tile(&self, level: u32, index: u64, width: u64) -> Result<Vec<u8>, ProofError> {
        let first = self.tile_start(level, index, width)?;
        Ok(self.ledger().hashes.read(level, first, width)?)
    }

    /// The leaf data of the first `width` events of a tile of level 0, each after its length (u16).
    pub fn entries(&self, index: u64, width: u64) -> Result<Vec<u8>, ProofError> {
        let first = self.tile_start(0, index, width)?;
        let width = usize::try_from(width).unwrap_or_default();
        let records = self.log.read_from(Seq(first + 1)).take(width);
        let entry = |record: Result<Record, WalError>| {
            Ok([&ENTRY_LENGTH.to_be_bytes()[..], &leaf_data(&record?)].concat())
        };
        records.map(entry).collect::<Result<Vec<_>, _>>().map(|entries| entries.concat())
    }

    /// Index of the first hash of a tile that the signed tree has.
    fn tile_start(&self, level: u32, index: u64, width: u64) -> Result<u64, ProofError> {
        let count = self.last.borrow().0.size.checked_shr(8 * level).unwrap_or_default();
        let end = index.checked_mul(TILE_HASHES).and_then(|first| first.checked_add(width));
        let fits = (1..=TILE_HASHES).contains(&width) && end.is_some_and(|end| end <= count);
        if !fits {
            return Err(self.absent(format!("tile {level}/{index} of {width} hashes")));
        }
        Ok(index * TILE_HASHES)
    }

    fn sign(&self, ledger: &mut Ledger) -> Result<(), ProofError> {
        self.last.send_replace(Arc::new(ledger.sign()?));
        Ok(())
    }

    fn absent(&self, what: String) -> ProofError {
        ProofError::Absent { head: self.log.head(), what }
    }

    fn ledger(&self) -> MutexGuard<'_, Ledger> {
        self.ledger.lock().expect("no thread panics under this lock")
    }
}
