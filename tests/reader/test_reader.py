"""The bytes on disk are what docs/FORMAT.md says: a reader written from it alone finds the same events.

It is run over the golden vectors and logs, whose readable form it must find, and over the log of a server that was
just used, where it must agree with `runlog log` event by event and with `runlog verify` on the root of the Merkle tree.
"""

import json
import re
from pathlib import Path

import mlflow
import pytest
from harness import Server, runlog
from log import Log, leaf, merkle_root
from rest import Rest
from shapes import Format

GOLDEN = Path(__file__).resolve().parents[1] / "golden"
FORMAT = Format()


def lines(file: Path):
    return [json.loads(line) for line in file.read_text().splitlines()]


@pytest.mark.parametrize("name", sorted({name for name, _ in FORMAT.kinds.values()}))
def test_golden_events(name):
    for kind, version in (key for key, (each, _) in FORMAT.kinds.items() if each == name):
        vectors = lines(GOLDEN / f"events/{name}.v{version}.jsonl")
        assert len({vector["payload"] for vector in vectors}) >= 3
        for vector in vectors:
            payload = bytes.fromhex(vector["payload"])
            assert (vector["kind"], vector["version"]) == (kind, version)
            assert FORMAT.payload(kind, version, payload) == (name, vector["cause"], vector["body"])
            if "NaN" not in str(vector["body"]):  # the word does not say which of the many
                assert FORMAT.encode(kind, version, vector["cause"], vector["body"]) == payload


def test_golden_events_are_those_of_the_document():
    files = {path.stem for path in GOLDEN.glob("events/*.jsonl")}
    assert files == {f"{name}.v{version}" for (_, version), (name, _) in FORMAT.kinds.items()}


@pytest.mark.parametrize("folder", sorted(GOLDEN.glob("logs/*")), ids=lambda folder: folder.name)
def test_golden_logs(folder):
    create, *steps = lines(folder / "log.jsonl")
    log, torn = Log(folder), steps[-1]["do"] == "tear"
    groups = [step["records"] for step in steps if step["do"] == "append"]
    asked = [record for group in groups[: len(groups) - torn] for record in group]
    for (header, payload), record in zip(log.events, asked, strict=True):
        assert payload.hex() == record["payload"]
        assert header["recorded_at"] >= record["recorded_at"]
        found = (header["event_type"], header["version"], header["codec"], header["flags"])
        assert found == (record["event_type"], record["event_version"], record["codec"], int(record["batch_more"]))
    assert log.torn == torn
    assert {segment.log_id.hex() for segment in log.segments} == {create["log_id"]}


def fill_two_segments(rest: Rest, run: str):
    """Logs profiles of datasets, each as large as one may be."""
    for number in range(15):
        dataset = {"name": "d", "digest": str(number), "source_type": "s", "source": "{}", "profile": "p" * (8 << 20)}
        rest.post("runs/log-inputs", run_id=run, datasets=[{"dataset": dataset}])


def test_log_of_a_server(tmp_path):
    server = Server(tmp_path).start()
    mlflow.set_tracking_uri(server.url)
    client = mlflow.MlflowClient()
    experiment = client.create_experiment("größe", tags={"k": "v"})
    for number in range(20):
        run = client.create_run(experiment).info.run_id
        client.log_batch(run, [mlflow.entities.Metric("loss", value, 1, number) for value in (0.5, float("nan"))])
        client.log_param(run, "p", "1")
        client.set_terminated(run)
    client.create_registered_model("seat", tags={"a": "b"})
    client.create_model_version("seat", f"runs:/{run}/model", run)
    client.transition_model_version_stage("seat", "1", "Production")
    fill_two_segments(Rest(server.port), run)
    assert server.stop() == 0

    printed = runlog("log", "--data-dir", server.data)
    events = [json.loads(line) for line in printed.stdout.splitlines()]
    log = Log(server.data / "log")
    found = log.events
    assert len(found) > 60 and len(log.segments) == 3 and not log.torn
    for (header, payload), line in zip(found, events, strict=True):
        name, cause, body = FORMAT.payload(header["event_type"], header["version"], payload)
        assert line["event"] == name and line["data"] == body
        assert {key: line[key] for key in ("seq", "recorded_at", "version")} == {
            key: header[key] for key in ("seq", "recorded_at", "version")
        }
        assert {key: line[key] for key in cause} == cause
    root = merkle_root([leaf(event) for event, _ in found]).hex()
    assert re.search(rf"\b{root}\b", runlog("verify", "--data-dir", server.data).stdout)
