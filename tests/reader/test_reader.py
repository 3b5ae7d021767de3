"""The bytes on disk are what docs/FORMAT.md says: a reader written from it alone finds the same events.

It is run over the golden files and over the log of a server that was just used, and must agree with
`runlog log` event by event, and with `runlog verify` on the root of the Merkle tree.
"""

import json
import re
from pathlib import Path

import mlflow
from harness import Server, runlog
from log import events, leaf, merkle_root
from shapes import Format

GOLDEN = Path(__file__).resolve().parents[1] / "golden"
FORMAT = Format()


def test_golden_events():
    folders = sorted(GOLDEN.glob("events-v*"))
    assert folders
    seen = set()
    for folder in folders:
        expected = [json.loads(line) for line in (folder / "events.jsonl").read_text().splitlines()]
        for (header, payload), line in zip(events(folder), expected, strict=True):
            name, cause, body = FORMAT.payload(header["event_type"], header["version"], payload)
            assert (header["seq"], header["recorded_at"], name) == (line["seq"], line["recorded_at"], line["kind"])
            assert (cause, body) == (line["meta"], line["event"])
            seen.add((header["event_type"], header["version"]))
    assert seen == FORMAT.kinds.keys(), "every kind that the document lists has a golden event, and no other"


def test_golden_log():
    assert [header["seq"] for header, _ in events(GOLDEN / "log-v1")] == [1, 2, 3, 4]


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
    assert server.stop() == 0

    printed = runlog("log", "--data-dir", server.data)
    lines = [json.loads(line) for line in printed.stdout.splitlines()]
    found = list(events(server.data / "log"))
    assert len(found) > 60
    for (header, payload), line in zip(found, lines, strict=True):
        name, cause, body = FORMAT.payload(header["event_type"], header["version"], payload)
        assert line["event"] == name and line["data"] == body
        assert {key: line[key] for key in ("seq", "recorded_at", "version")} == {
            key: header[key] for key in ("seq", "recorded_at", "version")
        }
        assert {key: line[key] for key in cause} == cause
    root = merkle_root([leaf(*event) for event in found]).hex()
    assert re.search(rf"\b{root}\b", runlog("verify", "--data-dir", server.data).stdout)
