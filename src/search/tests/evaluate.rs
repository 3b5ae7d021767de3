//! Comparisons and orders against what MLflow's stores on SQLite found among the same entities,
//! which `tests/golden/search/evaluate.py` recorded.

use std::cmp::Ordering;

use serde_json::Value as Json;

use super::{ENTITIES, golden, logged_model_key};
use crate::search::{
    Attribute, Comparison, Entity, Field, Filter, OrderBy, SortValue, like, parse_filter,
    parse_logged_model_order_by, parse_order_by,
};

/// A metric's value: JSON has no word for NaN, and an infinity MLflow gives back as the largest
/// finite number; a caller of ours may have kept it.
fn float(json: &Json) -> f64 {
    match json.as_f64() {
        Some(f64::MAX) => f64::INFINITY,
        Some(f64::MIN) => f64::NEG_INFINITY,
        Some(value) => value,
        None => json.as_str().unwrap().parse().unwrap(),
    }
}

fn attribute(document: &Json, attribute: Attribute) -> &Json {
    &document["attributes"][attribute.name()]
}

fn is_number(entity: Entity, attribute: Attribute) -> bool {
    use Attribute::{
        CreationTime, CreationTimestamp, EndTime, ExperimentId, LastUpdateTime,
        LastUpdatedTimestamp, StartTime, VersionNumber,
    };
    matches!(attribute, CreationTime | CreationTimestamp | EndTime | LastUpdateTime)
        || matches!(attribute, LastUpdatedTimestamp | StartTime | VersionNumber)
        || (attribute == ExperimentId && entity == Entity::Experiments)
}

fn matches(entity: Entity, comparison: &Comparison, document: &Json) -> bool {
    match &comparison.field {
        Field::Param(key) => comparison.matches_text(document["params"][key].as_str()),
        Field::Tag(key) => comparison.matches_text(document["tags"][key].as_str()),
        Field::Metric(key) if entity == Entity::LoggedModels => {
            let mut measured = document["measured"].as_array().unwrap().iter();
            measured.any(|metric| {
                metric["key"] == **key && comparison.matches_metric(Some(float(&metric["value"])))
            })
        }
        Field::Metric(key) => comparison.matches_metric(document["metrics"].get(key).map(float)),
        Field::Dataset(key) => {
            let mut datasets = document["datasets"].as_array().unwrap().iter();
            datasets.any(|dataset| comparison.matches_text(dataset[key.name()].as_str()))
        }
        Field::Attribute(name) if is_number(entity, *name) && *name != Attribute::ExperimentId => {
            comparison.matches_int(attribute(document, *name).as_i64())
        }
        Field::Attribute(name) => comparison.matches_text(attribute(document, *name).as_str()),
    }
}

fn value<'a>(entity: Entity, order: &OrderBy, document: &'a Json) -> SortValue<'a> {
    let text = |json: &'a Json| json.as_str().map_or(SortValue::Missing, SortValue::Text);
    match &order.field {
        Field::Param(key) => text(&document["params"][key]),
        Field::Tag(key) => text(&document["tags"][key]),
        Field::Metric(key) if entity == Entity::LoggedModels => latest(order, key, document),
        Field::Metric(key) => {
            let value = document["metrics"].get(key).map(float);
            value.map_or(SortValue::Missing, SortValue::Number)
        }
        Field::Attribute(name) if is_number(entity, *name) => {
            let json = attribute(document, *name);
            let int = json.as_i64().or_else(|| json.as_str().map(|text| text.parse().unwrap()));
            int.map_or(SortValue::Missing, SortValue::Int)
        }
        Field::Attribute(name) => text(attribute(document, *name)),
        Field::Dataset(_) => SortValue::Missing,
    }
}

/// A logged model's metric: the latest value, on the dataset if one is named.
fn latest<'a>(order: &OrderBy, key: &str, document: &'a Json) -> SortValue<'a> {
    let wanted = |metric: &&Json| {
        let is = |name: &str, wanted: &Option<String>| {
            wanted.as_ref().is_none_or(|wanted| metric[name] == **wanted)
        };
        let on = order.dataset.as_ref();
        metric["key"] == key
            && on.is_none_or(|d| is("dataset_name", &d.name) && is("dataset_digest", &d.digest))
    };
    let measured = document["measured"].as_array().unwrap().iter().filter(wanted);
    let newest = measured.max_by_key(|metric| {
        let run = std::cmp::Reverse(metric["run_id"].as_str().unwrap());
        (metric["timestamp"].as_i64(), metric["step"].as_i64(), run)
    });
    newest.map_or(SortValue::Missing, |metric| SortValue::Number(float(&metric["value"])))
}

/// Whether the entity is on the side of the fence, prompts or not, that the filter asks for.
fn is_wanted(entity: Entity, filter: &Filter, document: &Json, documents: &[Json]) -> bool {
    let prompt = |document: &Json| document["tags"]["mlflow.prompt.is_prompt"] == "true";
    let name = &document["attributes"]["name"];
    match entity {
        _ if filter.prompts => true,
        Entity::RegisteredModels => !prompt(document),
        Entity::ModelVersions => {
            !documents.iter().any(|other| other["attributes"]["name"] == *name && prompt(other))
        }
        Entity::Experiments | Entity::Runs | Entity::LoggedModels => true,
    }
}

#[test]
fn searches_find_what_mlflow_finds_and_in_its_order() {
    let golden = golden("evaluate.json");
    let (mut faults, mut count) = (Vec::new(), 0);
    for (entity, name) in ENTITIES {
        let documents = golden[name]["documents"].as_array().unwrap();
        for query in golden[name]["queries"].as_array().unwrap() {
            count += 1;
            let filter = parse_filter(entity, query["filter"].as_str().unwrap()).unwrap();
            let given = query["order_by"].as_array().unwrap();
            let order = if entity == Entity::LoggedModels {
                parse_logged_model_order_by(&given.iter().map(logged_model_key).collect::<Vec<_>>())
            } else {
                let texts = given.iter().map(|text| text.as_str().unwrap().to_owned());
                parse_order_by(entity, &texts.collect::<Vec<_>>())
            };
            let order = order.unwrap();
            let mut found: Vec<&Json> = documents
                .iter()
                .filter(|document| is_wanted(entity, &filter, document, documents))
                .filter(|document| filter.comparisons.iter().all(|c| matches(entity, c, document)))
                .collect();
            found.sort_by(|left, right| {
                let keys = order
                    .iter()
                    .map(|key| key.compare(value(entity, key, left), value(entity, key, right)));
                keys.fold(Ordering::Equal, Ordering::then)
            });
            let ours: Vec<&str> = found.iter().map(|found| found["id"].as_str().unwrap()).collect();
            let theirs: Vec<&str> =
                query["found"].as_array().unwrap().iter().map(|id| id.as_str().unwrap()).collect();
            if ours != theirs {
                let (filter, order) = (&query["filter"], &query["order_by"]);
                faults.push(format!("{name} {filter} {order}\nours   {ours:?}\ntheirs {theirs:?}"));
            }
        }
    }
    assert!(count > 1000, "only {count} queries");
    assert!(faults.is_empty(), "{} of {count}:\n{}", faults.len(), faults.join("\n"));
}

#[test]
fn like_is_fast_on_long_texts() {
    let text = "a".repeat(100_000);
    let half = "a".repeat(50_000);
    let slow = std::time::Instant::now();
    assert!(!like(&format!("%{half}b%"), &text, false));
    assert!(!like(&format!("%_{half}b%"), &text, false));
    assert!(like(&"%a".repeat(50_000), &text, true));
    assert!(!like(&"%_b".repeat(30_000), &text, true));
    assert!(like(&"_".repeat(100_000), &text, false));
    assert!(slow.elapsed().as_secs() < 20, "{:?}", slow.elapsed());
}
