"""A file system of its own in an image file, and what a power cut at this moment would leave of it.

The kernel writes to the image what it writes to the disk, and nothing else: what programs have written but not synced
is in memory, and gets there only when the kernel sees fit. So a copy of the image at one moment is what the machine
would find after losing power then, except that no drive's own cache is lost: all that reached the drive counts.
"""

import errno
import os
import shutil
import subprocess
import time
from pathlib import Path

import pytest

MIB = 1 << 20
# What makes each file system, in how many bytes: log, its copy while it is recovered, views, artifacts.
KINDS = {
    "ext4": (["mkfs.ext4", "-q", "-F", "-E", "lazy_itable_init=0,lazy_journal_init=0"], 256 * MIB),
    "xfs": (["mkfs.xfs", "-q", "-f"], 400 * MIB),
    "btrfs": (["mkfs.btrfs", "-q", "-f"], 400 * MIB),
}


def run(*command: str | Path) -> str:
    done = subprocess.run([str(part) for part in command], capture_output=True, text=True)
    if done.returncode:
        raise RuntimeError(f"{' '.join(map(str, command))}: {done.stderr.strip()}")
    return done.stdout.strip()


class Volume:
    """An image that can be mounted, at one place, one image after the other."""

    def __init__(self, kind: str, directory: Path):
        self.image = directory / f"{kind}-0.image"
        self.point = directory / kind
        self.point.mkdir()
        self.device = None
        make, size = KINDS[kind]
        with self.image.open("wb") as image:
            image.truncate(size)
        if os.geteuid() or not shutil.which(make[0]):
            pytest.skip(f"a power cut on {kind} needs root, and {make[0]}")
        run(*make, self.image)
        try:
            self.mount()
        except RuntimeError as error:
            pytest.skip(f"a power cut on {kind} needs loop devices: {error}")

    def mount(self) -> None:
        run("mount", "-o", "loop", self.image, self.point)
        self.device = Path(run("findmnt", "--noheadings", "--output", "SOURCE", "--mountpoint", self.point)).name

    def unmount(self) -> None:
        """Waits for whoever still closes files there; no process may go on using it."""
        for _ in range(100):
            if not self.device:
                return
            try:
                run("umount", self.point)
                self.device = None
            except RuntimeError as error:
                failure = error
                time.sleep(0.1)
        raise failure

    def written(self) -> tuple[bool, list[str]]:
        """Whether the device is at rest, and what was ever done to it: writes, discards and flushes."""
        fields = Path(f"/sys/block/{self.device}/stat").read_text().split()
        return fields[8] == "0", fields[4:7] + fields[11:14] + fields[15:16]

    def cut(self) -> Path:
        """Copies the image as it is at one moment: if something was written meanwhile, again."""
        copy = self.image.with_stem(self.image.stem.split("-")[0] + f"-{time.monotonic_ns()}")
        for _ in range(200):
            before = self.written()
            run("cp", "--sparse=always", self.image, copy)
            if before[0] and before == self.written():
                return copy
        raise RuntimeError(f"{self.image} never came to rest")

    def replace(self, image: Path) -> None:
        """Puts another image into the place of this one, which is thrown away."""
        self.unmount()
        if image != self.image:
            self.image.unlink()
        self.image = image
        self.mount()


class Small:
    """A file system with so many bytes, to be filled up: `tmpfs`, or another kind in an image file."""

    def __init__(self, kind: str, directory: Path, size: int):
        self.kind = kind
        self.point = directory / f"small-{kind}"
        self.point.mkdir()
        if os.geteuid():
            pytest.skip(f"a full disk on {kind} needs root, to mount a small one: NOT TESTED HERE")
        try:
            if kind == "tmpfs":
                run("mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", self.point)
            else:
                image = directory / f"small-{kind}.image"
                with image.open("wb") as file:
                    file.truncate(size)
                run(*KINDS[kind][0], image)
                run("mount", "-o", "loop", image, self.point)
        except (OSError, RuntimeError) as error:
            pytest.skip(f"a full disk on {kind} needs mount and mkfs: NOT TESTED HERE: {error}")

    def fill(self) -> None:
        """Leaves not one byte free."""
        with (self.point / "filling").open("ab") as file:
            chunk = 64 * MIB
            while chunk >= 4096:
                try:
                    os.posix_fallocate(file.fileno(), os.fstat(file.fileno()).st_size, chunk)
                except OSError as error:
                    if error.errno != errno.ENOSPC:
                        raise
                    chunk //= 2

    def make_room(self) -> None:
        (self.point / "filling").unlink()

    def unmount(self) -> None:
        run("umount", self.point)
