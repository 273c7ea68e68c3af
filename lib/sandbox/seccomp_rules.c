/*
 * seccomp_rules: see seccomp_rules.h.  Used by sandbox_seccomp.c, which also
 * checks arguments.
 */
#ifdef HAVE_SECCOMP
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <linux/sockios.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <seccomp.h>

#include "seccomp_rules.h"

#define NELEM(a)	(sizeof(a) / sizeof((a)[0]))

static const int common_calls[] = {
	SCMP_SYS(read), SCMP_SYS(write), SCMP_SYS(readv), SCMP_SYS(writev),
	SCMP_SYS(recvmsg), SCMP_SYS(close), SCMP_SYS(fstat),
	SCMP_SYS(poll), SCMP_SYS(ppoll),
	SCMP_SYS(epoll_ctl), SCMP_SYS(epoll_wait), SCMP_SYS(epoll_pwait),
	SCMP_SYS(epoll_pwait2), SCMP_SYS(timerfd_settime),
	SCMP_SYS(clock_gettime), SCMP_SYS(clock_nanosleep),
	SCMP_SYS(gettimeofday), SCMP_SYS(time), SCMP_SYS(nanosleep),
	SCMP_SYS(getrandom), SCMP_SYS(getpid), SCMP_SYS(gettid),
	SCMP_SYS(futex), SCMP_SYS(brk), SCMP_SYS(munmap), SCMP_SYS(mremap),
	SCMP_SYS(madvise), SCMP_SYS(mlock), SCMP_SYS(mlock2),
	SCMP_SYS(munlock), SCMP_SYS(rt_sigaction), SCMP_SYS(rt_sigprocmask),
	SCMP_SYS(rt_sigreturn), SCMP_SYS(sigaltstack),
	SCMP_SYS(restart_syscall), SCMP_SYS(exit), SCMP_SYS(exit_group)
};

/* Files are passed as open descriptors, to be read or written once. */
static const int keys_calls[] = { SCMP_SYS(fsync) };

/* The same; the parent may have the descriptor, too. */
static const int admit_calls[] = { SCMP_SYS(pread64) };

static const int front_calls[] = {
	SCMP_SYS(accept), SCMP_SYS(accept4), SCMP_SYS(recvfrom),
	SCMP_SYS(getsockname), SCMP_SYS(getpeername)
};
static const struct sandbox_sockopt front_gets[] = {
	{ SOL_SOCKET, SO_ERROR }, { IPPROTO_TCP, TCP_INFO }
};

/* A descriptor that was handed over is checked. */
/* The second one is for sessions that move, of which it keeps a copy. */
static const int relay_calls[] = { SCMP_SYS(recvfrom), SCMP_SYS(dup) };
static const struct sandbox_sockopt relay_gets[] = {
	{ IPPROTO_TCP, TCP_INFO }, { SOL_SOCKET, SO_TYPE },
	{ SOL_SOCKET, SO_DOMAIN }, { SOL_SOCKET, SO_PROTOCOL },
	{ SOL_SOCKET, SO_ACCEPTCONN }
};

/* Bytes that the kernel has not sent. */
static const unsigned int unsent_ioctls[] = { SIOCOUTQ, SIOCOUTQNSD };

static const int metrics_calls[] = {
	SCMP_SYS(accept), SCMP_SYS(accept4), SCMP_SYS(recvfrom)
};

static const int stun_calls[] = { SCMP_SYS(recvmmsg) };

/* qsort(3) makes the last one, called by libcrypto. */
static const int health_calls[] = { SCMP_SYS(connect), SCMP_SYS(sysinfo) };

static const int local_calls[] = { SCMP_SYS(connect) };

/* That of health, with the calls of libc's resolver and stdio. */
static const int fetch_calls[] = {
	SCMP_SYS(connect), SCMP_SYS(sysinfo), SCMP_SYS(recvfrom),
	SCMP_SYS(getsockname), SCMP_SYS(getpeername), SCMP_SYS(uname),
	SCMP_SYS(lseek), SCMP_SYS(stat), SCMP_SYS(newfstatat)
};

/* The first one is for health, the others are the resolver's. */
static const struct sandbox_sockopt client_sets[] = {
	{ IPPROTO_TCP, TCP_NODELAY }, { IPPROTO_IP, IP_RECVERR },
	{ IPPROTO_IPV6, IPV6_RECVERR }
};
/* The same, and what its sockets need in a relay worker, which sets nothing. */
static const struct sandbox_sockopt mesh_sets[] = {
	{ IPPROTO_TCP, TCP_NODELAY }, { IPPROTO_IP, IP_RECVERR },
	{ IPPROTO_IPV6, IPV6_RECVERR }, { SOL_SOCKET, SO_KEEPALIVE },
	{ IPPROTO_TCP, TCP_KEEPIDLE }, { IPPROTO_TCP, TCP_USER_TIMEOUT },
	{ IPPROTO_TCP, TCP_NOTSENT_LOWAT }, { IPPROTO_TCP, TCP_CONGESTION }
};
static const struct sandbox_sockopt client_gets[] = {
	{ SOL_SOCKET, SO_ERROR }
};
static const unsigned int fetch_ioctls[] = { FIONREAD };

/*
 * The bridge.  Netlink writes to its socket's own peer, the kernel, or to the
 * stream of wireguard-go.  The worker connects TCP sockets that it is given,
 * and exchanges datagrams with the kernel.
 */
static const int netlink_calls[] = { SCMP_SYS(recvfrom) };
static const int worker_calls[] = {
	SCMP_SYS(connect), SCMP_SYS(recvfrom), SCMP_SYS(recvmmsg),
	SCMP_SYS(sysinfo)
};
static const struct sandbox_sockopt worker_sets[] = {
	{ IPPROTO_TCP, TCP_NODELAY }, { SOL_SOCKET, SO_KEEPALIVE },
	{ IPPROTO_TCP, TCP_KEEPIDLE }, { IPPROTO_TCP, TCP_USER_TIMEOUT },
	{ IPPROTO_TCP, TCP_NOTSENT_LOWAT }
};
static const struct sandbox_sockopt worker_gets[] = {
	{ SOL_SOCKET, SO_ERROR }, { IPPROTO_TCP, TCP_INFO }
};

#define CALLS(list)	.calls = list, .ncalls = NELEM(list)
#define GETS(list)	.gets = list, .ngets = NELEM(list)
#define SETS(list)	.sets = list, .nsets = NELEM(list)
#define IOCTLS(list)	.ioctls = list, .nioctls = NELEM(list)

/* Fetch, acme-helper and verify. */
#define READER								\
	CALLS(fetch_calls), GETS(client_gets), SETS(client_sets),	\
	IOCTLS(fetch_ioctls),						\
	.powers = SANDBOX_CONFINED | SANDBOX_CONNECT | SANDBOX_READS

/* The resolver alone: it has no socket of IPPROTO_TCP. */
#define RESOLVER							\
	CALLS(fetch_calls), GETS(client_gets), .sets = client_sets + 1,	\
	.nsets = NELEM(client_sets) - 1, IOCTLS(fetch_ioctls),		\
	.powers = SANDBOX_CONFINED | SANDBOX_READS

static const struct sandbox_rules rules[ROLE_MAX] = {
	[ROLE_KEYS] = { CALLS(keys_calls), .powers = SANDBOX_CONFINED },
	[ROLE_SIGNER] = { .powers = SANDBOX_CONFINED },
	[ROLE_FRONT] = {
		CALLS(front_calls), GETS(front_gets), IOCTLS(unsent_ioctls),
		.powers = SANDBOX_CONFINED | SANDBOX_SENDMSG |
		    SANDBOX_SHUTDOWN | SANDBOX_PAIR
	},
	[ROLE_RELAY] = {
		CALLS(relay_calls), GETS(relay_gets), IOCTLS(unsent_ioctls),
		.powers = SANDBOX_CONFINED | SANDBOX_SENDMSG |
		    SANDBOX_SHUTDOWN
	},
	[ROLE_STUN] = {
		CALLS(stun_calls), .powers = SANDBOX_CONFINED |
		    SANDBOX_SENDMSG | SANDBOX_ADDRESS
	},
	[ROLE_MAP] = { .powers = SANDBOX_CONFINED },
	[ROLE_HEALTH] = {
		CALLS(health_calls), GETS(client_gets), .sets = client_sets,
		.nsets = 1, .powers = SANDBOX_CONFINED | SANDBOX_CONNECT
	},
	[ROLE_METRICS] = { CALLS(metrics_calls), .powers = SANDBOX_CONFINED },
	[ROLE_FETCH] = { READER },
	[ROLE_ACME] = { READER },
	[ROLE_ADMIT] = { CALLS(admit_calls), .powers = SANDBOX_CONFINED },
	[ROLE_VERIFY] = { READER },
	[ROLE_MESH] = {
		CALLS(fetch_calls), GETS(client_gets), SETS(mesh_sets),
		IOCTLS(fetch_ioctls),
		.powers = SANDBOX_CONFINED | SANDBOX_CONNECT | SANDBOX_READS |
		    SANDBOX_SENDMSG | SANDBOX_PAIR
	},
	[ROLE_RESOLVE] = { RESOLVER },
	[ROLE_NETLINK] = { CALLS(netlink_calls), .powers = SANDBOX_CONFINED },
	[ROLE_WORKER] = {
		CALLS(worker_calls), GETS(worker_gets), SETS(worker_sets),
		IOCTLS(unsent_ioctls), .powers = SANDBOX_CONFINED |
		    SANDBOX_SENDMSG | SANDBOX_ADDRESS | SANDBOX_LENT
	}
};

const struct sandbox_rules *
sandbox_rules_of(enum ipc_role role)
{
	return ((unsigned int)role < ROLE_MAX &&
	    (rules[role].powers & SANDBOX_CONFINED) != 0 ? &rules[role] : NULL);
}

const struct sandbox_rules *
sandbox_rules_local(enum ipc_role role)
{
	static const struct sandbox_rules local = {
		CALLS(local_calls), GETS(client_gets),
		.powers = SANDBOX_CONFINED | SANDBOX_LOCAL
	};

	return (role == ROLE_VERIFY ? &local : NULL);
}

const int *
sandbox_rules_common(size_t *n)
{
	*n = NELEM(common_calls);
	return (common_calls);
}
#endif
