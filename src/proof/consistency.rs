//! Proof that a tree begins with an older one (RFC 6962, section 2.1.2), and its check (RFC 9162,
//! section 2.1.4.2).

use std::ops::Range;

use crate::base::digest::Sha256Digest;

use super::{hash_node, parts};

/// That the tree of `new` leaves begins with the first `old` ones.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Consistency {
    /// Leaves of the older tree.
    pub old: u64,
    /// Leaves of the newer tree.
    pub new: u64,
    /// Hashes of subtrees, the lowest first.
    pub path: Vec<Sha256Digest>,
}

impl Consistency {
    /// The subtrees whose roots make the path; `None` if the older tree is larger.
    pub fn parts(old: u64, new: u64) -> Option<Vec<Range<u64>>> {
        match old {
            0 => Some(Vec::new()),
            _ => (old <= new).then(|| parts::between(old, new)),
        }
    }

    /// Whether the proof holds for these two roots. Every tree begins with none of its leaves.
    pub fn holds(&self, old_root: &Sha256Digest, new_root: &Sha256Digest) -> bool {
        let Self { old, new, path } = self;
        if *old == 0 || old == new {
            return path.is_empty() && (*old == 0 || old_root == new_root);
        }
        let mut path = path.iter();
        let start = if old.is_power_of_two() { Some(old_root) } else { path.next() };
        let (Some(start), true) = (start, old < new) else { return false };
        let (mut at, mut last) = (old - 1, new - 1);
        let common = at.trailing_ones();
        (at, last) = (at >> common, last >> common);
        let (mut left, mut whole) = (*start, *start);
        for beside in path {
            if last == 0 {
                return false;
            }
            if at & 1 == 1 || at == last {
                left = hash_node(beside, &left);
                whole = hash_node(beside, &whole);
                let alone = if at & 1 == 1 { 0 } else { at.trailing_zeros().min(63) };
                (at, last) = (at >> alone, last >> alone);
            } else {
                whole = hash_node(&whole, beside);
            }
            (at, last) = (at >> 1, last >> 1);
        }
        last == 0 && left == *old_root && whole == *new_root
    }
}
