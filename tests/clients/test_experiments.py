"""Experiments: create, set, get, rename, tag, delete, restore, search."""

import os
import subprocess
import sys

import mlflow
import pytest
from harness import needs
from mlflow.entities import ViewType
from mlflow.exceptions import MlflowException


def test_default_experiment_is_there_from_the_start(client):
    default = client.get_experiment("0")
    assert (default.name, default.lifecycle_stage) == ("Default", "active")
    assert default.artifact_location == "mlflow-artifacts:/0"
    assert client.get_experiment_by_name("Default").experiment_id == "0"


def test_a_new_process_with_nothing_but_the_uri_logs_to_the_default_experiment(server, client, tmp_path):
    script = (
        "import sys, mlflow\n"
        "mlflow.set_tracking_uri(sys.argv[1])\n"
        "with mlflow.start_run() as run:\n"
        "    mlflow.log_metric('loss', 0.5)\n"
        "    mlflow.log_text('hello', 'note.txt')\n"
        "print(run.info.run_id)\n"
    )
    env = {k: v for k, v in os.environ.items() if not k.startswith("MLFLOW_")}
    done = subprocess.run(
        [sys.executable, "-c", script, server.url], env=env, cwd=tmp_path, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    run = client.get_run(done.stdout.split()[-1])
    assert run.info.experiment_id == "0"
    assert run.info.status == "FINISHED"
    assert run.data.metrics == {"loss": 0.5}
    assert mlflow.artifacts.load_text(run.info.artifact_uri + "/note.txt") == "hello"
    assert list(tmp_path.iterdir()) == [], "nothing may be written beside the server"


def test_create_then_get_by_id_and_by_name(client, unique):
    experiment_id = client.create_experiment(unique, tags={"team": "seats"})
    by_id = client.get_experiment(experiment_id)
    assert by_id.name == unique
    assert by_id.tags["team"] == "seats"
    assert by_id.artifact_location == f"mlflow-artifacts:/{experiment_id}"
    assert by_id.creation_time > 0
    assert dict(client.get_experiment_by_name(unique)) == dict(by_id)


def test_create_with_an_artifact_location_of_its_own(client, unique, tmp_path):
    experiment_id = client.create_experiment(unique, artifact_location=tmp_path.as_uri())
    assert client.get_experiment(experiment_id).artifact_location == tmp_path.as_uri()
    run = client.create_run(experiment_id)
    client.log_text(run.info.run_id, "mine", "a.txt")
    assert (tmp_path / run.info.run_id / "artifacts/a.txt").read_text() == "mine"


def test_set_experiment_creates_once_and_finds_again(server, unique):
    first = mlflow.set_experiment(unique)
    assert mlflow.set_experiment(unique).experiment_id == first.experiment_id
    assert mlflow.set_experiment(experiment_id=first.experiment_id).name == unique


def test_unknown_names_and_ids(client, unique):
    assert client.get_experiment_by_name(unique) is None
    with pytest.raises(MlflowException) as e:
        client.get_experiment("987654321")
    assert e.value.error_code == "RESOURCE_DOES_NOT_EXIST"


def test_a_name_is_given_only_once(client, unique):
    experiment_id = client.create_experiment(unique)
    with pytest.raises(MlflowException) as e:
        client.create_experiment(unique)
    assert e.value.error_code == "RESOURCE_ALREADY_EXISTS"
    client.delete_experiment(experiment_id)
    with pytest.raises(MlflowException) as e:
        client.create_experiment(unique)
    assert e.value.error_code == "RESOURCE_ALREADY_EXISTS", "a deleted experiment keeps its name"


def test_rename(client, unique):
    experiment_id = client.create_experiment(unique)
    before = client.get_experiment(experiment_id)
    client.rename_experiment(experiment_id, unique + "-b")
    after = client.get_experiment(experiment_id)
    assert after.name == unique + "-b"
    assert after.last_update_time >= before.last_update_time
    assert client.get_experiment_by_name(unique) is None
    assert client.get_experiment_by_name(unique + "-b").experiment_id == experiment_id


def test_tags_are_set_and_set_again(client, unique):
    experiment_id = client.create_experiment(unique)
    client.set_experiment_tag(experiment_id, "stage", "draft")
    client.set_experiment_tag(experiment_id, "stage", "final")
    client.set_experiment_tag(experiment_id, "näme with / and space", "wért\nzwei")
    tags = client.get_experiment(experiment_id).tags
    assert tags["stage"] == "final"
    assert tags["näme with / and space"] == "wért\nzwei"


@needs("3.2", "delete_experiment_tag")
def test_tags_are_deleted(client, unique):
    experiment_id = client.create_experiment(unique, tags={"a": "1", "b": "2"})
    client.delete_experiment_tag(experiment_id, "a")
    tags = client.get_experiment(experiment_id).tags
    assert "a" not in tags
    assert tags["b"] == "2"


def test_delete_and_restore_take_the_runs_along(client, unique):
    experiment_id = client.create_experiment(unique)
    run_id = client.create_run(experiment_id).info.run_id
    client.delete_experiment(experiment_id)
    assert client.get_experiment(experiment_id).lifecycle_stage == "deleted"
    assert client.get_run(run_id).info.lifecycle_stage == "deleted"
    with pytest.raises(MlflowException):
        client.create_run(experiment_id)
    client.restore_experiment(experiment_id)
    assert client.get_experiment(experiment_id).lifecycle_stage == "active"
    assert client.get_run(run_id).info.lifecycle_stage == "active"
    client.create_run(experiment_id)


def test_search_by_name_tag_and_view(client, unique):
    ids = [client.create_experiment(f"{unique}-{n}", tags={"size": s, "of": unique}) for n, s in
           [("a", "small"), ("b", "large"), ("C", "large")]]
    client.delete_experiment(ids[1])

    def found(filter_string, view=ViewType.ACTIVE_ONLY):
        return [e.name.rsplit("-", 1)[1] for e in client.search_experiments(
            view_type=view, filter_string=filter_string, order_by=["name ASC"])]

    mine = f"tags.of = '{unique}'"
    assert sorted(found(mine)) == ["C", "a"]
    assert found(mine, ViewType.DELETED_ONLY) == ["b"]
    assert sorted(found(mine, ViewType.ALL)) == ["C", "a", "b"]
    assert found(f"{mine} AND tags.size = 'large'") == ["C"]
    assert found(f"name = '{unique}-a'") == ["a"]
    assert found(f"name LIKE '{unique}-c'") == []
    assert found(f"name ILIKE '{unique}-c'") == ["C"]
    assert found(f"{mine} AND name != '{unique}-a'") == ["C"]


def test_search_pages_and_order(client, unique):
    for n in range(7):
        client.create_experiment(f"{unique}-{n}", tags={"of": unique})
    names, token = [], None
    while True:
        page = client.search_experiments(
            filter_string=f"tags.of = '{unique}'", order_by=["name DESC"], max_results=3, page_token=token
        )
        names += [e.name[-1] for e in page]
        token = page.token
        if not token:
            break
        assert len(page) == 3
    assert names == list("6543210")
