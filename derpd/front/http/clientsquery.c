/*
 * clientsquery: see clientsquery.h.  Called by clients.c and clientspage.c.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "address.h"
#include "clientpage.h"
#include "clientsquery.h"
#include "codec.h"
#include "duration.h"
#include "hex.h"
#include "prefix.h"
#include "query.h"

#define KEY_PREFIX	"nodekey:"

/* The parameters, each the first of its name, decoded; NULL: not given. */
struct params {
	char	 text[8][WEB_QUERY_SIZE];
	const char *all, *ip, *cidr, *key, *sort, *limit, *after, *afterconn,
		*format;
	int	 too_many_apps;
};

static const char *const sorts[] = {
	[IPC_LIST_BY_KEY] = "key",
	[IPC_LIST_BY_ADDR] = "ip",
	[IPC_LIST_BY_CONN] = "conn",
	[IPC_LIST_BY_SINCE] = "connected",
	[IPC_LIST_BY_RX_BYTES] = "rx",
	[IPC_LIST_BY_TX_BYTES] = "tx",
	[IPC_LIST_BY_RX_PACKETS] = "rxpkts",
	[IPC_LIST_BY_TX_PACKETS] = "txpkts"
};

#define NSORTS	(sizeof(sorts) / sizeof(sorts[0]))

const char *
web_clients_sort(enum ipc_list_sort sort)
{
	return (sorts[sort]);
}

/* Keep a value if it is the first one. */
static void
keep(const char **param, char text[WEB_QUERY_SIZE], const char *value)
{
	if (*param != NULL)
		return;
	strlcpy(text, value, WEB_QUERY_SIZE);
	*param = text;
}

static void
keep_app(struct web_clients_query *q, struct params *ps, const char *value)
{
	q->q.by_app = 1;
	if (q->q.napps == IPC_LIST_MAXAPPS ||
	    strlcpy(q->q.apps[q->q.napps], value, IPC_APPSIZE) >= IPC_APPSIZE)
		ps->too_many_apps = 1;
	else
		q->q.napps++;
}

/* Keep a parameter if its name is known. */
static void
param(struct web_clients_query *q, struct params *ps, const char *name,
    const char *value)
{
	const struct {
		const char *name;
		const char **param;
	} known[] = {
		{ "ip", &ps->ip }, { "cidr", &ps->cidr }, { "key", &ps->key },
		{ "sort", &ps->sort }, { "limit", &ps->limit },
		{ "after", &ps->after }, { "afterconn", &ps->afterconn },
		{ "format", &ps->format }
	};
	size_t i;

	if (strcmp(name, "all") == 0)
		ps->all = "";
	if (strcmp(name, "app") == 0)
		keep_app(q, ps, value);
	for (i = 0; i < sizeof(known) / sizeof(known[0]); i++)
		if (strcmp(name, known[i].name) == 0)
			keep(known[i].param, ps->text[i], value);
}

/* Read the pairs of the query. */
static void
split(struct web_clients_query *q, struct params *ps, const char *p, size_t len)
{
	struct net_http_str rest = { p, len };
	char name[WEB_QUERY_SIZE], value[WEB_QUERY_SIZE];

	while (web_query_next(&rest, name, value))
		param(q, ps, name, value);
}

/* Return 1 if the parameter was given and is not empty. */
static int
given(const char *param)
{
	return (param != NULL && *param != '\0');
}

static int
read_key(uint8_t key[IPC_KEYLEN], const char *s)
{
	const size_t n = sizeof(KEY_PREFIX) - 1;

	if (strncmp(s, KEY_PREFIX, n) != 0 || strlen(s) != n + 2 * IPC_KEYLEN)
		return (-1);
	return (base_hex_get(key, IPC_KEYLEN, s + n));
}

/* Read a prefix; a single address only if `single' is 1, and no other then. */
static int
read_prefix(struct ipc_list_query *q, const char *s, int single)
{
	struct net_prefix p;
	int rv;

	if ((strchr(s, '/') == NULL) != single)
		return (-1);
	rv = net_prefix_parse(&p, s);
	if (rv != 0 && rv != NET_PREFIX_HOST)
		return (-1);
	q->filter = IPC_LIST_PREFIX;
	memcpy(q->addr, p.addr, sizeof(q->addr));
	q->bits = p.bits;
	return (0);
}

/* Read the filter.  0, or -1 with *why. */
static int
read_filter(struct web_clients_query *q, const struct params *ps,
    const char **why)
{
	int n = (ps->all != NULL) + given(ps->ip) + given(ps->cidr) +
	    given(ps->key);

	*why = "only one of all, ip, cidr, or key may be given\n";
	if (n > 1)
		return (-1);
	*why = "at most 8 app names of at most 63 bytes may be given\n";
	if (ps->too_many_apps)
		return (-1);
	if (ps->all != NULL || (n == 0 && q->q.by_app))
		q->filter = WEB_CLIENTS_ALL;
	*why = "bad ip: want an address, such as 192.0.2.1\n";
	if (given(ps->ip) && read_prefix(&q->q, ps->ip, 1) == -1)
		return (-1);
	*why = "bad cidr: want a prefix, such as 192.0.2.0/24\n";
	if (given(ps->cidr) && read_prefix(&q->q, ps->cidr, 0) == -1)
		return (-1);
	*why = "bad key: want nodekey: and 64 hexadecimal digits\n";
	if (given(ps->key) && read_key(q->q.key, ps->key) == -1)
		return (-1);
	if (given(ps->ip))
		q->filter = WEB_CLIENTS_IP;
	else if (given(ps->cidr))
		q->filter = WEB_CLIENTS_CIDR;
	else if (given(ps->key)) {
		q->filter = WEB_CLIENTS_KEY;
		q->q.filter = IPC_LIST_KEY;
	}
	return (0);
}

static int
read_sort(struct ipc_list_query *q, const char *s)
{
	size_t i;

	q->descending = s[0] == '-';
	for (i = 0; i < NSORTS; i++)
		if (strcmp(s + q->descending, sorts[i]) == 0) {
			q->sort = (enum ipc_list_sort)i;
			return (0);
		}
	return (-1);
}

/*
 * Read a number.  With `sign' it may have one; a negative one counts as 0.
 */
static int
read_number(uint64_t *n, const char *s, int sign)
{
	int negative = sign && s[0] == '-';
	unsigned int digit;

	if (sign && (s[0] == '-' || s[0] == '+'))
		s++;
	if (*s == '\0')
		return (-1);
	for (*n = 0; *s != '\0'; s++) {
		if (*s < '0' || *s > '9')
			return (-1);
		digit = (unsigned int)(*s - '0');
		if (*n > (UINT64_MAX - digit) / 10)
			return (-1);
		*n = *n * 10 + digit;
	}
	if (negative)
		*n = 0;
	return (0);
}

/* Read "address:port", "[address]:port", or an address without port. */
static int
read_remote(struct ipc_list_query *q, const char *s)
{
	const char *colon = strrchr(s, ':');
	char text[NET_PREFIX_TEXT];
	struct net_prefix p;
	uint64_t port;
	size_t n = strlen(s);

	/* Behind all ports of the address, in the direction of the order. */
	q->after_port = q->descending ? 0 : UINT16_MAX;
	if (colon != NULL && (s[0] == '[' || strchr(s, ':') == colon)) {
		if (read_number(&port, colon + 1, 0) == -1 ||
		    port > UINT16_MAX)
			return (-1);
		q->after_port = (uint16_t)port;
		n = (size_t)(colon - s);
		if (s[0] == '[') {
			if (n < 2 || s[n - 1] != ']')
				return (-1);
			s++;
			n -= 2;
		}
	}
	if (n >= sizeof(text) || memchr(s, '/', n) != NULL)
		return (-1);
	memcpy(text, s, n);
	text[n] = '\0';
	if (net_prefix_parse(&p, text) != 0)
		return (-1);
	memcpy(q->after_addr, p.addr, sizeof(q->after_addr));
	return (0);
}

/* Read where the page begins.  0, or -1 with *why. */
static int
read_after(struct ipc_list_query *q, const char *s, uint64_t now_ns,
    const char **why)
{
	int64_t ago;

	q->after = 1;
	switch (q->sort) {
	case IPC_LIST_BY_KEY:
		*why = "bad after: want a key\n";
		return (read_key(q->after_key, s));
	case IPC_LIST_BY_ADDR:
		*why = "bad after: want an address, with or without a port\n";
		return (read_remote(q, s));
	case IPC_LIST_BY_CONN:
		*why = "bad after: want the number of a connection\n";
		return (read_number(&q->after_number, s, 1));
	case IPC_LIST_BY_SINCE:
		*why = "bad after: want Unix nanoseconds or a duration\n";
		if (read_number(&q->after_n, s, 1) == 0)
			return (0);
		if (base_duration(s, &ago) == -1 || ago < 0)
			return (-1);
		q->after_n = now_ns > (uint64_t)ago ?
		    now_ns - (uint64_t)ago : 0;
		return (0);
	case IPC_LIST_BY_RX_BYTES:
	case IPC_LIST_BY_TX_BYTES:
	case IPC_LIST_BY_RX_PACKETS:
	case IPC_LIST_BY_TX_PACKETS:
		break;
	}
	*why = "bad after: want a number\n";
	return (read_number(&q->after_n, s, 0));
}

/* Read the order and the part of the list.  0, or -1 with *why. */
static int
read_part(struct ipc_list_query *q, const struct params *ps, uint64_t now_ns,
    const char **why)
{
	uint64_t limit = WEB_CLIENTS_LIMIT;

	*why = "bad sort: want key, ip, conn, connected, rx, tx, rxpkts, or "
	    "txpkts, optionally with a leading -\n";
	if (given(ps->sort) && read_sort(q, ps->sort) == -1)
		return (-1);
	*why = "bad limit: want a number from 1\n";
	if (given(ps->limit) &&
	    (read_number(&limit, ps->limit, 0) == -1 || limit == 0))
		return (-1);
	q->limit = limit > IPC_LIST_MAXROWS ? IPC_LIST_MAXROWS :
	    (uint32_t)limit;
	if (!given(ps->after))
		return (0);
	if (read_after(q, ps->after, now_ns, why) == -1)
		return (-1);
	if (!given(ps->afterconn) || q->sort == IPC_LIST_BY_CONN)
		return (0);
	*why = "bad afterconn: want the number of a connection\n";
	q->after_conn = 1;
	return (read_number(&q->after_number, ps->afterconn, 1));
}

int
web_clients_parse(struct web_clients_query *q, const char *p, size_t len,
    uint64_t now_ns, const char **why)
{
	struct params ps;

	memset(q, 0, sizeof(*q));
	memset(&ps, 0, sizeof(ps));
	if (p != NULL)
		split(q, &ps, p, len);
	*why = "bad format: want json or html\n";
	if (given(ps.format) && strcmp(ps.format, "json") != 0 &&
	    strcmp(ps.format, "html") != 0)
		return (-1);
	q->json = given(ps.format) && strcmp(ps.format, "json") == 0;
	if (read_filter(q, &ps, why) == -1)
		return (-1);
	if (q->filter == WEB_CLIENTS_NONE)
		return (0);
	return (read_part(&q->q, &ps, now_ns, why));
}

static void
put(struct ipc_wr *w, const char *s)
{
	ipc_wr_bytes(w, s, strlen(s));
}

/* Append a value of a URL, as application/x-www-form-urlencoded. */
static void
put_value(struct ipc_wr *w, const char *s)
{
	char hex[4];

	for (; *s != '\0'; s++)
		if ((*s >= 'a' && *s <= 'z') || (*s >= 'A' && *s <= 'Z') ||
		    (*s >= '0' && *s <= '9') || strchr("-_.~", *s) != NULL)
			ipc_wr_bytes(w, s, 1);
		else if (*s == ' ')
			put(w, "+");
		else {
			snprintf(hex, sizeof(hex), "%%%02X", (uint8_t)*s);
			put(w, hex);
		}
}

static void
put_pair(struct ipc_wr *w, const char *name, const char *value)
{
	put(w, w->len > 0 && w->p[w->len - 1] == '?' ? "" : "&");
	put(w, name);
	put(w, "=");
	put_value(w, value);
}

static void
put_pair_n(struct ipc_wr *w, const char *name, uint64_t n)
{
	char text[24];

	snprintf(text, sizeof(text), "%" PRIu64, n);
	put_pair(w, name, text);
}

static void
key_text(char dst[sizeof(KEY_PREFIX) + 2 * IPC_KEYLEN],
    const uint8_t key[IPC_KEYLEN])
{
	memcpy(dst, KEY_PREFIX, sizeof(KEY_PREFIX) - 1);
	base_hex_put(dst + sizeof(KEY_PREFIX) - 1, key, IPC_KEYLEN);
}

/* The prefix of the query, always with its number of bits if it is a CIDR. */
static void
prefix_text(const struct web_clients_query *q, char *dst, size_t size)
{
	const unsigned int v4 = net_address_is_ipv4(q->q.addr) ? 96 : 0;
	char text[NET_PREFIX_TEXT];

	net_prefix_address(q->q.addr, text);
	if (q->filter == WEB_CLIENTS_CIDR)
		snprintf(dst, size, "%s/%u", text, q->q.bits - v4);
	else
		strlcpy(dst, text, size);
}

void
web_clients_remote(const uint8_t addr[IPC_ADDRLEN], uint16_t port,
    struct ipc_wr *w)
{
	char text[NET_PREFIX_TEXT], all[NET_PREFIX_TEXT + 16];

	net_prefix_address(addr, text);
	snprintf(all, sizeof(all), net_address_is_ipv4(addr) ? "%s:%u" :
	    "[%s]:%u", text, port);
	put(w, all);
}

void
web_clients_describe(const struct web_clients_query *q, struct ipc_wr *w)
{
	char text[sizeof(KEY_PREFIX) + 2 * IPC_KEYLEN + NET_PREFIX_TEXT];
	uint32_t i;

	if (q->filter == WEB_CLIENTS_KEY) {
		put(w, "connections for ");
		key_text(text, q->q.key);
		put(w, text);
	} else if (q->filter == WEB_CLIENTS_ALL)
		put(w, "all clients");
	else {
		put(w, "clients from ");
		prefix_text(q, text, sizeof(text));
		put(w, text);
	}
	for (i = 0; i < q->q.napps; i++) {
		put(w, i == 0 ? " with app " : " or ");
		put(w, q->q.apps[i][0] == '\0' ? "(none)" : q->q.apps[i]);
	}
}

/* Append where the page behind this row begins. */
static void
put_after(const struct web_clients_query *q, const struct ipc_list_row *last,
    struct ipc_wr *w)
{
	char key[sizeof(KEY_PREFIX) + 2 * IPC_KEYLEN];
	struct ipc_wr remote;

	if (q->q.sort == IPC_LIST_BY_KEY) {
		key_text(key, last->key);
		put_pair(w, "after", key);
	} else if (q->q.sort == IPC_LIST_BY_ADDR) {
		ipc_wr_init(&remote);
		web_clients_remote(last->addr, last->port, &remote);
		ipc_wr_u8(&remote, 0);
		put_pair(w, "after", ipc_wr_ok(&remote) ?
		    (const char *)remote.p : "");
		ipc_wr_free(&remote);
	} else if (q->q.sort == IPC_LIST_BY_CONN) {
		put_pair_n(w, "after", last->number);
		return;
	} else
		put_pair_n(w, "after", conn_clientpage_value(&q->q, last));
	put_pair_n(w, "afterconn", last->number);
}

/* In the order of the names, as derper has them. */
void
web_clients_link(const struct web_clients_query *q, enum ipc_list_sort sort,
    int descending, const struct ipc_list_row *last, struct ipc_wr *w)
{
	char text[sizeof(KEY_PREFIX) + 2 * IPC_KEYLEN + NET_PREFIX_TEXT];
	uint32_t i;

	put(w, "?");
	if (last != NULL)
		put_after(q, last, w);
	if (q->filter == WEB_CLIENTS_ALL)
		put_pair(w, "all", "1");
	for (i = 0; i < q->q.napps; i++)
		put_pair(w, "app", q->q.apps[i]);
	prefix_text(q, text, sizeof(text));
	if (q->filter == WEB_CLIENTS_CIDR)
		put_pair(w, "cidr", text);
	if (q->json)
		put_pair(w, "format", "json");
	if (q->filter == WEB_CLIENTS_IP)
		put_pair(w, "ip", text);
	if (q->filter == WEB_CLIENTS_KEY) {
		key_text(text, q->q.key);
		put_pair(w, "key", text);
	}
	if (q->q.limit != WEB_CLIENTS_LIMIT)
		put_pair_n(w, "limit", q->q.limit);
	snprintf(text, sizeof(text), "%s%s", descending ? "-" : "",
	    sorts[sort]);
	put_pair(w, "sort", text);
}
