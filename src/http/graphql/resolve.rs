//! What the schema's fields are: those of a root are answers of REST handlers, those below are what
//! stands there, by name. What the JSON leaves out is given as MLflow gives it, whose resolvers read
//! protocol buffers: empty texts and lists, zeros.

use std::borrow::Cow;

use apollo_compiler::{
    Schema,
    ast::Type,
    resolvers::{AsyncObjectValue, AsyncResolvedValue, FieldError, ResolveInfo},
    response::{JsonMap, JsonValue},
    schema::ExtendedType,
};
use futures::future::BoxFuture;
use serde_json::{Map, Value};

use super::super::{
    App,
    error::{ApiError, ApiResult},
    mlflow::{artifacts, datasets, experiments, metric_bulk, model_versions, runs},
    request::Fields,
    response::Object,
};

type Resolved<'a> = Result<AsyncResolvedValue<'a>, FieldError>;

impl From<ApiError> for FieldError {
    fn from(error: ApiError) -> Self {
        Self { message: error.message }
    }
}

/// A query or a mutation.
pub(super) struct Root<'a> {
    /// What handlers may use.
    pub(super) app: &'a App,
    /// The parameters of the request's URL.
    pub(super) url: &'a Fields,
    /// `Query` or `Mutation`.
    pub(super) type_name: &'a str,
}

impl AsyncObjectValue for Root<'_> {
    fn type_name(&self) -> &str {
        self.type_name
    }

    fn resolve_field<'a>(&'a self, info: &'a ResolveInfo<'a>) -> BoxFuture<'a, Resolved<'a>> {
        Box::pin(async move {
            let json = match info.field_name() {
                "test" => echo(info.arguments()),
                // MLflow has the field, and nothing that answers it.
                "testMutation" => return Ok(AsyncResolvedValue::null()),
                name => self.answer(name, input(info.arguments())).await?.into(),
            };
            let type_name = info.field_definition().ty.inner_named_type();
            Ok(AsyncResolvedValue::object(Shown {
                app: self.app,
                type_name,
                json: Cow::Owned(json),
            }))
        })
    }
}

fn echo(arguments: &JsonMap) -> Value {
    let said = arguments.get("inputString").map_or(Value::Null, |text| serde_json::json!(text));
    Object::new().set("output", said).into()
}

/// The fields of the argument `input`, under their REST names; none if it is not there.
fn input(arguments: &JsonMap) -> Map<String, Value> {
    match arguments.get("input").map(|input| serde_json::json!(input)) {
        Some(Value::Object(fields)) => {
            fields.into_iter().map(|(name, value)| (snake_case(&name), value)).collect()
        }
        _ => Map::new(),
    }
}

impl Root<'_> {
    /// What the REST handler of that name answers.
    async fn answer(&self, name: &str, mut input: Map<String, Value>) -> ApiResult<Object> {
        if name == "mlflowGetMetricHistoryBulkInterval" {
            // MLflow reads these from the URL alone.
            input.retain(|key, _| key == "run_ids" || key == "metric_key");
            for name in ["start_step", "end_step", "max_results"] {
                input.insert(name.to_owned(), self.url.int(name)?.into());
            }
        }
        let (app, fields) = (self.app.clone(), Fields::from(input));
        let answer = match name {
            "mlflowGetExperiment" => experiment(app, fields).await,
            "mlflowGetRun" => {
                some_run(&fields)?;
                runs::get_run(app, fields).await
            }
            "mlflowSearchRuns" => runs::search(app, fields).await,
            "mlflowSearchModelVersions" => model_versions::search(app, fields).await,
            "mlflowSearchDatasets" => datasets::search_datasets(app, fields).await,
            "mlflowListArtifacts" => {
                some_run(&fields)?;
                artifacts::list_run_artifacts(app, fields).await
            }
            "mlflowGetMetricHistoryBulkInterval" => history(app, fields).await,
            other => Err(ApiError::invalid(format!("Unknown field {other}"))),
        };
        Ok(answer?.set("api_error", Value::Null))
    }
}

/// As MLflow, which checks requests of its REST API alone, and then looks for the run "".
fn some_run(fields: &Fields) -> ApiResult<()> {
    fields.run_id().map(drop).map_err(|_| runs::not_found(""))
}

/// The experiment of that id; without one, the default experiment.
async fn experiment(app: App, fields: Fields) -> ApiResult<Object> {
    let id = fields.filled("experiment_id")?.unwrap_or_else(|| "0".to_owned());
    let fields = Map::from_iter([("experiment_id".to_owned(), Value::from(id))]);
    experiments::get_experiment(app, Fields::from(fields)).await
}

/// Sampled points. No runs and no metric have none.
async fn history(app: App, fields: Fields) -> ApiResult<Object> {
    if fields.strings("run_ids")?.is_empty() || fields.filled("metric_key")?.is_none() {
        return Ok(Object::new());
    }
    metric_bulk::get_metric_history_bulk_interval(app, fields).await
}

/// An object of an answer.
struct Shown<'a> {
    app: &'a App,
    type_name: &'a str,
    json: Cow<'a, Value>,
}

impl AsyncObjectValue for Shown<'_> {
    fn type_name(&self) -> &str {
        self.type_name
    }

    fn resolve_field<'a>(&'a self, info: &'a ResolveInfo<'a>) -> BoxFuture<'a, Resolved<'a>> {
        Box::pin(async move {
            let ty = &info.field_definition().ty;
            match (self.type_name, info.field_name()) {
                ("MlflowRunExtension", "experiment") => self.experiment(ty).await,
                ("MlflowRunExtension", "modelVersions") => self.model_versions(ty).await,
                ("MlflowMetricExtension", "value")
                    if self.json.get("value").is_some_and(Value::is_string) =>
                {
                    Ok(AsyncResolvedValue::null())
                }
                (_, name) => {
                    let json = self.json.get(snake_case(name));
                    resolved(self.app, info.schema(), ty, json)
                }
            }
        })
    }
}

impl Shown<'_> {
    async fn experiment<'a>(&'a self, ty: &'a Type) -> Resolved<'a> {
        let id = self.json.pointer("/info/experiment_id").cloned().unwrap_or_default();
        let asked = Map::from_iter([("experiment_id".to_owned(), id)]);
        let app = self.app.clone();
        let json = Value::from(experiments::get_experiment(app, Fields::from(asked)).await?);
        let found = json.get("experiment").cloned().unwrap_or_default();
        Ok(self.part(ty, found))
    }

    async fn model_versions<'a>(&'a self, ty: &'a Type) -> Resolved<'a> {
        let run_id = self.json.pointer("/info/run_id").and_then(Value::as_str).unwrap_or_default();
        let filter = Value::from(format!("run_id='{run_id}'"));
        let asked = Map::from_iter([("filter".to_owned(), filter)]);
        let app = self.app.clone();
        let json = Value::from(model_versions::search(app, Fields::from(asked)).await?);
        let found = json.get("model_versions").and_then(Value::as_array).cloned();
        let versions = found.unwrap_or_default().into_iter().map(|json| self.part(ty, json));
        Ok(AsyncResolvedValue::list(versions.collect::<Vec<_>>()))
    }

    /// An object that another handler answered.
    fn part<'a>(&'a self, ty: &'a Type, json: Value) -> AsyncResolvedValue<'a> {
        let type_name = ty.inner_named_type();
        AsyncResolvedValue::object(Shown { app: self.app, type_name, json: Cow::Owned(json) })
    }
}

/// What stands in an answer, or what MLflow shows in its place, as a value of type `ty`.
fn resolved<'a>(
    app: &'a App,
    schema: &'a Schema,
    ty: &'a Type,
    json: Option<&'a Value>,
) -> Resolved<'a> {
    static NOTHING: Value = Value::Null;
    if ty.is_list() {
        let items = json.and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
        let items = items.iter().map(|item| resolved(app, schema, ty.item_type(), Some(item)));
        return Ok(AsyncResolvedValue::list(items.collect::<Result<Vec<_>, _>>()?));
    }
    let type_name = ty.inner_named_type();
    match (schema.types.get(type_name), json) {
        (Some(ExtendedType::Object(_)), Some(Value::Null)) => Ok(AsyncResolvedValue::null()),
        (Some(ExtendedType::Object(_)), json) => {
            let json = Cow::Borrowed(json.unwrap_or(&NOTHING));
            Ok(AsyncResolvedValue::object(Shown { app, type_name, json }))
        }
        (_, json) => leaf(type_name, json).map(AsyncResolvedValue::leaf),
    }
}

fn leaf(type_name: &str, json: Option<&Value>) -> Result<JsonValue, FieldError> {
    match (type_name, json) {
        ("Float", Some(Value::String(_))) => {
            Err(FieldError { message: "Float cannot represent non numeric value: nan".to_owned() })
        }
        ("LongString", Some(Value::Number(number))) => Ok(number.to_string().into()),
        (_, Some(json)) => Ok(json.clone().into()),
        ("String", None) => Ok("".into()),
        ("LongString", None) => Ok("0".into()),
        ("Float", None) => Ok(0.0.into()),
        ("Boolean", None) => Ok(false.into()),
        (_, None) => Ok(JsonValue::Null),
    }
}

/// `runId` to `run_id`.
fn snake_case(name: &str) -> String {
    let mut out = String::with_capacity(name.len() + 4);
    for c in name.chars() {
        if c.is_ascii_uppercase() {
            out.push('_');
        }
        out.push(c.to_ascii_lowercase());
    }
    out
}
