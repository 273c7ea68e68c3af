/*
 * hello: see hello.h.  Called by conn.c and tlsio.c.
 */
#include "hello.h"

#define RECORD_HDR	5
#define RECORD_MAX	(16384 + 256)	/* RFC 8446 5.2 */
#define TYPE_HANDSHAKE	22
#define TYPE_LAST	23		/* application data */
#define CLIENT_HELLO	1
#define MESSAGE_HDR	4

size_t
hello_record(const uint8_t *p, size_t n)
{
	size_t len;

	if (n < RECORD_HDR)
		return (0);
	len = (size_t)p[3] << 8 | p[4];
	if (p[0] > TYPE_LAST || p[1] != 3 || len > RECORD_MAX)
		return (n);
	return (n - RECORD_HDR < len ? 0 : RECORD_HDR + len);
}

/* Can these bytes begin a record of a handshake? */
static int
begins_record(const uint8_t *p, size_t n)
{
	return ((n < 1 || p[0] == TYPE_HANDSHAKE) && (n < 2 || p[1] == 3));
}

enum hello
hello_judge(const uint8_t *p, size_t n)
{
	size_t off, i, len, have = 0, want = 0;

	/* The message may be cut into records anywhere, even in its header. */
	for (off = 0;; off += RECORD_HDR + len) {
		if (!begins_record(p + off, n - off))
			return (HELLO_GIVE);
		if (n - off < RECORD_HDR)
			break;
		len = (size_t)p[off + 3] << 8 | p[off + 4];
		if (len == 0 || len > RECORD_MAX)
			return (HELLO_GIVE);
		for (i = 0; i < len && i < n - off - RECORD_HDR &&
		    have < MESSAGE_HDR; i++, have++) {
			if (have == 0 && p[off + RECORD_HDR] != CLIENT_HELLO)
				return (HELLO_GIVE);
			want = want << 8 | p[off + RECORD_HDR + i];
		}
		if (have == MESSAGE_HDR && (want & 0xffffff) > HELLO_MAX)
			return (HELLO_LONG);
		if (n - off - RECORD_HDR < len)
			break;
		have += len - i;
		if (have >= MESSAGE_HDR &&
		    have >= MESSAGE_HDR + (want & 0xffffff))
			return (HELLO_GIVE);
	}
	return (n >= HELLO_STREAM ? HELLO_LONG : HELLO_MORE);
}
