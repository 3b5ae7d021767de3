"""Webhooks: a real receiver is told of what happens in the registry, once and in order, whatever happens to it
and to the server."""

import base64
import hashlib
import hmac
import http.server
import json
import os
import random
import shutil
import threading
import time
from collections import Counter, defaultdict

import pytest
from harness import Server, newest_only, runlog, runlog_only
from rest import Refused, Rest

pytestmark = [runlog_only, newest_only("older clients have no webhooks")]
STAGES = ["None", "Staging", "Production", "Archived"]
KILLS = 12


class Receiver(http.server.ThreadingHTTPServer):
    """Keeps what it is told, path by path; `script[path]` is what it answers next: (status, headers), or a pause."""

    daemon_threads = True

    def __init__(self):
        super().__init__(("127.0.0.1", 0), Handler)
        self.told, self.script, self.lock = defaultdict(list), defaultdict(list), threading.Lock()
        self.moments = defaultdict(list)
        threading.Thread(target=self.serve_forever, daemon=True).start()

    def url(self, path: str) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}{path}"

    def wait(self, path: str, count: int, timeout_s: float = 30) -> list:
        deadline = time.monotonic() + timeout_s
        while time.monotonic() < deadline and len(self.told[path]) < count:
            time.sleep(0.01)
        time.sleep(0.1)  # for what should not come
        assert len(self.told[path]) == count, [body for _, body in self.told[path]]
        return self.told[path]


class Handler(http.server.BaseHTTPRequestHandler):
    def do_POST(self):
        content = self.rfile.read(int(self.headers["Content-Length"]))
        with self.server.lock:
            self.server.told[self.path].append((self.headers, content))
            self.server.moments[self.path].append(time.monotonic())
            step = self.server.script[self.path].pop(0) if self.server.script[self.path] else (200, {})
        if isinstance(step, float):
            time.sleep(step)
            step = (200, {})
        status, headers = step
        self.send_response(status)
        for name, value in {"Content-Length": "0", **headers}.items():
            self.send_header(name, value)
        self.end_headers()

    def log_message(self, *_):
        pass


@pytest.fixture
def receiver():
    server = Receiver()
    yield server
    server.shutdown()
    server.server_close()


@pytest.fixture(scope="module", autouse=True)
def loopback():
    names = {"MLFLOW_WEBHOOK_ALLOWED_SCHEMES": "http", "MLFLOW_WEBHOOK_ALLOW_PRIVATE_IPS": "true"}
    with pytest.MonkeyPatch.context() as patch:
        for name, value in names.items():
            patch.setenv(name, value)
        yield


@pytest.fixture
def rest(server):
    return Rest(server.port, "ada")


def create(rest, url: str, *events: str, **more) -> str:
    pairs = [dict(zip(("entity", "action"), event.upper().split("."))) for event in events]
    return rest.post("webhooks", name="w", url=url, events=pairs, **more)["webhook"]["webhook_id"]


def bodies(told) -> list[dict]:
    return [json.loads(content) for _, content in told]


def kinds(told) -> list[str]:
    return [f"{body['entity']}.{body['action']}" for body in bodies(told)]


def settled(data, webhook_id: str) -> list[dict]:
    lines = runlog("log", "--data-dir", data, "--entity", f"webhook:{webhook_id}").stdout.splitlines()
    events = map(json.loads, lines)
    return [event["data"] for event in events if event["event"] == "WebhookDeliverySettled"]


def test_every_event_once_and_in_order(rest, receiver, server, unique):
    from mlflow import MlflowClient
    from mlflow.entities.webhook import VALID_ENTITY_ACTIONS

    events = [f"{entity.value}.{action.value}" for entity, actions in VALID_ENTITY_ACTIONS.items() for action in actions]
    webhook = create(rest, receiver.url("/all") + "#model_version.stage_transitioned", *events)
    client, model, prompt = MlflowClient(), unique, unique + "-prompt"
    client.create_registered_model(model, {"k": "v"}, "a model")
    client.set_registered_model_tag(model, "not", "told")
    for _ in range(2):
        client.create_model_version(model, "s3://bucket/model", tags={"a": "b"}, description="a version")
    client.set_model_version_tag(model, "1", "k", "größe")
    client.delete_model_version_tag(model, "1", "k")
    client.set_registered_model_alias(model, "best", "2")
    client.delete_registered_model_alias(model, "best")
    client.transition_model_version_stage(model, "1", "Production")
    rest.post("model-versions/transition-stage", name=model, version="2", stage="Production",
              archive_existing_versions=True, comment="passed")
    client.create_prompt(prompt, "a prompt", {"k": "v"})
    client.create_prompt_version(prompt, "Hello {{name}}!", "first", {"a": "b"})
    client.set_prompt_tag(prompt, "k", "w")
    client.delete_prompt_tag(prompt, "k")
    client.set_prompt_version_tag(prompt, "1", "k", "w")
    client.delete_prompt_version_tag(prompt, "1", "k")
    client.set_prompt_alias(prompt, "best", 1)
    client.delete_prompt_alias(prompt, "best")
    version = {"source": "s3://bucket/model", "run_id": None, "tags": {"a": "b"}, "description": "a version"}
    expected = [
        ("registered_model.created", {"name": model, "tags": {"k": "v"}, "description": "a model"}),
        ("model_version.created", {"name": model, "version": "1", **version}),
        ("model_version.created", {"name": model, "version": "2", **version}),
        ("model_version_tag.set", {"name": model, "version": "1", "key": "k", "value": "größe"}),
        ("model_version_tag.deleted", {"name": model, "version": "1", "key": "k"}),
        ("model_version_alias.created", {"name": model, "alias": "best", "version": "2"}),
        ("model_version_alias.deleted", {"name": model, "alias": "best"}),
        ("model_version.stage_transitioned", {
            "name": model, "version": "1", "from_stage": "None", "to_stage": "Production", "archived_versions": [],
            "comment": None, "actor": "anonymous"}),
        ("model_version.stage_transitioned", {
            "name": model, "version": "2", "from_stage": "None", "to_stage": "Production", "archived_versions": ["1"],
            "comment": "passed", "actor": "ada"}),
        ("prompt.created", {"name": prompt, "tags": {"k": "v"}, "description": "a prompt"}),
        ("prompt_version.created", {
            "name": prompt, "version": "1", "template": "Hello {{name}}!", "tags": {"a": "b"}, "description": "first"}),
        ("prompt_tag.set", {"name": prompt, "key": "k", "value": "w"}),
        ("prompt_tag.deleted", {"name": prompt, "key": "k"}),
        ("prompt_version_tag.set", {"name": prompt, "version": "1", "key": "k", "value": "w"}),
        ("prompt_version_tag.deleted", {"name": prompt, "version": "1", "key": "k"}),
        ("prompt_alias.created", {"name": prompt, "alias": "best", "version": "1"}),
        ("prompt_alias.deleted", {"name": prompt, "alias": "best"}),
    ]
    told = receiver.wait("/all", len(expected))
    assert [(kind, body["data"]) for kind, body in zip(kinds(told), bodies(told))] == expected
    ids = [headers["X-MLflow-Delivery-Id"] for headers, _ in told]
    assert len(set(ids)) == len(ids)
    assert all("X-MLflow-Signature" not in headers for headers, _ in told)
    assert len(settled(server.data, webhook)) == len(expected)
    rest.post(f"webhooks/{webhook}", "DELETE")


def test_signature_is_the_stock_one_and_the_secret_is_nowhere(rest, receiver, server, unique):
    from mlflow.webhooks.delivery import _generate_hmac_signature

    secret = f"s3cret-größe-{unique}"
    webhook = create(rest, receiver.url("/signed"), "registered_model.created", secret=secret)
    rest.post("registered-models/create", name=unique)
    ((headers, content),) = receiver.wait("/signed", 1)
    identity, moment = headers["X-MLflow-Delivery-Id"], headers["X-MLflow-Timestamp"]
    assert abs(time.time() - int(moment)) < 60 and headers["Content-Type"] == "application/json"
    assert headers["X-MLflow-Signature"] == _generate_hmac_signature(secret, identity, moment, content.decode())
    mac = hmac.digest(secret.encode(), f"{identity}.{moment}.".encode() + content, hashlib.sha256)
    assert headers["X-MLflow-Signature"] == "v1," + base64.b64encode(mac).decode()
    for shown in (rest.get(f"webhooks/{webhook}"), rest.get("webhooks")):
        assert "secret" not in json.dumps(shown)
    assert os.stat(server.data / "webhook-secret.key").st_mode & 0o777 == 0o600
    kept = b"".join(path.read_bytes() for path in server.data.rglob("*") if path.is_file())
    assert secret.encode() not in kept and secret not in runlog("log", "--data-dir", server.data).stdout
    rest.post(f"webhooks/{webhook}", "PATCH", secret="")
    rest.post("registered-models/create", name=unique + "-2")
    assert "X-MLflow-Signature" not in receiver.wait("/signed", 2)[1][0]


def test_busy_receiver_is_asked_again(rest, receiver, server, unique):
    receiver.script["/busy"] = [(503, {}), (429, {"Retry-After": "1"}), (200, {})]
    webhook = create(rest, receiver.url("/busy"), "registered_model.created")
    rest.post("registered-models/create", name=unique)
    rest.post("registered-models/create", name=unique + "-2")
    told = receiver.wait("/busy", 4)
    assert [body["data"]["name"] for body in bodies(told)] == [unique] * 3 + [unique + "-2"]
    assert len({headers["X-MLflow-Delivery-Id"] for headers, _ in told[:3]}) == 1
    first, second, third, _ = receiver.moments["/busy"]
    assert second - first < 0.9 and third - second >= 1
    assert [(it["outcome"], it["attempts"]) for it in settled(server.data, webhook)] == [("delivered", 3), ("delivered", 1)]


def test_refusal_is_final_and_recorded(rest, receiver, server, unique):
    receiver.script["/no"] = [(410, {}), (302, {"Location": receiver.url("/elsewhere")})]
    webhook = create(rest, receiver.url("/no"), "registered_model.created")
    for name in (unique, unique + "-2", unique + "-3"):
        rest.post("registered-models/create", name=name)
    receiver.wait("/no", 3)
    assert receiver.told["/elsewhere"] == []
    outcomes = [(it["outcome"], it["response_status"], it["attempts"]) for it in settled(server.data, webhook)]
    assert outcomes == [("gave_up", 410, 1), ("gave_up", 302, 1), ("delivered", 200, 1)]


def test_receiver_that_is_down_delays_only_itself(rest, receiver, server, unique):
    down = [create(rest, receiver.url(f"/slow{n}"), "registered_model.created") for n in range(12)]
    for n in range(12):
        receiver.script[f"/slow{n}"] = [20.0]
    gone = create(rest, "http://127.0.0.1:1/", "registered_model.created")
    rest.post("registered-models/create", name=unique)
    time.sleep(0.5)  # ten of the slow ones have all the workers there are
    for n in range(2):
        receiver.script[f"/slow{n}"] = []
    well = create(rest, receiver.url("/well"), "registered_model.created")
    rest.post("registered-models/create", name=unique + "-2")
    for webhook in down:
        rest.post(f"webhooks/{webhook}", "DELETE")
    receiver.wait("/well", 1)
    assert settled(server.data, well)[0]["outcome"] == "delivered"
    deadline = time.monotonic() + 30
    while len(settled(server.data, gone)) < 2 and time.monotonic() < deadline:
        time.sleep(0.5)
    assert [(it["outcome"], it["response_status"], it["attempts"]) for it in settled(server.data, gone)] == [("gave_up", None, 4)] * 2


def test_disabled_and_deleted_webhooks_are_silent(rest, receiver, unique):
    webhook = create(rest, receiver.url("/off"), "registered_model.created", status="DISABLED")
    rest.post("registered-models/create", name=unique)
    receiver.wait("/off", 0, 0.5)
    assert rest.post(f"webhooks/{webhook}/test")["result"] == {"success": True, "response_status": 200, "response_body": ""}
    receiver.wait("/off", 1)
    rest.post(f"webhooks/{webhook}", "PATCH", status="ACTIVE")
    rest.post("registered-models/create", name=unique + "-2")
    assert bodies(receiver.wait("/off", 2))[1]["data"]["name"] == unique + "-2"
    rest.post(f"webhooks/{webhook}", "DELETE")
    rest.post("registered-models/create", name=unique + "-3")
    receiver.wait("/off", 2, 0.5)


def test_examples_are_those_of_mlflow(rest, receiver):
    from mlflow.entities.webhook import WebhookEvent
    from mlflow.webhooks.types import EVENT_TO_PAYLOAD_CLASS

    webhook = create(rest, receiver.url("/test"), "prompt.created")
    for entity, action in EVENT_TO_PAYLOAD_CLASS:
        event = {"entity": entity.value.upper(), "action": action.value.upper()}
        rest.post(f"webhooks/{webhook}/test", event=event)
        body = bodies(receiver.told["/test"])[-1]
        assert (body["entity"], body["action"]) == (entity, action)
        assert body["data"] == EVENT_TO_PAYLOAD_CLASS[entity, action].example(), WebhookEvent(entity, action)


def test_stage_transitions_by_name_and_by_fragment(rest, receiver, server):
    from mlflow import MlflowClient

    stage = {"entity": "MODEL_VERSION", "action": "STAGE_TRANSITIONED"}
    created = {"entity": "MODEL_VERSION", "action": "CREATED"}
    made = rest.post("webhooks", name="w", url=receiver.url("/x"), events=[stage, created])["webhook"]
    assert (made["events"], made["runlog_events"]) == ([created], [stage])
    client = MlflowClient()
    url = receiver.url("/x#model_version.stage_transitioned")
    stock = client.create_webhook("stock", url, ["model_version.created"])
    assert rest.get(f"webhooks/{stock.webhook_id}")["webhook"]["runlog_events"] == [stage]
    assert {webhook.webhook_id for webhook in client.list_webhooks()} >= {stock.webhook_id, made["webhook_id"]}
    client.update_webhook(stock.webhook_id, events=["prompt.created"])
    assert rest.get(f"webhooks/{stock.webhook_id}")["webhook"]["runlog_events"] == [stage]
    client.update_webhook(stock.webhook_id, url=receiver.url("/x"))
    assert "runlog_events" not in rest.get(f"webhooks/{stock.webhook_id}")["webhook"]
    with pytest.raises(Refused, match="its clients could not list"):
        rest.post("webhooks", name="w", url=receiver.url("/x"), events=[stage])


def test_addresses_are_checked(tmp_path, receiver, monkeypatch):
    monkeypatch.delenv("MLFLOW_WEBHOOK_ALLOW_PRIVATE_IPS")
    server = Server(tmp_path).start()
    rest = Rest(server.port)
    for url in ("http://127.0.0.1/", "http://localhost/", "http://[::1]/", "http://0.0.0.0/", "http://169.254.169.254/"):
        with pytest.raises(Refused, match="must not resolve to a non-public IP address"):
            create(rest, url, "registered_model.created")
    with pytest.raises(Refused, match="Allowed schemes are: http"):
        create(rest, "https://127.0.0.1/", "registered_model.created")
    assert server.stop() == 0
    # Registered while it was allowed, called when it is not.
    monkeypatch.setenv("MLFLOW_WEBHOOK_ALLOW_PRIVATE_IPS", "true")
    server.start()
    rest = Rest(server.port)
    port = receiver.server_address[1]
    webhooks = [create(rest, url, "registered_model.created") for url in (receiver.url("/"), f"http://localhost:{port}/")]
    assert server.stop() == 0
    monkeypatch.delenv("MLFLOW_WEBHOOK_ALLOW_PRIVATE_IPS")
    server.start()
    Rest(server.port).post("registered-models/create", name="m")
    time.sleep(1)
    assert receiver.told == {}
    for webhook in webhooks:
        (end,) = settled(server.data, webhook)
        assert (end["outcome"], end["attempts"]) == ("gave_up", 1) and "not a public IP address" in end["error"]
    result = Rest(server.port).post(f"webhooks/{webhooks[0]}/test")["result"]
    assert result["success"] is False and "not a public IP address" in result["error_message"]
    assert server.stop() == 0


def test_offline_commands_deliver_nothing(tmp_path, receiver):
    server = Server(tmp_path / "a").start()
    rest = Rest(server.port)
    receiver.script["/x"] = [(503, {"Retry-After": "600"})]
    webhook = create(rest, receiver.url("/x"), "registered_model.created")
    rest.post("registered-models/create", name="m")
    receiver.wait("/x", 1)
    assert server.stop() == 0
    replayed = runlog("replay", "--log", server.data / "log", "--into", tmp_path / "views", "--compare", server.data / "views")
    assert replayed.returncode == 0, replayed.stderr
    assert runlog("verify", "--data-dir", server.data).returncode == 0
    assert settled(server.data, webhook) == []
    receiver.wait("/x", 1, 0.5)
    shutil.rmtree(server.data / "views")
    server.start()
    (first, again) = receiver.wait("/x", 2)
    assert first[0]["X-MLflow-Delivery-Id"] == again[0]["X-MLflow-Delivery-Id"] and first[1] == again[1]
    assert server.stop() == 0
    assert [it["outcome"] for it in settled(server.data, webhook)] == ["delivered"]


def load(port: int, name: str, ledger: list, started: threading.Event) -> None:
    """Changes the registry until the server is gone; `ledger` gets what was acknowledged."""
    rest, choose = Rest(port), random.Random(name)
    started.set()
    try:
        rest.post("registered-models/create", name=name)
        ledger.append(("registered_model.created", name))
        for number in range(1, 100_000):
            rest.post("model-versions/create", name=name, source="s3://bucket/model")
            ledger.append(("model_version.created", name, str(number)))
            rest.post("model-versions/set-tag", name=name, version=str(number), key="k", value=str(number))
            ledger.append(("model_version_tag.set", name, str(number)))
            stage = choose.choice(STAGES)
            rest.post("model-versions/transition-stage", name=name, version=str(number), stage=stage)
            ledger.append(("model_version.stage_transitioned", name, str(number)))
    except (OSError, http.client.HTTPException):
        pass


def test_sigkill_loses_nothing_and_repeats_only_what_was_under_way(tmp_path, receiver):
    server = Server(tmp_path).start()
    events = ["registered_model.created", "model_version.created", "model_version_tag.set", "model_version.stage_transitioned"]
    paths = ["/one", "/two", "/three"]
    hooks = {path: create(Rest(server.port), receiver.url(path), *events) for path in paths}
    ledgers, choose = [], random.Random(7)
    for kill in range(KILLS):
        started = [threading.Event() for _ in range(3)]
        mine = [[] for _ in started]
        ledgers += mine
        threads = [threading.Thread(target=load, args=(server.port, f"m{kill}-{n}", ledger, event))
                   for n, (ledger, event) in enumerate(zip(mine, started))]
        [thread.start() for thread in threads]
        [event.wait() for event in started]
        time.sleep(choose.uniform(0.1, 1.2))
        server.kill()
        [thread.join() for thread in threads]
        if kill % 4 == 3:
            shutil.rmtree(server.data / "views")
        server.start()
    deadline = time.monotonic() + 120
    while time.monotonic() < deadline and any(pending(server, hook) for hook in hooks.values()):
        time.sleep(0.5)
    assert server.stop() == 0
    acknowledged = Counter(fact for ledger in ledgers for fact in ledger)
    assert sum(acknowledged.values()) > 100 and max(acknowledged.values()) == 1
    for path, hook in hooks.items():
        told = receiver.told[path]
        times = Counter(headers["X-MLflow-Delivery-Id"] for headers, _ in told)
        distinct = {headers["X-MLflow-Delivery-Id"]: body for (headers, _), body in zip(told, bodies(told))}
        facts = Counter((f"{body['entity']}.{body['action']}", *named(body["data"])) for body in distinct.values())
        assert acknowledged - facts == Counter(), "lost"
        assert max(facts.values()) == 1, "told under two ids"
        assert len(facts) - len(acknowledged) <= 3 * KILLS, "told of what never happened"
        again = {identity: count for identity, count in times.items() if count > 1}
        assert all(count <= 2 for count in again.values()) and len(again) <= KILLS, again
        ends = settled(server.data, hook)
        assert [it["about"] for it in ends] == sorted(it["about"] for it in ends), "in the order of the log"
        assert len(ends) == len(distinct) and {it["outcome"] for it in ends} == {"delivered"}


def named(data: dict) -> list[str]:
    return [data[key] for key in ("name", "version") if key in data]


def pending(server, webhook: str) -> int:
    """How many deliveries to a webhook are not settled: what it asked for, less what is."""
    lines = [json.loads(line) for line in runlog("log", "--data-dir", server.data).stdout.splitlines()]
    asked = {"RegisteredModelCreated", "ModelVersionCreated", "ModelVersionTagSet", "ModelVersionStageChanged"}
    happened = sum(line["event"] in asked for line in lines)
    return happened - sum(line["data"].get("webhook_id") == webhook and "outcome" in line["data"] for line in lines)
