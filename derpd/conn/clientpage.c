/*
 * clientpage: see clientpage.h.  Called by derpd/relay/listing.c and
 * derpd/front/http/clients.c.
 */
#include <stdlib.h>
#include <string.h>

#include "address.h"
#include "clientpage.h"
#include "prefix.h"

int
conn_clientpage_begin(struct conn_clientpage *p,
    const struct ipc_list_query *q)
{
	memset(p, 0, sizeof(*p));
	p->query = *q;
	p->rows = calloc(q->limit, sizeof(*p->rows));
	return (p->rows == NULL ? -1 : 0);
}

void
conn_clientpage_free(struct conn_clientpage *p)
{
	free(p->rows);
	memset(p, 0, sizeof(*p));
}

int
conn_clientpage_matches(const struct ipc_list_query *q,
    const uint8_t addr[IPC_ADDRLEN], const char *app)
{
	struct net_prefix within;
	uint32_t i;

	if (q->filter == IPC_LIST_PREFIX) {
		memcpy(within.addr, q->addr, sizeof(within.addr));
		within.bits = (uint8_t)q->bits;
		if (!net_prefix_has(&within, addr))
			return (0);
	}
	for (i = 0; i < q->napps && q->by_app; i++)
		if (strcmp(q->apps[i], app) == 0)
			return (1);
	return (!q->by_app);
}

uint64_t
conn_clientpage_value(const struct ipc_list_query *q,
    const struct ipc_list_row *row)
{
	switch (q->sort) {
	case IPC_LIST_BY_SINCE:
		return (row->since);
	case IPC_LIST_BY_RX_BYTES:
		return (row->rx_bytes);
	case IPC_LIST_BY_TX_BYTES:
		return (row->tx_bytes);
	case IPC_LIST_BY_RX_PACKETS:
		return (row->rx_packets);
	case IPC_LIST_BY_TX_PACKETS:
		return (row->tx_packets);
	case IPC_LIST_BY_KEY:
	case IPC_LIST_BY_ADDR:
	case IPC_LIST_BY_CONN:
		break;
	}
	return (0);
}

static int
compare_n(uint64_t a, uint64_t b)
{
	return (a < b ? -1 : a > b);
}

/* Compare addresses: IPv4 comes before IPv6. */
static int
compare_addr(const uint8_t a[IPC_ADDRLEN], uint16_t a_port,
    const uint8_t b[IPC_ADDRLEN], uint16_t b_port)
{
	const int v4 = net_address_is_ipv4(a);
	int d;

	if (v4 != net_address_is_ipv4(b))
		return (v4 ? -1 : 1);
	if ((d = memcmp(a, b, IPC_ADDRLEN)) == 0)
		d = compare_n(a_port, b_port);
	return (d);
}

/* Compare two rows in ascending order; 0 for the same connection alone. */
static int
compare(const struct ipc_list_query *q, const struct ipc_list_row *a,
    const struct ipc_list_row *b)
{
	int d;

	if (q->sort == IPC_LIST_BY_KEY)
		d = memcmp(a->key, b->key, sizeof(a->key));
	else if (q->sort == IPC_LIST_BY_ADDR)
		d = compare_addr(a->addr, a->port, b->addr, b->port);
	else
		d = compare_n(conn_clientpage_value(q, a),
		    conn_clientpage_value(q, b));
	return (d != 0 ? d : compare_n(a->number, b->number));
}

/* Return 1 when `a' comes before `b' in the order of the query. */
static int
is_before(const struct ipc_list_query *q, const struct ipc_list_row *a,
    const struct ipc_list_row *b)
{
	const int d = compare(q, a, b);

	return (q->descending ? d > 0 : d < 0);
}

/* Return 1 when the row comes after what the query names. */
static int
is_past(const struct ipc_list_query *q, const struct ipc_list_row *row)
{
	int d;

	if (!q->after)
		return (1);
	if (q->sort == IPC_LIST_BY_KEY)
		d = memcmp(row->key, q->after_key, sizeof(row->key));
	else if (q->sort == IPC_LIST_BY_ADDR)
		d = compare_addr(row->addr, row->port, q->after_addr,
		    q->after_port);
	else if (q->sort == IPC_LIST_BY_CONN)
		d = 0;
	else
		d = compare_n(conn_clientpage_value(q, row), q->after_n);
	if (d == 0 && (q->after_conn || q->sort == IPC_LIST_BY_CONN))
		d = compare_n(row->number, q->after_number);
	return (q->descending ? d < 0 : d > 0);
}

int
conn_clientpage_wants(struct conn_clientpage *p,
    const struct ipc_list_row *row)
{
	if (!is_past(&p->query, row))
		return (0);
	p->past++;
	return (p->n < p->query.limit ||
	    is_before(&p->query, row, &p->rows[0]));
}

static void
swap(struct ipc_list_row *a, struct ipc_list_row *b)
{
	struct ipc_list_row t = *a;

	*a = *b;
	*b = t;
}

/* Row `i' of the heap of `n' may come before those below it: move it down. */
static void
sink(struct conn_clientpage *p, size_t i, size_t n)
{
	size_t last;

	while ((last = 2 * i + 1) < n) {
		if (last + 1 < n && is_before(&p->query, &p->rows[last],
		    &p->rows[last + 1]))
			last++;
		if (!is_before(&p->query, &p->rows[i], &p->rows[last]))
			break;
		swap(&p->rows[i], &p->rows[last]);
		i = last;
	}
}

void
conn_clientpage_add(struct conn_clientpage *p, const struct ipc_list_row *row)
{
	size_t i;

	if (p->n == p->query.limit) {
		p->rows[0] = *row;
		sink(p, 0, p->n);
		return;
	}
	i = p->n++;
	p->rows[i] = *row;
	for (; i > 0 && is_before(&p->query, &p->rows[(i - 1) / 2],
	    &p->rows[i]); i = (i - 1) / 2)
		swap(&p->rows[i], &p->rows[(i - 1) / 2]);
}

void
conn_clientpage_sort(struct conn_clientpage *p)
{
	size_t n;

	for (n = p->n; n > 1; n--) {
		swap(&p->rows[0], &p->rows[n - 1]);
		sink(p, 0, n - 1);
	}
}
