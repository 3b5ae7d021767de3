"""What a table and a chart show of many runs: windows with a true total, buckets that lose no spike."""

import json
import math

import pytest
import requests
from harness import newest_only, runlog_only
from mlflow.entities import Metric, Param, ViewType

pytestmark = [runlog_only, newest_only("they are no routes of MLflow")]


@pytest.fixture
def ask(server):
    def ask(path: str, status: int = 200, **query) -> dict:
        query = {key: json.dumps(value) if isinstance(value, list) else value for key, value in query.items()}
        answer = requests.get(f"{server.url}/api/runlog/1/{path}", params=query, timeout=30)
        assert answer.status_code == status, answer.text
        return answer.json()

    return ask


@pytest.fixture
def runs(client, experiment):
    """Thirty runs, each with a loss of its own; every third is deleted."""
    made = []
    for number in range(30):
        run = client.create_run(experiment.experiment_id, start_time=1000 + number, run_name=f"run {number}").info.run_id
        client.log_batch(run, metrics=[Metric("loss", number * 7 % 30, 1, 0)], params=[Param("lr", str(number % 3))])
        if number % 3 == 0:
            client.delete_run(run)
        made.append(run)
    return made


def test_windows_are_what_the_client_finds(ask, client, experiment, runs):
    id = experiment.experiment_id
    for view, kind in [("active", ViewType.ACTIVE_ONLY), ("deleted", ViewType.DELETED_ONLY), ("all", ViewType.ALL)]:
        for order in ([], ["metrics.loss ASC"], ["params.lr DESC", "attributes.run_name ASC"]):
            for filter in ("", "metrics.loss < 20", "params.lr = '1'", "params.lr = 'none'"):
                found = client.search_runs([id], filter, kind, order_by=order)
                for offset, limit in [(0, 1000), (0, 4), (3, 5), (len(found), 3), (10_000, 2)]:
                    asked = {"experiment_ids": id, "filter": filter, "order_by": order, "view": view}
                    window = ask("runs", **asked, offset=offset, limit=limit)
                    expected = [run.info.run_id for run in found[offset : offset + limit]]
                    assert [row["run_id"] for row in window["rows"]] == expected, asked
                    assert window["total"] == len(found)


def test_rows_have_what_was_asked_for(ask, client, experiment, runs):
    client.log_metric(runs[1], "acc", math.nan)
    client.log_metric(runs[1], "gain", -math.inf)
    columns = ["metrics.acc", "metrics.gain", "params.lr", "tags.mlflow.runName", "metrics.none", "metrics.loss"]
    asked = {"experiment_ids": experiment.experiment_id, "filter": f"run_id = '{runs[1]}'", "columns": columns}
    [row] = ask("runs", **asked)["rows"]
    assert row["cells"] == ["NaN", "-Infinity", "1", "run 1", None, 7]
    known = client.get_run(runs[1]).info
    assert (row["run_name"], row["status"], row["start_time"]) == (known.run_name, known.status, known.start_time)
    assert row["lifecycle_stage"] == "active"
    before = ask("runs", **asked, as_of=ask("runs", **asked)["seq"] - 1)
    assert before["rows"][0]["cells"][1] is None, "the past is another table"
    assert ask("runs/columns", experiment_ids=experiment.experiment_id) == {"metrics": ["acc", "gain", "loss"], "params": ["lr"]}


def test_a_spike_is_in_every_chart(ask, client, experiment):
    run = client.create_run(experiment.experiment_id).info.run_id
    for start in range(0, 10_000, 1000):
        values = [(99.0 if step == 7777 else math.nan if step == 5 else 0.5, step) for step in range(start, start + 1000)]
        client.log_batch(run, metrics=[Metric("loss", value, 1_000_000 + 10 * step, step) for value, step in values])
    for axis, scale in [("step", 1), ("time", 10)]:
        [series] = ask("series", run_ids=run, metric="loss", x=axis, buckets=50)["series"]
        assert (series["total"], series["exact"], len(series["x"])) == (10_000, False, 50)
        assert max(series["max"]) == 99.0 and sum(series["count"]) == 10_000
        around = {"from": series["x"][37], "to": series["x"][38]} if axis == "step" else {"from": 1_077_760, "to": 1_077_780}
        [near] = ask("series", run_ids=run, metric="loss", x=axis, buckets=5000, **around)["series"]
        assert near["exact"] and max(near["max"]) == 99.0
    [start] = ask("series", run_ids=run, metric="loss", to=9)["series"]
    assert start["x"] == list(range(10)) and start["last"][5] is None and start["last"][4] == 0.5
    several = ask("series", run_ids=f"{run},{'0' * 32}", metric="loss")["series"]
    assert [it["total"] for it in several] == [10_000, 0]


@pytest.mark.parametrize(
    ("path", "query", "why"),
    [
        ("runs", {"experiment_ids": "x"}, "experiment id"),
        ("runs", {"experiment_ids": "0", "filter": "loss <"}, "filter"),
        ("runs", {"experiment_ids": "0", "order_by": "loss"}, "order_by"),
        ("runs", {"experiment_ids": "0", "columns": ["loss"]}, "column"),
        ("runs", {"experiment_ids": "0", "columns": ["metrics.a"] * 501}, "columns"),
        ("runs", {"experiment_ids": "0", "view": "some"}, "view"),
        ("runs/columns", {"experiment_ids": ""}, "experiment id"),
        ("series", {"run_ids": "a", "metric": "loss", "x": "up"}, "x"),
        ("series", {"run_ids": ",".join("a" * 101), "metric": "loss"}, "100"),
        ("series", {"run_ids": "a"}, "metric"),
    ],
)
def test_what_makes_no_sense_is_told(ask, path, query, why):
    refused = ask(path, 400, **query)
    assert refused["error_code"] in ("INVALID_PARAMETER_VALUE", "BAD_REQUEST") and why in refused["message"], refused
