//! What a disk shows beside what it has made durable, and what a power cut may leave of the
//! difference. The same for the bytes of a file and for the names in a directory.

use std::{collections::BTreeMap, ffi::OsString, sync::Arc};

use rand::{Rng, rngs::StdRng};

/// What is written atomically: all of it or nothing.
const SECTOR_BYTES: usize = 512;

/// What changes, and survives a power cut piece by piece.
pub(super) trait Content: Clone + Default {
    type Change: Clone;

    fn apply(&mut self, change: &Self::Change);

    /// The parts of a change that survive or not, each for itself.
    fn pieces(change: &Self::Change) -> Vec<Self::Change>;
}

/// Content in a cache over a device. What is the same is kept once, so images of a disk are cheap.
#[derive(Clone)]
pub(super) struct Cached<C: Content> {
    shown: Arc<C>,
    durable: Arc<C>,
    unsynced: Vec<C::Change>,
}

impl<C: Content> Default for Cached<C> {
    fn default() -> Self {
        Self::durable(C::default())
    }
}

impl<C: Content> Cached<C> {
    pub(super) fn durable(content: impl Into<Arc<C>>) -> Self {
        let content = content.into();
        Self { shown: content.clone(), durable: content, unsynced: Vec::new() }
    }

    pub(super) fn shown(&self) -> &C {
        &self.shown
    }

    pub(super) fn change(&mut self, change: C::Change) {
        Arc::make_mut(&mut self.shown).apply(&change);
        self.unsynced.push(change);
    }

    pub(super) fn sync(&mut self) {
        for change in self.unsynced.drain(..) {
            Arc::make_mut(&mut self.durable).apply(&change);
        }
    }

    /// As after a failed sync: the cache calls its pages clean.
    pub(super) fn lose(&mut self) {
        self.unsynced.clear();
    }

    /// Shows what is on the device, unless something is still to be written.
    pub(super) fn forget(&mut self) {
        if self.unsynced.is_empty() {
            self.shown = self.durable.clone();
        }
    }

    /// What a machine might find after a power cut: of what was not synced, about `keep` of 1.0.
    pub(super) fn survivor(&self, rng: &mut StdRng, keep: f64) -> Self {
        let mut content = self.durable.clone();
        for piece in self.unsynced.iter().flat_map(C::pieces) {
            if rng.random_bool(keep) {
                Arc::make_mut(&mut content).apply(&piece);
            }
        }
        Self::durable(content)
    }
}

/// The bytes of a file.
pub(super) type Bytes = Vec<u8>;

#[derive(Clone)]
pub(super) enum BytesChange {
    Write(usize, Vec<u8>),
    Len(usize),
}

impl Content for Bytes {
    type Change = BytesChange;

    fn apply(&mut self, change: &BytesChange) {
        match change {
            BytesChange::Write(at, new) => {
                self.resize(self.len().max(at + new.len()), 0);
                self[*at..at + new.len()].copy_from_slice(new);
            }
            BytesChange::Len(len) => self.resize(*len, 0),
        }
    }

    fn pieces(change: &BytesChange) -> Vec<BytesChange> {
        let BytesChange::Write(at, bytes) = change else { return vec![change.clone()] };
        let (mut at, mut rest) = (*at, bytes.as_slice());
        let mut sectors = Vec::new();
        while !rest.is_empty() {
            let len = (SECTOR_BYTES - at % SECTOR_BYTES).min(rest.len());
            sectors.push(BytesChange::Write(at, rest[..len].to_vec()));
            (at, rest) = (at + len, &rest[len..]);
        }
        sectors
    }
}

/// The names in a directory, each with the number of what it names.
pub(super) type Names = BTreeMap<OsString, usize>;

/// Names that change together, as in a rename: what they name from now on, or nothing.
pub(super) type NamesChange = Vec<(OsString, Option<usize>)>;

impl Content for Names {
    type Change = NamesChange;

    fn apply(&mut self, change: &NamesChange) {
        for (name, number) in change {
            match number {
                Some(number) => self.insert(name.clone(), *number),
                None => self.remove(name),
            };
        }
    }

    fn pieces(change: &NamesChange) -> Vec<NamesChange> {
        vec![change.clone()]
    }
}
