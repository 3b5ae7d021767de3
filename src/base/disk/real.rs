//! The machine's own files: the standard library, and rustix for what it lacks.

use std::{
    fs::{self, File, FileType, Metadata, OpenOptions, TryLockError},
    io::{self, Read as _},
    os::unix::fs::{FileExt as _, MetadataExt as _, OpenOptionsExt as _},
    path::{Path, PathBuf},
    process,
};

use super::{Disk, DiskError, DiskFile, DiskOp, Entry, Kind, Meta, Open};

/// The file system of the machine.
#[derive(Debug, Clone, Copy, Default)]
pub struct RealDisk;

struct RealFile {
    file: File,
    path: PathBuf,
}

impl Disk for RealDisk {
    fn open(&self, path: &Path, how: Open) -> Result<Box<dyn DiskFile>, DiskError> {
        let op = if how.is_new() { DiskOp::Create } else { DiskOp::Open };
        let file = OpenOptions::new()
            .read(true)
            .write(how != Open::Read)
            .create_new(how.is_new())
            .mode(if how == Open::NewPrivate { 0o600 } else { 0o666 })
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
        fs::create_dir(path).map_err(DiskError::io(DiskOp::Create, path))
    }

    fn sync_dir(&self, path: &Path) -> Result<(), DiskError> {
        File::open(path)
            .and_then(|dir| dir.sync_all())
            .map_err(DiskError::io(DiskOp::SyncDir, path))
    }

    fn rename(&self, from: &Path, to: &Path) -> Result<(), DiskError> {
        fs::rename(from, to).map_err(DiskError::io(DiskOp::Rename, from))
    }

    fn link(&self, file: &Path, name: &Path) -> Result<(), DiskError> {
        fs::hard_link(file, name).map_err(DiskError::io(DiskOp::Link, name))
    }

    fn remove(&self, path: &Path) -> Result<(), DiskError> {
        fs::remove_file(path).map_err(DiskError::io(DiskOp::Remove, path))
    }

    fn remove_dir(&self, path: &Path) -> Result<(), DiskError> {
        fs::remove_dir(path).map_err(DiskError::io(DiskOp::Remove, path))
    }

    fn list(&self, dir: &Path) -> Result<Vec<Entry>, DiskError> {
        let read = || -> io::Result<Vec<Entry>> {
            let mut entries = fs::read_dir(dir)?
                .map(|entry| {
                    let entry = entry?;
                    Ok(Entry { name: entry.file_name(), kind: kind(entry.file_type()?) })
                })
                // Gone since it was listed.
                .filter(|entry: &io::Result<_>| {
                    !matches!(entry, Err(error) if error.kind() == io::ErrorKind::NotFound)
                })
                .collect::<io::Result<Vec<_>>>()?;
            entries.sort_unstable();
            Ok(entries)
        };
        read().map_err(DiskError::io(DiskOp::List, dir))
    }

    fn look(&self, path: &Path) -> Result<Meta, DiskError> {
        let found = fs::symlink_metadata(path).and_then(|found| meta(&found));
        found.map_err(DiskError::io(DiskOp::Look, path))
    }

    fn resolve(&self, path: &Path) -> Result<PathBuf, DiskError> {
        fs::canonicalize(path).map_err(DiskError::io(DiskOp::Look, path))
    }

    fn free_bytes(&self, path: &Path) -> Result<u64, DiskError> {
        let found = rustix::fs::statvfs(path).map_err(io::Error::from);
        let found = found.map_err(DiskError::io(DiskOp::Space, path))?;
        // A file system that does not tell its size does not tell what is left either.
        let unknown = found.f_blocks == 0;
        Ok(if unknown { u64::MAX } else { found.f_bavail.saturating_mul(found.f_frsize) })
    }

    fn process(&self) -> String {
        let boot = fs::read_to_string("/proc/sys/kernel/random/boot_id").unwrap_or_default();
        let boot = if boot.is_empty() { "unknown" } else { boot.trim() };
        format!("pid {} boot {boot}", process::id())
    }
}

impl DiskFile for RealFile {
    fn meta(&self) -> Result<Meta, DiskError> {
        let found = self.file.metadata().and_then(|found| meta(&found));
        found.map_err(DiskError::io(DiskOp::Read, &self.path))
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

fn kind(of: FileType) -> Kind {
    match of {
        of if of.is_file() => Kind::File,
        of if of.is_dir() => Kind::Dir,
        _ => Kind::Other,
    }
}

fn meta(of: &Metadata) -> io::Result<Meta> {
    let kind = kind(of.file_type());
    Ok(Meta { kind, bytes: of.len(), modified: of.modified()?, inode: of.ino() })
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
