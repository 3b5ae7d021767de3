//! What the writer has folded but not yet published: its own layer over what readers see.

use std::collections::BTreeMap;

use super::{Key, Read, Value, View};

/// Changes over a view. Reads see the changes first.
pub struct Changes<'a> {
    below: View<'a>,
    map: BTreeMap<Key, Option<Value>>,
}

impl<'a> Changes<'a> {
    /// No changes yet.
    pub fn over(below: View<'a>) -> Self {
        Self { below, map: BTreeMap::new() }
    }

    /// Sets a value.
    pub fn put(&mut self, key: Key, value: Value) {
        self.map.insert(key, Some(value));
    }

    /// Removes a value.
    pub fn delete(&mut self, key: Key) {
        self.map.insert(key, None);
    }

    /// Takes a value out in order to change it and put it back: if the changes alone hold it, the
    /// caller owns it and need not copy.
    pub fn take(&mut self, key: &[u8]) -> Option<Value> {
        match self.map.get_mut(key) {
            Some(entry) => entry.take(),
            None => self.below.get(key),
        }
    }

    /// The changes, to be published.
    pub fn into_map(self) -> BTreeMap<Key, Option<Value>> {
        self.map
    }
}

impl Read for Changes<'_> {
    fn get(&self, key: &[u8]) -> Option<Value> {
        match self.map.get(key) {
            Some(entry) => entry.clone(),
            None => self.below.get(key),
        }
    }

    fn range(&self, from: &[u8], until: Option<&[u8]>, limit: usize) -> Vec<(Key, Value)> {
        // A change may hide entries below, so ask for as many more as there are changes in range.
        let mine = super::layers::slice(&self.map, from, until);
        let below = self.below.range(from, until, limit.saturating_add(mine.len()));
        super::layers::merge(below, mine, limit)
    }

    fn last(&self, from: &[u8], until: &[u8]) -> Option<(Key, Value)> {
        let below = self.below.last_where(from, until, &|key| !self.map.contains_key(key));
        let mine = super::layers::last_present(&self.map, from, until);
        std::cmp::max_by(below, mine, |a, b| {
            a.as_ref().map(|x| &x.0).cmp(&b.as_ref().map(|x| &x.0))
        })
    }
}
