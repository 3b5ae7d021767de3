"""Each call on a file that the server makes fails, once or from there on: all of them, those of the libraries under it
too. Whatever fails, it answers rightly or refuses, ends as documented, and loses nothing that it acknowledged."""

import itertools
import os
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from effort import LONG, chooser, report
from scenes import Scene, killed, nearly_full
from trial import Fault, attempt

# How calls of each kind can fail: see preload.c.
HOWS = {
    "open": ["EIO", "ENOSPC"],
    "read": ["EIO", "short"],
    "write": ["EIO", "ENOSPC", "short", "torn"],
    "sync": ["EIO", "ENOSPC"],
    "rename": ["EIO", "ENOSPC"],
    "remove": ["EIO"],
    "mkdir": ["EIO", "ENOSPC"],
    "truncate": ["EIO", "ENOSPC"],
    "allocate": ["EIO", "ENOSPC"],
    "stat": ["EIO"],
    "list": ["EIO"],
    "lock": ["EIO"],
    "seek": ["EIO"],
    "link": ["EIO", "ENOSPC"],
    "advise": ["EIO"],
    "dup": ["EIO"],
}
MODES = ["once", "forever"]
SAMPLE = 60
WORKERS = 2 * (os.cpu_count() or 1)
# Of one kind of call there are many that are alike: the reads of a whole segment, window by window.
ALIKE = range(64, 10_000, 16)


@pytest.fixture(scope="module")
def scenes(tmp_path_factory):
    made = [killed, nearly_full] if LONG else [killed]
    return [Scene("new", None, []), *(scene(tmp_path_factory.mktemp("scene")) for scene in made)]


def together(jobs: list[Callable[[], Counter]]) -> Counter:
    """Does them some at a time; tells all that went wrong, not only the first."""
    done, wrong = Counter(), []
    with ThreadPoolExecutor(WORKERS) as pool:
        for job in [pool.submit(job) for job in jobs]:
            try:
                done += job.result()
            except AssertionError as error:
                wrong.append(str(error))
    assert not wrong, f"{len(wrong)} went wrong:\n" + "\n".join(wrong)
    return done


@pytest.mark.skipif(LONG, reason="the long run tries them all")
def test_a_sample_of_faults(scenes, tmp_path):
    choose, jobs = chooser("faults"), []
    for scene in scenes:
        trial = attempt(tmp_path / f"{scene.name}-none", scene, Fault("sync", 1_000_000, "EIO", "once"))
        counts = {kind: int(count) for what, kind, count, *_ in trial.lines if what == "calls" and int(count)}
        kinds = list(counts) + choose.choices(list(counts), list(counts.values()), k=SAMPLE // 2 - len(counts))
        for n, kind in enumerate(kinds):
            fault = Fault(kind, choose.randint(1, counts[kind]), choose.choice(HOWS[kind]), choose.choice(MODES))
            jobs.append(lambda scene=scene, n=n, fault=fault: attempt(tmp_path / f"{scene.name}-{n}", scene, fault).failed)
    tell(len(jobs), together(jobs))


@pytest.mark.skipif(not LONG, reason="long: every call on a file fails in turn")
@pytest.mark.timeout(7200)
def test_every_fault(scenes, tmp_path):
    jobs = [
        lambda scene=scene, kind=kind, how=how, mode=mode: sweep(tmp_path, scene, kind, how, mode)
        for scene, (kind, hows), mode in itertools.product(scenes, HOWS.items(), MODES)
        for how in hows
    ]
    failed = together(jobs)
    tell(failed.pop("trials"), failed)


def sweep(tmp_path: Path, scene: Scene, kind: str, how: str, mode: str) -> Counter:
    """Fails the first call, the second, and so on, until there are no more; the count is not the same each time."""
    failed, missed, wrong = Counter(), 0, []
    for call in itertools.chain(range(1, ALIKE.start), ALIKE if kind == "read" else itertools.count(ALIKE.start)):
        fault = Fault(kind, call, how, mode)
        failed["trials"] += 1
        try:
            hit = attempt(tmp_path / f"{scene.name} {fault}".replace(" ", "-"), scene, fault).failed
        except AssertionError as error:
            wrong.append(str(error))
            continue
        failed += hit
        missed = 0 if hit else missed + 1
        if missed == 2:
            break
    assert not wrong, "\n".join(wrong)
    return failed


def tell(trials: int, failed: Counter) -> None:
    report(f"faults: {trials} trials; failed calls: " + ", ".join(f"{name} {count}" for name, count in sorted(failed.items())))
    report("faults: kinds that were never called: " + (", ".join(HOWS.keys() - {it.split()[0] for it in failed}) or "none"))
