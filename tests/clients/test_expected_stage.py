"""Stage transitions that are only made if nobody else came first, by unmodified clients."""

import json
import subprocess
import threading

import mlflow
import pytest
from harness import PROGRAM, runlog_only
from mlflow.exceptions import MlflowException
from mlflow.tracking.request_header.abstract_request_header_provider import RequestHeaderProvider
from rest import Refused, Rest

pytestmark = runlog_only


class Told(RequestHeaderProvider):
    """Adds headers to each request of the client."""

    headers = {}

    def in_context(self):
        return True

    def request_headers(self):
        return self.headers


@pytest.fixture(scope="module", autouse=True)
def provider():
    from mlflow.tracking.request_header.registry import _request_header_provider_registry as registry

    registry.register(Told)
    yield
    registry._registry.pop()


@pytest.fixture
def told():
    yield Told.headers
    Told.headers.clear()


@pytest.fixture
def version(client, unique):
    """The first version of a new model."""
    client.create_registered_model(unique)
    client.create_model_version(unique, "s3://bucket/model")
    return unique


def events(server, name):
    """The events of a model, oldest first."""
    command = [PROGRAM, "log", "--data-dir", server.data, "--entity", f"model:{name}"]
    lines = subprocess.run(command, capture_output=True, text=True, check=True).stdout.splitlines()
    return [json.loads(line) for line in lines]


def test_who_comes_second_is_told_and_both_attempts_are_kept(server, client, told, version):
    told.update({"Runlog-Expected-Stage": "None", "Runlog-Comment": "für Größe"})
    client.transition_model_version_stage(version, "1", "Production")
    with pytest.raises(MlflowException, match="is in stage Production, not None as expected") as refused:
        client.transition_model_version_stage(version, "1", "Staging")
    assert refused.value.error_code == "RESOURCE_CONFLICT"
    assert client.get_model_version(version, "1").current_stage == "Production"
    moved, tried = events(server, version)[-2:]
    assert (moved["event"], moved["data"]["comment"]) == ("ModelVersionStageChanged", "für Größe")
    assert tried["event"] == "ModelVersionTransitionRefused"
    data = {key: tried["data"][key] for key in ("version", "expected", "found", "wanted", "comment")}
    assert data == {
        "version": 1, "expected": "None", "found": "Production", "wanted": "Staging", "comment": "für Größe",
    }  # fmt: skip
    told.clear()
    client.transition_model_version_stage(version, "1", "Staging")


def test_the_body_can_say_it_too(server, version):
    rest = Rest(server.port)
    body = {"name": version, "version": "1", "archive_existing_versions": False}
    rest.post("model-versions/transition-stage", **body, stage="Staging", expected_stage="none", comment="why")
    with pytest.raises(Refused) as refused:
        rest.post("model-versions/transition-stage", **body, stage="Production", expected_stage="None")
    assert refused.value.status == 409
    with pytest.raises(Refused) as refused:
        rest.post("model-versions/transition-stage", **body, stage="Production", expected_stage="Nowhere")
    assert refused.value.status == 400
    assert [event["event"] for event in events(server, version)][2:] == [
        "ModelVersionStageChanged",
        "ModelVersionTransitionRefused",
    ]


def test_of_many_at_once_exactly_one_wins(server, version):
    outcomes, begin = [], threading.Barrier(12)

    def attempt(number):
        rest = Rest(server.port, actor=f"user{number}")
        begin.wait()
        try:
            rest.post(
                "model-versions/transition-stage", name=version, version="1", stage="Production",
                archive_existing_versions=False, expected_stage="None",
            )  # fmt: skip
            outcomes.append(200)
        except Refused as refused:
            outcomes.append(refused.status)

    threads = [threading.Thread(target=attempt, args=(number,)) for number in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(outcomes) == [200] + 11 * [409]
    attempts = events(server, version)[2:]
    assert sorted(event["event"] for event in attempts) == ["ModelVersionStageChanged"] + 11 * [
        "ModelVersionTransitionRefused"
    ]
    assert {event["actor"] for event in attempts} == {f"user{number}" for number in range(12)}
    assert mlflow.MlflowClient().get_model_version(version, "1").current_stage == "Production"
