//! Secrets of webhooks. The log is for ever and is copied about, so a secret stands in it encrypted:
//! as a Fernet token, which MLflow's SQL store keeps too. The key is given by the operator, or else
//! drawn at first use and kept in a file of its own beside the log.

use std::{
    path::{Path, PathBuf},
    sync::{Arc, Mutex},
};

use fernet::Fernet;

use crate::base::{
    disk::{Disk, DiskError, read_if_present},
    secret,
};

/// File of the key in a data directory.
pub const KEY_FILE: &str = "webhook-secret.key";

/// Why secrets cannot be kept.
#[derive(Debug, thiserror::Error)]
pub enum SecretError {
    /// The given key is none.
    #[error(
        "MLFLOW_WEBHOOK_SECRET_ENCRYPTION_KEY is not a Fernet key: 32 bytes in URL-safe base64"
    )]
    Key,
    /// The file of the key holds none.
    #[error("{} holds no Fernet key", .0.display())]
    KeyFile(PathBuf),
    /// The file of the key cannot be read or made.
    #[error(transparent)]
    Disk(#[from] DiskError),
}

/// Encrypts and decrypts secrets.
pub(super) struct Secrets {
    disk: Arc<dyn Disk>,
    path: PathBuf,
    /// `None` until the first secret comes.
    key: Mutex<Option<Fernet>>,
}

impl Secrets {
    /// With the key that is given, or with that in `data_dir` if there is one.
    pub(super) fn open(
        disk: Arc<dyn Disk>,
        data_dir: &Path,
        given: Option<&str>,
    ) -> Result<Self, SecretError> {
        let path = data_dir.join(KEY_FILE);
        let key = match given {
            Some(key) => Some(Fernet::new(key).ok_or(SecretError::Key)?),
            None => read(&*disk, &path)?,
        };
        Ok(Self { disk, path, key: Mutex::new(key) })
    }

    /// The token of a secret. Draws the key if there is none yet.
    pub(super) fn seal(&self, secret: &str) -> Result<String, SecretError> {
        let mut key = self.key.lock().expect("no thread panics under this lock");
        if key.is_none() {
            *key = Some(create(&*self.disk, &self.path)?);
        }
        Ok(key.as_ref().map(|key| key.encrypt(secret.as_bytes())).unwrap_or_default())
    }

    /// The secret of a token, if it was made with this key.
    pub(super) fn unseal(&self, token: &str) -> Option<String> {
        let key = self.key.lock().expect("no thread panics under this lock");
        String::from_utf8(key.as_ref()?.decrypt(token).ok()?).ok()
    }
}

fn read(disk: &dyn Disk, path: &Path) -> Result<Option<Fernet>, SecretError> {
    let Some(bytes) = read_if_present(disk, path)? else { return Ok(None) };
    let key = str::from_utf8(&bytes).ok().and_then(|text| Fernet::new(text.trim()));
    key.map(Some).ok_or_else(|| SecretError::KeyFile(path.to_owned()))
}

/// Draws a key, and keeps it before anything is encrypted with it.
fn create(disk: &dyn Disk, path: &Path) -> Result<Fernet, SecretError> {
    let text = Fernet::generate_key();
    secret::keep(disk, path, text.as_bytes())?;
    Fernet::new(&text).ok_or(SecretError::Key)
}

#[cfg(test)]
mod tests {
    use std::{fs, os::unix::fs::PermissionsExt as _};

    use super::*;
    use crate::base::disk::RealDisk;

    fn open(data_dir: &Path, given: Option<&str>) -> Result<Secrets, SecretError> {
        Secrets::open(Arc::new(RealDisk), data_dir, given)
    }

    #[test]
    fn the_key_is_drawn_at_first_use_and_kept() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join(KEY_FILE);
        let secrets = open(dir.path(), None).unwrap();
        assert!(!path.exists());
        let token = secrets.seal("größe").unwrap();
        assert!(!token.contains("gr"));
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        let again = open(dir.path(), None).unwrap();
        assert_eq!(again.unseal(&token).as_deref(), Some("größe"));
        fs::remove_file(&path).unwrap();
        assert_eq!(open(dir.path(), None).unwrap().unseal(&token), None);
    }

    #[test]
    fn a_token_of_mlflow_is_read_with_its_key() {
        let dir = tempfile::tempdir().unwrap();
        let key = "Nh08g6AjX0WqjnCDFpM0WR5OSDuvMfdAsSKty4oOqZE=";
        let token = "gAAAAABrBFWtNGYe0rZ1wQ_EmQdIfNtVFIof-xwhdWmfzR3yeMi92dzk3l7PjtYXLFiH6lJfNZ7iQMfE54M3YGMrl636mPfPqA==";
        let secrets = open(dir.path(), Some(key)).unwrap();
        assert_eq!(secrets.unseal(token).as_deref(), Some("s3cret"));
        assert!(open(dir.path(), Some("short")).is_err());
    }
}
