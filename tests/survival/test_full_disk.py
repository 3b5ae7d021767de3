"""The disk becomes full under a server with clients, again and again, and is given room again: meanwhile writes are
refused as MLflow's client understands it, reads go on, and all that was acknowledged is there at the end."""

import json
import os
import shutil
import threading
import time
import urllib.request
from pathlib import Path

import pytest
from effort import LONG, chooser, report
from harness import COMMAND, Server, runlog
from ledger import Campaign, Ledger
from rest import Refused, Rest
from volume import MIB, Small

CYCLES = 20 if LONG else 3
SEGMENT = 64 * MIB
# What a cycle may take: a segment of the log, and what artifacts and views take beside it.
SIZE = 320 * MIB + CYCLES * 80 * MIB
PATIENCE_S = 120


class Persistent(Ledger):
    """A client that goes on when it is told that there is no space."""

    def __init__(self, name: str):
        super().__init__(name)
        self.refused = []

    def call(self, kind, rest, n, choose) -> None:
        try:
            super().call(kind, rest, n, choose)
        except Refused as error:
            check_refusal(error)
            self.refused.append(self.pending)
            self.pending = (None, None)  # nothing of it may be there
            time.sleep(0.01)

    def check(self, rest, versions) -> None:
        super().check(rest, versions)
        for kind, detail in self.refused:
            if kind == "artifact":
                with pytest.raises(Refused, match="404"):
                    rest.get_artifact(detail)


def check_refusal(error: Refused) -> None:
    assert error.status == 507, error
    answer = json.loads(error.content)
    assert answer["error_code"] == "RESOURCE_EXHAUSTED" and "no space left" in answer["message"], answer


@pytest.fixture(params=["tmpfs", "ext4"])
def disk(request, tmp_path):
    disk = Small(request.param, tmp_path, SIZE)
    yield disk
    disk.unmount()


@pytest.fixture
def server(disk):
    server = Server(disk.point, COMMAND)
    server.log = disk.point.with_suffix(".log")
    yield server
    if server.process:
        server.kill()


def wait_until(done, what: str) -> None:
    deadline = time.monotonic() + PATIENCE_S
    while not done():
        assert time.monotonic() < deadline, f"waited in vain until {what}"
        time.sleep(0.02)


def use_up_log(server: Server, run_id: str, name: str) -> None:
    """Writes large events until the log has no space for another."""
    rest = Rest(server.port)
    for n in range(100):
        dataset = {"name": name, "digest": str(n), "source_type": "local", "source": "{}", "profile": "x" * 4_000_000}
        try:
            rest.post("runs/log-inputs", run_id=run_id, datasets=[{"dataset": dataset, "tags": []}])
        except Refused as error:
            return check_refusal(error)
    raise AssertionError("the log takes more than its segment although the disk is full")


class Readers:
    """Reads what earlier clients wrote, all of it, as long as it runs."""

    def __init__(self, server: Server, ledgers: list[Ledger]):
        self.port, self.ledgers, self.failure, self.rounds = server.port, ledgers, None, 0
        self.stopped = threading.Event()
        self.thread = threading.Thread(target=self.read)

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.stopped.set()
        self.thread.join()
        if self.failure:
            raise self.failure

    def read(self):
        try:
            rest = Rest(self.port)
            while not self.stopped.is_set():
                versions = rest.versions("CarSeat")
                for ledger in self.ledgers:
                    ledger.check(rest, versions)
                assert urllib.request.urlopen(f"http://127.0.0.1:{self.port}/health", timeout=30).read() == b"OK"
                self.rounds += 1
        except Exception as e:
            self.failure = e


def restart_on_full_disk(server: Server, disk: Small) -> str:
    """Either it starts, or it says in one line that it needs room."""
    told = server.log.stat().st_size
    server.launch()
    try:
        server.wait_ready()
        return "started"
    except RuntimeError:
        code, lines = server.process.returncode, server.log.read_bytes()[told:].decode().splitlines()
        refusals = [line for line in lines if line.startswith("runlog: ")]
        assert code == 2 and len(refusals) == 1 and "make room" in refusals[0], (code, lines)
        disk.make_room()
        server.start()
        disk.fill()
        return "refused"


def test_a_full_disk_refuses_writes_and_loses_nothing(server, disk):
    campaign, choose = Campaign(f"full disk, {disk.kind}", Persistent), chooser(f"full {disk.kind}")
    server.start()
    campaign.prepare(server)
    big = Rest(server.port).post("runs/create", experiment_id=campaign.experiment_id)["run"]["info"]["run_id"]
    campaign.begin(server)
    time.sleep(0.3)
    campaign.stop()
    refused, reads, restarts = 0, 0, []
    for cycle in range(CYCLES):
        earlier = campaign.ledgers[-12:]
        campaign.begin(server)
        with Readers(server, earlier) as readers:
            time.sleep(choose.uniform(0, 0.3))
            disk.fill()
            use_up_log(server, big, f"cycle {cycle}")
            fresh = campaign.fresh
            wait_until(lambda: all(it.refused or it.failure for it in fresh), "every client was refused")
            seen = readers.rounds
            wait_until(lambda: readers.rounds > seen + 1 or readers.failure, "everything was read on a full disk")
            assert server.process.poll() is None
        if cycle % 3 == 1:
            server.kill()
            campaign.end()
            restarts.append(restart_on_full_disk(server, disk))
            campaign.check(server)
            campaign.begin(server)
            fresh = campaign.fresh
        disk.make_room()
        acknowledged = {it: it.acknowledged for it in fresh}
        wait_until(
            lambda: all(it.acknowledged > acknowledged[it] + 5 or it.failure for it in fresh), "writes went on"
        )
        campaign.stop()
        if not restarts:  # a kill leaves uploads half done, which a later start sweeps
            assert unfinished(disk) == []
        refused += sum(len(it.refused) for it in fresh)
        reads += readers.rounds
        campaign.check(server, fresh)
    campaign.check(server)
    acknowledged = sum(it.acknowledged for it in campaign.ledgers)
    report(
        f"{campaign.name}: {CYCLES} times, {acknowledged} acknowledged calls checked, none lost, {refused} refused;"
        f" {reads} times all of the last clients' data was read meanwhile; killed when full: {', '.join(restarts)}"
    )
    telemetry = server.log.read_text()
    assert "no space left for the log" in telemetry
    if CYCLES > 3:  # in a few cycles each server may be killed before it has space again
        assert "the log has space again" in telemetry
    stop_and_compare(server, disk)


def unfinished(disk: Small) -> list[str]:
    return os.listdir(disk.point / "artifacts" / ".artifact.uploading.runlog")


def stop_and_compare(server: Server, disk: Small) -> None:
    assert server.stop() == 0
    verified = runlog("verify", "--data-dir", server.data)
    assert verified.returncode == 0, verified.stdout + verified.stderr
    compared = runlog("replay", "--log", server.data / "log", "--compare", server.data / "views")
    assert compared.returncode == 0, compared.stdout + compared.stderr


def test_a_server_that_was_stopped_starts_on_a_full_disk(server, disk):
    server.start()
    rest = Rest(server.port)
    rest.post("experiments/create", name="before")
    assert server.stop() == 0
    disk.fill()
    server.start()
    rest = Rest(server.port)
    assert rest.get("experiments/get-by-name", experiment_name="before")
    rest.post("experiments/create", name="in what the log has reserved")
    assert server.stop() == 0
    disk.make_room()
    stop_and_compare(server.start(), disk)


def test_a_full_disk_of_the_views_alone_bounds_memory(tmp_path):
    """The views may be on another disk than the log: then memory holds what they cannot take, up to a bound."""
    disk = Small("tmpfs", tmp_path, 512 * MIB)
    server = Server(tmp_path / "server", COMMAND)
    try:
        server.start()
        assert server.stop() == 0
        views = Path(shutil.move(server.data / "views", disk.point / "views"))
        (server.data / "views").symlink_to(views)
        server.start()
        rest = Rest(server.port)
        run_id = rest.post("runs/create", experiment_id="0")["run"]["info"]["run_id"]
        rest.post("experiments/create", name="before")
        wait_until(lambda: (views / "reserve").exists(), "the cache was made")
        disk.fill()
        use_up_log(server, run_id, "first")
        assert "views wait in memory" in server.log.read_text()
        assert rest.get("experiments/get-by-name", experiment_name="before")
        assert server.memory("VmRSS") < 1200 * MIB
        disk.make_room()

        def written():
            try:
                return rest.post("runs/log-parameter", run_id=run_id, key="p", value="1") is not None
            except Refused as error:
                check_refusal(error)
                return False

        wait_until(written, "writes went on")
        wait_until(lambda: "the view cache is written again" in server.log.read_text(), "the views were moved")
        assert server.stop() == 0
        verified = runlog("verify", "--data-dir", server.data)
        assert verified.returncode == 0, verified.stdout + verified.stderr
    finally:
        if server.process:
            server.kill()
        disk.unmount()
