"""The log is the truth: views rebuilt from it are equal to the live ones, and history is complete."""

import hashlib
import json
import re
import shutil

import mlflow
import numpy as np
import pytest
from flavours import forest, linear, log_sklearn
from harness import Server, newest_only, runlog, runlog_only
from rest import Rest

pytestmark = [runlog_only, newest_only("tests the server alone: once is enough")]
SEAT = b"a loose artifact"


def scenario(server, monkeypatch):
    """A bit of everything, by the real client and by hand."""
    monkeypatch.setenv("MLFLOW_TRACKING_USERNAME", "ada")
    monkeypatch.setenv("MLFLOW_TRACKING_PASSWORD", "secret")
    mlflow.set_tracking_uri(server.url)
    mlflow.set_experiment("mixed")
    client = mlflow.MlflowClient()
    for n, make in enumerate((linear, forest)):
        with mlflow.start_run(run_name=f"parent-{n}"):
            mlflow.log_params({"depth": n, "kind": make.__name__})
            mlflow.log_input(mlflow.data.from_numpy(np.arange(6.0), name="rows"), context="training")
            for step in range(40):
                mlflow.log_metric("loss", 1 / (step + 1), step=step)
            mlflow.log_metrics({"nan": float("nan"), "inf": float("inf")}, step=1)
            with mlflow.start_run(run_name=f"child-{n}", nested=True):
                mlflow.set_tags({"a": "1", "gone": "x"})
                mlflow.delete_tag("gone")
            log_sklearn(make(), registered_model_name="CarSeat")
    client.transition_model_version_stage("CarSeat", "1", "Staging")
    client.transition_model_version_stage("CarSeat", "1", "Production")
    monkeypatch.setenv("MLFLOW_TRACKING_USERNAME", "grace")
    client.transition_model_version_stage("CarSeat", "2", "Production", archive_existing_versions=True)
    client.set_registered_model_alias("CarSeat", "best", "2")
    client.set_model_version_tag("CarSeat", "2", "checked", "yes")
    client.update_registered_model("CarSeat", description="seats")

    gone = client.create_experiment("gone")
    client.delete_run(client.create_run(gone).info.run_id)
    client.delete_experiment(gone)
    client.create_registered_model("Bench")
    client.rename_registered_model("Bench", "Sofa")
    client.create_registered_model("Stool")
    client.delete_registered_model("Stool")

    rest = Rest(server.port, actor="edsger")
    rest.put_artifact("loose/seat.bin", SEAT)
    run_id = rest.post("runs/create", experiment_id="0", run_name="big")["run"]["info"]["run_id"]
    for start in range(0, 5000, 1000):
        points = [{"key": "m", "value": (i * i) % 97, "timestamp": i, "step": i} for i in range(start, start + 1000)]
        rest.post("runs/log-batch", run_id=run_id, metrics=points)
    rest.post("runs/update", run_id=run_id, status="FINISHED", end_time=12345)


def answers(server) -> dict[str, object]:
    """What the server says to a list of questions, by question."""
    rest, said = Rest(server.port), {}

    def ask(how, route, **body):
        said[f"{route} {json.dumps(body)}"] = answer = how(route, **body)
        return answer

    experiments = ask(rest.post, "experiments/search", max_results=100, view_type="ALL")["experiments"]
    ids = [e["experiment_id"] for e in experiments]
    assert len(ids) == 3
    for experiment_id in ids:
        ask(rest.get, "experiments/get", experiment_id=experiment_id)
    ask(rest.get, "experiments/get-by-name", experiment_name="mixed")
    runs = ask(rest.post, "runs/search", experiment_ids=ids, run_view_type="ALL", max_results=100)["runs"]
    assert len(runs) == 6
    ask(rest.post, "runs/search", experiment_ids=ids, filter="metrics.loss < 0.5", order_by=["params.depth DESC"])
    ask(rest.post, "runs/search", experiment_ids=ids, filter="tags.a = '1'")
    for run in runs:
        run_id = run["info"]["run_id"]
        ask(rest.get, "runs/get", run_id=run_id)
        ask(rest.get, "artifacts/list", run_id=run_id)
        for key in ("loss", "nan", "inf", "m"):
            ask(rest.get, "metrics/get-history", run_id=run_id, metric_key=key)
    ask(rest.get, "registered-models/search", max_results=100)
    ask(rest.get, "registered-models/get", name="CarSeat")
    ask(rest.get, "registered-models/alias", name="CarSeat", alias="best")
    ask(rest.get, "model-versions/search", filter="name='CarSeat'")
    ask(rest.post, "registered-models/get-latest-versions", name="CarSeat")
    ask(rest.post, "logged-models/search", experiment_ids=ids)
    said["history"] = json.loads(rest.send("GET", "/api/runlog/1/models/CarSeat/history"))
    return said


@pytest.fixture(scope="module")
def lived(tmp_path_factory):
    """The scenario, the answers right after it, and the stopped server."""
    server = Server(tmp_path_factory.mktemp("lived")).start()
    with pytest.MonkeyPatch.context() as monkeypatch:
        scenario(server, monkeypatch)
    said = answers(server)
    assert server.stop() == 0
    yield server, said
    server.kill()


def replay(server, into):
    return runlog("replay", "--log", server.data / "log", "--into", into, "--compare", server.data / "views")


def test_rebuilt_views_have_the_live_digest(lived, tmp_path):
    server, _ = lived
    done = replay(server, tmp_path / "rebuilt")
    assert done.returncode == 0, done.stdout + done.stderr
    digests = re.findall(r"\b[0-9a-f]{64}\b", done.stdout)
    assert digests and len(set(digests)) == 1, done.stdout
    again = runlog("replay", "--log", server.data / "log", "--into", tmp_path / "again")
    assert digests[0] in again.stdout, "the digest of one log is always the same"


def test_a_difference_is_seen(lived, tmp_path):
    """Views of a longer life do not compare equal to the shorter log."""
    server, _ = lived
    longer = Server(tmp_path / "longer")
    shutil.copytree(server.dir, longer.dir)
    longer.start()
    Rest(longer.port).post("experiments/create", name="one more")
    longer.stop()
    done = runlog("replay", "--log", server.data / "log", "--into", tmp_path / "a", "--compare", longer.data / "views")
    assert done.returncode != 0, done.stdout


def test_restart_and_rebuild_change_no_answer(lived):
    server, said = lived
    server.start()
    assert answers(server) == said, "after a restart"
    server.stop()
    shutil.rmtree(server.data / "views")
    server.start()
    assert answers(server) == said, "after a rebuild of the views"
    server.kill()
    server.start()
    assert answers(server) == said, "after a kill"
    assert server.stop() == 0


def test_verify_finds_the_log_whole(lived):
    server, _ = lived
    done = runlog("verify", "--data-dir", server.data)
    assert done.returncode == 0, done.stdout + done.stderr


def test_verify_and_start_refuse_a_damaged_log(lived, tmp_path):
    server, _ = lived
    damaged = Server(tmp_path / "damaged")
    shutil.copytree(server.data, damaged.data)
    segment = sorted((damaged.data / "log").rglob("*"), key=lambda p: p.stat().st_size if p.is_file() else 0)[-1]
    content = bytearray(segment.read_bytes())
    end = len(bytes(content).rstrip(b"\0"))
    content[end // 2] ^= 0x40
    segment.write_bytes(content)
    done = runlog("verify", "--data-dir", damaged.data)
    assert done.returncode != 0
    assert segment.name in done.stdout + done.stderr, "the damage has a place"
    with pytest.raises(RuntimeError, match="did not become ready"):
        damaged.start()


MOVES = [
    ("1", "None", "Staging", "ada"),
    ("1", "Staging", "Production", "ada"),
    ("1", "Production", "Archived", "grace"),
    ("2", "None", "Production", "grace"),
]


def test_history_over_http_says_who_moved_what(lived):
    _, said = lived
    moves = said["history"]["history"]
    assert sorted((str(e["version"]), e["from"], e["to"], e["actor"]) for e in moves) == sorted(MOVES)
    times = [e["changed_at"] for e in moves]
    assert times == sorted(times)


def test_history_on_the_command_line_says_the_same(lived):
    server, said = lived

    def history(*more):
        done = runlog("history", "model", "CarSeat", "--data-dir", server.data, *more)
        assert done.returncode == 0, done.stderr
        return done.stdout

    assert json.loads(history("--json")) == said["history"]
    for version, before, after, who in MOVES:
        assert re.search(rf"\b{who}\s+{version}\s+{before} -> {after}\b", history())
    one = json.loads(history("--json", "--version", "1"))["history"]
    assert [(m["from"], m["to"]) for m in one] == [(m[1], m[2]) for m in MOVES if m[0] == "1"]


def test_the_log_prints_as_json_lines(lived):
    server, _ = lived

    def log(*more):
        done = runlog("log", "--data-dir", server.data, *more)
        assert done.returncode == 0, done.stderr
        return done.stdout.splitlines()

    events = [json.loads(line) for line in log()]
    assert [e["seq"] for e in events] == list(range(events[0]["seq"], events[0]["seq"] + len(events)))
    (upload,) = [line for line in log() if "loose/seat.bin" in line]
    assert hashlib.sha256(SEAT).hexdigest() in upload
    assert json.loads(upload)["actor"] == "edsger"
    assert [json.loads(line)["seq"] for line in log("--from", "5", "--to", "7")] == [5, 6, 7]
    seats = log("--entity", "model:CarSeat")
    assert 0 < len(seats) < len(events)
    assert {json.loads(line)["actor"] for line in seats} >= {"ada", "grace"}
