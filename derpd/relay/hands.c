/*
 * hands: see hands.h.  Called by relay.c.
 *
 * A front may have been taken over: what it sends is checked (adopt.c), and one
 * that sends what an honest one never does is reported to the parent, which
 * ends it.
 */
#include "adopt.h"
#include "hands.h"
#include "ipcsend.h"
#include "log.h"
#include "relay.h"

void
relay_hands_init(struct relay *r)
{
	unsigned int i;

	for (i = 0; i < IPC_MAXWORKERS; i++)
		r->hands.from[i].r = r;
}

static unsigned int
number(const struct relay_hand *h)
{
	return ((unsigned int)(h - h->r->hands.from));
}

static void
drop(struct relay_hand *h, struct ipc_chan *ch)
{
	if (ch == h->ending)
		h->ending = NULL;
	else
		h->chan = NULL;
	ipc_chan_free(ch);
}

/*
 * End the channel of a front that was taken over, and report that.  No new
 * channel is requested: the next front gets one.  An older channel may be that
 * of a front that has ended, whose successor is not to blame.
 */
static void
report(struct relay_hand *h, struct ipc_chan *ch, const char *why)
{
	struct ipc_msg_relay_forged v = { number(h) };
	const int older = ch == h->ending;

	log_warnx("front %u handed over what it must not (%s): its channel is "
	    "closed", number(h), why);
	drop(h, ch);
	if (!older && ipc_send_relay_forged(h->r->parent, &v) == -1)
		log_warn("can't report that to the parent (sendmsg)");
}

static void
gone(struct ipc_chan *ch, const char *why, void *arg)
{
	struct relay_hand *h = arg;
	const int older = ch == h->ending;

	if (ipc_chan_broke(ch)) {
		report(h, ch, why);
		return;
	}
	log_debug("the channel of hand-overs from front %u is closed: %s",
	    number(h), why);
	drop(h, ch);
	/* In a hold fronts close them, and the parent makes others. */
	if (!older && !relay_hold_is_on(h->r))
		h->r->hands.lost |= 1ULL << number(h);
}

static void
message(struct ipc_chan *ch, struct ipc_msg *m, void *arg)
{
	struct relay_hand *h = arg;
	const char *why;

	conn_clock(&h->r->set);
	if (relay_adopt_message(h->r, number(h), m, &why) == -1)
		report(h, ch, why);
}

int
relay_hands_closed(const struct relay *r)
{
	unsigned int i;

	for (i = 0; i < IPC_MAXWORKERS; i++)
		if (r->hands.from[i].chan != NULL ||
		    r->hands.from[i].ending != NULL)
			return (0);
	return (1);
}

void
relay_hands_close(struct relay *r)
{
	struct relay_hand *h;
	unsigned int i;

	for (i = 0; i < IPC_MAXWORKERS; i++) {
		h = &r->hands.from[i];
		if (h->chan == NULL && h->ending == NULL)
			continue;
		log_warnx("front %u does not end its hand-overs, and sessions "
		    "wait for that: its channel is closed", i);
		ipc_chan_free(h->ending);
		ipc_chan_free(h->chan);
		h->ending = h->chan = NULL;
	}
}

void
relay_hands_missing(struct relay *r)
{
	unsigned int i;

	for (i = 0; i < r->conf.nfronts; i++)
		if (r->hands.from[i].chan == NULL)
			r->hands.lost |= 1ULL << i;
}

int
relay_hands_open(struct relay *r, int fd, unsigned int front)
{
	struct relay_hand *h = &r->hands.from[front];
	struct ipc_chan *ch;

	ch = ipc_chan_new(r->set.base, fd, ROLE_RELAY, ROLE_FRONT, message,
	    gone, h);
	if (ch == NULL)
		return (-1);
	ipc_chan_free(h->ending);
	h->ending = h->chan;
	h->chan = ch;
	r->hands.lost &= ~(1ULL << front);
	return (0);
}
