//! `/mlflow/registered-models/...`

use std::sync::Arc;

use serde_json::Value;

use super::{
    super::{
        App,
        error::{ApiError, ApiResult},
        request::{Caller, Fields},
        response::{Empty, Object},
    },
    page,
    page_token::Walk,
    wire_registry as wire,
};
use crate::{
    domain::{
        Command,
        entity::RegisteredModel,
        model_version::{not_found as version_not_found, parse_stage},
        registered_model::{self, check_alias, not_found},
        validate,
    },
    event::KeyValue,
    search::{Entity, parse_order_by, read_filter},
    views::{
        lookup,
        query::{Query, ViewType, search_registered_models},
        store::Read,
    },
};

/// Registered models on one page.
const RESULTS_MAX: i64 = 1000;
/// Registered models on one page unless asked for.
const RESULTS_DEFAULT: i64 = 100;

/// The registered model of that name.
pub(super) fn find(read: &dyn Read, name: &str) -> ApiResult<Arc<RegisteredModel>> {
    validate::model_name(name)?;
    Ok(lookup::registered_model(read, name).ok_or_else(|| not_found(name))?)
}

/// The answer of calls that show one registered model.
fn shown(app: &App, name: &str) -> ApiResult<Object> {
    let view = app.views().view();
    let found = find(&view, name)?;
    let latest = lookup::latest_versions(&view, found.registered_model_id);
    Ok(Object::new().set("registered_model", wire::registered_model(&found, &latest)))
}

pub(in super::super) async fn create_registered_model(
    app: App,
    Caller(context): Caller,
    fields: Fields,
) -> ApiResult<Object> {
    let name = fields.required("name")?;
    let command = registered_model::Create {
        name: name.clone(),
        description: fields.filled("description")?,
        tags: fields.pairs("tags")?,
    };
    app.execute(context, Command::CreateRegisteredModel(command)).await?;
    shown(&app, &name)
}

pub(in super::super) async fn get_registered_model(app: App, fields: Fields) -> ApiResult<Object> {
    shown(&app, &fields.required("name")?)
}

pub(in super::super) async fn rename_registered_model(
    app: App,
    Caller(context): Caller,
    fields: Fields,
) -> ApiResult<Object> {
    let (name, new_name) = (fields.required("name")?, fields.required("new_name")?);
    let command = registered_model::Rename { name, new_name: new_name.clone() };
    app.execute(context, Command::RenameRegisteredModel(command)).await?;
    shown(&app, &new_name)
}

pub(in super::super) async fn update_registered_model(
    app: App,
    Caller(context): Caller,
    fields: Fields,
) -> ApiResult<Object> {
    let name = fields.required("name")?;
    let description = fields.filled("description")?;
    let command = registered_model::Describe { name: name.clone(), description };
    app.execute(context, Command::DescribeRegisteredModel(command)).await?;
    shown(&app, &name)
}

pub(in super::super) async fn delete_registered_model(
    app: App,
    Caller(context): Caller,
    fields: Fields,
) -> ApiResult<Empty> {
    let command = registered_model::Delete { name: fields.required("name")? };
    app.execute(context, Command::DeleteRegisteredModel(command)).await?;
    Ok(Empty)
}

pub(in super::super) async fn search(app: App, fields: Fields) -> ApiResult<Object> {
    let asked = page::asked_within(&fields, RESULTS_MAX)?;
    let limit = page::registry_limit(asked.unwrap_or(RESULTS_DEFAULT))?;
    let filter = fields.string("filter")?.unwrap_or_default();
    let filter = read_filter(Entity::RegisteredModels, &filter)?;
    let order_by = parse_order_by(Entity::RegisteredModels, &fields.strings("order_by")?)?;
    let walk = Walk::new(&app.page_key, "registered-models", &fields, &["filter", "order_by"]);
    let after = walk.after(&fields)?;
    let (filter, view_type) = (filter.check()?, ViewType::ActiveOnly);
    let query = Query { filter, order_by, view_type, after, limit };
    let found = search_registered_models(app.views(), &query);
    let view = app.views().view();
    let show = |model: &Arc<RegisteredModel>| {
        let mut latest = lookup::latest_versions(&view, model.registered_model_id);
        latest.sort_by_key(|version| version.stage.as_str()); // in searches alone
        wire::registered_model(model, &latest)
    };
    let models = found.items.iter().map(show).collect();
    Ok(Object::new()
        .set_list("registered_models", models)
        .set_some("next_page_token", found.end.map(|end| walk.token(&end))))
}

pub(in super::super) async fn get_latest_versions(app: App, fields: Fields) -> ApiResult<Object> {
    let (name, stages) = (fields.required("name")?, fields.strings("stages")?);
    let view = app.views().view();
    let model = find(&view, &name)?;
    let stages = stages.iter().map(|stage| parse_stage(stage)).collect::<Result<Vec<_>, _>>()?;
    let versions: Vec<Value> = lookup::latest_versions(&view, model.registered_model_id)
        .iter()
        .filter(|version| stages.is_empty() || stages.contains(&version.stage))
        .map(|version| wire::version_with_aliases(&model, version))
        .collect();
    Ok(Object::new().set_list("model_versions", versions))
}

pub(in super::super) async fn set_registered_model_tag(
    app: App,
    Caller(context): Caller,
    fields: Fields,
) -> ApiResult<Empty> {
    let name = fields.required("name")?;
    let value = fields.string("value")?.unwrap_or_default();
    let tag = KeyValue { key: fields.required("key")?, value };
    let command = registered_model::SetTag { name, tag };
    app.execute(context, Command::SetRegisteredModelTag(command)).await?;
    Ok(Empty)
}

pub(in super::super) async fn delete_registered_model_tag(
    app: App,
    Caller(context): Caller,
    fields: Fields,
) -> ApiResult<Empty> {
    let (name, key) = (fields.required("name")?, fields.required("key")?);
    let command = registered_model::DeleteTag { name, key };
    app.execute(context, Command::DeleteRegisteredModelTag(command)).await?;
    Ok(Empty)
}

pub(in super::super) async fn get_version_by_alias(app: App, fields: Fields) -> ApiResult<Object> {
    let (name, alias) = (fields.required("name")?, fields.required("alias")?);
    validate::model_name(&name)?;
    check_alias(&alias)?;
    let view = app.views().view();
    let model = find(&view, &name)?;
    let id = model.registered_model_id;
    let found = if alias.eq_ignore_ascii_case("latest") {
        let latest = lookup::model_versions(&view, id).into_iter().next_back();
        latest.ok_or_else(|| {
            ApiError::missing(format!("Latest version not found for model {name}."))
        })?
    } else {
        let version = model.aliases.get(&alias).copied();
        let version = version.ok_or_else(|| registered_model::alias_not_found(&alias))?;
        let found = lookup::model_version(&view, id, version);
        found.ok_or_else(|| version_not_found(&name, version))?
    };
    Ok(Object::new().set("model_version", wire::version_with_aliases(&model, &found)))
}

pub(in super::super) async fn set_model_alias(
    app: App,
    Caller(context): Caller,
    fields: Fields,
) -> ApiResult<Empty> {
    let (name, alias) = (fields.required("name")?, fields.required("alias")?);
    let command = registered_model::SetAlias { name, alias, version: fields.required("version")? };
    app.execute(context, Command::SetModelAlias(command)).await?;
    Ok(Empty)
}

pub(in super::super) async fn delete_model_alias(
    app: App,
    Caller(context): Caller,
    fields: Fields,
) -> ApiResult<Empty> {
    let (name, alias) = (fields.required("name")?, fields.required("alias")?);
    let command = registered_model::DeleteAlias { name, alias };
    app.execute(context, Command::DeleteModelAlias(command)).await?;
    Ok(Empty)
}
