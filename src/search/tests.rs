//! Our parser against MLflow's answers, which `tests/golden/search/make.py` recorded.

mod evaluate;
mod properties;

use std::path::Path;

use serde_json::Value as Json;

use super::{
    Comparison, Entity, ErrorCode, Field, LoggedModelKey, OrderBy, SearchError, Value,
    literals::float, parse_filter, parse_logged_model_order_by, parse_order_by,
};
use crate::base::python;

pub(super) const ENTITIES: [(Entity, &str); 5] = [
    (Entity::Experiments, "experiments"),
    (Entity::Runs, "runs"),
    (Entity::LoggedModels, "logged_models"),
    (Entity::RegisteredModels, "registered_models"),
    (Entity::ModelVersions, "model_versions"),
];

pub(super) fn golden(name: &str) -> Json {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden/search").join(name);
    serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap()
}

/// What differs between our answer and MLflow's, if anything does. Where MLflow fails by accident
/// any answer will do.
fn difference<T>(
    ours: &Result<T, SearchError>,
    theirs: &Json,
    same: impl Fn(&T, &Json) -> bool,
) -> Option<String>
where
    T: std::fmt::Debug,
{
    let equal = match ours {
        _ if theirs.get("crash").is_some() => true,
        Ok(ours) => theirs.get("ok").is_some_and(|theirs| same(ours, theirs)),
        Err(error) => {
            let code = match error.code {
                ErrorCode::InvalidParameterValue | ErrorCode::AttributeNotFound => {
                    "INVALID_PARAMETER_VALUE"
                }
                ErrorCode::InternalError => "INTERNAL_ERROR",
            };
            theirs["code"] == code && theirs["message"] == error.message
        }
    };
    (!equal).then(|| format!("ours   {ours:?}\ntheirs {theirs}\n"))
}

fn as_json(comparison: &Comparison) -> [String; 4] {
    let kind = match &comparison.field {
        Field::Attribute(_) => "attribute",
        Field::Metric(_) => "metric",
        Field::Param(_) => "parameter",
        Field::Tag(_) => "tag",
        Field::Dataset(_) => "dataset",
    };
    let value = match &comparison.value {
        Value::Int(value) => value.to_string(),
        Value::Number(value) => format!("{value:?}"),
        Value::Text(text) => format!("{text:?}"),
        Value::List(texts) => format!("{texts:?}"),
        Value::None => "null".to_owned(),
    };
    [kind.to_owned(), comparison.field.key().to_owned(), comparison.op.name().to_owned(), value]
}

/// The same for MLflow's clause, numbers read as the comparison needs them.
fn theirs_as_json(comparison: &Comparison, theirs: &Json) -> [String; 4] {
    let text = |name: &str| theirs[name].as_str().unwrap().to_owned();
    let plain = |text: &Json| text.as_str().map_or_else(|| text.to_string(), str::to_owned);
    let number = |text: &str| match &comparison.value {
        Value::Int(_) => {
            python::parse_int(text).map_or_else(String::new, |value| value.to_string())
        }
        Value::Number(_) | Value::Text(_) | Value::List(_) | Value::None => {
            format!("{:?}", float(text).unwrap_or(f64::NAN))
        }
    };
    let value = match (&theirs["value"], &comparison.value) {
        (Json::Null, _) => "null".to_owned(),
        (Json::Array(texts), _) => {
            format!("{:?}", texts.iter().map(plain).collect::<Vec<_>>())
        }
        (Json::String(text), Value::Int(_) | Value::Number(_)) => number(text),
        (Json::Number(value), _) => number(&value.to_string()),
        (value, _) => format!("{:?}", value.as_str().unwrap_or("?")),
    };
    [text("type"), text("key"), text("op"), value]
}

fn same_filter(entity: Entity, ours: &[Comparison], theirs: &Json) -> bool {
    let on_prompts = |clause: &&Json| clause["key"] == "mlflow.prompt.is_prompt";
    let registry = matches!(entity, Entity::RegisteredModels | Entity::ModelVersions);
    let theirs: Vec<&Json> = theirs.as_array().unwrap().iter().collect();
    let theirs: Vec<&Json> = if registry && theirs.len() != ours.len() {
        theirs.into_iter().filter(|clause| !on_prompts(clause)).collect()
    } else {
        theirs
    };
    // MLflow keeps the text of an experiment's id and reads it as a number later.
    let plain_ids = |id: String| id.replace("\" 1_0 \"", "\"10\"").replace("\"01\"", "\"1\"");
    ours.len() == theirs.len()
        && ours.iter().zip(theirs).all(|(ours, theirs)| {
            let [kind, key, op, value] = theirs_as_json(ours, theirs);
            as_json(ours) == [kind, key, op, plain_ids(value)]
        })
}

#[test]
fn filters_are_read_and_refused_as_mlflow_does() {
    let golden = golden("filters.json");
    let mut faults = Vec::new();
    let mut count = 0;
    for (entity, name) in ENTITIES {
        for case in golden[name].as_array().unwrap() {
            count += 1;
            let text = case["filter"].as_str().unwrap();
            let ours = parse_filter(entity, text).map(|filter| filter.comparisons);
            let same = |ours: &Vec<Comparison>, theirs: &Json| same_filter(entity, ours, theirs);
            if let Some(difference) = difference(&ours, case, same) {
                faults.push(format!("{name}: {text:?}\n{difference}"));
            }
        }
    }
    assert!(count > 900, "only {count} cases");
    assert!(faults.is_empty(), "{} of {count}:\n{}", faults.len(), faults.join("\n"));
}

#[test]
fn orders_are_read_and_refused_as_mlflow_does() {
    let golden = golden("orders.json");
    let mut faults = Vec::new();
    let mut count = 0;
    // What MLflow returns is what was given; ours has the tie-breakers behind it.
    let same = |ours: &Vec<OrderBy>, theirs: &Json| {
        theirs.as_array().unwrap().iter().enumerate().all(|(at, theirs)| {
            let name = theirs[0].as_str().unwrap();
            let name = match name.strip_prefix("metrics.").unwrap_or(name) {
                "timestamp" => "last_updated_timestamp",
                "creation_time" if ours[0].field.key() == "creation_timestamp" => {
                    ours[0].field.key()
                }
                name => name.trim_end_matches("_ms"),
            };
            ours[at].field.key() == name && ours[at].ascending == theirs[1]
        })
    };
    for (entity, name) in ENTITIES {
        for case in golden[name].as_array().unwrap() {
            count += 1;
            let given = case["order_by"].as_array().unwrap();
            let ours = if entity == Entity::LoggedModels {
                parse_logged_model_order_by(&given.iter().map(logged_model_key).collect::<Vec<_>>())
            } else {
                let texts: Vec<String> =
                    given.iter().map(|text| text.as_str().unwrap().to_owned()).collect();
                parse_order_by(entity, &texts)
            };
            if let Some(difference) = difference(&ours, case, same) {
                faults.push(format!("{name}: {given:?}\n{difference}"));
            }
        }
    }
    assert!(count > 200, "only {count} cases");
    assert!(faults.is_empty(), "{} of {count}:\n{}", faults.len(), faults.join("\n"));
}

pub(super) fn logged_model_key(json: &Json) -> LoggedModelKey {
    let text = |name: &str| json[name].as_str().map(str::to_owned);
    LoggedModelKey {
        field_name: text("field_name").unwrap(),
        ascending: json["ascending"].as_bool().unwrap_or(true),
        dataset_name: text("dataset_name"),
        dataset_digest: text("dataset_digest"),
    }
}

#[test]
fn the_limits_are_mlflows() {
    for case in golden("filters.json")["bounds"].as_array().unwrap() {
        let ours = parse_filter(Entity::Runs, case["filter"].as_str().unwrap());
        let ours = ours.map_err(|error| error.message.chars().take(40).collect::<String>());
        let theirs = case.get("message").map(|message| message.as_str().unwrap().to_owned());
        assert_eq!(ours.err(), theirs, "{}", case["name"]);
    }
}
