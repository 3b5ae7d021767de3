//! Secrets of webhooks. The log is for ever and is copied about, so a secret stands in it encrypted:
//! as a Fernet token, which MLflow's SQL store keeps too. The key is given by the operator, or else
//! drawn at first use and kept in a file of its own beside the log.

use std::{
    fs, io,
    path::{Path, PathBuf},
    sync::Mutex,
};

use fernet::Fernet;

use crate::base::{
    disk::{DiskError, DiskOp},
    secret,
};

/// File of the key in a data directory.
const KEY_FILE: &str = "webhook-secret.key";

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
    path: PathBuf,
    /// `None` until the first secret comes.
    key: Mutex<Option<Fernet>>,
}

impl Secrets {
    /// With the key that is given, or with that in `data_dir` if there is one.
    pub(super) fn open(data_dir: &Path, given: Option<&str>) -> Result<Self, SecretError> {
        let path = data_dir.join(KEY_FILE);
        let key = match given {
            Some(key) => Some(Fernet::new(key).ok_or(SecretError::Key)?),
            None => read(&path)?,
        };
        Ok(Self { path, key: Mutex::new(key) })
    }

    /// The token of a secret. Draws the key if there is none yet.
    pub(super) fn seal(&self, secret: &str) -> Result<String, SecretError> {
        let mut key = self.key.lock().expect("no thread panics under this lock");
        if key.is_none() {
            *key = Some(create(&self.path)?);
        }
        Ok(key.as_ref().map(|key| key.encrypt(secret.as_bytes())).unwrap_or_default())
    }

    /// The secret of a token, if it was made with this key.
    pub(super) fn unseal(&self, token: &str) -> Option<String> {
        let key = self.key.lock().expect("no thread panics under this lock");
        String::from_utf8(key.as_ref()?.decrypt(token).ok()?).ok()
    }
}

fn read(path: &Path) -> Result<Option<Fernet>, SecretError> {
    match fs::read_to_string(path) {
        Ok(text) => match Fernet::new(text.trim()) {
            Some(key) => Ok(Some(key)),
            None => Err(SecretError::KeyFile(path.to_owned())),
        },
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(DiskError::io(DiskOp::Read, path)(error).into()),
    }
}

/// Draws a key, and keeps it before anything is encrypted with it.
fn create(path: &Path) -> Result<Fernet, SecretError> {
    let text = Fernet::generate_key();
    secret::keep(path, text.as_bytes())?;
    Fernet::new(&text).ok_or(SecretError::Key)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt as _;

    #[test]
    fn the_key_is_drawn_at_first_use_and_kept() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join(KEY_FILE);
        let secrets = Secrets::open(dir.path(), None).unwrap();
        assert!(!path.exists());
        let token = secrets.seal("größe").unwrap();
        assert!(!token.contains("gr"));
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        let again = Secrets::open(dir.path(), None).unwrap();
        assert_eq!(again.unseal(&token).as_deref(), Some("größe"));
        fs::remove_file(&path).unwrap();
        assert_eq!(Secrets::open(dir.path(), None).unwrap().unseal(&token), None);
    }

    #[test]
    fn a_token_of_mlflow_is_read_with_its_key() {
        let dir = tempfile::tempdir().unwrap();
        let key = "Nh08g6AjX0WqjnCDFpM0WR5OSDuvMfdAsSKty4oOqZE=";
        let token = "gAAAAABrBFWtNGYe0rZ1wQ_EmQdIfNtVFIof-xwhdWmfzR3yeMi92dzk3l7PjtYXLFiH6lJfNZ7iQMfE54M3YGMrl636mPfPqA==";
        let secrets = Secrets::open(dir.path(), Some(key)).unwrap();
        assert_eq!(secrets.unseal(token).as_deref(), Some("s3cret"));
        assert!(Secrets::open(dir.path(), Some("short")).is_err());
    }
}
