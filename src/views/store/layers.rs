//! The layers that readers see, and how they are published, frozen and moved into the base.

use std::{
    collections::BTreeMap,
    ops::Bound,
    sync::{Arc, OnceLock},
    time::Duration,
};

use super::{Base, Cursor, Key, Read, StoreError, Value};
use crate::base::sync::{RwLock, RwLockReadGuard, thread};

type Map = BTreeMap<Key, Option<Value>>;

/// What is published. `None` values hide what lies below.
pub struct Layers {
    recent: RwLock<Recent>,
    base: OnceLock<Arc<dyn Base>>,
    fatal: fn(&StoreError) -> !,
}

struct Recent {
    map: Map,
    /// What `map` takes in memory, about.
    bytes: usize,
    frozen: Option<Arc<Map>>,
    frozen_bytes: usize,
    /// Held by every reader that may still look below this `recent`; see [`Layers::freeze`].
    epoch: Arc<()>,
}

/// A former `recent` layer on its way into the base.
pub struct Frozen {
    map: Arc<Map>,
    bytes: usize,
    readers: Arc<()>,
}

impl Layers {
    /// Over nothing, until a base is attached. `fatal` is called when the base fails under a read: its
    /// content cannot be told from absence then, so no answer can be given.
    pub fn new(fatal: fn(&StoreError) -> !) -> Self {
        let recent = Recent {
            map: Map::new(),
            bytes: 0,
            frozen: None,
            frozen_bytes: 0,
            epoch: Arc::new(()),
        };
        Self { recent: RwLock::new(recent), base: OnceLock::new(), fatal }
    }

    /// Puts a base under the layers, once. It must hold nothing unless nothing has been published.
    pub fn attach(&self, base: Arc<dyn Base>) {
        assert!(self.base.set(base).is_ok(), "a base is attached once");
    }

    /// What a reader sees now.
    pub fn view(&self) -> View<'_> {
        View { layers: self }
    }

    /// Puts `changes` over what is published, all at once.
    pub fn publish(&self, changes: Map) {
        let mut recent = self.recent.write().expect("no thread panics under this lock");
        let recent = &mut *recent;
        for (key, value) in changes {
            recent.bytes += bytes_of(&key, value.as_ref());
            let key_bytes = key.len();
            if let Some(replaced) = recent.map.insert(key, value) {
                recent.bytes -= ENTRY_BYTES + key_bytes + value_bytes(replaced.as_ref());
            }
        }
    }

    /// Number of published entries that are not on their way into the base, and what they take in
    /// memory, about.
    pub fn recent(&self) -> (usize, usize) {
        let recent = self.lock();
        (recent.map.len(), recent.bytes)
    }

    /// What all entries that are not in the base take in memory, about.
    pub fn bytes_above_base(&self) -> usize {
        let recent = self.lock();
        recent.bytes + recent.frozen_bytes
    }

    /// Sets the recent layer aside for the base, unless it is empty or the former one is still on
    /// its way.
    pub fn freeze(&self) -> Option<Frozen> {
        let mut recent = self.recent.write().expect("no thread panics under this lock");
        if recent.frozen.is_some() || recent.map.is_empty() || self.base.get().is_none() {
            return None;
        }
        let map = Arc::new(std::mem::take(&mut recent.map));
        let bytes = std::mem::take(&mut recent.bytes);
        recent.frozen = Some(map.clone());
        recent.frozen_bytes = bytes;
        Some(Frozen { map, bytes, readers: std::mem::replace(&mut recent.epoch, Arc::new(())) })
    }

    /// Moves a frozen layer into the base, durably, and lets go of it. After an error it stays where it
    /// is, over the base, and may be settled later.
    ///
    /// A reader that took its copy of `recent` before the freeze would see the base change under
    /// it, so those readers finish first; later ones see the frozen layer over the base.
    pub fn settle(&self, frozen: &Frozen, cursor: &Cursor) -> Result<(), StoreError> {
        let Some(base) = self.base.get() else { return Ok(()) };
        while Arc::strong_count(&frozen.readers) > 1 {
            thread::sleep(Duration::from_millis(1));
        }
        base.check_room(frozen.map.len(), frozen.bytes)?;
        base.apply(&mut frozen.map.iter(), cursor)?;
        let mut recent = self.recent.write().expect("no thread panics under this lock");
        recent.frozen = None;
        recent.frozen_bytes = 0;
        Ok(())
    }

    fn lock(&self) -> RwLockReadGuard<'_, Recent> {
        self.recent.read().expect("no thread panics under this lock")
    }

    fn base<T>(&self, read: impl FnOnce(&dyn Base) -> Result<T, StoreError>) -> Option<T> {
        let base = self.base.get()?.as_ref();
        Some(read(base).unwrap_or_else(|error| (self.fatal)(&error)))
    }
}

/// What an entry takes beside its key and what its value points to.
const ENTRY_BYTES: usize = size_of::<(Key, Option<Value>)>();

fn bytes_of(key: &[u8], value: Option<&Value>) -> usize {
    ENTRY_BYTES + key.len() + value_bytes(value)
}

fn value_bytes(value: Option<&Value>) -> usize {
    value.map_or(0, Value::heap_bytes)
}

/// What readers see. Each read is of one moment; two reads may be of two.
#[derive(Clone, Copy)]
pub struct View<'a> {
    layers: &'a Layers,
}

impl View<'_> {
    /// As [`Read::last`], of the entries whose key `keep` accepts.
    pub(super) fn last_where(
        &self,
        from: &[u8],
        until: &[u8],
        keep: &dyn Fn(&[u8]) -> bool,
    ) -> Option<(Key, Value)> {
        let guard = self.layers.lock();
        let (frozen, _epoch) = (guard.frozen.clone(), guard.epoch.clone());
        let range = bounds(from, Some(until));
        let recent: Map =
            guard.map.range::<[u8], _>(range).map(|(k, v)| (k.clone(), v.clone())).collect();
        drop(guard);
        let present = |map: &Map, above: &dyn Fn(&[u8]) -> bool| {
            let found = map.range::<[u8], _>(range).rev().find(|(k, v)| v.is_some() && above(k));
            found.and_then(|(k, v)| Some((k.clone(), v.clone()?)))
        };
        let frozen = frozen.unwrap_or_default();
        let over_frozen = |key: &[u8]| keep(key) && !recent.contains_key(key);
        let over_base = |key: &[u8]| over_frozen(key) && !frozen.contains_key(key);
        let candidates = [
            present(&recent, keep),
            present(&frozen, &over_frozen),
            self.layers.base(|base| base.last(from, until, &over_base)).flatten(),
        ];
        candidates.into_iter().flatten().max_by(|a, b| a.0.cmp(&b.0))
    }
}

impl Read for View<'_> {
    fn get(&self, key: &[u8]) -> Option<Value> {
        let guard = self.layers.lock();
        if let Some(entry) = guard.map.get(key) {
            return entry.clone();
        }
        let (frozen, _epoch) = (guard.frozen.clone(), guard.epoch.clone());
        drop(guard);
        if let Some(entry) = frozen.as_ref().and_then(|map| map.get(key)) {
            return entry.clone();
        }
        self.layers.base(|base| base.get(key)).flatten()
    }

    fn range(&self, from: &[u8], until: Option<&[u8]>, limit: usize) -> Vec<(Key, Value)> {
        let guard = self.layers.lock();
        let recent = slice(&guard.map, from, until);
        let (frozen, _epoch) = (guard.frozen.clone(), guard.epoch.clone());
        drop(guard);
        let frozen = frozen.map(|map| slice(&map, from, until)).unwrap_or_default();
        let hidden = recent.len() + frozen.len();
        let base = self
            .layers
            .base(|base| base.range(from, until, limit.saturating_add(hidden)))
            .unwrap_or_default();
        merge(merge(base, frozen, usize::MAX), recent, limit)
    }

    fn last(&self, from: &[u8], until: &[u8]) -> Option<(Key, Value)> {
        self.last_where(from, until, &|_| true)
    }
}

fn bounds<'k>(from: &'k [u8], until: Option<&'k [u8]>) -> (Bound<&'k [u8]>, Bound<&'k [u8]>) {
    (Bound::Included(from), until.map_or(Bound::Unbounded, Bound::Excluded))
}

/// The entries of `map` in a range.
pub(super) fn slice(map: &Map, from: &[u8], until: Option<&[u8]>) -> Vec<(Key, Option<Value>)> {
    if until.is_some_and(|until| until <= from) {
        return Vec::new();
    }
    map.range::<[u8], _>(bounds(from, until)).map(|(k, v)| (k.clone(), v.clone())).collect()
}

/// The last present entry of `map` in a range.
pub(super) fn last_present(map: &Map, from: &[u8], until: &[u8]) -> Option<(Key, Value)> {
    let mut entries = map.range::<[u8], _>(bounds(from, Some(until))).rev();
    entries.find_map(|(key, value)| Some((key.clone(), value.clone()?)))
}

/// Entries of `below` with those of `above` over them, at most `limit`; both ascend.
pub(super) fn merge(
    below: Vec<(Key, Value)>,
    above: Vec<(Key, Option<Value>)>,
    limit: usize,
) -> Vec<(Key, Value)> {
    if above.is_empty() && below.len() <= limit {
        return below;
    }
    let mut merged = Vec::with_capacity(below.len().saturating_add(above.len()).min(limit));
    let mut below = below.into_iter().peekable();
    let mut above = above.into_iter().peekable();
    while merged.len() < limit {
        let order = match (below.peek(), above.peek()) {
            (None, None) => break,
            (Some(_), None) => std::cmp::Ordering::Less,
            (None, Some(_)) => std::cmp::Ordering::Greater,
            (Some(lower), Some(upper)) => lower.0.cmp(&upper.0),
        };
        if order.is_lt() {
            merged.extend(below.next());
            continue;
        }
        if order.is_eq() {
            below.next();
        }
        merged.extend(above.next().and_then(|(key, value)| Some((key, value?))));
    }
    merged
}
