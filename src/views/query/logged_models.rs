//! Search over logged models.

use std::{collections::BTreeSet, sync::Arc};

use super::{
    super::{Views, lookup},
    Keys, Page, Query,
};
use crate::{
    domain::entity::{LoggedModel, LoggedModelMetric},
    search::{Attribute, Comparison, Dataset, Field, SortValue},
};

/// A logged model with its metrics.
#[derive(Clone)]
pub struct Measured {
    /// The model.
    pub model: Arc<LoggedModel>,
    /// Its metric points.
    pub metrics: Vec<Arc<LoggedModelMetric>>,
}

/// The active logged models in `experiments` that match, in order. `datasets` narrows the metrics
/// that count in the filter; without a metric in the filter, a model must have one on them.
pub fn search_logged_models(
    views: &Views,
    experiments: &BTreeSet<u64>,
    datasets: &[Dataset],
    query: &Query,
) -> Page<Measured> {
    let index = views.index();
    let of_experiments = experiments.iter().filter_map(|id| index.catalog.logged_models.get(id));
    let candidates = of_experiments.flat_map(|models| models.values()).filter(|model| {
        query.view_type.shows(model.lifecycle.is_active())
            && query.filter.comparisons.iter().all(|it| holds(it, model))
    });
    let candidates: Vec<_> = candidates.cloned().collect();
    drop(index);
    let measure = |model: Arc<LoggedModel>| {
        let metrics = lookup::logged_model_metrics(&views.view(), &model.model_id);
        Measured { model, metrics }
    };
    if asks_for_metrics(datasets, query) {
        let measured = candidates.into_iter().map(measure);
        let matches = measured.filter(|it| metrics_hold(query, datasets, &it.metrics)).collect();
        return query.page(matches, query);
    }
    let bare = |model| Measured { model, metrics: Vec::new() };
    let matches = candidates.into_iter().map(bare).collect();
    let page = query.page(matches, query);
    let items = page.items.into_iter().map(|it| measure(it.model)).collect();
    Page { items, end: page.end }
}

/// Whether metrics decide what matches or in which order; if not, only a page's need be read.
fn asks_for_metrics(datasets: &[Dataset], query: &Query) -> bool {
    let filtered = query.filter.comparisons.iter().map(|comparison| &comparison.field);
    let mut fields = filtered.chain(query.order_by.iter().map(|order| &order.field));
    !datasets.is_empty() || fields.any(|field| matches!(field, Field::Metric(_)))
}

/// Whether a comparison holds, metrics aside.
fn holds(comparison: &Comparison, model: &LoggedModel) -> bool {
    match &comparison.field {
        Field::Attribute(Attribute::ExperimentId) => {
            comparison.matches_text(Some(&model.experiment_id.to_string()))
        }
        Field::Attribute(field) => match attribute(model, *field) {
            SortValue::Int(value) => comparison.matches_int(Some(value)),
            SortValue::Text(text) => comparison.matches_text(Some(text)),
            SortValue::Number(_) | SortValue::Missing => comparison.matches_text(None),
        },
        Field::Param(key) => comparison.matches_text(model.params.get(key).map(String::as_str)),
        Field::Tag(key) => comparison.matches_text(model.tags.get(key).map(String::as_str)),
        Field::Metric(_) => true,
        Field::Dataset(_) => false,
    }
}

/// Whether an order by a metric means this one: what it leaves open may be anything.
fn is_on(metric: &LoggedModelMetric, dataset: &Dataset) -> bool {
    let same =
        |wanted: &Option<String>, found: &Option<String>| wanted.is_none() || wanted == found;
    same(&dataset.name, &metric.dataset_name) && same(&dataset.digest, &metric.dataset_digest)
}

/// Whether a filter by dataset means this metric: without a digest it means those without one, as in
/// MLflow.
fn is_exactly_on(metric: &LoggedModelMetric, dataset: &Dataset) -> bool {
    dataset.name == metric.dataset_name && dataset.digest == metric.dataset_digest
}

fn metrics_hold(query: &Query, datasets: &[Dataset], metrics: &[Arc<LoggedModelMetric>]) -> bool {
    let counts = |metric: &LoggedModelMetric| {
        datasets.is_empty() || datasets.iter().any(|it| is_exactly_on(metric, it))
    };
    let mut named = false;
    for comparison in &query.filter.comparisons {
        let Field::Metric(key) = &comparison.field else { continue };
        named = true;
        let fits = |it: &Arc<LoggedModelMetric>| {
            it.key == *key && counts(it) && comparison.matches_metric(Some(it.point.stored_value()))
        };
        if !metrics.iter().any(fits) {
            return false;
        }
    }
    named || datasets.is_empty() || metrics.iter().any(|metric| counts(metric))
}

fn attribute<'a>(model: &'a LoggedModel, attribute: Attribute) -> SortValue<'a> {
    // MLflow keeps a missing one as an empty text.
    let optional = |text: Option<&'a str>| SortValue::Text(text.unwrap_or_default());
    match attribute {
        Attribute::ModelId => SortValue::Text(&model.model_id),
        Attribute::Name => SortValue::Text(&model.name),
        Attribute::ModelType => optional(model.model_type.as_deref()),
        Attribute::SourceRunId => optional(model.source_run_id.as_deref()),
        Attribute::ArtifactLocation => SortValue::Text(&model.artifact_uri),
        Attribute::LifecycleStage => SortValue::Text(model.lifecycle.as_str()),
        // The number, as text: that is what MLflow compares with.
        Attribute::Status => SortValue::Text(match model.status.code() {
            0 => "0",
            1 => "1",
            2 => "2",
            _ => "3",
        }),
        Attribute::ExperimentId => SortValue::Int(model.experiment_id.cast_signed()),
        Attribute::CreationTimestamp => SortValue::Int(model.created_at),
        Attribute::LastUpdatedTimestamp => SortValue::Int(model.updated_at),
        _ => SortValue::Missing,
    }
}

/// The latest value of the metric that an order names.
fn metric<'a>(of: &'a Measured, key: &str, dataset: Option<&Dataset>) -> SortValue<'a> {
    let fits = |it: &&Arc<LoggedModelMetric>| {
        it.key == key && dataset.is_none_or(|dataset| is_on(it, dataset))
    };
    let latest = of.metrics.iter().filter(fits).max_by(|a, b| {
        let time = |it: &LoggedModelMetric| (it.point.timestamp, it.point.step);
        time(a).cmp(&time(b)).then_with(|| b.run_id.cmp(&a.run_id))
    });
    latest.map_or(SortValue::Missing, |it| SortValue::Number(it.point.stored_value()))
}

impl Keys<Measured> for Query {
    fn value<'a>(&'a self, of: &'a Measured, at: usize) -> SortValue<'a> {
        let Some(order) = self.order_by.get(at) else { return SortValue::Missing };
        match &order.field {
            Field::Attribute(field) => attribute(&of.model, *field),
            Field::Metric(key) => metric(of, key, order.dataset.as_ref()),
            Field::Param(_) | Field::Tag(_) | Field::Dataset(_) => SortValue::Missing,
        }
    }
}
