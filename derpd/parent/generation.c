/*
 * generation: see generation.h.  Called by load.c, which carries out the
 * steps; touches nothing but its own memory.
 *
 *             request                   all requests of the kind
 *    (idle) ----------> queue --------------------------------------.
 *                                                                   v
 *  .> CONF -> NODE -> CERTS -> MESH -> META -> FILES -> MAPS -> ADMIT -> STAGE
 *  |   |       |       |        |       |       |        |        |        |
 *  |   `-------+-------+--------+-------+-------+--------+--------+--------+
 *  |           refused: nothing was changed                       |    all |
 *  |                                                              v   good |
 *  |  answers <---------------------------------------------- (undone)     |
 *  |                                                                       v
 *  `- answers <----------------------- RETAIN <------------------------- COMMIT
 *
 *	kind	steps					refused when
 *	START	NODE to ADMIT, STAGE (no server yet)	a step fails
 *	CHECK	NODE to MESH, FILES to ADMIT; ends	at the end, with all
 *							errors logged
 *	KEYS	NODE to META, STAGE			a step fails
 *	RELOAD	CONF, CERTS to ADMIT, STAGE		a step fails
 *	CERTS	CERTS, MESH, META, STAGE		a step fails
 *	META	META, STAGE				a step fails
 *	ADMIT	ADMIT, COMMIT; nothing for servers	a step fails
 *	RATE	META, ADMIT, STAGE			a step fails
 *
 * Up to STAGE nothing that is in force changes, in any process.  COMMIT and
 * RETAIN can't be refused: a child that ends there is restarted with what is
 * in force then.
 *
 *	event			before STAGE	STAGE		COMMIT, RETAIN
 *	server refuses		-		refused		-
 *	server ends		-		waits for its	goes on
 *						successor, once
 *	keys ends		refused, but	refused		goes on
 *				for ADMIT
 *	deadline		refused		refused; late	goes on; late
 *						servers are	servers are
 *						ended		ended
 *	derpd stops		refused		refused		ends as it is
 *
 * The requester of a refused RELOAD gets the reason.  CERTS, META, ADMIT and
 * RATE that fail because a child ended are retried, PARENT_GEN_TRIES times in
 * all, because nobody may be there to repeat the request.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "generation.h"
#include "log.h"

#define STEP(s)		(1U << (s))
#define TO_SERVERS	(STEP(GEN_AT_STAGE) | STEP(GEN_AT_COMMIT) |	\
			    STEP(GEN_AT_RETAIN))

static const unsigned int steps[] = {
	[GEN_START] = STEP(GEN_AT_NODE) | STEP(GEN_AT_CERTS) |
	    STEP(GEN_AT_MESH) | STEP(GEN_AT_META) | STEP(GEN_AT_FILES) |
	    STEP(GEN_AT_MAPS) | STEP(GEN_AT_ADMIT) | TO_SERVERS,
	[GEN_CHECK] = STEP(GEN_AT_NODE) | STEP(GEN_AT_CERTS) |
	    STEP(GEN_AT_MESH) | STEP(GEN_AT_FILES) | STEP(GEN_AT_MAPS) |
	    STEP(GEN_AT_ADMIT),
	[GEN_KEYS] = STEP(GEN_AT_NODE) | STEP(GEN_AT_CERTS) |
	    STEP(GEN_AT_MESH) | STEP(GEN_AT_META) | TO_SERVERS,
	[GEN_RELOAD] = STEP(GEN_AT_CONF) | STEP(GEN_AT_CERTS) |
	    STEP(GEN_AT_MESH) | STEP(GEN_AT_META) | STEP(GEN_AT_FILES) |
	    STEP(GEN_AT_MAPS) | STEP(GEN_AT_ADMIT) | TO_SERVERS,
	[GEN_CERTS] = STEP(GEN_AT_CERTS) | STEP(GEN_AT_MESH) |
	    STEP(GEN_AT_META) | TO_SERVERS,
	[GEN_META] = STEP(GEN_AT_META) | TO_SERVERS,
	[GEN_ADMIT] = STEP(GEN_AT_ADMIT) | STEP(GEN_AT_COMMIT),
	[GEN_RATE] = STEP(GEN_AT_META) | STEP(GEN_AT_ADMIT) | TO_SERVERS
};

/* Sets of servers */

static void
add(struct parent_gen_set *s, unsigned int n)
{
	s->bits[n / 64] |= 1ULL << n % 64;
}

static void
drop(struct parent_gen_set *s, unsigned int n)
{
	s->bits[n / 64] &= ~(1ULL << n % 64);
}

static int
has(const struct parent_gen_set *s, unsigned int n)
{
	return ((s->bits[n / 64] & 1ULL << n % 64) != 0);
}

static int
is_empty(const struct parent_gen_set *s)
{
	size_t i;

	for (i = 0; i < sizeof(s->bits) / sizeof(s->bits[0]); i++)
		if (s->bits[i] != 0)
			return (0);
	return (1);
}

void
parent_gens_init(struct parent_gens *m, const struct parent_gen_ops *ops,
    void *arg, unsigned int nservers)
{
	memset(m, 0, sizeof(*m));
	m->ops = ops;
	m->arg = arg;
	m->nservers = nservers;
	TAILQ_INIT(&m->queue);
	TAILQ_INIT(&m->answers);
}

void
parent_gen_request(struct parent_gens *m, enum parent_gen_kind kind,
    parent_reload_cb done, void *arg)
{
	struct parent_gen_request *q;

	if ((q = calloc(1, sizeof(*q))) == NULL)
		fatal("no memory for a reload");
	q->kind = kind;
	q->done = done;
	q->arg = arg;
	/* No other generation can begin before keys has what is in force. */
	if (kind == GEN_KEYS)
		TAILQ_INSERT_HEAD(&m->queue, q, entry);
	else
		TAILQ_INSERT_TAIL(&m->queue, q, entry);
	m->ops->turn(m->arg);
}

void
parent_gens_wake(struct parent_gens *m)
{
	if (!TAILQ_EMPTY(&m->queue))
		m->ops->turn(m->arg);
}

static void
cancel(struct parent_gen_requests *list, const void *arg)
{
	struct parent_gen_request *q;

	TAILQ_FOREACH(q, list, entry)
		if (q->arg == arg)
			q->done = NULL;
}

void
parent_gen_cancel(struct parent_gens *m, const void *arg)
{
	if (m->ops == NULL)
		return;
	cancel(&m->queue, arg);
	cancel(&m->answers, arg);
	if (m->now != NULL)
		cancel(&m->now->requests, arg);
}

/* Call the requesters back; each callback may request or cancel. */
static void
call_back(struct parent_gens *m, const char *why)
{
	struct parent_gen_request *q;

	while ((q = TAILQ_FIRST(&m->answers)) != NULL) {
		TAILQ_REMOVE(&m->answers, q, entry);
		if (q->done != NULL)
			q->done(q->arg, why);
		free(q);
	}
}

/* 1 when the generation is to be retried without a new request. */
static int
again(const struct parent_generation *g)
{
	const struct parent_gen_request *q = TAILQ_FIRST(&g->requests);

	return (g->child && (g->kind == GEN_CERTS || g->kind == GEN_META ||
	    g->kind == GEN_ADMIT || g->kind == GEN_RATE) &&
	    q->tries + 1 < PARENT_GEN_TRIES);
}

static void
requeue(struct parent_gens *m, struct parent_generation *g)
{
	struct parent_gen_request *q;

	while ((q = TAILQ_FIRST(&g->requests)) != NULL) {
		TAILQ_REMOVE(&g->requests, q, entry);
		q->tries++;
		TAILQ_INSERT_TAIL(&m->queue, q, entry);
	}
}

/* The generation has ended, in force or not. */
static void
finish(struct parent_gens *m, int in_force)
{
	struct parent_generation *g = m->now;
	char why[sizeof(g->why)];

	if (!in_force && g->why[0] == '\0')
		strlcpy(g->why, g->child ? "keys ended: try again when it is "
		    "back" : "see the log", sizeof(g->why));
	m->ops->deadline(m->arg, 0);
	m->ops->end(m->arg, g, in_force);
	strlcpy(why, g->why, sizeof(why));
	if (!in_force && m->stopped == NULL && again(g))
		requeue(m, g);
	else
		TAILQ_CONCAT(&m->answers, &g->requests, entry);
	m->now = NULL;
	free(g);
	call_back(m, in_force ? NULL : why);
	if (!TAILQ_EMPTY(&m->queue))
		m->ops->turn(m->arg);
}

void
parent_gen_note(struct parent_generation *g, const char *why)
{
	if (g->why[0] == '\0')
		strlcpy(g->why, why != NULL ? why : g->line, sizeof(g->why));
}

/* End the generation for the reason `why'; `child' 1: a child ended. */
static void
refuse(struct parent_gens *m, const char *why, int child)
{
	struct parent_generation *g = m->now;

	parent_gen_note(g, why);
	g->failed = 1;
	g->child |= child;
	log_warnx("%s", why);
	finish(m, 0);
}

void
parent_gen_done(struct parent_gens *m, int rv, const char *why)
{
	struct parent_generation *g = m->now;

	if (g == NULL || g->done)
		return;
	if (rv == -1) {
		parent_gen_note(g, why);
		g->failed = 1;
	}
	g->done = 1;
	m->ops->turn(m->arg);
}

static void
stage_all(struct parent_gens *m, struct parent_generation *g)
{
	unsigned int i;

	g->done = 1;		/* except for the answers */
	for (i = 0; i < m->nservers; i++)
		if (m->ops->stage(m->arg, g, i))
			add(&g->owed, i);
	if (is_empty(&g->owed))
		m->ops->turn(m->arg);
}

void
parent_gen_owe(struct parent_generation *g, unsigned int server)
{
	add(&g->owed, server);
}

void
parent_gen_hold(struct parent_generation *g)
{
	g->done = 0;
}

static void
commit(struct parent_gens *m, struct parent_generation *g)
{
	g->done = 1;
	m->ops->commit(m->arg, g);
	if (g->done && is_empty(&g->owed))
		m->ops->turn(m->arg);
}

/* Begin the step `state', or the next step that the kind has. */
static void
enter(struct parent_gens *m, unsigned int state)
{
	struct parent_generation *g = m->now;

	while (state < GEN_AT_END && (steps[g->kind] & STEP(state)) == 0)
		state++;
	g->state = (enum parent_gen_state)state;
	g->done = 0;
	memset(&g->owed, 0, sizeof(g->owed));
	g->line[0] = '\0';
	switch (g->state) {
	case GEN_AT_STAGE:
		stage_all(m, g);
		break;
	case GEN_AT_COMMIT:
		commit(m, g);
		break;
	case GEN_AT_END:
		finish(m, g->kind != GEN_CHECK || !g->failed);
		break;
	default:
		m->ops->step(m->arg, g);
		break;
	}
}

/* End all requests: derpd stops. */
static void
end_queue(struct parent_gens *m)
{
	TAILQ_CONCAT(&m->answers, &m->queue, entry);
	call_back(m, m->stopped);
}

/* The first request that can be met now; NULL: none. */
static struct parent_gen_request *
first(struct parent_gens *m)
{
	struct parent_gen_request *q;

	TAILQ_FOREACH(q, &m->queue, entry)
		if (m->ops->may_begin(m->arg, q->kind))
			return (q);
	return (NULL);
}

static void
begin(struct parent_gens *m)
{
	struct parent_gen_request *q, *next;
	struct parent_generation *g;

	if (m->stopped != NULL)
		end_queue(m);
	if (m->stopped != NULL || (q = first(m)) == NULL)
		return;
	if ((g = calloc(1, sizeof(*g))) == NULL)
		fatal("no memory for a reload");
	TAILQ_INIT(&g->requests);
	g->kind = q->kind;
	if (++m->id == 0)
		m->id = 1;
	g->id = m->id;
	TAILQ_FOREACH_SAFE(q, &m->queue, entry, next)
		if (q->kind == g->kind) {
			TAILQ_REMOVE(&m->queue, q, entry);
			TAILQ_INSERT_TAIL(&g->requests, q, entry);
		}
	m->now = g;
	m->ops->deadline(m->arg, PARENT_GEN_MS);
	enter(m, GEN_AT_CONF);
}

void
parent_gens_turn(struct parent_gens *m)
{
	struct parent_generation *g = m->now;

	if (g == NULL)
		begin(m);
	else if (!g->done || !is_empty(&g->owed))
		;	/* goes on with the next answer */
	else if (!g->failed || g->state > GEN_AT_STAGE)
		enter(m, (unsigned int)g->state + 1);
	else if (g->kind != GEN_CHECK)
		finish(m, 0);
	else
		/* derpd -n: log all errors, not just the first. */
		enter(m, g->state < GEN_AT_FILES ? GEN_AT_FILES :
		    (unsigned int)g->state + 1);
}

/* Have the late servers ended (by the caller); returns the first of them. */
static unsigned int
end_owing(struct parent_gens *m, const struct parent_gen_set *owed)
{
	unsigned int i, one = m->nservers;

	for (i = m->nservers; i-- > 0;)
		if (has(owed, i)) {
			m->ops->late(m->arg, i);
			one = i;
		}
	return (one);
}

void
parent_gens_late(struct parent_gens *m)
{
	struct parent_generation *g = m->now;
	struct parent_gen_set owed;
	char why[128];

	if (g == NULL)
		return;
	owed = g->owed;
	memset(&g->owed, 0, sizeof(g->owed));
	if (g->state >= GEN_AT_COMMIT) {
		(void)end_owing(m, &owed);
		finish(m, 1);
		return;
	}
	if (!is_empty(&owed))
		snprintf(why, sizeof(why), "%s did not answer within %d s",
		    m->ops->name(m->arg, end_owing(m, &owed)),
		    PARENT_GEN_MS / 1000);
	else
		snprintf(why, sizeof(why), "it did not come to an end within "
		    "%d s", PARENT_GEN_MS / 1000);
	refuse(m, why, 1);
}

void
parent_gens_stop(struct parent_gens *m, const char *why)
{
	if (m->ops == NULL || m->stopped != NULL)
		return;
	m->stopped = why;
	if (m->now != NULL) {
		parent_gen_note(m->now, why);
		finish(m, m->now->state >= GEN_AT_COMMIT);
	}
	end_queue(m);
}

void
parent_gen_answer(struct parent_gens *m, unsigned int server, uint32_t id,
    int ok, const char *why)
{
	struct parent_generation *g = m->now;
	char text[600];

	if (g == NULL || id != g->id || !has(&g->owed, server))
		return;
	drop(&g->owed, server);
	if (!ok && g->state == GEN_AT_STAGE) {
		snprintf(text, sizeof(text), "%s: %s",
		    m->ops->name(m->arg, server), why);
		refuse(m, text, 0);
	} else if (is_empty(&g->owed))
		m->ops->turn(m->arg);
}

void
parent_gen_server_up(struct parent_gens *m, unsigned int server)
{
	struct parent_generation *g = m->now;

	if (g != NULL && g->state == GEN_AT_STAGE &&
	    m->ops->stage(m->arg, g, server))
		add(&g->owed, server);
}

void
parent_gen_server_gone(struct parent_gens *m, unsigned int server)
{
	struct parent_generation *g = m->now;
	char why[128];

	if (g == NULL || g->state < GEN_AT_STAGE)
		return;
	if (g->state > GEN_AT_STAGE) {
		if (has(&g->owed, server)) {
			drop(&g->owed, server);
			m->ops->turn(m->arg);
		}
	} else if (has(&g->ended, server)) {
		snprintf(why, sizeof(why), "%s ended twice while it checked "
		    "the new settings", m->ops->name(m->arg, server));
		refuse(m, why, 1);
	} else {
		/*
		 * The server may have ended because of the settings: its
		 * successor decides.
		 */
		add(&g->ended, server);
		add(&g->owed, server);
	}
}

void
parent_gen_keys_gone(struct parent_gens *m)
{
	struct parent_generation *g = m->now;

	/* Files of admission are of no concern to keys. */
	if (g == NULL || g->kind == GEN_ADMIT)
		return;
	if (g->state > GEN_AT_STAGE) {
		g->keyless = 1;
		return;
	}
	g->child = 1;
	if (g->state <= GEN_AT_FILES && !g->done)
		g->failed = 1;	/* the pending call gives the reason */
	else
		refuse(m, "keys ended before all was in force: try again when "
		    "it is back", 1);
}
