//! The files of a cache as a base that is read alone: while sled cannot open them, and of a snapshot.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
};

use super::{
    super::{Base, Cursor, Key, StoreError, Value, base::Batch, room},
    files::{Entry, Files, damaged},
};

/// Bytes of leaves that are kept decoded.
const KEPT_BYTES_MAX: usize = 32 << 20;

/// What a leaf takes in memory beside its keys and values, for each entry.
const ENTRY_BYTES: usize = 48;

/// Leaves that were read, by their place.
#[derive(Default)]
pub(super) struct Kept {
    leaves: HashMap<usize, Arc<Vec<Entry>>>,
    bytes: usize,
}

pub(super) type Leaves = Mutex<Kept>;

impl Files {
    /// The place of the leaf that would hold `key`; there is one for every key if there is any.
    fn place(&self, key: &[u8]) -> usize {
        self.leaves.partition_point(|(low, _)| **low <= *key).saturating_sub(1)
    }

    /// The entries of the leaf at a place; none beyond the last.
    fn read(&self, place: usize) -> Result<Arc<Vec<Entry>>, StoreError> {
        let kept = || self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(leaf) = kept().leaves.get(&place) {
            return Ok(leaf.clone());
        }
        let Some((low, location)) = self.leaves.get(place) else { return Ok(Arc::default()) };
        let high = self.leaves.get(place + 1).map(|(high, _)| &**high);
        let leaf = self.leaf(low, high, *location).map_err(|reason| damaged(&self.path, reason))?;
        let bytes: usize =
            leaf.iter().map(|(key, value)| key.len() + value.len() + ENTRY_BYTES).sum();
        let (leaf, mut kept) = (Arc::new(leaf), kept());
        if kept.bytes > KEPT_BYTES_MAX {
            *kept = Kept::default();
        }
        if kept.leaves.insert(place, leaf.clone()).is_none() {
            kept.bytes += bytes;
        }
        Ok(leaf)
    }

    fn decode(&self, (key, value): &Entry) -> Result<(Key, Value), StoreError> {
        match Value::decode(value) {
            Ok(value) => Ok((key.clone(), value)),
            Err(error) => Err(damaged(&self.path, error.to_string())),
        }
    }
}

impl Base for Files {
    fn get(&self, key: &[u8]) -> Result<Option<Value>, StoreError> {
        let leaf = self.read(self.place(key))?;
        let found = leaf.binary_search_by(|(other, _)| (**other).cmp(key)).ok();
        let entry = found.and_then(|at| leaf.get(at));
        entry.map(|entry| Ok(self.decode(entry)?.1)).transpose()
    }

    fn range(
        &self,
        from: &[u8],
        until: Option<&[u8]>,
        limit: usize,
    ) -> Result<Vec<(Key, Value)>, StoreError> {
        let mut found = Vec::new();
        for place in self.place(from)..self.leaves.len() {
            let leaf = self.read(place)?;
            let first = leaf.partition_point(|(key, _)| **key < *from);
            for entry in leaf.get(first..).unwrap_or_default() {
                if found.len() >= limit || until.is_some_and(|until| *entry.0 >= *until) {
                    return Ok(found);
                }
                found.push(self.decode(entry)?);
            }
        }
        Ok(found)
    }

    fn last(
        &self,
        from: &[u8],
        until: &[u8],
        keep: &dyn Fn(&[u8]) -> bool,
    ) -> Result<Option<(Key, Value)>, StoreError> {
        for place in (self.place(from)..=self.place(until)).rev() {
            let leaf = self.read(place)?;
            let inside = leaf.iter().rev().filter(|(key, _)| **key >= *from && **key < *until);
            if let Some(entry) = inside.into_iter().find(|(key, _)| keep(key)) {
                return Ok(Some(self.decode(entry)?));
            }
        }
        Ok(None)
    }

    /// Sled needs the reserve to open the files.
    fn check_room(&self, entries: usize, bytes: usize) -> Result<(), StoreError> {
        room::take_reserve(&self.path)?;
        room::check(&self.path, entries, bytes)
    }

    fn apply(&self, _: Batch<'_>, _: &Cursor) -> Result<(), StoreError> {
        let reason = "its files are open to be read alone".to_owned();
        Err(StoreError::Io { path: self.path.clone(), reason })
    }

    fn cursor(&self) -> Result<Option<Cursor>, StoreError> {
        if self.leaves.is_empty() { Ok(None) } else { Files::cursor(self).map(Some) }
    }
}
