"""Starts, stops and kills the server under test.

The server is the built `runlog` binary. To check the tests themselves against another server, name its
command in RUNLOG_TEST_SERVER_CMD; `{dir}` (a directory for its data) and `{port}` are filled in.
"""

import contextlib
import os
import shlex
import signal
import socket
import subprocess
import time
import urllib.request
from pathlib import Path

import mlflow
import pytest
from packaging.version import Version

ROOT = Path(__file__).resolve().parents[2]
COMMAND = os.environ.get("RUNLOG_TEST_SERVER_CMD") or (
    f"{shlex.quote(str(ROOT / 'target/release/runlog'))} serve --data-dir {{dir}}/data --host 127.0.0.1 --port {{port}}"
    " --artifacts-destination {dir}/artifacts"
)
PROGRAM = shlex.split(COMMAND)[0]
IS_RUNLOG = Path(PROGRAM).name == "runlog"
START_TIMEOUT_S = 60

runlog_only = pytest.mark.skipif(not IS_RUNLOG, reason="tests what only Runlog has")


def needs(mlflow_version: str, what: str):
    """Marks tests of a feature that older clients do not have."""
    return pytest.mark.skipif(
        Version(mlflow.__version__) < Version(mlflow_version),
        reason=f"{what}: since mlflow {mlflow_version}",
    )


def newest_only(reason: str):
    """Marks tests for which one client version is enough, or one environment has what they need."""
    return pytest.mark.skipif(Version(mlflow.__version__) < Version("3"), reason=reason)


def free_port() -> int:
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


class Server:
    """One server on one directory; it can be stopped or killed, and started again on the same data."""

    def __init__(self, directory: Path, command: str = COMMAND):
        self.dir = directory
        self.command = command
        self.data = directory / "data"
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.log = directory / "server.log"
        self.process = None
        self.environment = {}  # variables that the server gets besides ours

    def start(self) -> "Server":
        self.launch()
        return self.wait_ready()

    def launch(self) -> None:
        """Starts the process, and leaves it to itself."""
        self.dir.mkdir(parents=True, exist_ok=True)
        command = [p.format(dir=self.dir, port=self.port) for p in shlex.split(self.command)]
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                command,
                cwd=self.dir,
                env={**os.environ, **self.environment},
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    def wait_ready(self) -> "Server":
        """Waits until a launched server answers."""
        deadline = time.monotonic() + START_TIMEOUT_S
        while time.monotonic() < deadline and self.process.poll() is None:
            with contextlib.suppress(OSError):
                if urllib.request.urlopen(self.url + "/health", timeout=5).status == 200:
                    return self
            time.sleep(0.005)
        self.kill()
        tail = self.log.read_text(errors="replace")[-3000:]
        raise RuntimeError(f"the server did not become ready: {shlex.join(self.process.args)}\n{tail}")

    def stop(self) -> int:
        """Asks the server to end and gives its exit code."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        try:
            return self.process.wait(60)
        finally:
            self.kill()

    def kill(self) -> None:
        """SIGKILL for the server and whatever it started."""
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()

    def memory(self, field: str) -> int:
        """A line of the server's /proc/<pid>/status, in bytes: VmRSS is now, VmHWM is the peak."""
        for line in Path(f"/proc/{self.process.pid}/status").read_text().splitlines():
            if line.startswith(field + ":"):
                return int(line.split()[1]) * 1024
        raise KeyError(field)

    def reset_peak_memory(self) -> None:
        """Makes VmHWM count again from what is in use now."""
        Path(f"/proc/{self.process.pid}/clear_refs").write_text("5")


def runlog(*args: str | Path) -> subprocess.CompletedProcess:
    """Runs a subcommand of the same `runlog` to its end."""
    return subprocess.run([PROGRAM, *map(str, args)], capture_output=True, text=True, timeout=120)
