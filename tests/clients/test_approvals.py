"""Four eyes: a stage into which a version moves only when a second person approves."""

import json
import random
import threading

import pytest
from harness import runlog_only
from mlflow.exceptions import MlflowException
from rest import Refused, Rest

pytestmark = runlog_only

ROOT = "/api/runlog/1"


class Person(Rest):
    """Somebody who asks over HTTP, with the status of the answer."""

    def exchange(self, method, path, body):
        try:
            return 200, json.loads(self.send(method, path, json.dumps(body).encode() if method != "GET" else None))
        except Refused as refused:
            return refused.status, json.loads(refused.content)

    def ask(self, method, path, **body):
        return self.exchange(method, f"{ROOT}{path}", body)


@pytest.fixture
def model(server, unique):
    """A model with three versions, whose Production needs an approval."""
    ada = Person(server.port, "ada")
    ada.post("registered-models/create", name=unique)
    for _ in range(3):
        ada.post("model-versions/create", name=unique, source="s3://bucket/model")
    status, answer = ada.ask("PUT", f"/models/{unique}/approvals/production", comment="audit")
    assert (status, answer["stages"], answer["requests"]) == (200, ["Production"], [])
    return unique


def history(person, model):
    return person.ask("GET", f"/models/{model}/history")[1]["history"]


def stage(person, model, version):
    return person.get("model-versions/get", name=model, version=version)["model_version"]["current_stage"]


def request(person, model, version, **more):
    wanted = {"name": model, "version": version, "stage": "Production", **more}
    return person.exchange("POST", "/api/2.0/mlflow/model-versions/transition-stage", wanted)


def test_a_second_person_approves(server, model):
    ada, grace = Person(server.port, "ada"), Person(server.port, "grace")
    status, answer = request(ada, model, "1", comment="it is good")
    assert (status, answer["error_code"]) == (409, "RESOURCE_CONFLICT")
    assert "second person" in answer["message"]
    assert stage(ada, model, "1") == "None"
    [waiting] = ada.ask("GET", f"/models/{model}/approvals")[1]["requests"]
    assert (waiting["version"], waiting["to"], waiting["requested_by"]) == (1, "Production", "ada")

    path = f"/models/{model}/versions/1/approve"
    status, answer = ada.ask("POST", path)
    assert status == 409 and "another person" in answer["message"]
    status, answer = Person(server.port).ask("POST", path)
    assert status == 400 and "user name" in answer["message"]
    status, answer = grace.ask("POST", path, comment="I looked at it")
    assert (status, answer["requests"]) == (200, [])
    assert stage(ada, model, "1") == "Production"
    [moved] = history(ada, model)
    assert (moved["actor"], moved["requested_by"], moved["comment"]) == ("grace", "ada", "it is good")
    events = ada.ask("GET", f"/history?entity=model:{model}")[1]["events"]
    kinds = [event["event"].removeprefix("ModelVersion") for event in events[-3:]]
    assert kinds == ["TransitionRequested", "TransitionApproved", "StageChanged"]
    assert grace.ask("POST", path)[0] == 404


def test_what_is_archived_along_the_way_is_what_was_asked_for(server, model):
    ada, grace = Person(server.port, "ada"), Person(server.port, "grace")
    request(ada, model, "1")
    grace.ask("POST", f"/models/{model}/versions/1/approve")
    request(ada, model, "2", archive_existing_versions=True)
    [waiting] = ada.ask("GET", f"/models/{model}/approvals")[1]["requests"]
    assert waiting["archives"] == [1]
    # It moved meanwhile: what was asked for is not what would happen.
    ada.post("model-versions/transition-stage", name=model, version="1", stage="Staging")
    status, answer = grace.ask("POST", f"/models/{model}/versions/2/approve")
    assert status == 409 and "moved since" in answer["message"]
    request(ada, model, "2", archive_existing_versions=True)
    assert grace.ask("POST", f"/models/{model}/versions/2/approve")[0] == 200
    assert [stage(ada, model, version) for version in "12"] == ["Staging", "Production"]


def test_a_request_is_rejected_or_taken_back(server, model):
    ada, grace = Person(server.port, "ada"), Person(server.port, "grace")
    for person in grace, ada:
        request(ada, model, "1")
        assert person.ask("POST", f"/models/{model}/versions/1/reject", comment="no")[0] == 200
        assert grace.ask("POST", f"/models/{model}/versions/1/approve")[0] == 404
    assert stage(ada, model, "1") == "None"
    # A move elsewhere makes the request void.
    request(ada, model, "1")
    ada.post("model-versions/transition-stage", name=model, version="1", stage="Staging")
    assert grace.ask("POST", f"/models/{model}/versions/1/approve")[0] == 404


def test_the_stock_client_is_told(client, model):
    with pytest.raises(MlflowException, match="second person") as told:
        client.transition_model_version_stage(model, "1", "Production")
    assert told.value.error_code == "RESOURCE_CONFLICT"
    assert client.get_model_version(model, "1").current_stage == "None"
    assert client.transition_model_version_stage(model, "1", "Staging").current_stage == "Staging"


def test_the_rule_is_lifted(server, model):
    ada = Person(server.port, "ada")
    assert ada.ask("DELETE", f"/models/{model}/approvals/Production")[1]["stages"] == []
    assert request(ada, model, "1")[0] == 200
    assert ada.ask("PUT", f"/models/{model}/approvals/nowhere")[0] == 400
    assert ada.ask("PUT", f"/models/{model}/approvals/None")[0] == 400
    assert ada.ask("PUT", "/models/no-such-model/approvals/Production")[0] == 404
    assert ada.ask("PUT", f"/models/{model}/approvals/Production?as_of=1")[0] == 403


def test_nobody_passes_alone_however_people_interleave(server, model):
    def work(name):
        person, choice = Person(server.port, name), random.Random(name)
        for _ in range(60):
            version = choice.choice("123")
            deed = choice.randrange(4)
            if deed == 0:
                request(person, model, version, archive_existing_versions=choice.random() < 0.5)
            elif deed == 1:
                person.ask("POST", f"/models/{model}/versions/{version}/approve")
            elif deed == 2:
                person.ask("POST", f"/models/{model}/versions/{version}/reject")
            else:
                person.post("model-versions/transition-stage", name=model, version=version, stage="Staging")

    people = [threading.Thread(target=work, args=(name,)) for name in ("ada", "grace", "edsger")]
    for person in people:
        person.start()
    for person in people:
        person.join()
    moves = history(Person(server.port), model)
    # One that is confirmed where it is moves nowhere.
    into = [move for move in moves if move["to"] == "Production" != move["from"]]
    assert into, "nothing was approved: this shows nothing"
    assert all(move["requested_by"] not in (None, move["actor"]) for move in into)
