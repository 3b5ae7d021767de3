//! One number that stands for all entries of a cache, and follows every change of one.

use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

/// The sum, modulo 2^128, of the first 16 bytes of each entry's SHA-256. The order of the entries
/// does not matter; an entry that is missing, too many or other than it was does.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Content(u128);

impl Content {
    /// With an entry that was not there.
    pub(super) fn add(&mut self, key: &[u8], value: &[u8]) {
        self.0 = self.0.wrapping_add(term(key, value));
    }

    /// Without an entry that was there.
    pub(super) fn remove(&mut self, key: &[u8], value: &[u8]) {
        self.0 = self.0.wrapping_sub(term(key, value));
    }
}

fn term(key: &[u8], value: &[u8]) -> u128 {
    let mut hash = Sha256::new();
    hash.update((key.len() as u64).to_le_bytes());
    hash.update(key);
    hash.update(value);
    let digest: [u8; 32] = hash.finalize().into();
    let (first, _) = digest.split_first_chunk().expect("32 bytes are more than 16");
    u128::from_le_bytes(*first)
}
