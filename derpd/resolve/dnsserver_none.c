/*
 * dnsserver_none: no DNS server can be asked, for lack of libc-ares; see
 * dnsserver.h.
 */
#include <string.h>

#include "dnsserver.h"

int
resolve_server_init(const uint8_t addr[IPC_ADDRLEN], uint16_t port,
    resolve_lend lend, void *arg, const char **why)
{
	(void)addr;
	(void)port;
	(void)lend;
	(void)arg;
	*why = "this program was built without libc-ares";
	return (-1);
}

void
resolve_server_lookup(const char *name, struct resolve_answer *a)
{
	(void)name;
	memset(a, 0, sizeof(*a));
}
