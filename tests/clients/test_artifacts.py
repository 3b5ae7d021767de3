"""Artifacts through the server's proxy: log, list, read, download, delete; large files in flat memory."""

import hashlib
import json
from pathlib import Path

import mlflow
import numpy as np
import pytest
import requests
from harness import IS_RUNLOG, needs
from mlflow.artifacts import download_artifacts, load_dict, load_image, load_text
from mlflow.exceptions import MlflowException

MIB = 1 << 20


def listing(client, run_id, path=None):
    return sorted((f.path, f.is_dir, f.file_size) for f in client.list_artifacts(run_id, path))


def test_dicts_and_texts(experiment, client):
    with mlflow.start_run() as run:
        mlflow.log_dict({"seats": 5, "öl": ["a", 1.5, None]}, "conf/car.json")
        mlflow.log_dict({"seats": 5}, "conf/car.yaml")
        mlflow.log_text("größe: 5\n", "notes/größe und mehr.txt")
        mlflow.log_text("", "empty.txt")
    uri = run.info.artifact_uri
    assert load_dict(f"{uri}/conf/car.json") == {"seats": 5, "öl": ["a", 1.5, None]}
    assert load_text(f"{uri}/conf/car.yaml").strip() == "seats: 5"
    assert load_text(f"{uri}/empty.txt") == ""
    local = client.download_artifacts(run.info.run_id, "notes/größe und mehr.txt")
    assert Path(local).read_text() == "größe: 5\n"


def test_figures_and_images(experiment):
    import matplotlib.pyplot as plt
    from PIL import Image

    figure, axes = plt.subplots()
    axes.plot([1, 2, 3])
    pixels = np.random.default_rng(1).integers(0, 255, (4, 6, 3), dtype=np.uint8)
    with mlflow.start_run() as run:
        mlflow.log_figure(figure, "plots/line.png")
        mlflow.log_image(pixels, "array.png")
        mlflow.log_image(Image.fromarray(pixels), "pil.png")
    plt.close(figure)
    uri = run.info.artifact_uri
    assert load_image(f"{uri}/plots/line.png").width > 100
    for name in ("array.png", "pil.png"):
        assert (np.asarray(load_image(f"{uri}/{name}").convert("RGB")) == pixels).all()


@needs("2.11", "images with steps")
def test_images_of_steps_keep_their_names(experiment, client):
    """Older clients put step, time and id behind percent signs, which may decode to what is no text."""
    with mlflow.start_run() as run:
        for step in (0, 16, 100):
            mlflow.log_image(np.zeros((4, 4, 3), dtype=np.uint8), key="k", step=step, synchronous=True)
    files = client.list_artifacts(run.info.run_id, "images")
    assert len(files) == 6
    for file in files:
        local = client.download_artifacts(run.info.run_id, file.path)
        assert Path(local).stat().st_size == file.file_size


def test_a_file_and_a_folder(experiment, client, tmp_path):
    (tmp_path / "deep/er").mkdir(parents=True)
    (tmp_path / "one.bin").write_bytes(bytes(range(256)))
    (tmp_path / "deep/er/two.txt").write_text("two")
    with mlflow.start_run() as run:
        mlflow.log_artifact(tmp_path / "one.bin")
        mlflow.log_artifact(tmp_path / "one.bin", "copies")
        mlflow.log_artifacts(tmp_path, "all")
    run_id = run.info.run_id
    assert listing(client, run_id) == [("all", True, None), ("copies", True, None), ("one.bin", False, 256)]
    assert listing(client, run_id, "all") == [("all/deep", True, None), ("all/one.bin", False, 256)]
    assert listing(client, run_id, "all/deep/er") == [("all/deep/er/two.txt", False, 3)]
    assert listing(client, run_id, "nothing/here") == []
    (tmp_path / "back").mkdir()
    local = Path(client.download_artifacts(run_id, "all", str(tmp_path / "back")))
    assert (local / "one.bin").read_bytes() == bytes(range(256))
    assert (local / "deep/er/two.txt").read_text() == "two"


def test_a_run_without_artifacts_has_an_empty_list(run, client):
    assert client.list_artifacts(run.info.run_id) == []


def test_overwriting_gives_the_new_bytes(run, client):
    client.log_text(run.info.run_id, "first, and longer", "a.txt")
    client.log_text(run.info.run_id, "second", "a.txt")
    assert load_text(run.info.artifact_uri + "/a.txt") == "second"


def test_every_way_to_name_an_artifact(run, client, tmp_path):
    client.log_dict(run.info.run_id, {"a": 1}, "d/a.json")
    for uri in (f"{run.info.artifact_uri}/d/a.json", f"runs:/{run.info.run_id}/d/a.json"):
        assert json.loads(Path(download_artifacts(uri, dst_path=str(tmp_path))).read_text()) == {"a": 1}
    local = download_artifacts(run_id=run.info.run_id, artifact_path="d/a.json")
    assert json.loads(Path(local).read_text()) == {"a": 1}


def test_deleting_files_and_folders(run, client):
    from mlflow.store.artifact.artifact_repository_registry import get_artifact_repository

    for path in ("keep.txt", "gone.txt", "dir/a.txt", "dir/sub/b.txt"):
        client.log_text(run.info.run_id, "x", path)
    repository = get_artifact_repository(run.info.artifact_uri)
    repository.delete_artifacts("gone.txt")
    repository.delete_artifacts("dir")
    assert listing(client, run.info.run_id) == [("keep.txt", False, 1)]
    with pytest.raises(Exception, match="404|[Nn]ot [Ff]ound|No such"):
        load_text(run.info.artifact_uri + "/gone.txt")


def test_a_missing_artifact_is_an_error(run):
    with pytest.raises(MlflowException):
        download_artifacts(f"runs:/{run.info.run_id}/not/there.txt")


@pytest.mark.parametrize("path", ["../../escaped.txt", "%2e%2e/%2e%2e/escaped.txt", "..%2f..%2fescaped.txt"])
def test_no_path_leaves_the_artifact_root(server, path):
    url = f"{server.url}/api/2.0/mlflow-artifacts/artifacts/{path}"
    prepared = requests.Request("PUT", url, data=b"x").prepare()
    prepared.url = url  # as it is: requests would tidy the dots away
    answer = requests.Session().send(prepared)
    assert answer.status_code in (400, 404, 405), answer.text
    assert not list(server.dir.rglob("escaped.txt"))
    assert not list(server.dir.parent.glob("escaped.txt"))


def test_large_files_stream(run, client, server, tmp_path):
    """64 MiB up and down: every byte is there, and Runlog's memory stays flat."""
    chunk = np.random.default_rng(2).bytes(MIB)
    source, digest = tmp_path / "large.bin", hashlib.sha256()
    with source.open("wb") as f:
        for n in range(64):
            block = n.to_bytes(8, "little") + chunk[8:]
            f.write(block)
            digest.update(block)
    client.log_text(run.info.run_id, "warm", "warm.txt")
    server.reset_peak_memory()
    before = server.memory("VmRSS")
    client.log_artifact(run.info.run_id, str(source))
    assert listing(client, run.info.run_id)[0] == ("large.bin", False, 64 * MIB)
    (tmp_path / "back").mkdir()
    back = Path(client.download_artifacts(run.info.run_id, "large.bin", str(tmp_path / "back")))
    with back.open("rb") as f:
        assert hashlib.file_digest(f, "sha256").hexdigest() == digest.hexdigest()
    if IS_RUNLOG:
        assert server.memory("VmHWM") - before < 32 * MIB
