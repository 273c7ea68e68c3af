/*
 * hello: see hello.h.  Called by frontconn.c, and by derpd/conn for records.
 */
#include "hello.h"

#define RECORD_HDR	5
#define RECORD_MAX	(16384 + 256)	/* RFC 8446 5.2 */
#define TYPE_HANDSHAKE	22
#define TYPE_LAST	23		/* application data */
#define CLIENT_HELLO	1
#define MESSAGE_HDR	4

size_t
front_hello_record(const uint8_t *p, size_t n)
{
	size_t len;

	if (n < RECORD_HDR)
		return (0);
	len = (size_t)p[3] << 8 | p[4];
	if (p[0] > TYPE_LAST || p[1] != 3 || len > RECORD_MAX)
		return (n);
	return (n - RECORD_HDR < len ? 0 : RECORD_HDR + len);
}

/* Return 1 if a handshake record may begin with these bytes. */
static int
begins_record(const uint8_t *p, size_t n)
{
	return ((n < 1 || p[0] == TYPE_HANDSHAKE) && (n < 2 || p[1] == 3));
}

/* Return 1 if the message is whole: `have' bytes, its header is `want'. */
static int
is_over(size_t have, size_t want)
{
	return (have >= MESSAGE_HDR &&
	    have >= MESSAGE_HDR + (want & 0xffffff));
}

enum front_hello
front_hello_check(struct front_hello_state *st, const uint8_t *p, size_t n)
{
	size_t i, len, have, want, left;
	const uint8_t *q;

	/* A message may be split into records anywhere, even in its header. */
	for (;;) {
		q = p + st->off;
		left = n - st->off;
		have = st->have;
		want = st->length;
		if (!begins_record(q, left))
			return (HELLO_WHOLE);
		if (left < RECORD_HDR)
			break;
		len = (size_t)q[3] << 8 | q[4];
		if (len == 0 || len > RECORD_MAX)
			return (HELLO_WHOLE);
		q += RECORD_HDR;
		left -= RECORD_HDR;
		for (i = 0; i < len && i < left && have < MESSAGE_HDR;
		    i++, have++) {
			if (have == 0 && q[0] != CLIENT_HELLO)
				return (HELLO_WHOLE);
			want = want << 8 | q[i];
		}
		if (have == MESSAGE_HDR && (want & 0xffffff) > HELLO_MAX)
			return (HELLO_LONG);
		if (left < len)
			break;
		have += len - i;
		if (is_over(have, want))
			return (HELLO_WHOLE);
		st->off += RECORD_HDR + len;
		st->have = have;
		st->length = want;
	}
	return (n >= HELLO_STREAM ? HELLO_LONG : HELLO_MORE);
}
