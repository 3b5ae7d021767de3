//! Search over runs.

use std::{collections::BTreeSet, sync::Arc};

use super::{
    super::{
        Views,
        index::{Column, Index, RunIndex, RunRow, Symbol},
    },
    Keys, Page, Query, each_slice,
};
use crate::{
    domain::{entity::Lifecycle, tag_names::RUN_NAME},
    search::{Attribute, Comparison, DatasetKey, Field, SortValue},
};

/// The ids of the runs in `experiments` that match, in order.
pub fn search_runs(views: &Views, experiments: &BTreeSet<u64>, query: &Query) -> Page<Arc<str>> {
    let mut matches = Vec::new();
    for &experiment_id in experiments {
        each_slice(views, experiment_id, |index, rows| {
            collect(index, experiment_id, rows, query, &mut matches);
        });
    }
    let index = views.index();
    let runs = &index.runs;
    let sources = query.order_by.iter().map(|order| sort_source(runs, &order.field)).collect();
    let page = query.page(matches, &RunKeys { runs, sources });
    let id = |row: u32| runs.row(row).map(|row| row.run_id.clone());
    Page { items: page.items.into_iter().filter_map(id).collect(), end: page.end }
}

/// The ids of all runs of an experiment, in the order of their creation.
pub fn runs_of_experiment(views: &Views, experiment_id: u64) -> Vec<Arc<str>> {
    let mut ids = Vec::new();
    each_slice(views, experiment_id, |index, rows| {
        let rows = rows.iter().filter_map(|row| index.runs.row(*row));
        ids.extend(rows.map(|row| row.run_id.clone()));
    });
    ids
}

pub(super) fn collect(
    index: &Index,
    experiment_id: u64,
    rows: &[u32],
    query: &Query,
    out: &mut Vec<u32>,
) {
    let runs = &index.runs;
    let experiment = index.catalog.experiments.get(&experiment_id).map(|it| it.lifecycle);
    let tests: Vec<Test<'_>> =
        query.filter.comparisons.iter().map(|it| Test::new(runs, it)).collect();
    let mut memos: Vec<Memo> = tests.iter().map(|_| Memo::default()).collect();
    for &row in rows {
        let Some(run) = runs.row(row) else { continue };
        let shows = query.view_type.shows(is_active(run, experiment));
        if shows
            && tests.iter().zip(&mut memos).all(|(test, memo)| test.holds(runs, row, run, memo))
        {
            out.push(row);
        }
    }
}

/// Whether a run shows as active: what was said last holds, of it or of its experiment.
pub(super) fn is_active(run: &RunRow, experiment: Option<Lifecycle>) -> bool {
    let later = experiment.filter(|experiment| experiment.seq > run.lifecycle.seq);
    later.unwrap_or(run.lifecycle).is_active()
}

/// One comparison with its column at hand.
struct Test<'a> {
    comparison: &'a Comparison,
    source: Source<'a>,
}

/// Where a comparison's left side comes from.
pub(super) enum Source<'a> {
    Metric(Option<&'a Column<f64>>),
    Text(Option<&'a Column<Symbol>>),
    Attribute(Attribute),
    Dataset(DatasetKey),
}

/// Answers already found for symbols, so that each distinct text is compared once.
#[derive(Default)]
struct Memo(Vec<Option<bool>>);

impl Memo {
    fn answer(&mut self, symbol: Symbol, ask: impl FnOnce() -> bool) -> bool {
        let at = symbol.index();
        if at >= self.0.len() {
            self.0.resize(at + 1, None);
        }
        match self.0.get_mut(at) {
            Some(known) => *known.get_or_insert_with(ask),
            None => ask(),
        }
    }
}

impl<'a> Test<'a> {
    fn new(runs: &'a RunIndex, comparison: &'a Comparison) -> Self {
        let source = match &comparison.field {
            Field::Metric(key) => Source::Metric(runs.metric(key)),
            Field::Param(key) => Source::Text(runs.param(key)),
            Field::Tag(key) => Source::Text(runs.tag(key)),
            // MLflow looks the name up among the tags.
            Field::Attribute(Attribute::RunName) => Source::Text(runs.tag(RUN_NAME)),
            Field::Attribute(attribute) => Source::Attribute(*attribute),
            Field::Dataset(key) => Source::Dataset(*key),
        };
        Self { comparison, source }
    }

    fn holds(&self, runs: &RunIndex, row: u32, run: &RunRow, memo: &mut Memo) -> bool {
        match &self.source {
            Source::Metric(column) => {
                self.comparison.matches_metric(column.and_then(|column| column.get(row)))
            }
            Source::Text(column) => {
                let symbol = column.and_then(|column| column.get(row)).unwrap_or_default();
                memo.answer(symbol, || self.comparison.matches_text(runs.symbols.text(symbol)))
            }
            Source::Attribute(attribute) => match attribute_value(runs, run, *attribute) {
                SortValue::Int(value) => self.comparison.matches_int(Some(value)),
                SortValue::Text(text) => self.comparison.matches_text(Some(text)),
                SortValue::Number(_) | SortValue::Missing => {
                    if is_time(*attribute) {
                        self.comparison.matches_int(None)
                    } else {
                        self.comparison.matches_text(None)
                    }
                }
            },
            Source::Dataset(key) => runs.datasets(row).iter().any(|dataset| {
                let symbol = match key {
                    DatasetKey::Name => dataset.name,
                    DatasetKey::Digest => dataset.digest,
                    DatasetKey::Context => dataset.context,
                };
                symbol.is_some() && self.comparison.matches_text(runs.symbols.text(symbol))
            }),
        }
    }
}

fn is_time(attribute: Attribute) -> bool {
    matches!(attribute, Attribute::StartTime | Attribute::EndTime)
}

fn attribute_value<'a>(runs: &'a RunIndex, run: &'a RunRow, attribute: Attribute) -> SortValue<'a> {
    match attribute {
        Attribute::RunId => SortValue::Text(&run.run_id),
        Attribute::RunName => text(runs.symbols.text(run.name)),
        Attribute::UserId => text(runs.symbols.text(run.user_id)),
        Attribute::ArtifactUri => SortValue::Text(&run.artifact_uri),
        Attribute::Status => SortValue::Text(run.status.as_str()),
        Attribute::StartTime => SortValue::Int(run.start_time),
        Attribute::EndTime => run.end_time.map_or(SortValue::Missing, SortValue::Int),
        _ => SortValue::Missing,
    }
}

fn text(text: Option<&str>) -> SortValue<'_> {
    text.map_or(SortValue::Missing, SortValue::Text)
}

/// The keys of an order with their columns at hand.
pub(super) struct RunKeys<'i> {
    pub(super) runs: &'i RunIndex,
    pub(super) sources: Vec<Source<'i>>,
}

pub(super) fn sort_source<'i>(runs: &'i RunIndex, field: &Field) -> Source<'i> {
    match field {
        Field::Metric(key) => Source::Metric(runs.metric(key)),
        Field::Param(key) => Source::Text(runs.param(key)),
        Field::Tag(key) => Source::Text(runs.tag(key)),
        Field::Attribute(attribute) => Source::Attribute(*attribute),
        Field::Dataset(key) => Source::Dataset(*key),
    }
}

impl Keys<u32> for RunKeys<'_> {
    fn value<'a>(&'a self, row: &'a u32, at: usize) -> SortValue<'a> {
        match self.sources.get(at) {
            Some(Source::Metric(column)) => {
                let found = column.and_then(|column| column.get(*row));
                found.map_or(SortValue::Missing, SortValue::Number)
            }
            Some(Source::Text(column)) => {
                let symbol = column.and_then(|column| column.get(*row)).unwrap_or_default();
                text(self.runs.symbols.text(symbol))
            }
            Some(Source::Attribute(attribute)) => {
                let run = self.runs.row(*row);
                run.map_or(SortValue::Missing, |run| attribute_value(self.runs, run, *attribute))
            }
            Some(Source::Dataset(_)) | None => SortValue::Missing,
        }
    }
}
