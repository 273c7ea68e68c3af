/*
 * wgslots: the interfaces of the process, by their numbers, and what is done to
 * all of them; see wgpriv.h.  Called by wg.c.
 */
#include <string.h>
#include <unistd.h>

#include "clock.h"
#include "log.h"
#include "wgpriv.h"

#define WANT_MS		1000	/* from one request of a socket to the next */
#define WANT_MAX_MS	10000	/* and later */

void
wg_slot_want(struct wg *w, unsigned int i, uint64_t now)
{
	struct wg_slot *s = &w->slots[i];
	struct ipc_msg_netlink_want v = { i };
	uint64_t ms = WANT_MS;
	unsigned int n;

	if (now < s->want_at)
		return;
	for (n = 0; n < s->wants && ms < WANT_MAX_MS; n++)
		ms *= 2;
	s->wants++;
	s->want_at = now + (ms < WANT_MAX_MS ? ms : WANT_MAX_MS);
	if (ipc_send_netlink_want(w->child->parent, &v) == -1)
		log_warn("can't send to the parent (sendmsg)");
}

void
wg_slot_socket(struct wg_slot *s, int fd)
{
	if (s->used) {
		wg_backend_open(&s->iface.backend, fd);
		s->iface.due = 0;
		return;
	}
	if (s->fd != -1)
		close(s->fd);
	s->fd = fd;
}

int
wg_slot_peers(struct wg_slot *s, const struct ipc_msg_netlink_peers *v)
{
	if (v->npeers > IPC_BRIDGE_MAXPEERS)
		return (-1);
	if (wg_served_set(&s->served, v->peers, v->npeers) == -1)
		fatal("no memory for the peers of an interface");
	return (0);
}

/* Set all endpoints of an interface to the direct ones. */
static int
restore(struct wg_iface *f, uint32_t *restored, uint32_t *left)
{
	const uint32_t before = *restored;
	int rv;

	rv = wg_iface_restore(f, base_clock_ms(), restored, left);
	if (*restored > before)
		log_info("%s: %u endpoints are direct again", f->conf.name,
		    *restored - before);
	return (rv);
}

static void
drop(struct wg *w, unsigned int i)
{
	struct wg_slot *s = &w->slots[i];
	uint32_t restored = 0, left = 0;

	if (s->iface.backend.fd != -1)
		(void)restore(&s->iface, &restored, &left);
	wg_iface_free(&s->iface);
	s->used = 0;
}

static void
set_iface(struct wg *w, const struct ipc_wg_iface *conf)
{
	struct wg_slot *s = &w->slots[conf->iface];

	if (s->used && wg_iface_is(&s->iface, conf)) {
		wg_iface_settings(&s->iface, conf);
		wg_iface_serve(&s->iface, &s->served);
		return;
	}
	if (s->used)
		drop(w, conf->iface);
	wg_iface_init(&s->iface, conf, &w->memory, w->buf, &wg_report, w);
	wg_iface_serve(&s->iface, &s->served);
	s->used = 1;
	s->wants = 0;
	s->want_at = 0;
	wg_backend_open(&s->iface.backend, s->fd);
	s->fd = -1;
	if (w->worker != NULL)
		wg_iface_report(&s->iface);
}

int
wg_slots_set(struct wg *w, const struct ipc_msg_netlink_conf *v)
{
	struct ipc_rd left = v->ifaces_left;
	struct ipc_wg_iface conf;
	int named[IPC_BRIDGE_MAXIFACES] = { 0 };
	uint32_t i;

	for (i = 0; i < v->nifaces; i++) {
		if (ipc_next_wg_iface(&left, &conf) == -1)
			return (-1);
		named[conf.iface] = 1;
		set_iface(w, &conf);
	}
	for (i = 0; i < IPC_BRIDGE_MAXIFACES; i++)
		if (w->slots[i].used && !named[i])
			drop(w, i);
	return (0);
}

void
wg_slots_restore(struct wg *w, struct ipc_msg_netlink_restored *v, char *why,
    size_t size)
{
	struct wg_iface *f;
	unsigned int i;

	for (i = 0; i < IPC_BRIDGE_MAXIFACES; i++) {
		f = &w->slots[i].iface;
		if (!w->slots[i].used || restore(f, &v->restored,
		    &v->left) == 0 || f->missing || *why != '\0')
			continue;
		strlcpy(why, f->conf.name, size);
		strlcat(why, ": ", size);
		strlcat(why, f->why, size);
	}
}
