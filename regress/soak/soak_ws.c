/*
 * soak_ws: WebSocket messages (RFC 6455, 5.2), the client's side.
 */
#include <string.h>

#include "soak.h"

#define OP_CONT		0
#define OP_BINARY	2
#define OP_CLOSE	8
#define OP_PING		9
#define OP_PONG		10

size_t
soak_ws_wrap(struct rnd *r, uint8_t *dst, int op, const uint8_t *p, size_t n)
{
	uint8_t mask[4];
	size_t at = 0, i;

	rnd_bytes(r, mask, sizeof(mask));
	dst[at++] = (uint8_t)(0x80 | op);
	if (n < 126)
		dst[at++] = (uint8_t)(0x80 | n);
	else {
		dst[at++] = 0x80 | 126;
		dst[at++] = (uint8_t)(n >> 8);
		dst[at++] = (uint8_t)n;
	}
	memcpy(dst + at, mask, sizeof(mask));
	at += sizeof(mask);
	for (i = 0; i < n; i++)
		dst[at + i] = p[i] ^ mask[i % 4];
	return (at + n);
}

/* Return the bytes of a header, as far as they are known. */
static size_t
header_size(const struct ws_in *ws)
{
	if (ws->have < 2)
		return (2);
	return ((ws->hdr[1] & 0x7f) == 126 ? 4 :
	    (ws->hdr[1] & 0x7f) == 127 ? 10 : 2);
}

/* Handle a whole header. */
static int
begin(struct ws_in *ws)
{
	size_t i;

	ws->op = ws->hdr[0] & 0x0f;
	ws->left = ws->hdr[1] & 0x7f;
	if (ws->have > 2)
		for (ws->left = 0, i = 2; i < ws->have; i++)
			ws->left = ws->left << 8 | ws->hdr[i];
	ws->have = 0;
	/* Nothing but Close's own payload may follow Close (5.5.1). */
	if (ws->over)
		return (-1);
	if (ws->op == OP_CLOSE) {
		ws->over = 1;
		return (0);
	}
	/* No extension, no mask, no other kind of message. */
	if ((ws->hdr[0] & 0x70) != 0 || (ws->hdr[1] & 0x80) != 0)
		return (-1);
	return (ws->op == OP_BINARY || ws->op == OP_CONT ||
	    ws->op == OP_PING || ws->op == OP_PONG ? 0 : -1);
}

int
soak_ws_feed(struct ws_in *ws, const uint8_t *p, size_t n,
    void (*got)(struct bot *, const uint8_t *, size_t), struct bot *b)
{
	size_t k;

	while (n > 0) {
		if (ws->left > 0) {
			k = ws->left < n ? (size_t)ws->left : n;
			if (ws->op == OP_BINARY || ws->op == OP_CONT)
				got(b, p, k);
			ws->left -= k;
			p += k;
			n -= k;
			continue;
		}
		ws->hdr[ws->have++] = *p++;
		n--;
		if (ws->have >= 2 && ws->have == header_size(ws) &&
		    begin(ws) == -1)
			return (-1);
	}
	return (0);
}
