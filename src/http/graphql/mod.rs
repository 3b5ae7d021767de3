//! `/graphql`: the schema that MLflow's UI asks, answered from the REST handlers. Parses, checks
//! and executes a document; what its fields mean is in `resolve`.

mod limits;
mod resolve;
mod schema;

use apollo_compiler::{
    ExecutableDocument, Node,
    ast::Document,
    executable::Operation,
    resolvers::Execution,
    response::{ExecutionResponse, JsonMap, JsonValue},
    validation::DiagnosticList,
};
use axum::extract::RawQuery;
use serde_json::{Value, json};
use tokio::runtime::Handle;

use super::{
    App,
    error::{ApiError, ApiResult, Code},
    request::Fields,
    response::Json,
};
use resolve::Root;

/// A request's messages when it cannot be executed.
type Refused = Vec<String>;

/// Answers as MLflow does: status 200 and the texts of the errors, also when nothing was executed.
pub(super) async fn graphql(app: App, RawQuery(url): RawQuery, fields: Fields) -> ApiResult<Json> {
    let text = fields.required("query")?;
    let operation = fields.string("operation_name")?;
    let variables = variables(&fields)?;
    let document = schema::parse(&text).map_err(|error| {
        let why = messages(&error).join(" ");
        ApiError::invalid(format!("The GraphQL query cannot be parsed: {why}"))
    })?;
    let url = Fields::from_query(&url.unwrap_or_default());
    // The library's futures stay on one thread, and many runs are much work: not on a thread that
    // others' requests wait for.
    let runtime = Handle::current();
    let answer = tokio::task::spawn_blocking(move || {
        runtime.block_on(execute(&app, &url, &document, operation.as_deref(), &variables))
    })
    .await;
    let answer = answer.map_err(|error| ApiError::new(Code::InternalError, error.to_string()))?;
    let (data, errors) = match answer {
        Ok(done) => {
            (json!(done.data), done.errors.into_iter().map(|it| said(&it.message)).collect())
        }
        Err(refused) => (Value::Null, refused),
    };
    let errors = if errors.is_empty() { Value::Null } else { json!(errors) };
    Ok(Json(json!({ "data": data, "errors": errors })))
}

fn variables(fields: &Fields) -> ApiResult<JsonMap> {
    let given = fields.object("variables")?.unwrap_or_default();
    match JsonValue::from(Value::Object(given.into_map())) {
        JsonValue::Object(map) => Ok(map),
        _ => Ok(JsonMap::new()),
    }
}

async fn execute(
    app: &App,
    url: &Fields,
    document: &Document,
    operation: Option<&str>,
    variables: &JsonMap,
) -> Result<ExecutionResponse, Refused> {
    limits::check(document, &app.config).map_err(|why| vec![why])?;
    let schema = schema::get();
    let document =
        document.to_executable_validate(schema).map_err(|invalid| messages(&invalid.errors))?;
    let operation = named(&document, operation).map_err(|why| vec![why])?;
    let root = Root { app, url, type_name: operation.object_type() };
    Execution::new(schema, &document)
        .operation(operation)
        .enable_schema_introspection(true)
        .raw_variable_values(variables)
        .execute_async(&root)
        .await
        .map_err(|error| vec![quoted(&error.message().to_string())])
}

/// The operation that a request means, or why it means none, in MLflow's words.
fn named<'a>(
    document: &'a ExecutableDocument,
    name: Option<&str>,
) -> Result<&'a Node<Operation>, String> {
    document.operations.get(name).map_err(|_| match name {
        Some(name) => format!("Unknown operation named '{name}'."),
        None => "Must provide operation name if query contains multiple operations.".to_owned(),
    })
}

/// What is wrong with a document, where possible in the words of MLflow's library.
fn messages(found: &DiagnosticList) -> Refused {
    let message = |error: apollo_compiler::diagnostic::Diagnostic<'_, _>| {
        let error: &apollo_compiler::validation::DiagnosticData = error.error;
        quoted(&error.unstable_compat_message().unwrap_or_else(|| error.to_string()))
    };
    found.iter().map(message).collect()
}

/// Names in the quotes of Python.
fn quoted(message: &str) -> String {
    message.replace(['"', '`'], "'")
}

/// The message of a field's error, as its resolver said it.
fn said(message: &str) -> String {
    message.strip_prefix("resolver error: ").unwrap_or(message).to_owned()
}
