//! Search over experiments.

use std::sync::Arc;

use super::{super::Views, Keys, Page, Query};
use crate::{
    domain::entity::Experiment,
    search::{Attribute, Comparison, Field, SortValue},
};

/// The experiments that match, in order.
pub fn search_experiments(views: &Views, query: &Query) -> Page<Arc<Experiment>> {
    let index = views.index();
    let matches = index.catalog.experiments.values().filter(|it| {
        query.view_type.shows(it.lifecycle.is_active())
            && query.filter.comparisons.iter().all(|comparison| holds(comparison, it))
    });
    let matches: Vec<_> = matches.cloned().collect();
    drop(index);
    query.page(matches, query)
}

fn attribute(experiment: &Experiment, attribute: Attribute) -> SortValue<'_> {
    match attribute {
        Attribute::Name => SortValue::Text(&experiment.name),
        Attribute::ExperimentId => SortValue::Int(experiment.experiment_id.cast_signed()),
        Attribute::CreationTime => SortValue::Int(experiment.created_at),
        Attribute::LastUpdateTime => SortValue::Int(experiment.updated_at),
        _ => SortValue::Missing,
    }
}

fn holds(comparison: &Comparison, experiment: &Experiment) -> bool {
    match &comparison.field {
        Field::Tag(key) => comparison.matches_text(experiment.tags.get(key).map(String::as_str)),
        Field::Attribute(field) => match attribute(experiment, *field) {
            SortValue::Text(text) => comparison.matches_text(Some(text)),
            SortValue::Int(value) if *field == Attribute::ExperimentId => {
                comparison.matches_text(Some(&value.to_string()))
            }
            SortValue::Int(value) => comparison.matches_int(Some(value)),
            SortValue::Number(_) | SortValue::Missing => false,
        },
        Field::Metric(_) | Field::Param(_) | Field::Dataset(_) => false,
    }
}

impl Keys<Arc<Experiment>> for Query {
    fn value<'a>(&'a self, experiment: &'a Arc<Experiment>, at: usize) -> SortValue<'a> {
        let field = self.sorted_attribute(at);
        field.map_or(SortValue::Missing, |field| attribute(experiment, field))
    }
}
