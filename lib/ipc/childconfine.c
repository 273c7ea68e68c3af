/*
 * childconfine: confinement of a process of the suite; see child.h.  The child
 * calls it before it handles data from others.
 *
 * Containers lack parts of the system, or refuse them.  A process goes on
 * without what another part does as well, and ends without the rest: only the
 * configuration can leave that out.
 */
#include <sys/resource.h>
#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#ifdef __linux__
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <linux/capability.h>
#endif

#include "child.h"
#include "log.h"

#define LOWER_NICE	5	/* added to the nice value of some roles */

static void	tell(enum ipc_role, const char *, ...)
		    __attribute__((format(printf, 2, 3)));

/* Log what the system lacks, once for all processes of a parent. */
static void
tell(enum ipc_role self, const char *fmt, ...)
{
	char line[640];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(line, sizeof(line), fmt, ap);
	va_end(ap);
	if (self == ROLE_KEYS || self == ROLE_WGKEYS)
		log_warnx("%s", line);
	else
		log_debug("%s", line);
}

/* Does a container's filter refuse a call, or lack the kernel one? */
static int
refused(void)
{
	return (errno == EPERM || errno == ENOSYS);
}

/* The change to another user has failed at `call'. */
static void
not_user(const struct passwd *pw, const char *call)
{
	if (errno == EINVAL)
		fatal("can't become user %s (%s): the user namespace lacks its "
		    "id %u: name another user, or write `user \"root\"' and "
		    "`keys user \"root\"'", pw->pw_name, call,
		    (unsigned int)pw->pw_uid);
	fatal("can't become user %s (%s): the parent needs CAP_SETUID and "
	    "CAP_SETGID, or an ordinary user must start it; `user \"root\"' "
	    "and `keys user \"root\"' run without", pw->pw_name, call);
}

/* Keep the permitted capabilities while the user changes. */
static void
hold_capabilities(void)
{
#ifdef __linux__
	if (prctl(PR_SET_KEEPCAPS, 1, 0, 0, 0) == -1)
		fatal("can't keep CAP_NET_ADMIN (prctl PR_SET_KEEPCAPS): let "
		    "the container's filter allow prctl");
#endif
}

/*
 * Switch to the user, and keep nothing of the parent's, but its capabilities
 * if they are held.
 */
static void
become(const struct passwd *pw)
{
	if (setgroups(1, &pw->pw_gid) == -1)
		not_user(pw, "setgroups");
	if (setresgid(pw->pw_gid, pw->pw_gid, pw->pw_gid) == -1)
		not_user(pw, "setresgid");
	if (setresuid(pw->pw_uid, pw->pw_uid, pw->pw_uid) == -1)
		not_user(pw, "setresuid");
	if (setuid(0) != -1 || seteuid(0) != -1)
		fatalx("could become root again after user %s", pw->pw_name);
	if (getuid() != pw->pw_uid || getgid() != pw->pw_gid ||
	    getgroups(0, NULL) != 1)
		fatalx("did not become user %s", pw->pw_name);
}

/* Stay root; the container may refuse to give up the groups. */
static void
stay_root(void)
{
	const gid_t group = getgid();

	if (setgroups(1, &group) == -1 && errno != EPERM)
		fatal("can't give up root's groups (setgroups)");
}

#ifdef __linux__
/* The capabilities that a role keeps, of those that it has, as a bit each. */
static uint32_t
kept_capabilities(enum ipc_role self)
{
	struct __user_cap_header_struct h = { _LINUX_CAPABILITY_VERSION_3, 0 };
	struct __user_cap_data_struct now[2];

	if (self != ROLE_NETLINK || syscall(SYS_capget, &h, now) == -1)
		return (0);
	return (now[0].permitted & 1U << CAP_NET_ADMIN);
}
#endif

/*
 * Give up the capabilities of root, or of a user who was given some.  Netlink
 * keeps the one that lets it set endpoints, if it has that.
 */
static void
drop_capabilities(enum ipc_role self)
{
#ifdef __linux__
	struct __user_cap_header_struct h = { _LINUX_CAPABILITY_VERSION_3, 0 };
	struct __user_cap_data_struct kept[2], now[2];

	memset(kept, 0, sizeof(kept));
	kept[0].permitted = kept[0].effective = kept_capabilities(self);
	if (syscall(SYS_capset, &h, kept) == 0)
		return;
	if (syscall(SYS_capget, &h, now) == -1 ||
	    (now[0].permitted & ~kept[0].permitted) != 0 ||
	    now[1].permitted != 0)
		fatal("can't give up capabilities (capset): let the "
		    "container's filter allow it");
#else
	(void)self;
#endif
}

/* Sessions go before handshakes: a flood of these must not hold up those. */
static void
be_nice(enum ipc_role self, unsigned int number)
{
	if (self != ROLE_FRONT && self != ROLE_SIGNER)
		return;
	if (setpriority(PRIO_PROCESS, 0, getpriority(PRIO_PROCESS, 0) +
	    LOWER_NICE) == -1 && self == ROLE_FRONT && number == 0)
		log_warn("can't lower the priority (setpriority): handshakes "
		    "compete with sessions");
}

/*
 * No core dumps and no new processes.  Returns 0 where the limits are refused:
 * prctl and seccomp prevent both, too.
 */
static int
set_limits(enum ipc_role self)
{
	struct rlimit none = { 0, 0 };

	if (setrlimit(RLIMIT_CORE, &none) == 0 &&
	    setrlimit(RLIMIT_NPROC, &none) == 0)
		return (1);
	if (!refused())
		fatal("can't disable core dumps and new processes (setrlimit "
		    "RLIMIT_CORE, RLIMIT_NPROC)");
	tell(self, "can't limit core dumps and new processes (setrlimit, "
	    "prlimit64: %s): continuing with prctl and seccomp against them; "
	    "let the container's filter allow prlimit64", strerror(errno));
	return (0);
}

static void
no_privileges(void)
{
#ifdef __linux__
	if (prctl(PR_SET_DUMPABLE, 0) == -1 ||
	    prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == -1)
		fatal("can't give up new privileges (prctl PR_SET_DUMPABLE, "
		    "PR_SET_NO_NEW_PRIVS): let the container's filter allow "
		    "prctl");
#endif
}

/*
 * End with the parent, also while this process hangs: it has the sockets of
 * clients, whom another derpd may serve.  A change of the user would undo it.
 */
static void
end_with_parent(enum ipc_role self)
{
#ifdef __linux__
	if (prctl(PR_SET_PDEATHSIG, SIGKILL) == -1)
		tell(self, "can't end with the parent (prctl "
		    "PR_SET_PDEATHSIG: %s): continuing, a process that hangs "
		    "then stays; let the container's filter allow prctl",
		    strerror(errno));
#else
	(void)self;
#endif
}

/* Enter the sandbox.  Returns its level. */
static const char *
enter(enum ipc_role self, const struct ipc_child_start *st)
{
	if (st->sandbox == SANDBOX_OFF)
		return ("sandbox off");
	if (sandbox_enter(self, (enum sandbox_want)st->sandbox, st->net) == -1)
		fatal("can't enter the sandbox %s (%s): the kernel or a "
		    "container refuses it; `sandbox off' runs without%s",
		    sandbox_backend(), sandbox_failed(),
		    strncmp(sandbox_failed(), "landlock", 8) == 0 ?
		    ", `sandbox seccomp' without Landlock" : "");
	if (*sandbox_lack() != '\0')
		tell(self, "%s", sandbox_lack());
	return (sandbox_level());
}

/* As root: enter the empty directory, and become the user. */
static void
leave_root(enum ipc_role self, const struct ipc_child_start *st)
{
	struct passwd *pw = NULL;

	/* Look up the user while the passwd file is still visible. */
	if (st->user[0] != '\0' && (pw = getpwnam(st->user)) == NULL)
		fatalx("user %s does not exist", st->user);
	if (st->chroot[0] != '\0' &&
	    (chroot(st->chroot) == -1 || chdir("/") == -1))
		fatal("can't chroot to %s (chroot, chdir): the parent needs "
		    "CAP_SYS_CHROOT, or an ordinary user must start it; "
		    "`chroot off' runs without", st->chroot);
	if (pw == NULL || pw->pw_uid == 0) {
		stay_root();
		return;
	}
	if (self == ROLE_NETLINK)
		hold_capabilities();
	become(pw);
}

const char *
ipc_child_confine(enum ipc_role self, const struct ipc_child_start *st)
{
	static char level[256];
	const int root = geteuid() == 0;
	int limits;

	if (root)
		leave_root(self, st);
	drop_capabilities(self);
	be_nice(self, st->worker);
	limits = set_limits(self);
	no_privileges();
	end_with_parent(self);
	snprintf(level, sizeof(level), "%s%s%s%s%s%s",
	    root && st->chroot[0] != '\0' ? "chroot, " : "",
	    root ? "user " : "", !root ? "" : st->user[0] != '\0' ? st->user :
	    "root", root ? ", " : "", limits ? "" : "no limits, ",
	    enter(self, st));
	return (level);
}
