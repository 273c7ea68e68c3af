/*
 * path: whether a peer is reached directly or over the relay; see path.h.
 * Called by steer.c, carry.c, workeriface.c and relays.c.  Pure.
 *
 *	direct		to relayed: the peer does not answer (silence()), has
 *			no endpoint, or the kernel has moved the endpoint to
 *			the relay, as a packet came from there
 *	relayed		to direct: the kernel has moved the endpoint, as a
 *			packet came directly; or the peer does not answer over
 *			the relay either
 *			to trying: a try is due and an answer is likely; or the
 *			endpoint is direct and it is not known why
 *	trying		to direct: a packet came directly; else to relayed.
 *			No packet from the relay passes: it would move the
 *			endpoint back.
 *
 * In the state direct, packets from the relay pass unless the direct path has
 * just brought some: so a peer whose packets do not come directly any more is
 * heard, and those of a peer that sends everything both ways do not move the
 * endpoint.  If the endpoint is seen where it was not sent, the kernel (or
 * another program) is right, unless the policy says otherwise.
 */
#include <string.h>

#include "path.h"

#define SILENT_MS	13000	/* data without an answer: keepalives come
				   after 10 s */
#define INITIATION_MS	6000	/* ... initiations: sent again after 5 s */
#define KEEPALIVE_MS	5000	/* keepalives that are late by this and a
				   quarter are not sent at all */
#define ORDER_MS	2000	/* until an order shows in a poll */
#define INSIST_MS	200	/* ... before it is given again, when the
				   kernel moves the endpoint all the time */
#define MOVED_MS	5000	/* between two moves: the kernel, not a
				   program that runs now and then */

#define TRY_MS		1500	/* of a direct endpoint */
#define TRY_WHOLE_MS	5000	/* ... from the order on */
#define REST_MS		30000	/* relayed in vain, and nothing to be sent */

#define HURRY_MS	60000	/* between two hurries */
#define BACKOFF_MIN_MS	10000
#define BACKOFF_MAX_MS	300000
#define STEADY_MS	60000	/* direct for so long: a new fault is another
				   fault */

#define LINES		6	/* switches to be logged at once */
#define LINE_MS		60000	/* ... and then one each */
#define DEAD_LINES	4	/* ... of a peer that is not heard at all, and
				   then the 8th, the 16th ... */

void
worker_path_init(struct worker_path *p, uint32_t random)
{
	memset(p, 0, sizeof(*p));
	worker_signs_init(&p->signs);
	p->random = random;
	p->backoff = BACKOFF_MIN_MS;
	p->lines = LINES;
}

int
worker_path_admit(struct worker_path *p, const void *packet, size_t n,
    uint64_t now)
{
	worker_signs_relayed(&p->signs, packet, n, now);
	if (p->open)
		return (1);
	switch (p->state) {
	case WORKER_PATH_DIRECT:
		return (worker_signs_needed(&p->signs, now));
	case WORKER_PATH_RELAYED:
		return (1);
	case WORKER_PATH_TRYING:
		/* Longer only if there are no polls any more. */
		return (now - p->since > TRY_WHOLE_MS + TRY_MS);
	}
	return (1);
}

void
worker_path_delivered(struct worker_path *p, size_t n)
{
	worker_signs_delivered(&p->signs, n);
}

/* A number that looks random, below `n'. */
static uint64_t
jitter(struct worker_path *p, uint64_t n)
{
	p->random = p->random * 1664525 + 1013904223;
	return (n == 0 ? 0 : (p->random >> 8) % n);
}

/* The next try comes after the back-off, give or take a fifth. */
static void
plan_try(struct worker_path *p, uint64_t now)
{
	p->probe_at = now + p->backoff - p->backoff / 5 +
	    jitter(p, p->backoff * 2 / 5);
}

static void
back_off(struct worker_path *p)
{
	p->backoff *= 2;
	if (p->backoff > BACKOFF_MAX_MS)
		p->backoff = BACKOFF_MAX_MS;
}

/*
 * May a switch be logged?  Six at once, and one a minute; of a peer that is
 * dead by both ways, which goes to and fro for days, fewer and fewer.
 */
static int
may_log(struct worker_path *p, uint64_t now)
{
	uint64_t n = (now - p->lines_at) / LINE_MS;

	if (++p->dead > DEAD_LINES && (p->dead & (p->dead - 1)) != 0)
		return (0);
	if (n > 0) {
		p->lines = n >= LINES - p->lines ? LINES :
		    p->lines + (unsigned int)n;
		p->lines_at = now;
	}
	if (p->lines == 0)
		return (0);
	p->lines--;
	return (1);
}

static void
order(struct worker_path *p, enum worker_path_order o, uint64_t now,
    struct worker_path_step *step)
{
	step->order = o;
	p->order = o;
	p->ordered_at = now;
	p->done = 0;
}

/* Is it too early for a poll to show what was ordered? */
static int
is_pending(const struct worker_path *p, uint64_t now)
{
	return (p->order != WORKER_PATH_KEEP && !p->done &&
	    now - p->ordered_at < ORDER_MS);
}

/* Order the endpoint to be where it is not, unless that was done just now. */
static void
insist(struct worker_path *p, enum worker_path_order o, uint64_t now,
    struct worker_path_step *step)
{
	if (p->order != o || !is_pending(p, now))
		order(p, o, now, step);
}

static void
switch_to(struct worker_path *p, enum worker_path_state state,
    enum worker_path_reason reason, uint64_t now, struct worker_path_step *step)
{
	p->state = state;
	p->reason = reason;
	p->since = now;
	p->heard = 0;
	p->try_at = 0;
	p->try_sent = 0;
	p->moved_at = 0;
	p->probe_at = 0;
	worker_signs_restart(&p->signs);
	if (state == WORKER_PATH_RELAYED)
		plan_try(p, now);
	step->switched = 1;
	step->quiet = !may_log(p, now);
}

/* Was something ordered that no poll has shown, and that may happen yet? */
static int
is_open(const struct worker_path *p, enum worker_path_order o)
{
	return (p->order == o && !p->done);
}

static void
relay(struct worker_path *p, enum worker_path_reason reason, uint64_t now,
    struct worker_path_step *step)
{
	switch_to(p, WORKER_PATH_RELAYED, reason, now, step);
	if (p->signs.last.endpoint != IPC_ENDPOINT_RELAY ||
	    is_open(p, WORKER_PATH_TO_DIRECT))
		order(p, WORKER_PATH_TO_RELAY, now, step);
}

static void
direct(struct worker_path *p, enum worker_path_reason reason, uint64_t now,
    struct worker_path_step *step)
{
	switch_to(p, WORKER_PATH_DIRECT, reason, now, step);
	if (p->signs.last.endpoint != IPC_ENDPOINT_DIRECT ||
	    is_open(p, WORKER_PATH_TO_RELAY))
		order(p, WORKER_PATH_TO_DIRECT, now, step);
}

static void
try_direct(struct worker_path *p, enum worker_path_reason reason, uint64_t now,
    struct worker_path_step *step)
{
	switch_to(p, WORKER_PATH_TRYING, reason, now, step);
	if (p->signs.last.endpoint == IPC_ENDPOINT_DIRECT)
		p->try_at = now;
	else
		order(p, WORKER_PATH_TO_DIRECT, now, step);
}

/*
 * Does the peer not answer?  Returns 1 with the reason in *r, else 0.  The
 * kernel does not count what it can't send for want of a route; but keepalives
 * that are due and not counted tell.
 */
static int
is_silent(const struct worker_path *p, unsigned int keepalive, uint64_t now,
    enum worker_path_reason *r)
{
	const struct worker_signs *s = &p->signs;

	if (s->unheard && p->state == WORKER_PATH_DIRECT)
		*r = WORKER_PATH_UNHEARD;
	else if (s->initiation_at != 0 &&
	    now - s->initiation_at >= INITIATION_MS)
		*r = WORKER_PATH_NO_HANDSHAKE;
	else if (s->data_at != 0 && now - s->data_at >= SILENT_MS)
		*r = WORKER_PATH_SILENT;
	else if (keepalive > 0 && s->still_at != 0 && now - s->still_at >=
	    (uint64_t)keepalive * 1250 + KEEPALIVE_MS)
		*r = WORKER_PATH_NO_ROUTE;
	else
		return (0);
	return (1);
}

static void
poll_direct(struct worker_path *p, unsigned int keepalive, uint64_t now,
    struct worker_path_step *step)
{
	enum worker_path_reason reason;

	switch (p->signs.last.endpoint) {
	case IPC_ENDPOINT_NONE:
		relay(p, WORKER_PATH_NO_ENDPOINT, now, step);
		return;
	case IPC_ENDPOINT_RELAY:
		if (is_pending(p, now))
			return;
		relay(p, p->signs.heard ? WORKER_PATH_PEER_RELAYS :
		    WORKER_PATH_MOVED, now, step);
		return;
	case IPC_ENDPOINT_DIRECT:
		break;
	}
	if (now - p->since >= STEADY_MS)
		p->backoff = BACKOFF_MIN_MS;
	if (!is_silent(p, keepalive, now, &reason))
		return;
	if (now - p->since < STEADY_MS)
		back_off(p);
	relay(p, reason, now, step);
	if (reason == WORKER_PATH_UNHEARD)
		p->insist_until = now + p->backoff;
}

/* Nothing ever came over the relay, and nothing is to be sent. */
static int
is_at_rest(const struct worker_path *p, uint64_t now)
{
	if (p->heard || now - p->since < REST_MS ||
	    (p->signs.sent_at != 0 && now - p->signs.sent_at < REST_MS))
		return (0);
	return (p->reason == WORKER_PATH_SILENT ||
	    p->reason == WORKER_PATH_NO_HANDSHAKE ||
	    p->reason == WORKER_PATH_NO_ROUTE);
}

/* Relayed, and the endpoint is the relay. */
static void
stay_relayed(struct worker_path *p, uint64_t now,
    struct worker_path_step *step)
{
	enum worker_path_reason why;

	if (p->signs.heard)
		p->heard = 1;
	if (!p->signs.last.remembered)
		return;
	if (is_silent(p, 0, now, &why) || is_at_rest(p, now))
		direct(p, WORKER_PATH_RELAY_SILENT, now, step);
	else if (now >= p->probe_at && worker_signs_promise(&p->signs, now))
		try_direct(p, WORKER_PATH_PROBE, now, step);
}

/*
 * Relayed, and the endpoint is direct.  If packets have come directly, the
 * kernel has moved it.  Else another program did; but packets of a peer that
 * sends everything both ways look like that, too: the kernel moves it again at
 * once.
 */
static void
is_moved(struct worker_path *p, const struct worker_path_policy *policy,
    uint64_t now, struct worker_path_step *step)
{
	int again;

	if (p->signs.heard && now < p->insist_until) {
		if (now - p->ordered_at >= INSIST_MS)
			order(p, WORKER_PATH_TO_RELAY, now, step);
		return;
	}
	if (p->signs.direct) {
		direct(p, WORKER_PATH_PEER_DIRECT, now, step);
		return;
	}
	if (is_pending(p, now))
		return;
	again = p->signs.heard && p->moved_at != 0 &&
	    now - p->moved_at < MOVED_MS;
	p->moved_at = p->signs.heard ? now : 0;
	if (is_open(p, WORKER_PATH_TO_RELAY))
		order(p, WORKER_PATH_TO_RELAY, now, step);
	else if (policy->endpoints == IPC_ENDPOINTS_ASSERT && !again)
		order(p, WORKER_PATH_TO_RELAY, now, step);
	else
		try_direct(p, WORKER_PATH_MOVED, now, step);
}

static void
poll_relayed(struct worker_path *p, const struct worker_path_policy *policy,
    uint64_t now, struct worker_path_step *step)
{
	switch (p->signs.last.endpoint) {
	case IPC_ENDPOINT_NONE:
		insist(p, WORKER_PATH_TO_RELAY, now, step);
		break;
	case IPC_ENDPOINT_RELAY:
		stay_relayed(p, now, step);
		break;
	case IPC_ENDPOINT_DIRECT:
		is_moved(p, policy, now, step);
		break;
	}
}

/*
 * The end of a try without an answer.  If nothing was sent, that proves
 * nothing: an endpoint that another program has set stays.
 */
static void
give_up(struct worker_path *p, uint64_t now, struct worker_path_step *step)
{
	if (p->reason == WORKER_PATH_MOVED && !p->try_sent) {
		direct(p, WORKER_PATH_MOVED, now, step);
		return;
	}
	back_off(p);
	if (p->reason == WORKER_PATH_MOVED)
		p->insist_until = now + p->backoff;
	relay(p, WORKER_PATH_UNANSWERED, now, step);
}

static void
poll_trying(struct worker_path *p, uint64_t now, struct worker_path_step *step)
{
	const struct worker_signs *s = &p->signs;

	if (s->last.endpoint == IPC_ENDPOINT_NONE) {
		relay(p, WORKER_PATH_NO_ENDPOINT, now, step);
		return;
	}
	if (s->direct) {
		direct(p, WORKER_PATH_ANSWERED, now, step);
		return;
	}
	if (s->sent == WORKER_SIGNS_DATA || s->sent == WORKER_SIGNS_INITIATION)
		p->try_sent = 1;
	if (s->last.endpoint == IPC_ENDPOINT_RELAY)
		insist(p, WORKER_PATH_TO_DIRECT, now, step);
	else if (p->try_at == 0)
		p->try_at = now;
	if ((p->try_at != 0 && now - p->try_at >= TRY_MS) ||
	    now - p->since >= TRY_WHOLE_MS)
		give_up(p, now, step);
}

/* "direct never": the relay, whatever happens; everything from it passes. */
static void
poll_never(struct worker_path *p, uint64_t now, struct worker_path_step *step)
{
	if (p->state != WORKER_PATH_RELAYED)
		relay(p, WORKER_PATH_POLICY, now, step);
	else if (p->signs.last.endpoint != IPC_ENDPOINT_RELAY)
		insist(p, WORKER_PATH_TO_RELAY, now, step);
	p->probe_at = 0;
}

/*
 * "dry run": the endpoint stays as it is, so that relayed is an opinion, which
 * anything that is received changes.
 */
static void
poll_dry(struct worker_path *p, unsigned int keepalive, uint64_t now,
    struct worker_path_step *step)
{
	if (p->state == WORKER_PATH_DIRECT)
		poll_direct(p, keepalive, now, step);
	else if (p->signs.last.endpoint == IPC_ENDPOINT_DIRECT &&
	    p->signs.heard)
		direct(p, WORKER_PATH_PEER_DIRECT, now, step);
}

/* The first poll: the endpoint tells the state. */
static void
first_poll(struct worker_path *p, uint64_t now, struct worker_path_step *step)
{
	p->lines_at = now;
	switch (p->signs.last.endpoint) {
	case IPC_ENDPOINT_NONE:
		relay(p, WORKER_PATH_NO_ENDPOINT, now, step);
		break;
	case IPC_ENDPOINT_RELAY:
		relay(p, WORKER_PATH_FOUND, now, step);
		break;
	case IPC_ENDPOINT_DIRECT:
		p->state = WORKER_PATH_DIRECT;
		p->reason = WORKER_PATH_FOUND;
		p->since = now;
		break;
	}
}

/* A gap in the polls, or a peer that was made anew. */
static void
begin_anew(struct worker_path *p, uint64_t now)
{
	p->backoff = BACKOFF_MIN_MS;
	p->moved_at = 0;
	p->insist_until = 0;
	if (p->state == WORKER_PATH_RELAYED)
		plan_try(p, now);
	if (p->state == WORKER_PATH_TRYING) {
		p->since = now;
		p->try_at = 0;
	}
}

/* Has a poll shown the endpoint where it was sent? */
static void
note_order(struct worker_path *p)
{
	enum ipc_endpoint e = p->signs.last.endpoint;

	if ((p->order == WORKER_PATH_TO_RELAY && e == IPC_ENDPOINT_RELAY) ||
	    (p->order == WORKER_PATH_TO_DIRECT && e == IPC_ENDPOINT_DIRECT))
		p->done = 1;
}

struct worker_path_step
worker_path_poll(struct worker_path *p, const struct worker_path_policy *policy,
    const struct ipc_wg_stats *stats, unsigned int keepalive, uint64_t now)
{
	struct worker_path_step step = { WORKER_PATH_KEEP, 0, 0 };
	int known = p->signs.polled;

	p->open = policy->direct == IPC_DIRECT_NEVER;
	if (!worker_signs_take(&p->signs, stats, keepalive, now) && known)
		begin_anew(p, now);
	if (p->signs.heard)
		p->dead = 0;
	note_order(p);
	if (p->open)
		poll_never(p, now, &step);
	else if (!known)
		first_poll(p, now, &step);
	else if (policy->dry)
		poll_dry(p, keepalive, now, &step);
	else if (p->state == WORKER_PATH_DIRECT)
		poll_direct(p, keepalive, now, &step);
	else if (p->state == WORKER_PATH_RELAYED)
		poll_relayed(p, policy, now, &step);
	else
		poll_trying(p, now, &step);
	if (policy->dry)
		step.order = p->order = WORKER_PATH_KEEP;
	return (step);
}

void
worker_path_hurry(struct worker_path *p, uint64_t now)
{
	if (p->hurried_at != 0 && now - p->hurried_at < HURRY_MS)
		return;
	p->hurried_at = now;
	p->backoff = BACKOFF_MIN_MS;
	p->insist_until = 0;
	if (p->state == WORKER_PATH_RELAYED && !p->open)
		p->probe_at = now;
}
