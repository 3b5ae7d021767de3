//! `/mlflow/experiments/...`

use std::collections::BTreeSet;

use axum::extract::State;

use super::{
    super::{
        App,
        error::{ApiError, ApiResult, Code},
        request::{Caller, Fields},
        response::{Empty, Object},
    },
    page,
    page_token::Walk,
    wire,
};
use crate::{
    domain::{Command, experiment},
    event::KeyValue,
    search::{Entity, parse_filter, parse_order_by},
    views::{
        lookup,
        query::{Query, search_experiments},
    },
};

/// An experiment's id, as MLflow reads it: Python's `int()`.
pub(super) fn parse_id(text: &str) -> ApiResult<u64> {
    let number: Result<i64, _> = text.trim().parse();
    match number.map(u64::try_from) {
        Ok(Ok(id)) => Ok(id),
        Ok(Err(_)) => Err(ApiError::missing(format!("No Experiment with id={text} exists"))),
        Err(_) => Err(ApiError::invalid(format!(
            "Invalid experiment ID '{text}'. Experiment ID must be a valid integer."
        ))),
    }
}

/// The experiments that are looked through; one that cannot exist holds nothing.
pub(super) fn parse_ids(ids: &[String]) -> ApiResult<BTreeSet<u64>> {
    let ids = ids.iter().map(|id| match parse_id(id) {
        Err(error) if error.code == Code::ResourceDoesNotExist => Ok(None),
        id => id.map(Some),
    });
    ids.filter_map(Result::transpose).collect()
}

fn required_id(fields: &Fields) -> ApiResult<u64> {
    parse_id(&fields.required("experiment_id")?)
}

pub(in super::super) async fn create_experiment(
    State(app): State<App>,
    Caller(context): Caller,
    fields: Fields,
) -> ApiResult<Object> {
    let artifact_location = fields.filled("artifact_location")?;
    let command = experiment::Create {
        name: fields.required("name")?,
        artifact_location,
        default_artifact_root: app.config.default_artifact_root.clone(),
        tags: fields.pairs("tags")?,
    };
    let executed = app.execute(context, Command::CreateExperiment(command)).await?;
    Ok(Object::new().set("experiment_id", executed.number.unwrap_or_default().to_string()))
}

pub(in super::super) async fn get_experiment(
    State(app): State<App>,
    fields: Fields,
) -> ApiResult<Object> {
    let id = required_id(&fields)?;
    let found = lookup::experiment(&app.engine.views().view(), id);
    let found = found.ok_or_else(|| experiment::not_found(id))?;
    Ok(Object::new().set("experiment", wire::experiment(&found)))
}

pub(in super::super) async fn get_experiment_by_name(
    State(app): State<App>,
    fields: Fields,
) -> ApiResult<Object> {
    let name = fields.required("experiment_name")?;
    let view = app.engine.views().view();
    let found = lookup::experiment_id(&view, &name).and_then(|id| lookup::experiment(&view, id));
    let found = found.ok_or_else(|| {
        ApiError::missing(format!("Could not find experiment with name '{name}'"))
    })?;
    Ok(Object::new().set("experiment", wire::experiment(&found)))
}

pub(in super::super) async fn search(State(app): State<App>, fields: Fields) -> ApiResult<Object> {
    let view_type = page::view_type(&fields, "view_type")?;
    // MLflow has no default here.
    let limit = page::tracking_limit(fields.int("max_results")?.unwrap_or_default())?;
    let filter = fields.string("filter")?.unwrap_or_default();
    let filter = parse_filter(Entity::Experiments, &filter)?;
    let order_by = parse_order_by(Entity::Experiments, &fields.strings("order_by")?)?;
    let question = ["filter", "order_by", "view_type"];
    let walk = Walk::new(&app.page_key, "experiments", &fields, &question);
    let query = Query { filter, order_by, view_type, after: walk.after(&fields)?, limit };
    let found = search_experiments(app.engine.views(), &query);
    let shown = found.items.iter().map(|it| wire::experiment(it)).collect();
    Ok(Object::new()
        .set_list("experiments", shown)
        .set_some("next_page_token", found.end.map(|end| walk.token(&end))))
}

pub(in super::super) async fn update_experiment(
    State(app): State<App>,
    Caller(context): Caller,
    fields: Fields,
) -> ApiResult<Empty> {
    let experiment_id = required_id(&fields)?;
    if let Some(name) = fields.filled("new_name")? {
        let command = experiment::Rename { experiment_id, name };
        app.execute(context, Command::RenameExperiment(command)).await?;
    }
    Ok(Empty)
}

pub(in super::super) async fn delete_experiment(
    State(app): State<App>,
    Caller(context): Caller,
    fields: Fields,
) -> ApiResult<Empty> {
    let command = experiment::Delete { experiment_id: required_id(&fields)? };
    app.execute(context, Command::DeleteExperiment(command)).await?;
    Ok(Empty)
}

pub(in super::super) async fn restore_experiment(
    State(app): State<App>,
    Caller(context): Caller,
    fields: Fields,
) -> ApiResult<Empty> {
    let command = experiment::Restore { experiment_id: required_id(&fields)? };
    app.execute(context, Command::RestoreExperiment(command)).await?;
    Ok(Empty)
}

pub(in super::super) async fn set_experiment_tag(
    State(app): State<App>,
    Caller(context): Caller,
    fields: Fields,
) -> ApiResult<Empty> {
    let experiment_id = required_id(&fields)?;
    let value = fields.string("value")?.unwrap_or_default();
    let tag = KeyValue { key: fields.required("key")?, value };
    let command = experiment::SetTag { experiment_id, tag };
    app.execute(context, Command::SetExperimentTag(command)).await?;
    Ok(Empty)
}

pub(in super::super) async fn delete_experiment_tag(
    State(app): State<App>,
    Caller(context): Caller,
    fields: Fields,
) -> ApiResult<Empty> {
    let command = experiment::DeleteTag {
        experiment_id: required_id(&fields)?,
        key: fields.required("key")?,
    };
    app.execute(context, Command::DeleteExperimentTag(command)).await?;
    Ok(Empty)
}
