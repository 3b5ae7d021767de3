//! A disk over another that counts its calls, and fails the one that a test has chosen: once, or it
//! and all after it. Reads are calls too.

use std::{
    io::Error,
    path::{Path, PathBuf},
    sync::Arc,
};

use rustix::io::Errno;

use super::{
    super::sync::{Mutex, MutexGuard},
    Disk, DiskError, DiskFile, DiskOp, Entry, Meta, Open,
    memory::MemoryDisk,
};

/// How a call fails.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Failure {
    /// With an input/output error, nothing done.
    Io,
    /// For want of space; a write takes a half of its bytes first.
    Full,
    /// With an input/output error in the middle: a write takes a half of its bytes first.
    Short,
}

/// Which calls fail from the chosen one on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// This one.
    Once(Failure),
    /// This one and all later ones.
    Forever(Failure),
    /// This one and all later ones, and nothing more happens to the disk: the machine is off, or the
    /// process gone.
    PowerOff,
    /// This one and no other, and it does not say so: a read returns another byte than is there.
    /// Anything but a read is done as asked.
    Misread,
}

impl Fault {
    /// Each way to fail, once and from there on.
    pub fn failures() -> impl Iterator<Item = Self> {
        let ways = [Failure::Io, Failure::Full, Failure::Short];
        ways.into_iter().flat_map(|how| [Self::Once(how), Self::Forever(how)])
    }
}

/// A call: what was asked of which path.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Call {
    /// What was asked.
    pub op: DiskOp,
    /// Of what.
    pub path: PathBuf,
}

impl Call {
    /// Whether it may change what is on the disk, or what of it is durable.
    pub fn changes(&self) -> bool {
        !matches!(
            self.op,
            DiskOp::Open | DiskOp::Look | DiskOp::Read | DiskOp::List | DiskOp::Space
        )
    }

    /// What was asked of which kind of file: numbers in names do not tell files apart.
    pub fn kind(&self) -> (DiskOp, String) {
        let name = self.path.file_name().unwrap_or_default().to_string_lossy();
        let kind = match name.strip_prefix("seg-") {
            Some(rest) => {
                let ending = rest.split_once('.').map_or("", |(_, ending)| ending);
                format!("seg-{}", ending.trim_end_matches(|c: char| c.is_ascii_digit() || c == '-'))
            }
            None => name.into_owned(),
        };
        (self.op, kind)
    }
}

/// A disk that fails as planned. Clones are the same disk.
#[derive(Clone)]
pub struct FaultyDisk {
    disk: Arc<dyn Disk>,
    /// The disk again if it is one in memory, where a failed sync loses what it was to make durable.
    memory: Option<MemoryDisk>,
    plan: Arc<Mutex<Plan>>,
}

#[derive(Default)]
struct Plan {
    fault: Option<(usize, Fault)>,
    calls: Vec<Call>,
    failed: Vec<Call>,
}

impl FaultyDisk {
    /// Over any disk; it fails nothing yet.
    pub fn over(disk: impl Disk + 'static) -> Self {
        Self { disk: Arc::new(disk), memory: None, plan: Arc::default() }
    }

    /// Over a disk in memory.
    pub fn over_memory(disk: &MemoryDisk) -> Self {
        Self { memory: Some(disk.clone()), ..Self::over(disk.clone()) }
    }

    /// Plans a fault for the `call`-th call from now, counted from 1, in the place of any other.
    pub fn plan(&self, call: usize, fault: Fault) {
        let mut plan = self.planned();
        plan.fault = Some((plan.calls.len() + call, fault));
    }

    /// No call fails any more.
    pub fn heal(&self) {
        self.planned().fault = None;
    }

    /// All calls so far.
    pub fn calls(&self) -> Vec<Call> {
        self.planned().calls.clone()
    }

    /// The calls that failed as planned.
    pub fn failed(&self) -> Vec<Call> {
        self.planned().failed.clone()
    }

    fn planned(&self) -> MutexGuard<'_, Plan> {
        self.plan.lock().expect("no test panics while it holds the plan")
    }

    /// Counts a call; how it fails, if that was planned, or whether what it reads is to be wrong.
    fn call(&self, op: DiskOp, path: &Path) -> Result<bool, Failed> {
        let mut plan = self.planned();
        let call = Call { op, path: path.to_owned() };
        plan.calls.push(call.clone());
        let number = plan.calls.len();
        let fault = match plan.fault {
            Some((at, Fault::Once(_) | Fault::Misread)) if number != at => return Ok(false),
            Some((at, fault)) if number >= at => fault,
            _ => return Ok(false),
        };
        plan.failed.push(call);
        let (errno, half) = match fault {
            Fault::Misread => return Ok(true),
            Fault::PowerOff => (Errno::IO, false),
            Fault::Once(failure) | Fault::Forever(failure) => match failure {
                Failure::Io => (Errno::IO, false),
                Failure::Full => (Errno::NOSPC, true),
                Failure::Short => (Errno::IO, true),
            },
        };
        let error = DiskError::io(op, path)(Error::from(errno));
        Err(Failed { error, half, power: fault != Fault::PowerOff })
    }

    fn file(&self, path: &Path, file: Box<dyn DiskFile>) -> Box<dyn DiskFile> {
        Box::new(FaultyFile { disk: self.clone(), path: path.to_owned(), file })
    }
}

struct Failed {
    error: DiskError,
    /// A write takes a half of its bytes.
    half: bool,
    /// The machine runs on.
    power: bool,
}

impl From<Failed> for DiskError {
    fn from(failed: Failed) -> Self {
        failed.error
    }
}

impl Disk for FaultyDisk {
    fn open(&self, path: &Path, how: Open) -> Result<Box<dyn DiskFile>, DiskError> {
        self.call(if how.is_new() { DiskOp::Create } else { DiskOp::Open }, path)?;
        Ok(self.file(path, self.disk.open(path, how)?))
    }

    fn lock(&self, path: &Path) -> Result<Box<dyn DiskFile>, DiskError> {
        self.call(DiskOp::Lock, path)?;
        Ok(self.file(path, self.disk.lock(path)?))
    }

    fn create_dir(&self, path: &Path) -> Result<(), DiskError> {
        self.call(DiskOp::Create, path)?;
        self.disk.create_dir(path)
    }

    fn sync_dir(&self, path: &Path) -> Result<(), DiskError> {
        self.call(DiskOp::SyncDir, path)?;
        self.disk.sync_dir(path)
    }

    fn rename(&self, from: &Path, to: &Path) -> Result<(), DiskError> {
        self.call(DiskOp::Rename, from)?;
        self.disk.rename(from, to)
    }

    fn link(&self, file: &Path, name: &Path) -> Result<(), DiskError> {
        self.call(DiskOp::Link, name)?;
        self.disk.link(file, name)
    }

    fn remove(&self, path: &Path) -> Result<(), DiskError> {
        self.call(DiskOp::Remove, path)?;
        self.disk.remove(path)
    }

    fn remove_dir(&self, path: &Path) -> Result<(), DiskError> {
        self.call(DiskOp::Remove, path)?;
        self.disk.remove_dir(path)
    }

    fn list(&self, dir: &Path) -> Result<Vec<Entry>, DiskError> {
        self.call(DiskOp::List, dir)?;
        self.disk.list(dir)
    }

    fn look(&self, path: &Path) -> Result<Meta, DiskError> {
        self.call(DiskOp::Look, path)?;
        self.disk.look(path)
    }

    fn resolve(&self, path: &Path) -> Result<PathBuf, DiskError> {
        self.call(DiskOp::Look, path)?;
        self.disk.resolve(path)
    }

    fn free_bytes(&self, path: &Path) -> Result<u64, DiskError> {
        self.call(DiskOp::Space, path)?;
        self.disk.free_bytes(path)
    }

    fn process(&self) -> String {
        self.disk.process()
    }
}

struct FaultyFile {
    disk: FaultyDisk,
    path: PathBuf,
    file: Box<dyn DiskFile>,
}

impl DiskFile for FaultyFile {
    fn meta(&self) -> Result<Meta, DiskError> {
        self.disk.call(DiskOp::Read, &self.path)?;
        self.file.meta()
    }

    fn read_at(&self, offset: u64, buffer: &mut [u8]) -> Result<usize, DiskError> {
        let wrong = self.disk.call(DiskOp::Read, &self.path)?;
        let read = self.file.read_at(offset, buffer)?;
        if let (true, Some(byte)) = (wrong, buffer.first_mut()) {
            *byte ^= 1;
        }
        Ok(read)
    }

    fn write_at(&self, offset: u64, bytes: &[u8]) -> Result<(), DiskError> {
        match self.disk.call(DiskOp::Write, &self.path) {
            Ok(_) => self.file.write_at(offset, bytes),
            Err(failed) => {
                if failed.half {
                    self.file.write_at(offset, &bytes[..bytes.len() / 2])?;
                }
                Err(failed.error)
            }
        }
    }

    fn set_len(&self, bytes: u64) -> Result<(), DiskError> {
        self.disk.call(DiskOp::Allocate, &self.path)?;
        self.file.set_len(bytes)
    }

    fn allocate(&self, bytes: u64) -> Result<(), DiskError> {
        self.disk.call(DiskOp::Allocate, &self.path)?;
        self.file.allocate(bytes)
    }

    fn sync_data(&self) -> Result<(), DiskError> {
        let called = self.disk.call(DiskOp::Sync, &self.path);
        if let (Err(Failed { power: true, .. }), Some(memory)) = (&called, &self.disk.memory) {
            memory.lose_unsynced(self.file.meta()?.inode);
        }
        called?;
        self.file.sync_data()
    }

    fn drop_cache(&self) -> Result<(), DiskError> {
        self.disk.call(DiskOp::Read, &self.path)?;
        self.file.drop_cache()
    }
}
