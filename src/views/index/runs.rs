//! Runs as columns: attributes by row, and one column a metric, parameter and tag key.

use std::{
    collections::{BTreeMap, HashMap},
    sync::Arc,
};

use super::{
    super::{
        keys,
        keys::part,
        store::{Place, Value},
    },
    Column, Symbol, Symbols,
};
use crate::{
    base::Seq,
    domain::entity::{Lifecycle, Run},
    event::RunStatus,
};

/// The attributes of a run that searches ask for.
#[derive(Debug, Clone)]
pub struct RunRow {
    /// Id.
    pub run_id: Arc<str>,
    /// Experiment.
    pub experiment_id: u64,
    /// Name.
    pub name: Symbol,
    /// User of the request that created it.
    pub user_id: Symbol,
    /// Where its artifacts are, up to the run's id.
    pub artifact_uri: Arc<str>,
    /// Status.
    pub status: RunStatus,
    /// Start.
    pub start_time: i64,
    /// End.
    pub end_time: Option<i64>,
    /// Own lifecycle.
    pub lifecycle: Lifecycle,
}

/// A dataset use as searches ask for it.
#[derive(Debug, Clone, Copy)]
pub struct DatasetRow {
    /// Its place among all uses.
    pub place: Place,
    /// Name.
    pub name: Symbol,
    /// Digest.
    pub digest: Symbol,
    /// The tag `mlflow.data.context`.
    pub context: Symbol,
}

/// What a run's id and the place of its artifacts take, and finding it by id and experiment.
const ROW_BYTES: usize = 250;

/// All runs. A row is a run's place in the order of first sight.
#[derive(Default)]
pub struct RunIndex {
    /// Strings of all columns.
    pub symbols: Symbols,
    rows: Vec<RunRow>,
    by_id: HashMap<Arc<str>, u32>,
    by_experiment: BTreeMap<u64, Vec<u32>>,
    metrics: HashMap<Box<str>, Column<f64>>,
    params: HashMap<Box<str>, Column<Symbol>>,
    tags: HashMap<Box<str>, Column<Symbol>>,
    datasets: HashMap<u32, Vec<DatasetRow>>,
}

impl RunIndex {
    /// Takes in one change of the run table.
    pub fn apply(&mut self, key: &[u8], value: Option<&Value>) {
        let Some((run_id, part, name)) = keys::split_run(key) else { return };
        let row = self.row_of(run_id);
        match (part, value) {
            (part::SELF, Some(Value::Run(run))) => self.set_run(row, run),
            (part::METRIC, Some(Value::Point(_, point))) => {
                column(&mut self.metrics, name).set(row, Some(point.value));
            }
            (part::PARAM, Some(Value::Text(_, text))) => {
                let symbol = self.symbols.intern(text);
                column(&mut self.params, name).set(row, Some(symbol));
            }
            (part::TAG, Some(Value::Text(_, text))) => {
                let symbol = self.symbols.intern(text);
                column(&mut self.tags, name).set(row, Some(symbol));
            }
            (part::TAG, None) => column(&mut self.tags, name).set(row, None),
            (part::DATASET, Some(Value::Dataset(place, dataset))) => {
                let context = dataset.tags.iter().find(|tag| tag.key == "mlflow.data.context");
                let entry = DatasetRow {
                    place: *place,
                    name: self.symbols.intern(&dataset.name),
                    digest: self.symbols.intern(&dataset.digest),
                    context: context.map_or(Symbol::NONE, |tag| self.symbols.intern(&tag.value)),
                };
                self.datasets.entry(row).or_default().push(entry);
            }
            _ => {}
        }
    }

    /// What it takes in memory, about.
    pub fn bytes(&self) -> usize {
        let rows = self.rows.len() * (size_of::<RunRow>() + ROW_BYTES);
        let texts = self.params.values().chain(self.tags.values()).map(Column::bytes);
        let datasets = self.datasets.values().map(|uses| size_of_val(&**uses) + ROW_BYTES);
        let metrics = self.metrics.values().map(Column::bytes);
        rows + self.symbols.bytes() + texts.chain(metrics).chain(datasets).sum::<usize>()
    }

    /// The row of a run; a part may come before the run itself.
    fn row_of(&mut self, run_id: &str) -> u32 {
        if let Some(row) = self.by_id.get(run_id) {
            return *row;
        }
        let row = u32::try_from(self.rows.len()).expect("fewer than 2^32 runs");
        let run_id: Arc<str> = Arc::from(run_id);
        self.by_id.insert(run_id.clone(), row);
        self.rows.push(RunRow {
            run_id,
            experiment_id: u64::MAX,
            name: Symbol::NONE,
            user_id: Symbol::NONE,
            artifact_uri: Arc::from(""),
            status: RunStatus::Running,
            start_time: 0,
            end_time: None,
            lifecycle: Lifecycle::active(Seq::ZERO),
        });
        row
    }

    fn set_run(&mut self, row: u32, run: &Run) {
        let (name, user_id) = (self.symbols.intern(&run.name), self.symbols.intern(&run.user_id));
        let Some(entry) = self.rows.get_mut(row as usize) else { return };
        if entry.experiment_id != run.experiment_id {
            entry.experiment_id = run.experiment_id;
            entry.artifact_uri = Arc::from(run.artifact_uri.as_str());
            self.by_experiment.entry(run.experiment_id).or_default().push(row);
        }
        entry.name = name;
        entry.user_id = user_id;
        entry.status = run.status;
        entry.start_time = run.start_time;
        entry.end_time = run.end_time;
        entry.lifecycle = run.lifecycle;
    }

    /// The rows of an experiment's runs, in the order of their creation.
    pub fn of_experiment(&self, experiment_id: u64) -> &[u32] {
        self.by_experiment.get(&experiment_id).map_or(&[], Vec::as_slice)
    }

    /// A run's attributes.
    pub fn row(&self, row: u32) -> Option<&RunRow> {
        self.rows.get(row as usize)
    }

    /// All metrics.
    pub fn metrics(&self) -> impl Iterator<Item = (&str, &Column<f64>)> {
        self.metrics.iter().map(|(key, column)| (&**key, column))
    }

    /// All parameters.
    pub fn params(&self) -> impl Iterator<Item = (&str, &Column<Symbol>)> {
        self.params.iter().map(|(key, column)| (&**key, column))
    }

    /// The latest values of a metric.
    pub fn metric(&self, key: &str) -> Option<&Column<f64>> {
        self.metrics.get(key)
    }

    /// The values of a parameter.
    pub fn param(&self, key: &str) -> Option<&Column<Symbol>> {
        self.params.get(key)
    }

    /// The values of a tag.
    pub fn tag(&self, key: &str) -> Option<&Column<Symbol>> {
        self.tags.get(key)
    }

    /// The datasets that a run used.
    pub fn datasets(&self, row: u32) -> &[DatasetRow] {
        self.datasets.get(&row).map_or(&[], Vec::as_slice)
    }
}

fn column<'a, T>(columns: &'a mut HashMap<Box<str>, Column<T>>, key: &str) -> &'a mut Column<T> {
    if !columns.contains_key(key) {
        columns.insert(Box::from(key), Column::default());
    }
    columns.get_mut(key).expect("just inserted")
}
