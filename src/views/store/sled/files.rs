//! The files of a cache, read without sled.
//!
//! Sled trusts its files more than a cache deserves. What follows a damaged frame of its metadata is
//! skipped, metadata that is gone is not missed, an older block is taken for the newer one that should
//! be in its place, one of other keys is read for ever in the hope of the right one; and where a
//! damaged length asks for memory, or a thread of its pool panics, the process aborts. So the files are
//! read here first, and sled sees them only if they hold to the byte what was moved into them.
//!
//! Layout, of sled 1.0.0-alpha.124 (its `metadata_store.rs`, `heap.rs` and `tree.rs`): some neighbouring
//! entries are a leaf; `metadata/snapshot_<id>` is one frame, `metadata/log_<id>` is any number of
//! them, which say where leaves are; `slabs/<size>` is a file of slots of that size, a leaf in each.

use std::{
    fs::{self, File},
    io,
    os::unix::fs::FileExt as _,
    path::{Path, PathBuf},
};

use serde::Deserialize;

use super::{CONTENT_KEY, CURSOR_KEY, Content, metadata, reading::Leaves};
use crate::{
    base::digest::crc32_ieee,
    event::codec,
    views::{
        keys::Key,
        store::{Cursor, StoreError},
    },
};

/// Slabs that every cache has. A leaf's location names its slab by number, in the order of sizes.
const SLABS: usize = 78;

/// The files of a cache that holds something.
pub struct Files {
    pub(super) path: PathBuf,
    /// Where each leaf is, by the least key that it may hold; ascending.
    pub(super) leaves: Vec<(Key, u64)>,
    /// Slot size and file of each slab, ascending.
    slabs: Vec<(usize, File)>,
    /// Leaves that were read by key.
    pub(super) kept: Leaves,
}

/// An entry as the files hold it.
pub type Entry = (Key, Vec<u8>);

/// A leaf, as its bytes spell it.
#[derive(Deserialize)]
struct Leaf<'a> {
    low: &'a [u8],
    high: Option<&'a [u8]>,
    prefix_length: u64,
    #[serde(borrow)]
    entries: Vec<(&'a [u8], &'a [u8])>,
    _in_memory_size: u64,
    _mutation_count: u64,
}

impl Files {
    /// The files of the cache in `path`; `None` if it does not exist or holds nothing.
    pub fn open(path: &Path) -> Result<Option<Self>, StoreError> {
        let files = Self::open_any(path).map_err(|reason| damaged(path, reason))?;
        Ok(Some(files).filter(|files| !files.leaves.is_empty()))
    }

    /// As [`Files::open`], if all is as it was last moved into the files; empty if nothing ever was. Reads
    /// everything.
    pub fn open_checked(path: &Path) -> Result<Self, StoreError> {
        let files = Self::open_any(path).map_err(|reason| damaged(path, reason))?;
        if !files.leaves.is_empty() {
            files.check()?;
        }
        Ok(files)
    }

    fn open_any(path: &Path) -> Result<Self, String> {
        let leaves = metadata::leaves(&path.join("metadata"))?;
        let slabs = if leaves.is_empty() { Vec::new() } else { slabs(&path.join("slabs"))? };
        Ok(Self { path: path.to_owned(), leaves, slabs, kept: Leaves::default() })
    }

    /// Their directory.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The entries of all views, ascending, read leaf by leaf.
    pub fn entries(&self) -> impl Iterator<Item = Result<Entry, StoreError>> {
        let own = |key: &[u8]| key == CURSOR_KEY || key == CONTENT_KEY;
        self.all().filter(move |entry| !entry.as_ref().is_ok_and(|(key, _)| own(key)))
    }

    /// All entries, ascending.
    fn all(&self) -> impl Iterator<Item = Result<Entry, StoreError>> {
        let highs = self.leaves.iter().skip(1).map(|(low, _)| Some(&**low)).chain([None]);
        self.leaves.iter().zip(highs).flat_map(|((low, location), high)| {
            let (entries, failed) = match self.leaf(low, high, *location) {
                Ok(entries) => (entries, None),
                Err(reason) => (Vec::new(), Some(Err(damaged(&self.path, reason)))),
            };
            entries.into_iter().map(Ok).chain(failed)
        })
    }

    /// How far the views have come. Reads one leaf.
    pub fn cursor(&self) -> Result<Cursor, StoreError> {
        let first = self.all().next().transpose()?.filter(|(key, _)| &**key == CURSOR_KEY);
        let cursor = first.and_then(|(_, value)| codec::decode(&value).ok());
        cursor.ok_or_else(|| damaged(&self.path, "nothing says how far it has come"))
    }

    /// Reads everything, and returns the cursor if all is as it was last moved into the files.
    pub fn check(&self) -> Result<Cursor, StoreError> {
        let (mut cursor, mut stated, mut content) = (None, None, Content::default());
        for entry in self.all() {
            let (key, value) = entry?;
            match &*key {
                CONTENT_KEY => {
                    stated = codec::decode(&value).ok();
                    continue;
                }
                CURSOR_KEY => cursor = codec::decode(&value).ok(),
                _ => {}
            }
            content.add(&key, &value);
        }
        match cursor {
            Some(cursor) if stated == Some(content) => Ok(cursor),
            _ => Err(damaged(&self.path, "its content is not what was last written")),
        }
    }

    /// The entries of the leaf at a location, which must begin and end at these keys.
    pub(super) fn leaf(
        &self,
        low: &[u8],
        high: Option<&[u8]>,
        location: u64,
    ) -> Result<Vec<Entry>, String> {
        let bytes = zstd::decode_all(&*self.block(location)?).map_err(text)?;
        let leaf: Leaf<'_> = codec::decode(&bytes).map_err(text)?;
        let prefix = usize::try_from(leaf.prefix_length).ok().and_then(|end| leaf.low.get(..end));
        let Some(prefix) = prefix.filter(|_| (leaf.low, leaf.high) == (low, high)) else {
            return Err("a block is where another should be".to_owned());
        };
        let entries = leaf.entries.into_iter();
        Ok(entries.map(|(key, value)| ([prefix, key].concat().into(), value.to_vec())).collect())
    }

    /// The bytes at a location: one byte for the slab and 1, seven for the slot in it. A slot ends with
    /// the number of bytes that are used, in as many bytes as the slot's size takes, and a checksum.
    fn block(&self, location: u64) -> Result<Vec<u8>, String> {
        let slab = usize::try_from(location >> 56).map_err(text)?;
        let slab = slab.checked_sub(1).and_then(|slab| self.slabs.get(slab));
        let (size, file) = slab.ok_or("a block is in no file")?;
        let offset = (location & (u64::MAX >> 8)).checked_mul(*size as u64);
        let offset = offset.ok_or("a block lies beyond every file")?;
        let mut slot = vec![0; *size];
        let failed = |what: &str| format!("block at {offset} of slabs/{size}: {what}");
        file.read_exact_at(&mut slot, offset).map_err(|error| failed(&error.to_string()))?;
        let body = checked(&slot).ok_or_else(|| failed("wrong checksum"))?;
        let width = match size {
            ..=0xff => 1,
            ..=0xffff => 2,
            _ => 4,
        };
        let used = body.split_at_checked(body.len() - width).and_then(|(body, length)| {
            let length =
                length.iter().rev().fold(0, |length, byte| length << 8 | usize::from(*byte));
            body.get(..length)
        });
        Ok(used.ok_or_else(|| failed("wrong length"))?.to_vec())
    }
}

/// Slot size and file of each slab, ascending.
fn slabs(dir: &Path) -> Result<Vec<(usize, File)>, String> {
    let mut slabs = Vec::new();
    for (name, path) in list(dir)? {
        if let Ok(size) = name.parse() {
            slabs.push((size, File::open(path).map_err(text)?));
        }
    }
    slabs.sort_unstable_by_key(|(size, _)| *size);
    if slabs.len() == SLABS { Ok(slabs) } else { Err("a file of blocks is missing".to_owned()) }
}

/// Names and paths of the files in a directory; none if it does not exist.
pub(super) fn list(dir: &Path) -> Result<Vec<(String, PathBuf)>, String> {
    let entries = match fs::read_dir(dir) {
        Ok(entries) => entries,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(text(error)),
    };
    let named = |entry: io::Result<fs::DirEntry>| {
        let entry = entry.map_err(text)?;
        Ok((entry.file_name().to_string_lossy().into_owned(), entry.path()))
    };
    entries.map(named).collect()
}

/// The bytes before the checksum at the end, if it is theirs. Sled inverts some bits of its checksums.
pub(super) fn checked(bytes: &[u8]) -> Option<&[u8]> {
    let (body, crc) = bytes.split_last_chunk()?;
    (crc32_ieee(body) ^ 0xAF == u32::from_le_bytes(*crc)).then_some(body)
}

pub(super) fn text(error: impl std::fmt::Display) -> String {
    error.to_string()
}

pub(super) fn damaged(path: &Path, reason: impl Into<String>) -> StoreError {
    StoreError::Damaged { path: path.to_owned(), reason: reason.into() }
}
