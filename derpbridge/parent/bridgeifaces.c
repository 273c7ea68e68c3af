/*
 * bridgeifaces: the interfaces of the configuration, their numbers and UDP
 * sockets; see bridge.h.
 */
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "advice.h"
#include "bridge.h"
#include "bridgesock.h"
#include "log.h"

void
bridge_ifaces_init(struct bridge_iface *v)
{
	unsigned int i;

	memset(v, 0, IPC_BRIDGE_MAXIFACES * sizeof(*v));
	for (i = 0; i < IPC_BRIDGE_MAXIFACES; i++)
		v[i].udp = -1;
}

static struct bridge_iface *
find(struct bridge_iface *v, const char *name)
{
	unsigned int i;

	for (i = 0; i < IPC_BRIDGE_MAXIFACES; i++)
		if (strcmp(v[i].name, name) == 0)
			return (&v[i]);
	return (NULL);
}

/* Make the socket of an interface.  0, or -1 (logged). */
static int
open_udp(struct bridge_iface *f)
{
	f->port = (uint16_t)f->conf->port;
	f->asked_port = f->conf->port;
	f->unsent = 1;
	if ((f->udp = bridge_sock_udp(&f->port)) != -1)
		return (0);
	log_warnx("interface %s: can't make the UDP socket at port %u of the "
	    "loopback interface (socket, setsockopt, bind): %s%s", f->name,
	    f->asked_port, strerror(errno), errno == EADDRINUSE ?
	    ": another program has it, name another one by `local port'" :
	    base_advice_limit(errno));
	return (-1);
}

/* Put an interface of the configuration into the table. */
static int
add(struct bridge_iface *v, const struct bconf_iface *c)
{
	struct bridge_iface *f;

	if ((f = find(v, c->name)) == NULL && (f = find(v, "")) == NULL) {
		log_warnx("interface %s: the numbers of those that are gone "
		    "are not free before the reload: reload without it first",
		    c->name);
		return (-1);
	}
	strlcpy(f->name, c->name, sizeof(f->name));
	f->conf = c;
	if (f->udp != -1 && f->asked_port == c->port)
		return (0);
	return (open_udp(f));
}

/* Close the sockets of `a' that are not in `b'. */
static void
close_others(struct bridge_iface *a, const struct bridge_iface *b)
{
	unsigned int i;

	for (i = 0; i < IPC_BRIDGE_MAXIFACES; i++)
		if (a[i].udp != -1 && a[i].udp != b[i].udp)
			close(a[i].udp);
}

int
bridge_ifaces_open(struct bridge_iface *v, const struct bconf *c)
{
	struct bridge_iface new[IPC_BRIDGE_MAXIFACES];
	const struct bconf_iface *f;
	unsigned int i;

	memcpy(new, v, sizeof(new));
	for (i = 0; i < IPC_BRIDGE_MAXIFACES; i++)
		new[i].conf = NULL;
	TAILQ_FOREACH(f, &c->ifaces, entry)
		if (add(new, f) == -1) {
			close_others(new, v);
			return (-1);
		}
	for (i = 0; i < IPC_BRIDGE_MAXIFACES; i++)
		if (new[i].conf == NULL) {
			memset(&new[i], 0, sizeof(new[i]));
			new[i].udp = -1;
		}
	close_others(v, new);
	memcpy(v, new, sizeof(new));
	return (0);
}

uint32_t
bridge_ifaces_mark(const struct bridge_iface *f)
{
	if (f->conf->fwmark == BCONF_MARK_DEVICE)
		return (f->device_mark);
	return (f->conf->fwmark == BCONF_MARK_NONE ? 0 :
	    (uint32_t)f->conf->fwmark);
}
