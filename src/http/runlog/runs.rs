//! `/runs`: what a table shows of many runs.

use std::collections::BTreeSet;

use axum::Json;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;

use super::{
    super::{
        App,
        error::{ApiError, ApiResult},
        request::InQuery,
    },
    Refusal, look,
};
use crate::{
    base::Seq,
    search::{Entity, parse_order_by, read_filter},
    views::query::{
        Cell, Query, RunTable, TableColumn, TableRow, ViewType, run_columns, run_table,
    },
};

/// Rows of a window of which nothing else is said.
const ROWS: usize = 200;
/// The most rows of a window.
const ROWS_MAX: usize = 1000;
/// The most columns of a window.
const COLUMNS_MAX: usize = 500;

/// Which window of which runs is wanted.
#[derive(Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub(super) struct WantedRuns {
    /// Ids of the experiments, separated by commas.
    #[param(example = "0")]
    experiment_ids: String,
    /// What must hold, in the language of MLflow's `search_runs`.
    #[param(example = "metrics.loss < 0.5")]
    filter: Option<String>,
    /// The order, as a JSON list of MLflow's clauses; the latest start first if left out.
    #[param(example = r#"["metrics.loss ASC"]"#)]
    order_by: Option<String>,
    /// `active` (if left out), `deleted` or `all`.
    #[param(example = "all")]
    view: Option<String>,
    /// Columns, as a JSON list of `metrics.<key>`, `params.<key>`, `tags.<key>`; 500 at most.
    #[param(example = r#"["metrics.loss"]"#)]
    columns: Option<String>,
    /// Matches before the window; 0 if left out.
    #[param(example = 0)]
    offset: Option<usize>,
    /// Rows of the window, 200 if left out, 1000 at most.
    #[param(example = 10)]
    limit: Option<usize>,
}

/// A window of a table of runs.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct RunWindow {
    /// How many runs match in all.
    total: usize,
    /// The last event that the answer knows.
    seq: Seq,
    /// The rows of the window, in order.
    rows: Vec<RunLine>,
}

/// A run as a row.
#[derive(Debug, Serialize, ToSchema)]
struct RunLine {
    /// Id.
    run_id: String,
    /// Its experiment.
    experiment_id: String,
    /// Name.
    run_name: String,
    /// User of the request that created it.
    user_id: String,
    /// As MLflow calls it.
    status: &'static str,
    /// Start, in milliseconds since the Unix epoch.
    start_time: i64,
    /// End, likewise; null while it has none.
    end_time: Option<i64>,
    /// `active` or `deleted`, by itself or with its experiment.
    lifecycle_stage: &'static str,
    /// What it has in the columns, in their order: a number, a text (of a metric `"NaN"`, `"Infinity"`,
    /// `"-Infinity"`), or null.
    #[schema(value_type = Vec<Object>)]
    cells: Vec<Value>,
}

/// A window of the runs that match: any part of the order, with the columns that are wanted, and how many there are.
#[utoipa::path(
    get,
    path = "/runs",
    params(WantedRuns),
    responses(
        (status = 200, body = RunWindow),
        (status = 400, description = "A field makes no sense", body = Refusal),
    )
)]
pub(super) async fn window(
    app: App,
    InQuery(wanted): InQuery<WantedRuns>,
) -> ApiResult<Json<RunWindow>> {
    let experiments = experiments(&wanted.experiment_ids)?;
    let filter =
        read_filter(Entity::Runs, wanted.filter.as_deref().unwrap_or_default())?.check()?;
    let order_by = parse_order_by(Entity::Runs, &list("order_by", wanted.order_by.as_deref())?)?;
    let columns = list("columns", wanted.columns.as_deref())?;
    let columns = columns.iter().map(|name| column(name)).collect::<ApiResult<Vec<_>>>()?;
    if columns.len() > COLUMNS_MAX {
        return Err(ApiError::invalid(format!("At most {COLUMNS_MAX} columns can be asked for.")));
    }
    let view_type = view_type(wanted.view.as_deref())?;
    let limit = wanted.limit.unwrap_or(ROWS).min(ROWS_MAX);
    let query = Query { filter, order_by, view_type, after: None, limit };
    let offset = wanted.offset.unwrap_or(0);
    look(move || {
        let views = app.views();
        let seq = views.position().seq;
        let RunTable { total, rows } = run_table(views, &experiments, &query, offset, &columns);
        Ok(RunWindow { total, seq, rows: rows.into_iter().map(RunLine::from).collect() })
    })
    .await
    .map(Json)
}

impl From<TableRow> for RunLine {
    fn from(row: TableRow) -> Self {
        Self {
            run_id: row.run_id.to_string(),
            experiment_id: row.experiment_id.to_string(),
            run_name: row.name,
            user_id: row.user_id,
            status: row.status.as_str(),
            start_time: row.start_time,
            end_time: row.end_time,
            lifecycle_stage: if row.is_active { "active" } else { "deleted" },
            cells: row.cells.into_iter().map(|cell| cell.map_or(Value::Null, shown)).collect(),
        }
    }
}

fn shown(cell: Cell) -> Value {
    match cell {
        Cell::Text(text) => text.into(),
        Cell::Number(number) if number.is_nan() => "NaN".into(),
        Cell::Number(number) if number.is_infinite() => {
            if number > 0.0 {
                "Infinity".into()
            } else {
                "-Infinity".into()
            }
        }
        Cell::Number(number) => number.into(),
    }
}

/// Of which experiments the columns are wanted.
#[derive(Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub(super) struct WantedColumns {
    /// Ids of the experiments, separated by commas.
    #[param(example = "0")]
    experiment_ids: String,
}

/// The metrics and parameters that runs of some experiments have.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct RunColumns {
    /// Keys of metrics, in order.
    metrics: Vec<String>,
    /// Keys of parameters, in order.
    params: Vec<String>,
}

/// Which metrics and parameters the runs of some experiments have.
#[utoipa::path(
    get,
    path = "/runs/columns",
    params(WantedColumns),
    responses(
        (status = 200, body = RunColumns),
        (status = 400, description = "A field makes no sense", body = Refusal),
    )
)]
pub(super) async fn columns(
    app: App,
    InQuery(wanted): InQuery<WantedColumns>,
) -> ApiResult<Json<RunColumns>> {
    let experiments = experiments(&wanted.experiment_ids)?;
    look(move || {
        let (mut metrics, mut params) = (Vec::new(), Vec::new());
        for column in run_columns(app.views(), &experiments) {
            match column {
                TableColumn::Metric(key) => metrics.push(key),
                TableColumn::Param(key) => params.push(key),
                TableColumn::Tag(_) => {}
            }
        }
        Ok(RunColumns { metrics, params })
    })
    .await
    .map(Json)
}

fn experiments(text: &str) -> ApiResult<BTreeSet<u64>> {
    let wrong = |id: &str| ApiError::invalid(format!("Invalid experiment id '{id}'."));
    text.split(',').map(|id| id.parse().map_err(|_| wrong(id))).collect()
}

fn list(field: &str, text: Option<&str>) -> ApiResult<Vec<String>> {
    let wrong = |error| ApiError::invalid(format!("{field} must be a JSON list of texts: {error}"));
    text.map_or(Ok(Vec::new()), |text| serde_json::from_str(text).map_err(wrong))
}

fn column(name: &str) -> ApiResult<TableColumn> {
    let wrong = || {
        let rule = "write metrics.<key>, params.<key> or tags.<key>";
        ApiError::invalid(format!("Invalid column '{name}': {rule}."))
    };
    let (kind, key) = name.split_once('.').ok_or_else(wrong)?;
    let key = key.to_owned();
    match kind {
        "metrics" => Ok(TableColumn::Metric(key)),
        "params" => Ok(TableColumn::Param(key)),
        "tags" => Ok(TableColumn::Tag(key)),
        _ => Err(wrong()),
    }
}

fn view_type(word: Option<&str>) -> ApiResult<ViewType> {
    match word {
        None | Some("active") => Ok(ViewType::ActiveOnly),
        Some("deleted") => Ok(ViewType::DeletedOnly),
        Some("all") => Ok(ViewType::All),
        Some(other) => {
            Err(ApiError::invalid(format!("Invalid view '{other}': active, deleted or all.")))
        }
    }
}
