//! Room on a disk that several write to.

use std::{io, path::Path};

use super::{Disk, DiskError, DiskOp};

/// What log and artifacts leave free on their file system. A view cache that met a full disk in the
/// middle of a flush needs a few MiB to be opened again, and it must not lose them to its own server.
pub const MARGIN_BYTES: u64 = 16 << 20;

/// Whether an error of this kind says that the disk, or the quota, is full.
pub fn is_full(kind: io::ErrorKind) -> bool {
    matches!(kind, io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded)
}

/// Refuses to write `bytes` to the file system of `path`, which exists, if that would leave less than
/// [`MARGIN_BYTES`]. Where that cannot be told, the write itself must tell.
pub fn check_room(disk: &dyn Disk, path: &Path, bytes: u64) -> Result<(), DiskError> {
    let free = disk.free_bytes(path).unwrap_or(u64::MAX);
    if free < bytes.saturating_add(MARGIN_BYTES) {
        return Err(DiskError::io(DiskOp::Space, path)(io::ErrorKind::StorageFull.into()));
    }
    Ok(())
}
