//! `/mlflow/model-versions/...`

use std::sync::Arc;

use axum::http::HeaderMap;

use super::{
    super::{
        App,
        error::{ApiError, ApiResult},
        request::{Caller, Fields, text_header},
        response::{Empty, Object},
    },
    page,
    page_token::Walk,
    wire_registry as wire,
};
use crate::{
    domain::{
        Command,
        entity::{ModelVersion, RegisteredModel},
        model_version::{self, VersionNumber, not_found},
        validate,
    },
    event::KeyValue,
    search::{Entity, parse_filter, parse_order_by},
    views::{
        lookup,
        query::{Query, ViewType, search_model_versions},
        store::Read,
    },
};

/// Versions on one page, and unless asked for less.
const RESULTS_MAX: i64 = 200_000;

/// A version and its model.
pub(super) fn find(
    read: &dyn Read,
    name: &str,
    version: &str,
) -> ApiResult<(Arc<RegisteredModel>, Arc<ModelVersion>)> {
    validate::model_name(name)?;
    let version = VersionNumber::parse(version)?;
    let found = lookup::registered_model(read, name).and_then(|model| {
        let found = lookup::model_version(read, model.registered_model_id, version.get()?)?;
        Some((model, found))
    });
    Ok(found.ok_or_else(|| not_found(name, version))?)
}

/// The answer of calls that show one version.
fn shown(app: &App, name: &str, version: &str) -> ApiResult<Object> {
    let (model, found) = find(&app.views().view(), name, version)?;
    Ok(Object::new().set("model_version", wire::version_with_aliases(&model, &found)))
}

pub(in super::super) async fn create_model_version(
    app: App,
    Caller(context): Caller,
    fields: Fields,
) -> ApiResult<Object> {
    let (name, source) = (fields.required("name")?, fields.required("source")?);
    if app.config.model_version_sources.as_ref().is_some_and(|allowed| !allowed.is_match(&source)) {
        return Err(ApiError::invalid(format!("Invalid model version source: '{source}'.")));
    }
    let command = model_version::Create {
        name: name.clone(),
        source,
        run_id: fields.string("run_id")?,
        run_link: fields.filled("run_link")?,
        model_id: fields.string("model_id")?,
        description: Some(fields.string("description")?.unwrap_or_default()),
        tags: fields.pairs("tags")?,
    };
    let executed = app.execute(context, Command::CreateModelVersion(command)).await?;
    shown(&app, &name, &executed.number.unwrap_or_default().to_string())
}

pub(in super::super) async fn get_model_version(app: App, fields: Fields) -> ApiResult<Object> {
    shown(&app, &fields.required("name")?, &fields.required("version")?)
}

pub(in super::super) async fn update_model_version(
    app: App,
    Caller(context): Caller,
    fields: Fields,
) -> ApiResult<Object> {
    let (name, version) = (fields.required("name")?, fields.required("version")?);
    let command = model_version::Describe {
        name: name.clone(),
        version: version.clone(),
        description: fields.string("description")?,
    };
    app.execute(context, Command::DescribeModelVersion(command)).await?;
    shown(&app, &name, &version)
}

pub(in super::super) async fn delete_model_version(
    app: App,
    Caller(context): Caller,
    fields: Fields,
) -> ApiResult<Empty> {
    let (name, version) = (fields.required("name")?, fields.required("version")?);
    let command = model_version::Delete { name, version };
    app.execute(context, Command::DeleteModelVersion(command)).await?;
    Ok(Empty)
}

pub(in super::super) async fn search(app: App, fields: Fields) -> ApiResult<Object> {
    let asked = page::asked_within(&fields, RESULTS_MAX)?;
    let limit = page::registry_limit(asked.unwrap_or(RESULTS_MAX))?;
    let filter = fields.string("filter")?.unwrap_or_default();
    let filter = parse_filter(Entity::ModelVersions, &filter)?;
    let order_by = parse_order_by(Entity::ModelVersions, &fields.strings("order_by")?)?;
    let walk = Walk::new(&app.page_key, "model-versions", &fields, &["filter", "order_by"]);
    let (after, view_type) = (walk.after(&fields)?, ViewType::ActiveOnly);
    let query = Query { filter, order_by, view_type, after, limit };
    let found = search_model_versions(app.views(), &query);
    let versions = found.items.iter().map(|it| wire::version(&it.model, &it.version).into());
    Ok(Object::new()
        .set_list("model_versions", versions.collect())
        .set_some("next_page_token", found.end.map(|end| walk.token(&end))))
}

pub(in super::super) async fn get_download_uri(app: App, fields: Fields) -> ApiResult<Object> {
    let name = fields.string("name")?.unwrap_or_default();
    let version = fields.string("version")?.unwrap_or_default();
    let (_, found) = find(&app.views().view(), &name, &version)?;
    let uri = found.storage_location.as_deref().unwrap_or(&found.source);
    Ok(Object::new().set("artifact_uri", uri))
}

pub(in super::super) async fn set_model_version_tag(
    app: App,
    Caller(context): Caller,
    fields: Fields,
) -> ApiResult<Empty> {
    let (name, version) = (fields.required("name")?, fields.required("version")?);
    let value = fields.string("value")?.unwrap_or_default();
    let tag = KeyValue { key: fields.required("key")?, value };
    let command = model_version::SetTag { name, version, tag };
    app.execute(context, Command::SetModelVersionTag(command)).await?;
    Ok(Empty)
}

pub(in super::super) async fn delete_model_version_tag(
    app: App,
    Caller(context): Caller,
    fields: Fields,
) -> ApiResult<Empty> {
    let (name, version) = (fields.required("name")?, fields.required("version")?);
    let command = model_version::DeleteTag { name, version, key: fields.required("key")? };
    app.execute(context, Command::DeleteModelVersionTag(command)).await?;
    Ok(Empty)
}

/// What MLflow's API has no field for can stand in a header, which its clients can add to their requests.
pub(in super::super) async fn transition_stage(
    app: App,
    Caller(context): Caller,
    headers: HeaderMap,
    fields: Fields,
) -> ApiResult<Object> {
    let told = |field: &str, header: &str| -> ApiResult<Option<String>> {
        Ok(fields.filled(field)?.or_else(|| text_header(&headers, header)))
    };
    let (name, version) = (fields.required("name")?, fields.required("version")?);
    let command = model_version::TransitionStage {
        name: name.clone(),
        version: version.clone(),
        stage: fields.required("stage")?,
        archive_existing_versions: fields.boolean("archive_existing_versions")?,
        comment: told("comment", "Runlog-Comment")?,
        expected_stage: told("expected_stage", "Runlog-Expected-Stage")?,
    };
    app.execute(context, Command::TransitionStage(command)).await?;
    shown(&app, &name, &version)
}
