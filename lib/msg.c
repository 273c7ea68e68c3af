/*
 * msg: the table of who may send which message to whom; see msg.h.  Pure.
 */
#include <stddef.h>

#include "msg.h"

/* Sets of roles. */
#define P	(1U << ROLE_PARENT)
#define K	(1U << ROLE_KEYS)
#define R	(1U << ROLE_RELAY)
#define C	(1U << ROLE_CTL)

/* Does a descriptor go along? */
enum { NOFD = 1, FD, MAYFD };

static const struct {
	const char	*name;
	unsigned int	 from;
	unsigned int	 to;
	int		 fd;
} table[MSG_MAX] = {
	[MSG_START] =		{ "MSG_START", P, K | R, NOFD },
	[MSG_VERBOSE] =		{ "MSG_VERBOSE", P, K | R, NOFD },
	[MSG_STOP] =		{ "MSG_STOP", P, K | R, NOFD },
	[MSG_READY] =		{ "MSG_READY", K | R, P, NOFD },
	[MSG_KEY_TLS] =		{ "MSG_KEY_TLS", P, K, FD },
	[MSG_KEY_NODE] =	{ "MSG_KEY_NODE", P, K, FD },
	[MSG_KEY_NODE_NEW] =	{ "MSG_KEY_NODE_NEW", P, K, FD },
	[MSG_KEY_MESH] =	{ "MSG_KEY_MESH", P, K, MAYFD },
	[MSG_KEY_RETAIN] =	{ "MSG_KEY_RETAIN", P, K, NOFD },
	[MSG_KEY_SELFSIGN] =	{ "MSG_KEY_SELFSIGN", P, K, FD },
	[MSG_KEY_METACERT] =	{ "MSG_KEY_METACERT", P, K, NOFD },
	[MSG_KEY_CHAN] =	{ "MSG_KEY_CHAN", P, K, FD },
	[MSG_KEY_RESULT] =	{ "MSG_KEY_RESULT", K, P, NOFD },
	[MSG_SIGN] =		{ "MSG_SIGN", R, K, NOFD },
	[MSG_SIGNED] =		{ "MSG_SIGNED", K, R, NOFD },
	[MSG_LOGIN] =		{ "MSG_LOGIN", R, K, NOFD },
	[MSG_LOGIN_RESULT] =	{ "MSG_LOGIN_RESULT", K, R, NOFD },
	[MSG_RELAY_CONF] =	{ "MSG_RELAY_CONF", P, R, NOFD },
	[MSG_RELAY_CERT] =	{ "MSG_RELAY_CERT", P, R, NOFD },
	[MSG_RELAY_LISTEN] =	{ "MSG_RELAY_LISTEN", P, R, FD },
	[MSG_RELAY_KEYS] =	{ "MSG_RELAY_KEYS", P, R, FD },
	[MSG_RELAY_LINK] =	{ "MSG_RELAY_LINK", P, R, FD },
	[MSG_RELAY_COMMIT] =	{ "MSG_RELAY_COMMIT", P, R, NOFD },
	[MSG_RELAY_RESULT] =	{ "MSG_RELAY_RESULT", R, P, NOFD },
	[MSG_CTL_STATUS] =	{ "MSG_CTL_STATUS", C, P, NOFD },
	[MSG_CTL_RELOAD] =	{ "MSG_CTL_RELOAD", C, P, NOFD },
	[MSG_CTL_VERBOSE] =	{ "MSG_CTL_VERBOSE", C, P, NOFD },
	[MSG_CTL_CLIENTS] =	{ "MSG_CTL_CLIENTS", C | P, P | R, NOFD },
	[MSG_CTL_NODE] =	{ "MSG_CTL_NODE", C, P, NOFD },
	[MSG_CTL_TEXT] =	{ "MSG_CTL_TEXT", P, C, NOFD },
	[MSG_CTL_CLIENT] =	{ "MSG_CTL_CLIENT", P | R, C | P, NOFD },
	[MSG_CTL_CLIENTS_END] =	{ "MSG_CTL_CLIENTS_END", P | R, C | P, NOFD },
	[MSG_CTL_DONE] =	{ "MSG_CTL_DONE", P, C, NOFD }
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
	if ((table[type].from & 1U << from) == 0 ||
	    (table[type].to & 1U << to) == 0)
		return (0);
	return (table[type].fd);
}
