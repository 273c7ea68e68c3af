/*
 * bootstrap_fuzz: any bytes as MSG_FRONT_DNS, and as the query of a request for
 * /bootstrap-dns: an answer is a well-formed object of lists of addresses, and
 * has an unpublished name only when the query is that name.
 */
#include <stdlib.h>
#include <string.h>

#include "bootstrap.h"
#include "json.h"
#include "mapstore.h"

int	LLVMFuzzerTestOneInput(const uint8_t *, size_t);

static void
must(int ok)
{
	if (!ok)
		abort();
}

static void
check_answer(const struct web_dns *d, const struct web_reply *r)
{
	struct json_error e;
	struct json *j;
	size_t i;

	j = json_parse((const char *)r->body, r->body_len, 4, 100000, &e);
	must(j != NULL && json_type(j, 0) == JSON_OBJECT);
	for (i = 0; i < d->n; i++)
		if (r->dns != WEB_DNS_UNPUBLISHED_HIT && !d->v[i].published)
			must(json_get(j, 0, d->v[i].name) == -1);
	json_free(j);
}

static void
ask(const struct web_dns *d, const char *query, size_t len)
{
	static const char request[] = "GET /bootstrap-dns HTTP/1.1\r\n"
	    "Host: a\r\n\r\n";
	static struct net_http_head h;
	static struct web_reply r;
	struct web_env env;

	memset(&env, 0, sizeof(env));
	env.tls = env.relay = 1;
	env.dns = d;
	memset(&h, 0, sizeof(h));
	must(net_http_parse_request(&h, request, sizeof(request) - 1) ==
	    (int)sizeof(request) - 1);
	h.query.p = query;
	h.query.len = len;
	switch (web_route(&env, &h, &r)) {
	case WEB_MAP:
		check_answer(d, &r);
		break;
	case WEB_REPLY:
		must(d->published == NULL);
		break;
	default:
		abort();
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct ipc_msg_front_dns v;
	struct web_dns dns;
	struct ipc_rd r;
	size_t n, i;

	if (size < 2)
		return 0;
	/* The first two bytes say how long the message is. */
	n = ((size_t)data[0] << 8 | data[1]) % (size - 1);
	ipc_rd_init(&r, data + 2, n);
	memset(&dns, 0, sizeof(dns));
	if (ipc_get_front_dns(&r, &v) == 0 && web_dns_set(&dns, &v) == 0)
		for (i = 0; i < dns.n; i++)
			must(i == 0 || strcmp(dns.v[i - 1].name,
			    dns.v[i].name) < 0);
	ask(&dns, (const char *)data + 2 + n, size - 2 - n);
	if (dns.n > 0)
		ask(&dns, dns.v[0].name, strlen(dns.v[0].name));
	web_dns_clear(&dns);
	return 0;
}
