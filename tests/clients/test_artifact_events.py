"""Every artifact that passes through the server leaves an event that says what was stored."""

import hashlib
import json
from concurrent.futures import ThreadPoolExecutor

from harness import needs, runlog, runlog_only
from rest import Rest

pytestmark = [runlog_only, needs("3", "one client version is enough for what only the server does")]


def events(server, path):
    done = runlog("log", "--data-dir", server.data, "--entity", f"artifact:{path}")
    assert done.returncode == 0, done.stderr
    return [json.loads(line) for line in done.stdout.splitlines()]


def test_a_stored_file_is_named_with_its_size_and_digest(server):
    Rest(server.port, actor="ada").put_artifact("loose/a.bin", b"12345")
    (event,) = events(server, "loose/a.bin")
    assert event["event"] == "ArtifactStored" and event["actor"] == "ada"
    assert event["data"] == {
        "path": "loose/a.bin",
        "size": 5,
        "sha256": hashlib.sha256(b"12345").hexdigest(),
    }


def test_of_uploads_at_once_the_last_event_names_what_stands_there(server):
    path = "loose/raced.bin"

    def upload(worker):
        rest = Rest(server.port)
        for n in range(10):
            rest.put_artifact(path, f"{worker}-{n}".encode() * 1000)

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(upload, range(8)))
    stands = hashlib.sha256(Rest(server.port).get_artifact(path)).hexdigest()
    stored = events(server, path)
    assert len(stored) == 80
    assert stored[-1]["data"]["sha256"] == stands
