//! `/mlflow/runs/log-metric`, `/mlflow/runs/log-batch` and `/mlflow/metrics/...`
//!
//! Logging is the hot path: a request in the usual spelling is parsed straight into its shape;
//! any other spelling takes the general way, which also finds the words for what is wrong.

use std::borrow::Cow;

use axum::extract::Request;
use serde::{Deserialize, Deserializer, de};

use super::{
    super::{
        App,
        error::{ApiError, ApiResult},
        request::{Caller, Fields, read_body},
        response::{Empty, Object},
    },
    page_token::Walk,
    wire,
};
use crate::{
    base::python,
    domain::{
        Command,
        metric::{LogMetric, NewPoint},
        run::LogBatch,
    },
    event::KeyValue,
    views::series,
};

/// A float as a number or, where JSON has none, as a word.
struct Float(f64);

impl<'de> Deserialize<'de> for Float {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Visitor;
        impl de::Visitor<'_> for Visitor {
            type Value = Float;
            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("a number")
            }
            fn visit_f64<E: de::Error>(self, value: f64) -> Result<Float, E> {
                Ok(Float(value))
            }
            #[expect(clippy::cast_precision_loss, reason = "a metric is a float")]
            fn visit_i64<E: de::Error>(self, value: i64) -> Result<Float, E> {
                Ok(Float(value as f64))
            }
            #[expect(clippy::cast_precision_loss, reason = "a metric is a float")]
            fn visit_u64<E: de::Error>(self, value: u64) -> Result<Float, E> {
                Ok(Float(value as f64))
            }
            fn visit_str<E: de::Error>(self, text: &str) -> Result<Float, E> {
                python::parse_float(text).map(Float).ok_or_else(|| E::custom("not a number"))
            }
        }
        deserializer.deserialize_any(Visitor)
    }
}

/// A metric point in the usual spelling; alone, it also names its run, in two ways.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct PlainPoint<'a> {
    #[serde(default)]
    run_id: Option<Cow<'a, str>>,
    #[serde(default)]
    run_uuid: Option<Cow<'a, str>>,
    #[serde(borrow)]
    key: Cow<'a, str>,
    value: Float,
    timestamp: i64,
    #[serde(default)]
    step: i64,
    #[serde(default, borrow)]
    model_id: Option<Cow<'a, str>>,
    #[serde(default, borrow)]
    dataset_name: Option<Cow<'a, str>>,
    #[serde(default, borrow)]
    dataset_digest: Option<Cow<'a, str>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct PlainPair<'a> {
    #[serde(borrow)]
    key: Cow<'a, str>,
    #[serde(borrow)]
    value: Cow<'a, str>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct PlainBatch<'a> {
    #[serde(borrow)]
    run_id: Cow<'a, str>,
    #[serde(default, borrow)]
    metrics: Vec<PlainPoint<'a>>,
    #[serde(default, borrow)]
    params: Vec<PlainPair<'a>>,
    #[serde(default, borrow)]
    tags: Vec<PlainPair<'a>>,
}

fn filled(text: Option<Cow<'_, str>>) -> Option<String> {
    text.filter(|text| !text.is_empty()).map(Cow::into_owned)
}

impl From<PlainPoint<'_>> for NewPoint {
    fn from(point: PlainPoint<'_>) -> Self {
        NewPoint {
            key: point.key.into_owned(),
            value: point.value.0,
            timestamp: point.timestamp,
            step: point.step,
            model_id: filled(point.model_id),
            dataset_name: filled(point.dataset_name),
            dataset_digest: filled(point.dataset_digest),
        }
    }
}

impl From<PlainPair<'_>> for KeyValue {
    fn from(pair: PlainPair<'_>) -> Self {
        KeyValue { key: pair.key.into_owned(), value: pair.value.into_owned() }
    }
}

/// A point in any spelling.
fn point(fields: &Fields) -> ApiResult<NewPoint> {
    Ok(NewPoint {
        key: fields.required("key")?,
        value: fields.required_float("value")?,
        timestamp: fields.required_int("timestamp")?,
        step: fields.int("step")?.unwrap_or_default(),
        model_id: fields.filled("model_id")?,
        dataset_name: fields.filled("dataset_name")?,
        dataset_digest: fields.filled("dataset_digest")?,
    })
}

fn parse_metric(body: &[u8]) -> ApiResult<LogMetric> {
    if let Ok(mut point) = serde_json::from_slice::<PlainPoint<'_>>(body)
        && !point.key.is_empty()
        && let Some(run_id) = filled(point.run_id.take().or_else(|| point.run_uuid.take()))
    {
        return Ok(LogMetric { run_id, point: point.into() });
    }
    let fields = Fields::from_json(body)?;
    let run_id = fields.run_id()?;
    Ok(LogMetric { run_id, point: point(&fields)? })
}

pub(in super::super) async fn log_metric(
    app: App,
    Caller(context): Caller,
    request: Request,
) -> ApiResult<Empty> {
    let command = parse_metric(&read_body(request, &app).await?)?;
    app.execute(context, Command::LogMetric(command)).await?;
    Ok(Empty)
}

fn parse_batch(body: &[u8]) -> ApiResult<LogBatch> {
    if let Ok(batch) = serde_json::from_slice::<PlainBatch<'_>>(body)
        && !batch.run_id.is_empty()
        && batch.metrics.iter().all(|point| !point.key.is_empty())
        && batch.params.iter().chain(&batch.tags).all(|pair| !pair.key.is_empty())
    {
        return Ok(LogBatch {
            run_id: batch.run_id.into_owned(),
            metrics: batch.metrics.into_iter().map(NewPoint::from).collect(),
            params: batch.params.into_iter().map(KeyValue::from).collect(),
            tags: batch.tags.into_iter().map(KeyValue::from).collect(),
        });
    }
    let fields = Fields::from_json(body)?;
    let run_id = fields.new_run_id()?;
    let metrics = fields.objects("metrics")?;
    Ok(LogBatch {
        run_id,
        metrics: metrics.iter().map(point).collect::<ApiResult<_>>()?,
        params: fields.keyed_pairs("params")?,
        tags: fields.keyed_pairs("tags")?,
    })
}

pub(in super::super) async fn log_batch(
    app: App,
    Caller(context): Caller,
    request: Request,
) -> ApiResult<Empty> {
    let command = parse_batch(&read_body(request, &app).await?)?;
    app.execute(context, Command::LogBatch(command)).await?;
    Ok(Empty)
}

pub(in super::super) async fn get_metric_history(app: App, fields: Fields) -> ApiResult<Object> {
    let (run_id, key) = (fields.run_id()?, fields.required("metric_key")?);
    let limit = match fields.int("max_results")? {
        None => usize::MAX,
        Some(asked) => usize::try_from(asked).ok().filter(|limit| *limit > 0).ok_or_else(|| {
            ApiError::invalid(format!(
                "Invalid value {asked} for parameter 'max_results' supplied. It must be a positive \
                 integer."
            ))
        })?,
    };
    let walk = Walk::new(&app.page_key, "metrics/get-history", &fields, &["run_id", "metric_key"]);
    let offset = walk.skip(&fields)?;
    let view = app.views().view();
    let page = series::page(&view, &run_id, &key, offset, limit);
    let shown = page.points.iter().map(|point| wire::metric(&key, point).into()).collect();
    Ok(Object::new()
        .set_list("metrics", shown)
        .set_some("next_page_token", page.next_offset.map(|count| walk.token_behind(count))))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_spellings_mean_the_same() {
        let plain = br#"{"run_id":"r","metrics":[{"key":"a","value":1,"timestamp":5,"step":2}],"params":[{"key":"p","value":"v"}]}"#;
        let odd = br#"{"run_id":"r","metrics":[{"key":"a","value":"1.0","timestamp":"5","step":"2"}],"params":[{"key":"p","value":"v"}],"x":1}"#;
        assert_eq!(parse_batch(plain).unwrap(), parse_batch(odd).unwrap());
        let plain = br#"{"run_id":"r","key":"a","value":"NaN","timestamp":5}"#;
        assert!(parse_metric(plain).unwrap().point.value.is_nan());
    }

    #[test]
    fn what_is_missing_is_named_with_its_place() {
        let error =
            parse_batch(br#"{"run_id":"r","metrics":[{"key":"a","value":1}]}"#).unwrap_err();
        assert!(error.message.contains("'metrics[0].timestamp'"), "{}", error.message);
        let error = parse_metric(br#"{"run_id":"r","key":"a","timestamp":1}"#).unwrap_err();
        assert!(error.message.contains("'value'"), "{}", error.message);
    }
}
