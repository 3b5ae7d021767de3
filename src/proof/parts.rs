//! Which subtrees a proof is made of, as ranges of leaves: RFC 6962, sections 2.1.1 and 2.1.2. Every
//! range begins at a multiple of the next power of two of its length, as those of a tree do.

use std::ops::Range;

/// How many of `leaves`, which are two or more, are on the left side: the largest power of two that
/// leaves something to the right.
fn left(leaves: u64) -> u64 {
    1 << (leaves - 1).ilog2()
}

/// The subtrees beside the way from the leaf at `index` to the root, the nearest first.
pub(super) fn beside(index: u64, leaves: u64) -> Vec<Range<u64>> {
    let (mut from, mut to) = (0, leaves);
    let mut parts = Vec::new();
    while to - from > 1 {
        let middle = from + left(to - from);
        if index < middle {
            parts.push(middle..to);
            to = middle;
        } else {
            parts.push(from..middle);
            from = middle;
        }
    }
    parts.reverse();
    parts
}

/// The subtrees that tell a tree of `new` leaves and its first `old` ones, of which there is at least one.
pub(super) fn between(old: u64, new: u64) -> Vec<Range<u64>> {
    let (mut from, mut to) = (0, new);
    let mut parts = Vec::new();
    while to != old {
        let middle = from + left(to - from);
        if old <= middle {
            parts.push(middle..to);
            to = middle;
        } else {
            parts.push(from..middle);
            from = middle;
        }
    }
    // Whoever asks has the old root: it is said only if it is no subtree of the new tree.
    if from > 0 {
        parts.push(from..to);
    }
    parts.reverse();
    parts
}

/// The largest perfect subtrees that make up `range`, from left to right, as (height, index).
pub(super) fn perfect(range: &Range<u64>) -> Vec<(u32, u64)> {
    let mut from = range.start;
    let mut parts = Vec::new();
    while from < range.end {
        let height = (range.end - from).ilog2();
        parts.push((height, from >> height));
        from += 1 << height;
    }
    parts
}
