//! What is compared with itself: an entity, and of an experiment its runs that changed.

use std::collections::{BTreeSet, HashSet};

use crate::{
    audit::{Entity, ReadError, decode},
    base::Seq,
    event::{Envelope, Event, Subject},
    views::{Views, query::runs_of_experiment},
    wal::WalReader,
};

/// The runs of an experiment that are told with it: those that changed first.
const RUNS_MAX: usize = 1000;

/// An entity between two moments, with what belongs to it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Compared {
    entity: Entity,
    /// Runs of the experiment that changed, up to [`RUNS_MAX`].
    runs: BTreeSet<String>,
    /// Those beyond.
    pub(super) more_runs: u64,
}

impl Compared {
    /// As `views` tell, with the positions of all its events.
    pub fn of(views: &Views, entity: Entity, (from, to): (Seq, Seq)) -> (Self, Vec<Seq>) {
        let view = views.view();
        let mut positions = entity.positions(&view);
        let mut changed = Vec::new();
        if let Entity::Experiment(id) = entity {
            for run_id in runs_of_experiment(views, id) {
                let of_run = Entity::Run(run_id.to_string()).positions(&view);
                let after = of_run.get(of_run.partition_point(|seq| *seq <= from.0)).copied();
                changed.extend(after.filter(|seq| *seq <= to.0).map(|seq| (seq, run_id)));
            }
        }
        changed.sort_unstable_by_key(|(seq, _)| *seq);
        let changed = changed.into_iter().map(|(_, run_id)| run_id.to_string());
        let compared = Self::with(entity, changed.collect());
        for run_id in &compared.runs {
            positions.extend(Entity::Run(run_id.clone()).positions(&view));
        }
        positions.sort_unstable();
        (compared, positions.into_iter().map(Seq).collect())
    }

    /// As a log tells of which there are no views.
    pub fn scanned(
        log: &dyn WalReader,
        entity: Entity,
        (from, to): (Seq, Seq),
    ) -> Result<Self, ReadError> {
        let (mut all, mut changed) = (HashSet::new(), Vec::new());
        let mut known = HashSet::new();
        if let Entity::Experiment(id) = entity
            && from < to
        {
            for record in log.read_from(Seq(1)) {
                let Envelope { seq, event, .. } = decode(&record?)?;
                if seq > to {
                    break;
                }
                let Subject::Run(run_id) = event.subject() else { continue };
                if matches!(&event, Event::RunCreated(it) if it.experiment_id == id) {
                    all.insert(run_id.to_owned());
                }
                if seq > from && all.contains(run_id) && known.insert(run_id.to_owned()) {
                    changed.push(run_id.to_owned());
                }
            }
        }
        Ok(Self::with(entity, changed))
    }

    fn with(entity: Entity, mut changed: Vec<String>) -> Self {
        let more_runs = changed.len().saturating_sub(RUNS_MAX) as u64;
        changed.truncate(RUNS_MAX);
        Self { entity, runs: changed.into_iter().collect(), more_runs }
    }

    /// Those of the events at these positions that are about it.
    pub fn events<'a>(
        &'a self,
        log: &'a dyn WalReader,
        positions: Vec<Seq>,
    ) -> impl Iterator<Item = Result<Envelope, ReadError>> + 'a {
        let events = positions.into_iter().map(|seq| decode(&log.read(seq)?));
        events.filter(|event| event.as_ref().map_or(true, |it| self.part(&it.event).is_some()))
    }

    /// The events about it up to `until`; all of the log is looked at.
    pub fn scanned_events<'a>(
        &'a self,
        log: &'a dyn WalReader,
        until: Seq,
    ) -> impl Iterator<Item = Result<Envelope, ReadError>> + 'a {
        let records = log.read_from(Seq(1));
        let known = records.take_while(move |it| it.as_ref().map_or(true, |it| it.seq <= until));
        let events = known.map(|record| decode(&record?));
        events.filter(|event| event.as_ref().map_or(true, |it| self.part(&it.event).is_some()))
    }

    /// What the names of the fields that an event sets begin with; `None` if it is about something else.
    pub(super) fn part(&self, event: &Event) -> Option<String> {
        if self.entity.is_concerned_by(event) {
            return Some(String::new());
        }
        match event.subject() {
            Subject::Run(run_id) if self.runs.contains(run_id) => Some(format!("runs.{run_id}.")),
            _ => None,
        }
    }
}
