/*
 * Fuzz target: requests for a map, with conditions and codings.
 *
 * Checked: the answer is a whole head that parses, and has a body exactly when
 * the head announces one; only a request with a condition gets a 304, and only
 * one that names a coding gets gzip.  The input follows the request line and
 * Host; every lone LF in it is a line's end.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "conf.h"
#include "mapstore.h"
#include "web_map.h"

#define START	"GET /derpmap/default HTTP/1.1\r\nHost: h\r\n"
#define BODY	"{\"Regions\":{}}\n"

int	LLVMFuzzerTestOneInput(const uint8_t *, size_t);

static struct web_mapstore	store;
static struct net_http_head	h, again;
static struct web_reply		reply;
static char			request[HTTP_MAX_HEAD + 1];

static void
check(int ok)
{
	if (!ok)
		abort();
}

static void
load(void)
{
	static struct ipc_map_doc	d;

	check(web_mapstore_maps(&store, 1) == 0);
	strlcpy(d.path, "/derpmap/default", sizeof(d.path));
	d.nhosts = 1;
	strlcpy(d.hosts[0], "h", sizeof(d.hosts[0]));
	d.mtime = 784111777;
	d.body = (const uint8_t *)BODY;
	d.len = strlen(BODY);
	d.gzip = (const uint8_t *)"gz";
	d.gzip_len = 2;
	check(web_mapstore_map(&store, &d, 1000000000) == 0);
}

/* The request with the fields of the input; its length. */
static size_t
make(const uint8_t *p, size_t len)
{
	size_t	i, n = strlen(START);

	memcpy(request, START, n);
	for (i = 0; i < len && n < sizeof(request) - 8; i++) {
		if (p[i] == '\n')
			request[n++] = '\r';
		request[n++] = (char)p[i];
	}
	memcpy(request + n, "\r\n\r\n", 4);
	return (n + 4);
}

static int
has(const struct net_http_head *head, const char *name)
{
	return (net_http_field(head, name).p != NULL);
}

static void
check_reply(enum web_action action)
{
	int	n = net_http_parse_response(&again, reply.buf, reply.len);

	check(n > 0);
	switch (again.status) {
	case 200:
		if (action != WEB_MAP) {
			check(net_http_eq(h.method, "HEAD"));
			break;
		}
		check((size_t)n == reply.len && reply.map != NULL);
		check((size_t)again.content_length == reply.body_len);
		check(has(&again, "Content-Encoding") ==
		    (reply.body_len == 2));
		check(reply.body_len == strlen(BODY) ||
		    has(&h, "Accept-Encoding"));
		break;
	case 304:
		check((size_t)n == reply.len && action == WEB_REPLY);
		check(has(&again, "ETag") && (has(&h, "If-None-Match") ||
		    has(&h, "If-Modified-Since")));
		break;
	default:
		check(action == WEB_REPLY && again.status == 417);
		break;
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t len)
{
	static const uint8_t	key[32];
	struct web_env		env;

	if (store.n == 0)
		load();
	if (net_http_parse_request(&h, request, make(p, len)) <= 0)
		return (0);
	memset(&env, 0, sizeof(env));
	env.tls = 1;
	env.node_key = key;
	env.maps = &store;
	env.now = 1000000000;
	check_reply(web_route(&env, &h, &reply));
	return (0);
}
