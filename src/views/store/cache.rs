//! A base that outlives the failures of the one below it: opened again, it goes on from what was last
//! durable, and the layer that was on its way waits above it in memory. While it cannot be opened, such
//! as on a full disk, it is read by other means. Knows nothing of files.

use std::{path::Path, sync::PoisonError};

use super::{Base, Cursor, Key, StoreError, Value, base::Batch};
use crate::base::sync::{Mutex, MutexGuard, RwLock, RwLockReadGuard};

/// How often a failed base is opened again in the life of a process. Each time leaves memory and open
/// files behind (see [`super::SledBase`]), and a disk that fails so often needs a person.
const OPENED_AGAIN_MAX: u32 = 4;

/// How a base is opened that has failed, and is still there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Opening {
    /// As it was.
    ToWrite,
    /// To stand in for one that cannot be written: it takes no batch.
    ToRead,
}

/// Opens what a failed base left.
type OpenAgain = dyn Fn(Opening) -> Result<Box<dyn Base>, StoreError> + Send + Sync;

/// A base that is opened again when it fails.
pub struct Cache {
    state: RwLock<State>,
    open_again: Box<OpenAgain>,
    progress: Mutex<Progress>,
}

struct State {
    base: Box<dyn Base>,
    /// How often it has been replaced.
    replaced: u32,
    /// How often it has been opened again to be written.
    opened: u32,
    /// Why it can only be read now.
    stands_in: Option<StoreError>,
}

/// Where the base must stand when it is opened again: at what is settled, or, if it failed after its
/// last write, at what was under way.
struct Progress {
    settled: Option<Cursor>,
    under_way: Option<Cursor>,
}

impl Cache {
    /// Over `base`, which was opened just now.
    pub fn over(
        base: impl Base + 'static,
        open_again: impl Fn(Opening) -> Result<Box<dyn Base>, StoreError> + Send + Sync + 'static,
    ) -> Result<Self, StoreError> {
        let progress = Progress { settled: base.cursor()?, under_way: None };
        Ok(Self {
            state: RwLock::new(State {
                base: Box::new(base),
                replaced: 0,
                opened: 0,
                stands_in: None,
            }),
            open_again: Box::new(open_again),
            progress: Mutex::new(progress),
        })
    }

    fn state(&self) -> RwLockReadGuard<'_, State> {
        self.state.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn progress(&self) -> MutexGuard<'_, Progress> {
        self.progress.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Asks the base, and the one that takes its place if it fails. An error is final.
    fn read<T>(&self, ask: impl Fn(&dyn Base) -> Result<T, StoreError>) -> Result<T, StoreError> {
        loop {
            let state = self.state();
            match ask(&*state.base) {
                Err(error @ (StoreError::Io { .. } | StoreError::Full { .. }))
                    if state.stands_in.is_none() =>
                {
                    let replaced = state.replaced;
                    drop(state);
                    self.replace(replaced, &error)?;
                }
                // Bytes that make no sense make none the next time either.
                answer => return answer,
            }
        }
    }

    /// Replaces the base that took the place of the `failed`th one and failed with `error`, unless
    /// somebody else has done so. Readers wait, but not for the disk to have room.
    fn replace(&self, failed: u32, error: &StoreError) -> Result<(), StoreError> {
        let mut state = self.state.write().unwrap_or_else(PoisonError::into_inner);
        if state.replaced > failed {
            return Ok(());
        }
        if state.opened == OPENED_AGAIN_MAX {
            return Err(StoreError::Lost(Box::new(error.clone())));
        }
        let lost = |error| StoreError::Lost(Box::new(error));
        let mut stands_in = None;
        let opened = match (self.open_again)(Opening::ToWrite) {
            Err(why @ (StoreError::Io { .. } | StoreError::Full { .. })) => {
                stands_in = Some(why);
                // What stands in already goes on.
                if state.stands_in.is_some() {
                    state.stands_in = stands_in;
                    return Ok(());
                }
                (self.open_again)(Opening::ToRead)
            }
            opened => opened,
        };
        let checked = opened.and_then(|base| self.check(base, error.path()));
        state.base = checked.map_err(lost)?;
        state.replaced += 1;
        match &stands_in {
            Some(why) => tracing::warn!(%error, %why, "the view cache failed and is read alone"),
            None => {
                state.opened += 1;
                tracing::warn!(%error, "the view cache failed and was opened again");
            }
        }
        state.stands_in = stands_in;
        Ok(())
    }

    /// Tries to open the base to be written, if it is only read now.
    fn stop_standing_in(&self) -> Result<(), StoreError> {
        let state = self.state();
        let (replaced, why) = (state.replaced, state.stands_in.clone());
        drop(state);
        let Some(why) = why else { return Ok(()) };
        self.replace(replaced, &why)?;
        self.state().stands_in.clone().map_or(Ok(()), Err)
    }

    /// Whether a base that was opened again stands where it must.
    fn check(&self, base: Box<dyn Base>, path: &Path) -> Result<Box<dyn Base>, StoreError> {
        let (found, mut progress) = (base.cursor()?, self.progress());
        if found == progress.settled {
            return Ok(base);
        }
        if found.is_none() || found != progress.under_way {
            let reason = "it is not where it was after the last flush".to_owned();
            return Err(StoreError::Mismatch { path: path.to_owned(), reason });
        }
        progress.settled = found;
        Ok(base)
    }
}

impl Base for Cache {
    fn get(&self, key: &[u8]) -> Result<Option<Value>, StoreError> {
        self.read(|base| base.get(key))
    }

    fn range(
        &self,
        from: &[u8],
        until: Option<&[u8]>,
        limit: usize,
    ) -> Result<Vec<(Key, Value)>, StoreError> {
        self.read(|base| base.range(from, until, limit))
    }

    fn last(
        &self,
        from: &[u8],
        until: &[u8],
        keep: &dyn Fn(&[u8]) -> bool,
    ) -> Result<Option<(Key, Value)>, StoreError> {
        self.read(|base| base.last(from, until, keep))
    }

    fn check_room(&self, entries: usize, bytes: usize) -> Result<(), StoreError> {
        self.state().base.check_room(entries, bytes)
    }

    /// After an error other than [`StoreError::Lost`], the cache is as it was before: the same batch
    /// may be applied later.
    fn apply(&self, batch: Batch<'_>, cursor: &Cursor) -> Result<(), StoreError> {
        self.stop_standing_in()?;
        self.progress().under_way = Some(cursor.clone());
        let state = self.state();
        let applied = state.base.apply(batch, cursor);
        let replaced = state.replaced;
        drop(state);
        if let Err(error) = applied {
            self.replace(replaced, &error)?;
            if self.progress().settled.as_ref() != Some(cursor) {
                return Err(error);
            }
        }
        self.progress().settled = Some(cursor.clone());
        Ok(())
    }

    fn cursor(&self) -> Result<Option<Cursor>, StoreError> {
        self.read(|base| base.cursor())
    }
}
