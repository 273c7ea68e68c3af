/*
 * msg: message permissions, from messages.def; see msg.h.  Pure.
 */
#include <stddef.h>

#include "msg.h"

/* Sets of roles, one bit each. */
enum {
#define OUTSIDE(ROLE, name)	SET_##ROLE = 1U << ROLE_##ROLE,
#define CHILD(ROLE, member, name, program, folder, sandbox)		\
	SET_##ROLE = 1U << ROLE_##ROLE,
#include "roles.def"
	SET_SERVERS = SET_FRONT | SET_RELAY,
	SET_CHILDREN = 0
#define OUTSIDE(ROLE, name)
#define CHILD(ROLE, member, name, program, folder, sandbox)		\
	| SET_##ROLE
#include "roles.def"
};

_Static_assert(ROLE_MAX < 32, "the roles fit into an int");

static const struct {
	const char	*name;
	unsigned int	 from, to;
	enum ipc_fd	 fd;
} table[MSG_MAX] = {
#define STRUCT(tag, fields)
#define MSG(TYPE, name, from, to, fd, fields)				\
	[MSG_##TYPE] = { "MSG_" #TYPE, SET_##from, SET_##to, IPC_##fd },
#define MSG0(TYPE, name, from, to, fd)					\
	[MSG_##TYPE] = { "MSG_" #TYPE, SET_##from, SET_##to, IPC_##fd },
#include "messages.def"
};

static const char *const roles[ROLE_MAX] = {
#define OUTSIDE(ROLE, name)	[ROLE_##ROLE] = name,
#define CHILD(ROLE, member, name, program, folder, sandbox)		\
	[ROLE_##ROLE] = name,
#include "roles.def"
};

const char *
ipc_role_name(enum ipc_role r)
{
	return ((unsigned int)r < ROLE_MAX ? roles[r] : "?");
}

int
ipc_role_numbered(enum ipc_role r)
{
	switch (r) {
#define OUTSIDE(ROLE, name)
#define CHILD(ROLE, member, name, program, folder, sandbox)
#define WORKERS(ROLE, member, name, program, folder, sandbox)		\
	case ROLE_##ROLE:
#include "roles.def"
		return (1);
	default:
		return (0);
	}
}

enum ipc_role
ipc_role_sandbox(enum ipc_role r)
{
	switch (r) {
#define OUTSIDE(ROLE, name)
#define CHILD(ROLE, member, name, program, folder, sandbox)		\
	case ROLE_##ROLE:						\
		return (ROLE_##sandbox);
#include "roles.def"
	default:
		return (ROLE_MAX);
	}
}

const char *
ipc_msg_name(uint32_t type)
{
	if (type >= MSG_MAX || table[type].name == NULL)
		return ("?");
	return (table[type].name);
}

int
ipc_msg_allowed(uint32_t type, enum ipc_role from, enum ipc_role to)
{
	if (type >= MSG_MAX || (unsigned int)from >= ROLE_MAX ||
	    (unsigned int)to >= ROLE_MAX ||
	    (table[type].from & 1U << from) == 0 ||
	    (table[type].to & 1U << to) == 0)
		return (0);
	return ((int)table[type].fd);
}

int
ipc_msg_passes_fd(enum ipc_role a, enum ipc_role b)
{
	uint32_t type;

	for (type = 0; type < MSG_MAX; type++)
		if (ipc_msg_allowed(type, a, b) > 1 ||
		    ipc_msg_allowed(type, b, a) > 1)
			return (1);
	return (0);
}
