"""What clients did and what the server acknowledged, to be compared with what is there after it died.

Each client keeps a ledger of its own run: what was acknowledged, and the one call that was under way. All that was
acknowledged must be there; the call under way may be there, whole, or not; nothing else may be there.
"""

import http.client
import itertools
import random
import statistics
import threading
import time

from effort import report
from harness import Server
from rest import Rest

CLIENTS = 6
MODEL = "CarSeat"
STAGES = ["None", "Staging", "Production", "Archived"]


class Ledger:
    """What one client did in one round, in its own run."""

    def __init__(self, name: str):
        self.name = name
        self.run_id = None
        self.artifact_uri = None
        self.points = {}  # key -> {(step, value)}
        self.params = {}
        self.tags = {}
        self.artifacts = {}
        self.versions = {}  # acknowledged number -> source
        self.stages = {}  # version -> stage
        self.pending = None  # (kind, detail) of the call under way
        self.acknowledged = 0
        self.failure = None
        self.stopped = threading.Event()

    def batch(self, n: int) -> list[dict]:
        return [{"key": "b", "value": i / 8, "timestamp": i, "step": i} for i in range(n * 200, n * 200 + 200)]

    def work(self, port: int, experiment_id: str, started: threading.Barrier) -> None:
        """Calls the server until it is gone, or until it is stopped."""
        rest, choose = Rest(port), random.Random(self.name)
        started.wait()
        try:
            while not self.run_id and not self.stopped.is_set():
                self.call(self.run, rest, experiment_id, choose)
            for n in itertools.count():
                if self.stopped.is_set():
                    return
                kind = choose.choices(
                    [self.metric, self.batch_call, self.param, self.tag, self.version, self.stage, self.artifact],
                    [8, 1, 3, 3, 2, 2, 1],
                )[0]
                self.call(kind, rest, n, choose)
        except (OSError, http.client.HTTPException):
            return  # the server was killed
        except Exception as e:  # anything else is the server's fault and fails the test
            self.failure = e

    def call(self, kind, rest, n, choose) -> None:
        """One call to the server, acknowledged when this returns."""
        kind(rest, n, choose)
        self.acknowledged += 1

    def run(self, rest, experiment_id, choose):
        self.pending = ("run", None)
        info = rest.post("runs/create", experiment_id=experiment_id, run_name=self.name)["run"]["info"]
        self.run_id, self.artifact_uri = info["run_id"], info["artifact_uri"]

    def metric(self, rest, n, choose):
        point = {"key": f"m{n % 3}", "value": n / 4, "timestamp": n, "step": n}
        self.pending = ("points", [point])
        rest.post("runs/log-metric", run_id=self.run_id, **point)
        self.keep_points([point])

    def batch_call(self, rest, n, choose):
        points, param = self.batch(n), {"key": f"bp{n}", "value": str(n)}
        self.pending = ("batch", (points, param))
        rest.post("runs/log-batch", run_id=self.run_id, metrics=points, params=[param])
        self.keep_points(points)
        self.params[param["key"]] = param["value"]

    def keep_points(self, points):
        for p in points:
            self.points.setdefault(p["key"], set()).add((p["step"], p["value"]))

    def param(self, rest, n, choose):
        self.pending = ("param", (f"p{n}", f"value {n}"))
        rest.post("runs/log-parameter", run_id=self.run_id, key=f"p{n}", value=f"value {n}")
        self.params[f"p{n}"] = f"value {n}"

    def tag(self, rest, n, choose):
        key = f"t{n % 4}"  # overwritten again and again
        self.pending = ("tag", (key, str(n)))
        rest.post("runs/set-tag", run_id=self.run_id, key=key, value=str(n))
        self.tags[key] = str(n)

    def version(self, rest, n, choose):
        source = f"{self.artifact_uri}/model-{n}"
        self.pending = ("version", source)
        made = rest.post("model-versions/create", name=MODEL, source=source, run_id=self.run_id)
        self.versions[int(made["model_version"]["version"])] = source

    def stage(self, rest, n, choose):
        if not self.versions:
            return self.version(rest, n, choose)
        version, stage = choose.choice(list(self.versions)), choose.choice(STAGES)
        self.pending = ("stage", (version, stage))
        rest.post("model-versions/transition-stage", name=MODEL, version=str(version), stage=stage)
        self.stages[version] = stage

    def artifact(self, rest, n, choose):
        path, content = f"{self.name}/{n}.bin", choose.randbytes(2000)
        self.pending = ("artifact", path)
        rest.put_artifact(path, content)
        self.artifacts[path] = content

    def check(self, rest: Rest, versions: dict[int, dict]) -> None:
        """Everything acknowledged is there, and nothing that was never sent."""
        kind, detail = self.pending
        if self.run_id is None:
            return
        data = rest.get("runs/get", run_id=self.run_id)["run"]["data"]
        maybe_points = detail if kind == "points" else detail[0] if kind == "batch" else []
        maybe_params = [detail] if kind == "param" else [tuple(detail[1].values())] if kind == "batch" else []

        params = {p["key"]: p["value"] for p in data.get("params", [])}
        assert self.params.items() <= params.items()
        assert params.items() <= {**self.params, **dict(maybe_params)}.items()

        tags = {t["key"]: t["value"] for t in data.get("tags", []) if not t["key"].startswith("mlflow.")}
        if kind == "tag" and tags.get(detail[0]) == detail[1]:
            assert tags == {**self.tags, detail[0]: detail[1]}
        else:
            assert tags == self.tags

        for key in {*self.points, *(p["key"] for p in maybe_points)}:
            history = rest.get("metrics/get-history", run_id=self.run_id, metric_key=key).get("metrics", [])
            found = [(m["step"], m["value"]) for m in history]
            assert len(found) == len(set(found)), "a point is there twice"
            acknowledged = self.points.get(key, set())
            sent = acknowledged | {(p["step"], p["value"]) for p in maybe_points if p["key"] == key}
            assert set(found) in (acknowledged, sent), f"{key}: a call is there in part, or is lost"
            latest = [m for m in data.get("metrics", []) if m["key"] == key]
            assert [(m["step"], m["value"]) for m in latest] == ([max(found)] if found else [])

        for number, source in self.versions.items():
            assert number in versions and versions[number]["source"] == source
            possible = {self.stages.get(number, "None")}
            if kind == "stage" and detail[0] == number:
                possible.add(detail[1])
            assert versions[number]["current_stage"] in possible
        for path, content in self.artifacts.items():
            assert rest.get_artifact(path) == content


def check_versions(versions: dict[int, dict], ledgers: list[Ledger]) -> None:
    """The numbers are 1, 2, 3, ... and each belongs to a call that was sent."""
    assert sorted(versions) == list(range(1, len(versions) + 1)), "version numbers have a gap"
    acknowledged = [(number, source) for ledger in ledgers for number, source in ledger.versions.items()]
    assert len(acknowledged) == len({number for number, _ in acknowledged}), "one number was given to two clients"
    sent = {source for _, source in acknowledged}
    sent |= {ledger.pending[1] for ledger in ledgers if ledger.pending[0] == "version"}
    assert {v["source"] for v in versions.values()} <= sent


class Campaign:
    """Rounds of clients on one data directory, whose server dies again and again."""

    def __init__(self, name: str, client: type[Ledger] = Ledger):
        self.name = name
        self.client = client
        self.ledgers = []
        self.fresh = []  # those of the round that goes on
        self.threads = []
        self.ready_s = []

    def prepare(self, server: Server) -> None:
        """Makes what the clients share, on an empty server."""
        rest = Rest(server.port)
        self.experiment_id = rest.post("experiments/create", name=self.name)["experiment_id"]
        rest.post("registered-models/create", name=MODEL)

    def begin(self, server: Server) -> None:
        """Starts a round: the clients log until the server is gone."""
        first, started = len(self.ledgers), threading.Barrier(CLIENTS + 1)
        self.fresh = [self.client(f"client-{first + n}") for n in range(CLIENTS)]
        self.threads = [
            threading.Thread(target=ledger.work, args=(server.port, self.experiment_id, started)) for ledger in self.fresh
        ]
        for thread in self.threads:
            thread.start()
        started.wait()
        self.ledgers += self.fresh

    def end(self) -> None:
        """Ends a round whose server is gone."""
        for thread in self.threads:
            thread.join()
        assert [ledger.failure for ledger in self.fresh if ledger.failure] == []

    def stop(self) -> None:
        """Ends a round whose server stays."""
        for ledger in self.fresh:
            ledger.stopped.set()
        self.end()

    def restart(self, server: Server) -> None:
        """Starts the server again, and notes how long that took."""
        begun = time.monotonic()
        server.start()
        self.ready_s.append(time.monotonic() - begun)

    def check(self, server: Server, ledgers: list[Ledger] | None = None) -> None:
        """Compares what is there with these ledgers, or with all."""
        rest = Rest(server.port)
        versions = rest.versions(MODEL)
        check_versions(versions, self.ledgers)
        for ledger in self.ledgers if ledgers is None else ledgers:
            ledger.check(rest, versions)

    def conclude(self, deaths: str) -> None:
        """Reports what was done, having seen that it was not nothing."""
        assert all(any(getattr(it, kind) for it in self.ledgers) for kind in ("points", "versions", "stages", "artifacts"))
        low, middle, high = (f(self.ready_s) * 1000 for f in (min, statistics.median, max))
        acknowledged = sum(ledger.acknowledged for ledger in self.ledgers)
        report(
            f"{self.name}: {deaths}, {acknowledged} acknowledged calls checked, none lost;"
            f" start to ready {low:.0f} / {middle:.0f} / {high:.0f} ms (min, median, max of {len(self.ready_s)})"
        )
