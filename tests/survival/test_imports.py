"""What the fault tests rest on: that no call on a file goes past them."""

import subprocess
from pathlib import Path

from harness import PROGRAM
from preload import library

# Functions of libc that touch files or their names, without the endings of their variants.
FILES = set(
    "open openat creat fopen freopen read pread readv preadv write pwrite writev pwritev fread fwrite fsync fdatasync syncfs"
    " sync sync_file_range msync rename renameat renameat2 link linkat symlink symlinkat unlink unlinkat remove rmdir mkdir"
    " mkdirat mknod mknodat mkfifo truncate ftruncate fallocate posix_fallocate stat lstat fstat fstatat statx statfs"
    " fstatfs statvfs fstatvfs access faccessat chmod fchmod fchmodat chown lchown fchown fchownat utime utimes utimensat"
    " futimens futimes opendir fdopendir readdir readdir_r scandir nftw ftw closedir flock lockf fcntl lseek readlink"
    " readlinkat realpath posix_fadvise readahead sendfile splice copy_file_range mmap close dup dup2 dup3 mkstemp"
    " mkostemp mkdtemp tmpfile getxattr setxattr".split()
)
# Those that the server uses and that are left alone, and why.
SPARED = {
    "close": "nothing hears of its failure",
    "closedir": "nothing hears of its failure",
    "mmap": "no file is mapped",
    "dup": "of sockets and pipes",
    "dup2": "of sockets and pipes",
}


def symbols(which: str, binary: str | Path) -> set[str]:
    lines = subprocess.run(["nm", "-D", which, binary], capture_output=True, text=True, check=True).stdout.splitlines()
    return {line.split()[-1].partition("@")[0] for line in lines}


def test_every_function_on_files_that_the_server_imports_is_stood_in_for():
    stand_ins = symbols("--defined-only", library())
    used = {name for name in symbols("--undefined-only", PROGRAM) if name.removesuffix("64") in FILES}
    assert len(used) > 20
    assert sorted(name for name in used - stand_ins if name.removesuffix("64") not in SPARED) == []
