/*
 * bridgelend: sockets that keep requests out of the tunnel, for fetch and
 * resolve, which may not set a mark; see bridgemap.h.
 */
#include <sys/socket.h>
#include <errno.h>
#include <event2/event.h>
#include <stdio.h>
#include <string.h>

#include "bridge.h"
#include "bridgesock.h"
#include "log.h"

#define MARKS_MS	3000	/* for netlink to read all devices */

/* The mark of the first interface that has one; 0: none has. */
static uint32_t
first_mark(const struct bridge *d)
{
	const struct bridge_iface *f;
	uint32_t mark;
	unsigned int i;

	for (i = 0; i < IPC_BRIDGE_MAXIFACES; i++) {
		f = &d->ifaces[i];
		if (f->conf != NULL && (mark = bridge_ifaces_mark(f)) != 0)
			return (mark);
	}
	return (0);
}

int
bridge_lend(struct bridge_child *p, int ipv6, int tcp, char *why, size_t size)
{
	const char *call;
	int fd;

	fd = bridge_sock_out(ipv6 ? AF_INET6 : AF_INET, tcp ? SOCK_STREAM :
	    SOCK_DGRAM, first_mark(p->d), &call);
	if (fd == -1)
		snprintf(why, size, "no socket (%s): %s", call,
		    strerror(errno));
	return (fd);
}

int
bridge_lend_ready(const struct bridge *d)
{
	const struct bridge_iface *f;
	unsigned int i;

	if (d->marks_late)
		return (1);
	for (i = 0; i < IPC_BRIDGE_MAXIFACES; i++) {
		f = &d->ifaces[i];
		if (f->conf != NULL && !f->mark_known &&
		    f->conf->fwmark == BCONF_MARK_DEVICE)
			return (0);
	}
	return (1);
}

void
bridge_lend_mark(struct bridge *d, unsigned int iface, uint32_t mark)
{
	struct bridge_iface *f = &d->ifaces[iface];
	const int before = bridge_lend_ready(d);

	if (f->conf == NULL)
		return;
	f->device_mark = mark;
	f->mark_known = 1;
	if (!before && bridge_lend_ready(d))
		(void)super_adjust(&d->fetch.c);
}

static void
late(evutil_socket_t fd, short what, void *arg)
{
	struct bridge *d = arg;

	(void)fd;
	(void)what;
	if (d->super.stopping || bridge_lend_ready(d))
		return;
	log_debug("the marks of some interfaces are not known: not waiting");
	d->marks_late = 1;
	(void)super_adjust(&d->fetch.c);
}

void
bridge_lend_start(struct bridge *d)
{
	static const struct timeval tv = { MARKS_MS / 1000, 0 };

	if (event_base_once(d->super.base, -1, EV_TIMEOUT, late, d,
	    &tv) == -1)
		fatalx("no timer for the marks of interfaces");
}
