/*
 * sandbox_seccomp: the backend for Linux: a seccomp allowlist with argument
 * checks, and Landlock; see sandbox.h.
 *
 * A call outside the role's list kills the process.  A few calls that libc
 * makes by itself and can do without return an error instead.
 *
 * Seccomp can't check paths, so a role can query the metadata of a file that is
 * visible inside the chroot (newfstatat with AT_EMPTY_PATH and a path).  It
 * can't check the address of a connect either: fetch and health are limited by
 * Landlock only, UDP and the local sockets of verify by nothing.
 *
 * A descriptor received from the parent is shared with the parent and with the
 * next process of the role: no role may change its options, make it blocking,
 * or shut down a listening socket.  Nor may a role pass a descriptor on, except
 * for those that use sendmsg(2): the process that closes a lingering socket
 * would block.
 * What each role may is in seccomp_rules.c.
 */
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <seccomp.h>
#include <signal.h>
#include <stddef.h>
#include <string.h>
#include <unistd.h>

#include "landlock.h"
#include "sandbox.h"
#include "seccomp_rules.h"

#if defined(__SANITIZE_ADDRESS__)
#define WITH_ASAN	1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define WITH_ASAN	1
#endif
#endif

#define NELEM(a)	(sizeof(a) / sizeof((a)[0]))

/*
 * Files that fetch, verify, resolve and acme-helper may read: the resolver's
 * and CA certificates.  All of /etc, because a rule for one file is lost when
 * the file is replaced, as resolv.conf is.
 */
static const char *const fetch_paths[] = {
	"/etc", "/run/systemd/resolve", "/run/resolvconf",
	"/usr/share/ca-certificates", "/usr/local/share/ca-certificates",
	"/usr/lib/ssl"
};

/*
 * Refused with an error: libc tries to read the time zone and continues
 * without.
 */
static const int refused_files[] = { SCMP_SYS(openat), SCMP_SYS(stat) };

static const int refused_calls[] = {
	SCMP_SYS(open),
#ifdef WITH_ASAN
	/*
	 * A sanitizer report tries these to name the code location, and is
	 * printed without.
	 */
	SCMP_SYS(readlink), SCMP_SYS(access), SCMP_SYS(pipe), SCMP_SYS(pipe2),
	SCMP_SYS(fork), SCMP_SYS(clone),
#endif
};

#ifndef PR_SET_VMA
#define PR_SET_VMA	0x53564d41	/* name a memory area */
#endif

static const unsigned int fcntls[] = { F_GETFL, F_GETFD, F_SETFD };

static const char	*level = "none", *failed = "", *lack = "";

/* Argument `n', an int, equals `v'. */
static struct scmp_arg_cmp
is(unsigned int n, unsigned int v)
{
	struct scmp_arg_cmp c = { n, SCMP_CMP_MASKED_EQ, 0xffffffff, v };

	return (c);
}

/* Argument `n', an int, has none of `bits'. */
static struct scmp_arg_cmp
lacks(unsigned int n, unsigned int bits)
{
	struct scmp_arg_cmp c = { n, SCMP_CMP_MASKED_EQ, bits, 0 };

	return (c);
}

/* Argument `n' is a null pointer. */
static struct scmp_arg_cmp
is_null(unsigned int n)
{
	struct scmp_arg_cmp c = { n, SCMP_CMP_EQ, 0, 0 };

	return (c);
}

/* The second argument of socket(2) is `type', with any flags. */
static struct scmp_arg_cmp
of_type(unsigned int type)
{
	struct scmp_arg_cmp c = { 1, SCMP_CMP_MASKED_EQ,
	    0xffffffff & ~(unsigned int)(SOCK_CLOEXEC | SOCK_NONBLOCK), type };

	return (c);
}

/* Allow the calls on a list.  Returns 0, or libseccomp's -errno. */
static int
allow(scmp_filter_ctx f, const int *calls, size_t n)
{
	int rv;

	/* Skip a call that this architecture does not have. */
	for (; n > 0; n--, calls++)
		if (*calls >= 0 && (rv = seccomp_rule_add(f, SCMP_ACT_ALLOW,
		    *calls, 0)) < 0)
			return (rv);
	return (0);
}

/*
 * Refuse the calls on a list with EACCES.  Returns 0, or libseccomp's -errno.
 */
static int
refuse_list(scmp_filter_ctx f, const int *calls, size_t n)
{
	int rv;

	for (; n > 0; n--, calls++)
		if (*calls >= 0 && (rv = seccomp_rule_add(f,
		    SCMP_ACT_ERRNO(EACCES), *calls, 0)) < 0)
			return (rv);
	return (0);
}

/* Refuse `call' with `error' when its first argument is `first'. */
static int
refuse_first(scmp_filter_ctx f, int call, int error, unsigned int first)
{
	return (seccomp_rule_add(f, SCMP_ACT_ERRNO((unsigned int)error), call,
	    1, is(0, first)));
}

static int
refuse(scmp_filter_ctx f, unsigned int powers)
{
	int rv;

#ifdef WITH_ASAN
	/* The same, for a role that may not call it. */
	if ((powers & SANDBOX_PAIR) == 0 && (rv = seccomp_rule_add(f,
	    SCMP_ACT_ERRNO(EACCES), SCMP_SYS(socketpair), 0)) < 0)
		return (rv);
#endif
	if ((rv = refuse_list(f, refused_calls, NELEM(refused_calls))) < 0)
		return (rv);
	/* syslog(3) reconnects to its daemon when that has restarted. */
	if ((rv = (powers & SANDBOX_LOCAL) != 0 ? seccomp_rule_add(f,
	    SCMP_ACT_ERRNO(EACCES), SCMP_SYS(socket), 2, is(0, AF_UNIX),
	    of_type(SOCK_DGRAM)) : refuse_first(f, SCMP_SYS(socket), EACCES,
	    AF_UNIX)) < 0)
		return (rv);
	return (refuse_first(f, SCMP_SYS(prctl), EINVAL, PR_SET_VMA));
}

/*
 * Allow sending only to the socket's own peer: with an address, or the flag for
 * TCP fast open, a closed socket could open new connections.  Stund sends to
 * addresses and has no TCP socket; the bridge's worker does, and connects its
 * TCP sockets anyway.  Only five roles may use sendmsg(2): stund and the
 * worker, to set a datagram's source address, front, mesh and relay, to hand
 * over connections.  These two are the most frequent calls and come first in
 * the filter.
 */
static int
allow_send(scmp_filter_ctx f, unsigned int powers)
{
	int rv;

	if ((rv = seccomp_rule_add(f, SCMP_ACT_ALLOW, SCMP_SYS(sendto), 1,
	    (powers & SANDBOX_ADDRESS) != 0 ? lacks(3, MSG_FASTOPEN) :
	    is_null(4))) < 0 ||
	    (rv = seccomp_syscall_priority(f, SCMP_SYS(sendto), 255)) < 0)
		return (rv);
	if ((powers & SANDBOX_SENDMSG) != 0 &&
	    ((rv = seccomp_rule_add(f, SCMP_ACT_ALLOW, SCMP_SYS(sendmsg), 1,
	    lacks(2, MSG_FASTOPEN))) < 0 ||
	    (rv = seccomp_syscall_priority(f, SCMP_SYS(sendmsg), 254)) < 0))
		return (rv);
	return ((powers & SANDBOX_ADDRESS) == 0 ? 0 : seccomp_rule_add(f,
	    SCMP_ACT_ALLOW, SCMP_SYS(sendmmsg), 1, lacks(3, MSG_FASTOPEN)));
}

/* Allow making a descriptor non-blocking, and no other change. */
static int
allow_nonblock(scmp_filter_ctx f)
{
	const unsigned int others = O_APPEND | O_ASYNC | O_DIRECT | O_NOATIME;
	struct scmp_arg_cmp flags = { 2, SCMP_CMP_MASKED_EQ,
	    O_NONBLOCK | others, O_NONBLOCK };

	return (seccomp_rule_add(f, SCMP_ACT_ALLOW, SCMP_SYS(fcntl), 2,
	    is(1, F_SETFL), flags));
}

/* Allow abort(3), so that an internal error is reported as such. */
static int
allow_abort(scmp_filter_ctx f)
{
	return (seccomp_rule_add(f, SCMP_ACT_ALLOW, SCMP_SYS(tgkill), 2,
	    is(0, (unsigned int)getpid()), is(2, SIGABRT)));
}

/* Allow `call' when its second argument is on the list. */
static int
allow_second(scmp_filter_ctx f, int call, const unsigned int *v, size_t n)
{
	int rv;

	for (; n > 0; n--, v++)
		if ((rv = seccomp_rule_add(f, SCMP_ACT_ALLOW, call, 1,
		    is(1, *v))) < 0)
			return (rv);
	return (0);
}

static int
allow_options(scmp_filter_ctx f, int call, const struct sandbox_sockopt *o,
    size_t n)
{
	int rv;

	for (; n > 0; n--, o++)
		if ((rv = seccomp_rule_add(f, SCMP_ACT_ALLOW, call, 2,
		    is(1, (unsigned int)o->level),
		    is(2, (unsigned int)o->name))) < 0)
			return (rv);
	return (0);
}

/* Allow memory mappings, but none that are executable. */
static int
allow_memory(scmp_filter_ctx f)
{
	int rv;

	if ((rv = seccomp_rule_add(f, SCMP_ACT_ALLOW, SCMP_SYS(mmap), 1,
	    lacks(2, PROT_EXEC))) < 0)
		return (rv);
	return (seccomp_rule_add(f, SCMP_ACT_ALLOW, SCMP_SYS(mprotect), 1,
	    lacks(2, PROT_EXEC)));
}

/* fstat(2) in newer C libraries: a descriptor with an empty path. */
static int
allow_fstatat(scmp_filter_ctx f)
{
	struct scmp_arg_cmp empty = { 3, SCMP_CMP_MASKED_EQ, AT_EMPTY_PATH,
	    AT_EMPTY_PATH };
	int rv;

	if ((rv = seccomp_rule_add(f, SCMP_ACT_ALLOW, SCMP_SYS(newfstatat), 1,
	    empty)) < 0)
		return (rv);
	return (seccomp_rule_add(f, SCMP_ACT_ERRNO(EACCES),
	    SCMP_SYS(newfstatat), 1, lacks(3, AT_EMPTY_PATH)));
}

#ifdef WITH_ASAN
/* Further calls for the sanitizers' reports. */
static int
allow_sanitizer(scmp_filter_ctx f)
{
	static const int calls[] = {
		SCMP_SYS(getuid), SCMP_SYS(geteuid), SCMP_SYS(getppid),
		SCMP_SYS(sched_yield), SCMP_SYS(sched_getaffinity),
		SCMP_SYS(getrlimit), SCMP_SYS(prlimit64), SCMP_SYS(getrusage),
		SCMP_SYS(uname), SCMP_SYS(sysinfo)
	};
	static const unsigned int tty[] = { TCGETS };
	int rv;

	if ((rv = allow(f, calls, NELEM(calls))) < 0)
		return (rv);
	return (allow_second(f, SCMP_SYS(ioctl), tty, NELEM(tty)));
}
#endif

/* Deny the file system; only open descriptors remain. */
static int
deny_files(scmp_filter_ctx f)
{
	int rv;

	if ((rv = refuse_list(f, refused_files, NELEM(refused_files))) < 0)
		return (rv);
	return (allow_fstatat(f));
}

/* Allow new sockets of one type, for IPv4 and IPv6. */
static int
allow_socket(scmp_filter_ctx f, unsigned int type, unsigned int protocol)
{
	static const unsigned int families[] = { AF_INET, AF_INET6 };
	size_t i;
	int rv;

	for (i = 0; i < NELEM(families); i++)
		if ((rv = seccomp_rule_add(f, SCMP_ACT_ALLOW, SCMP_SYS(socket),
		    3, is(0, families[i]), of_type(type),
		    is(2, protocol))) < 0)
			return (rv);
	return (0);
}

/*
 * Fetch, verify, resolve and acme-helper: the resolver's sockets, and reading
 * files, checked by Landlock.  Name service modules outside libc can't be
 * loaded, and interfaces can't be listed: libc works without both.
 */
static int
allow_reading(scmp_filter_ctx f)
{
	struct scmp_arg_cmp executable = { 2, SCMP_CMP_MASKED_EQ, PROT_EXEC,
	    PROT_EXEC };
	int rv;

	if ((rv = allow_socket(f, SOCK_STREAM, 0)) < 0 ||
	    (rv = allow_socket(f, SOCK_DGRAM, 0)) < 0 ||
	    (rv = allow_socket(f, SOCK_DGRAM, IPPROTO_UDP)) < 0 ||
	    (rv = refuse_first(f, SCMP_SYS(socket), EACCES, AF_NETLINK)) < 0 ||
	    (rv = seccomp_rule_add(f, SCMP_ACT_ERRNO(EACCES), SCMP_SYS(mmap),
	    1, executable)) < 0)
		return (rv);
	return (seccomp_rule_add(f, SCMP_ACT_ALLOW, SCMP_SYS(openat), 1,
	    lacks(2, O_ACCMODE | O_CREAT | O_TRUNC | O_APPEND | O_PATH |
	    (O_TMPFILE & ~O_DIRECTORY))));
}

/*
 * Calls on sockets.  A role may shut down connections, but not a listening
 * socket, which needs SHUT_RD.
 */
static int
allow_sockets(scmp_filter_ctx f, unsigned int powers)
{
	int rv;

	if ((powers & SANDBOX_SHUTDOWN) != 0 && (rv = seccomp_rule_add(f,
	    SCMP_ACT_ALLOW, SCMP_SYS(shutdown), 1, is(1, SHUT_WR))) < 0)
		return (rv);
	if ((powers & SANDBOX_PAIR) != 0 && (rv = seccomp_rule_add(f,
	    SCMP_ACT_ALLOW, SCMP_SYS(socketpair), 2, is(0, AF_UNIX),
	    is(1, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC))) < 0)
		return (rv);
	if ((powers & SANDBOX_LOCAL) != 0 && (rv = seccomp_rule_add(f,
	    SCMP_ACT_ALLOW, SCMP_SYS(socket), 3, is(0, AF_UNIX),
	    of_type(SOCK_STREAM), is(2, 0))) < 0)
		return (rv);
	return ((powers & SANDBOX_CONNECT) == 0 ? 0 : allow_socket(f,
	    SOCK_STREAM, IPPROTO_TCP));
}

/* What only some roles may. */
static int
add_role(scmp_filter_ctx f, const struct sandbox_rules *r)
{
	int rv;

	if ((rv = allow(f, r->calls, r->ncalls)) < 0 ||
	    (rv = allow_options(f, SCMP_SYS(getsockopt), r->gets,
	    r->ngets)) < 0 ||
	    (rv = allow_options(f, SCMP_SYS(setsockopt), r->sets,
	    r->nsets)) < 0 ||
	    (rv = allow_second(f, SCMP_SYS(ioctl), r->ioctls,
	    r->nioctls)) < 0 ||
	    (rv = allow_sockets(f, r->powers)) < 0)
		return (rv);
	return ((r->powers & SANDBOX_READS) != 0 ? allow_reading(f) :
	    deny_files(f));
}

static int
add_rules(scmp_filter_ctx f, const struct sandbox_rules *r)
{
	const int *common;
	size_t n;
	int rv;

	common = sandbox_rules_common(&n);
	if ((rv = allow(f, common, n)) < 0 || (rv = allow_memory(f)) < 0 ||
	    (rv = refuse(f, r->powers)) < 0 ||
	    (rv = allow_send(f, r->powers)) < 0 ||
	    (rv = allow_abort(f)) < 0 || (rv = allow_nonblock(f)) < 0 ||
	    (rv = allow_second(f, SCMP_SYS(fcntl), fcntls,
	    NELEM(fcntls))) < 0)
		return (rv);
#ifdef WITH_ASAN
	if ((rv = allow_sanitizer(f)) < 0)
		return (rv);
#endif
	return (add_role(f, r));
}

#ifdef SANDBOX_DEBUG
#define NNAMES	1024

/* Names of the calls, looked up in advance for the handler below. */
static const char	*names[NNAMES];

static void
write_error(const char *text)
{
	if (write(STDERR_FILENO, text, strlen(text)) == -1)
		_exit(126);
}

/* Async-signal-safe: report the refused call and exit. */
static void
name_call(int sig, siginfo_t *si, void *ctx)
{
	char digits[12], *p = digits + sizeof(digits) - 1;
	unsigned int n = (unsigned int)si->si_syscall;

	(void)sig;
	(void)ctx;
	write_error("sandbox: refused system call ");
	if (n < NNAMES && names[n] != NULL) {
		write_error(names[n]);
		write_error(", number ");
	}
	*p = '\0';
	do {
		*--p = (char)('0' + n % 10);
		n /= 10;
	} while (n > 0);
	write_error(p);
	write_error("\n");
	_exit(125);
}

static int
catch_refused(void)
{
	struct sigaction sa;
	int i;

	for (i = 0; i < NNAMES; i++)
		names[i] = seccomp_syscall_resolve_num_arch(SCMP_ARCH_NATIVE,
		    i);
	memset(&sa, 0, sizeof(sa));
	sa.sa_sigaction = name_call;
	sa.sa_flags = SA_SIGINFO;
	return (sigaction(SIGSYS, &sa, NULL));
}
#define DEFAULT_ACTION	SCMP_ACT_TRAP
#else
#define DEFAULT_ACTION	SCMP_ACT_KILL_PROCESS
#endif

/*
 * Enter Landlock where available.  It denies what seccomp already denies to all
 * roles but those that read files or connect.  Returns 0, or -1 with errno.
 */
static int
enter_landlock(size_t npaths, int client, int lent,
    const struct sandbox_net *net)
{
	const int abi = sandbox_landlock_enter(fetch_paths, npaths, net, lent);
	const int error = errno;

	if (abi == -1) {
		failed = sandbox_landlock_failed();
		return (-1);
	}
	level = sandbox_landlock_level(abi, error, client);
	if (abi == 0)
		lack = sandbox_landlock_lack(error);
	return (0);
}

/*
 * Load the filter: with seccomp(2) if `modern', else with prctl(2).  What
 * libseccomp has probed for is overruled: gVisor does not answer whether it can
 * kill a process, and old kernels kill the only thread instead.  Returns 0, or
 * libseccomp's -errno.
 */
static int
load(const struct sandbox_rules *r, int modern)
{
	scmp_filter_ctx f;
	int rv;

	(void)seccomp_api_get();	/* the probes */
	(void)seccomp_api_set(modern ? 3 : 1);
	if ((f = seccomp_init(modern ? DEFAULT_ACTION :
	    SCMP_ACT_KILL_THREAD)) == NULL)
		return (-ENOMEM);
	if ((rv = seccomp_attr_set(f, SCMP_FLTATR_ACT_BADARCH, modern ?
	    SCMP_ACT_KILL_PROCESS : SCMP_ACT_KILL_THREAD)) == 0 &&
	    (rv = add_rules(f, r)) == 0) {
		errno = 0;
		/* The kernel's error, if it got that far. */
		if ((rv = seccomp_load(f)) < 0 && errno != 0)
			rv = -errno;
	}
	seccomp_release(f);
	return (rv);
}

/* The same, with what the container lets through.  0, or -1 with errno. */
static int
enter_seccomp(const struct sandbox_rules *r)
{
	int rv;

#ifdef SANDBOX_DEBUG
	if (catch_refused() == -1)
		return (-1);
#endif
	if (load(r, 1) == 0 || (rv = load(r, 0)) == 0)
		return (0);
	failed = "seccomp, prctl PR_SET_SECCOMP";
	errno = -rv;
	return (-1);
}

int
sandbox_enter(enum ipc_role role, enum sandbox_want want,
    const struct sandbox_net *net)
{
	const int local = net != NULL && net->socket != NULL;
	const enum ipc_role as = ipc_role_sandbox(role);
	const struct sandbox_rules *r = local ? sandbox_rules_local(as) :
	    sandbox_rules_of(as);
	const int reads = r != NULL && (r->powers & SANDBOX_READS) != 0,
	    client = reads || (r != NULL && (r->powers & SANDBOX_CONNECT) != 0);

	if (r == NULL || (net != NULL) != (client || local) ||
	    (net != NULL && !reads && net->npaths > 0) ||
	    (local && net->nports > 0)) {
		errno = EINVAL;
		return (-1);
	}
	level = "seccomp";
	if ((want != SANDBOX_SECCOMP && enter_landlock(reads ?
	    NELEM(fetch_paths) : 0, client, (r->powers & SANDBOX_LENT) != 0,
	    net) == -1) ||
	    enter_seccomp(r) == -1) {
		level = "none";
		return (-1);
	}
	return (0);
}

const char *
sandbox_failed(void)
{
	return (failed);
}

const char *
sandbox_lack(void)
{
	return (lack);
}

/* A filter would be inherited by the children, which need other calls. */
int
sandbox_parent(int inet)
{
	(void)inet;
	return (0);
}

const char *
sandbox_level(void)
{
	return (level);
}

const char *
sandbox_backend(void)
{
	return ("seccomp");
}
