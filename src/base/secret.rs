//! A secret of this server: drawn once, kept in a file of its own, never in the log.

use std::path::Path;

use super::{
    disk::{Disk, DiskError, Open, read_if_present, replace},
    id,
};

/// Bytes of a secret.
pub const SECRET_BYTES: usize = 32;

/// The secret in `path`. One that is missing, or was cut short when the power failed, is drawn anew:
/// what was sealed with it is refused then, and nothing else is lost.
pub fn load_or_draw(disk: &dyn Disk, path: &Path) -> Result<[u8; SECRET_BYTES], DiskError> {
    let kept = read_if_present(disk, path)?;
    if let Some(secret) = kept.and_then(|bytes| bytes.try_into().ok()) {
        return Ok(secret);
    }
    let secret = id::random_secret();
    keep(disk, path, &secret)?;
    Ok(secret)
}

/// Makes a file with a secret in it that nobody else may read: durably, and whole or not at all.
pub fn keep(disk: &dyn Disk, path: &Path, secret: &[u8]) -> Result<(), DiskError> {
    replace(disk, path, secret, Open::NewPrivate)
}

#[cfg(test)]
mod tests {
    use super::{
        super::disk::{
            RealDisk,
            faulty::{Failure, Fault, FaultyDisk},
            memory::MemoryDisk,
        },
        *,
    };

    #[test]
    fn a_secret_stays_and_a_damaged_one_is_drawn_anew() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("key");
        let load = || load_or_draw(&RealDisk, &path).unwrap();
        let drawn = load();
        assert_eq!(load(), drawn);
        std::fs::write(&path, b"short").unwrap();
        let again = load();
        assert_ne!(again, drawn);
        assert_eq!(load(), again);
    }

    /// A secret that was given out is there after a power cut; one that was not is whole or absent.
    #[test]
    fn any_failing_call_leaves_a_secret_whole_or_not_at_all() {
        let path = Path::new("/data/key");
        let start = MemoryDisk::with_files([(path.with_extension("tmp"), b"left over".to_vec())]);
        let faults = [Fault::PowerOff, Fault::Once(Failure::Io), Fault::Once(Failure::Full)];
        for (fault, call, seed) in combined(&faults, 20, 10) {
            let disk = start.after_power_cut(0, 1.0);
            let faulty = FaultyDisk::over_memory(&disk);
            faulty.plan(call, fault);
            let drawn = load_or_draw(&faulty, path);
            let found = disk.after_power_cut(seed, 0.5);
            match (drawn, read_if_present(&found, path).unwrap()) {
                (Ok(secret), found) => assert_eq!(found.as_deref(), Some(&secret[..])),
                (Err(_), None) => {}
                (Err(_), Some(secret)) => assert_eq!(secret.len(), SECRET_BYTES),
            }
            load_or_draw(&found, path).unwrap();
        }
    }

    fn combined(faults: &[Fault], calls: usize, seeds: u64) -> Vec<(Fault, usize, u64)> {
        let calls = faults.iter().flat_map(|fault| (1..=calls).map(|call| (*fault, call)));
        calls.flat_map(|(fault, call)| (0..seeds).map(move |seed| (fault, call, seed))).collect()
    }
}
