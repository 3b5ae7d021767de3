"""Fixtures: a server a test file, a client on it, and a fresh experiment or model name a test."""

import contextlib
import os
import re
import shutil
import uuid

# A server that answers wrongly shall fail the test at once, not after seven retries.
os.environ.setdefault("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "1")
os.environ.setdefault("MLFLOW_HTTP_REQUEST_TIMEOUT", "60")
os.environ.setdefault("MLFLOW_DISABLE_TELEMETRY", "true")
os.environ.setdefault("MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR", "false")
os.environ.setdefault("GIT_PYTHON_REFRESH", "quiet")
os.environ.setdefault("MPLBACKEND", "agg")
for name in ("MLFLOW_TRACKING_URI", "MLFLOW_REGISTRY_URI", "MLFLOW_EXPERIMENT_ID", "MLFLOW_RUN_ID"):
    os.environ.pop(name, None)

import mlflow
import pytest
from harness import IS_RUNLOG, Server


def pytest_report_header():
    return f"mlflow client {mlflow.__version__}"


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    server = Server(tmp_path_factory.mktemp("server")).start()
    mlflow.set_tracking_uri(server.url)
    yield server
    code = server.stop()
    assert code == 0 or not IS_RUNLOG, f"the server ended with {code}"
    shutil.rmtree(server.dir)  # 128 MiB of segments made ahead, too much to keep for each file


@pytest.fixture
def client(server):
    return mlflow.MlflowClient()


@pytest.fixture
def unique(request):
    """A name nobody else uses, with the test's own name in it."""
    return f"{re.sub(r'[^A-Za-z0-9]+', '-', request.node.name)}-{uuid.uuid4().hex[:8]}"


@pytest.fixture
def experiment(server, unique):
    """A fresh experiment, set as the active one."""
    yield mlflow.set_experiment(unique)
    while mlflow.active_run():
        mlflow.end_run()


@pytest.fixture
def run(experiment, client):
    """A run that is going on, for the tests that log through the client."""
    run = client.create_run(experiment.experiment_id)
    yield run
    with contextlib.suppress(mlflow.exceptions.MlflowException):
        client.set_terminated(run.info.run_id)
