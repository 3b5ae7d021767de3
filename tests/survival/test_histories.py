"""Clients work on the same few runs, models, aliases and names at once, the server is killed and started again under
them, and all that they were answered must have one explanation: see history.py."""

import http.client
import itertools
import json
import threading
import time

import pytest
from effort import LONG, chooser, report
from harness import Server, runlog
from history import (
    MAYBE,
    OK,
    REFUSED,
    Call,
    History,
    Violation,
    check_once,
    check_register,
    check_set,
    check_stages,
    check_versions,
)
from rest import Refused, Rest

CLIENTS = 6
MODEL = "CarSeat"
STAGES = ["None", "Staging", "Production", "Archived"]
RUNS = 30
PARAMS = 10
# Between one start of the server and its death; the last time it lives on.
LIFE_S = 2.0
LIVES = 20 if LONG else 3
CAMPAIGNS = 5 if LONG else 1


class Gone(Exception):
    """The server did not answer."""


class World:
    """What the clients share."""

    def __init__(self, server: Server):
        self.server, self.history = server, History()
        self.numbers = itertools.count(1)
        self.up, self.over = threading.Event(), threading.Event()
        self.up.set()
        self.failures = []
        rest = Rest(server.port)
        rest.post("registered-models/create", name=MODEL)
        self.runs = [
            rest.post("runs/create", experiment_id="0", run_name=f"run {n}")["run"]["info"]["run_id"] for n in range(RUNS)
        ]
        self.begun = time.monotonic()
        self.span = LIVES * LIFE_S

    def number(self) -> int:
        return next(self.numbers)  # one step of the interpreter, so no two threads get the same

    def run_id(self) -> str:
        """The run of the hour: all work on one, and then on the next."""
        at = int((time.monotonic() - self.begun) / self.span * RUNS)
        return self.runs[min(at, RUNS - 1)]


class Client:
    """One client; what it does next is drawn."""

    def __init__(self, world: World, name: str):
        self.world, self.history, self.name = world, world.history, name
        self.choose = chooser(name)
        self.rest = Rest(world.server.port)
        self.thread = threading.Thread(target=self.work, daemon=True)

    def work(self) -> None:
        kinds = [
            self.tag, self.status, self.param, self.point, self.batch, self.read_run, self.read_run, self.read_points,
            self.search, self.experiment, self.version, self.transition, self.read_stage, self.read_alias,
        ]  # fmt: skip
        try:
            while not self.world.over.is_set():
                try:
                    self.choose.choice(kinds)()
                except Gone:
                    self.world.up.wait()
                    self.rest = Rest(self.world.server.port)
        except Exception as e:  # fails the test
            self.world.failures.append(e)
            self.world.over.set()

    def call(self, kind: str, key: object, value: object, send, refusal: int | None = None) -> tuple[Call, object]:
        """Makes a call and keeps it; `refusal` is the status of the one way in which it may be refused."""
        call = self.history.begin(kind, key, value)
        try:
            answer = send()
        except (OSError, http.client.HTTPException):
            raise Gone from None
        except Refused as e:
            if e.status != refusal:
                raise
            self.history.end(call, REFUSED)
            return call, None
        self.history.end(call)
        return call, answer

    def post(self, kind, key, value, route, refusal=None, /, **body):
        return self.call(kind, key, value, lambda: self.rest.post(route, **body), refusal)

    def get(self, kind, key, route, refusal=None, /, **query):
        return self.call(kind, key, None, lambda: self.rest.get(route, **query), refusal)

    def tag(self):
        run, key, value = self.world.run_id(), self.choose.choice("xyz"), str(self.world.number())
        self.post("tag", (run, key), value, "runs/set-tag", run_id=run, key=key, value=value)

    def status(self):
        run, status, time_ = self.world.run_id(), self.choose.choice(["RUNNING", "FINISHED", "FAILED"]), self.world.number()
        self.post("status", run, (status, time_), "runs/update", run_id=run, status=status, end_time=time_)

    def param(self):
        run, key, value = self.world.run_id(), f"p{self.choose.randrange(PARAMS)}", str(self.world.number())
        self.post("param", (run, key), value, "runs/log-parameter", 400, run_id=run, key=key, value=value)

    def point(self):
        run, n = self.world.run_id(), self.world.number()
        self.post("point", run, n, "runs/log-metric", run_id=run, key="m", value=n, timestamp=n, step=n)

    def batch(self):
        """One call that shows in three places, in all or in none."""
        run, n = self.world.run_id(), self.world.number()
        self.post(
            "batch", run, n, "runs/log-batch", run_id=run,
            params=[{"key": f"b{n}", "value": str(n)}],
            metrics=[{"key": "b", "value": n, "timestamp": n, "step": n}],
            tags=[{"key": f"b{n}", "value": str(n)}],
        )  # fmt: skip

    def read_run(self, run: str | None = None):
        run = run or self.world.run_id()
        call, answer = self.get("get run", run, "runs/get", run_id=run)
        self.note_run(call, run, answer["run"])

    def note_run(self, call: Call, run: str, shown: dict):
        params, tags, metrics = (
            {it["key"]: it["value"] for it in shown["data"].get(part, [])} for part in ("params", "tags", "metrics")
        )
        note, info = self.history.note_read, shown["info"]
        note(call, "read status", run, (info["status"], info["end_time"]) if info.get("end_time") else None)
        for key in "xyz":
            note(call, "read tag", (run, key), tags.get(key))
        for key in (f"p{n}" for n in range(PARAMS)):
            note(call, "read param", (run, key), params.get(key))
        batches = [int(key[1:]) for key in params if key[0] == "b"]
        if set(batches) != {int(key[1:]) for key in tags if key[0] == "b"} or metrics.get("b", 0) != max(batches, default=0):
            raise Violation(f"a part of a batch is there: {shown}")
        note(call, "read batch", run, batches)

    def read_points(self, run: str | None = None):
        run = run or self.world.run_id()
        call, answer = self.get("get points", run, "metrics/get-history", run_id=run, metric_key="m")
        self.history.note_read(call, "read point", run, [point["step"] for point in answer.get("metrics", [])])

    def search(self):
        """What a client has tagged it finds, and it finds the run as it is."""
        run, value = self.world.run_id(), str(self.world.number())
        key = f"of {self.name}"
        self.post("own tag", (run, key), value, "runs/set-tag", run_id=run, key=key, value=value)
        call, answer = self.call(
            "search", run, None,
            lambda: self.rest.post("runs/search", experiment_ids=["0"], filter=f"tags.`{key}` = '{value}'"),
        )  # fmt: skip
        if [it["info"]["run_id"] for it in answer.get("runs", [])] != [run]:
            raise Violation(f"{key} = {value} was set on {run}, and the search gives {answer}")
        self.note_run(call, run, answer["runs"][0])

    def experiment(self):
        """All want the same names; each tells who won by a tag of its own."""
        name, by = f"experiment {self.world.number() // 30}", str(self.world.number())
        tags = [{"key": "by", "value": by}]
        self.post("experiment", name, by, "experiments/create", 400, name=name, tags=tags)
        call, answer = self.get("get experiment", name, "experiments/get-by-name", 404, experiment_name=name)
        seen = answer and answer["experiment"]["tags"][0]["value"]
        self.history.note_read(call, "read experiment", name, seen)

    def version(self):
        source = f"s3://bucket/{self.world.number()}"
        call, answer = self.post("version", MODEL, source, "model-versions/create", name=MODEL, source=source)
        number = int(answer["model_version"]["version"])
        call.value = (number, source)
        if self.choose.random() < 0.5:
            body = {"name": MODEL, "alias": "best", "version": str(number)}
            self.post("alias", "best", number, "registered-models/alias", **body)

    def read_alias(self):
        call, answer = self.get("get alias", MODEL, "registered-models/alias", 400, name=MODEL, alias="best")
        number = int(answer["model_version"]["version"]) if answer else None
        self.history.note_read(call, "read alias", "best", number)

    def transition(self):
        version, stage, n = self.choose.randint(1, 4), self.choose.choice(STAGES), self.world.number()
        archive, request = stage in STAGES[1:3] and self.choose.random() < 0.5, f"request-{n}"
        self.rest.headers["X-Request-Id"] = request
        try:
            self.post(
                "transition", request, (version, stage, archive), "model-versions/transition-stage", 404,
                name=MODEL, version=str(version), stage=stage, archive_existing_versions=archive,
            )  # fmt: skip
        finally:
            del self.rest.headers["X-Request-Id"]

    def read_stage(self):
        version = self.choose.randint(1, 4)
        call, answer = self.get("get version", version, "model-versions/get", 404, name=MODEL, version=str(version))
        if answer:
            self.history.note_read(call, "read stage", MODEL, (version, answer["model_version"]["current_stage"]))


def check(world: World) -> None:
    """All of the history, and of the log behind it, has one explanation."""
    history = world.history
    rest = Rest(world.server.port)
    for kind in ("tag", "status", "alias"):
        reads = history.of(f"read {kind}")
        for key, writes in history.of(kind).items():
            check_register(writes, reads.get(key, []))
    for kind in ("param", "experiment"):
        reads = history.of(f"read {kind}")
        for key, writes in history.of(kind).items():
            check_once(writes, reads.get(key, []))
    for kind in ("point", "batch"):
        adds = history.of(kind)
        for key, reads in history.of(f"read {kind}").items():
            check_set(adds.get(key, []), reads)
    sources = {number: version["source"] for number, version in rest.versions(MODEL).items()}
    check_versions(history.of("version")[MODEL], sources)
    told = runlog("history", "model", MODEL, "--json", "--data-dir", world.server.data)
    assert told.returncode == 0, told.stderr
    transitions = [call for calls in history.of("transition").values() for call in calls]
    check_stages(
        [call for call in transitions if call.outcome != REFUSED],
        history.of("read stage")[MODEL],
        json.loads(told.stdout)["history"],
    )


def work(world: World, name: str) -> None:
    """Has clients at work while the server is killed and started again, and looks at everything at the end."""
    clients = [Client(world, f"client {n} of {name}") for n in range(CLIENTS)]
    for client in clients:
        client.thread.start()
    for life in range(LIVES):
        if life:
            world.up.clear()
            world.server.kill()
            world.server.start()
            world.up.set()
        world.over.wait(LIFE_S)
    world.over.set()
    for client in clients:
        client.thread.join()
    assert world.failures == []
    last = Client(world, "the last")
    for run in world.runs:
        last.read_run(run)
        last.read_points(run)
    last.read_alias()


@pytest.mark.parametrize("campaign", range(CAMPAIGNS))
def test_all_answers_have_one_explanation(tmp_path, campaign):
    server = Server(tmp_path).start()
    try:
        world = World(server)
        work(world, f"campaign {campaign}")
        check(world)
    finally:
        server.kill()
    calls = [call for call in world.history.calls if not call.kind.startswith("read ")]
    outcomes = [call.outcome for call in calls]
    counts = {outcome: outcomes.count(outcome) for outcome in (OK, REFUSED, MAYBE)}
    assert all(counts.values()), counts
    report(
        f"histories: {CLIENTS} clients, {LIVES - 1} kills, {counts[OK]} answered calls, {counts[REFUSED]} refused,"
        f" {counts[MAYBE]} without an answer; {len(world.history.calls) - len(calls)} values read; one explanation"
    )
