"""A small fixed piece of work that touches every file a server has, and what may be there afterwards."""

import http.client
import json
import random
import time
from collections.abc import Callable

from rest import Refused, Rest

FULL = 507
LARGE = random.Random(1).randbytes(2_500_000)  # more than the server writes at once
AT = {"timestamp": 5, "step": 0}
BATCH = {
    "metrics": [{"key": f"b{n}", "value": n / 4, **AT} for n in range(50)],
    "params": [{"key": "b", "value": "x"}, {"key": "c", "value": "y"}],
    "tags": [{"key": "b", "value": "x"}, {"key": "c", "value": "y"}],
}


class Gone(Exception):
    """The server has ended."""


def look(rest: Rest, kind: str, *where: str):
    """What is there of one thing; `None` is nothing."""
    try:
        return LOOKS[kind](rest, *where)
    except Refused as refused:
        if refused.status != 404:
            raise
        return None


def logged(rest: Rest, run: str, kind: str, key: str):
    items = rest.get("runs/get", run_id=run)["run"]["data"].get(kind, [])
    return next((it["value"] for it in items if it["key"] == key), None)


def batch(rest: Rest, run: str):
    found = rest.get("runs/get", run_id=run)["run"]["data"]
    there = [
        {"key": it["key"], "value": it["value"]} in [{"key": one["key"], "value": one["value"]} for one in found.get(kind, [])]
        for kind, items in BATCH.items()
        for it in items
    ]
    return "whole" if all(there) else "in part" if any(there) else None


def made(rest: Rest, name: str):
    runs = rest.post("runs/search", experiment_ids=["0"], filter=f"tags.made = '{name}'").get("runs")
    return name if runs else None


def version(rest: Rest, model: str, field: str):
    return rest.get("model-versions/get", name=model, version="1")["model_version"][field]


def webhook(rest: Rest, name: str):
    return name if name in [it["name"] for it in rest.get("webhooks").get("webhooks", [])] else None


def listed(rest: Rest, path: str):
    folder, _, name = path.partition("/")
    files = json.loads(rest.send("GET", f"/api/2.0/mlflow-artifacts/artifacts?path={folder}"))["files"]
    return path if name in [it["path"] for it in files] else None


LOOKS = {
    "run": made,
    "logged": logged,
    "batch": batch,
    "model": lambda rest, name: rest.get("registered-models/get", name=name)["registered_model"]["name"],
    "version": version,
    "webhook": webhook,
    "artifact": Rest.get_artifact,
    "listed": listed,
}


class Workload:
    """A client that tries everything once more if it is refused, and keeps what may be there now."""

    def __init__(self, name: str):
        self.name = name
        self.run_id = None
        self.possible = {}  # thing -> what may be found there; one possibility if it was acknowledged
        self.acknowledged = []  # (seconds of the monotonic clock when it was sent, thing)

    def run(self, port: int) -> None:
        """All of it, or as much as the server lives to see; then a look at everything."""
        self.port, self.rest, name = port, Rest(port), self.name
        try:
            self.change(("run", name), name, self.create_run)
            if self.run_id:
                self.track(self.run_id)
                self.register(self.run_id)
            self.store()
            for thing, possible in self.possible.items():
                answered, found = self.ask(lambda thing=thing: look(self.rest, *thing))
                assert answered != 200 or found in possible, f"{thing} is answered with {found!r:.100}"
        except Gone:
            pass

    def check(self, port: int) -> None:
        """That what is there is possible."""
        rest = Rest(port)
        for thing, possible in self.possible.items():
            found = look(rest, *thing)
            assert found in possible, f"{thing} is {found!r:.100}, not {possible!r:.200}"

    def ask(self, act: Callable):
        """The status of the answer (or 0, if there was none) and the answer."""
        try:
            return 200, act()
        except Refused as refused:
            error = json.loads(refused.content)
            assert isinstance(error["error_code"], str) and isinstance(error["message"], str), refused
            return refused.status, None
        except TimeoutError:
            raise AssertionError("the server answers nothing") from None
        except (OSError, http.client.HTTPException) as broken:
            self.rest = Rest(self.port)
            try:
                self.rest.connection.connect()
            except OSError:
                raise Gone from broken
            return 0, None

    def change(self, thing: tuple[str, ...], value, act: Callable) -> None:
        before = self.possible.get(thing, {None})
        self.possible[thing] = before | {value}
        answers = []
        for _ in range(2):
            sent = time.monotonic()
            answers.append(self.ask(act)[0])
            if answers[-1] == 200:
                self.possible[thing] = {value}
                self.acknowledged.append((sent, thing))
                return
        if set(answers) == {FULL} and thing[0] != "artifact":
            self.possible[thing] = before  # "nothing was recorded"

    def post(self, route: str, **body):
        return self.rest.post(route, **body)

    def create_run(self) -> None:
        tags = [{"key": "made", "value": self.name}]
        self.run_id = self.post("runs/create", experiment_id="0", tags=tags)["run"]["info"]["run_id"]

    def track(self, run: str) -> None:
        point = {"key": "m", "value": 1.5, **AT}
        self.change(("logged", run, "metrics", "m"), 1.5, lambda: self.post("runs/log-metric", run_id=run, **point))
        pair = {"key": "k", "value": "v"}
        self.change(("logged", run, "params", "k"), "v", lambda: self.post("runs/log-parameter", run_id=run, **pair))
        self.change(("logged", run, "tags", "k"), "v", lambda: self.post("runs/set-tag", run_id=run, **pair))
        self.change(("batch", run), "whole", lambda: self.post("runs/log-batch", run_id=run, **BATCH))

    def register(self, run: str) -> None:
        name, source = self.name, f"mlflow-artifacts:/0/{run}/artifacts/model"
        there, stage = ("version", name, "source"), ("version", name, "current_stage")
        numbered, hook = {"name": name, "version": "1"}, {"name": name, "url": "http://127.0.0.1:9/", "secret": "s"}
        events = [{"entity": "PROMPT", "action": "CREATED"}]
        self.change(("model", name), name, lambda: self.post("registered-models/create", name=name))
        self.change(there, source, lambda: self.post("model-versions/create", name=name, source=source, run_id=run))
        self.possible[stage] = {it and "None" for it in self.possible[there]}
        self.change(stage, "Staging", lambda: self.post("model-versions/transition-stage", stage="Staging", **numbered))
        self.change(("webhook", name), name, lambda: self.post("webhooks", status="DISABLED", events=events, **hook))

    def store(self) -> None:
        for path, contents in {"large": [LARGE], "small": [b"one", b"two"], "gone": [b"gone", None]}.items():
            path = f"{self.name}/{path}"
            for content in contents:
                self.change(("artifact", path), content, lambda: self.put(path, content))
            if None not in self.possible[("artifact", path)]:
                self.possible[("listed", path)] = {path}

    def put(self, path: str, content: bytes | None) -> None:
        if content is None:
            self.rest.send("DELETE", f"/api/2.0/mlflow-artifacts/artifacts/{path}")
        else:
            self.rest.put_artifact(path, content)
