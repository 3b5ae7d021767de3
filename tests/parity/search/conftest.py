"""A pair of servers of its own: what the corpus made would be found, too."""

import pytest
from exchange import Party
from harness import Server
from judge import COMMAND
from world import Loader


@pytest.fixture(scope="package")
def judge(tmp_path_factory):
    server = Server(tmp_path_factory.mktemp("mlflow-search"), COMMAND).start()
    yield loaded(server)
    server.stop()


@pytest.fixture(scope="package")
def ours(tmp_path_factory):
    server = Server(tmp_path_factory.mktemp("runlog-search")).start()
    yield loaded(server)
    assert server.stop() == 0


def loaded(server):
    party = Party(server)
    Loader(party).load()
    return party
