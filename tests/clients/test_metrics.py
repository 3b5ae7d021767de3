"""Metrics: values back as sent, steps, timestamps, history, and the values floats find hard."""

import math
import sys

import mlflow
import pytest
from mlflow.entities import Metric


def history(client, run, key):
    return [(m.value, m.step, m.timestamp) for m in client.get_metric_history(run.info.run_id, key)]


def test_log_metric_and_log_metrics(experiment, client):
    with mlflow.start_run() as run:
        mlflow.log_metric("loss", 0.25)
        mlflow.log_metrics({"acc": 0.75, "f1 / macro": 1})
    assert client.get_run(run.info.run_id).data.metrics == {"loss": 0.25, "acc": 0.75, "f1 / macro": 1.0}


def test_history_keeps_every_point_with_step_and_time(run, client):
    for step in range(5):
        client.log_metric(run.info.run_id, "loss", 1 / (step + 1), timestamp=1000 + step, step=step * 10)
    assert history(client, run, "loss") == [(1 / (n + 1), n * 10, 1000 + n) for n in range(5)]
    assert client.get_metric_history(run.info.run_id, "nothing") == []


def test_the_latest_is_the_highest_step_then_time_then_value(run, client):
    run_id = run.info.run_id

    def latest():
        return client.get_run(run_id).data.metrics["m"]

    client.log_metric(run_id, "m", 1.0, timestamp=500, step=5)
    client.log_metric(run_id, "m", 9.0, timestamp=900, step=4)
    assert latest() == 1.0, "a lower step never wins"
    client.log_metric(run_id, "m", 0.5, timestamp=600, step=5)
    assert latest() == 0.5, "at one step the later time wins"
    client.log_metric(run_id, "m", 0.7, timestamp=600, step=5)
    client.log_metric(run_id, "m", 0.6, timestamp=600, step=5)
    assert latest() == 0.7, "at one step and time the higher value wins"
    assert len(history(client, run, "m")) == 5


def test_the_same_point_twice_is_one_point(run, client):
    for _ in range(2):
        client.log_metric(run.info.run_id, "m", 1.0, timestamp=1, step=1)
    assert history(client, run, "m") == [(1.0, 1, 1)]


def test_negative_steps_and_times_without_end(run, client):
    client.log_metric(run.info.run_id, "m", 1.0, timestamp=1, step=-3)
    client.log_metric(run.info.run_id, "m", 2.0, timestamp=2, step=2**62)
    assert history(client, run, "m") == [(1.0, -3, 1), (2.0, 2**62, 2)]


@pytest.mark.parametrize(
    "sent, back",
    [
        (math.inf, sys.float_info.max),
        (-math.inf, -sys.float_info.max),
        (sys.float_info.max, sys.float_info.max),
        (5e-324, 5e-324),
        (0.1 + 0.2, 0.30000000000000004),
        (-0.0, 0.0),
        (2**53 + 1, float(2**53)),
    ],
)
def test_values_at_the_edge(run, client, sent, back):
    """Infinity is stored as the largest float: so does MLflow's own SQL store."""
    client.log_metric(run.info.run_id, "m", sent, timestamp=1, step=1)
    assert client.get_run(run.info.run_id).data.metrics == {"m": back}
    assert history(client, run, "m") == [(back, 1, 1)]


def test_nan(run, client):
    client.log_metric(run.info.run_id, "m", 1.0, timestamp=1, step=1)
    client.log_metric(run.info.run_id, "m", math.nan, timestamp=2, step=2)
    assert math.isnan(client.get_run(run.info.run_id).data.metrics["m"])
    (first, second) = history(client, run, "m")
    assert first == (1.0, 1, 1)
    assert math.isnan(second[0]) and second[1:] == (2, 2)
    client.log_metric(run.info.run_id, "m", 3.0, timestamp=3, step=3)
    assert client.get_run(run.info.run_id).data.metrics == {"m": 3.0}


def test_log_batch_of_a_thousand_points(run, client):
    points = [Metric("m", n / 7, timestamp=n, step=n) for n in range(1000)]
    client.log_batch(run.info.run_id, metrics=points)
    assert history(client, run, "m") == [(n / 7, n, n) for n in range(1000)]
    assert client.get_run(run.info.run_id).data.metrics["m"] == 999 / 7


def test_log_batch_mixes_keys_and_steps(run, client):
    client.log_batch(
        run.info.run_id,
        metrics=[Metric("a", 1, 1, 2), Metric("b", 5, 1, 0), Metric("a", 2, 1, 1), Metric("b", math.nan, 2, 0)],
    )
    metrics = client.get_run(run.info.run_id).data.metrics
    assert metrics["a"] == 1 and math.isnan(metrics["b"])
    assert sorted(history(client, run, "a")) == [(1.0, 2, 1), (2.0, 1, 1)]


def test_a_long_history_comes_back_whole(run, client):
    for start in range(0, 30_000, 1000):
        client.log_batch(
            run.info.run_id, metrics=[Metric("long", n, timestamp=n, step=n) for n in range(start, start + 1000)]
        )
    assert history(client, run, "long") == [(n, n, n) for n in range(30_000)]


def test_histories_of_many_runs_are_sampled_alike(server, client, experiment):
    """The routes that charts read: the first of each bucket and the last point, by run."""
    import requests

    runs = [client.create_run(experiment.experiment_id).info.run_id for _ in range(2)]
    for run_id in runs:
        client.log_batch(run_id, [Metric("m", n / 2, 1000 + n, n) for n in range(11)])
    base = f"{server.url}/ajax-api/2.0/mlflow/metrics"

    def steps(route, **query):
        answer = requests.get(f"{base}/{route}", params={"metric_key": "m", **query})
        assert answer.status_code == 200, answer.text
        points = answer.json().get("metrics", [])
        return [[p["step"] for p in points if p["run_id"] == run_id] for run_id in runs]

    everything = list(range(11))
    assert steps("get-history-bulk", run_id=runs) == [everything, everything]
    assert steps("get-history-bulk-interval", run_ids=runs, max_results=3) == [[0, 4, 10]] * 2
    asked = {"run_ids": runs, "start_step": 3, "end_step": 6, "max_results": 3}
    assert steps("get-history-bulk-interval", **asked) == [[3, 5, 6]] * 2
    refused = requests.get(f"{base}/get-history-bulk-interval", params={"run_ids": runs})
    assert refused.json()["error_code"] == "INVALID_PARAMETER_VALUE"
