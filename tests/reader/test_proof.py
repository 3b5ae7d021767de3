"""Proofs of a server, checked by docs/verify_proof.py, which knows the specifications and nothing of Runlog's code."""

import base64
import random
import struct
import subprocess
import sys
import urllib.request

import mlflow
import pytest
from harness import ROOT, Server, runlog
from log import Log, leaf, merkle_root
from shapes import Format

sys.path.insert(0, str(ROOT / "docs"))
from verify_proof import Refused, check  # noqa: E402

VERIFIER = ROOT / "docs/verify_proof.py"


@pytest.fixture(scope="module")
def proved(tmp_path_factory):
    """A server that moved a version to Production; its key, the proof of that, and the data directory, closed."""
    directory = tmp_path_factory.mktemp("proof")
    server = Server(directory).start()
    mlflow.set_tracking_uri(server.url)
    client = mlflow.MlflowClient()
    client.create_registered_model("CarSeat")
    for stage in ("Staging", "Production"):
        version = client.create_model_version("CarSeat", "s3://bucket/model").version
        client.transition_model_version_stage("CarSeat", version, stage)
        assert int(checkpoint(server).split("\n")[1]) == len(events(server)), "signed before it was answered"
    file, change = directory / "a.tlog-proof", ["--model", "CarSeat", "--version", version, "--stage", stage]
    assert runlog("prove", *change, "--server", server.url, "--to", file).returncode == 0
    key = runlog("key", "show", "--server", server.url).stdout.strip()
    assert server.stop() == 0
    return key, file.read_bytes(), server.data


def checkpoint(server: Server) -> str:
    with urllib.request.urlopen(f"{server.url}/api/runlog/1/tlog/checkpoint", timeout=10) as answer:
        return answer.read().decode()


def events(server: Server) -> list[str]:
    return runlog("log", "--data-dir", server.data).stdout.splitlines()


def refuses(data: bytes, key: str) -> bool:
    try:
        check(data, key)
    except (Refused, ValueError, struct.error):
        return True
    return False


def test_the_verifier_is_short_and_alone(proved, tmp_path):
    key, data, _ = proved
    assert len(VERIFIER.read_text().splitlines()) < 200
    file = tmp_path / "a.tlog-proof"
    file.write_bytes(data)
    command = [sys.executable, "-I", "-S", VERIFIER, file, "--key", key]
    done = subprocess.run(command, capture_output=True, text=True, env={}, check=True)
    assert done.stdout.startswith("proved: event 6 of runlog/")
    file.write_bytes(data[:-2] + b"\n")
    done = subprocess.run(command, capture_output=True, text=True, env={}, check=False)
    assert done.returncode == 1 and "proves nothing" in done.stderr


def test_it_proves_what_the_log_holds(proved):
    key, data, directory = proved
    origin, size, fields, payload, _ = check(data, key)
    log = Log(directory / "log")
    header, kept = log.events[fields["seq"] - 1]
    assert (payload, fields["kind"], fields["recorded_at"]) == (kept, header["event_type"], header["recorded_at"])
    name, cause, body = Format().payload(fields["kind"], fields["version"], payload)
    assert (name, body["to"], cause["actor"]) == ("ModelVersionStageChanged", "Production", "anonymous")
    assert origin.removeprefix("runlog/").replace("-", "") == log.segments[0].log_id.hex()
    # The root that was signed is the one that a second reader makes of the log.
    root = merkle_root([leaf(event) for event, _ in log.events[:size]])
    assert data.decode().count(base64.b64encode(root).decode()) == 1


def test_every_changed_byte_is_refused(proved):
    key, data, _ = proved
    assert not refuses(data, key)
    draw = random.Random(7)
    for at in range(len(data)):
        bent = bytearray(data)
        bent[at] ^= draw.randrange(1, 256)
        assert refuses(bytes(bent), key), f"byte {at}"


def test_another_key_is_refused(proved, tmp_path):
    key, data, _ = proved
    server = Server(tmp_path).start()
    other = runlog("key", "show", "--server", server.url).stdout.strip()
    server.stop()
    assert other != key and refuses(data, other)
