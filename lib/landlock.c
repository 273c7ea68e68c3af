/*
 * landlock: see landlock.h.  Used by sandbox_seccomp.c.
 *
 * The rights are written as ranges of bits by version of the interface, so that
 * a kernel newer than the headers at build time is used as far as this knows.
 */
#ifdef __linux__
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <errno.h>
#include <stdint.h>
#include <unistd.h>

#include "landlock.h"

#ifndef __NR_landlock_create_ruleset
#define __NR_landlock_create_ruleset	444
#define __NR_landlock_restrict_self	446
#endif

#define CREATE_VERSION	1U	/* ask for the version only */

/* struct landlock_ruleset_attr as of version 6. */
struct ruleset {
	uint64_t	 fs;
	uint64_t	 net;
	uint64_t	 scoped;
};

#define NET_ALL		3U	/* bind and connect TCP */
#define SCOPED_ALL	3U	/* abstract unix sockets, signals */

/* All file system rights of version `abi'. */
static uint64_t
fs_rights(long abi)
{
	static const int bits[] = { 0, 13, 14, 15, 15, 16 };

	return ((1ULL << bits[abi < 5 ? abi : 5]) - 1);
}

int
landlock_deny_all(void)
{
	struct ruleset r = { 0, 0, 0 };
	size_t size;
	long abi, fd;

	abi = syscall(__NR_landlock_create_ruleset, NULL, (size_t)0,
	    CREATE_VERSION);
	if (abi < 1)
		return (errno == ENOSYS || errno == EOPNOTSUPP ? 0 : -1);
	r.fs = fs_rights(abi);
	size = sizeof(r.fs);
	if (abi >= 4) {
		r.net = NET_ALL;
		size += sizeof(r.net);
	}
	if (abi >= 6) {
		r.scoped = SCOPED_ALL;
		size += sizeof(r.scoped);
	}
	fd = syscall(__NR_landlock_create_ruleset, &r, size, 0U);
	if (fd == -1)
		return (-1);
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == -1 ||
	    syscall(__NR_landlock_restrict_self, (int)fd, 0U) == -1) {
		close((int)fd);
		return (-1);
	}
	close((int)fd);
	return (1);
}
#endif
