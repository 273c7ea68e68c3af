/*
 * msg: the table of who may send which message to whom; see msg.h.  Pure.
 */
#include <stddef.h>

#include "msg.h"

/*
 * The ways that messages may go: X(name of a set of one, sender, receiver).  A
 * message may have several.
 */
#define WAYS(X)							\
	X(P_K, ROLE_PARENT, ROLE_KEYS)				\
	X(P_R, ROLE_PARENT, ROLE_RELAY)				\
	X(P_C, ROLE_PARENT, ROLE_CTL)				\
	X(P_S, ROLE_PARENT, ROLE_STUN)				\
	X(P_M, ROLE_PARENT, ROLE_MAP)				\
	X(P_F, ROLE_PARENT, ROLE_FETCH)				\
	X(P_H, ROLE_PARENT, ROLE_HEALTH)			\
	X(P_A, ROLE_PARENT, ROLE_ACME)				\
	X(K_P, ROLE_KEYS, ROLE_PARENT)				\
	X(K_R, ROLE_KEYS, ROLE_RELAY)				\
	X(K_A, ROLE_KEYS, ROLE_ACME)				\
	X(R_P, ROLE_RELAY, ROLE_PARENT)				\
	X(R_K, ROLE_RELAY, ROLE_KEYS)				\
	X(C_P, ROLE_CTL, ROLE_PARENT)				\
	X(S_P, ROLE_STUN, ROLE_PARENT)				\
	X(M_P, ROLE_MAP, ROLE_PARENT)				\
	X(F_P, ROLE_FETCH, ROLE_PARENT)				\
	X(H_P, ROLE_HEALTH, ROLE_PARENT)			\
	X(A_P, ROLE_ACME, ROLE_PARENT)				\
	X(A_K, ROLE_ACME, ROLE_KEYS)

#define NUMBER(set, from, to)	N_##set,
enum way { WAYS(NUMBER) NWAYS };

#define BIT(set, from, to)	set = 1U << N_##set,
enum { WAYS(BIT) };

_Static_assert(NWAYS < 32, "the ways fit into an int");

#define ENDS(set, from, to)	{ from, to },
static const struct {
	enum role	 from, to;
} ways[NWAYS] = { WAYS(ENDS) };

/* From the parent to every child. */
#define P_ALL	(P_K | P_R | P_S | P_M | P_F | P_H | P_A)
#define ALL_P	(K_P | R_P | S_P | M_P | F_P | H_P | A_P)

/* Does a descriptor go along? */
enum { NOFD = 1, FD, MAYFD };

static const struct {
	const char	*name;
	unsigned int	 ways;
	int		 fd;
} table[MSG_MAX] = {
	[MSG_START] =		{ "MSG_START", P_ALL, NOFD },
	[MSG_VERBOSE] =		{ "MSG_VERBOSE", P_ALL, NOFD },
	[MSG_STOP] =		{ "MSG_STOP", P_ALL, NOFD },
	[MSG_PING] =		{ "MSG_PING", P_ALL, NOFD },
	[MSG_PONG] =		{ "MSG_PONG", ALL_P, NOFD },
	[MSG_READY] =		{ "MSG_READY", ALL_P, NOFD },
	[MSG_KEY_TLS] =		{ "MSG_KEY_TLS", P_K, FD },
	[MSG_KEY_NODE] =	{ "MSG_KEY_NODE", P_K, FD },
	[MSG_KEY_NODE_NEW] =	{ "MSG_KEY_NODE_NEW", P_K, FD },
	[MSG_KEY_MESH] =	{ "MSG_KEY_MESH", P_K, MAYFD },
	[MSG_KEY_RETAIN] =	{ "MSG_KEY_RETAIN", P_K, NOFD },
	[MSG_KEY_SELFSIGN] =	{ "MSG_KEY_SELFSIGN", P_K, FD },
	[MSG_KEY_METACERT] =	{ "MSG_KEY_METACERT", P_K, NOFD },
	[MSG_KEY_ACME_FILE] =	{ "MSG_KEY_ACME_FILE", P_K, MAYFD },
	[MSG_KEY_ACME_CONF] =	{ "MSG_KEY_ACME_CONF", P_K, NOFD },
	[MSG_KEY_ACME_REVOKE] =	{ "MSG_KEY_ACME_REVOKE", P_K, NOFD },
	[MSG_KEY_CHAN] =	{ "MSG_KEY_CHAN", P_K, FD },
	[MSG_KEY_RESULT] =	{ "MSG_KEY_RESULT", K_P, NOFD },
	[MSG_SIGN] =		{ "MSG_SIGN", R_K, NOFD },
	[MSG_SIGNED] =		{ "MSG_SIGNED", K_R, NOFD },
	[MSG_LOGIN] =		{ "MSG_LOGIN", R_K, NOFD },
	[MSG_LOGIN_RESULT] =	{ "MSG_LOGIN_RESULT", K_R, NOFD },
	[MSG_ACME_SIGN] =	{ "MSG_ACME_SIGN", A_K, NOFD },
	[MSG_ACME_SIGNED] =	{ "MSG_ACME_SIGNED", K_A, NOFD },
	[MSG_RELAY_CONF] =	{ "MSG_RELAY_CONF", P_R, NOFD },
	[MSG_RELAY_CERT] =	{ "MSG_RELAY_CERT", P_R, NOFD },
	[MSG_RELAY_LISTEN] =	{ "MSG_RELAY_LISTEN", P_R, FD },
	[MSG_RELAY_KEYS] =	{ "MSG_RELAY_KEYS", P_R, FD },
	[MSG_RELAY_LINK] =	{ "MSG_RELAY_LINK", P_R, FD },
	[MSG_RELAY_COMMIT] =	{ "MSG_RELAY_COMMIT", P_R, NOFD },
	[MSG_RELAY_TOKEN] =	{ "MSG_RELAY_TOKEN", P_R, NOFD },
	[MSG_RELAY_RESULT] =	{ "MSG_RELAY_RESULT", R_P, NOFD },
	[MSG_RELAY_TOKEN_SET] =	{ "MSG_RELAY_TOKEN_SET", R_P, NOFD },
	[MSG_RELAY_KEYLESS] =	{ "MSG_RELAY_KEYLESS", R_P, NOFD },
	[MSG_RELAY_DEAF] =	{ "MSG_RELAY_DEAF", R_P, NOFD },
	[MSG_RELAY_UNLINKED] =	{ "MSG_RELAY_UNLINKED", R_P, NOFD },
	[MSG_RELAY_MAPS] =	{ "MSG_RELAY_MAPS", P_R, NOFD },
	[MSG_RELAY_MAP] =	{ "MSG_RELAY_MAP", P_R, NOFD },
	[MSG_RELAY_METRICS] =	{ "MSG_RELAY_METRICS", P_R, NOFD },
	[MSG_STUN_SOCKET] =	{ "MSG_STUN_SOCKET", P_S, FD },
	[MSG_STUN_CONF] =	{ "MSG_STUN_CONF", P_S, NOFD },
	[MSG_STUN_ANSWER] =	{ "MSG_STUN_ANSWER", P_S, NOFD },
	[MSG_STUN_STATS] =	{ "MSG_STUN_STATS", S_P, NOFD },
	[MSG_MAP_CHECK] =	{ "MSG_MAP_CHECK", P_M, NOFD },
	[MSG_MAP_RESULT] =	{ "MSG_MAP_RESULT", M_P, NOFD },
	[MSG_FETCH_CONF] =	{ "MSG_FETCH_CONF", P_F, NOFD },
	[MSG_FETCH_NOW] =	{ "MSG_FETCH_NOW", P_F, NOFD },
	[MSG_FETCH_RESULT] =	{ "MSG_FETCH_RESULT", F_P, NOFD },
	[MSG_HEALTH_CONF] =	{ "MSG_HEALTH_CONF", P_H, NOFD },
	[MSG_HEALTH_NOW] =	{ "MSG_HEALTH_NOW", P_H, NOFD },
	[MSG_HEALTH_RESULT] =	{ "MSG_HEALTH_RESULT", H_P, NOFD },
	[MSG_ACME_KEYS] =	{ "MSG_ACME_KEYS", P_A, FD },
	[MSG_ACME_CONF] =	{ "MSG_ACME_CONF", P_A, NOFD },
	[MSG_ACME_DO] =		{ "MSG_ACME_DO", P_A, NOFD },
	[MSG_ACME_TOKEN_SET] =	{ "MSG_ACME_TOKEN_SET", P_A, NOFD },
	[MSG_ACME_TOKEN] =	{ "MSG_ACME_TOKEN", A_P, NOFD },
	[MSG_ACME_RESULT] =	{ "MSG_ACME_RESULT", A_P, NOFD },
	[MSG_CTL_STATUS] =	{ "MSG_CTL_STATUS", C_P, NOFD },
	[MSG_CTL_RELOAD] =	{ "MSG_CTL_RELOAD", C_P, NOFD },
	[MSG_CTL_VERBOSE] =	{ "MSG_CTL_VERBOSE", C_P, NOFD },
	[MSG_CTL_CLIENTS] =	{ "MSG_CTL_CLIENTS", C_P | P_R, NOFD },
	[MSG_CTL_NODE] =	{ "MSG_CTL_NODE", C_P, NOFD },
	[MSG_CTL_CERT] =	{ "MSG_CTL_CERT", C_P, NOFD },
	[MSG_CTL_CERT_DO] =	{ "MSG_CTL_CERT_DO", C_P, NOFD },
	[MSG_CTL_MAP] =		{ "MSG_CTL_MAP", C_P, NOFD },
	[MSG_CTL_TEXT] =	{ "MSG_CTL_TEXT", P_C, NOFD },
	[MSG_CTL_CLIENT] =	{ "MSG_CTL_CLIENT", P_C | R_P, NOFD },
	[MSG_CTL_CLIENTS_END] =	{ "MSG_CTL_CLIENTS_END", R_P, NOFD },
	[MSG_CTL_DONE] =	{ "MSG_CTL_DONE", P_C, NOFD }
};

static const char *const roles[ROLE_MAX] = {
	[ROLE_PARENT] = "parent",
	[ROLE_KEYS] = "keys",
	[ROLE_RELAY] = "relay",
	[ROLE_CTL] = "derpctl",
	[ROLE_STUN] = "stund",
	[ROLE_MAP] = "derpmapd",
	[ROLE_FETCH] = "fetch",
	[ROLE_HEALTH] = "health",
	[ROLE_ACME] = "acme-helper"
};

const char *
role_name(enum role r)
{
	return ((unsigned int)r < ROLE_MAX ? roles[r] : "?");
}

const char *
msg_name(uint32_t type)
{
	if (type >= MSG_MAX || table[type].name == NULL)
		return ("?");
	return (table[type].name);
}

int
msg_allowed(uint32_t type, enum role from, enum role to)
{
	unsigned int i;

	if (type >= MSG_MAX)
		return (0);
	for (i = 0; i < NWAYS; i++)
		if (ways[i].from == from && ways[i].to == to &&
		    (table[type].ways & (1U << i)) != 0)
			return (table[type].fd);
	return (0);
}
