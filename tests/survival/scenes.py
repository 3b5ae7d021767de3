"""Directories in which a server starts to meet its faults."""

import functools
import os
import shutil
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

from harness import Server, runlog
from rest import Rest
from workload import Workload

SEGMENT_BYTES = 64 << 20


@dataclass
class Scene:
    """What lies in the directory before the server starts, the work that was acknowledged there, and the part of the
    directory where calls fail."""

    name: str
    files: Path | None
    before: list[Workload]
    where: str = "."


@functools.cache
def environment() -> dict[str, str]:
    """Of every server here: webhooks lead nowhere, and the command `sync`, which the view cache calls and which would
    sync the whole machine, does nothing."""
    commands = Path(tempfile.mkdtemp(prefix="runlog-commands-"))
    (commands / "sync").symlink_to(shutil.which("true"))
    webhooks = {"MLFLOW_WEBHOOK_ALLOW_PRIVATE_IPS": "true", "MLFLOW_WEBHOOK_ALLOWED_SCHEMES": "http"}
    return webhooks | {"PATH": f"{commands}:{os.environ['PATH']}"}


def begin(directory: Path) -> Server:
    server = Server(directory / "files")
    server.log = directory / "server.log"
    server.environment = environment()
    return server.start()


def killed(directory: Path) -> Scene:
    """A server was killed while it wrote: its log has a torn tail, and its views are behind."""
    server, works = begin(directory), [Workload("early"), Workload("late")]
    for work in works:
        work.run(server.port)
        time.sleep(1.2 if work is works[0] else 0)  # the views are moved to disk once a second
    server.kill()
    (segment,) = (server.data / "log").glob("seg-*")
    end = len(segment.read_bytes().rstrip(b"\0"))
    with segment.open("r+b") as log:
        log.seek(-(-end // 8) * 8)
        log.write(b"torn")
    return Scene("killed", server.dir, works)


def nearly_full(directory: Path) -> Scene:
    """The next few events fill the segment: another is begun. Calls fail in the log only."""
    server, work = begin(directory), Workload("early")
    work.run(server.port)
    rest = Rest(server.port)
    while (room := room_in(server)) > 4000:
        values = ["x" * 7900] * min(100, room // 9000) or ["x" * (room - 3500)]
        tags = [{"key": f"fill{n}", "value": value} for n, value in enumerate(values)]
        for _ in range(max(1, room // 1_000_000)):
            rest.post("runs/log-batch", run_id=work.run_id, tags=tags)
    assert server.stop() == 0
    return Scene("nearly-full", server.dir, [work], "data/log")


def room_in(server: Server) -> int:
    """Bytes that the one segment still takes."""
    lines = runlog("verify", "--data-dir", server.data).stdout.splitlines()
    (taken,) = (int(line.split()[1]) for line in lines if line.startswith("bytes"))
    return SEGMENT_BYTES - taken
