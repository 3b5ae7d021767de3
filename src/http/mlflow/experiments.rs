//! `/mlflow/experiments/...`

use axum::extract::State;

use super::{
    super::{
        App,
        error::{ApiError, ApiResult},
        request::{Caller, Fields},
        response::{Empty, Object},
    },
    page, wire,
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

/// Experiments on one page.
const MAX_RESULTS: usize = 50_000;
/// Experiments on one page unless asked for.
const DEFAULT_RESULTS: usize = 1000;

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
    let filter = fields.string("filter")?.unwrap_or_default();
    let query = Query {
        limit: page::limit(&fields, DEFAULT_RESULTS, MAX_RESULTS)?,
        filter: parse_filter(Entity::Experiments, &filter)?,
        order_by: parse_order_by(Entity::Experiments, &fields.strings("order_by")?)?,
        view_type: page::view_type(&fields, "view_type")?,
        offset: page::offset(&fields)?,
    };
    let found = search_experiments(app.engine.views(), &query);
    let shown = found.items.iter().map(|it| wire::experiment(it)).collect();
    Ok(Object::new()
        .set_list("experiments", shown)
        .set_some("next_page_token", found.next_offset.map(page::token)))
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
