/*
 * keys_mesh: see keys_mesh.h.  Touches memory alone.
 */
#include <stdio.h>
#include <string.h>

#include "keys_mesh.h"

#define BURST_MS	((KEYS_MESH_BURST - 1) * KEYS_MESH_EVERY_MS)

static struct {
	int		 pinned;
	uint8_t		 server[KEYS_NODELEN];
	uint64_t	 due_ms;	/* of the next login, at one every
					   KEYS_MESH_EVERY_MS */
} nodes[IPC_MAXNODES];

void
keys_mesh_pin(unsigned int node, const uint8_t *server)
{
	nodes[node].pinned = server != NULL;
	if (server != NULL)
		memcpy(nodes[node].server, server, KEYS_NODELEN);
}

/* May the node log in now?  Returns 1 or 0. */
static int
may_login(unsigned int node, uint64_t now_ms)
{
	uint64_t *due = &nodes[node].due_ms;

	if (*due < now_ms)
		*due = now_ms;
	if (*due - now_ms > BURST_MS)
		return (0);
	*due += KEYS_MESH_EVERY_MS;
	return (1);
}

size_t
keys_mesh_login(unsigned int node, const uint8_t server[KEYS_NODELEN],
    uint64_t now_ms, uint8_t info[BOX_LOGINSIZE], char *err, size_t errsize)
{
	const char *why = NULL;
	size_t n = 0;

	if (node >= IPC_MAXNODES)
		why = "there is no such node";
	else if (!may_login(node, now_ms))
		why = "too many logins: one a second";
	else if (nodes[node].pinned &&
	    memcmp(nodes[node].server, server, KEYS_NODELEN) != 0)
		why = "the server has another key than `server key' says";
	else
		n = keys_box_login(server, info, &why);
	if (n == 0)
		snprintf(err, errsize, "%s", why);
	return (n);
}
