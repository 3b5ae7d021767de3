//! Evidence that a log has not been rewritten: plain RFC 6962 hashing over its records, nothing added.
//!
//! ```text
//!   root = H(1, left, right)
//!          ╱            ╲
//!     H(1, 0, 1)     H(1, 2, 3)        leaf n = H(0, leaf data of the record with sequence n + 1)
//!      ╱     ╲        ╱     ╲
//!   leaf 0  leaf 1  leaf 2  leaf 3
//! ```
//!
//! One number, the root, stands for the whole log up to a sequence. Knows record bytes and hashes;
//! does not know what a payload means, nor files, nor who asks.

mod inclusion;
mod leaf;
mod tree;

#[cfg(test)]
mod tests;

pub use inclusion::{Inclusion, prove_inclusion};
pub use leaf::{LEAF_DATA_BYTES, leaf_data, leaf_hash};
pub use tree::{Tree, hash_leaf, hash_node};
