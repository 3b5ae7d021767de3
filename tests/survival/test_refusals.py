"""What the system forbids is refused in one line that names it and says what to do, and nothing is changed: what needs
root to be arranged; the rest is in tests/cli/refusals.rs."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest
from harness import PROGRAM, Server, runlog
from rest import Rest
from volume import MIB, Small, run

NOBODY = 65534
OFFLINE = [["verify"], ["log"], ["replay"], ["history", "model", "m"]]

needs_root = pytest.mark.skipif(os.geteuid() != 0, reason="needs root, to mount and to become another user: NOT TESTED HERE")


def make(directory: Path) -> Path:
    """A data directory that a server has left in good order."""
    server = Server(directory).start()
    Rest(server.port).post("registered-models/create", name="m")
    assert server.stop() == 0
    return server.data


def content(directory: Path) -> dict[str, bytes | None]:
    """Everything there, but for the caches."""
    found = {}
    for path in sorted(directory.rglob("*")):
        name = str(path.relative_to(directory))
        if not name.startswith(("views/", "log/LOCK")):
            found[name] = path.read_bytes() if path.is_file() else None
    return found


def refuse(command: list, words: list[str], program: str | Path = PROGRAM, user: int = 0) -> None:
    """The command ends with 2 and one line with these words."""
    told = subprocess.run(
        [program, *map(str, command)], capture_output=True, text=True, timeout=60, user=user, group=user, extra_groups=[]
    )
    lines = [line for line in told.stderr.splitlines() if " INFO runlog" not in line]
    assert told.returncode == 2 and len(lines) == 1 and lines[0].startswith("runlog: "), told
    for word in words:
        assert word in lines[0], f"no {word!r} in {lines[0]!r}"


def serve(data: Path, *more: str | Path) -> list:
    return ["serve", "--port", "0", "--data-dir", data, *more]


@pytest.fixture
def strange(tmp_path) -> dict:
    """Another user than the one whose files these are, and the program where that user can reach it."""
    for directory in [tmp_path, *tmp_path.parents[:2]]:
        directory.chmod(0o755)
    return {"program": shutil.copy(PROGRAM, tmp_path / "runlog"), "user": NOBODY}


@needs_root
def test_a_read_only_file_system(tmp_path):
    disk = Small("tmpfs", tmp_path, 128 * MIB)
    try:
        data = make(disk.point)
        run("mount", "-o", "remount,ro", disk.point)
        before = content(data)
        refuse(serve(data), [str(data / "log" / "LOCK"), "Read-only file system", "make that file system writable"])
        refuse(serve(disk.point / "new"), [str(disk.point / "new"), "Read-only file system", "choose another --data-dir"])
        for command in OFFLINE:
            read = runlog(*command, "--data-dir", data)
            assert read.returncode == 0, read.stderr
        assert content(data) == before
    finally:
        disk.unmount()


@needs_root
def test_an_immutable_directory(tmp_path):
    disk = Small("ext4", tmp_path, 128 * MIB)
    data = disk.point / "data"
    data.mkdir()
    try:
        run("chattr", "+i", data)
        refuse(serve(data), [str(data / "log"), "give this user the right", "choose another --data-dir"])
        assert content(data) == {}
    finally:
        run("chattr", "-i", data)
        disk.unmount()


@needs_root
def test_no_permission(tmp_path, strange):
    data = make(tmp_path / "server")
    before = content(data)
    advice = ["Permission denied", "give this user the right", "choose another --data-dir"]
    refuse(serve(data), [str(tmp_path / "server" / "runlog-keys"), *advice], **strange)
    refuse(serve(tmp_path / "new"), [str(tmp_path / "new"), *advice], **strange)
    (data / "log").chmod(0o700)
    for command in OFFLINE:
        refuse([*command, "--data-dir", data], [str(data / "log"), *advice], **strange)
    assert content(data) == before
    assert not (tmp_path / "new").exists()


@needs_root
def test_artifacts_that_cannot_be_written(tmp_path, strange):
    data, artifacts = tmp_path / "data", tmp_path / "artifacts"
    data.mkdir()
    artifacts.mkdir()
    os.chown(data, NOBODY, NOBODY)
    words = [str(artifacts), "Permission denied", "--artifacts-destination"]
    refuse(serve(data, "--artifacts-destination", artifacts), words, **strange)
    assert content(artifacts) == {}


@needs_root
def test_a_first_start_on_a_full_disk(tmp_path):
    disk = Small("tmpfs", tmp_path, 128 * MIB)
    try:
        disk.fill()
        refuse(serve(disk.point / "data"), ["No space left on device", "make room, then start again"])
        disk.make_room()
        make(disk.point)
    finally:
        disk.unmount()
