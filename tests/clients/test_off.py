"""What clients say when they ask for a feature of MLflow that Runlog does not have: at once, and clearly."""

import mlflow
import pytest
import requests
from harness import needs, newest_only, runlog_only
from mlflow.exceptions import MlflowException

pytestmark = runlog_only


@pytest.fixture
def statuses(monkeypatch):
    """The statuses of all answers that this process gets."""
    found = []
    request = requests.Session.request

    def recorded(*args, **kwargs):
        answer = request(*args, **kwargs)
        found.append(answer.status_code)
        return answer

    monkeypatch.setattr(requests.Session, "request", recorded)
    return found


@needs("2.20", "flushing traces")
def test_a_traced_function_runs_and_its_run_is_kept(experiment, client, statuses):
    @mlflow.trace
    def twice(x):
        return 2 * x

    with mlflow.start_run() as run:
        assert twice(21) == 42
        mlflow.log_metric("m", 1.0)
    mlflow.flush_trace_async_logging()
    assert client.get_run(run.info.run_id).data.metrics == {"m": 1.0}
    assert statuses.count(501) <= 2, "the client tries again what cannot succeed"


@needs("2.20", "searching traces")
def test_searching_traces_says_what_is_missing(experiment, statuses):
    with pytest.raises(MlflowException, match="Tracing is not supported by Runlog"):
        mlflow.search_traces(**{"experiment_ids": [experiment.experiment_id]})
    assert statuses.count(501) == 1


@newest_only("needs the newest client's mlflow.genai")
def test_other_features_say_what_is_missing(experiment, statuses):
    from mlflow.genai import datasets, list_scorers

    for ask, what in (
        (lambda: datasets.create_dataset(name="d"), "Evaluation datasets"),
        (list_scorers, "Scorers"),
        (lambda: mlflow.log_feedback(trace_id="tr-1", name="f", value=1), "Tracing"),
        (mlflow.list_workspaces, "Workspaces"),
    ):
        statuses.clear()
        with pytest.raises(MlflowException, match=f"{what} (is|are) not supported by Runlog") as caught:
            ask()
        assert caught.value.error_code == "FEATURE_DISABLED"
        assert statuses == [501]


@newest_only("workspaces are newer than the other clients")
def test_an_active_workspace_is_refused_by_the_client(experiment, statuses):
    mlflow.set_workspace("team")
    try:
        with pytest.raises(MlflowException, match="the remote server does not support workspaces"):
            mlflow.search_experiments()
    finally:
        mlflow.set_workspace(None)
    assert set(statuses) <= {200}


def test_runs_models_and_autologging_ask_for_nothing_that_is_off(experiment, unique, statuses):
    from sklearn.linear_model import LogisticRegression

    mlflow.sklearn.autolog()
    try:
        with mlflow.start_run() as run:
            LogisticRegression().fit([[0.0], [1.0]], [0, 1])
            mlflow.log_artifact(__file__)
        version = mlflow.register_model(f"runs:/{run.info.run_id}/model", unique)
        mlflow.sklearn.load_model(f"models:/{unique}/{version.version}")
    finally:
        mlflow.sklearn.autolog(disable=True)
    assert len(statuses) > 10 and 501 not in statuses
