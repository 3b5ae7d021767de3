//! Proof that a leaf is in a tree (RFC 6962, section 2.1.1), and its check (RFC 9162, section
//! 2.1.3.2). Whoever has a root needs nothing else than the proof and the leaf.

use std::ops::Range;

use crate::base::digest::Sha256Digest;

use super::{hash_node, parts};

/// That the leaf at `index` is in the tree of the first `leaves` leaves.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Inclusion {
    /// Index of the leaf, from 0.
    pub index: u64,
    /// Leaves of the tree.
    pub leaves: u64,
    /// Hashes of the subtrees beside the way from the leaf to the root, the nearest first.
    pub path: Vec<Sha256Digest>,
}

impl Inclusion {
    /// The subtrees whose roots make the path; `None` if the tree has no such leaf.
    pub fn parts(index: u64, leaves: u64) -> Option<Vec<Range<u64>>> {
        (index < leaves).then(|| parts::beside(index, leaves))
    }

    /// Whether the proof holds for this leaf under this root.
    pub fn holds(&self, leaf: &Sha256Digest, root: &Sha256Digest) -> bool {
        if self.index >= self.leaves {
            return false;
        }
        let (mut at, mut last) = (self.index, self.leaves - 1);
        let mut node = *leaf;
        for beside in &self.path {
            if last == 0 {
                return false;
            }
            if at & 1 == 1 || at == last {
                node = hash_node(beside, &node);
                // At the right edge a node may stand alone: it rises until it has a left sibling.
                let alone = if at & 1 == 1 { 0 } else { at.trailing_zeros().min(63) };
                (at, last) = (at >> alone, last >> alone);
            } else {
                node = hash_node(&node, beside);
            }
            (at, last) = (at >> 1, last >> 1);
        }
        last == 0 && node == *root
    }
}
