"""What was logged by mistake: `runlog redact` destroys it wherever it is, and every proof still holds."""

import contextlib
import json
from pathlib import Path

import mlflow
import pytest
from harness import Server, newest_only, runlog, runlog_only

pytestmark = [runlog_only, newest_only("one client is enough for a command")]

SECRET = "hunter2-is-the-password"
REASON = "a password"


def told(*args) -> str:
    done = runlog(*args)
    assert done.returncode == 0, done.stderr
    return done.stdout


class Place:
    """A server that may run or not, on one data directory."""

    def __init__(self, directory: Path):
        self.server = Server(directory)
        self.data = self.server.data

    @contextlib.contextmanager
    def client(self):
        self.server.start()
        mlflow.set_tracking_uri(self.server.url)
        yield mlflow.MlflowClient()
        assert self.server.stop() == 0

    def events(self, *args) -> list[dict]:
        return [json.loads(line) for line in told("log", "--data-dir", self.data, *args).splitlines()]

    def redact(self, *args) -> str:
        return told("redact", "--data-dir", self.data, "--reason", REASON, "--by", "ada", *args)

    def holds(self, text: str) -> list[str]:
        files = [file for file in self.data.rglob("*") if file.is_file()]
        return [str(file) for file in files if text.encode() in file.read_bytes()]


@pytest.fixture
def place(tmp_path):
    return Place(tmp_path)


def test_a_parameter_is_redacted_everywhere_and_all_else_stays(place, tmp_path):
    with place.client() as client:
        run = client.create_run("0", run_name="train").info.run_id
        client.log_batch(run, params=[mlflow.entities.Param("password", SECRET), mlflow.entities.Param("lr", "0.1")])
        client.log_metric(run, "loss", 0.5)
        client.set_terminated(run)
    [seq] = [event["seq"] for event in place.events() if event["event"] == "ParamsLogged"]
    proof = tmp_path / "before.tlog-proof"
    told("prove", "--seq", seq, "--data-dir", place.data, "--to", proof)
    key = told("key", "show", "--data-dir", place.data).strip()
    backup = tmp_path / "backup"
    told("backup", "--data-dir", place.data, "--to", backup)
    assert place.holds(SECRET)

    assert "ParamsLogged" in place.redact("--seq", seq, "--key", "password", "--dry-run")
    assert place.holds(SECRET), "a dry run changes nothing"
    place.redact("--seq", seq, "--key", "password")

    assert not place.holds(SECRET)
    mark = f"[redacted #{seq} by ada: {REASON}]"
    with place.client() as client:
        found = client.get_run(run)
        assert found.data.params == {"password": mark, "lr": "0.1"}
        assert found.data.metrics == {"loss": 0.5} and found.info.run_name == "train"
        assert [it.info.run_id for it in client.search_runs(["0"], f"params.password = '{mark}'")] == [run]
        said = place.events()
    assert said[seq - 1]["data"]["params"][0] == {"key": "password", "value": mark}
    assert [event["seq"] for event in said if "redacted_by" in event] == [seq]
    assert said[seq - 1]["redacted_by"] == said[-1]["seq"]
    assert said[-1]["event"] == "EventRedacted" and said[-1]["actor"] == "ada"
    assert (said[-1]["data"]["seq"], said[-1]["data"]["reason"]) == (seq, REASON)

    # The log is sound, what was proved is still proved, and the event is proved without its payload.
    verified = json.loads(told("verify", "--data-dir", place.data, "--json"))
    assert verified["sound"] and verified["redacted"] == 1
    told("verify", "--data-dir", place.data, "--views")
    assert SECRET in told("verify-proof", proof, "--key", key)
    again = tmp_path / "after.tlog-proof"
    told("prove", "--seq", seq, "--data-dir", place.data, "--to", again)
    assert '"destroyed":true' in told("verify-proof", again, "--key", key).replace(" ", "")

    # A backup holds it until it is brought up to date.
    held = [file for file in backup.rglob("seg-*") if SECRET.encode() in file.read_bytes()]
    assert held
    told("backup", "--data-dir", place.data, "--to", backup)
    assert not [file for file in backup.rglob("*") if file.is_file() and SECRET.encode() in file.read_bytes()]
    told("restore", "--from", backup, "--into", tmp_path / "restored")
    assert mark in told("log", "--data-dir", tmp_path / "restored")


def test_a_text_is_redacted_in_whatever_event_it_is(place, tmp_path):
    with place.client() as client:
        experiment = client.create_experiment(f"of {SECRET}")
        run = client.create_run(experiment, tags={"mlflow.user": SECRET}).info.run_id
        client.set_tag(run, "note", f"login with {SECRET}, please")
        client.log_param(run, "lr", "0.1")
        client.create_registered_model("CarSeat", description=f"see {SECRET}")
        client.create_model_version("CarSeat", f"s3://bucket/{SECRET}")
        client.transition_model_version_stage("CarSeat", "1", "Production")
    secret = tmp_path / "secret.txt"
    secret.write_text(SECRET + "\n")
    assert "6 events" in place.redact("--text-file", secret)
    assert not place.holds(SECRET)
    with place.client() as client:
        [found] = client.search_runs([experiment])
        assert found.info.run_id == run and found.data.params == {"lr": "0.1"}
        assert found.data.tags["note"].startswith("login with [redacted #") and found.data.tags["note"].endswith(", please")
        assert client.get_experiment(experiment).name.startswith("of [redacted #")
        version = client.get_model_version("CarSeat", "1")
        assert version.current_stage == "Production" and version.source.startswith("s3://bucket/[redacted #")
        # Redacted events can be redacted again, by another text in what was left.
        client.set_tag(run, "more", "0.1")
    secret.write_text("login")
    assert "EventRedacted" in place.redact("--text-file", secret)
    assert not place.holds("login with")
    with place.client() as client:
        assert client.get_run(run).data.tags["note"].startswith("[redacted #")
    assert json.loads(told("verify", "--data-dir", place.data, "--json"))["sound"]


@pytest.mark.parametrize(
    ("args", "why"),
    [
        (["--seq", "1", "--reason", ""], "reason"),
        (["--seq", "999", "--reason", "x"], "not in the log"),
        (["--seq", "2", "--key", "nothing", "--reason", "x"], "nothing of it"),
        (["--seq", "2", "--key", "a", "--text-file", "/dev/null", "--reason", "x"], "cannot be used with"),
        (["--text-file", "/dev/null", "--reason", "x"], "is empty"),
        (["--reason", "x"], "--seq"),
    ],
)
def test_what_cannot_be_redacted_is_told_and_changes_nothing(place, args, why):
    with place.client() as client:
        client.create_run("0")
    before = place.events()
    refused = runlog("redact", "--data-dir", place.data, *args)
    assert refused.returncode == 2 and why in refused.stderr and refused.stderr.count("\n") == 1, refused.stderr
    assert place.events() == before


def test_a_running_server_is_not_touched(place):
    with place.client() as client:
        client.create_run("0")
        refused = runlog("redact", "--data-dir", place.data, "--seq", "2", "--reason", "x")
        assert refused.returncode == 2 and "stop the server" in refused.stderr
