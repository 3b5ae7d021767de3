//! Orders as text to keys, MLflow 3.17.2's way, complete with its defaults and tie-breakers.
//!
//! Knows nothing of how values are found or compared. What follows the given keys:
//!
//! | entity | nothing given | behind what is given |
//! |---|---|---|
//! | runs | | `start_time DESC` unless given, `run_id ASC` |
//! | experiments | `creation_time DESC, experiment_id ASC` | `experiment_id DESC` unless given |
//! | registered models | | `name ASC` unless given |
//! | model versions | `last_updated_timestamp DESC` | `name ASC`, `version_number DESC` unless given |
//! | logged models | | `creation_timestamp DESC`, `model_id ASC` unless given |

use super::clause::statement;
use super::dialect::{Named, Sort, set};
use super::error::{ErrorCode, SearchError};
use super::field::{Attribute, Entity, Field};
use super::group::Node;
use super::lexer::Kind;
use super::literals::repr_all;
use super::order::{Dataset, OrderBy};
use super::{experiments, logged_models, runs, shell};

const VERSION_KEYS: &[&str] =
    &["creation_timestamp", "last_updated_timestamp", "name", "version_number"];

/// A key of an order of logged models, which are objects in MLflow's API.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LoggedModelKey {
    /// A column, or `metrics.` and a key.
    pub field_name: String,
    /// Smallest first. MLflow's default is true.
    pub ascending: bool,
    /// Only the metric's values on this dataset count.
    pub dataset_name: Option<String>,
    /// Only the metric's values on a dataset with this digest count.
    pub dataset_digest: Option<String>,
}

/// Reads `order_by` and completes it, so that no two entities tie. For logged models each clause
/// is a field's name, to be sorted in ascending order.
pub fn parse_order_by(entity: Entity, clauses: &[String]) -> Result<Vec<OrderBy>, SearchError> {
    if entity == Entity::LoggedModels {
        let key = |name: &String| LoggedModelKey {
            field_name: name.clone(),
            ascending: true,
            ..LoggedModelKey::default()
        };
        return parse_logged_model_order_by(&clauses.iter().map(key).collect::<Vec<_>>());
    }
    let mut keys: Vec<OrderBy> = Vec::with_capacity(clauses.len());
    let once = matches!(entity, Entity::Runs | Entity::RegisteredModels | Entity::ModelVersions);
    let mut seen = std::collections::HashSet::new();
    for clause in clauses {
        let key = key(entity, clause)?;
        if once && !seen.insert(key.field.clone()) {
            return Err(SearchError::internal(format!(
                "`order_by` contains duplicate fields: {}",
                repr_all(["[", "]"], clauses)
            )));
        }
        keys.push(key);
    }
    let unless_given = |keys: &mut Vec<OrderBy>, attribute, ascending| {
        let key = OrderBy::attribute(attribute, ascending);
        if !keys.iter().any(|given| given.field == key.field) {
            keys.push(key);
        }
    };
    match entity {
        Entity::Runs => {
            unless_given(&mut keys, Attribute::StartTime, false);
            unless_given(&mut keys, Attribute::RunId, true);
        }
        Entity::Experiments => {
            let given = !keys.is_empty();
            if !given {
                keys.push(OrderBy::attribute(Attribute::CreationTime, false));
            }
            unless_given(&mut keys, Attribute::ExperimentId, !given);
        }
        Entity::RegisteredModels => unless_given(&mut keys, Attribute::Name, true),
        Entity::ModelVersions => {
            if keys.is_empty() {
                keys.push(OrderBy::attribute(Attribute::LastUpdatedTimestamp, false));
            }
            unless_given(&mut keys, Attribute::Name, true);
            unless_given(&mut keys, Attribute::VersionNumber, false);
        }
        Entity::LoggedModels => {}
    }
    Ok(keys)
}

/// Reads `order_by` of logged models and completes it.
pub fn parse_logged_model_order_by(keys: &[LoggedModelKey]) -> Result<Vec<OrderBy>, SearchError> {
    let mut out = keys.iter().map(logged_model_key).collect::<Result<Vec<_>, _>>()?;
    let last = [(Attribute::CreationTimestamp, false), (Attribute::ModelId, true)];
    for key in last.map(|(attribute, ascending)| OrderBy::attribute(attribute, ascending)) {
        if !out.iter().any(|given| given.field == key.field) {
            out.push(key);
        }
    }
    Ok(out)
}

fn logged_model_key(key: &LoggedModelKey) -> Result<OrderBy, SearchError> {
    let name = key.field_name.as_str();
    let invalid = |why| SearchError::invalid(format!("Invalid order by field name: {name}{why}"));
    let set = |text: &Option<String>| text.clone().filter(|text| !text.is_empty());
    let (field, dataset) = match name.split_once('.') {
        None => {
            let unknown = || SearchError { code: ErrorCode::AttributeNotFound, ..invalid("") };
            let attribute = logged_models::attribute(name).ok_or_else(unknown)?;
            (Field::Attribute(attribute), None)
        }
        Some(("metrics", metric)) => {
            let (name, digest) = (set(&key.dataset_name), set(&key.dataset_digest));
            let dataset = Dataset { name, digest };
            let any = dataset.name.is_none() && dataset.digest.is_none();
            (Field::Metric(metric.to_owned()), Some(dataset).filter(|_| !any))
        }
        Some(_) => return Err(invalid(". Only metrics are supported.")),
    };
    Ok(OrderBy { field, ascending: key.ascending, dataset })
}

fn key(entity: Entity, clause: &str) -> Result<OrderBy, SearchError> {
    let (name, ascending) = name_and_direction(clause)?;
    let name = name.trim();
    let field = match entity {
        Entity::Runs => {
            let named = runs::identifier(name, runs::ORDERABLE)?;
            if named.sort == Sort::Dataset {
                return Err(SearchError::invalid("Invalid identifier type 'dataset'"));
            }
            runs::field(&named)?
        }
        Entity::Experiments => {
            let named = experiments::identifier(name, experiments::ATTRIBUTES)?;
            if named.sort == Sort::Tag {
                return Err(SearchError::invalid("Invalid order_by entity: tag"));
            }
            attribute(&named)?
        }
        Entity::ModelVersions => version_field(name)?,
        Entity::RegisteredModels | Entity::LoggedModels => match name {
            "name" => Field::Attribute(Attribute::Name),
            "timestamp" | "last_updated_timestamp" => {
                Field::Attribute(Attribute::LastUpdatedTimestamp)
            }
            _ => {
                // MLflow does not name all that it takes.
                return Err(SearchError::invalid(format!(
                    "Invalid order by key '{name}' specified. Valid keys are '{}'",
                    set(&["name", "timestamp"])
                )));
            }
        },
    };
    Ok(OrderBy { field, ascending, dataset: None })
}

/// MLflow forgets to look whether a tag is named, and only looks at the key.
fn version_field(name: &str) -> Result<Field, SearchError> {
    let named = experiments::identifier(name, VERSION_KEYS)?;
    if VERSION_KEYS.contains(&named.key.as_str()) {
        return attribute(&named);
    }
    Err(SearchError::invalid(format!(
        "Invalid order by key '{}' specified. Valid keys are {}",
        named.key,
        set(VERSION_KEYS)
    )))
}

fn attribute(named: &Named) -> Result<Field, SearchError> {
    let attribute = Attribute::from_name(&named.key).map(Field::Attribute);
    attribute.ok_or_else(|| SearchError::invalid(format!("Invalid attribute key '{}'", named.key)))
}

/// The name as written, unquoted only if a direction follows it; and whether that is ascending.
fn name_and_direction(clause: &str) -> Result<(String, bool), SearchError> {
    let unparsed = || {
        SearchError::invalid(format!("Invalid order_by clause '{clause}'. Could not be parsed."))
    };
    let nodes = statement(clause).map_err(|_| unparsed())?;
    let name = one_name(clause, &nodes).ok_or_else(unparsed)?;
    let words = shell::words(&name.replace('`', "\"")).ok_or_else(unparsed)?;
    match words.as_slice() {
        [] | [_] => Ok((name, true)),
        [first, direction] => match direction.to_lowercase().as_str() {
            "asc" => Ok((first.clone(), true)),
            "desc" => Ok((first.clone(), false)),
            _ => Err(SearchError::invalid(format!(
                "Invalid ordering key in order_by clause '{clause}'."
            ))),
        },
        _ => Err(unparsed()),
    }
}

/// A clause must be one name with its direction, and nothing else, spaces included; `timestamp`
/// is the one reserved word that is let through.
fn one_name(clause: &str, nodes: &[Node]) -> Option<String> {
    let (first, others) = nodes.split_first()?;
    let is_timestamp = first.kind() == Kind::Builtin && first.token.of(clause) == "timestamp";
    match others.split_last() {
        None if first.kind() == Kind::Identifier => Some(clause.to_owned()),
        None if is_timestamp => Some("timestamp".to_owned()),
        Some((last, between)) if is_timestamp && last.kind() == Kind::Order => {
            let spaced = between.iter().all(Node::is_space);
            spaced.then(|| format!("timestamp {}", last.token.of(clause)))
        }
        _ => None,
    }
}
