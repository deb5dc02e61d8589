/* Counts write-class calls of a process; at call FAULT_AT it kills the process, or fails with FAULT_ERRNO.
   FAULT_COUNT names a file that gets the number of calls at the end. Only files are counted, not the three standard streams. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/types.h>
#include <unistd.h>

static long calls, armed;
static int armed_errno;

/* For a process that forks one child per point (forking.py): strike in this process, counting from now. */
void fault_arm(long at, int number) { calls = 0; armed = at; armed_errno = number; }
long fault_calls(void) { return calls; }

static int fault(void) {
    const char *at = getenv("FAULT_AT"), *number = getenv("FAULT_ERRNO");
    long point = armed ? armed : at ? atol(at) : 0;
    int code = armed ? armed_errno : number ? atoi(number) : 0;
    calls++;
    if (!point || (code ? calls < point : calls != point)) return 0;
    if (!code) kill(getpid(), SIGKILL);
    errno = code;
    return 1;
}

__attribute__((destructor)) static void told(void) {
    const char *name = getenv("FAULT_COUNT");
    FILE *file = name ? fopen(name, "w") : NULL;
    if (file) { fprintf(file, "%ld", calls); fclose(file); }
}

void killshim_reset(void) { calls = 0; }      /* for a test that forks a process per point */
long killshim_calls(void) { return calls; }

#define REAL(name) __typeof__(name) *real = (__typeof__(name) *)dlsym(RTLD_NEXT, #name)
void _exit(int code) {                        /* the tool ends this way, without destructors */
    REAL(_exit);
    told();
    real(code);
    __builtin_unreachable();
}
ssize_t write(int fd, const void *data, size_t size) { REAL(write); return fd > 2 && fault() ? -1 : real(fd, data, size); }
ssize_t pwrite64(int fd, const void *data, size_t size, off64_t at) { REAL(pwrite64); return fault() ? -1 : real(fd, data, size, at); }
ssize_t pwrite(int fd, const void *data, size_t size, off_t at) { REAL(pwrite); return fault() ? -1 : real(fd, data, size, at); }
int fsync(int fd) { REAL(fsync); return fault() ? -1 : real(fd); }
int fdatasync(int fd) { REAL(fdatasync); return fault() ? -1 : real(fd); }
int ftruncate64(int fd, off64_t size) { REAL(ftruncate64); return fault() ? -1 : real(fd, size); }
int ftruncate(int fd, off_t size) { REAL(ftruncate); return fault() ? -1 : real(fd, size); }
int unlink(const char *path) { REAL(unlink); return fault() ? -1 : real(path); }
int link(const char *from, const char *to) { REAL(link); return fault() ? -1 : real(from, to); }
int linkat(int in, const char *from, int dir, const char *to, int flags) { REAL(linkat); return fault() ? -1 : real(in, from, dir, to, flags); }
int rename(const char *from, const char *to) { REAL(rename); return fault() ? -1 : real(from, to); }
int mkdir(const char *path, mode_t mode) {
    int (*real)(const char *, mode_t) = (int (*)(const char *, mode_t))dlsym(RTLD_NEXT, "mkdir");
    return fault() ? -1 : real(path, mode);
}
int open64(const char *path, int flags, ...) {
    int (*real)(const char *, int, ...) = (int (*)(const char *, int, ...))dlsym(RTLD_NEXT, "open64");
    va_list rest; va_start(rest, flags); mode_t mode = va_arg(rest, mode_t); va_end(rest);
    return (flags & O_CREAT) && fault() ? -1 : real(path, flags, mode);
}
