"""Builds preload.c, which stands between the server and libc."""

import functools
import shutil
import subprocess
import tempfile
from pathlib import Path

import pytest


@functools.cache
def library() -> Path:
    compiler = shutil.which("cc")
    if not compiler:
        pytest.skip("needs a C compiler, cc")
    built = Path(tempfile.mkdtemp(prefix="runlog-preload-")) / "preload.so"
    source = Path(__file__).with_name("preload.c")
    subprocess.run([compiler, "-shared", "-fPIC", "-O2", "-Wall", "-Wextra", "-o", built, source, "-ldl"], check=True)
    return built


def preloaded(**plan: str | Path) -> dict[str, str]:
    """The environment of a process whose calls go through it; what is planned, preload.c says."""
    return {"LD_PRELOAD": str(library()), **{name: str(value) for name, value in plan.items()}}
