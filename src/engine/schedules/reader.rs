//! A reader that looks at a client's batches through one view after another.

use super::{CLIENTS, RUNS, Stage};
use crate::{
    base::{Seq, sync::schedules::draw},
    event::{Event, codec},
    views::{
        keys::{self, part},
        series,
        store::{Read as _, Value},
    },
    wal::{WalError, WalReader},
};

/// What a reader has seen so far.
#[derive(Default)]
pub(super) struct Reader {
    in_views: [u64; CLIENTS],
    in_log: [u64; CLIENTS],
    folded: Seq,
}

impl Reader {
    /// Looks once. What was acknowledged or seen before must be there, what was not sent must not,
    /// and what is seen must be durable.
    pub(super) fn look(&mut self, stage: &Stage) {
        let client = usize::try_from(draw(CLIENTS as u64)).unwrap();
        let least = stage.acknowledged(client).max(self.in_views[client]);
        let views = stage.engine.views();
        let seen = match draw(4) {
            0 => documents(stage, client),
            1 => indexed(stage, client),
            2 => series::page(&views.view(), RUNS[client], "m", 0, usize::MAX).points.len() as u64,
            _ => {
                let Ok(seen) = logged(stage.engine.log(), client) else {
                    assert!(!stage.faulty.failed().is_empty(), "the log cannot be read");
                    return;
                };
                assert!(seen >= self.in_log[client], "the log went backwards");
                self.in_log[client] = seen;
                seen
            }
        };
        assert!(seen >= least, "{least} batches were acknowledged or seen, now there are {seen}");
        let sent = stage.sent[client].load(std::sync::atomic::Ordering::SeqCst);
        assert!(seen <= sent, "a batch is seen that was not sent");
        if seen > self.in_log[client] {
            self.in_views[client] = seen;
        }
        self.position(stage);
        if draw(4) == 0 {
            assert!(stage.after_power_cut(client) >= seen, "what was seen was not durable");
        }
    }

    fn position(&mut self, stage: &Stage) {
        let folded = stage.engine.views().position().seq;
        assert!(folded >= self.folded, "the views' position went backwards");
        assert!(folded <= stage.engine.log().head(), "the views are ahead of the log");
        self.folded = folded;
    }
}

/// The batches that the documents of a run show: the run with all its parts is one read.
fn documents(stage: &Stage, client: usize) -> u64 {
    let entries = stage.engine.views().view().prefix(&keys::run(RUNS[client]));
    let (mut params, mut tag, mut metric) = (0, 0, 0.0);
    for (key, value) in entries {
        match (keys::split_run(&key), value) {
            (Some((_, part::PARAM, _)), Value::Text(..)) => params += 1,
            (Some((_, part::TAG, "t")), Value::Text(_, text)) => tag = text.parse().unwrap(),
            (Some((_, part::METRIC, _)), Value::Point(_, point)) => metric = point.value,
            _ => {}
        }
    }
    assert_eq!(params, tag, "a part of a batch is seen");
    assert_eq!(tag.to_string(), metric.to_string(), "a part of a batch is seen");
    tag
}

/// The batches that the index of runs shows.
fn indexed(stage: &Stage, client: usize) -> u64 {
    let index = stage.engine.views().index();
    let row = index.runs.of_experiment(0)[client];
    let metric = index.runs.metric("m").and_then(|column| column.get(row));
    let params = (1..).take_while(|number| {
        let column = index.runs.param(&format!("p{number}"));
        column.is_some_and(|column| column.get(row).is_some())
    });
    let params = params.count() as u64;
    assert_eq!(params.to_string(), metric.unwrap_or_default().to_string(), "a part is seen");
    params
}

/// The batches that the log holds.
pub(super) fn logged(log: &dyn WalReader, client: usize) -> Result<u64, WalError> {
    let (mut params, mut tags) = (0, 0);
    for record in log.read_from(Seq(1)) {
        match codec::decode_record(&record?).unwrap().event {
            Event::ParamsLogged(it) if it.run_id == RUNS[client] => params += 1,
            Event::RunTagsSet(it) if it.run_id == RUNS[client] => tags += 1,
            _ => {}
        }
    }
    assert_eq!(params, tags, "the log shows a part of a batch");
    Ok(params)
}
