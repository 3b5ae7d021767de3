//! Views as they were: folded from the log up to a moment, and kept for the next who asks for it.

use std::{collections::VecDeque, sync::Arc};

use tokio::{
    sync::{OnceCell, Semaphore},
    task::spawn_blocking,
};

use super::{OpenError, open::prefix_of, replay};
use crate::{
    base::{Seq, sync::Mutex},
    views::Views,
    wal::WalReader,
};

/// Moments that are kept.
const MOMENTS_MAX: usize = 4;
/// What they may take in memory together; the last one is kept even if it takes more.
const MOMENTS_BYTES_MAX: usize = 1 << 30;
/// Events folded before it is looked whether anybody still waits for them.
const SLICE_EVENTS: u64 = 50_000;

/// The views of one moment, folded once for all who ask meanwhile, and what they take in memory.
type Folded = Arc<OnceCell<(Arc<Views>, usize)>>;

/// The views of the moments that were asked for last.
pub(super) struct Past {
    /// The last asked for first.
    moments: Mutex<VecDeque<(Seq, Folded)>>,
    /// One fold at a time: each takes a core and the memory of its views.
    turn: Semaphore,
}

impl Default for Past {
    fn default() -> Self {
        Self { moments: Mutex::default(), turn: Semaphore::new(1) }
    }
}

impl Past {
    /// The views when `until` was the last event of `log`, which holds it.
    pub(super) async fn views(
        &self,
        log: &Arc<dyn WalReader>,
        now: &Arc<Views>,
        until: Seq,
    ) -> Result<Arc<Views>, OpenError> {
        let fold = || async {
            let _turn = self.turn.acquire().await;
            let views = fold(Arc::clone(log), Arc::clone(now), until).await?;
            let bytes = views.bytes();
            Ok::<_, OpenError>((views, bytes))
        };
        let moment = self.moment(until);
        let (views, _) = moment.get_or_try_init(fold).await?;
        self.forget(MOMENTS_BYTES_MAX);
        Ok(Arc::clone(views))
    }

    /// Lets go of the moments that were not asked for the longest, if all take too much.
    fn forget(&self, bytes_max: usize) {
        let mut moments = self.moments.lock().expect("no thread panics under this lock");
        let mut bytes = 0;
        let kept = moments.iter().take_while(|(_, moment)| {
            bytes += moment.get().map_or(0, |(_, bytes)| *bytes);
            bytes <= bytes_max
        });
        let kept = kept.count().max(1);
        moments.truncate(kept);
    }

    fn moment(&self, until: Seq) -> Folded {
        let mut moments = self.moments.lock().expect("no thread panics under this lock");
        let at = moments.iter().position(|(seq, _)| *seq == until);
        let moment = at.and_then(|at| moments.remove(at));
        let moment = moment.unwrap_or_else(|| (until, Folded::default()));
        let folded = Arc::clone(&moment.1);
        moments.push_front(moment);
        moments.truncate(MOMENTS_MAX);
        folded
    }
}

/// Views from which those of a moment can be folded: of the last snapshot before it, or empty.
fn beginning(log: &dyn WalReader, now: &Views, until: Seq) -> Views {
    let snapshot = now.snapshot_before(until);
    let ours = snapshot.filter(|views| matches!(prefix_of(log, views.position()), Ok(true)));
    ours.unwrap_or_else(|| Views::in_memory(now.log_id()))
}

/// Folds on a thread of its own, and stops early once nobody waits any more.
async fn fold(
    log: Arc<dyn WalReader>,
    now: Arc<Views>,
    until: Seq,
) -> Result<Arc<Views>, OpenError> {
    let waiting = Arc::new(());
    let awaited = Arc::downgrade(&waiting);
    let folding = spawn_blocking(move || {
        let views = beginning(&*log, &now, until);
        while views.position().seq < until && awaited.strong_count() > 0 {
            let slice = until.min(views.position().seq.plus(SLICE_EVENTS));
            replay(&*log, &views, slice, &mut |_| {})?;
        }
        Ok(Arc::new(views))
    });
    let folded = folding.await.expect("a fold ends by itself, and does not panic");
    drop(waiting);
    folded
}

#[cfg(all(test, not(feature = "shuttle")))]
mod tests {
    use super::*;
    use crate::wal::{MemoryWal, Wal as _};

    #[test]
    fn moments_are_kept_up_to_a_number_and_a_size() {
        let runtime = tokio::runtime::Builder::new_multi_thread().build().expect("threads");
        let log: Arc<dyn WalReader> = MemoryWal::default().reader();
        let now = Arc::new(Views::in_memory(log.log_id().into_bytes()));
        let past = Past::default();
        let kept = || past.moments.lock().unwrap().iter().map(|(seq, _)| seq.0).collect::<Vec<_>>();
        runtime.block_on(past.views(&log, &now, Seq::ZERO)).unwrap();
        for seq in [3, 1, 2] {
            let cell = OnceCell::new_with(Some((Arc::clone(&now), 100)));
            past.moments.lock().unwrap().push_front((Seq(seq), Arc::new(cell)));
        }
        past.forget(300);
        assert_eq!(kept(), [2, 1, 3, 0]);
        past.forget(250);
        assert_eq!(kept(), [2, 1]);
        past.moment(Seq(1));
        past.forget(10);
        assert_eq!(kept(), [1], "the last one asked for stays");
        (10..20).for_each(|seq| drop(past.moment(Seq(seq))));
        assert_eq!(kept(), [19, 18, 17, 16]);
    }
}
