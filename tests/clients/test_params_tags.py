"""Parameters (set once) and tags (set, overwritten, deleted)."""

import mlflow
import pytest
from mlflow.entities import Param, RunTag
from mlflow.exceptions import MlflowException


def test_params_come_back_as_text(experiment, client):
    with mlflow.start_run() as run:
        mlflow.log_param("depth", 3)
        mlflow.log_params({"rate": 0.1, "flag": True, "none": None, "empty": "", "öl": "größe ✓", "a/b c.d-e": "x"})
    assert client.get_run(run.info.run_id).data.params == {
        "depth": "3", "rate": "0.1", "flag": "True", "none": "None", "empty": "", "öl": "größe ✓", "a/b c.d-e": "x",
    }


def test_a_param_is_set_once(run, client):
    client.log_param(run.info.run_id, "depth", 3)
    client.log_param(run.info.run_id, "depth", 3)
    with pytest.raises(MlflowException) as e:
        client.log_param(run.info.run_id, "depth", 4)
    assert "depth" in str(e.value)
    assert client.get_run(run.info.run_id).data.params == {"depth": "3"}


def test_a_long_param_comes_back_whole(run, client):
    client.log_param(run.info.run_id, "long", "x" * 500)
    assert client.get_run(run.info.run_id).data.params == {"long": "x" * 500}


def test_hundreds_of_params_in_batches(run, client):
    params = {f"p{n}": str(n) for n in range(250)}
    with mlflow.start_run(run_id=run.info.run_id):
        mlflow.log_params(params)
    assert client.get_run(run.info.run_id).data.params == params


def test_data_comes_back_in_the_order_of_logging(experiment, client):
    with mlflow.start_run() as run:
        mlflow.log_params({"rate": 1, "depth": 2})
        mlflow.log_param("alpha", 3)
        mlflow.log_metrics({"loss": 1, "accuracy": 2}, step=1)
        mlflow.log_metrics({"accuracy": 3, "area": 4, "loss": 5}, step=2)
        mlflow.set_tags({"z": 1, "b": 2})
        mlflow.set_tags({"a": 3, "z": 4})
        mlflow.delete_tag("b")
        mlflow.set_tag("b", 5)
    [found] = client.search_runs([experiment.experiment_id])
    for data in client.get_run(run.info.run_id).data, found.data:
        assert list(data.params) == ["rate", "depth", "alpha"]
        assert list(data.metrics) == ["loss", "accuracy", "area"]
        assert [key for key in data.tags if not key.startswith("mlflow.")] == ["z", "a", "b"]


def test_tags_are_set_set_again_and_deleted(experiment, client):
    with mlflow.start_run() as run:
        mlflow.set_tag("release", 1)
        mlflow.set_tags({"release": "2", "team": "Sitze", "empty": ""})
        mlflow.set_tag("gone", "x")
        mlflow.delete_tag("gone")
    tags = {k: v for k, v in client.get_run(run.info.run_id).data.tags.items() if not k.startswith("mlflow.")}
    assert tags == {"release": "2", "team": "Sitze", "empty": ""}


def test_a_tag_that_is_not_there_cannot_be_deleted(run, client):
    with pytest.raises(MlflowException) as e:
        client.delete_tag(run.info.run_id, "missing")
    assert e.value.error_code == "RESOURCE_DOES_NOT_EXIST"


def test_a_long_tag_comes_back_whole(run, client):
    text = "zeile ✓\n" * 600
    client.set_tag(run.info.run_id, "mlflow.note.content", text)
    assert client.get_run(run.info.run_id).data.tags["mlflow.note.content"] == text


def test_log_batch_with_all_three(run, client):
    client.log_batch(
        run.info.run_id, params=[Param("p", "1"), Param("q", "2")], tags=[RunTag("t", "3"), RunTag("t", "4")]
    )
    data = client.get_run(run.info.run_id).data
    assert data.params == {"p": "1", "q": "2"}
    assert data.tags["t"] == "4"


def test_a_batch_with_a_changed_param_is_refused(run, client):
    client.log_param(run.info.run_id, "p", "1")
    with pytest.raises(MlflowException):
        client.log_batch(run.info.run_id, params=[Param("p", "2")])
    assert client.get_run(run.info.run_id).data.params == {"p": "1"}
