/*
 * msg: the table of who may send which message to whom; see msg.h.  Pure.
 */
#include <stddef.h>

#include "msg.h"

/* One way from a role to another; a message may have several. */
#define WAY(from, to)	(1U << ((from) * ROLE_MAX + (to)))

_Static_assert(ROLE_MAX * ROLE_MAX <= 32, "the ways fit into 32 bits");

#define P_K	WAY(ROLE_PARENT, ROLE_KEYS)
#define P_R	WAY(ROLE_PARENT, ROLE_RELAY)
#define P_C	WAY(ROLE_PARENT, ROLE_CTL)
#define K_P	WAY(ROLE_KEYS, ROLE_PARENT)
#define K_R	WAY(ROLE_KEYS, ROLE_RELAY)
#define R_P	WAY(ROLE_RELAY, ROLE_PARENT)
#define R_K	WAY(ROLE_RELAY, ROLE_KEYS)
#define C_P	WAY(ROLE_CTL, ROLE_PARENT)

/* Does a descriptor go along? */
enum { NOFD = 1, FD, MAYFD };

static const struct {
	const char	*name;
	unsigned int	 ways;
	int		 fd;
} table[MSG_MAX] = {
	[MSG_START] =		{ "MSG_START", P_K | P_R, NOFD },
	[MSG_VERBOSE] =		{ "MSG_VERBOSE", P_K | P_R, NOFD },
	[MSG_STOP] =		{ "MSG_STOP", P_K | P_R, NOFD },
	[MSG_READY] =		{ "MSG_READY", K_P | R_P, NOFD },
	[MSG_KEY_TLS] =		{ "MSG_KEY_TLS", P_K, FD },
	[MSG_KEY_NODE] =	{ "MSG_KEY_NODE", P_K, FD },
	[MSG_KEY_NODE_NEW] =	{ "MSG_KEY_NODE_NEW", P_K, FD },
	[MSG_KEY_MESH] =	{ "MSG_KEY_MESH", P_K, MAYFD },
	[MSG_KEY_RETAIN] =	{ "MSG_KEY_RETAIN", P_K, NOFD },
	[MSG_KEY_SELFSIGN] =	{ "MSG_KEY_SELFSIGN", P_K, FD },
	[MSG_KEY_METACERT] =	{ "MSG_KEY_METACERT", P_K, NOFD },
	[MSG_KEY_CHAN] =	{ "MSG_KEY_CHAN", P_K, FD },
	[MSG_KEY_RESULT] =	{ "MSG_KEY_RESULT", K_P, NOFD },
	[MSG_SIGN] =		{ "MSG_SIGN", R_K, NOFD },
	[MSG_SIGNED] =		{ "MSG_SIGNED", K_R, NOFD },
	[MSG_LOGIN] =		{ "MSG_LOGIN", R_K, NOFD },
	[MSG_LOGIN_RESULT] =	{ "MSG_LOGIN_RESULT", K_R, NOFD },
	[MSG_RELAY_CONF] =	{ "MSG_RELAY_CONF", P_R, NOFD },
	[MSG_RELAY_CERT] =	{ "MSG_RELAY_CERT", P_R, NOFD },
	[MSG_RELAY_LISTEN] =	{ "MSG_RELAY_LISTEN", P_R, FD },
	[MSG_RELAY_KEYS] =	{ "MSG_RELAY_KEYS", P_R, FD },
	[MSG_RELAY_LINK] =	{ "MSG_RELAY_LINK", P_R, FD },
	[MSG_RELAY_COMMIT] =	{ "MSG_RELAY_COMMIT", P_R, NOFD },
	[MSG_RELAY_RESULT] =	{ "MSG_RELAY_RESULT", R_P, NOFD },
	[MSG_CTL_STATUS] =	{ "MSG_CTL_STATUS", C_P, NOFD },
	[MSG_CTL_RELOAD] =	{ "MSG_CTL_RELOAD", C_P, NOFD },
	[MSG_CTL_VERBOSE] =	{ "MSG_CTL_VERBOSE", C_P, NOFD },
	[MSG_CTL_CLIENTS] =	{ "MSG_CTL_CLIENTS", C_P | P_R, NOFD },
	[MSG_CTL_NODE] =	{ "MSG_CTL_NODE", C_P, NOFD },
	[MSG_CTL_TEXT] =	{ "MSG_CTL_TEXT", P_C, NOFD },
	[MSG_CTL_CLIENT] =	{ "MSG_CTL_CLIENT", P_C | R_P, NOFD },
	[MSG_CTL_CLIENTS_END] =	{ "MSG_CTL_CLIENTS_END", R_P, NOFD },
	[MSG_CTL_DONE] =	{ "MSG_CTL_DONE", P_C, NOFD }
};

static const char *const roles[ROLE_MAX] = {
	[ROLE_PARENT] = "parent",
	[ROLE_KEYS] = "keys",
	[ROLE_RELAY] = "relay",
	[ROLE_CTL] = "derpctl"
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
	if (type >= MSG_MAX || (unsigned int)from >= ROLE_MAX ||
	    (unsigned int)to >= ROLE_MAX)
		return (0);
	if ((table[type].ways & WAY(from, to)) == 0)
		return (0);
	return (table[type].fd);
}
