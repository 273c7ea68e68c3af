/*
 * Fuzz target: request heads through the parser and the relay's answers.
 *
 * Checked: a head is never longer than its input, its pieces lie within it, and
 * a shorter input never gives another head; a reply to any request is a whole
 * head with correct ends of lines.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "conf.h"
#include "web.h"

int	LLVMFuzzerTestOneInput(const uint8_t *, size_t);

static struct net_http_head	h, again;
static struct web_reply		reply;

static void
check(int ok)
{
	if (!ok)
		abort();
}

static void
within(struct net_http_str s, const char *buf, int n)
{
	/* "/" stands for the path that an absolute form leaves out. */
	if (s.p == NULL || (s.len == 1 && *s.p == '/'))
		return;
	check(s.p >= buf && s.p + s.len <= buf + n);
}

static void
check_head(const char *buf, int n)
{
	size_t	i;

	within(h.method, buf, n);
	within(h.target, buf, n);
	within(h.path, buf, n);
	within(h.query, buf, n);
	within(h.host, buf, n);
	for (i = 0; i < h.nfields; i++) {
		within(h.fields[i].name, buf, n);
		within(h.fields[i].value, buf, n);
	}
	check(n <= HTTP_MAX_HEAD && h.content_length >= -1);
	check(net_http_parse_request(&again, buf, (size_t)n) == n);
	check(net_http_parse_request(&again, buf, (size_t)n - 1) == HTTP_MORE);
}

/* Each CR has its LF and the other way round, until the empty line. */
static void
check_reply(void)
{
	const char	*end;
	size_t		 i, n;

	check(reply.len < sizeof(reply.buf));
	if (reply.len == 0)
		return;
	end = memmem(reply.buf, reply.len, "\r\n\r\n", 4);
	check(end != NULL && memcmp(reply.buf, "HTTP/1.1 ", 9) == 0);
	n = (size_t)(end - reply.buf) + 4;
	for (i = 0; i < n; i++) {
		check(reply.buf[i] != '\0');
		check((reply.buf[i] == '\r') ==
		    (i + 1 < n && reply.buf[i + 1] == '\n'));
	}
	check(net_http_parse_response(&again, reply.buf, reply.len) == (int)n);
	/* All field names of ours; none is from the request. */
	for (i = 0; i < again.nfields; i++)
		check(!net_http_caseeq(again.fields[i].name, "Set-Cookie"));
}

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t len)
{
	static const uint8_t	key[32] = { 1, 2, 3 };
	struct web_env		env;
	enum web_action		action;
	const char		*buf = (const char *)p;
	int			 n;

	n = net_http_parse_request(&h, buf, len);
	memset(&env, 0, sizeof(env));
	env.relay = 1;
	env.home = HOME_PAGE;
	env.node_key = key;
	env.peer[15] = 1;
	if (n == HTTP_MORE)
		return 0;
	if (n < 0) {
		web_error(&env, n, &reply);
		check_reply();
		return 0;
	}
	check_head(buf, n);
	for (n = 0; n < 3; n++) {
		env.tls = n == 1;
		env.derp = n == 2;
		action = web_route(&env, &h, &reply);
		if (action == WEB_STATS)
			web_reply_body(&env, &h, WEB_VARZ, 1, &reply);
		check(reply.len > 0 || action == WEB_UPGRADE_DERP);
		check_reply();
	}
	return 0;
}
