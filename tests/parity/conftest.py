"""The two servers that are compared: MLflow's own, which is the judge, and ours. Both start empty."""

import pytest
from exchange import Party
from harness import Server
from judge import COMMAND


@pytest.fixture(scope="session")
def judge(tmp_path_factory):
    server = Server(tmp_path_factory.mktemp("mlflow"), COMMAND).start()
    yield Party(server)
    server.stop()


@pytest.fixture(scope="session")
def ours(tmp_path_factory):
    server = Server(tmp_path_factory.mktemp("runlog")).start()
    yield Party(server)
    assert server.stop() == 0
