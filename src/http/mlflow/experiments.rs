//! `/mlflow/experiments/...`

use std::collections::BTreeSet;

use super::{
    super::{
        App,
        error::{ApiError, ApiResult},
        request::{Caller, Fields},
        response::{Empty, Object},
    },
    page,
    page_token::Walk,
    wire,
};
use crate::{
    base::python,
    domain::{Command, experiment},
    event::KeyValue,
    search::{Entity, parse_filter, parse_order_by},
    views::{
        lookup,
        query::{Query, search_experiments},
    },
};

/// An experiment's id as a number: Python's `int()`.
pub(super) fn parse_number(text: &str) -> ApiResult<i64> {
    python::parse_int(text).ok_or_else(|| {
        ApiError::invalid(format!(
            "Invalid experiment ID '{text}'. Experiment ID must be a valid integer."
        ))
    })
}

/// The id of an experiment that is to be there.
pub(super) fn parse_id(text: &str) -> ApiResult<u64> {
    let number = parse_number(text)?;
    u64::try_from(number)
        .map_err(|_| ApiError::missing(format!("No Experiment with id={number} exists")))
}

/// The ids that a search is about; those that no experiment can have find nothing.
pub(super) fn parse_ids(texts: &[String]) -> ApiResult<BTreeSet<u64>> {
    let numbers: Vec<i64> = texts.iter().map(|id| parse_number(id)).collect::<ApiResult<_>>()?;
    Ok(numbers.into_iter().filter_map(|number| u64::try_from(number).ok()).collect())
}

fn required_id(fields: &Fields) -> ApiResult<u64> {
    parse_id(&fields.required("experiment_id")?)
}

pub(in super::super) async fn create_experiment(
    app: App,
    Caller(context): Caller,
    fields: Fields,
) -> ApiResult<Object> {
    let command = experiment::Create {
        name: fields.required("name")?,
        artifact_location: fields.filled("artifact_location")?,
        default_artifact_root: app.config.default_artifact_root.clone(),
        working_directory: app.config.working_directory.clone(),
        tags: fields.pairs("tags")?,
    };
    let executed = app.execute(context, Command::CreateExperiment(command)).await?;
    Ok(Object::new().set("experiment_id", executed.number.unwrap_or_default().to_string()))
}

pub(in super::super) async fn get_experiment(app: App, fields: Fields) -> ApiResult<Object> {
    let id = required_id(&fields)?;
    let found = lookup::experiment(&app.views().view(), id);
    let found = found.ok_or_else(|| experiment::not_found(id))?;
    Ok(Object::new().set("experiment", wire::experiment(&found)))
}

pub(in super::super) async fn get_experiment_by_name(
    app: App,
    fields: Fields,
) -> ApiResult<Object> {
    let name = fields.required("experiment_name")?;
    let view = app.views().view();
    let found = lookup::experiment_id(&view, &name).and_then(|id| lookup::experiment(&view, id));
    let found = found.ok_or_else(|| {
        ApiError::missing(format!("Could not find experiment with name '{name}'"))
    })?;
    Ok(Object::new().set("experiment", wire::experiment(&found)))
}

pub(in super::super) async fn search(app: App, fields: Fields) -> ApiResult<Object> {
    let view_type = page::view_type(&fields, "view_type")?;
    // MLflow has no default here.
    let limit = page::tracking_limit(fields.int("max_results")?.unwrap_or_default())?;
    let filter = fields.text("filter")?;
    let filter = parse_filter(Entity::Experiments, &filter)?;
    let order_by = parse_order_by(Entity::Experiments, &fields.strings("order_by")?)?;
    let question = ["filter", "order_by", "view_type"];
    let walk = Walk::new(&app.page_key, "experiments", &fields, &question);
    let query = Query { filter, order_by, view_type, after: walk.after(&fields)?, limit };
    let found = search_experiments(app.views(), &query);
    let shown = found.items.iter().map(|it| wire::experiment(it)).collect();
    Ok(Object::new()
        .set_list("experiments", shown)
        .set_some("next_page_token", found.end.map(|end| walk.token(&end))))
}

pub(in super::super) async fn update_experiment(
    app: App,
    Caller(context): Caller,
    fields: Fields,
) -> ApiResult<Empty> {
    let (id, name) = (fields.required("experiment_id")?, fields.required("new_name")?);
    let command = experiment::Rename { experiment_id: parse_id(&id)?, name };
    app.execute(context, Command::RenameExperiment(command)).await?;
    Ok(Empty)
}

pub(in super::super) async fn delete_experiment(
    app: App,
    Caller(context): Caller,
    fields: Fields,
) -> ApiResult<Empty> {
    let command = experiment::Delete { experiment_id: required_id(&fields)? };
    app.execute(context, Command::DeleteExperiment(command)).await?;
    Ok(Empty)
}

pub(in super::super) async fn restore_experiment(
    app: App,
    Caller(context): Caller,
    fields: Fields,
) -> ApiResult<Empty> {
    let command = experiment::Restore { experiment_id: required_id(&fields)? };
    app.execute(context, Command::RestoreExperiment(command)).await?;
    Ok(Empty)
}

pub(in super::super) async fn set_experiment_tag(
    app: App,
    Caller(context): Caller,
    fields: Fields,
) -> ApiResult<Empty> {
    let (id, key) = (fields.required("experiment_id")?, fields.required("key")?);
    let tag = KeyValue { key, value: fields.text("value")? };
    let command = experiment::SetTag { experiment_id: parse_id(&id)?, tag };
    app.execute(context, Command::SetExperimentTag(command)).await?;
    Ok(Empty)
}

pub(in super::super) async fn delete_experiment_tag(
    app: App,
    Caller(context): Caller,
    fields: Fields,
) -> ApiResult<Empty> {
    let (id, key) = (fields.required("experiment_id")?, fields.required("key")?);
    let command = experiment::DeleteTag { experiment_id: parse_id(&id)?, key };
    app.execute(context, Command::DeleteExperimentTag(command)).await?;
    Ok(Empty)
}
