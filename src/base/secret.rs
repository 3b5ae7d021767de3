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
    let mut options = OpenOptions::new();
    // Nobody else's to read.
    options.write(true).create(true).truncate(true).mode(0o600);
    let written = options.open(path).and_then(|mut file| file.write_all(&secret));
    written.map_err(DiskError::io(DiskOp::Write, path))?;
    Ok(secret)
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
