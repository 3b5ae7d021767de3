/* Stands between a program and libc (LD_PRELOAD) and makes its calls on files fail, as the environment says:

   RUNLOG_NO_SYNC=1                  every sync succeeds at once and does nothing
   RUNLOG_FAULT_DIR=/a/b             the calls that touch /a/b and what is below it are counted, by kind, from 1
   RUNLOG_FAULT="KIND N HOW MODE"    the Nth call of KIND fails (MODE once), or it and all later ones (forever);
                                     HOW is EIO, ENOSPC, short (half is done, and said so) or torn (half is done,
                                     then ENOSPC)
   RUNLOG_FAULT_REPORT=FILE          one line is added for each of the first faults, "hit KIND FUNCTION SECONDS PATH",
                                     and at the end of the process for each kind, "calls KIND COUNT" */
#define _GNU_SOURCE
#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

enum kind { OPEN, READ, WRITE, SYNC, RENAME, REMOVE, MKDIR, TRUNCATE, ALLOCATE, STAT, LIST, LOCK, SEEK, LINK, ADVISE, DUP, KINDS };
static const char *const kind_names[KINDS] = { "open", "read", "write", "sync", "rename", "remove", "mkdir", "truncate",
    "allocate", "stat", "list", "lock", "seek", "link", "advise", "dup" };
enum how { FAIL, SHORT, TORN };

static atomic_long calls[KINDS], hits;
static const char *dir;
static size_t dir_len;
static int report = -1, no_sync, planned_errno, forever;
static enum kind planned = KINDS;
static enum how how;
static long planned_call;

#define REAL(name) ((__typeof__(&name))dlsym(RTLD_NEXT, #name))

__attribute__((constructor)) static void begin(void)
{
    char kind[16] = "", what[16] = "", mode[16] = "";
    const char *plan = getenv("RUNLOG_FAULT"), *file = getenv("RUNLOG_FAULT_REPORT");
    no_sync = getenv("RUNLOG_NO_SYNC") != NULL;
    dir = getenv("RUNLOG_FAULT_DIR");
    dir_len = dir ? strlen(dir) : 0;
    if (file)
        report = syscall(SYS_openat, AT_FDCWD, file, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    if (!no_sync)
        unsetenv("LD_PRELOAD"); /* what the program starts is not meant */
    if (!plan || sscanf(plan, "%15s %ld %15s %15s", kind, &planned_call, what, mode) != 4)
        return;
    for (int k = 0; k < KINDS; k++)
        if (!strcmp(kind, kind_names[k]))
            planned = k;
    how = !strcmp(what, "short") ? SHORT : !strcmp(what, "torn") ? TORN : FAIL;
    planned_errno = strcmp(what, "EIO") ? ENOSPC : EIO;
    forever = !strcmp(mode, "forever");
}

static void say(const char *line, int length)
{
    if (report >= 0 && length > 0)
        (void)!syscall(SYS_write, report, line, length);
}

__attribute__((destructor)) static void end(void)
{
    char line[64];
    for (int k = 0; dir && k < KINDS; k++)
        say(line, snprintf(line, sizeof line, "calls %s %ld\n", kind_names[k], atomic_load(&calls[k])));
}

/* Whether this call shall fail. `path` may be NULL, and is relative to `fd` if it does not begin with a slash. */
static int fails(enum kind kind, const char *function, int fd, const char *path)
{
    char link[64], place[PATH_MAX + 1], line[PATH_MAX + 128];
    int saved = errno;
    if (!dir)
        return 0;
    if (!path || *path != '/') {
        if (fd < 0)
            return 0;
        snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
        long length = syscall(SYS_readlinkat, AT_FDCWD, link, place, PATH_MAX);
        errno = saved;
        if (length < 0)
            return 0;
        place[length] = 0;
        path = place;
    }
    if (strncmp(path, dir, dir_len) || (path[dir_len] && path[dir_len] != '/'))
        return 0;
    long call = atomic_fetch_add(&calls[kind], 1) + 1;
    if (kind != planned || call < planned_call || (call > planned_call && !forever))
        return 0;
    if (atomic_fetch_add(&hits, 1) < 20) {
        struct timespec now;
        clock_gettime(CLOCK_MONOTONIC, &now);
        say(line, snprintf(line, sizeof line, "hit %s %s %ld.%09ld %s\n", kind_names[kind], function,
            (long)now.tv_sec, now.tv_nsec, path));
    }
    errno = planned_errno;
    return 1;
}

#define FAILS(kind, fd, path) fails(kind, __func__, fd, path)
#define REPLACE(result, name, params, kind, fd, path, failed, ...) \
    result name params { return FAILS(kind, fd, path) ? failed : REAL(name)(__VA_ARGS__); }

/* Opening: the mode is there only if a file may be made. */
#define MODE(flags) \
    va_list more; va_start(more, flags); \
    mode_t mode = (flags) & (O_CREAT | O_TMPFILE) ? va_arg(more, mode_t) : 0; va_end(more);
#define OPEN_AS(name) \
    int name(const char *path, int flags, ...) \
    { MODE(flags) return FAILS(OPEN, -1, path) ? -1 : REAL(name)(path, flags, mode); }
#define OPENAT_AS(name) \
    int name(int fd, const char *path, int flags, ...) \
    { MODE(flags) return FAILS(OPEN, fd, path) ? -1 : REAL(name)(fd, path, flags, mode); }
OPEN_AS(open)
OPEN_AS(open64)
OPENAT_AS(openat)
OPENAT_AS(openat64)

/* Reading and writing: `half` does the first half of what was asked. */
#define TRANSFER(name, kind, params, half, ...) \
    ssize_t name params \
    { \
        if (!FAILS(kind, fd, NULL)) \
            return REAL(name)(__VA_ARGS__); \
        if (how == FAIL) \
            return -1; \
        ssize_t done = half; \
        if (how == SHORT) \
            return done; \
        errno = planned_errno; \
        return -1; \
    }
#define HALF(n) ((n) > 1 ? (n) / 2 : (n))
TRANSFER(read, READ, (int fd, void *to, size_t n), REAL(read)(fd, to, HALF(n)), fd, to, n)
TRANSFER(pread64, READ, (int fd, void *to, size_t n, off64_t at), REAL(pread64)(fd, to, HALF(n), at), fd, to, n, at)
TRANSFER(readv, READ, (int fd, const struct iovec *to, int n), REAL(readv)(fd, to, HALF(n)), fd, to, n)
TRANSFER(write, WRITE, (int fd, const void *from, size_t n), REAL(write)(fd, from, HALF(n)), fd, from, n)
TRANSFER(pwrite64, WRITE, (int fd, const void *from, size_t n, off64_t at), REAL(pwrite64)(fd, from, HALF(n), at), fd, from, n, at)
TRANSFER(writev, WRITE, (int fd, const struct iovec *from, int n), REAL(writev)(fd, from, HALF(n)), fd, from, n)

/* Syncing. */
#define SYNC_AS(name, params, ...) \
    int name params { return no_sync ? 0 : FAILS(SYNC, fd, NULL) ? -1 : REAL(name)(__VA_ARGS__); }
SYNC_AS(fsync, (int fd), fd)
SYNC_AS(fdatasync, (int fd), fd)
SYNC_AS(syncfs, (int fd), fd)
SYNC_AS(sync_file_range, (int fd, off64_t at, off64_t n, unsigned flags), fd, at, n, flags)
void sync(void) { if (!no_sync) REAL(sync)(); }

/* Names. */
REPLACE(int, rename, (const char *from, const char *to), RENAME, -1, from, -1, from, to)
REPLACE(int, linkat, (int fd, const char *from, int to_fd, const char *to, int flags), LINK, fd, from, -1, fd, from, to_fd, to, flags)
REPLACE(int, unlink, (const char *path), REMOVE, -1, path, -1, path)
REPLACE(int, unlinkat, (int fd, const char *path, int flags), REMOVE, fd, path, -1, fd, path, flags)
REPLACE(int, rmdir, (const char *path), REMOVE, -1, path, -1, path)
REPLACE(int, mkdir, (const char *path, mode_t mode), MKDIR, -1, path, -1, path, mode)
REPLACE(ssize_t, readlink, (const char *path, char *to, size_t n), LINK, -1, path, -1, path, to, n)
REPLACE(char *, realpath, (const char *path, char *to), LINK, -1, path, NULL, path, to)
REPLACE(DIR *, opendir, (const char *path), LIST, -1, path, NULL, path)
REPLACE(DIR *, fdopendir, (int fd), LIST, fd, NULL, NULL, fd)
REPLACE(struct dirent64 *, readdir64, (DIR *list), LIST, dirfd(list), NULL, NULL, list)

/* Lengths, positions, locks. */
REPLACE(int, ftruncate64, (int fd, off64_t n), TRUNCATE, fd, NULL, -1, fd, n)
REPLACE(int, fallocate64, (int fd, int mode, off64_t at, off64_t n), ALLOCATE, fd, NULL, -1, fd, mode, at, n)
REPLACE(int, fallocate, (int fd, int mode, off_t at, off_t n), ALLOCATE, fd, NULL, -1, fd, mode, at, n)
REPLACE(int, posix_fadvise64, (int fd, off64_t at, off64_t n, int advice), ADVISE, fd, NULL, planned_errno, fd, at, n, advice)
REPLACE(int, posix_fadvise, (int fd, off_t at, off_t n, int advice), ADVISE, fd, NULL, planned_errno, fd, at, n, advice)
REPLACE(off64_t, lseek64, (int fd, off64_t at, int whence), SEEK, fd, NULL, -1, fd, at, whence)
int flock(int fd, int operation);
REPLACE(int, flock, (int fd, int operation), LOCK, fd, NULL, -1, fd, operation)
int fcntl(int fd, int command, ...)
{
    va_list more;
    va_start(more, command);
    void *argument = va_arg(more, void *);
    va_end(more);
    int duplicates = command == F_DUPFD || command == F_DUPFD_CLOEXEC;
    return duplicates && FAILS(DUP, fd, NULL) ? -1 : REAL(fcntl)(fd, command, argument);
}

/* What is known of a file. */
REPLACE(int, stat64, (const char *path, struct stat64 *to), STAT, -1, path, -1, path, to)
REPLACE(int, lstat64, (const char *path, struct stat64 *to), STAT, -1, path, -1, path, to)
REPLACE(int, fstat64, (int fd, struct stat64 *to), STAT, fd, NULL, -1, fd, to)
REPLACE(int, fstatat64, (int fd, const char *path, struct stat64 *to, int flags), STAT, fd, path, -1, fd, path, to, flags)
REPLACE(int, statx, (int fd, const char *path, int flags, unsigned mask, struct statx *to), STAT, fd, path, -1, fd, path, flags, mask, to)
REPLACE(int, statvfs64, (const char *path, struct statvfs64 *to), STAT, -1, path, -1, path, to)
REPLACE(int, fstatvfs64, (int fd, struct statvfs64 *to), STAT, fd, NULL, -1, fd, to)
