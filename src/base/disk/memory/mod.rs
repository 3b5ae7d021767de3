//! A disk in memory that knows what is durable and what only seems to be. A test can ask it for an
//! image of what a machine might find after a power cut: any subset of the unsynced 512-byte
//! sectors, and any subset of the unsynced names of each directory.

mod cached;

use std::{
    collections::{BTreeMap, BTreeSet},
    ffi::OsString,
    io::{Error, ErrorKind},
    path::{Component, Path, PathBuf},
    sync::Arc,
    time::SystemTime,
};

use rand::{SeedableRng, rngs::StdRng};

use super::{
    super::sync::{Mutex, MutexGuard},
    Disk, DiskError, DiskFile, DiskOp, Entry, Kind, Meta, Open,
};
use cached::{Bytes, BytesChange, Cached, Names};

/// A disk in memory. Clones are the same disk.
#[derive(Clone, Default)]
pub struct MemoryDisk {
    inner: Arc<Mutex<Inner>>,
}

struct Inner {
    /// By number; the first is the root directory.
    inodes: Vec<Inode>,
    locked: BTreeSet<usize>,
    free_bytes: u64,
}

#[derive(Clone)]
enum Inode {
    File(Cached<Bytes>),
    Dir(Cached<Names>),
}

impl Default for Inner {
    fn default() -> Self {
        let root = Inode::Dir(Cached::default());
        Self { inodes: vec![root], locked: BTreeSet::new(), free_bytes: u64::MAX }
    }
}

impl MemoryDisk {
    /// A disk with these files on it, durably.
    pub fn with_files(files: impl IntoIterator<Item = (PathBuf, Vec<u8>)>) -> Self {
        let disk = Self::default();
        let mut inner = disk.locked();
        for (path, bytes) in files {
            let dirs: Vec<_> = path.ancestors().skip(1).collect();
            for dir in dirs.into_iter().rev().filter(|dir| dir.parent().is_some()) {
                if inner.find(DiskOp::Look, dir).is_err() {
                    inner.create(dir, Inode::Dir(Cached::default())).expect("the parent is there");
                }
            }
            let file = Inode::File(Cached::durable(bytes));
            inner.create(&path, file).expect("the directory is there");
        }
        inner.inodes.iter_mut().for_each(|inode| {
            if let Inode::Dir(names) = inode {
                names.sync();
            }
        });
        drop(inner);
        disk
    }

    /// All files as they seem to be.
    pub fn files(&self) -> BTreeMap<PathBuf, Vec<u8>> {
        let inner = self.locked();
        let mut files = BTreeMap::new();
        let mut dirs = vec![(PathBuf::from("/"), 0)];
        while let Some((dir, number)) = dirs.pop() {
            let Inode::Dir(names) = &inner.inodes[number] else { continue };
            for (name, number) in names.shown() {
                match &inner.inodes[*number] {
                    Inode::File(bytes) => {
                        files.insert(dir.join(name), bytes.shown().clone());
                    }
                    Inode::Dir(_) => dirs.push((dir.join(name), *number)),
                }
            }
        }
        files
    }

    /// What a machine might find after a power cut now. Of what was not synced, about `keep` of 1.0
    /// has survived, as `seed` decides.
    pub fn after_power_cut(&self, seed: u64, keep: f64) -> Self {
        let inner = self.locked();
        let mut rng = StdRng::seed_from_u64(seed);
        let survivor = |inode: &Inode| match inode {
            Inode::File(bytes) => Inode::File(bytes.survivor(&mut rng, keep)),
            Inode::Dir(names) => Inode::Dir(names.survivor(&mut rng, keep)),
        };
        let inodes = inner.inodes.iter().map(survivor).collect();
        let inner = Inner { inodes, ..Inner::default() };
        Self { inner: Arc::new(Mutex::new(inner)) }
    }

    /// The same disk after a change to one file; all of it durable.
    pub fn edited(&self, path: &Path, edit: impl FnOnce(&mut Vec<u8>)) -> Self {
        let copy = self.after_power_cut(0, 1.0);
        let mut inner = copy.locked();
        let number = inner.find(DiskOp::Open, path).expect("the file is there");
        let mut bytes = inner.bytes(number).shown().clone();
        edit(&mut bytes);
        *inner.bytes(number) = Cached::durable(bytes);
        drop(inner);
        copy
    }

    /// What a failed sync does to what was not synced of a file, given by its number: it is still
    /// shown, and no later sync will write it. (Names are not lost so: they are metadata, which a
    /// later sync makes durable.)
    pub fn lose_unsynced(&self, inode: u64) {
        self.locked().bytes(index(inode)).lose();
    }

    /// Sets the space that is told to be left. Writes do not use it up.
    pub fn set_free_bytes(&self, bytes: u64) {
        self.locked().free_bytes = bytes;
    }

    fn locked(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().expect("no test panics while it holds the disk")
    }

    fn file(&self, path: &Path, number: usize, locks: bool) -> Box<dyn DiskFile> {
        Box::new(MemoryFile { disk: self.clone(), path: path.to_owned(), number, locks })
    }
}

fn refused(op: DiskOp, path: &Path, kind: ErrorKind) -> DiskError {
    DiskError::io(op, path)(Error::from(kind))
}

impl Inner {
    fn find(&self, op: DiskOp, path: &Path) -> Result<usize, DiskError> {
        let mut number = 0;
        for part in path.components() {
            let Component::Normal(name) = part else { continue };
            let Inode::Dir(names) = &self.inodes[number] else {
                return Err(refused(op, path, ErrorKind::NotADirectory));
            };
            let found = names.shown().get(name).copied();
            number = found.ok_or_else(|| refused(op, path, ErrorKind::NotFound))?;
        }
        Ok(number)
    }

    fn dir(&mut self, op: DiskOp, path: &Path) -> Result<&mut Cached<Names>, DiskError> {
        let number = self.find(op, path)?;
        match &mut self.inodes[number] {
            Inode::Dir(names) => Ok(names),
            Inode::File(_) => Err(refused(op, path, ErrorKind::NotADirectory)),
        }
    }

    /// The directory that holds the name of `path`, and that name.
    fn place(
        &mut self,
        op: DiskOp,
        path: &Path,
    ) -> Result<(&mut Cached<Names>, OsString), DiskError> {
        let name = path.file_name().ok_or_else(|| refused(op, path, ErrorKind::InvalidInput))?;
        let parent = path.parent().unwrap_or(Path::new("/"));
        Ok((self.dir(op, parent)?, name.to_owned()))
    }

    fn create(&mut self, path: &Path, inode: Inode) -> Result<usize, DiskError> {
        let number = self.inodes.len();
        let (names, name) = self.place(DiskOp::Create, path)?;
        if names.shown().contains_key(&name) {
            return Err(refused(DiskOp::Create, path, ErrorKind::AlreadyExists));
        }
        names.change(vec![(name, Some(number))]);
        self.inodes.push(inode);
        Ok(number)
    }

    fn bytes(&mut self, number: usize) -> &mut Cached<Bytes> {
        match &mut self.inodes[number] {
            Inode::File(bytes) => bytes,
            Inode::Dir(_) => panic!("a directory was opened as a file"),
        }
    }

    /// Takes away a name; what it named must be a directory, or none.
    fn remove(&mut self, path: &Path, is_dir: bool) -> Result<(), DiskError> {
        let number = self.find(DiskOp::Remove, path)?;
        let fits = match &self.inodes[number] {
            Inode::File(_) => !is_dir,
            Inode::Dir(names) => is_dir && names.shown().is_empty(),
        };
        if !fits {
            return Err(refused(DiskOp::Remove, path, ErrorKind::DirectoryNotEmpty));
        }
        let (names, name) = self.place(DiskOp::Remove, path)?;
        names.change(vec![(name, None)]);
        Ok(())
    }

    fn meta(&self, number: usize) -> Meta {
        let (kind, bytes) = match &self.inodes[number] {
            Inode::File(bytes) => (Kind::File, bytes.shown().len() as u64),
            Inode::Dir(_) => (Kind::Dir, 0),
        };
        Meta { kind, bytes, modified: SystemTime::UNIX_EPOCH, inode: number as u64 }
    }
}

impl Disk for MemoryDisk {
    fn open(&self, path: &Path, how: Open) -> Result<Box<dyn DiskFile>, DiskError> {
        let mut inner = self.locked();
        let number = if how.is_new() {
            inner.create(path, Inode::File(Cached::default()))?
        } else {
            inner.find(DiskOp::Open, path)?
        };
        Ok(self.file(path, number, false))
    }

    fn lock(&self, path: &Path) -> Result<Box<dyn DiskFile>, DiskError> {
        let mut inner = self.locked();
        let number = match inner.find(DiskOp::Lock, path) {
            Ok(number) => number,
            Err(_) => inner.create(path, Inode::File(Cached::default()))?,
        };
        if !inner.locked.insert(number) {
            let holder = String::from_utf8_lossy(inner.bytes(number).shown()).trim().to_owned();
            return Err(DiskError::Locked { path: path.to_owned(), holder });
        }
        Ok(self.file(path, number, true))
    }

    fn create_dir(&self, path: &Path) -> Result<(), DiskError> {
        self.locked().create(path, Inode::Dir(Cached::default())).map(drop)
    }

    fn sync_dir(&self, path: &Path) -> Result<(), DiskError> {
        self.locked().dir(DiskOp::SyncDir, path).map(Cached::sync)
    }

    /// Between directories it is two changes, which survive a power cut each for itself.
    fn rename(&self, from: &Path, to: &Path) -> Result<(), DiskError> {
        let mut inner = self.locked();
        let number = inner.find(DiskOp::Rename, from)?;
        inner.place(DiskOp::Rename, to)?;
        let (names, old) = inner.place(DiskOp::Rename, from)?;
        let (gone, there) = ((old, None), Some(number));
        let new = to.file_name().unwrap_or_default().to_owned();
        if from.parent() == to.parent() {
            names.change(vec![gone, (new, there)]);
        } else {
            names.change(vec![gone]);
            inner.place(DiskOp::Rename, to)?.0.change(vec![(new, there)]);
        }
        Ok(())
    }

    fn link(&self, file: &Path, name: &Path) -> Result<(), DiskError> {
        let mut inner = self.locked();
        let number = inner.find(DiskOp::Link, file)?;
        if inner.find(DiskOp::Link, name).is_ok() {
            return Err(refused(DiskOp::Link, name, ErrorKind::AlreadyExists));
        }
        let (names, new) = inner.place(DiskOp::Link, name)?;
        names.change(vec![(new, Some(number))]);
        Ok(())
    }

    fn remove(&self, path: &Path) -> Result<(), DiskError> {
        self.locked().remove(path, false)
    }

    fn remove_dir(&self, path: &Path) -> Result<(), DiskError> {
        self.locked().remove(path, true)
    }

    fn list(&self, dir: &Path) -> Result<Vec<Entry>, DiskError> {
        let mut inner = self.locked();
        let names = inner.dir(DiskOp::List, dir)?.shown().clone();
        let entry = |(name, number)| Entry { name, kind: inner.meta(number).kind };
        Ok(names.into_iter().map(entry).collect())
    }

    fn look(&self, path: &Path) -> Result<Meta, DiskError> {
        let inner = self.locked();
        Ok(inner.meta(inner.find(DiskOp::Look, path)?))
    }

    fn resolve(&self, path: &Path) -> Result<PathBuf, DiskError> {
        self.locked().find(DiskOp::Look, path).map(|_| path.to_owned())
    }

    fn free_bytes(&self, _: &Path) -> Result<u64, DiskError> {
        Ok(self.locked().free_bytes)
    }

    fn process(&self) -> String {
        "pid 7 boot memory".to_owned()
    }
}

struct MemoryFile {
    disk: MemoryDisk,
    path: PathBuf,
    number: usize,
    locks: bool,
}

impl Drop for MemoryFile {
    fn drop(&mut self) {
        if self.locks {
            self.disk.locked().locked.remove(&self.number);
        }
    }
}

fn index(bytes: u64) -> usize {
    usize::try_from(bytes).expect("test files are small")
}

impl DiskFile for MemoryFile {
    fn meta(&self) -> Result<Meta, DiskError> {
        Ok(self.disk.locked().meta(self.number))
    }

    fn read_at(&self, offset: u64, buffer: &mut [u8]) -> Result<usize, DiskError> {
        let mut inner = self.disk.locked();
        if matches!(inner.inodes[self.number], Inode::Dir(_)) {
            return Err(refused(DiskOp::Read, &self.path, ErrorKind::IsADirectory));
        }
        let rest = inner.bytes(self.number).shown().get(index(offset)..).unwrap_or_default();
        let len = rest.len().min(buffer.len());
        buffer[..len].copy_from_slice(&rest[..len]);
        Ok(len)
    }

    fn write_at(&self, offset: u64, bytes: &[u8]) -> Result<(), DiskError> {
        let change = BytesChange::Write(index(offset), bytes.to_vec());
        self.disk.locked().bytes(self.number).change(change);
        Ok(())
    }

    fn set_len(&self, bytes: u64) -> Result<(), DiskError> {
        self.disk.locked().bytes(self.number).change(BytesChange::Len(index(bytes)));
        Ok(())
    }

    fn allocate(&self, bytes: u64) -> Result<(), DiskError> {
        let len = self.byte_len()?.max(bytes);
        self.set_len(len)
    }

    fn sync_data(&self) -> Result<(), DiskError> {
        self.disk.locked().bytes(self.number).sync();
        Ok(())
    }

    fn drop_cache(&self) -> Result<(), DiskError> {
        self.disk.locked().bytes(self.number).forget();
        Ok(())
    }
}
