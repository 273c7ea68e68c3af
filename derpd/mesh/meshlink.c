/*
 * meshlink: see meshlink.h.  Called by mesh.c.
 *
 * The relay worker alone knows how a link fares.  A link is lost with the
 * channel to its worker, too, unless the next worker has it: links move with
 * sessions.
 */
#include <event2/event.h>
#include <sodium.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "address.h"
#include "aead_backends.h"
#include "clock.h"
#include "ipcsend.h"
#include "log.h"
#include "meshlink.h"
#include "printable.h"

#define OLD_JITTER_SECS	60

static const char relay_ended[] = "the relay worker has ended";

/* Tell the parent. */
static void
report(struct mesh_link *l)
{
	struct ipc_msg_mesh_status v = {
		.state = l->state,
		.server_key = l->key,
		.address = l->address,
		.why = l->why
	};

	if (ipc_send_mesh_status(l->parent, &v) == -1)
		fatal("can't send to the parent (sendmsg)");
}

/* Store why the link is down, in one printable line; log what is new. */
static void
set_why(struct mesh_link *l, const char *why)
{
	char line[sizeof(l->why)];

	strlcpy(line, why, sizeof(line));
	base_printable(line);
	if (strcmp(line, l->why) != 0)
		log_warnx("node %s: %s", l->node->label, line);
	strlcpy(l->why, line, sizeof(l->why));
}

/*
 * The link is down, after `up' ms: dial it again, at once if `now'.
 */
static void
down(struct mesh_link *l, const char *why, uint64_t up, int now)
{
	unsigned int ms;
	struct timeval tv;

	set_why(l, why);
	l->state = IPC_MESH_DOWN;
	l->address[0] = '\0';
	event_del(&l->old);
	ms = dial_redial_after(&l->redial, up, now, randombytes_random());
	tv.tv_sec = (time_t)(ms / 1000);
	tv.tv_usec = (suseconds_t)(ms % 1000 * 1000);
	event_add(&l->again, &tv);
	report(l);
}

/* The link that was up has ended. */
static void
end(struct mesh_link *l, const char *why, int now)
{
	mesh_pump_end(&l->pump);
	down(l, why, base_clock_ms() - l->since, now);
}

void
mesh_link_dial(struct mesh_link *l)
{
	if (l->state != IPC_MESH_DOWN || l->keys == NULL || !l->met ||
	    evtimer_pending(&l->again, NULL))
		return;
	l->state = IPC_MESH_DIALING;
	report(l);
	dial_begin(&l->dial);
}

static void
on_again(evutil_socket_t fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	mesh_link_dial(arg);
}

void
mesh_link_reload(struct mesh_link *l)
{
	if (l->state == IPC_MESH_SELF)
		l->state = IPC_MESH_DOWN;
	event_del(&l->again);
	mesh_link_dial(l);
}

/* Hand-over */

/* Send the link over the descriptor `fd', which is taken. */
static int
send_link(struct mesh_link *l, struct ipc_msg_mesh_link *v, int fd)
{
	const struct net_place *p = &l->dial.places[l->dial.at];
	uint8_t addr[IPC_ADDRLEN];

	v->number = ++l->number;
	v->server_key = l->key;
	v->port = net_address_get((const struct sockaddr *)&p->ss, addr);
	v->addr = addr;
	return (ipc_send_mesh_link(l->relay, v, fd));
}

/* Give the connection away, with records of our own. */
static int
give(struct mesh_link *l)
{
	struct dial *d = &l->dial;
	uint8_t plain[sizeof(d->login.buf) + NET_RECORD_MAX];
	struct ipc_msg_mesh_link v = { .record_len = NET_RECORD_SAVED };
	struct net_transport_state st;
	int rv = -1;

	if (net_transport_save(&d->t, &st) == 0) {
		memcpy(plain, d->login.buf, d->login.len);
		if (st.plain_len > 0)
			memcpy(plain + d->login.len, st.plain, st.plain_len);
		v.record = st.record;
		v.plain = plain;
		v.plain_len = d->login.len + st.plain_len;
		v.cipher = st.cipher;
		v.cipher_len = st.cipher_len;
		/* The descriptor is taken, also on error. */
		rv = send_link(l, &v, d->t.fd);
		(void)net_transport_give(&d->t);
	}
	explicit_bzero(&st, sizeof(st));
	return (rv);
}

/* Keep the connection, and give one end of a pair away. */
static int
pump(struct mesh_link *l)
{
	struct dial *d = &l->dial;
	struct ipc_msg_mesh_link v = {
		.proxied = 1,
		.plain = d->login.buf,
		.plain_len = d->login.len
	};
	int fd;

	if ((fd = mesh_pump_begin(&l->pump, &d->t)) == -1)
		return (-1);
	return (send_link(l, &v, fd));
}

static void
hand_over(struct mesh_link *l)
{
	struct dial *d = &l->dial;

	if ((d->t.own != NULL ? give(l) : pump(l)) == -1) {
		mesh_pump_end(&l->pump);
		net_transport_close(&d->t);
		down(l, "the connection can't be handed over to the relay "
		    "worker", 0, 0);
		return;
	}
	l->state = IPC_MESH_UP;
	l->since = base_clock_ms();
	l->why[0] = '\0';
	strlcpy(l->address, d->where, sizeof(l->address));
	log_info("node %s: up at %s", l->node->label, l->address);
	report(l);
}

/* Dialling */

static void
on_ask(struct dial *d, void *arg)
{
	struct mesh_link *l = arg;
	struct ipc_msg_mesh_login v = { .cookie = ++l->cookie };

	memcpy(l->key, d->login.server.key, sizeof(l->key));
	v.server_key = l->key;
	/* A channel that is broken is reported by the loop. */
	(void)ipc_send_mesh_login(l->keys, &v);
}

static void
on_ended(struct dial *d, enum dial_end e, void *arg)
{
	struct mesh_link *l = arg;

	switch (e) {
	case DIAL_FAILED:
		down(l, d->why, 0, 0);
		break;
	case DIAL_SELF:
		log_info("node %s: it is this one, at %s: it is not dialled "
		    "again", l->node->label, d->where);
		memcpy(l->key, l->node->own, sizeof(l->key));
		l->why[0] = '\0';
		l->state = IPC_MESH_SELF;
		report(l);
		break;
	case DIAL_IN:
		hand_over(l);
		break;
	}
}

void
mesh_link_logged(struct mesh_link *l, const struct ipc_msg_mesh_logged *v)
{
	if (v->cookie != l->cookie || l->dial.step != DIAL_ASK)
		return;
	if (v->ok)
		dial_info(&l->dial, v->info, v->info_len);
	else
		dial_no_info(&l->dial, v->why);
}

void
mesh_link_lost(struct mesh_link *l, const struct ipc_msg_mesh_lost *v)
{
	if (l->state == IPC_MESH_UP && v->number == l->number)
		end(l, v->why, v->now);
}

/* The worker has a link that moved to it: this one, or an older process's. */
static void
adopt(struct mesh_link *l, const struct ipc_msg_mesh_hello *v)
{
	const struct timeval tv = { .tv_sec = (time_t)v->end };
	struct net_place place;

	if (l->state != IPC_MESH_UP) {
		l->since = base_clock_ms();
		net_place_set(&place, v->addr, v->port);
		net_place_text(&place, l->address, sizeof(l->address));
		log_info("node %s: up at %s, as before", l->node->label,
		    l->address);
	}
	l->state = IPC_MESH_UP;
	l->number = v->number;
	l->why[0] = '\0';
	memcpy(l->key, v->server_key, sizeof(l->key));
	event_del(&l->again);
	if (v->end != 0 && !evtimer_pending(&l->old, NULL))
		event_add(&l->old, &tv);
	report(l);
}

void
mesh_link_hello(struct mesh_link *l, const struct ipc_msg_mesh_hello *v)
{
	if (l->met)
		return;
	l->met = 1;
	if (v->up && !mesh_pump_on(&l->pump))
		adopt(l, v);
	else if (l->state == IPC_MESH_UP)
		end(l, relay_ended, 1);
	mesh_link_dial(l);
}

/* The mesh key */

/* The link is a day older than the mesh key. */
static void
on_old(evutil_socket_t fd, short what, void *arg)
{
	struct mesh_link *l = arg;
	struct ipc_msg_mesh_end v = { .number = l->number };

	(void)fd;
	(void)what;
	if (l->state != IPC_MESH_UP)
		return;
	(void)ipc_send_mesh_end(l->relay, &v);
	end(l, "the mesh key has changed a day ago: logging in anew", 1);
}

void
mesh_link_rekey(struct mesh_link *l)
{
	struct timeval tv = { .tv_sec = MESH_OLD_SECS };

	if (l->state == IPC_MESH_UP && !evtimer_pending(&l->old, NULL)) {
		tv.tv_sec += (time_t)randombytes_uniform(OLD_JITTER_SECS);
		event_add(&l->old, &tv);
	}
	if (l->state != IPC_MESH_DIALING)
		return;
	/* The ClientInfo may have the old one. */
	dial_stop(&l->dial);
	l->state = IPC_MESH_DOWN;
	mesh_link_dial(l);
}

/* Channels */

/* Without one of the channels it can't be dialled to the end. */
static void
stop_dialling(struct mesh_link *l, const char *why)
{
	if (l->state != IPC_MESH_DIALING)
		return;
	dial_stop(&l->dial);
	down(l, why, 0, 1);
}

void
mesh_link_keys(struct mesh_link *l, struct ipc_chan *c)
{
	ipc_chan_free(l->keys);
	l->keys = c;
	stop_dialling(l, "the process keys has ended");
	mesh_link_dial(l);
}

void
mesh_link_relay(struct mesh_link *l, struct ipc_chan *c)
{
	ipc_chan_free(l->relay);
	l->relay = c;
	l->met = 0;
	/* The next worker says whether it has the link. */
	if (l->state == IPC_MESH_UP && c == NULL)
		end(l, relay_ended, 1);
	stop_dialling(l, relay_ended);
}

void
mesh_link_init(struct mesh_link *l)
{
	l->state = IPC_MESH_DOWN;
	/* Libcrypto's ciphers are enough for a few records. */
	if (net_aead_evp.setup() == -1)
		fatalx("can't initialise libcrypto's ciphers");
	net_record_cache_init(&l->records, &net_aead_evp, 2);
	l->dial.base = l->base;
	l->dial.node = l->node;
	l->dial.records = &l->records;
	l->dial.ask = on_ask;
	l->dial.ended = on_ended;
	l->dial.arg = l;
	dial_init(&l->dial);
	mesh_pump_init(&l->pump, l->base);
	evtimer_assign(&l->again, l->base, on_again, l);
	evtimer_assign(&l->old, l->base, on_old, l);
}
