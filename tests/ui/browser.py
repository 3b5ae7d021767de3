"""Finds Chromium, and gets it where there is none."""

import os
import shutil
import subprocess
import sys

NAMES = ["chromium", "chromium-browser", "google-chrome"]


def installed() -> str | None:
    return next(filter(None, map(shutil.which, NAMES)), None)


def chromium() -> str | None:
    """The program to drive; None stands for the one that Playwright got itself."""
    if found := installed():
        return found
    if os.geteuid() == 0 and shutil.which("apt-get"):
        subprocess.run("apt-get update -qq && apt-get install -y -qq chromium >&2", shell=True)
        if found := installed():
            return found
    got = subprocess.run([sys.executable, "-m", "playwright", "install", "chromium"])
    if got.returncode:
        raise RuntimeError("no Chromium: none is installed, and neither apt-get nor playwright could install one")
    return None
