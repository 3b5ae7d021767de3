//! Runs as rows of a table: any window of the sorted matches, with the columns that are wanted, straight from the
//! index. No document is read.

use std::{collections::BTreeSet, sync::Arc};

use super::{
    super::{
        Views,
        index::{Column, RunIndex, RunRow, Symbol},
    },
    Query, each_slice,
    runs::{RunKeys, collect, is_active, sort_source},
};
use crate::event::RunStatus;

/// A column beyond the attributes.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum TableColumn {
    /// The latest value of a metric.
    Metric(String),
    /// A parameter.
    Param(String),
    /// A tag.
    Tag(String),
}

/// What a run has in a column.
#[derive(Debug, Clone, PartialEq)]
pub enum Cell {
    /// A number.
    Number(f64),
    /// A text.
    Text(String),
}

/// A run.
#[derive(Debug, Clone, PartialEq)]
pub struct TableRow {
    /// Id.
    pub run_id: Arc<str>,
    /// Experiment.
    pub experiment_id: u64,
    /// Name.
    pub name: String,
    /// User of the request that created it.
    pub user_id: String,
    /// Status.
    pub status: RunStatus,
    /// Start, in milliseconds since the Unix epoch.
    pub start_time: i64,
    /// End.
    pub end_time: Option<i64>,
    /// Neither it nor its experiment is deleted.
    pub is_active: bool,
    /// What it has in the columns that were asked for, in their order.
    pub cells: Vec<Option<Cell>>,
}

/// A window of the matches.
#[derive(Debug, Clone, PartialEq)]
pub struct RunTable {
    /// How many match in all.
    pub total: usize,
    /// Those from the offset on, in order, at most as many as the query's limit.
    pub rows: Vec<TableRow>,
}

/// The window of the runs in `experiments` that match, from `offset` on. The query's `after` is not used.
pub fn run_table(
    views: &Views,
    experiments: &BTreeSet<u64>,
    query: &Query,
    offset: usize,
    columns: &[TableColumn],
) -> RunTable {
    let mut matches = Vec::new();
    for &experiment_id in experiments {
        each_slice(views, experiment_id, |index, rows| {
            collect(index, experiment_id, rows, query, &mut matches);
        });
    }
    let total = matches.len();
    let index = views.index();
    let runs = &index.runs;
    let sources = query.order_by.iter().map(|order| sort_source(runs, &order.field)).collect();
    query.window(&mut matches, offset, &RunKeys { runs, sources });
    let columns: Vec<_> = columns.iter().map(|column| Source::of(runs, column)).collect();
    let rows = matches.iter().filter_map(|row| {
        let run = runs.row(*row)?;
        let experiment = index.catalog.experiments.get(&run.experiment_id);
        let is_active = is_active(run, experiment.map(|it| it.lifecycle));
        Some(table_row(
            runs,
            run,
            is_active,
            columns.iter().map(|it| it.cell(runs, *row)).collect(),
        ))
    });
    RunTable { total, rows: rows.collect() }
}

fn table_row(runs: &RunIndex, run: &RunRow, is_active: bool, cells: Vec<Option<Cell>>) -> TableRow {
    let text = |symbol: Symbol| runs.symbols.text(symbol).unwrap_or_default().to_owned();
    TableRow {
        run_id: run.run_id.clone(),
        experiment_id: run.experiment_id,
        name: text(run.name),
        user_id: text(run.user_id),
        status: run.status,
        start_time: run.start_time,
        end_time: run.end_time,
        is_active,
        cells,
    }
}

/// A column at hand.
enum Source<'i> {
    Numbers(Option<&'i Column<f64>>),
    Texts(Option<&'i Column<Symbol>>),
}

impl<'i> Source<'i> {
    fn of(runs: &'i RunIndex, column: &TableColumn) -> Self {
        match column {
            TableColumn::Metric(key) => Self::Numbers(runs.metric(key)),
            TableColumn::Param(key) => Self::Texts(runs.param(key)),
            TableColumn::Tag(key) => Self::Texts(runs.tag(key)),
        }
    }

    fn cell(&self, runs: &RunIndex, row: u32) -> Option<Cell> {
        match self {
            Self::Numbers(column) => column.and_then(|it| it.get(row)).map(Cell::Number),
            Self::Texts(column) => {
                let symbol = column.and_then(|it| it.get(row))?;
                runs.symbols.text(symbol).map(|text| Cell::Text(text.to_owned()))
            }
        }
    }
}

/// The keys of metrics and parameters that a run in `experiments` has, in the order of the keys.
pub fn run_columns(views: &Views, experiments: &BTreeSet<u64>) -> Vec<TableColumn> {
    let index = views.index();
    let runs = &index.runs;
    let rows = || experiments.iter().flat_map(|id| runs.of_experiment(*id));
    let metrics = runs.metrics().filter(|(_, column)| rows().any(|row| column.get(*row).is_some()));
    let params = runs.params().filter(|(_, column)| rows().any(|row| column.get(*row).is_some()));
    let metrics = metrics.map(|(key, _)| TableColumn::Metric(key.to_owned()));
    let params = params.map(|(key, _)| TableColumn::Param(key.to_owned()));
    let mut columns: Vec<_> = metrics.chain(params).collect();
    columns.sort_unstable();
    columns
}
