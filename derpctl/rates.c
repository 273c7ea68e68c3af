/*
 * rates: see rates.h.  Used by top.
 */
#include <sys/types.h>
#include <stdlib.h>
#include <string.h>

#include "rates.h"

#define AGE_SLACK_MS	1000	/* two workers list at two moments */

/* By key, worker, address and port; -1, 0 or 1. */
static int
by_place(const struct ipc_client_info *a, const struct ipc_client_info *b)
{
	int	d = memcmp(a->key, b->key, sizeof(a->key));

	if (d == 0)
		d = (a->worker > b->worker) - (a->worker < b->worker);
	if (d == 0)
		d = memcmp(a->addr, b->addr, sizeof(a->addr));
	if (d == 0)
		d = (a->port > b->port) - (a->port < b->port);
	return d;
}

/* The same, then the oldest first. */
static int
by_identity(const void *va, const void *vb)
{
	const struct ipc_client_info *a = &(*(struct ctl_conn *const *)va)->c;
	const struct ipc_client_info *b = &(*(struct ctl_conn *const *)vb)->c;
	int	d = by_place(a, b);

	return d != 0 ? d : (a->age_ms < b->age_ms) - (a->age_ms > b->age_ms);
}

static void
sort_list(struct ctl_list *l)
{
	if (l->n > 1)
		qsort(l->v, l->n, sizeof(*l->v), by_identity);
}

/*
 * May these be one connection, `ms' milliseconds apart?  0, or whether the
 * later one is older (1) or younger (-1) than it would be.
 */
static int
by_age(const struct ipc_client_info *was, const struct ipc_client_info *now,
    uint64_t ms)
{
	uint64_t	slack = AGE_SLACK_MS + ms / 2;

	if (now->age_ms < was->age_ms ||
	    now->age_ms - was->age_ms + slack < ms)
		return -1;
	return now->age_ms - was->age_ms > ms + slack;
}

/*
 * Find the connection `now' in the old list from *i on, which is left at the
 * first one that may be the next one's.  NULL: it is new.
 */
static const struct ipc_client_info *
find(const struct ctl_list *was, size_t *i, const struct ipc_client_info *now,
    uint64_t ms)
{
	const struct ipc_client_info	*old;
	int				 d;

	for (; *i < was->n; (*i)++) {
		old = &was->v[*i]->c;
		if ((d = by_place(old, now)) == 0)
			d = by_age(old, now, ms);
		if (d == 0)
			return &was->v[(*i)++]->c;
		if (d > 0)
			return NULL;
	}
	return NULL;
}

/* `n' in `ms' milliseconds, as a rate a second, rounded up. */
static uint64_t
per_second(uint64_t n, uint64_t ms)
{
	if (n > UINT64_MAX / 1000 - 1)
		return n / ms * 1000;
	return (n * 1000 + ms - 1) / ms;
}

/* Add what a counter moved; one that went back has begun anew. */
static void
add_moved(uint64_t *sum, uint64_t was, uint64_t now, uint64_t ms)
{
	uint64_t	rate = per_second(now >= was ? now - was : now, ms);

	*sum = rate > UINT64_MAX - *sum ? UINT64_MAX : *sum + rate;
}

/* Add what a connection did since `was' (NULL: it is new). */
static void
add_conn(struct ctl_rate *r, const struct ipc_client_info *was,
    const struct ipc_client_info *now, uint64_t ms)
{
	static const struct ipc_client_info	none;

	if (was == NULL) {
		/* It was there, and the first list was not whole. */
		if (now->age_ms > ms + AGE_SLACK_MS)
			return;
		was = &none;
	} else if (now->age_ms > was->age_ms)
		ms = now->age_ms - was->age_ms;
	add_moved(&r->rx, was->rx_bytes, now->rx_bytes, ms);
	add_moved(&r->tx, was->tx_bytes, now->tx_bytes, ms);
	add_moved(&r->rx_packets, was->rx_packets, now->rx_packets, ms);
	add_moved(&r->tx_packets, was->tx_packets, now->tx_packets, ms);
	add_moved(&r->drops, was->drops, now->drops, ms);
}

/* The client of this connection: the last one, or a new one. */
static struct ctl_client *
client_of(struct ctl_rates *r, const struct ctl_conn *conn)
{
	struct ctl_client	*c = r->n > 0 ? &r->v[r->n - 1] : NULL;

	if (c == NULL || memcmp(c->conn->c.key, conn->c.key,
	    sizeof(conn->c.key)) != 0) {
		c = &r->v[r->n++];
		c->conn = conn;
	}
	if (conn->c.age_ms > c->conn->c.age_ms)
		c->conn = conn;
	return c;
}

int
ctl_rates_make(struct ctl_rates *r, struct ctl_list *was,
    struct ctl_list *now, uint64_t ms)
{
	struct ctl_client		*c;
	const struct ipc_client_info	*one, *old;
	size_t				 i, at = 0;

	memset(r, 0, sizeof(*r));
	if (now->n > 0 && (r->v = calloc(now->n, sizeof(*r->v))) == NULL)
		return -1;
	if (ms == 0)
		ms = 1;
	sort_list(now);
	if (was != NULL)
		sort_list(was);
	for (i = 0; i < now->n; i++) {
		one = &now->v[i]->c;
		c = client_of(r, now->v[i]);
		c->connections++;
		c->queued_bytes += one->queued_bytes;
		if (was == NULL)
			continue;
		old = find(was, &at, one, ms);
		add_conn(&c->rate, old, one, ms);
		add_conn(&r->all, old, one, ms);
	}
	r->connections = now->n;
	return 0;
}

void
ctl_rates_free(struct ctl_rates *r)
{
	free(r->v);
	memset(r, 0, sizeof(*r));
}

/* What else decides: the bytes, the key. */
static int
by_bytes(const struct ctl_client *a, const struct ctl_client *b)
{
	int	d = ctl_list_more(a->rate.rx, b->rate.rx);

	if (d == 0)
		d = ctl_list_more(a->rate.tx, b->rate.tx);
	return d != 0 ? d : memcmp(a->conn->c.key, b->conn->c.key,
	    sizeof(a->conn->c.key));
}

#define ORDER(name, expr)						\
static int								\
name(const void *va, const void *vb)					\
{									\
	const struct ctl_client *a = va, *b = vb;			\
	int d = (expr);							\
									\
	return d != 0 ? d : by_bytes(a, b);				\
}
ORDER(by_rx, ctl_list_more(a->rate.rx, b->rate.rx))
ORDER(by_tx, ctl_list_more(a->rate.tx, b->rate.tx))
ORDER(by_drops, ctl_list_more(a->rate.drops, b->rate.drops))
ORDER(by_queue, ctl_list_more(a->queued_bytes, b->queued_bytes))
ORDER(by_name, ctl_list_names(a->conn->name, b->conn->name))
ORDER(by_group, ctl_list_names(a->conn->group, b->conn->group))
#undef ORDER

void
ctl_rates_sort(struct ctl_rates *r, enum ctl_rates_order order, int reverse)
{
	static int (*const compare[CTL_TOP_BY_MAX])(const void *,
	    const void *) = {
		[CTL_TOP_BY_RX] = by_rx,
		[CTL_TOP_BY_TX] = by_tx,
		[CTL_TOP_BY_DROPS] = by_drops,
		[CTL_TOP_BY_QUEUE] = by_queue,
		[CTL_TOP_BY_NAME] = by_name,
		[CTL_TOP_BY_GROUP] = by_group,
	};
	struct ctl_client	 c;
	size_t			 i;

	if (r->n > 1)
		qsort(r->v, r->n, sizeof(*r->v), compare[order]);
	for (i = 0; reverse && i < r->n / 2; i++) {
		c = r->v[i];
		r->v[i] = r->v[r->n - 1 - i];
		r->v[r->n - 1 - i] = c;
	}
}
