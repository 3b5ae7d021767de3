//! Search over registered models and their versions.

use std::sync::Arc;

use super::{
    super::{Views, index::Catalog},
    Keys, Page, Query,
};
use crate::{
    domain::{
        entity::{ModelVersion, RegisteredModel, Tags},
        tag_names::IS_PROMPT,
    },
    search::{Attribute, Comparison, Field, SortValue},
};

fn is_prompt(tags: &Tags) -> bool {
    tags.get(IS_PROMPT).is_some_and(|value| value == "true")
}

/// The registered models that match, in order. Prompts show only where the filter asks for them.
pub fn search_registered_models(views: &Views, query: &Query) -> Page<Arc<RegisteredModel>> {
    let index = views.index();
    let matches = index.catalog.registered_models.values().filter(|model| {
        model.lifecycle.is_active()
            && (query.filter.prompts || !is_prompt(&model.tags))
            && query
                .filter
                .comparisons
                .iter()
                .all(|it| holds(it, &model.tags, |field| model_attribute(model, field)))
    });
    let matches: Vec<_> = matches.cloned().collect();
    drop(index);
    query.page(matches, query)
}

/// A version with the name of its model.
#[derive(Clone)]
pub struct NamedVersion {
    /// The model.
    pub model: Arc<RegisteredModel>,
    /// The version.
    pub version: Arc<ModelVersion>,
}

/// The versions that match, in order. Those of prompts show only where the filter asks for them.
pub fn search_model_versions(views: &Views, query: &Query) -> Page<NamedVersion> {
    let index = views.index();
    let catalog = &index.catalog;
    let mut matches = Vec::new();
    for model in catalog.registered_models.values().filter(|it| it.lifecycle.is_active()) {
        if !may_match_name(query, &model.name) {
            continue;
        }
        let versions: Vec<_> = versions_of(catalog, model.registered_model_id).collect();
        if !query.filter.prompts && versions.iter().any(|version| is_prompt(&version.tags)) {
            continue;
        }
        for version in versions {
            let named = NamedVersion { model: model.clone(), version: version.clone() };
            let attribute = |field| version_attribute(&named, field);
            if query.filter.comparisons.iter().all(|it| holds(it, &version.tags, attribute)) {
                matches.push(named);
            }
        }
    }
    drop(index);
    query.page(matches, query)
}

/// Whether versions of a model of that name can match at all.
fn may_match_name(query: &Query, name: &str) -> bool {
    let on_name = |it: &&Comparison| it.field == Field::Attribute(Attribute::Name);
    query.filter.comparisons.iter().filter(on_name).all(|it| it.matches_text(Some(name)))
}

fn versions_of(catalog: &Catalog, id: u64) -> impl Iterator<Item = &Arc<ModelVersion>> {
    let versions = catalog.model_versions.range((id, 0)..=(id, u32::MAX));
    versions.map(|(_, version)| version).filter(|version| version.lifecycle.is_active())
}

fn holds<'a>(
    comparison: &Comparison,
    tags: &Tags,
    attribute: impl Fn(Attribute) -> SortValue<'a>,
) -> bool {
    match &comparison.field {
        Field::Tag(key) => comparison.matches_text(tags.get(key).map(String::as_str)),
        Field::Attribute(field) => match attribute(*field) {
            SortValue::Int(value) => comparison.matches_int(Some(value)),
            SortValue::Text(text) => comparison.matches_text(Some(text)),
            SortValue::Number(_) | SortValue::Missing => comparison.matches_text(None),
        },
        Field::Metric(_) | Field::Param(_) | Field::Dataset(_) => false,
    }
}

fn model_attribute(model: &RegisteredModel, attribute: Attribute) -> SortValue<'_> {
    match attribute {
        Attribute::Name => SortValue::Text(&model.name),
        Attribute::LastUpdatedTimestamp => SortValue::Int(model.updated_at),
        _ => SortValue::Missing,
    }
}

fn version_attribute(it: &NamedVersion, attribute: Attribute) -> SortValue<'_> {
    match attribute {
        Attribute::Name => SortValue::Text(&it.model.name),
        Attribute::VersionNumber => SortValue::Int(i64::from(it.version.version)),
        // MLflow keeps a missing one as an empty text.
        Attribute::RunId => SortValue::Text(it.version.run_id.as_deref().unwrap_or_default()),
        Attribute::SourcePath => SortValue::Text(&it.version.source),
        Attribute::CreationTimestamp => SortValue::Int(it.version.created_at),
        Attribute::LastUpdatedTimestamp => SortValue::Int(it.version.updated_at),
        _ => SortValue::Missing,
    }
}

impl Keys<Arc<RegisteredModel>> for Query {
    fn value<'a>(&'a self, model: &'a Arc<RegisteredModel>, at: usize) -> SortValue<'a> {
        let attribute = self.sorted_attribute(at);
        attribute.map_or(SortValue::Missing, |attribute| model_attribute(model, attribute))
    }
}

impl Keys<NamedVersion> for Query {
    fn value<'a>(&'a self, version: &'a NamedVersion, at: usize) -> SortValue<'a> {
        let attribute = self.sorted_attribute(at);
        attribute.map_or(SortValue::Missing, |attribute| version_attribute(version, attribute))
    }
}
