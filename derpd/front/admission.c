/*
 * admission: see admission.h.  Called by frontlogin.c when keys has opened a
 * box, by frontconn.c when a deadline has passed, and by front.c.
 *
 * Admit gets the number of the ticket of keys, the client's key and its
 * address.  Its own ticket goes to the relay worker, which believes no front
 * (handover.c).
 *
 * A client that is refused is told why in a Health frame.  A Tailscale client
 * then begins its back-off anew: it would come again within milliseconds, with
 * a handshake each time.  So its connection stays for some seconds.
 */
#include <sodium.h>
#include <stdio.h>
#include <string.h>

#include "admission.h"
#include "front.h"
#include "ipcdispatch.h"
#include "ipcsend.h"
#include "log.h"
#include "ticket.h"

#define REFUSED_SECS	5	/* a Tailscale client waits no longer */

/* Return the bytes that admit has yet to read. */
static size_t
queued(void *arg)
{
	const struct front *f = arg;

	return (f->admission.chan == NULL ? SIZE_MAX :
	    ipc_chan_queued(f->admission.chan));
}

static void
send_ask(void *arg, uint64_t id, void *owner)
{
	struct front *f = arg;
	const struct front_conn *c = owner;
	struct ipc_msg_admit_ask v = {
		.cookie = id,
		.worker = c->login.worker,
		.number = ipc_ticket_number(c->login.ticket),
		.client = ipc_ticket_client(c->login.ticket),
		.addr = c->conn.addr
	};

	if (ipc_send_admit_ask(f->admission.chan, &v) == -1)
		log_warn("can't ask admit about a client (sendmsg): its login "
		    "times out");
}

void
front_admission_init(struct front *f)
{
	static const struct front_asks_ops ops = { queued, send_ask };
	uint64_t id;

	/* Admit must not take questions for those of an earlier start. */
	randombytes_buf(&id, sizeof(id));
	front_asks_init(&f->admission.asks, &ops, f, id);
}

/* The counter of a verdict. */
static uint64_t *
counter(struct conn_stats *s, enum ipc_admit_verdict v)
{
	switch (v) {
	case IPC_ADMIT_YES:
		return (&s->admit_yes);
	case IPC_ADMIT_UNKNOWN:
		return (&s->admit_unknown);
	case IPC_ADMIT_DENIED:
		return (&s->admit_denied);
	case IPC_ADMIT_REFUSED:
		return (&s->admit_refused);
	case IPC_ADMIT_FAILED:
		return (&s->admit_failed);
	case IPC_ADMIT_QUOTA:
		return (&s->admit_quota);
	case IPC_ADMIT_CROWDED:
		return (&s->admit_crowded);
	case IPC_ADMIT_BUSY:
		return (&s->admit_busy);
	case IPC_ADMIT_NO_SECRET:
		break;
	}
	return (&s->admit_no_secret);
}

/* Send the client the text of a Health frame. */
static void
send_health(struct front_conn *c, const char *text)
{
	uint8_t frame[FRAME_HDR_LEN + IPC_ADMIT_WHYSIZE];
	size_t n = strnlen(text, IPC_ADMIT_WHYSIZE);

	net_frame_put_hdr(frame, FRAME_HEALTH, (uint32_t)n);
	memcpy(frame + FRAME_HDR_LEN, text, n);
	conn_send(&c->conn, frame, FRAME_HDR_LEN + n);
}

/* Refuse the client, who is told `why'; "": only that it is not admitted. */
static void
refuse(struct front_conn *c, const char *why)
{
	const struct log_about about = conn_about(&c->conn);

	if (why[0] == '\0')
		why = "not admitted";
	log_client(LOG_INFO, &c->f->admission.refused, &about, "login refused: "
	    "%s", why);
	front_login_free(c);
	c->conn.state = CONN_REFUSED;
	conn_deadline(&c->conn, REFUSED_SECS);
	send_health(c, why);
}

static int
on_answer(void *arg, const struct ipc_msg_admit_answer *v)
{
	struct front *f = arg;
	struct front_conn *c;
	void *owner;
	int rv;

	rv = front_asks_answered(&f->admission.asks, v->cookie, &owner);
	front_asks_more(&f->admission.asks);
	if (rv != 1)
		return (rv);
	c = owner;
	if (c->conn.dead || c->conn.state != CONN_ASK)
		return (0);
	++*counter(f->set.stats, v->verdict);
	if (v->verdict == IPC_ADMIT_YES)
		front_login_admitted(c, v->ticket);
	else
		refuse(c, v->why);
	return (0);
}

static const struct ipc_handlers handlers = {
	.admit_answer = on_answer
};

static void
gone(struct ipc_chan *ch, const char *why, void *arg)
{
	struct front *f = arg;

	log_debug("the channel to admit is closed: %s", why);
	ipc_chan_free(ch);
	f->admission.chan = NULL;
}

static void
message(struct ipc_chan *ch, struct ipc_msg *m, void *arg)
{
	struct front *f = arg;
	const char *what;

	conn_clock(&f->set);
	if ((what = ipc_dispatch(&handlers, m, f)) == NULL)
		return;
	log_warnx("admit %s (%s): its channel is closed", what,
	    ipc_msg_name(m->type));
	gone(ch, what, f);
}

int
front_admission_open(struct front *f, int fd)
{
	struct ipc_chan *ch;

	ch = ipc_chan_new(f->set.base, fd, ROLE_FRONT, ROLE_ADMIT, message,
	    gone, f);
	if (ch == NULL)
		return (-1);
	ipc_chan_free(f->admission.chan);
	f->admission.chan = ch;
	front_asks_again(&f->admission.asks);
	return (0);
}

void
front_admission_ask(struct front_conn *c)
{
	c->conn.state = CONN_ASK;
	front_asks_add(&c->f->admission.asks, &c->login.ask, c);
}

void
front_admission_forget(struct front_conn *c)
{
	front_asks_remove(&c->f->admission.asks, &c->login.ask);
	explicit_bzero(c->login.admit, sizeof(c->login.admit));
	c->login.admitted = 0;
}

void
front_admission_expired(struct front_conn *c)
{
	if (c->conn.state == CONN_REFUSED) {
		conn_drain(&c->conn);
		return;
	}
	c->f->set.stats->admit_timeout++;
	refuse(c, "not admitted: the relay could not decide in time");
}

void
front_admission_changed(struct front *f)
{
	struct front_conn *fc;
	struct conn *c;

	TAILQ_FOREACH(c, &f->set.conns, entry) {
		fc = front_conn_of(c);
		if (c->dead)
			continue;
		if (!f->conf.admit && c->state == CONN_ASK) {
			front_admission_forget(fc);
			front_login_hand_over(fc);
		} else if (f->conf.admit && c->state == CONN_HAND &&
		    !fc->login.mesh && !fc->login.admitted) {
			front_handover_forget(fc);
			front_admission_ask(fc);
		}
	}
}

void
front_admission_tick(struct front *f)
{
	if (f->conf.admit && f->admission.chan == NULL &&
	    ipc_chan_send(f->parent, MSG_SERVER_ADMITLESS, NULL, -1) == -1)
		log_warn("can't request a channel to admit from the parent "
		    "(sendmsg)");
}
