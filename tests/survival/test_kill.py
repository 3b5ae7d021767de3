"""SIGKILL in the middle of concurrent logging, again and again on one data directory: after every restart all that
was acknowledged is there, and nothing that was never sent."""

import threading
import time

import pytest
from effort import chooser
from harness import Server, runlog
from ledger import Ledger, check_versions
from rest import Rest

KILLS = 25
CLIENTS = 6


def test_every_acknowledged_call_survives_sigkill(tmp_path):
    server = Server(tmp_path).start()
    rest = Rest(server.port)
    experiment_id = rest.post("experiments/create", name="killed")["experiment_id"]
    rest.post("registered-models/create", name="CarSeat")
    ledgers, choose = [], chooser("kill")
    try:
        for round_ in range(KILLS):
            fresh = [Ledger(f"round-{round_}-client-{c}") for c in range(CLIENTS)]
            started = threading.Barrier(CLIENTS + 1)
            threads = [
                threading.Thread(target=ledger.work, args=(server.port, "CarSeat", experiment_id, started))
                for ledger in fresh
            ]
            for thread in threads:
                thread.start()
            started.wait()
            time.sleep(choose.uniform(0.02, 0.5))
            server.kill()
            for thread in threads:
                thread.join()
            assert [ledger.failure for ledger in fresh if ledger.failure] == []
            ledgers += fresh

            server.start()
            rest = Rest(server.port)
            versions = rest.versions("CarSeat")
            check_versions(versions, ledgers)
            for ledger in fresh:
                ledger.check(rest, versions)

        versions = rest.versions("CarSeat")
        for ledger in ledgers:
            ledger.check(rest, versions)
        assert sum(ledger.acknowledged for ledger in ledgers) > KILLS * CLIENTS, "hardly anything was logged"
        assert any(ledger.stages for ledger in ledgers) and any(ledger.artifacts for ledger in ledgers)
    finally:
        server.kill()

    verified = runlog("verify", "--data-dir", server.data)
    assert verified.returncode == 0, verified.stdout + verified.stderr
    server.start()  # folds what the last kill left unfolded, and closes the views in good order
    assert server.stop() == 0
    replayed = runlog(
        "replay", "--log", server.data / "log", "--into", tmp_path / "rebuilt", "--compare", server.data / "views"
    )
    assert replayed.returncode == 0, replayed.stdout + replayed.stderr


def test_a_second_server_on_the_same_directory_is_refused(tmp_path):
    first = Server(tmp_path).start()
    try:
        with pytest.raises(RuntimeError, match="did not become ready"):
            Server(tmp_path).start()
        assert Rest(first.port).get("experiments/get", experiment_id="0")["experiment"]["name"] == "Default"
    finally:
        first.kill()
