/*
 * hello: see hello.h.  Called by frontconn.c and fronttls.c, and by derpd/conn
 * for records.
 */
#include <string.h>

#include "hello.h"

#define RECORD_HDR	5
#define RECORD_MAX	(16384 + 256)	/* RFC 8446 5.2 */
#define TYPE_HANDSHAKE	22
#define TYPE_LAST	23		/* application data */
#define CLIENT_HELLO	1
#define MESSAGE_HDR	4
#define RANDOM		32
#define EXT_SERVER	0		/* server_name */
#define EXT_ALPN	16
#define SERVER_HOST	0		/* host_name */
#define ACME_PROTOCOL	"acme-tls/1"

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

/* Bytes to be read; after an error there are none. */
struct hello_rest {
	const uint8_t	*p;
	size_t		 n;
	int		 bad;
};

/* Take `n' bytes; NULL: there are fewer. */
static const uint8_t *
take(struct hello_rest *b, size_t n)
{
	const uint8_t *p = b->p;

	if (b->n < n) {
		b->bad = 1;
		b->n = 0;
		return (NULL);
	}
	b->p += n;
	b->n -= n;
	return (p);
}

/* A number of `len' bytes; 0 when there are fewer. */
static size_t
number(struct hello_rest *b, size_t len)
{
	const uint8_t *p = take(b, len);
	size_t v = 0;

	for (; p != NULL && len > 0; len--)
		v = v << 8 | *p++;
	return (v);
}

/* A vector behind its length of `len' bytes; empty after an error. */
static struct hello_rest
vector(struct hello_rest *b, size_t len)
{
	struct hello_rest v = { NULL, number(b, len), 0 };

	if ((v.p = take(b, v.n)) == NULL)
		v.n = 0;
	return (v);
}

/* The first host name. */
static void
read_server(struct hello_rest *b, struct front_hello_wish *w)
{
	struct hello_rest list = vector(b, 2), name;
	size_t type = number(&list, 1);

	name = vector(&list, 2);
	b->bad |= list.bad;
	if (type != SERVER_HOST || name.n == 0 || name.n >= sizeof(w->server) ||
	    memchr(name.p, '\0', name.n) != NULL)
		return;
	memcpy(w->server, name.p, name.n);
	w->server[name.n] = '\0';
}

static void
read_alpn(struct hello_rest *b, struct front_hello_wish *w)
{
	struct hello_rest list = vector(b, 2), name = vector(&list, 1);

	b->bad |= list.bad;
	w->validates = list.n == 0 && name.n == strlen(ACME_PROTOCOL) &&
	    memcmp(name.p, ACME_PROTOCOL, name.n) == 0;
}

/* Copy the message without the headers of its records.  Its bytes. */
static size_t
join(const uint8_t *p, size_t n, uint8_t msg[HELLO_STREAM])
{
	size_t len, have = 0;

	while (n > RECORD_HDR && have < HELLO_STREAM) {
		len = (size_t)p[3] << 8 | p[4];
		p += RECORD_HDR;
		n -= RECORD_HDR;
		if (len > n)
			len = n;
		if (len > HELLO_STREAM - have)
			len = HELLO_STREAM - have;
		memcpy(msg + have, p, len);
		have += len;
		p += len;
		n -= len;
	}
	return (have);
}

int
front_hello_wish(const uint8_t *p, size_t n, struct front_hello_wish *w)
{
	uint8_t msg[HELLO_STREAM];
	struct hello_rest all = { msg, join(p, n, msg), 0 }, b, exts, ext;
	size_t type;

	memset(w, 0, sizeof(*w));
	if (number(&all, 1) != CLIENT_HELLO)
		return (-1);
	b = vector(&all, 3);
	(void)take(&b, 2 + RANDOM);	/* version, random */
	(void)vector(&b, 1);		/* session id */
	(void)vector(&b, 2);		/* suites */
	(void)vector(&b, 1);		/* compression */
	exts = vector(&b, 2);
	while (exts.n > 0 && !exts.bad) {
		type = number(&exts, 2);
		ext = vector(&exts, 2);
		if (type == EXT_SERVER)
			read_server(&ext, w);
		else if (type == EXT_ALPN)
			read_alpn(&ext, w);
		exts.bad |= ext.bad;
	}
	if (!all.bad && !b.bad && !exts.bad)
		return (0);
	memset(w, 0, sizeof(*w));
	return (-1);
}
