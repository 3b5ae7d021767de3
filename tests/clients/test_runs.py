"""Runs: start, name, nest, end, update, delete, restore, search."""

import time

import mlflow
import pytest
from harness import needs
from mlflow.entities import ViewType
from mlflow.exceptions import MlflowException


def test_a_run_from_start_to_end(experiment, client):
    before = int(time.time() * 1000)
    with mlflow.start_run() as run:
        going = client.get_run(run.info.run_id)
        assert going.info.status == "RUNNING"
        assert going.info.end_time is None
    ended = client.get_run(run.info.run_id)
    assert ended.info.status == "FINISHED"
    assert before <= ended.info.start_time <= ended.info.end_time
    assert ended.info.experiment_id == experiment.experiment_id
    assert ended.info.lifecycle_stage == "active"
    assert ended.info.artifact_uri == f"{experiment.artifact_location}/{run.info.run_id}/artifacts"
    assert ended.info.run_name and ended.data.tags["mlflow.runName"] == ended.info.run_name
    assert ended.data.tags["mlflow.user"] == ended.info.user_id
    assert ended.data.tags["mlflow.source.type"] == "LOCAL"


def test_run_name_description_and_tags_at_the_start(experiment, client):
    with mlflow.start_run(run_name="seat heater", description="a *try*", tags={"who": "Ada"}) as run:
        pass
    back = client.get_run(run.info.run_id)
    assert back.info.run_name == "seat heater"
    assert back.data.tags["mlflow.runName"] == "seat heater"
    assert back.data.tags["mlflow.note.content"] == "a *try*"
    assert back.data.tags["who"] == "Ada"


def test_in_a_named_experiment(experiment, client, unique):
    other = client.create_experiment(unique + "-other")
    with mlflow.start_run(experiment_id=other) as run:
        pass
    assert client.get_run(run.info.run_id).info.experiment_id == other


def test_nested_runs_know_their_parents(experiment, client):
    with mlflow.start_run(run_name="parent") as parent:
        with mlflow.start_run(run_name="child-1", nested=True) as child:
            with mlflow.start_run(run_name="grandchild", nested=True) as grandchild:
                pass
        with mlflow.start_run(run_name="child-2", nested=True):
            pass

    def children(run):
        found = client.search_runs(
            [experiment.experiment_id], f"tags.mlflow.parentRunId = '{run.info.run_id}'"
        )
        return sorted(r.info.run_name for r in found)

    assert children(parent) == ["child-1", "child-2"]
    assert children(child) == ["grandchild"]
    assert children(grandchild) == []


@needs("2.4", "get_parent_run")
def test_get_parent_run(experiment, client):
    with mlflow.start_run() as parent:
        with mlflow.start_run(nested=True) as child:
            pass
    assert client.get_parent_run(child.info.run_id).info.run_id == parent.info.run_id
    assert client.get_parent_run(parent.info.run_id) is None


@pytest.mark.parametrize("status", ["FINISHED", "FAILED", "KILLED", "SCHEDULED", "RUNNING"])
def test_end_run_with_each_status(experiment, client, status):
    run = mlflow.start_run()
    mlflow.end_run(status)
    back = client.get_run(run.info.run_id)
    assert back.info.status == status
    assert back.info.end_time >= back.info.start_time


def test_a_run_that_raises_is_failed(experiment, client):
    with pytest.raises(ZeroDivisionError):
        with mlflow.start_run() as run:
            1 / 0
    assert client.get_run(run.info.run_id).info.status == "FAILED"


def test_a_run_is_taken_up_again(experiment, client):
    with mlflow.start_run() as run:
        mlflow.log_metric("a", 1)
    with mlflow.start_run(run_id=run.info.run_id):
        assert client.get_run(run.info.run_id).info.status == "RUNNING"
        mlflow.log_metric("b", 2)
    back = client.get_run(run.info.run_id)
    assert back.info.status == "FINISHED"
    assert back.data.metrics == {"a": 1, "b": 2}


def test_rename_and_status_through_update_run(run, client):
    client.update_run(run.info.run_id, status="SCHEDULED", name="renamed")
    back = client.get_run(run.info.run_id)
    assert (back.info.status, back.info.run_name) == ("SCHEDULED", "renamed")
    assert back.data.tags["mlflow.runName"] == "renamed"
    client.set_tag(run.info.run_id, "mlflow.runName", "by tag")
    assert client.get_run(run.info.run_id).info.run_name == "by tag"


def test_start_and_end_time_are_the_clients(experiment, client):
    run_id = client.create_run(experiment.experiment_id, start_time=1000).info.run_id
    client.set_terminated(run_id, end_time=2000)
    info = client.get_run(run_id).info
    assert (info.start_time, info.end_time) == (1000, 2000)


def test_delete_and_restore(experiment, run, client):
    def ids(view):
        return [r.info.run_id for r in client.search_runs([experiment.experiment_id], run_view_type=view)]

    run_id = run.info.run_id
    client.log_metric(run_id, "kept", 7)
    client.delete_run(run_id)
    assert client.get_run(run_id).info.lifecycle_stage == "deleted"
    assert ids(ViewType.ACTIVE_ONLY) == []
    assert ids(ViewType.DELETED_ONLY) == ids(ViewType.ALL) == [run_id]
    with pytest.raises(MlflowException):
        client.log_metric(run_id, "late", 1)
    client.restore_run(run_id)
    back = client.get_run(run_id)
    assert back.info.lifecycle_stage == "active"
    assert back.data.metrics == {"kept": 7}
    assert ids(ViewType.ACTIVE_ONLY) == [run_id]
    assert ids(ViewType.DELETED_ONLY) == []


@pytest.fixture(scope="module")
def garage(server):
    """Four runs, a to d, that differ in everything one can search by."""
    client = mlflow.MlflowClient()
    experiment_id = client.create_experiment("garage")
    rows = [
        ("a", "FINISHED", {"acc": 0.5}, {"depth": "3", "model": "forest"}, {"team": "Front"}),
        ("b", "FAILED", {"acc": 0.9, "loss": 0.1}, {"depth": "12", "model": "tree"}, {"team": "front"}),
        ("c", "FINISHED", {"acc": -1.5}, {"model": "forest"}, {"team": "rear", "odd key": "x"}),
        ("d", "RUNNING", {}, {}, {}),
    ]
    for n, (name, status, metrics, params, tags) in enumerate(rows):
        run_id = client.create_run(experiment_id, start_time=1000 + n, run_name=name).info.run_id
        for key, value in metrics.items():
            client.log_metric(run_id, key, value)
        for key, value in params.items():
            client.log_param(run_id, key, value)
        for key, value in tags.items():
            client.set_tag(run_id, key, value)
        if status != "RUNNING":
            client.set_terminated(run_id, status, end_time=5000 + n)
    return experiment_id


@pytest.mark.parametrize(
    "filter_string, names",
    [
        ("", "abcd"),
        ("metrics.acc > 0.5", "b"),
        ("metrics.acc >= 0.5", "ab"),
        ("metric.acc < 0", "c"),
        ("metrics.acc != 0.5", "bc"),
        ("metrics.acc <= 0.9 AND metrics.loss = 0.1", "b"),
        ("metrics.missing > 0", ""),
        ("params.model = 'forest'", "ac"),
        ("params.model != 'forest'", "b"),
        ("param.depth = \"3\" and params.model = 'forest'", "a"),
        ("params.model LIKE 'f%'", "ac"),
        ("params.model LIKE 'F%'", ""),
        ("params.model ILIKE 'F%'", "ac"),
        ("tags.team = 'front'", "b"),
        ("tags.team ILIKE 'FRONT'", "ab"),
        ("tag.`odd key` = 'x'", "c"),
        ('tags."odd key" = \'x\'', "c"),
        ("tags.mlflow.runName = 'd'", "d"),
        ("attributes.status = 'FINISHED'", "ac"),
        ("status != 'FINISHED'", "bd"),
        ("attributes.run_name LIKE '%b%'", "b"),
        ("attributes.start_time > 1001", "cd"),
        ("attributes.start_time <= 1001", "ab"),
        ("attributes.end_time >= 5001", "bc"),
        ("metrics.acc > 0 AND params.model = 'forest' AND tags.team = 'Front' AND status = 'FINISHED'", "a"),
    ],
)
def test_search_filters(garage, client, filter_string, names):
    found = client.search_runs([garage], filter_string)
    assert "".join(sorted(r.info.run_name for r in found)) == names


@pytest.mark.parametrize(
    "order_by, names",
    [
        ([], "dcba"),
        (["attributes.start_time ASC"], "abcd"),
        (["metrics.acc DESC"], "bacd"),
        (["metrics.acc ASC"], "cabd"),
        (["params.model", "metrics.acc"], "cabd"),
        (["params.depth"], "badc"),
        (["tags.team DESC"], "cbad"),
        (["attributes.run_name DESC"], "dcba"),
        (["status", "start_time DESC"], "bcad"),
    ],
)
def test_search_order(garage, client, order_by, names):
    found = client.search_runs([garage], order_by=order_by)
    assert "".join(r.info.run_name for r in found) == names


def test_search_by_run_ids(garage, client):
    ids = {r.info.run_name: r.info.run_id for r in client.search_runs([garage])}
    found = client.search_runs([garage], f"attributes.run_id IN ('{ids['a']}', '{ids['d']}')")
    assert {r.info.run_name for r in found} == {"a", "d"}


def test_search_gives_whole_runs(garage, client):
    (found,) = client.search_runs([garage], "params.depth = '12'")
    assert found.data.metrics == {"acc": 0.9, "loss": 0.1}
    assert found.data.params == {"depth": "12", "model": "tree"}
    assert found.data.tags["team"] == "front"
    assert found.to_dictionary() == client.get_run(found.info.run_id).to_dictionary()


def test_search_over_experiments_and_as_a_table(garage, client, unique):
    other = client.create_experiment(unique)
    client.log_metric(client.create_run(other, run_name="e").info.run_id, "acc", 2.0)
    table = mlflow.search_runs([garage, other], "metrics.acc > 0.6", order_by=["metrics.acc DESC"])
    assert list(table["tags.mlflow.runName"]) == ["e", "b"]
    assert list(table["metrics.acc"]) == [2.0, 0.9]
    assert table["params.model"][1] == "tree"
    assert len(mlflow.search_runs(experiment_names=["garage", unique])) == 5
    assert client.search_runs(["987654321"]) == []


def test_search_pages_meet_every_run_once(experiment, client):
    made = [client.create_run(experiment.experiment_id, run_name=f"r{n}").info.run_id for n in range(11)]
    seen, sizes, token = [], [], None
    while True:
        page = client.search_runs(
            [experiment.experiment_id], order_by=["attributes.run_name"], max_results=4, page_token=token
        )
        seen += [r.info.run_id for r in page]
        sizes.append(len(page))
        token = page.token
        if not token:
            break
    assert sorted(seen) == sorted(made)
    assert sizes == [4, 4, 3]


@pytest.mark.parametrize(
    "filter_string",
    ["metrics.acc > 'high'", "params.depth > '3'", "colour = 'red'", "metrics.acc >", "a OR b", "run_name IN ('a')"],
)
def test_a_filter_that_cannot_be_is_refused(garage, client, filter_string):
    with pytest.raises(MlflowException) as e:
        client.search_runs([garage], filter_string)
    assert e.value.error_code == "INVALID_PARAMETER_VALUE"
