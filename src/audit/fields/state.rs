//! The fields of one entity at a moment.

use std::collections::{BTreeMap, HashMap, hash_map::Entry};

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::assigned::{Assigned, assigned};
use crate::{
    domain::entity::Point,
    event::{Event, MetricsLogged},
};

/// A field that an event changed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct FieldChange {
    /// Its name: that of MLflow's API, with its key or its version if it has one, such as `tags.team`,
    /// `params.lr`, `metrics.loss` (the latest value), `versions.3.stage`, `aliases.champion`.
    pub field: String,
    /// Its value before, as text; absent if there was none.
    pub old: Option<String>,
    /// Its value after, as text; absent if there is none.
    pub new: Option<String>,
}

/// The fields of an entity after some of its events.
#[derive(Default)]
pub(super) struct Fields {
    values: BTreeMap<String, String>,
    latest: HashMap<String, Point>,
}

impl Fields {
    /// Applies the next event; the fields whose values it changed.
    pub(super) fn apply(&mut self, event: &Event) -> Vec<FieldChange> {
        let mut all = assigned(event);
        match event {
            Event::MetricsLogged(event) => self.measure(&mut all, event),
            Event::ModelVersionDeleted(event) => self.unname(&mut all, event.version),
            _ => {}
        }
        // The last word of an event on a field counts, in the place of the first.
        let mut changes: Vec<FieldChange> = Vec::new();
        let mut places: HashMap<String, usize> = HashMap::new();
        for (field, new) in all.0 {
            let old = match &new {
                Some(value) => self.values.insert(field.clone(), value.clone()),
                None => self.values.remove(&field),
            };
            match places.entry(field) {
                Entry::Occupied(place) => {
                    if let Some(change) = changes.get_mut(*place.get()) {
                        change.new = new;
                    }
                }
                Entry::Vacant(place) => {
                    changes.push(FieldChange { field: place.key().clone(), old, new });
                    place.insert(changes.len() - 1);
                }
            }
        }
        changes.retain(|change| change.old != change.new);
        changes
    }

    /// The fields with their values.
    pub(super) fn into_values(self) -> BTreeMap<String, String> {
        self.values
    }

    /// A copy of the fields with their values.
    pub(super) fn values(&self) -> BTreeMap<String, String> {
        self.values.clone()
    }

    /// The aliases of a version that is deleted go with it.
    fn unname(&self, all: &mut Assigned, version: u32) {
        let version = version.to_string();
        let aliases = self.values.iter().filter(|(field, _)| field.starts_with("aliases."));
        for (alias, _) in aliases.filter(|(_, named)| **named == version) {
            all.remove(alias);
        }
    }

    /// What points make of the latest values of their metrics.
    fn measure(&mut self, all: &mut Assigned, event: &MetricsLogged) {
        for series in &event.series {
            let times = series.timestamps.iter().zip(&series.steps).zip(&series.values);
            let points =
                times.map(|((&timestamp, &step), &value)| Point { timestamp, step, value });
            let later = |a: Point, b: Point| if b.is_later_than(&a) { b } else { a };
            let Some(point) = points.reduce(later) else { continue };
            let known = self.latest.get(&series.key);
            if known.is_none_or(|known| point.is_later_than(known)) {
                self.latest.insert(series.key.clone(), point);
                all.set(format!("metrics.{}", series.key), point.value.to_string());
            }
        }
    }
}
