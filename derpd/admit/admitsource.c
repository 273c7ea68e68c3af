/*
 * admitsource: see admitsource.h.  Called by inquiries.c.
 */
#include <stdlib.h>
#include <string.h>

#include "admitsource.h"

int
admit_source_init(struct admit_source *s, enum ipc_verify_kind kind,
    const char *name)
{
	size_t i;

	memset(s, 0, sizeof(*s));
	for (i = 0; i < ADMIT_ORIGINS; i++)
		TAILQ_INIT(&s->waits[i]);
	s->kind = kind;
	return ((s->name = strdup(name)) == NULL ? -1 : 0);
}

int
admit_source_shown(const struct admit_source *s)
{
	const char *host = strstr(s->name, "://");

	if (s->kind != IPC_VERIFY_URL || host == NULL)
		return ((int)strlen(s->name));
	host += 3;
	return ((int)(host - s->name) + (int)strcspn(host, "/?#"));
}

void
admit_source_clear(struct admit_source *s)
{
	free(s->name);
	s->name = NULL;
}

int
admit_source_backed_off(const struct admit_source *s)
{
	return (s->fails >= ADMIT_SOURCE_FAILS);
}

static void
enqueue(struct admit_source *s, struct admit_item *i, unsigned int origin)
{
	i->state = ADMIT_ITEM_WAITS;
	i->origin = origin;
	TAILQ_INSERT_TAIL(&s->waits[origin], i, entry);
	s->nwaits[origin]++;
	s->nwaiting++;
}

static void
dequeue(struct admit_source *s, struct admit_item *i)
{
	i->state = ADMIT_ITEM_IDLE;
	TAILQ_REMOVE(&s->waits[i->origin], i, entry);
	s->nwaits[i->origin]--;
	s->nwaiting--;
}

int
admit_source_wait(struct admit_source *s, struct admit_item *i,
    unsigned int origin, uint64_t now_us)
{
	if (admit_source_backed_off(s)) {
		if (now_us < s->retry_us)
			return (0);
		s->retry_us = now_us + ADMIT_SOURCE_RETRY_US;
	}
	enqueue(s, i, origin);
	return (1);
}

void
admit_source_share(struct admit_source *s, struct admit_item *i,
    unsigned int origin)
{
	if (i->state != ADMIT_ITEM_WAITS ||
	    s->nwaits[origin] + 1 >= s->nwaits[i->origin])
		return;
	dequeue(s, i);
	enqueue(s, i, origin);
}

/* A slot that is free; there is one. */
static unsigned int
free_slot(const struct admit_source *s)
{
	unsigned int n = 0;

	while (s->slot[n].item != NULL)
		n++;
	return (n);
}

/* The origin whose turn it is; at least one question waits. */
static unsigned int
next_origin(struct admit_source *s)
{
	unsigned int i, first, number;

	for (;;) {
		s->kind_turn = !s->kind_turn;
		first = s->kind_turn * ADMIT_ORIGIN_RELAY;
		for (i = 1; i <= IPC_MAXWORKERS; i++) {
			number = (s->turn[s->kind_turn] + i) % IPC_MAXWORKERS;
			if (s->nwaits[first + number] == 0)
				continue;
			s->turn[s->kind_turn] = number;
			return (first + number);
		}
	}
}

struct admit_item *
admit_source_next(struct admit_source *s, uint64_t now_us, uint64_t *cookie)
{
	struct admit_item *i;

	if (!s->connected || s->nwaiting == 0 ||
	    s->nsent == ADMIT_SOURCE_WINDOW)
		return (NULL);
	i = TAILQ_FIRST(&s->waits[next_origin(s)]);
	dequeue(s, i);
	i->state = ADMIT_ITEM_SENT;
	i->slot = free_slot(s);
	*cookie = ++s->serial * ADMIT_SOURCE_WINDOW + i->slot;
	s->slot[i->slot].item = i;
	s->slot[i->slot].cookie = *cookie;
	s->slot[i->slot].us = now_us;
	s->nsent++;
	s->sent++;
	return (i);
}

int
admit_source_is_late(const struct admit_source *s, const struct admit_item *i,
    uint64_t now_us)
{
	return (now_us - s->slot[i->slot].us >= ADMIT_SOURCE_LATE_US);
}

struct admit_item *
admit_source_waiting(const struct admit_source *s)
{
	unsigned int n;

	if (s->nwaiting == 0)
		return (NULL);
	for (n = 0; s->nwaits[n] == 0; n++)
		;
	return (TAILQ_FIRST(&s->waits[n]));
}

struct admit_item *
admit_source_sent(const struct admit_source *s)
{
	unsigned int n;

	for (n = 0; n < ADMIT_SOURCE_WINDOW; n++)
		if (s->slot[n].item != NULL)
			return (s->slot[n].item);
	return (NULL);
}

struct admit_item *
admit_source_find(const struct admit_source *s, uint64_t cookie)
{
	const unsigned int n = (unsigned int)(cookie % ADMIT_SOURCE_WINDOW);

	return (s->slot[n].cookie == cookie ? s->slot[n].item : NULL);
}

void
admit_source_take(struct admit_source *s, struct admit_item *i)
{
	if (i->state == ADMIT_ITEM_WAITS)
		dequeue(s, i);
	else if (i->state == ADMIT_ITEM_SENT) {
		s->slot[i->slot].item = NULL;
		s->nsent--;
	}
	i->state = ADMIT_ITEM_IDLE;
}

static void
fails(struct admit_source *s, const char *why, uint64_t now_us)
{
	if (s->fails++ == 0) {
		log_limited_warnx(&s->limit, "%.*s can't be asked whom to "
		    "admit: %s", admit_source_shown(s), s->name, why);
		s->since_us = now_us;
	}
	/* The first one that may try again; later failures are its own. */
	if (s->fails == ADMIT_SOURCE_FAILS)
		s->retry_us = now_us + ADMIT_SOURCE_RETRY_US;
	strlcpy(s->error, why, sizeof(s->error));
	s->failed++;
}

void
admit_source_result(struct admit_source *s, enum admit_answer a,
    const char *why, uint64_t now_us)
{
	if (a == ADMIT_FAILS) {
		fails(s, why, now_us);
		return;
	}
	if (s->fails > 0)
		log_limited(&s->limit, "%.*s answers%s", admit_source_shown(s),
		    s->name, s->answered ? " again" : "");
	if (s->fails > 0 || !s->answered)
		s->since_us = now_us;
	s->fails = 0;
	s->answered = 1;
	if (a == ADMIT_YES)
		s->yes++;
	else
		s->no++;
}
