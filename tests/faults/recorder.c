/* Writes down what a process does to the files under RECORD_ROOT, in order, into the file RECORD: names made, writes, cuts, syncs, renames,
   and what it prints. One record: kind (1 byte), length of path, offset, length of data (8 bytes each), path, data. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <unistd.h>

#define REAL(result, name, ...) result (*real)(__VA_ARGS__) = (result (*)(__VA_ARGS__))dlsym(RTLD_NEXT, name)
#define FILES 4096
static char *names[FILES];
static int out = -1;

static void put(const void *data, size_t size) {
    REAL(ssize_t, "write", int, const void *, size_t);
    for (const char *at = data; size > 0;) {
        ssize_t done = real(out, at, size);
        if (done <= 0) _exit(99);
        at += done; size -= (size_t)done;
    }
}

static int ours(const char *path) {
    const char *root = getenv("RECORD_ROOT");
    return path && root && !strncmp(path, root, strlen(root));
}

static void note(char kind, const char *path, uint64_t offset, const void *data, uint64_t size) {
    int kept = errno;
    if (out < 0) {
        REAL(int, "open64", const char *, int, mode_t);
        out = real(getenv("RECORD"), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
        if (out < 0) _exit(98);
    }
    uint64_t head[3] = {strlen(path), offset, size};
    put(&kind, 1); put(head, sizeof head); put(path, strlen(path)); put(data, size);
    errno = kept;
}

static const char *name(int fd) { return fd >= 0 && fd < FILES && names[fd] && ours(names[fd]) ? names[fd] : NULL; }

static int opened(int fd, const char *path, int flags, int was) {
    if (fd < 0 || fd >= FILES) return fd;
    free(names[fd]);
    names[fd] = strdup(path);
    if (ours(path) && (flags & O_CREAT) && !was) note('O', path, 0, "", 0);
    if (ours(path) && (flags & O_TRUNC) && was) note('T', path, 0, "", 0);
    return fd;
}

#define OPEN(symbol) \
int symbol(const char *path, int flags, ...) { \
    va_list rest; va_start(rest, flags); mode_t mode = va_arg(rest, mode_t); va_end(rest); \
    REAL(int, #symbol, const char *, int, mode_t); \
    struct stat there; int was = !stat(path, &there); \
    return opened(real(path, flags, mode), path, flags, was); \
}
OPEN(open)
OPEN(open64)

ssize_t write(int fd, const void *data, size_t size) {
    REAL(ssize_t, "write", int, const void *, size_t);
    const char *path = name(fd);
    off_t at = path ? (fcntl(fd, F_GETFL) & O_APPEND ? lseek(fd, 0, SEEK_END) : lseek(fd, 0, SEEK_CUR)) : 0;
    ssize_t done = real(fd, data, size);
    if (done > 0 && path) note('W', path, (uint64_t)at, data, (uint64_t)done);
    if (done > 0 && fd == 1) note('A', "", 0, data, (uint64_t)done);
    return done;
}
#define PWRITE(symbol) \
ssize_t symbol(int fd, const void *data, size_t size, off_t at) { \
    REAL(ssize_t, #symbol, int, const void *, size_t, off_t); \
    ssize_t done = real(fd, data, size, at); \
    if (done > 0 && name(fd)) note('W', name(fd), (uint64_t)at, data, (uint64_t)done); \
    return done; \
}
PWRITE(pwrite)
PWRITE(pwrite64)
#define TRUNCATE(symbol) \
int symbol(int fd, off_t size) { \
    REAL(int, #symbol, int, off_t); \
    int done = real(fd, size); \
    if (!done && name(fd)) note('T', name(fd), (uint64_t)size, "", 0); \
    return done; \
}
TRUNCATE(ftruncate)
TRUNCATE(ftruncate64)
#define SYNC(symbol) \
int symbol(int fd) { \
    REAL(int, #symbol, int); \
    int done = real(fd); \
    if (!done && name(fd)) note('S', name(fd), 0, "", 0); \
    return done; \
}
SYNC(fsync)
SYNC(fdatasync)
int unlink(const char *path) {
    REAL(int, "unlink", const char *);
    int done = real(path);
    if (!done && ours(path)) note('U', path, 0, "", 0);
    return done;
}
#define TWO(symbol, kind) \
int symbol(const char *from, const char *to) { \
    REAL(int, #symbol, const char *, const char *); \
    int done = real(from, to); \
    if (!done && ours(to)) note(kind, from, 0, to, strlen(to)); \
    return done; \
}
TWO(rename, 'R')
TWO(link, 'L')
int linkat(int from_dir, const char *from, int to_dir, const char *to, int flags) {
    REAL(int, "linkat", int, const char *, int, const char *, int);
    int done = real(from_dir, from, to_dir, to, flags);
    if (!done && ours(to)) note('L', from, 0, to, strlen(to));
    return done;
}
