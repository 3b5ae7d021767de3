"""A client that sends a user name and password is served; Runlog writes the name down as the actor."""

import base64

import mlflow
import pytest
import requests
from harness import IS_RUNLOG


@pytest.fixture
def as_ada(monkeypatch):
    monkeypatch.setenv("MLFLOW_TRACKING_USERNAME", "ada")
    monkeypatch.setenv("MLFLOW_TRACKING_PASSWORD", "secret ✓")


def test_a_client_with_a_user_name_works_as_ever(as_ada, experiment, client, unique):
    with mlflow.start_run() as run:
        mlflow.log_metric("m", 1)
        mlflow.log_text("hello", "a.txt")
    assert client.get_run(run.info.run_id).data.metrics == {"m": 1}
    assert mlflow.artifacts.load_text(run.info.artifact_uri + "/a.txt") == "hello"


def test_the_user_name_stands_in_the_stage_history(as_ada, run, client, server, unique):
    client.create_registered_model(unique)
    client.create_model_version(unique, f"{run.info.artifact_uri}/model", run.info.run_id)
    moved = client.transition_model_version_stage(unique, "1", "Staging")
    assert moved.current_stage == "Staging"
    if IS_RUNLOG:
        history = requests.get(f"{server.url}/api/runlog/1/models/{unique}/history")
        assert "ada" in history.text


def test_a_broken_authorization_header_does_not_fail_the_call(server):
    for value in ("Basic !!!", "Basic " + base64.b64encode(b"nocolon").decode(), "Bearer some-token"):
        answer = requests.get(
            server.url + "/api/2.0/mlflow/experiments/get?experiment_id=0", headers={"Authorization": value}
        )
        assert answer.json()["experiment"]["name"] == "Default"
