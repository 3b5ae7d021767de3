"""Options that `mlflow server` takes from its environment, and that change what is answered."""

import mlflow
import pytest
import requests
from harness import Server, newest_only
from mlflow.exceptions import MlflowException

pytestmark = newest_only("the options are the server's")


@pytest.fixture
def started(tmp_path, monkeypatch):
    """Starts a server with an environment of its own."""
    servers = []

    def start(**environment):
        for name, value in environment.items():
            monkeypatch.setenv(name, value)
        servers.append(Server(tmp_path).start())
        return servers[-1].url

    yield start
    for server in servers:
        server.stop()


def test_sources_of_versions_are_those_that_the_operator_allows(started):
    url = started(MLFLOW_CREATE_MODEL_VERSION_SOURCE_VALIDATION_REGEX="^s3://team/")
    client = mlflow.MlflowClient(url, url)
    client.create_registered_model("m")
    with pytest.raises(MlflowException, match="Invalid model version source: 's3://other/m'"):
        client.create_model_version("m", "s3://other/m")
    assert client.create_model_version("m", "s3://team/m").source == "s3://team/m"


@pytest.mark.parametrize("query, allowed", [
    ('{ test(inputString: "x") { a: output b: output } }', None),
    ('{ test(inputString: "x") { a: output b: output c: output } }', "at most 2 aliases, got 3 aliases"),
    ('{ test(inputString: "x") { output } __typename }', "at most 1 root fields, got 2 root fields"),
])
def test_graphql_gives_as_much_as_the_operator_allows(started, query, allowed):
    url = started(MLFLOW_SERVER_GRAPHQL_MAX_ROOT_FIELDS="1", MLFLOW_SERVER_GRAPHQL_MAX_ALIASES="2")
    answer = requests.post(f"{url}/graphql", json={"query": query}).json()
    if allowed is None:
        assert answer == {"data": {"test": {"a": "x", "b": "x"}}, "errors": None}
    else:
        assert answer["data"] is None and allowed in answer["errors"][0]
