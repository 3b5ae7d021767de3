//! The hashes of a tree on disk: those of its perfect subtrees of 1, 256, 65,536, … leaves, one file a
//! level, which is how c2sp.org/tlog-tiles cuts a tree. All others are hashed from them when wanted.
//!
//! A cache: nothing in it is synced, and nothing in it is believed that does not add up to a root
//! that was signed.

use std::{
    ops::Range,
    path::{Path, PathBuf},
    sync::Arc,
};

use super::{Tree, parts::perfect, tree::join};
use crate::base::{
    digest::Sha256Digest,
    disk::{Disk, DiskError, DiskFile, Open, create, create_dirs, remove_tree},
};

/// Hashes of a tile.
pub(super) const TILE_HASHES: u64 = 1 << TILE_HEIGHT;
/// Levels of the tree between one file and the next.
const TILE_HEIGHT: u32 = 8;
/// Bytes that may wait in memory for the disk: hashes of two million events.
const WAITING_BYTES_MAX: usize = 64 << 20;
/// Bytes of a hash.
const HASH_BYTES: u64 = 32;

/// A tree that grows, with its hashes in files.
pub(super) struct Hashes {
    disk: Arc<dyn Disk>,
    dir: PathBuf,
    levels: Vec<Level>,
    tree: Tree,
}

/// A level: what is in its file, and behind that what could not be written yet.
struct Level {
    file: Option<Box<dyn DiskFile>>,
    written: u64,
    pending: Vec<u8>,
}

impl Hashes {
    /// Begins anew; what was in `dir` is removed.
    pub(super) fn begin(disk: Arc<dyn Disk>, dir: &Path) -> Result<Self, DiskError> {
        match remove_tree(&*disk, dir) {
            Err(error) if !error.is_missing() => return Err(error),
            Ok(()) | Err(_) => create_dirs(&*disk, dir)?,
        }
        Ok(Self { disk, dir: dir.to_owned(), levels: Vec::new(), tree: Tree::default() })
    }

    /// Goes on from the first `leaves` leaves in `dir`, if their hashes are there and have this root.
    pub(super) fn resume(
        disk: &Arc<dyn Disk>,
        dir: &Path,
        leaves: u64,
        root: &Sha256Digest,
    ) -> Result<Option<Self>, DiskError> {
        let (disk, dir) = (Arc::clone(disk), dir.to_owned());
        let mut hashes = Self { disk, dir, levels: Vec::new(), tree: Tree::default() };
        let counts = (0..).map(|level| leaves >> (TILE_HEIGHT * level));
        for (level, written) in counts.take_while(|count| *count > 0).enumerate() {
            let file = match hashes.disk.open(&path(&hashes.dir, level), Open::Write) {
                Err(error) if error.is_missing() => return Ok(None),
                opened => opened?,
            };
            hashes.levels.push(Level { file: Some(file), written, pending: Vec::new() });
        }
        let peaks = hashes.perfect_roots(&(0..leaves))?;
        hashes.tree = Tree::of_peaks(leaves, peaks);
        Ok((hashes.tree.root() == *root).then_some(hashes))
    }

    /// The tree so far.
    pub(super) fn tree(&self) -> &Tree {
        &self.tree
    }

    /// Adds leaves at the right end. What the disk does not take, for want of space say, waits in memory;
    /// the error comes when too much does, and then nothing was added.
    pub(super) fn extend(&mut self, leaves: &[Sha256Digest]) -> Result<(), DiskError> {
        let waiting: usize = self.levels.iter().map(|level| level.pending.len()).sum();
        if waiting > WAITING_BYTES_MAX {
            self.write()?;
        }
        let mut new: Vec<(usize, Sha256Digest)> = Vec::with_capacity(leaves.len() + 1);
        for leaf in leaves {
            self.tree.push_noting(*leaf, &mut |height, node| {
                if height.is_multiple_of(TILE_HEIGHT) {
                    new.push(((height / TILE_HEIGHT) as usize, *node));
                }
            });
        }
        for (level, node) in new {
            if level == self.levels.len() {
                self.levels.push(Level { file: None, written: 0, pending: Vec::new() });
            }
            if let Some(level) = self.levels.get_mut(level) {
                level.pending.extend_from_slice(&node.0);
            }
        }
        if let Err(error) = self.write() {
            tracing::debug!(%error, "hashes of the log wait in memory");
        }
        Ok(())
    }

    fn write(&mut self) -> Result<(), DiskError> {
        for (number, level) in self.levels.iter_mut().enumerate() {
            let file = match &level.file {
                Some(file) => file,
                None => {
                    level.file.insert(create(&*self.disk, &path(&self.dir, number), Open::New)?)
                }
            };
            if !level.pending.is_empty() {
                file.write_at(level.written * HASH_BYTES, &level.pending)?;
                level.written += level.pending.len() as u64 / HASH_BYTES;
                level.pending.clear();
            }
        }
        Ok(())
    }

    /// The root over a range of leaves that is a subtree, or all of them up to some.
    pub(super) fn root(&self, range: &Range<u64>) -> Result<Sha256Digest, DiskError> {
        Ok(join(&self.perfect_roots(range)?))
    }

    /// `count` hashes of a level, from `first` on.
    pub(super) fn read(&self, level: u32, first: u64, count: u64) -> Result<Vec<u8>, DiskError> {
        // What is not there reads as zeros, which no root stands for.
        let mut bytes = vec![0; index(count * HASH_BYTES)];
        let Some(level) = self.levels.get(level as usize) else { return Ok(bytes) };
        let written = level.written.saturating_sub(first).min(count);
        let (in_file, waiting) = bytes.split_at_mut(index(written * HASH_BYTES));
        if let Some(file) = &level.file {
            file.read_at(first * HASH_BYTES, in_file)?;
        }
        let from = index((first + written).saturating_sub(level.written) * HASH_BYTES);
        let pending = level.pending.get(from..).unwrap_or_default();
        waiting.iter_mut().zip(pending).for_each(|(to, from)| *to = *from);
        Ok(bytes)
    }

    fn perfect_roots(&self, range: &Range<u64>) -> Result<Vec<Sha256Digest>, DiskError> {
        let parts = perfect(range).into_iter();
        parts.map(|(height, index)| self.perfect_root(height, index)).collect()
    }

    fn perfect_root(&self, height: u32, index: u64) -> Result<Sha256Digest, DiskError> {
        let (level, above) = (height / TILE_HEIGHT, height % TILE_HEIGHT);
        let bytes = self.read(level, index << above, 1 << above)?;
        let nodes = bytes.as_chunks().0.iter().copied().map(Sha256Digest);
        Ok(nodes.collect::<Tree>().root())
    }
}

fn path(dir: &Path, level: usize) -> PathBuf {
    dir.join(format!("level-{level}"))
}

fn index(bytes: u64) -> usize {
    usize::try_from(bytes).unwrap_or(usize::MAX)
}
