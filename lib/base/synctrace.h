/*
 * synctrace: Replaces write, fsync and rename in a test program and records the
 * order of the calls, including calls by processes forked later.  Can make one
 * of the calls fail.  For tests of what must survive a crash of the machine.
 */
#ifndef SYNCTRACE_H
#define SYNCTRACE_H

#include <sys/mman.h>
#include <sys/stat.h>
#include <atf-c.h>
#include <dlfcn.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

struct synctrace {
	int	 on;
	size_t	 max_write;	/* bytes that each write accepts, 0: all */
	char	 fails[16];	/* name of the call that fails, "": none */
	int	 passes;	/* number of calls to succeed before that */
	char	 log[512];	/* names of the calls, each with a blank */
};

static struct synctrace	*sync_trace;	/* shared with child processes */

int	 fsync(int);
int	 rename(const char *, const char *);
ssize_t	 write(int, const void *, size_t);

/* Start a new trace, in which no call fails. */
static inline void
synctrace_begin(void)
{
	if (sync_trace == NULL) {
		sync_trace = mmap(NULL, sizeof(*sync_trace),
		    PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANON, -1, 0);
		ATF_REQUIRE(sync_trace != MAP_FAILED);
	}
	memset(sync_trace, 0, sizeof(*sync_trace));
	sync_trace->on = 1;
}

/* Return the calls since synctrace_begin(). */
static inline const char *
synctrace_end(void)
{
	sync_trace->on = 0;
	return (sync_trace->log);
}

/* Record a call, repeated calls once.  Returns -1 if it is to fail, else 0. */
static inline int
synctrace_note(const char *name)
{
	size_t	 len = strlen(sync_trace->log), n = strlen(name);

	if (len < n + 1 || memcmp(sync_trace->log + len - n - 1, name, n) != 0)
		snprintf(sync_trace->log + len, sizeof(sync_trace->log) - len,
		    "%s ", name);
	if (strcmp(sync_trace->fails, name) != 0 || sync_trace->passes-- > 0)
		return (0);
	errno = ENOSPC;
	return (-1);
}

static inline int
synctrace_on(void)
{
	return (sync_trace != NULL && sync_trace->on);
}

int
fsync(int fd)
{
	int	(*real)(int) = (int (*)(int))dlsym(RTLD_NEXT, "fsync");
	struct stat	 st;

	if (synctrace_on() && synctrace_note(fstat(fd, &st) == 0 &&
	    S_ISDIR(st.st_mode) ? "syncdir" : "sync") == -1)
		return (-1);
	return (real(fd));
}

int
rename(const char *from, const char *to)
{
	int	(*real)(const char *, const char *) =
		    (int (*)(const char *, const char *))dlsym(RTLD_NEXT,
		    "rename");

	if (synctrace_on() && synctrace_note("rename") == -1)
		return (-1);
	return (real(from, to));
}

/* Writes to sockets and pipes are not recorded. */
ssize_t
write(int fd, const void *p, size_t n)
{
	ssize_t	(*real)(int, const void *, size_t) =
		    (ssize_t (*)(int, const void *, size_t))dlsym(RTLD_NEXT,
		    "write");
	struct stat	 st;

	if (synctrace_on() && fd > 2 && fstat(fd, &st) == 0 &&
	    S_ISREG(st.st_mode)) {
		if (synctrace_note("write") == -1)
			return (-1);
		if (sync_trace->max_write != 0 && n > sync_trace->max_write)
			n = sync_trace->max_write;
	}
	return (real(fd, p, n));
}

#endif
