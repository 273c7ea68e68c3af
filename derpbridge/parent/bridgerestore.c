/*
 * bridgerestore: derpbridged -R, for a service manager after a crash, and for
 * operators; see bridge.h.  It runs netlink alone.
 */
#include <sys/socket.h>
#include <sys/un.h>
#include <event2/event.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "bridge.h"
#include "ipcsend.h"
#include "log.h"

#define RESTORE_MS	10000	/* for all of it */

/* Returns 1 when a derpbridged answers at its control socket. */
static int
runs(const struct bconf *c)
{
	struct sockaddr_un sun;
	int fd, rv;

	memset(&sun, 0, sizeof(sun));
	sun.sun_family = AF_UNIX;
	strlcpy(sun.sun_path, c->control, sizeof(sun.sun_path));
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd == -1)
		return (0);
	rv = connect(fd, (const struct sockaddr *)&sun, sizeof(sun)) == 0;
	close(fd);
	return (rv);
}

void
bridge_restored(struct bridge *d, const struct ipc_msg_netlink_restored *v)
{
	d->done = 1;
	if (v->why[0] != '\0') {
		log_warnx("not all endpoints were restored: %s", v->why);
		d->super.failed = 1;
	}
	log_info("%u endpoints are direct again, %u had none to return to",
	    v->restored, v->left);
	event_base_loopbreak(d->super.base);
}

static void
late(evutil_socket_t fd, short what, void *arg)
{
	struct bridge *d = arg;

	(void)fd;
	(void)what;
	log_warnx("endpoints were not restored within %d s", RESTORE_MS / 1000);
	super_start_failed(&d->super);
}

/* Start netlink, and ask it.  0, or -1 (logged). */
static int
ask(struct bridge *d)
{
	static const struct timeval tv = { RESTORE_MS / 1000, 0 };

	if (event_base_once(d->super.base, -1, EV_TIMEOUT, late, d,
	    &tv) == -1) {
		log_warnx("no timer to restore endpoints");
		return (-1);
	}
	if (super_start(&d->super) == -1)
		return (-1);
	return (ipc_send_netlink_restore(d->netlink.c.chan));
}

int
bridge_restore(struct bridge *d)
{
	d->restoring = 1;
	if (runs(d->conf)) {
		log_warnx("control %s: a derpbridged runs, which restores "
		    "endpoints when it is stopped", d->conf->control);
		return (1);
	}
	if (bridge_set_up(d) == -1)
		return (1);
	d->super.starting = 1;	/* one that ends is not started again */
	if (ask(d) == -1)
		d->super.failed = 1;
	while (!d->super.failed && !d->done)
		super_turn(&d->super);
	bridge_netlink_drain(&d->netlink);
	super_end(&d->super);
	return (d->super.failed);
}
