"""The log as others follow it: a stream that resumes, `runlog log --follow`, and events in Parquet."""

import http.client
import itertools
import json
import subprocess
import threading
import time

import pytest
from harness import PROGRAM, newest_only, runlog, runlog_only
from rest import Rest

pytestmark = [runlog_only, newest_only("no client is involved")]


class Stream:
    """A server-sent-event stream over a plain connection; frames are (id, event, data)."""

    def __init__(self, server, query="", known=None):
        self.connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=60)
        headers = {"Accept": "text/event-stream"} | ({} if known is None else {"Last-Event-ID": str(known)})
        self.connection.request("GET", f"/api/runlog/1/events/stream?{query}", headers=headers)
        self.answer = self.connection.getresponse()
        assert self.answer.status == 200, self.answer.read()
        assert self.answer.headers["Content-Type"] == "text/event-stream"

    def __iter__(self):
        frame = {}
        while line := self.answer.readline():
            if line := line.decode().rstrip("\n"):
                name, _, value = line.partition(": ")
                frame[name] = value
            else:
                if frame.get("event"):
                    yield int(frame.get("id", 0)), frame["event"], json.loads(frame["data"])
                frame = {}

    def close(self):
        self.answer.close()
        self.connection.close()


def test_a_deployer_learns_of_production_and_reads_it(server):
    rest = Rest(server.port, "ada")
    rest.post("registered-models/create", name="Deployed")
    for _ in range(2):
        rest.post("model-versions/create", name="Deployed", source="s3://bucket/model")
    stream = Stream(server, "into_stage=Production&entity=model:Deployed")
    events = iter(stream)
    for version in "1", "2":
        for stage in "Staging", "Production":
            rest.post(
                "model-versions/transition-stage",
                name="Deployed",
                version=version,
                stage=stage,
                archive_existing_versions=True,
            )
        _, kind, event = next(events)
        assert (kind, event["data"]["version"], event["actor"]) == ("ModelVersionStageChanged", int(version), "ada")
        # Whoever is told reads what he was told of.
        latest = Rest(server.port).get("registered-models/get-latest-versions", name="Deployed", stages="Production")
        assert latest["model_versions"][0]["version"] == version
    stream.close()


def test_every_event_once_whoever_comes_and_goes(server):
    """Readers that leave after a few events and come back, while writers write."""
    start = json.loads(Rest(server.port).send("GET", "/api/runlog/1/events?order=newest_first&limit=1"))
    start = start["events"][0]["seq"] if start["events"] else 0
    count = 300

    def write():
        rest = Rest(server.port, "grace")
        for number in range(count):
            rest.post("experiments/create", name=f"followed {number}")

    seen = []

    def read():
        known = start
        while len(seen) < count:
            stream = Stream(server, "type=ExperimentCreated&actor=grace", known)
            for known, _, event in itertools.islice(stream, min(7, count - len(seen))):
                seen.append(event)
            stream.close()

    threads = [threading.Thread(target=write), threading.Thread(target=read)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert [event["data"]["name"] for event in seen[:count]] == [f"followed {number}" for number in range(count)]


def test_following_survives_a_restart(server):
    rest = Rest(server.port)
    head = json.loads(rest.send("GET", "/api/runlog/1/events?order=newest_first&limit=1"))["events"][0]["seq"]
    follow = subprocess.Popen(
        [PROGRAM, "log", "--follow", "--server", server.url, "--from", str(head + 1), "--type", "ExperimentCreated"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        names = []
        for life in range(3):
            rest = Rest(server.port)
            for number in range(5):
                rest.post("experiments/create", name=f"life {life} {number}")
            names += [json.loads(follow.stdout.readline())["data"]["name"] for _ in range(5)]
            # The stream does not hold up the end: nothing is cut off.
            assert server.stop() == 0
            assert "in the middle of requests" not in server.log.read_text()
            rest = None
            time.sleep(0.2)
            server.start()
        assert names == [f"life {life} {number}" for life in range(3) for number in range(5)]
    finally:
        follow.kill()
        _, told = follow.communicate()
    assert "trying again" in told


def test_a_reader_that_takes_nothing_harms_nobody(server):
    """It holds a slice, not what it has missed; and the end of the server does not wait for it."""
    idle = [Stream(server, "from=1") for _ in range(20)]
    rest = Rest(server.port)
    run = rest.post("runs/create", experiment_id="0", start_time=1)["run"]["info"]["run_id"]
    before = server.memory("VmRSS")
    text = "x" * 5000
    for batch in range(60):
        params = [{"key": f"{batch} {number}", "value": text} for number in range(100)]
        rest.post("runs/log-batch", run_id=run, params=params)
    grown = server.memory("VmRSS") - before
    # 30 MB were written, which the views hold too; twenty copies of that would be 600.
    assert grown < 300 << 20
    assert server.stop() == 0
    server.start()
    for stream in idle:
        stream.close()


def test_streams_are_bounded(server):
    streams = [Stream(server) for _ in range(128)]
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=60)
    connection.request("GET", "/api/runlog/1/events/stream")
    assert connection.getresponse().status == 503
    for stream in streams:
        stream.close()


def test_parquet_is_read_by_others(server, tmp_path):
    pq = pytest.importorskip("pyarrow.parquet")
    file = tmp_path / "events.parquet"
    assert runlog("log", "--server", server.url, "--parquet", file).returncode == 0
    events = [json.loads(line) for line in runlog("log", "--server", server.url).stdout.splitlines()]
    table = pq.read_table(file)
    rows = table.to_pylist()
    assert [row["seq"] for row in rows] == [event["seq"] for event in events]
    assert [json.loads(row["data"]) for row in rows] == [event["data"] for event in events]
    assert str(table.schema.field("recorded_at").type) == "timestamp[ms, tz=UTC]"
    assert int(rows[0]["recorded_at"].timestamp() * 1000) == events[0]["recorded_at"]
    assert str(table.schema.field("version").type) == "int64"
    assert runlog("activity", "--by", "actor", "--server", server.url, "--parquet", file).returncode == 0
    counts = pq.read_table(file).to_pylist()
    assert sum(row["events"] for row in counts) == len(events)
    assert {row["actor"] for row in counts} == {event["actor"] for event in events}
