"""SIGKILL in the middle of concurrent logging, and of the start after it, again and again on one data directory: all
that was acknowledged is there at the end of each start, and nothing that was never sent."""

import shutil
import time

import pytest
from effort import LONG, chooser
from harness import Server, runlog
from ledger import Campaign
from rest import Rest

ROUNDS = 100 if LONG else 20


def test_every_acknowledged_call_survives_sigkill(tmp_path):
    server, campaign, choose = Server(tmp_path).start(), Campaign("sigkill"), chooser("kill")
    deaths = {"under load": 0, "while starting": 0, "while rebuilding views": 0}
    try:
        campaign.prepare(server)
        for _ in range(ROUNDS):
            campaign.begin(server)
            time.sleep(choose.uniform(0.02, 0.5))
            server.kill()
            campaign.end()
            deaths["under load"] += 1
            for death in choose.choices(["while starting", "while rebuilding views"], [3, 1], k=choose.randrange(3)):
                if death == "while rebuilding views":
                    shutil.rmtree(server.data / "views", ignore_errors=True)
                server.launch()
                time.sleep(choose.choice([0.005, 0.1]) * choose.random())
                server.kill()
                deaths[death] += 1
            campaign.restart(server)
            campaign.check(server, campaign.fresh)
        campaign.check(server)
        campaign.conclude(", ".join(f"{count} kills {death}" for death, count in deaths.items()))
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
