"""One start of the server with one fault on its files, one without, and what must hold then."""

import shutil
import subprocess
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

from harness import Server, runlog
from preload import preloaded
from scenes import Scene, environment
from workload import Workload

DOCUMENTED = {0, 2, 70, 74}


@dataclass(frozen=True)
class Fault:
    kind: str
    call: int
    how: str
    mode: str

    def __str__(self):
        return f"{self.kind} {self.call} {self.how} {self.mode}"


# Said at the first start, where nothing is wrong.
INTRODUCTION = "a new key signs this log"


class Trial:
    """One start of the server with one fault, and one without."""

    def __init__(self, directory: Path, scene: Scene, fault: Fault):
        self.directory, self.scene, self.fault = directory, scene, fault
        self.files, self.told = directory / "files", directory / "told"
        directory.mkdir(parents=True)
        if scene.files:
            subprocess.run(["cp", "-r", "--sparse=always", scene.files, self.files], check=True)
        self.work = Workload(f"under-{scene.name}")
        self.server = Server(self.files)
        self.server.log = directory / "server.log"

    def run(self) -> None:
        self.code = self.suffer()
        self.lines = [line.split(maxsplit=4) for line in self.told.read_text().splitlines()]
        hits = [line for line in self.lines if line[0] == "hit"]
        # Kinds and functions of the calls that failed, not more than the first few.
        self.failed = Counter(f"{kind} ({function})" for _, kind, function, *_ in hits)
        self.check_end(hits)
        self.check_syncs(hits)
        self.check_afterwards()
        shutil.rmtree(self.directory)

    def suffer(self) -> int:
        self.server.environment = environment() | preloaded(
            RUNLOG_FAULT_DIR=self.files / self.scene.where, RUNLOG_FAULT_REPORT=self.told, RUNLOG_FAULT=self.fault
        )
        try:
            self.server.start()
        except RuntimeError:
            return self.server.process.returncode
        self.work.run(self.server.port)
        return self.server.stop()

    def check_end(self, hits: list) -> None:
        """It ended as documented, and said why in one line; if nothing failed, it ended well."""
        said = self.server.log.read_text()
        assert "panicked" not in said, said
        assert self.code in (DOCUMENTED if hits else {0}), f"exit code {self.code}: {said}"
        # sled prints a trace of its own where a read of its files fails: many lines, none of them ours.
        reasons = [line for line in said.splitlines() if line.startswith("runlog: ") and INTRODUCTION not in line]
        assert len(reasons) == (self.code in (2, 74)), said
        assert hits or all(len(it) == 1 for it in self.work.possible.values()), "a call failed although no fault was met"

    def check_syncs(self, hits: list) -> None:
        """After a sync of the log failed, nothing that was sent later was acknowledged."""
        log = str(self.server.data / "log")
        failed = [float(at) for _, kind, _, at, path in hits if kind == "sync" and path.startswith(log)]
        assert not [it for it in self.work.acknowledged if failed and it[0] > failed[0]]

    def check_afterwards(self) -> None:
        """Started again on a disk in good order, everything acknowledged is there, and the log is sound."""
        self.server.environment = environment()
        self.server.start()
        try:
            for work in (*self.scene.before, self.work):
                work.check(self.server.port)
            assert self.server.stop() == 0
        finally:
            self.server.kill()
        verified = runlog("verify", "--data-dir", self.server.data)
        assert verified.returncode == 0, verified.stdout + verified.stderr


def attempt(directory: Path, scene: Scene, fault: Fault) -> Trial:
    """A trial, run; once more if another process took its port."""
    trial = Trial(directory, scene, fault)
    try:
        trial.run()
        return trial
    except Exception as wrong:
        if "cannot listen on" not in trial.server.log.read_text():
            raise AssertionError(f"{scene.name}, {fault}: {wrong!r} ({directory})") from wrong
        shutil.rmtree(directory)
        return attempt(directory.with_name(directory.name + "-again"), scene, fault)
    finally:
        if trial.server.process:
            trial.server.kill()
