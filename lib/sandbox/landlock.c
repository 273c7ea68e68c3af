/*
 * landlock: see landlock.h.  Used by sandbox_seccomp.c.
 *
 * Rights are given as bit ranges by interface version, so that a kernel newer
 * than the build's headers is used up to the versions known here.
 */
#ifdef __linux__
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "landlock.h"

#ifndef __NR_landlock_create_ruleset
#define __NR_landlock_create_ruleset	444
#define __NR_landlock_add_rule		445
#define __NR_landlock_restrict_self	446
#endif

#define CREATE_VERSION	1U	/* query the version only */

/* struct landlock_ruleset_attr as of version 6. */
struct ruleset {
	uint64_t	 fs;
	uint64_t	 net;
	uint64_t	 scoped;
};

/* struct landlock_path_beneath_attr. */
struct below {
	uint64_t	 rights;
	int32_t		 fd;
} __attribute__((packed));

/* struct landlock_net_port_attr. */
struct port {
	uint64_t	 rights;
	uint64_t	 port;
};

enum { RULE_BELOW = 1, RULE_PORT };

#define FS_READ_FILE	4U
#define NET_CONNECT	2U
#define NET_ALL		3U	/* bind and connect TCP */
#define SCOPED_ALL	3U	/* abstract unix sockets, signals */

static const char	*failed = "";	/* for sandbox_landlock_failed() */

/* Pass on the result of a Landlock call; on failure record its name. */
static long
result(const char *call, long rv)
{
	if (rv == -1)
		failed = call;
	return (rv);
}

/*
 * Is Landlock missing in the kernel, or refused by a container's filter?
 * Returns 0, else -1: other errors are our own.
 */
static int
lacking(void)
{
	return (errno == ENOSYS || errno == EOPNOTSUPP || errno == EPERM ?
	    0 : -1);
}

/* All file system rights of version `abi'. */
static uint64_t
fs_rights(long abi)
{
	static const int bits[] = { 0, 13, 14, 15, 15, 16 };

	return ((1ULL << bits[abi < 5 ? abi : 5]) - 1);
}

/*
 * Make a ruleset of all rights of version `abi', but connecting if `any_port'.
 * Returns a descriptor, or -1.
 */
static int
create(long abi, int any_port)
{
	struct ruleset r = { 0, 0, 0 };
	size_t size;

	r.fs = fs_rights(abi);
	size = sizeof(r.fs);
	if (abi >= LANDLOCK_PORTS) {
		r.net = any_port ? NET_ALL & ~NET_CONNECT : NET_ALL;
		size += sizeof(r.net);
	}
	if (abi >= 6) {
		r.scoped = SCOPED_ALL;
		size += sizeof(r.scoped);
	}
	return ((int)result("landlock_create_ruleset",
	    syscall(__NR_landlock_create_ruleset, &r, size, 0U)));
}

/* Allow reading of `path' and everything below it.  Returns 0, or -1. */
static int
add_path(int fd, const char *path)
{
	struct below b = { FS_READ_FILE, -1 };
	int rv, error;

	if ((b.fd = (int)result(path, open(path, O_PATH | O_CLOEXEC))) == -1) {
		if (errno == EPERM)	/* not from Landlock */
			errno = EACCES;
		return (errno == ENOENT || errno == ENOTDIR ||
		    errno == EACCES ? 0 : -1);
	}
	rv = (int)result("landlock_add_rule",
	    syscall(__NR_landlock_add_rule, fd, RULE_BELOW, &b, 0U));
	error = errno;
	close(b.fd);
	errno = error;
	return (rv);
}

static int
add_paths(int fd, const char *const *paths, size_t n)
{
	for (; n > 0; n--, paths++)
		if (add_path(fd, *paths) == -1)
			return (-1);
	return (0);
}

static int
add_net(int fd, long abi, const struct sandbox_net *net)
{
	struct port p = { NET_CONNECT, 0 };
	size_t i;

	if (add_paths(fd, net->read_paths, net->npaths) == -1)
		return (-1);
	for (i = 0; abi >= LANDLOCK_PORTS && i < net->nports; i++) {
		p.port = net->ports[i];
		if (result("landlock_add_rule", syscall(__NR_landlock_add_rule,
		    fd, RULE_PORT, &p, 0U)) == -1)
			return (-1);
	}
	return (0);
}

int
sandbox_landlock_enter(const char *const *paths, size_t n,
    const struct sandbox_net *net, int any_port)
{
	long abi;
	int fd, error;

	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == -1) {
		failed = "prctl(PR_SET_NO_NEW_PRIVS)";
		return (-1);
	}
	abi = result("landlock_create_ruleset",
	    syscall(__NR_landlock_create_ruleset, NULL, (size_t)0,
	    CREATE_VERSION));
	if (abi < 1 || (fd = create(abi, any_port)) == -1)
		return (lacking());
	if (add_paths(fd, paths, n) == 0 &&
	    (net == NULL || add_net(fd, abi, net) == 0) &&
	    result("landlock_restrict_self",
	    syscall(__NR_landlock_restrict_self, fd, 0U)) == 0) {
		close(fd);
		return ((int)abi);
	}
	error = errno;
	close(fd);
	errno = error;
	return (lacking());
}

const char *
sandbox_landlock_failed(void)
{
	return (failed);
}

const char *
sandbox_landlock_level(int abi, int error, int net)
{
	if (abi == 0)
		return (error == EPERM ? "seccomp, no landlock (refused)" :
		    "seccomp, no landlock");
	return (abi < LANDLOCK_PORTS && net ?
	    "seccomp, landlock without ports" : "seccomp, landlock");
}

const char *
sandbox_landlock_lack(int error)
{
	static char lack[512];

	snprintf(lack, sizeof(lack), "sandbox: %s (%s: %s): continuing with "
	    "seccomp alone; %s, or write `sandbox seccomp'", error == EPERM ?
	    "Landlock is refused, as by a container's filter" :
	    "this kernel has no Landlock", failed, strerror(error),
	    error == EPERM ? "let the filter allow landlock_create_ruleset, "
	    "landlock_add_rule and landlock_restrict_self" :
	    "Linux 5.13 and newer have it, if the boot parameter lsm= names "
	    "it");
	return (lack);
}
#endif
