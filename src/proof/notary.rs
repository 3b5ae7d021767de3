//! Signs what the log holds, and proves it: the tree over all events, and its last checkpoint. Follows
//! the log as a reader does, so the writer never waits for it; who needs a signature waits here.

use std::{path::Path, sync::Arc};

use tokio::sync::watch;

use super::{
    Checkpoint, Consistency, Evidence, Inclusion, LEAF_DATA_BYTES, Note, ProofError, Rotation,
    Tree, VerifierKey,
    hashes::{Hashes, TILE_HASHES},
    keeper::{Keeper, SignedCheckpoint},
    leaf_data, leaf_hash,
};
use crate::{
    base::{
        Seq,
        digest::Sha256Digest,
        disk::{Disk, create_dirs},
        sync::{Mutex, MutexGuard},
    },
    wal::{Record, WalError, WalReader},
};

/// Folder of the hashes, beside the mark of the key.
const HASHES: &str = "hashes";
/// Leaves that are hashed before others get a turn.
const SLICE_LEAVES: usize = 4096;
/// Bytes of an entry: those of leaf data.
const ENTRY_LENGTH: u16 = 66;
const _: () = assert!(ENTRY_LENGTH as usize == LEAF_DATA_BYTES);

/// Who signs for a log.
pub struct Notary {
    log: Arc<dyn WalReader>,
    key: VerifierKey,
    is_new: bool,
    state: Mutex<State>,
    last: watch::Sender<Arc<SignedCheckpoint>>,
    /// The last with the word of others.
    witnessed: Mutex<Option<Arc<SignedCheckpoint>>>,
}

struct State {
    log: Arc<dyn WalReader>,
    keeper: Keeper,
    disk: Arc<dyn Disk>,
    cache: std::path::PathBuf,
    hashes: Hashes,
    /// The records that are no leaves yet.
    records: Records,
    /// The segment of the last leaf.
    segment: Option<u64>,
}

type Records = Box<dyn Iterator<Item = Result<Record, WalError>> + Send>;

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
        let mut state = State::open(disk, cache, Arc::clone(&log), keeper)?;
        let rotates = state.keeper.announced(&*log)?;
        let last = Arc::new(state.sign()?);
        if rotates {
            state.keeper.end_rotation()?;
            state.keeper.mark(cache)?;
        }
        let key = state.keeper.verifier().clone();
        let (state, witnessed) = (Mutex::new(state), Mutex::default());
        Ok(Self { log, key, is_new, state, last: watch::Sender::new(last), witnessed })
    }

    /// Draws another key for the log, and has it sign once `record` has put that into the log. Says the
    /// key; whoever trusts the old one is shown the proof of the event, which both have signed.
    pub fn rotate<E: From<ProofError>>(
        self,
        record: impl FnOnce(&Rotation) -> Result<Seq, E>,
    ) -> Result<(VerifierKey, Evidence), E> {
        let rotation = self.state().keeper.begin_rotation().map_err(ProofError::from)?;
        let seq = record(&rotation)?;
        let mut state = self.state();
        if state.keeper.announced(&*self.log)? {
            self.sign(&mut state)?;
        }
        drop(state);
        let evidence = self.prove(seq)?;
        self.state().keeper.end_rotation().map_err(ProofError::from)?;
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
            let mut state = self.state();
            // While waiting, another may have signed for all.
            if !enough(&self.last.borrow()) {
                self.sign(&mut state)?;
            }
        }
        let last = self.last();
        if enough(&last) { Ok(last) } else { Err(self.absent(format!("event {seq}"))) }
    }

    /// Hashes what the log has got, and tells whether a segment ended meanwhile.
    pub(super) fn follow(&self) -> Result<bool, ProofError> {
        let before = self.state().segment;
        loop {
            let mut state = self.state();
            if !state.take_leaves()? {
                return Ok(before.is_some() && before != state.segment);
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
        let mut state = self.state();
        let path = state.believed(|state| {
            let parts = Inclusion::parts(index, *size).unwrap_or_default();
            let path =
                parts.iter().map(|part| state.hashes.root(part)).collect::<Result<_, _>>()?;
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
        let mut state = self.state();
        state.believed(|state| {
            let (proof, root) = state.growth(old, new)?;
            let (anchor, _) = state.growth(new, size)?;
            let old_root = state.hashes.root(&(0..old))?;
            let sound = anchor.holds(&root, &signed.0.root) && proof.holds(&old_root, &root);
            Ok((sound || new == 0).then_some(proof))
        })
    }

    /// The first `width` hashes of a tile of the signed tree (c2sp.org/tlog-tiles).
    pub fn tile(&self, level: u32, index: u64, width: u64) -> Result<Vec<u8>, ProofError> {
        let first = self.tile_start(level, index, width)?;
        Ok(self.state().hashes.read(level, first, width)?)
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

    fn sign(&self, state: &mut State) -> Result<(), ProofError> {
        self.last.send_replace(Arc::new(state.sign()?));
        Ok(())
    }

    fn absent(&self, what: String) -> ProofError {
        ProofError::Absent { head: self.log.head(), what }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().expect("no thread panics under this lock")
    }
}

impl State {
    fn open(
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
        let mut state = Self { log, keeper, disk, cache, hashes, records, segment: None };
        state.hash_anew()?;
        Ok(state)
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
    fn take_leaves(&mut self) -> Result<bool, ProofError> {
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
    fn sign(&mut self) -> Result<SignedCheckpoint, ProofError> {
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
            self.believed(|state| {
                let (proof, _) = state.growth(old, size)?;
                Ok(proof.holds(&old_root, &root).then_some(()))
            })?;
        }
        let origin = self.keeper.verifier().name().to_owned();
        Ok(self.keeper.sign(Checkpoint { origin, size, root })?.clone())
    }

    /// The proof that the tree of `new` leaves begins with that of `old`, and the root of the former.
    fn growth(&self, old: u64, new: u64) -> Result<(Consistency, Sha256Digest), ProofError> {
        let parts = Consistency::parts(old, new).unwrap_or_default();
        let path = parts.iter().map(|part| self.hashes.root(part)).collect::<Result<_, _>>()?;
        Ok((Consistency { old, new, path }, self.hashes.root(&(0..new))?))
    }

    /// What can be shown from the hashes; if they do not bear it out, from ones that are made again.
    fn believed<T>(
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

/// Whether a log begins with what these checkpoints say, each with as many events as it has.
pub fn holds_all(log: &dyn WalReader, checkpoints: &[Checkpoint]) -> Result<(), ProofError> {
    let mut wanted: Vec<_> = checkpoints.iter().map(|it| (it.size, it.root)).collect();
    wanted.sort_by_key(|(size, _)| *size);
    let (mut tree, mut records) = (Tree::default(), log.read_from(Seq(1)));
    for (size, root) in wanted {
        while tree.leaves() < size {
            let record = records.next().ok_or(ProofError::Differs { size })?;
            tree.push(leaf_hash(&record?));
        }
        if tree.root() != root {
            return Err(ProofError::Differs { size });
        }
    }
    Ok(())
}

/// The proof that a log holds an event, by a checkpoint that was signed before. Reads the log up to there.
pub fn prove_from_log(
    log: &dyn WalReader,
    seq: Seq,
    signed: &SignedCheckpoint,
) -> Result<Evidence, ProofError> {
    let (Checkpoint { size, root, .. }, note) = signed;
    let absent = || ProofError::Absent { head: log.head(), what: format!("event {seq}") };
    let index = seq.0.checked_sub(1).ok_or_else(absent)?;
    let parts = Inclusion::parts(index, *size).ok_or_else(absent)?;
    let record = log.read(seq)?;
    let mut trees = vec![Tree::default(); parts.len()];
    let last = usize::try_from(*size).unwrap_or(usize::MAX);
    for record in log.read_from(Seq(1)).take(last) {
        let record = record?;
        let mut beside = parts.iter().zip(&mut trees);
        if let Some((_, tree)) = beside.find(|(part, _)| part.contains(&(record.seq.0 - 1))) {
            tree.push(leaf_hash(&record));
        }
    }
    let path = trees.iter().map(Tree::root).collect();
    let proof = Inclusion { index, leaves: *size, path };
    if !proof.holds(&leaf_hash(&record), root) {
        return Err(ProofError::Differs { size: *size });
    }
    Ok(Evidence::of(&record, proof.path, note.clone()))
}
