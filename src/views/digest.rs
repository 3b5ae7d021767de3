//! One hash of all that the views hold, so that "rebuilt equals live" is one comparison.

use sha2::{Digest as _, Sha256};

use super::store::{Key, Read, Value};
use crate::base::digest::Sha256Digest;

/// Entries read at a time.
const PAGE_ENTRIES: usize = 4096;

/// SHA-256 over all entries in the order of their keys, each as: length of the key (u32), key,
/// length of the value (u32), value; lengths little-endian.
#[derive(Default)]
pub struct ViewsHasher(Sha256);

impl ViewsHasher {
    /// Takes in the next entry.
    pub fn entry(&mut self, key: &[u8], value: &[u8]) {
        for part in [key, value] {
            let length = u32::try_from(part.len()).expect("keys and values are far below 4 GiB");
            self.0.update(length.to_le_bytes());
            self.0.update(part);
        }
    }

    /// The hash of all entries.
    pub fn finish(self) -> Sha256Digest {
        Sha256Digest(self.0.finalize().into())
    }
}

/// The hash of all entries.
pub fn digest(read: &dyn Read) -> Sha256Digest {
    let mut hasher = ViewsHasher::default();
    entries(read).for_each(|(key, value)| hasher.entry(&key, &value.encode()));
    hasher.finish()
}

/// All entries in the order of their keys, read page by page.
pub fn entries(read: &dyn Read) -> impl Iterator<Item = (Key, Value)> {
    // Every table's byte is above 0.
    let mut from = Some(vec![1]);
    let pages = std::iter::from_fn(move || {
        let page = read.range(from.as_deref()?, None, PAGE_ENTRIES);
        from = page.last().map(|(last, _)| [last, &[0][..]].concat());
        Some(page)
    });
    pages.flatten()
}
