"""Backups of a server at work, and life after the loss of the whole directory."""

import shutil
import threading

import mlflow
import pytest
from effort import LONG, chooser, report
from harness import Server, runlog

BACKUPS = 40 if LONG else 4


def answers(server: Server, models: list[str]):
    """What a client can see, but for the address of the server."""
    client = mlflow.MlflowClient(server.url, server.url)
    runs = [
        (run.to_dictionary(), [point.to_dictionary() for point in client.get_metric_history(run.info.run_id, "loss")])
        for experiment in client.search_experiments(order_by=["experiment_id"])
        for run in client.search_runs([experiment.experiment_id], order_by=["attributes.start_time", "run_id"])
    ]
    versions = [dict(version) for model in models for version in client.search_model_versions(f"name = '{model}'")]
    return runs, versions


@pytest.fixture
def server(tmp_path):
    server = Server(tmp_path / "server").start()
    yield server
    server.stop()


def test_backup_loss_restore(server, tmp_path):
    client = mlflow.MlflowClient(server.url, server.url)
    experiment = client.create_experiment("seats")
    (tmp_path / "weights.txt").write_text("1 2 3")
    for number in range(5):
        run = client.create_run(experiment)
        for step in range(20):
            client.log_metric(run.info.run_id, "loss", 1 / (step + 1), step=step)
        client.log_artifact(run.info.run_id, str(tmp_path / "weights.txt"))
    client.create_registered_model("CarSeat")
    client.create_model_version("CarSeat", f"runs:/{run.info.run_id}/model", run.info.run_id)
    client.transition_model_version_stage("CarSeat", "1", "Production")
    before = answers(server, ["CarSeat"])

    backup = tmp_path / "backup"
    done = runlog("backup", "--data-dir", server.data, "--artifacts", server.dir / "artifacts", "--to", backup)
    assert done.returncode == 0, done
    assert "left out" not in done.stdout
    server.kill()
    shutil.rmtree(server.dir)
    restored = runlog("restore", "--from", backup, "--into", server.data)
    assert restored.returncode == 0, restored
    shutil.move(server.data / "artifacts", server.dir / "artifacts")
    server.start()
    assert answers(server, ["CarSeat"]) == before
    path = client.download_artifacts(run.info.run_id, "weights.txt", str(tmp_path))
    assert open(path).read() == "1 2 3"


def test_backups_beside_clients_hold_what_was_acknowledged(server, tmp_path):
    choose = chooser("backups")
    client = mlflow.MlflowClient(server.url, server.url)
    experiment = client.create_experiment("seats")
    runs = [client.create_run(experiment).info.run_id for _ in range(3)]
    acknowledged = dict.fromkeys(runs, 0)
    stop = threading.Event()

    def work(run: str):
        while not stop.is_set():
            client.log_metric(run, "loss", acknowledged[run], step=acknowledged[run])
            acknowledged[run] += 1

    threads = [threading.Thread(target=work, args=(run,)) for run in runs]
    for thread in threads:
        thread.start()
    kept = 0
    try:
        for number in range(BACKUPS):
            stop.wait(choose.uniform(0, 0.3))
            least = dict(acknowledged)
            backup, again = tmp_path / "backup", tmp_path / f"again-{number}"
            done = runlog("backup", "--data-dir", server.data, "--no-artifacts", "--to", backup)
            assert done.returncode == 0, done
            most = {run: count + 1 for run, count in acknowledged.items()}
            assert runlog("restore", "--from", backup, "--into", again).returncode == 0
            for run in runs:
                lines = runlog("log", "--data-dir", again, "--entity", f"run:{run}").stdout.splitlines()
                points = sum('"MetricsLogged"' in line for line in lines)
                assert least[run] <= points <= most[run], f"backup {number}"
                kept += points
            shutil.rmtree(again)
    finally:
        stop.set()
        for thread in threads:
            thread.join()
    report(f"{BACKUPS} backups beside 3 clients ({sum(acknowledged.values())} calls), each restored: none lost a call")
    assert kept
