//! A disk in memory that knows what is durable and what only seems to be. A test can cut its power
//! at any call, make any call fail, and then ask for an image of what a machine might find after: any
//! subset of the unsynced 512-byte sectors, and any subset of the unsynced names.

use std::{
    collections::{BTreeMap, BTreeSet},
    io::{Error, ErrorKind},
    path::{Path, PathBuf},
    sync::{Arc, Mutex, MutexGuard},
};

use rand::{Rng, SeedableRng, rngs::StdRng};

use super::{Disk, DiskError, DiskFile, DiskOp, Open};

/// What is written atomically: all of it or nothing.
const SECTOR_BYTES: usize = 512;

/// A disk in memory. Clones are the same disk.
#[derive(Clone, Default)]
pub struct MemoryDisk {
    inner: Arc<Mutex<Inner>>,
}

/// What to do at a call that a test has chosen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// This call and all later ones fail and change nothing.
    PowerOff,
    /// This call fails.
    Once(ErrorKind),
    /// This call and all later ones fail.
    Forever(ErrorKind),
}

#[derive(Default)]
struct Inner {
    files: Vec<Content>,
    names: BTreeMap<PathBuf, usize>,
    durable_names: BTreeMap<PathBuf, usize>,
    /// Changes of names since the last sync of their directory; each is atomic.
    unsynced_names: Vec<Vec<(PathBuf, Option<usize>)>>,
    locked: BTreeSet<PathBuf>,
    /// Calls that change something, so far.
    calls: u64,
    fault: Option<(u64, Fault)>,
    failed: Vec<DiskOp>,
}

#[derive(Clone, Default)]
struct Content {
    live: Vec<u8>,
    durable: Vec<u8>,
    unsynced: Vec<Change>,
}

#[derive(Clone)]
enum Change {
    Write(usize, Vec<u8>),
    Len(usize),
}

impl MemoryDisk {
    /// A disk with these files on it, durably.
    pub fn with_files(files: impl IntoIterator<Item = (PathBuf, Vec<u8>)>) -> Self {
        let disk = Self::default();
        let mut inner = disk.locked();
        for (path, bytes) in files {
            let number = inner.files.len();
            inner.files.push(Content { live: bytes.clone(), durable: bytes, unsynced: vec![] });
            inner.names.insert(path, number);
        }
        inner.durable_names = inner.names.clone();
        drop(inner);
        disk
    }

    /// All files as they seem to be.
    pub fn files(&self) -> BTreeMap<PathBuf, Vec<u8>> {
        let inner = self.locked();
        let file = |number: &usize| inner.files[*number].live.clone();
        inner.names.iter().map(|(path, number)| (path.clone(), file(number))).collect()
    }

    /// Plans a fault for the `call`-th changing call, counted from 1.
    pub fn plan(&self, call: u64, fault: Fault) {
        self.locked().fault = Some((call, fault));
    }

    /// Changing calls so far.
    pub fn calls(&self) -> u64 {
        self.locked().calls
    }

    /// The calls that failed as planned.
    pub fn failed(&self) -> Vec<DiskOp> {
        self.locked().failed.clone()
    }

    /// What a machine might find after a power cut now. Of what was not synced, about `keep` of 1.0
    /// has survived, as `seed` decides.
    pub fn after_power_cut(&self, seed: u64, keep: f64) -> Self {
        let inner = self.locked();
        let mut rng = StdRng::seed_from_u64(seed);
        let files: Vec<Content> = inner.files.iter().map(|f| f.survivor(&mut rng, keep)).collect();
        let mut names = inner.durable_names.clone();
        for change in &inner.unsynced_names {
            if rng.random_bool(keep) {
                apply_names(&mut names, change);
            }
        }
        let inner = Inner { files, durable_names: names.clone(), names, ..Inner::default() };
        Self { inner: Arc::new(Mutex::new(inner)) }
    }

    fn locked(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().expect("no test panics while it holds the disk")
    }

    fn open_file(&self, path: &Path, number: usize, locks: bool) -> Box<dyn DiskFile> {
        Box::new(MemoryFile { disk: self.clone(), path: path.to_owned(), number, locks })
    }
}

impl Inner {
    /// Counts a changing call, and fails it if that was planned.
    fn call(&mut self, op: DiskOp, path: &Path) -> Result<(), DiskError> {
        self.calls += 1;
        let kind = match self.fault {
            Some((at, Fault::PowerOff)) if self.calls >= at => ErrorKind::NetworkDown,
            Some((at, Fault::Once(kind))) if self.calls == at => kind,
            Some((at, Fault::Forever(kind))) if self.calls >= at => kind,
            _ => return Ok(()),
        };
        self.failed.push(op);
        Err(DiskError::io(op, path)(Error::from(kind)))
    }

    fn rename_all(&mut self, change: Vec<(PathBuf, Option<usize>)>) {
        apply_names(&mut self.names, &change);
        self.unsynced_names.push(change);
    }

    fn find(&self, op: DiskOp, path: &Path) -> Result<usize, DiskError> {
        let missing = || DiskError::io(op, path)(Error::from(ErrorKind::NotFound));
        self.names.get(path).copied().ok_or_else(missing)
    }

    fn create(&mut self, path: &Path) -> usize {
        self.files.push(Content::default());
        let number = self.files.len() - 1;
        self.rename_all(vec![(path.to_owned(), Some(number))]);
        number
    }
}

fn apply_names(names: &mut BTreeMap<PathBuf, usize>, change: &[(PathBuf, Option<usize>)]) {
    for (path, number) in change {
        match number {
            Some(number) => names.insert(path.clone(), *number),
            None => names.remove(path),
        };
    }
}

impl Content {
    fn change(&mut self, change: Change) {
        change.apply(&mut self.live);
        self.unsynced.push(change);
    }

    fn survivor(&self, rng: &mut StdRng, keep: f64) -> Self {
        let mut bytes = self.durable.clone();
        for change in &self.unsynced {
            for piece in change.sectors() {
                if rng.random_bool(keep) {
                    piece.apply(&mut bytes);
                }
            }
        }
        Self { live: bytes.clone(), durable: bytes, unsynced: Vec::new() }
    }
}

impl Change {
    fn apply(&self, bytes: &mut Vec<u8>) {
        match self {
            Self::Write(at, new) => {
                bytes.resize(bytes.len().max(at + new.len()), 0);
                bytes[*at..at + new.len()].copy_from_slice(new);
            }
            Self::Len(len) => bytes.resize(*len, 0),
        }
    }

    /// The parts of this change that survive or not, each for itself.
    fn sectors(&self) -> Vec<Self> {
        let Self::Write(at, bytes) = self else { return vec![self.clone()] };
        let (mut at, mut rest) = (*at, bytes.as_slice());
        let mut sectors = Vec::new();
        while !rest.is_empty() {
            let len = (SECTOR_BYTES - at % SECTOR_BYTES).min(rest.len());
            sectors.push(Self::Write(at, rest[..len].to_vec()));
            (at, rest) = (at + len, &rest[len..]);
        }
        sectors
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
            self.disk.locked().locked.remove(&self.path);
        }
    }
}

impl Disk for MemoryDisk {
    fn open(&self, path: &Path, how: Open) -> Result<Box<dyn DiskFile>, DiskError> {
        let mut inner = self.locked();
        let number = if how == Open::New {
            inner.call(DiskOp::Create, path)?;
            if inner.names.contains_key(path) {
                let present = Error::from(ErrorKind::AlreadyExists);
                return Err(DiskError::io(DiskOp::Create, path)(present));
            }
            inner.create(path)
        } else {
            inner.find(DiskOp::Open, path)?
        };
        Ok(self.open_file(path, number, false))
    }

    fn lock(&self, path: &Path) -> Result<Box<dyn DiskFile>, DiskError> {
        let mut inner = self.locked();
        inner.call(DiskOp::Lock, path)?;
        let number = match inner.find(DiskOp::Lock, path) {
            Ok(number) => number,
            Err(_) => inner.create(path),
        };
        if !inner.locked.insert(path.to_owned()) {
            let holder = String::from_utf8_lossy(&inner.files[number].live).trim().to_owned();
            return Err(DiskError::Locked { path: path.to_owned(), holder });
        }
        Ok(self.open_file(path, number, true))
    }

    fn create_dir(&self, path: &Path) -> Result<(), DiskError> {
        self.locked().call(DiskOp::Create, path)
    }

    fn sync_dir(&self, path: &Path) -> Result<(), DiskError> {
        let mut inner = self.locked();
        if let Err(error) = inner.call(DiskOp::SyncDir, path) {
            // As with files: what was not made durable now will not be.
            if inner.fault.is_some_and(|(_, fault)| fault != Fault::PowerOff) {
                inner.unsynced_names.clear();
            }
            return Err(error);
        }
        inner.durable_names = inner.names.clone();
        inner.unsynced_names.clear();
        Ok(())
    }

    fn rename(&self, from: &Path, to: &Path) -> Result<(), DiskError> {
        let mut inner = self.locked();
        inner.call(DiskOp::Rename, from)?;
        let number = inner.find(DiskOp::Rename, from)?;
        inner.rename_all(vec![(from.to_owned(), None), (to.to_owned(), Some(number))]);
        Ok(())
    }

    fn remove(&self, path: &Path) -> Result<(), DiskError> {
        let mut inner = self.locked();
        inner.call(DiskOp::Remove, path)?;
        inner.find(DiskOp::Remove, path)?;
        inner.rename_all(vec![(path.to_owned(), None)]);
        Ok(())
    }

    fn list(&self, dir: &Path) -> Result<Vec<String>, DiskError> {
        let inner = self.locked();
        let inside = inner.names.keys().filter(|path| path.parent() == Some(dir));
        Ok(inside.filter_map(|path| Some(path.file_name()?.to_str()?.to_owned())).collect())
    }

    fn process(&self) -> String {
        "pid 7 boot memory".to_owned()
    }
}

impl MemoryFile {
    fn change(&self, op: DiskOp, change: Change) -> Result<(), DiskError> {
        let mut inner = self.disk.locked();
        if let Err(error) = inner.call(op, &self.path) {
            // A full disk takes a part of a write.
            if let (true, Change::Write(at, bytes)) = (error.is_full(), change) {
                let part = bytes[..bytes.len() / 2].to_vec();
                inner.files[self.number].change(Change::Write(at, part));
            }
            return Err(error);
        }
        inner.files[self.number].change(change);
        Ok(())
    }
}

fn index(bytes: u64) -> usize {
    usize::try_from(bytes).expect("test files are small")
}

impl DiskFile for MemoryFile {
    fn byte_len(&self) -> Result<u64, DiskError> {
        Ok(self.disk.locked().files[self.number].live.len() as u64)
    }

    fn read_at(&self, offset: u64, buffer: &mut [u8]) -> Result<usize, DiskError> {
        let inner = self.disk.locked();
        let rest = inner.files[self.number].live.get(index(offset)..).unwrap_or_default();
        let len = rest.len().min(buffer.len());
        buffer[..len].copy_from_slice(&rest[..len]);
        Ok(len)
    }

    fn write_at(&self, offset: u64, bytes: &[u8]) -> Result<(), DiskError> {
        self.change(DiskOp::Write, Change::Write(index(offset), bytes.to_vec()))
    }

    fn set_len(&self, bytes: u64) -> Result<(), DiskError> {
        self.change(DiskOp::Allocate, Change::Len(index(bytes)))
    }

    fn allocate(&self, bytes: u64) -> Result<(), DiskError> {
        let len = self.byte_len()?.max(bytes);
        self.change(DiskOp::Allocate, Change::Len(index(len)))
    }

    fn sync_data(&self) -> Result<(), DiskError> {
        let mut inner = self.disk.locked();
        let called = inner.call(DiskOp::Sync, &self.path);
        let powered = inner.fault.is_none_or(|(_, fault)| fault != Fault::PowerOff);
        let content = &mut inner.files[self.number];
        match called {
            Ok(()) => {
                content.durable = content.live.clone();
                content.unsynced.clear();
                Ok(())
            }
            Err(error) => {
                // The page cache calls the pages clean after a failed sync: reads still show them,
                // and no later sync will write them.
                if powered {
                    content.unsynced.clear();
                }
                Err(error)
            }
        }
    }

    fn drop_cache(&self) -> Result<(), DiskError> {
        Ok(())
    }
}
