/*
 * nodesession_fuzz: any bytes from another node, at once and in pieces, give
 * the same calls.  The first byte is the size of a piece.
 */
#include <stdlib.h>
#include <string.h>

#include "nodesession.h"

int	LLVMFuzzerTestOneInput(const uint8_t *, size_t);

struct node {
	struct nodes_session	 s;	/* the first member */
	int			 closed;
	uint64_t		 sum;	/* of all calls */
};

static void
must(int ok)
{
	if (!ok)
		abort();
}

static void
note(struct nodes_session *s, char what, const void *p, size_t n)
{
	struct node *c = (struct node *)(void *)s;
	const uint8_t *b = p;

	must(!c->closed);
	c->sum = c->sum * 31 + (uint64_t)what + n;
	while (n-- > 0)
		c->sum = c->sum * 31 + *b++;
}

static void
on_present(struct nodes_session *s, const uint8_t *key)
{
	note(s, '+', key, FRAME_KEY_LEN);
}

static void
on_gone(struct nodes_session *s, const uint8_t *key)
{
	note(s, '-', key, FRAME_KEY_LEN);
}

static void
on_ping(struct nodes_session *s, const uint8_t *data)
{
	note(s, 'p', data, FRAME_PING_LEN);
}

static void
on_health(struct nodes_session *s, const uint8_t *text, size_t n)
{
	must(n <= NODES_TEXT);
	note(s, 'h', text, n);
}

static void
on_restarting(struct nodes_session *s)
{
	note(s, 'r', NULL, 0);
}

static void
on_close(struct nodes_session *s, const char *why)
{
	note(s, 'x', why, strlen(why));
	((struct node *)(void *)s)->closed = 1;
}

static const struct nodes_session_ops ops = {
	.present = on_present,
	.gone = on_gone,
	.ping = on_ping,
	.health = on_health,
	.restarting = on_restarting,
	.close = on_close
};

/* All of it, `piece' bytes at a time. */
static uint64_t
run(const uint8_t *p, size_t n, size_t piece)
{
	struct node c;
	size_t k;

	memset(&c, 0, sizeof(c));
	c.s.ops = &ops;
	for (; n > 0 && !c.closed; n -= k) {
		k = nodes_session_input(&c.s, p, n < piece ? n : piece);
		must(k > 0 && k <= n);
		p += k;
	}
	return (c.sum);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	uint64_t whole;

	if (size < 1)
		return 0;
	whole = run(data + 1, size - 1, size);
	must(whole == run(data + 1, size - 1, 1 + data[0] % 64u));
	must(whole == run(data + 1, size - 1, 1 + data[0] * 16u));
	return 0;
}
