/*
 * A wall clock of its own for one process: stands in front of libc (LD_PRELOAD) and moves CLOCK_REALTIME by what a file says, now and whenever the file changes.
 * CLOCK_BOOTTIME and the others stay as they are, as on a box that boots without knowing the time and learns it later.
 * WALL_CLOCK names the file: offset in microseconds (8 bytes), then 1 where the kernel would call its clock synchronized (4 bytes).
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/timex.h>
#include <time.h>
#include <unistd.h>

struct setting {
    int64_t offset_us;
    int32_t is_synchronized;
};

static volatile const struct setting *setting;

__attribute__((constructor)) static void begin(void)
{
    const char *path = getenv("WALL_CLOCK");
    int file = path ? open(path, O_RDONLY | O_CLOEXEC) : -1;
    void *mapped = file < 0 ? MAP_FAILED : mmap(NULL, sizeof *setting, PROT_READ, MAP_SHARED, file, 0);
    if (mapped == MAP_FAILED)
        abort();
    close(file);
    setting = mapped;
}

int clock_gettime(clockid_t clock, struct timespec *time)
{
    long result = syscall(SYS_clock_gettime, clock, time);
    if (result == 0 && setting && (clock == CLOCK_REALTIME || clock == CLOCK_REALTIME_COARSE)) {
        int64_t us = (int64_t)time->tv_sec * 1000000 + time->tv_nsec / 1000 + setting->offset_us;
        time->tv_sec = us / 1000000;
        time->tv_nsec = us % 1000000 * 1000;
    }
    return (int)result;
}

int gettimeofday(struct timeval *restrict time, void *restrict zone)
{
    struct timespec now;
    (void)zone;
    clock_gettime(CLOCK_REALTIME, &now);
    time->tv_sec = now.tv_sec;
    time->tv_usec = now.tv_nsec / 1000;
    return 0;
}

time_t time(time_t *result)
{
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    if (result)
        *result = now.tv_sec;
    return now.tv_sec;
}

int adjtimex(struct timex *state)
{
    memset(state, 0, sizeof *state);
    state->status = setting->is_synchronized ? 0 : STA_UNSYNC;
    return setting->is_synchronized ? TIME_OK : TIME_ERROR;
}

/* .NET looks libc's functions up by name in libc itself; it is given ours too. */
void *dlsym(void *handle, const char *name)
{
    static void *(*next)(void *, const char *);
    if (strcmp(name, "clock_gettime") == 0)
        return (void *)clock_gettime;
    if (strcmp(name, "adjtimex") == 0)
        return (void *)adjtimex;
    if (!next)
        next = (void *(*)(void *, const char *))dlvsym(RTLD_NEXT, "dlsym", "GLIBC_2.34");
    return next(handle, name);
}
