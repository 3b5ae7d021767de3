"""The two servers that are compared: MLflow's own, which is the judge, and ours. Both start empty."""

import os
import shlex
import sys

import pytest
from exchange import Party
from harness import Server

# Answers must not depend on background jobs and the gateway, which Runlog does not have.
os.environ["MLFLOW_SERVER_ENABLE_JOB_EXECUTION"] = "false"
os.environ["MLFLOW_ENABLE_AI_GATEWAY"] = "false"
os.environ["MLFLOW_DISABLE_TELEMETRY"] = "true"
JUDGE = (
    f"{shlex.quote(sys.executable)} -m mlflow server --backend-store-uri sqlite:///{{dir}}/mlflow.db"
    " --artifacts-destination {dir}/artifacts --host 127.0.0.1 --port {port} --workers 1"
)


@pytest.fixture(scope="session")
def judge(tmp_path_factory):
    server = Server(tmp_path_factory.mktemp("mlflow"), JUDGE).start()
    yield Party(server)
    server.stop()


@pytest.fixture(scope="session")
def ours(tmp_path_factory):
    server = Server(tmp_path_factory.mktemp("runlog")).start()
    yield Party(server)
    assert server.stop() == 0
