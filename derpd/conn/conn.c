/*
 * conn: see conn.h.  Called by fronts and relay workers.
 */
#include <string.h>
#include <unistd.h>

#include "clock.h"
#include "conn.h"
#include "records.h"

void
conn_clock(struct conn_set *s)
{
	s->now_us = base_clock_us();
}

void
conn_set_init(struct conn_set *s, const struct conn_ops *ops,
    const struct conn_output_ops *output, struct conn_stats *stats,
    unsigned int keys, void *arg)
{
	const struct net_aead *aead = net_aead_best();
	int i;

	s->ops = ops;
	s->arg = arg;
	s->stats = stats;
	TAILQ_INIT(&s->conns);
	TAILQ_INIT(&s->dead);
	TAILQ_INIT(&s->resumed);
	TAILQ_INIT(&s->held);
	for (i = 0; i < WHEEL_SLOTS; i++)
		TAILQ_INIT(&s->wheel[i]);
	conn_outputs_init(&s->outputs, output);
	log_debug("TLS records by %s", aead->name);
	net_record_cache_init(&s->records, aead, keys);
	conn_clock(s);
}

int
conn_more(const struct conn_set *s)
{
	return (!TAILQ_EMPTY(&s->resumed) || !TAILQ_EMPTY(&s->outputs.dirty) ||
	    !TAILQ_EMPTY(&s->dead));
}

static void
wheel_off(struct conn *c)
{
	if (!c->on_wheel)
		return;
	TAILQ_REMOVE(&c->set->wheel[c->slot], c, wheel);
	c->on_wheel = 0;
}

void
conn_deadline(struct conn *c, unsigned int secs)
{
	struct conn_set *s = c->set;

	if (c->dead)
		return;
	wheel_off(c);
	c->slot = (s->now_slot + secs + 1) % WHEEL_SLOTS;
	TAILQ_INSERT_TAIL(&s->wheel[c->slot], c, wheel);
	c->on_wheel = 1;
}

unsigned int
conn_deadline_left(const struct conn *c)
{
	return (c->on_wheel ? (c->slot + WHEEL_SLOTS - c->set->now_slot) %
	    WHEEL_SLOTS : 0);
}

void
conn_no_deadline(struct conn *c)
{
	wheel_off(c);
}

void
conn_tick(struct conn_set *s)
{
	struct conn *c;

	s->now_slot = (s->now_slot + 1) % WHEEL_SLOTS;
	while ((c = TAILQ_FIRST(&s->wheel[s->now_slot])) != NULL) {
		wheel_off(c);
		s->ops->expired(c);
	}
	net_record_tick(&s->records);
}

void
conn_begin(struct conn_set *s, struct conn *c, int fd, const uint8_t addr[16],
    uint16_t port)
{
	c->set = s;
	c->fd = fd;
	c->id = ++s->next_id;
	memcpy(c->addr, addr, sizeof(c->addr));
	c->port = port;
	conn_input_assign(c);
}

void
conn_add(struct conn *c)
{
	TAILQ_INSERT_TAIL(&c->set->conns, c, entry);
	c->set->nconns++;
}

void
conn_end(struct conn *c)
{
	net_record_free(&c->set->records, c->rec);
	c->rec = NULL;
	if (c->fd != -1)
		close(c->fd);
	c->fd = -1;
	conn_input_free(c);
	conn_output_free(c);
}

struct log_about
conn_about(const struct conn *c)
{
	struct log_about a = { .addr = c->addr, .port = c->port };

	if (c->set->ops->key != NULL)
		a.key = c->set->ops->key(c);
	return (a);
}

void
conn_close(struct conn *c, const char *why)
{
	struct log_about about;

	if (c->dead)
		return;
	c->dead = 1;
	if (c->why == NULL)
		c->why = why;
	about = conn_about(c);
	log_client(LOG_DEBUG, NULL, &about, "connection %llu closed: %s",
	    (unsigned long long)c->id, why);
	TAILQ_INSERT_TAIL(&c->set->dead, c, dead_link);
}

static void
unlink_all(struct conn *c)
{
	struct conn_set *s = c->set;

	wheel_off(c);
	conn_output_end(c);
	conn_input_end(c);
	TAILQ_REMOVE(&s->conns, c, entry);
	s->nconns--;
}

void
conn_reap(struct conn_set *s)
{
	struct conn *c;

	if (TAILQ_EMPTY(&s->dead))
		return;
	while ((c = TAILQ_FIRST(&s->dead)) != NULL) {
		TAILQ_REMOVE(&s->dead, c, dead_link);
		s->ops->leave(c);
		unlink_all(c);
		s->ops->free(c);
	}
	if (s->ops->reaped != NULL)
		s->ops->reaped(s);
}

void
conn_drain(struct conn *c)
{
	if (c->dead || c->state == CONN_DRAIN)
		return;
	if (c->set->ops->draining != NULL)
		c->set->ops->draining(c);
	c->state = CONN_DRAIN;
	conn_pause(c, PAUSE_DRAIN);
	conn_deadline(c, 2);
	conn_dirty(c);
}
