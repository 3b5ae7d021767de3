//! The hash tree of RFC 6962, section 2.1, grown leaf by leaf. Keeps the roots of its perfect
//! subtrees only: as many as the number of leaves has ones in binary.

use sha2::{Digest as _, Sha256};

use crate::base::digest::Sha256Digest;

/// Hash of a leaf: SHA-256 of a 0 byte and the data.
pub fn hash_leaf(data: &[u8]) -> Sha256Digest {
    Sha256Digest(Sha256::new().chain_update([0]).chain_update(data).finalize().into())
}

/// Hash of an inner node: SHA-256 of a 1 byte and the hashes of its children.
pub fn hash_node(left: &Sha256Digest, right: &Sha256Digest) -> Sha256Digest {
    let hash = Sha256::new().chain_update([1]).chain_update(left.0).chain_update(right.0);
    Sha256Digest(hash.finalize().into())
}

/// A tree of which only the root is wanted; or a subtree of one, if it begins where a subtree can.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Tree {
    leaves: u64,
    /// Roots of perfect subtrees, the largest (leftmost) first.
    peaks: Vec<Sha256Digest>,
}

impl Tree {
    /// Number of leaves.
    pub fn leaves(&self) -> u64 {
        self.leaves
    }

    /// A tree by the roots of its largest perfect subtrees, the leftmost first.
    pub(super) fn of_peaks(leaves: u64, peaks: Vec<Sha256Digest>) -> Self {
        Self { leaves, peaks }
    }

    /// Adds a leaf at the right end.
    pub fn push(&mut self, leaf: Sha256Digest) {
        self.push_noting(leaf, &mut |_, _| {});
    }

    /// The same, and tells of each perfect subtree that it completes: the height and the root of it.
    pub(super) fn push_noting(
        &mut self,
        leaf: Sha256Digest,
        note: &mut dyn FnMut(u32, &Sha256Digest),
    ) {
        note(0, &leaf);
        // As in counting: each carry joins two subtrees of one size.
        let carries = self.leaves.trailing_ones();
        let node = (0..carries).fold(leaf, |right, height| {
            let left = self.peaks.pop().expect("there is a peak for every one in the count");
            let node = hash_node(&left, &right);
            note(height + 1, &node);
            node
        });
        self.peaks.push(node);
        self.leaves += 1;
    }

    /// The hash that stands for all leaves; that of the empty string if there is none.
    pub fn root(&self) -> Sha256Digest {
        join(&self.peaks)
    }
}

/// The root over perfect subtrees, the leftmost first, each smaller than the one before.
pub(super) fn join(peaks: &[Sha256Digest]) -> Sha256Digest {
    let joined = peaks.iter().rev().copied().reduce(|right, left| hash_node(&left, &right));
    joined.unwrap_or_else(|| Sha256Digest::of(b""))
}

impl Extend<Sha256Digest> for Tree {
    fn extend<T: IntoIterator<Item = Sha256Digest>>(&mut self, leaves: T) {
        leaves.into_iter().for_each(|leaf| self.push(leaf));
    }
}

impl FromIterator<Sha256Digest> for Tree {
    fn from_iter<T: IntoIterator<Item = Sha256Digest>>(leaves: T) -> Self {
        let mut tree = Self::default();
        tree.extend(leaves);
        tree
    }
}
