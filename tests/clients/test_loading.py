"""Loading models by every kind of URI, through the server's artifact proxy."""

import mlflow
import numpy as np
import pytest
from flavours import IS_3, X, Y, forest, linear, log_sklearn
from harness import needs
from mlflow.exceptions import MlflowException


@pytest.fixture(scope="module")
def seats(server):
    """CarSeat: version 1 (linear, Production), version 2 (forest, alias best)."""
    mlflow.set_experiment("seats")
    client = mlflow.MlflowClient()
    runs, infos = [], []
    for make in (linear, forest):
        with mlflow.start_run() as run:
            infos.append(log_sklearn(make(), registered_model_name="CarSeat"))
        runs.append(run.info.run_id)
    client.transition_model_version_stage("CarSeat", "1", "Production")
    client.set_registered_model_alias("CarSeat", "best", "2")
    return runs, infos


def is_linear(model):
    return np.allclose(model.predict(X), Y)


@pytest.mark.parametrize(
    "uri, version",
    [
        ("models:/CarSeat/1", 1),
        ("models:/CarSeat/2", 2),
        ("models:/CarSeat/Production", 1),
        ("models:/CarSeat/production", 1),
        ("models:/CarSeat/PRODUCTION", 1),
        ("models:/CarSeat/None", 2),
        ("models:/CarSeat/latest", 2),
        ("models:/CarSeat@best", 2),
    ],
)
def test_registered(seats, uri, version):
    model = mlflow.sklearn.load_model(uri)
    assert type(model) is type({1: linear, 2: forest}[version]())
    assert is_linear(model) == (version == 1)


def test_as_pyfunc(seats):
    assert is_linear(mlflow.pyfunc.load_model("models:/CarSeat/production"))


def test_of_a_run(seats):
    runs, _ = seats
    assert is_linear(mlflow.sklearn.load_model(f"runs:/{runs[0]}/model"))
    assert not is_linear(mlflow.sklearn.load_model(f"runs:/{runs[1]}/model"))


def test_the_uri_that_log_model_gave(seats):
    _, infos = seats
    assert is_linear(mlflow.sklearn.load_model(infos[0].model_uri))
    assert infos[0].model_uri.startswith("models:/m-" if IS_3 else "runs:/")


@needs("3", "logged models")
def test_a_logged_model_by_its_id(seats):
    _, infos = seats
    assert is_linear(mlflow.sklearn.load_model(f"models:/{infos[0].model_id}"))


@pytest.mark.parametrize(
    "uri", ["models:/CarSeat/9", "models:/CarSeat/Staging", "models:/CarSeat@worst", "models:/Nobody/latest"]
)
def test_what_is_not_there(seats, uri):
    with pytest.raises(MlflowException):
        mlflow.sklearn.load_model(uri)


def test_production_follows_the_transition(seats):
    client = mlflow.MlflowClient()
    client.transition_model_version_stage("CarSeat", "2", "Production", archive_existing_versions=True)
    assert not is_linear(mlflow.sklearn.load_model("models:/CarSeat/production"))
    assert is_linear(mlflow.sklearn.load_model("models:/CarSeat/archived"))
    client.transition_model_version_stage("CarSeat", "1", "Production", archive_existing_versions=True)
    assert is_linear(mlflow.sklearn.load_model("models:/CarSeat/production"))
