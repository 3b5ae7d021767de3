//! One hash of all that the views hold, so that "rebuilt equals live" is one comparison.

use sha2::{Digest as _, Sha256};

use super::store::Read;
use crate::base::digest::Sha256Digest;

/// Entries read at a time.
const PAGE_ENTRIES: usize = 4096;

/// SHA-256 over all entries in the order of their keys, each as: length of the key (u32), key,
/// length of the value (u32), value; lengths little-endian.
pub fn digest(read: &dyn Read) -> Sha256Digest {
    let mut hash = Sha256::new();
    each_entry(read, |key, value| {
        for part in [key, value] {
            let length = u32::try_from(part.len()).expect("keys and values are far below 4 GiB");
            hash.update(length.to_le_bytes());
            hash.update(part);
        }
    });
    Sha256Digest(hash.finalize().into())
}

/// Calls `visit` with the bytes of each entry, in the order of the keys.
fn each_entry(read: &dyn Read, mut visit: impl FnMut(&[u8], &[u8])) {
    // Every table's byte is above 0.
    let mut from = vec![1];
    loop {
        let page = read.range(&from, None, PAGE_ENTRIES);
        let Some((last, _)) = page.last() else { return };
        from = [last, &[0][..]].concat();
        page.iter().for_each(|(key, value)| visit(key, &value.encode()));
    }
}
