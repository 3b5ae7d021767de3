//! The machine's own files: the standard library, and rustix for what it lacks.

use std::{
    fs::{self, File, OpenOptions, TryLockError},
    io::{self, Read as _},
    os::unix::fs::FileExt as _,
    path::{Path, PathBuf},
    process,
};

use super::{Disk, DiskError, DiskFile, DiskOp, Open};

/// The file system of the machine.
#[derive(Debug, Clone, Copy, Default)]
pub struct RealDisk;

struct RealFile {
    file: File,
    path: PathBuf,
}

impl Disk for RealDisk {
    fn open(&self, path: &Path, how: Open) -> Result<Box<dyn DiskFile>, DiskError> {
        let op = if how == Open::New { DiskOp::Create } else { DiskOp::Open };
        let file = OpenOptions::new()
            .read(true)
            .write(how != Open::Read)
            .create_new(how == Open::New)
            .open(path)
            .map_err(DiskError::io(op, path))?;
        Ok(Box::new(RealFile { file, path: path.to_owned() }))
    }

    fn lock(&self, path: &Path) -> Result<Box<dyn DiskFile>, DiskError> {
        let mut file = OpenOptions::new()
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .open(path)
            .map_err(DiskError::io(DiskOp::Lock, path))?;
        match file.try_lock() {
            Ok(()) => Ok(Box::new(RealFile { file, path: path.to_owned() })),
            Err(TryLockError::WouldBlock) => {
                let mut holder = String::new();
                file.read_to_string(&mut holder).map_err(DiskError::io(DiskOp::Lock, path))?;
                Err(DiskError::Locked { path: path.to_owned(), holder: holder.trim().to_owned() })
            }
            Err(TryLockError::Error(source)) => Err(DiskError::io(DiskOp::Lock, path)(source)),
        }
    }

    fn create_dir(&self, path: &Path) -> Result<(), DiskError> {
        if path.is_dir() {
            return Ok(());
        }
        let parent = path.parent().filter(|parent| !parent.as_os_str().is_empty());
        let parent = parent.unwrap_or(Path::new("."));
        self.create_dir(parent)?;
        match fs::create_dir(path) {
            Err(error) if error.kind() != io::ErrorKind::AlreadyExists => {
                Err(DiskError::io(DiskOp::Create, path)(error))
            }
            Ok(()) | Err(_) => self.sync_dir(parent),
        }
    }

    fn sync_dir(&self, path: &Path) -> Result<(), DiskError> {
        File::open(path)
            .and_then(|dir| dir.sync_all())
            .map_err(DiskError::io(DiskOp::SyncDir, path))
    }

    fn rename(&self, from: &Path, to: &Path) -> Result<(), DiskError> {
        fs::rename(from, to).map_err(DiskError::io(DiskOp::Rename, from))
    }

    fn remove(&self, path: &Path) -> Result<(), DiskError> {
        fs::remove_file(path).map_err(DiskError::io(DiskOp::Remove, path))
    }

    fn list(&self, dir: &Path) -> Result<Vec<String>, DiskError> {
        let read = || -> io::Result<Vec<String>> {
            let mut names = Vec::new();
            for entry in fs::read_dir(dir)? {
                let entry = entry?;
                if entry.file_type()?.is_dir() {
                    continue;
                }
                // A name that is not Unicode is none of ours.
                names.extend(entry.file_name().into_string());
            }
            names.sort_unstable();
            Ok(names)
        };
        read().map_err(DiskError::io(DiskOp::List, dir))
    }

    fn process(&self) -> String {
        let boot = fs::read_to_string("/proc/sys/kernel/random/boot_id").unwrap_or_default();
        let boot = if boot.is_empty() { "unknown" } else { boot.trim() };
        format!("pid {} boot {boot}", process::id())
    }
}

impl DiskFile for RealFile {
    fn byte_len(&self) -> Result<u64, DiskError> {
        Ok(self.file.metadata().map_err(DiskError::io(DiskOp::Read, &self.path))?.len())
    }

    fn read_at(&self, offset: u64, buffer: &mut [u8]) -> Result<usize, DiskError> {
        let mut done = 0;
        while let Some(rest) = buffer.get_mut(done..).filter(|rest| !rest.is_empty()) {
            match self.file.read_at(rest, offset + done as u64) {
                Ok(0) => break,
                Ok(count) => done += count,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(DiskError::io(DiskOp::Read, &self.path)(error)),
            }
        }
        Ok(done)
    }

    fn write_at(&self, offset: u64, bytes: &[u8]) -> Result<(), DiskError> {
        self.file.write_all_at(bytes, offset).map_err(DiskError::io(DiskOp::Write, &self.path))
    }

    fn set_len(&self, bytes: u64) -> Result<(), DiskError> {
        self.file.set_len(bytes).map_err(DiskError::io(DiskOp::Allocate, &self.path))
    }

    fn allocate(&self, bytes: u64) -> Result<(), DiskError> {
        if self.byte_len()? < bytes {
            self.set_len(bytes)?;
        }
        reserve(&self.file, bytes).map_err(DiskError::io(DiskOp::Allocate, &self.path))
    }

    fn sync_data(&self) -> Result<(), DiskError> {
        self.file.sync_data().map_err(DiskError::io(DiskOp::Sync, &self.path))
    }

    fn drop_cache(&self) -> Result<(), DiskError> {
        forget(&self.file).map_err(DiskError::io(DiskOp::Read, &self.path))
    }
}

/// Reserves blocks; file systems that cannot are left with a sparse file.
#[cfg(target_os = "linux")]
fn reserve(file: &File, bytes: u64) -> io::Result<()> {
    use rustix::{fs::FallocateFlags, io::Errno};
    match rustix::fs::fallocate(file, FallocateFlags::empty(), 0, bytes) {
        Ok(()) | Err(Errno::OPNOTSUPP | Errno::NOSYS) => Ok(()),
        Err(error) => Err(error.into()),
    }
}

#[cfg(not(target_os = "linux"))]
fn reserve(_: &File, _: u64) -> io::Result<()> {
    Ok(())
}

#[cfg(target_os = "linux")]
fn forget(file: &File) -> io::Result<()> {
    Ok(rustix::fs::fadvise(file, 0, None, rustix::fs::Advice::DontNeed)?)
}

#[cfg(not(target_os = "linux"))]
fn forget(_: &File) -> io::Result<()> {
    Ok(())
}
