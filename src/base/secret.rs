//! A secret of this server: drawn once, kept in a file of its own, never in the log.

use std::{
    fs::{self, OpenOptions},
    io::{self, Write as _},
    os::unix::fs::OpenOptionsExt as _,
    path::Path,
};

use super::{
    disk::{DiskError, DiskOp},
    id,
};

/// Bytes of a secret.
pub const SECRET_BYTES: usize = 32;

/// The secret in `path`. One that is missing, or was cut short when the power failed, is drawn anew:
/// what was sealed with it is refused then, and nothing else is lost.
pub fn load_or_draw(path: &Path) -> Result<[u8; SECRET_BYTES], DiskError> {
    match fs::read(path) {
        Ok(bytes) => {
            if let Ok(secret) = bytes.try_into() {
                return Ok(secret);
            }
        }
        Err(error) if error.kind() == io::ErrorKind::NotFound => {}
        Err(error) => return Err(DiskError::io(DiskOp::Read, path)(error)),
    }
    let secret = id::random_secret();
    keep(path, &secret)?;
    Ok(secret)
}

/// Makes a file with a secret in it that nobody else may read: durably, and whole or not at all.
pub fn keep(path: &Path, secret: &[u8]) -> Result<(), DiskError> {
    let written = || -> io::Result<()> {
        let unfinished = path.with_extension("tmp");
        let mut options = OpenOptions::new();
        options.write(true).create(true).truncate(true).mode(0o600);
        let mut file = options.open(&unfinished)?;
        file.write_all(secret)?;
        file.sync_all()?;
        fs::rename(&unfinished, path)?;
        let dir = path.parent().filter(|dir| !dir.as_os_str().is_empty());
        fs::File::open(dir.unwrap_or(Path::new(".")))?.sync_all()
    };
    written().map_err(DiskError::io(DiskOp::Write, path))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_stays_and_a_damaged_one_is_drawn_anew() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("key");
        let drawn = load_or_draw(&path).unwrap();
        assert_eq!(load_or_draw(&path).unwrap(), drawn);
        fs::write(&path, b"short").unwrap();
        let again = load_or_draw(&path).unwrap();
        assert_ne!(again, drawn);
        assert_eq!(load_or_draw(&path).unwrap(), again);
    }
}
