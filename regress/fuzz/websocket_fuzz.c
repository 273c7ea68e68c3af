/*
 * Fuzz target: WebSocket frames.  The first byte is the size of the pieces in
 * which the rest is fed; the resulting stream does not depend on it, is not
 * longer than the input, and ends with the session.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "websocket.h"

int	LLVMFuzzerTestOneInput(const uint8_t *, size_t);

struct sink {
	size_t		len;	/* stream bytes */
	uint32_t	sum;	/* over them */
	size_t		frames;	/* control frames sent */
};

static void
check(int ok)
{
	if (!ok)
		abort();
}

static int
data(const uint8_t *p, size_t len, void *arg)
{
	struct sink	*s = arg;
	size_t		 i;

	check(len > 0);
	for (i = 0; i < len; i++)
		s->sum = s->sum * 31 + p[i];
	s->len += len;
	return 0;
}

static void
out(const uint8_t *p, size_t len, void *arg)
{
	struct sink	*s = arg;

	check(len >= 2 && len == 2 + (size_t)p[1] && p[1] <= 125);
	check(p[0] == 0x88 || p[0] == 0x8a);
	s->frames++;
}

/* Feed all in pieces of `step' bytes; the last result of web_ws_feed(). */
static int
run(const uint8_t *p, size_t len, size_t step, struct sink *s)
{
	struct web_ws	*ws = web_ws_new(data, out, s);
	size_t		 n, k, before;
	int		 rv = 0;

	check(ws != NULL);
	for (n = 0; n < len && rv == 0; n += k) {
		k = len - n < step ? len - n : step;
		before = s->frames;
		rv = web_ws_feed(ws, p + n, k);
		check(s->frames - before <= 1);
	}
	if (rv == -1) {
		before = s->frames;
		check(web_ws_feed(ws, p, len) == -1 && s->frames == before);
	}
	check(s->len <= len);
	web_ws_free(ws);
	return rv;
}

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t len)
{
	struct sink	a = { 0, 0, 0 }, b = { 0, 0, 0 };

	if (len < 2)
		return 0;
	check(run(p + 1, len - 1, len, &a) ==
	    run(p + 1, len - 1, 1 + (size_t)p[0], &b));
	check(a.len == b.len && a.sum == b.sum);
	return 0;
}
