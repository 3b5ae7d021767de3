//! A base in memory for drawn schedules: its batches are not atomic to readers, who must not notice,
//! and it remembers each content that a crash could have left.

use std::{collections::BTreeMap, ops::Bound};

use super::{Base, Cursor, Key, StoreError, Value, base::Batch};
use crate::base::sync::Mutex;

pub(crate) type Content = BTreeMap<Key, Value>;

#[derive(Default)]
pub(crate) struct MemoryBase {
    content: Mutex<Content>,
    durable: Mutex<Vec<(Cursor, Content)>>,
}

impl MemoryBase {
    /// What was durable after each batch, in order.
    pub(crate) fn durable(&self) -> Vec<(Cursor, Content)> {
        self.durable.lock().unwrap().clone()
    }
}

impl Base for MemoryBase {
    fn get(&self, key: &[u8]) -> Result<Option<Value>, StoreError> {
        Ok(self.content.lock().unwrap().get(key).cloned())
    }

    fn range(
        &self,
        from: &[u8],
        until: Option<&[u8]>,
        limit: usize,
    ) -> Result<Vec<(Key, Value)>, StoreError> {
        let content = self.content.lock().unwrap();
        let bounds = (Bound::Included(from), until.map_or(Bound::Unbounded, Bound::Excluded));
        let entries = content.range::<[u8], _>(bounds).take(limit);
        Ok(entries.map(|(key, value)| (key.clone(), value.clone())).collect())
    }

    fn last(
        &self,
        from: &[u8],
        until: &[u8],
        keep: &dyn Fn(&[u8]) -> bool,
    ) -> Result<Option<(Key, Value)>, StoreError> {
        let content = self.content.lock().unwrap();
        let bounds = (Bound::Included(from), Bound::Excluded(until));
        let found = content.range::<[u8], _>(bounds).rev().find(|(key, _)| keep(key));
        Ok(found.map(|(key, value)| (key.clone(), value.clone())))
    }

    fn apply(&self, batch: Batch<'_>, cursor: &Cursor) -> Result<(), StoreError> {
        for (key, value) in batch {
            let mut content = self.content.lock().unwrap();
            match value {
                Some(value) => content.insert(key.clone(), value.clone()),
                None => content.remove(key),
            };
        }
        let content = self.content.lock().unwrap().clone();
        self.durable.lock().unwrap().push((cursor.clone(), content));
        Ok(())
    }

    fn cursor(&self) -> Result<Option<Cursor>, StoreError> {
        Ok(self.durable.lock().unwrap().last().map(|(cursor, _)| cursor.clone()))
    }
}
