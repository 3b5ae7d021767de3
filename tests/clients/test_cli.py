"""The `mlflow` command as a client: each subcommand that speaks to a tracking server, as a user types it."""

import csv
import json
import os
import re
import subprocess
import sys
from pathlib import Path

import mlflow
import pytest
from harness import needs, newest_only, runlog_only


@pytest.fixture
def cli(server):
    """Runs `mlflow ...` against the server and gives what it prints."""

    def run(*words, fails=False) -> str:
        # The client leaves the active experiment in the environment, where commands would find it.
        env = {name: value for name, value in os.environ.items() if name != "MLFLOW_EXPERIMENT_ID"}
        env |= {"MLFLOW_TRACKING_URI": server.url, "PYTHONWARNINGS": "ignore", "COLUMNS": "400"}
        command = [sys.executable, "-m", "mlflow", *map(str, words)]
        done = subprocess.run(command, env=env, capture_output=True, text=True, timeout=300)
        assert (done.returncode != 0) == fails, done.stdout + done.stderr
        return done.stdout + done.stderr if fails else done.stdout

    return run


def test_an_experiment_from_its_creation_to_its_restoration(cli, client, unique):
    place = "mlflow-artifacts:/somewhere/else"
    experiment_id = re.search(r"with id (\d+)", cli("experiments", "create", "-n", unique, "-l", place))[1]
    experiment = client.get_experiment(experiment_id)
    assert (experiment.name, experiment.artifact_location) == (unique, place)
    assert unique in cli("experiments", "search")

    cli("experiments", "rename", "-x", experiment_id, "--new-name", f"{unique}-renamed")
    assert client.get_experiment(experiment_id).name == f"{unique}-renamed"

    cli("experiments", "delete", "-x", experiment_id)
    assert client.get_experiment(experiment_id).lifecycle_stage == "deleted"
    assert unique in cli("experiments", "search", "--view", "deleted_only")
    cli("experiments", "restore", "-x", experiment_id)
    assert client.get_experiment(experiment_id).lifecycle_stage == "active"


def test_names_and_ids_that_are_wrong_are_named(cli, experiment):
    assert "already exists" in cli("experiments", "create", "-n", experiment.name, fails=True)
    assert "not found" in cli("runs", "describe", "--run-id", "0" * 32, fails=True)


def test_the_runs_of_an_experiment_as_csv(cli, experiment, tmp_path):
    for number in (1, 2):
        with mlflow.start_run(run_name=f"run-{number}"):
            mlflow.log_param("seats", number)
            mlflow.log_metric("comfort", number / 4)
    cli("experiments", "csv", "-x", experiment.experiment_id, "-o", tmp_path / "runs.csv")
    lines = csv.DictReader((tmp_path / "runs.csv").open())
    assert {(line["params.seats"], line["metrics.comfort"]) for line in lines} == {("1", "0.25"), ("2", "0.5")}


def test_a_run_described_deleted_and_restored(cli, experiment, client):
    with mlflow.start_run(run_name="the-one") as run:
        mlflow.log_param("seats", 5)
        mlflow.log_metric("comfort", 0.5)
    run_id = run.info.run_id
    described = json.loads(cli("runs", "describe", "--run-id", run_id))
    assert described["data"]["params"] == {"seats": "5"}
    assert described["data"]["metrics"] == {"comfort": 0.5}
    assert described["info"]["status"] in ("FINISHED", 3)

    def listed(*words):
        return cli("runs", "list", "--experiment-id", experiment.experiment_id, *words)

    everything = listed()
    assert run_id in everything and "the-one" in everything
    cli("runs", "delete", "--run-id", run_id)
    assert client.get_run(run_id).info.lifecycle_stage == "deleted"
    assert run_id in listed("--view", "deleted_only")
    cli("runs", "restore", "--run-id", run_id)
    assert client.get_run(run_id).info.lifecycle_stage == "active"


def test_artifacts_logged_listed_and_downloaded(cli, run, client, tmp_path):
    run_id = run.info.run_id
    (tmp_path / "in/deep").mkdir(parents=True)
    (tmp_path / "in/größe 1.txt").write_text("fünf")
    (tmp_path / "in/deep/b.bin").write_bytes(b"\0\1")
    cli("artifacts", "log-artifact", "-l", tmp_path / "in/größe 1.txt", "-r", run_id)
    cli("artifacts", "log-artifacts", "-l", tmp_path / "in", "-r", run_id, "-a", "all")

    assert [file.path for file in client.list_artifacts(run_id)] == ["all", "größe 1.txt"]
    files = json.loads(cli("artifacts", "list", "-r", run_id, "-a", "all"))
    listed = sorted((file["path"], file["is_dir"], int(file.get("file_size") or 0)) for file in files)
    assert listed == [("all/deep", True, 0), ("all/größe 1.txt", False, 5)]

    cli("artifacts", "download", "-r", run_id, "-a", "all", "-d", tmp_path)
    assert (tmp_path / "all/größe 1.txt").read_text() == "fünf"
    (tmp_path / "uri").mkdir()
    printed = cli("artifacts", "download", "-u", f"{run.info.artifact_uri}/all/deep/b.bin", "-d", tmp_path / "uri")
    assert Path(printed.strip().splitlines()[-1]).read_bytes() == b"\0\1"


def test_a_registered_model_predicts(cli, experiment, unique, tmp_path):
    from sklearn.linear_model import LinearRegression

    model = LinearRegression().fit([[0.0], [1.0]], [0.0, 2.0])
    with mlflow.start_run():
        mlflow.sklearn.log_model(model, "model", registered_model_name=unique)
    (tmp_path / "in.json").write_text(json.dumps({"inputs": [[2.0], [3.0]]}))
    cli("models", "predict", "-m", f"models:/{unique}/1", "-i", tmp_path / "in.json", "-o", tmp_path / "out.json",
        "--env-manager", "local")
    predicted = json.loads((tmp_path / "out.json").read_text())["predictions"]
    assert predicted == pytest.approx([4.0, 6.0])


@needs("3.6", "these subcommands")
def test_experiments_and_runs_as_newer_commands_have_them(cli, experiment, client):
    got = json.loads(cli("experiments", "get", "-n", experiment.name, "--output", "json"))
    assert (got["experiment_id"], got["lifecycle_stage"]) == (experiment.experiment_id, "active")

    words = ("--experiment-name", experiment.name, "--run-name", "typed", "--description", "by hand",
             "-t", "team=seats", "--status", "failed")
    run_id = re.search(r'"run_id": "(\w+)"', cli("runs", "create", *words))[1]
    run = client.get_run(run_id)
    assert (run.info.run_name, run.info.status) == ("typed", "FAILED")
    assert run.data.tags["team"] == "seats" and run.data.tags["mlflow.note.content"] == "by hand"


@runlog_only
@newest_only("these subcommands are newer than the other clients")
def test_commands_of_features_that_are_off_say_so(cli, experiment):
    for words, what in (
        (("traces", "search", "--experiment-id", experiment.experiment_id), "Tracing is"),
        (("scorers", "list", "--experiment-id", experiment.experiment_id), "Scorers are"),
        (("datasets", "list", "--experiment-id", experiment.experiment_id), "Evaluation datasets are"),
    ):
        assert f"{what} not supported by Runlog" in cli(*words, fails=True)
