//! Where the leaves of a cache are, from the files that say so.

use std::{collections::BTreeMap, fs, path::Path};

use super::files::{checked, list, text};
use crate::{base::digest::crc32_ieee, views::keys::Key};

/// The tree that all entries are in.
const TREE: u64 = 1;

/// Leaves by their number, each with its least key and its location; `None` for one that is gone.
type Leaves = BTreeMap<u64, Option<(Key, u64)>>;

/// The leaves that `dir` tells of: least key and location, ascending.
pub(super) fn leaves(dir: &Path) -> Result<Vec<(Key, u64)>, String> {
    let (mut snapshots, mut logs) = (BTreeMap::new(), BTreeMap::new());
    for (name, path) in list(dir)? {
        let kinds = [("snapshot_", &mut snapshots), ("log_", &mut logs)];
        for (prefix, files) in kinds {
            // Sled removes unfinished snapshots, and panics over other names like these.
            if let Some(id) = name.strip_prefix(prefix).filter(|id| !id.ends_with(".tmp")) {
                files.insert(u64::from_str_radix(id, 16).map_err(text)?, path.clone());
            }
        }
    }
    let mut leaves = Leaves::new();
    let newest = snapshots.pop_last();
    // Logs that a snapshot holds already are removed a moment after it is written.
    let after = newest.as_ref().map_or(0, |(id, _)| *id);
    let logs = logs.into_iter().filter(|(id, _)| *id > after);
    for path in newest.into_iter().chain(logs).map(|(_, path)| path) {
        let bytes = fs::read(&path).map_err(text)?;
        read_frames(&bytes, &mut leaves).ok_or_else(|| format!("{} is damaged", path.display()))?;
    }
    let mut leaves: Vec<_> = leaves.into_values().flatten().collect();
    leaves.sort_unstable();
    Ok(leaves)
}

/// Takes in all frames of a file: length of the body (6 bytes) and checksum of that, a compressed body,
/// a checksum of all. `None` if anything is left over.
fn read_frames(mut bytes: &[u8], leaves: &mut Leaves) -> Option<()> {
    while !bytes.is_empty() {
        let (length, crc) = bytes.split_at_checked(8)?.0.split_at_checked(6)?;
        let [low, high, ..] = crc32_ieee(length).to_le_bytes();
        let length = length.iter().rev().fold(0, |length, byte| length << 8 | u64::from(*byte));
        let length = usize::try_from(length).ok().filter(|_| crc == [low, high])?;
        let (frame, rest) = bytes.split_at_checked(length.checked_add(12)?)?;
        let body = zstd::decode_all(checked(frame)?.get(8..)?).ok()?;
        read_updates(&body, leaves)?;
        bytes = rest;
    }
    Some(())
}

/// Takes in what a frame tells: number, tree, location and length of the least key, then this key. The
/// location 0 says that the leaf is gone.
fn read_updates(mut bytes: &[u8], leaves: &mut Leaves) -> Option<()> {
    let number = |bytes: &mut &[u8]| {
        let (number, rest) = bytes.split_first_chunk()?;
        *bytes = rest;
        Some(u64::from_le_bytes(*number))
    };
    while !bytes.is_empty() {
        let id = number(&mut bytes)?;
        let tree = number(&mut bytes)?;
        let location = number(&mut bytes)?;
        let length = usize::try_from(number(&mut bytes)?).ok()?;
        let (low, rest) = bytes.split_at_checked(length)?;
        leaves.insert(id, (location != 0).then(|| (low.into(), location)));
        bytes = rest;
        if tree != TREE {
            return None;
        }
    }
    Some(())
}
