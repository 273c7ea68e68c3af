/*
 * joblimit: what a job of check gives up on every system; see ctl.h.
 *
 * A job reads what strangers send, and often runs as root.  It reads files,
 * resolves and connects; it changes no file, starts no process, and ends when
 * the command does.  On Linux it is Landlock that keeps a job from changing
 * files, where the kernel has it.  A job may connect to any port: nobody knows
 * beforehand which ports a map names.
 */
#include <sys/resource.h>
#include <err.h>
#include <stdint.h>
#include <signal.h>
#include <unistd.h>
#ifdef __linux__
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <linux/capability.h>
#endif

#include "ctl.h"

#ifdef __linux__
#ifndef __NR_landlock_create_ruleset
#define __NR_landlock_create_ruleset	444
#define __NR_landlock_restrict_self	446
#endif
#define VERSION_ONLY	1U
#define FS_READ		0x0cU	/* files and directories */
#define SCOPED_SIGNALS	2U
#define SCOPED_SINCE	6	/* of this version on */

/* struct landlock_ruleset_attr as of version 6. */
struct ctl_ruleset {
	uint64_t	fs, net, scoped;
};

/* Keep one capability of root: to read files of other users, as the CAs. */
static void
drop_capabilities(void)
{
	struct __user_cap_header_struct h = { _LINUX_CAPABILITY_VERSION_3, 0 };
	struct __user_cap_data_struct c[2];
	const uint32_t keep = 1U << CAP_DAC_READ_SEARCH;

	/* A container's filter may refuse it. */
	if (syscall(SYS_capget, &h, c) == -1 ||
	    ((c[0].permitted & ~keep) | c[1].permitted) == 0)
		return;
	c[0].permitted &= keep;
	c[0].effective &= keep;
	c[1].permitted = c[1].effective = 0;
	c[0].inheritable = c[1].inheritable = 0;
	(void)syscall(SYS_capset, &h, c);
}

/* Deny all that Landlock can but to read and to connect. */
static void
read_only(void)
{
	static const int bits[] = { 0, 13, 14, 15, 15, 16 };
	struct ctl_ruleset r = { 0, 0, 0 };
	const long abi = syscall(__NR_landlock_create_ruleset, NULL, (size_t)0,
	    VERSION_ONLY);
	int fd;

	/* The kernel has none, or a container's filter refuses it. */
	if (abi < 1)
		return;
	r.fs = ((1ULL << bits[abi < 5 ? abi : 5]) - 1) & ~(uint64_t)FS_READ;
	r.scoped = abi < SCOPED_SINCE ? 0 : SCOPED_SIGNALS;
	fd = (int)syscall(__NR_landlock_create_ruleset, &r, abi < SCOPED_SINCE ?
	    sizeof(r.fs) : sizeof(r), 0U);
	if (fd == -1 || syscall(__NR_landlock_restrict_self, fd, 0U) == -1)
		err(1, "Landlock");
	(void)close(fd);
}
#endif

void
ctl_limit_job(void)
{
	const struct rlimit none = { 0, 0 };

	if (setrlimit(RLIMIT_FSIZE, &none) == -1 ||
	    setrlimit(RLIMIT_NPROC, &none) == -1 ||
	    setrlimit(RLIMIT_CORE, &none) == -1)
		err(1, "setrlimit");
#ifdef __linux__
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == -1)
		err(1, "prctl");
	drop_capabilities();
	read_only();
	/* Last: a change of rights may undo it. */
	(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
#endif
}
