//! `/mlflow/runs/...`, without metrics.

use serde_json::{Map, Value};

use super::{
    super::{
        App,
        error::{ApiError, ApiResult, Code},
        request::{Caller, Fields},
        response::{Empty, Object},
    },
    experiments::{parse_id, parse_ids},
    page,
    page_token::Walk,
    wire::{self, Shown},
};
use crate::{
    base::{id, names},
    domain::{Command, run},
    event::{DatasetInput, KeyValue, ModelOutput, RunStatus},
    search::{Entity, parse_order_by, read_filter},
    views::{
        lookup,
        query::{Query, search_runs},
    },
};

/// Runs on one page.
const RESULTS_MAX: i64 = 50_000;
/// Runs on one page unless asked for.
const RESULTS_DEFAULT: i64 = 1000;

/// MLflow's sentence about a run that is not there.
pub(in super::super) fn not_found(run_id: &str) -> ApiError {
    ApiError::missing(format!("Run with id={run_id} not found"))
}

fn show_run(app: &App, run_id: &str, shown: Shown) -> ApiResult<Value> {
    wire::run(&app.views().view(), run_id, shown).ok_or_else(|| not_found(run_id))
}

pub(in super::super) async fn create_run(
    app: App,
    Caller(context): Caller,
    fields: Fields,
) -> ApiResult<Object> {
    let run_id = id::random_hex();
    let Some(experiment_id) = fields.filled("experiment_id")? else {
        let why = "Missing value for parameter 'experiment_id': a run belongs to an experiment.";
        return Err(ApiError::new(Code::BadRequest, why));
    };
    let command = run::Create {
        run_id: run_id.clone(),
        experiment_id: parse_id(&experiment_id)?,
        start_time: fields.int("start_time")?.unwrap_or_default(),
        name: fields.filled("run_name")?,
        fallback_name: names::random_run_name(),
        user_id: fields.text("user_id")?,
        tags: fields.pairs("tags")?,
    };
    app.execute(context, Command::CreateRun(command)).await?;
    Ok(Object::new().set("run", show_run(&app, &run_id, Shown::Created)?))
}

pub(in super::super) async fn get_run(app: App, fields: Fields) -> ApiResult<Object> {
    Ok(Object::new().set("run", show_run(&app, &fields.run_id()?, Shown::Whole)?))
}

/// The status a request asks for, by word or by the number of MLflow's enum.
fn status(fields: &Fields) -> ApiResult<Option<RunStatus>> {
    let by_number = |number| u8::try_from(number).ok().and_then(RunStatus::from_code);
    fields.word("status", RunStatus::from_word, by_number)
}

pub(in super::super) async fn update_run(
    app: App,
    Caller(context): Caller,
    fields: Fields,
) -> ApiResult<Object> {
    let run_id = fields.run_id()?;
    let command = run::Update {
        run_id: run_id.clone(),
        end_time: fields.int("end_time")?,
        status: status(&fields)?,
        name: fields.filled("run_name")?,
    };
    app.execute(context, Command::UpdateRun(command)).await?;
    let view = app.views().view();
    let run = lookup::run(&view, &run_id).ok_or_else(|| not_found(&run_id))?;
    let lifecycle = lookup::run_lifecycle(&view, &run);
    Ok(Object::new().set("run_info", wire::run_info(&run, lifecycle)))
}

pub(in super::super) async fn delete_run(
    app: App,
    Caller(context): Caller,
    fields: Fields,
) -> ApiResult<Empty> {
    let command = run::Delete { run_id: fields.new_run_id()? };
    app.execute(context, Command::DeleteRun(command)).await?;
    Ok(Empty)
}

pub(in super::super) async fn restore_run(
    app: App,
    Caller(context): Caller,
    fields: Fields,
) -> ApiResult<Empty> {
    let command = run::Restore { run_id: fields.new_run_id()? };
    app.execute(context, Command::RestoreRun(command)).await?;
    Ok(Empty)
}

pub(in super::super) async fn search(app: App, fields: Fields) -> ApiResult<Object> {
    let asked = page::asked_within(&fields, RESULTS_MAX)?;
    let view_type = page::view_type(&fields, "run_view_type")?;
    let limit = page::tracking_limit(asked.unwrap_or(RESULTS_DEFAULT))?;
    let filter = fields.text("filter")?;
    let filter = read_filter(Entity::Runs, &filter)?;
    let order_by = parse_order_by(Entity::Runs, &fields.strings("order_by")?)?;
    let filter = filter.check()?;
    let question = ["experiment_ids", "filter", "order_by", "run_view_type"];
    let walk = Walk::new(&app.page_key, "runs", &fields, &question);
    let after = walk.after(&fields)?;
    let experiments = parse_ids(&fields.strings("experiment_ids")?)?;
    let query = Query { filter, order_by, view_type, after, limit };
    let views = app.views();
    let found = search_runs(views, &experiments, &query);
    let view = views.view();
    let shown =
        found.items.iter().filter_map(|run_id| wire::run(&view, run_id, Shown::Found)).collect();
    Ok(Object::new()
        .set_list("runs", shown)
        .set_some("next_page_token", found.end.map(|end| walk.token(&end))))
}

pub(in super::super) async fn log_param(
    app: App,
    Caller(context): Caller,
    fields: Fields,
) -> ApiResult<Empty> {
    let (run_id, key) = (fields.run_id()?, fields.required("key")?);
    let param = KeyValue { key, value: fields.text("value")? };
    let command = run::LogParam { run_id, param };
    app.execute(context, Command::LogParam(command)).await?;
    Ok(Empty)
}

pub(in super::super) async fn set_run_tag(
    app: App,
    Caller(context): Caller,
    fields: Fields,
) -> ApiResult<Empty> {
    let (run_id, key) = (fields.run_id()?, fields.required("key")?);
    let tag = KeyValue { key, value: fields.text("value")? };
    let command = run::SetTag { run_id, tag };
    app.execute(context, Command::SetRunTag(command)).await?;
    Ok(Empty)
}

pub(in super::super) async fn delete_run_tag(
    app: App,
    Caller(context): Caller,
    fields: Fields,
) -> ApiResult<Empty> {
    let command = run::DeleteTag { run_id: fields.new_run_id()?, key: fields.required("key")? };
    app.execute(context, Command::DeleteRunTag(command)).await?;
    Ok(Empty)
}

/// A dataset and its tags; what is unset is empty, as MLflow keeps it.
fn dataset_input(fields: &Fields) -> ApiResult<DatasetInput> {
    let dataset = fields.object("dataset")?.unwrap_or_default();
    Ok(DatasetInput {
        name: dataset.text("name")?,
        digest: dataset.text("digest")?,
        source_type: dataset.text("source_type")?,
        source: dataset.text("source")?,
        schema: dataset.filled("schema")?,
        profile: dataset.filled("profile")?,
        tags: fields.pairs("tags")?,
    })
}

pub(in super::super) async fn log_inputs(
    app: App,
    Caller(context): Caller,
    fields: Fields,
) -> ApiResult<Empty> {
    let run_id = fields.new_run_id()?;
    let (datasets, models) = (fields.objects("datasets")?, fields.objects("models")?);
    let command = run::LogInputs {
        run_id,
        datasets: datasets.iter().map(dataset_input).collect::<ApiResult<_>>()?,
        model_ids: models.iter().map(|it| it.text("model_id")).collect::<ApiResult<_>>()?,
    };
    app.execute(context, Command::LogInputs(command)).await?;
    Ok(Empty)
}

pub(in super::super) async fn log_outputs(
    app: App,
    Caller(context): Caller,
    fields: Fields,
) -> ApiResult<Empty> {
    let run_id = fields.new_run_id()?;
    fields.require_list("models")?;
    let models = fields.objects("models")?;
    let output = |it: &Fields| {
        Ok(ModelOutput {
            model_id: it.text("model_id")?,
            step: it.int("step")?.unwrap_or_default(),
        })
    };
    let models = models.iter().map(output).collect::<ApiResult<_>>()?;
    app.execute(context, Command::LogOutputs(run::LogOutputs { run_id, models })).await?;
    Ok(Empty)
}

/// What a run remembers of a model (mlflow/models/model.py, `get_tags_dict`); `None` if its flavors
/// are no object.
fn remembered(model: &Map<String, Value>) -> Option<Value> {
    let mut flavors = model.get("flavors")?.as_object()?.clone();
    for flavor in flavors.values_mut().filter_map(Value::as_object_mut) {
        flavor.shift_remove("config");
    }
    let value = |name: &str| model.get(name).cloned().unwrap_or_default();
    let given = |name: &'static str| Some((name, value(name))).filter(|(_, it)| !it.is_null());
    let parts = [
        given("run_id"),
        given("artifact_path"),
        Some(("utc_time_created", value("utc_time_created"))),
        Some(("model_uuid", value("model_uuid"))),
        Some(("flavors", flavors.into())),
    ];
    let parts = parts.into_iter().flatten().map(|(name, value)| (name.to_owned(), value));
    Some(Value::Object(parts.collect()))
}

pub(in super::super) async fn record_model(
    app: App,
    Caller(context): Caller,
    fields: Fields,
) -> ApiResult<Empty> {
    let (run_id, text) = (fields.new_run_id()?, fields.required("model_json")?);
    let malformed =
        || ApiError::invalid(format!("Malformed model info. \n {text} \n is not a valid JSON."));
    let model: Map<String, Value> = serde_json::from_str(&text).map_err(|_| malformed())?;
    let missing: Vec<_> = ["artifact_path", "flavors", "run_id", "utc_time_created"]
        .into_iter()
        .filter(|name| !model.contains_key(*name))
        .map(|name| format!("'{name}'"))
        .collect();
    if !missing.is_empty() {
        let missing = missing.join(", ");
        return Err(ApiError::invalid(format!(
            "Model json is missing mandatory fields: {{{missing}}}"
        )));
    }
    let model = remembered(&model).ok_or_else(malformed)?;
    app.execute(context, Command::RecordModel(run::RecordModel { run_id, model })).await?;
    Ok(Empty)
}
