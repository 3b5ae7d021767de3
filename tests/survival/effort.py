"""How much is tried, and with which random numbers."""

import os
import random

LONG = bool(os.environ.get("RUNLOG_LONG"))
SEED = int(os.environ.get("RUNLOG_SURVIVAL_SEED") or random.SystemRandom().getrandbits(32))


def chooser(name: str) -> random.Random:
    """A source of random numbers of its own for each test."""
    return random.Random(f"{SEED} {name}")


FIGURES = []


def report(line: str) -> None:
    """Has a measured figure printed at the end."""
    FIGURES.append(line)
