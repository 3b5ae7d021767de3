//! `/mlflow/logged-models...`

use serde_json::Value;

use super::{
    super::{
        App,
        error::{ApiError, ApiResult},
        request::{Caller, Fields, InPath},
        response::{Empty, Object},
    },
    experiments::{parse_id, parse_ids},
    logged_model_page as page,
    page_token::Walk,
    wire_registry as wire,
};
use crate::{
    base::{id, names},
    domain::{
        Command,
        logged_model::{self, not_found},
    },
    event::LoggedModelStatus,
    search::{Dataset, Entity, LoggedModelKey, parse_filter, parse_logged_model_order_by},
    views::{
        lookup,
        query::{Query, ViewType, search_logged_models},
    },
};

/// The answer of calls that show one logged model.
fn shown(app: &App, model_id: &str, deleted_too: bool) -> ApiResult<Object> {
    let view = app.views().view();
    let found = lookup::logged_model(&view, model_id)
        .filter(|model| deleted_too || model.lifecycle.is_active())
        .ok_or_else(|| not_found(model_id))?;
    let metrics = lookup::logged_model_metrics(&view, model_id);
    let model = wire::logged_model(&found, metrics.iter().map(AsRef::as_ref));
    Ok(Object::new().set("model", model))
}

pub(in super::super) async fn create_logged_model(
    app: App,
    Caller(context): Caller,
    fields: Fields,
) -> ApiResult<Object> {
    let model_id = id::random_model_id();
    let command = logged_model::Create {
        model_id: model_id.clone(),
        experiment_id: parse_id(&fields.required("experiment_id")?)?,
        name: fields.filled("name")?,
        fallback_name: names::random_run_name(),
        source_run_id: fields.filled("source_run_id")?,
        model_type: fields.filled("model_type")?,
        params: fields.pairs("params")?,
        tags: fields.pairs("tags")?,
    };
    app.execute(context, Command::CreateLoggedModel(command)).await?;
    shown(&app, &model_id, false)
}

pub(in super::super) async fn get_logged_model(
    app: App,
    InPath(model_id): InPath<String>,
    fields: Fields,
) -> ApiResult<Object> {
    let allow_deleted = fields.string("allow_deleted")?.unwrap_or_default();
    shown(&app, &model_id, allow_deleted.eq_ignore_ascii_case("true"))
}

/// A status by the word or the number of MLflow's enum.
fn status(fields: &Fields) -> ApiResult<LoggedModelStatus> {
    let number = match fields.int("status") {
        Ok(number) => number.ok_or_else(|| ApiError::missing_field("status"))?,
        Err(_) => {
            let word = fields.required("status")?;
            let status = LoggedModelStatus::from_word(&word);
            return status.ok_or_else(|| unknown_status(&word));
        }
    };
    let status = u8::try_from(number).ok().and_then(LoggedModelStatus::from_code);
    status.ok_or_else(|| unknown_status(&number.to_string()))
}

/// MLflow takes any other word for "unspecified", and so forgets the status that it had.
fn unknown_status(shown: &str) -> ApiError {
    ApiError::invalid(format!("Unknown model status: {shown}"))
}

pub(in super::super) async fn finalize_logged_model(
    app: App,
    Caller(context): Caller,
    fields: Fields,
) -> ApiResult<Object> {
    // The body decides which one, as in MLflow; its clients write the same into the path.
    let model_id = fields.required("model_id")?;
    let command = logged_model::Finalize { model_id: model_id.clone(), status: status(&fields)? };
    app.execute(context, Command::FinalizeLoggedModel(command)).await?;
    shown(&app, &model_id, true)
}

pub(in super::super) async fn delete_logged_model(
    app: App,
    Caller(context): Caller,
    InPath(model_id): InPath<String>,
) -> ApiResult<Empty> {
    let command = logged_model::Delete { model_id };
    app.execute(context, Command::DeleteLoggedModel(command)).await?;
    Ok(Empty)
}

pub(in super::super) async fn log_logged_model_params(
    app: App,
    Caller(context): Caller,
    InPath(model_id): InPath<String>,
    fields: Fields,
) -> ApiResult<Empty> {
    fields.required("model_id")?;
    let command = logged_model::LogParams { model_id, params: fields.pairs("params")? };
    app.execute(context, Command::LogLoggedModelParams(command)).await?;
    Ok(Empty)
}

pub(in super::super) async fn set_logged_model_tags(
    app: App,
    Caller(context): Caller,
    InPath(model_id): InPath<String>,
    fields: Fields,
) -> ApiResult<Empty> {
    let command = logged_model::SetTags { model_id, tags: fields.pairs("tags")? };
    app.execute(context, Command::SetLoggedModelTags(command)).await?;
    Ok(Empty)
}

pub(in super::super) async fn delete_logged_model_tag(
    app: App,
    Caller(context): Caller,
    InPath((model_id, key)): InPath<(String, String)>,
) -> ApiResult<Empty> {
    let command = logged_model::DeleteTag { model_id, key };
    app.execute(context, Command::DeleteLoggedModelTag(command)).await?;
    Ok(Empty)
}

fn order_key(fields: &Fields) -> ApiResult<LoggedModelKey> {
    Ok(LoggedModelKey {
        field_name: fields.string("field_name")?.unwrap_or_default(),
        ascending: !fields.has("ascending") || fields.boolean("ascending")?,
        dataset_name: fields.filled("dataset_name")?,
        dataset_digest: fields.filled("dataset_digest")?,
    })
}

fn dataset(fields: &Fields) -> ApiResult<Dataset> {
    let name = fields.filled("dataset_name")?.ok_or_else(|| {
        ApiError::invalid("`dataset_name` in the `datasets` clause must be specified.")
    })?;
    Ok(Dataset { name: Some(name), digest: fields.filled("dataset_digest")? })
}

pub(in super::super) async fn search(app: App, fields: Fields) -> ApiResult<Object> {
    fields.require_list("experiment_ids")?;
    let asked = page::Asked {
        experiment_ids: fields.strings("experiment_ids")?,
        filter: fields.filled("filter")?,
        order_by: fields.objects("order_by")?.iter().map(order_key).collect::<ApiResult<_>>()?,
        walk: Walk::new(&app.page_key, "logged-models", &fields, &["datasets"]),
    };
    let limit = page::limit(&fields)?;
    let datasets: Vec<_> =
        fields.objects("datasets")?.iter().map(dataset).collect::<ApiResult<_>>()?;
    let after = asked.after(&fields)?;
    let filter = parse_filter(Entity::LoggedModels, asked.filter.as_deref().unwrap_or_default())?;
    let experiments = parse_ids(&asked.experiment_ids)?;
    let order_by = parse_logged_model_order_by(&asked.order_by)?;
    let query = Query { filter, order_by, view_type: ViewType::ActiveOnly, after, limit };
    let found = search_logged_models(app.views(), &experiments, &datasets, &query);
    let models: Vec<Value> = found
        .items
        .iter()
        .map(|it| wire::logged_model(&it.model, it.metrics.iter().map(AsRef::as_ref)))
        .collect();
    Ok(Object::new()
        .set_list("models", models)
        .set_some("next_page_token", found.end.map(|end| asked.token(&end))))
}
