/*
 * bridgenetns: network namespaces that are made anew under their name, as a
 * container does that is started again; see bridge.h.  A socket of netlink
 * stays in the old one, which is empty then.
 */
#include <sys/stat.h>
#include <event2/event.h>

#include "bridge.h"
#include "log.h"

#define LOOK_SECS	2

/* The namespace of an interface.  0, or -1: there is none. */
static int
look_at(const struct bridge_iface *f, struct stat *st)
{
	if (f->conf == NULL || f->conf->netns == NULL)
		return (-1);
	return (stat(f->conf->netns, st));
}

void
bridge_netns_entered(struct bridge_iface *f)
{
	struct stat st;

	f->ns_ino = look_at(f, &st) == 0 ? st.st_ino : 0;
}

void
bridge_netns_look(struct bridge *d)
{
	struct bridge_iface *f;
	struct stat st;
	unsigned int i;

	for (i = 0; i < IPC_BRIDGE_MAXIFACES; i++) {
		f = &d->ifaces[i];
		if (d->netlink.c.chan == NULL || look_at(f, &st) == -1 ||
		    st.st_ino == f->ns_ino)
			continue;
		if (f->ns_ino != 0)
			log_info("interface %s: the network namespace %s is "
			    "another one now", f->name, f->conf->netns);
		f->ns_ino = st.st_ino;
		if (bridge_netlink_socket(d, i) == -1)
			super_fail(&d->netlink.c, "could not be sent a socket");
	}
}

static void
look(evutil_socket_t fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	bridge_netns_look(arg);
}

void
bridge_netns_watch(struct bridge *d)
{
	static const struct timeval tv = { LOOK_SECS, 0 };
	struct event *ev = event_new(d->super.base, -1, EV_PERSIST, look, d);

	if (ev == NULL || event_add(ev, &tv) == -1)
		fatalx("no timer to watch network namespaces");
}
