"""The past, seen by an unmodified client whose tracking URI names a moment."""

import time

import mlflow
import numpy as np
import pytest
from flavours import X, Y, forest, linear, log_sklearn
from harness import runlog_only
from mlflow.exceptions import MlflowException

pytestmark = runlog_only


@pytest.fixture(scope="module")
def moment(server):
    """A time between two lives of a model: version 1 was Production then, version 2 is now."""
    mlflow.set_experiment("seats")
    client = mlflow.MlflowClient()
    with mlflow.start_run():
        log_sklearn(linear(), registered_model_name="CarSeat")
    client.transition_model_version_stage("CarSeat", "1", "Production")
    client.set_registered_model_alias("CarSeat", "best", "1")
    time.sleep(0.01)
    then = time.time_ns() // 1_000_000
    time.sleep(0.01)
    with mlflow.start_run():
        log_sklearn(forest(), registered_model_name="CarSeat")
    client.transition_model_version_stage("CarSeat", "2", "Production", archive_existing_versions=True)
    client.set_registered_model_alias("CarSeat", "best", "2")
    return then


@pytest.fixture
def then(server, moment):
    """The client at that moment."""
    mlflow.set_tracking_uri(f"{server.url}/as-of/{moment}/")
    yield mlflow.MlflowClient()
    mlflow.set_tracking_uri(server.url)


def test_production_then_and_now(server, moment, then):
    assert then.get_model_version("CarSeat", "1").current_stage == "Production"
    assert [v.version for v in then.search_model_versions("name='CarSeat'")] in ([1], ["1"])
    assert str(then.get_model_version_by_alias("CarSeat", "best").version) == "1"
    now = mlflow.MlflowClient(server.url)
    assert now.get_model_version("CarSeat", "1").current_stage == "Archived"
    assert str(now.get_model_version_by_alias("CarSeat", "best").version) == "2"


@pytest.mark.parametrize("uri", ["models:/CarSeat/Production", "models:/CarSeat@best", "models:/CarSeat/latest"])
def test_models_load_as_they_were(then, uri):
    assert np.allclose(mlflow.sklearn.load_model(uri).predict(X), Y)


def test_runs_are_those_of_then(then):
    experiment = then.get_experiment_by_name("seats")
    assert len(then.search_runs([experiment.experiment_id])) == 1


def test_the_past_cannot_be_changed(then):
    with pytest.raises(MlflowException, match="The past cannot be changed"):
        then.create_registered_model("Wheel")
    with pytest.raises(MlflowException, match="The past cannot be changed"):
        then.create_run("0")
