/*
 * soak_web: HTTP clients that keep their connections, send several requests at
 * once and some with bodies, and fetch large maps slowly or fast.  Each answer
 * must belong to its request, and each map must be one that was configured.
 */
#include <sys/socket.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "soak.h"

#define WANTS		16	/* answers that may be due */
#define EVIL_FRAME	1024	/* the size that busy clients use */

static const char robots[] = "User-agent: *\nDisallow: /\n";

enum want_what { WANT_204, WANT_ROBOTS, WANT_PROBE, WANT_MAP, WANT_VARZ,
	WANT_HOME, WANT_MOVED, WANT_REFUSAL };

struct want {
	enum want_what	 what;
	int		 head_only;
	char		 challenge[20];
};

struct web {
	int		 plain;
	int		 closing;	/* no more requests */
	unsigned int	 rounds;
	struct want	 wants[WANTS];
	unsigned int	 first, n;
	struct bytes	 in;
	size_t		 left, off, total;	/* bytes of a body */
	unsigned int	 fits;		/* bitmap of maps that it may be */
};

size_t
web_head(const struct bot *b, struct bytes *in, struct net_http_head *h)
{
	int n;

	if (bytes_left(in) == 0)
		return (0);
	n = net_http_parse_response(h, (const char *)bytes_head(in),
	    bytes_left(in));
	if (n == HTTP_MORE)
		return (0);
	if (n < 0)
		bot_fail(b, "got input that is not HTTP: %.*s",
		    (int)(bytes_left(in) < 60 ? bytes_left(in) : 60),
		    (const char *)bytes_head(in));
	return ((size_t)n);
}

static void
start(struct bot *b)
{
	struct web *w = calloc(1, sizeof(*w));
	struct soak_how how = { .source = b->slot };

	if (w == NULL)
		fail("out of memory");
	b->web = w;
	how.plain = w->plain = rnd_chance(&b->rnd, 12);
	how.tls12 = rnd_chance(&b->rnd, 10);
	if (rnd_chance(&b->rnd, 25))
		how.rcvbuf = 8192;
	b->dies_at = now + 200 + rnd_below(&b->rnd, 4000);
	wire_open(&b->w, &how);
	if (rnd_chance(&b->rnd, 20))
		b->w.sip = 1024 + rnd_below(&b->rnd, 8192);
}

static void
stop(struct bot *b)
{
	bytes_free(&b->web->in);
	free(b->web);
	b->web = NULL;
}

static struct want *
want(struct bot *b, enum want_what what)
{
	struct web *w = b->web;
	struct want *x = &w->wants[(w->first + w->n++) % WANTS];

	memset(x, 0, sizeof(*x));
	x->what = what;
	if (w->n == 1) {
		b->owed = "an answer by HTTP";
		b->owed_at = now;
	}
	return (x);
}

/* Append one request to `req'; return its bytes. */
static size_t
request(struct bot *b, char *req, size_t size, int last)
{
	static const char inner[] =
	    "GET /robots.txt HTTP/1.1\r\nHost: relay.test\r\n\r\n";
	static const struct {
		const char	*path;
		int		 plain;
	} paths[] = {
		[WANT_204] = { "/generate_204", 1 },
		[WANT_ROBOTS] = { "/robots.txt", 0 },
		[WANT_PROBE] = { "/derp/probe", 0 },
		[WANT_MAP] = { "/derpmap/default", 0 },
		[WANT_VARZ] = { "/debug/varz", 1 },
		[WANT_HOME] = { "/", 0 }
	};
	enum want_what what = (enum want_what)rnd_below(&b->rnd,
	    WANT_HOME + 1);
	const char *method = "GET";
	size_t body = 0, n;
	struct want *x;

	if (nmaps > 0 && rnd_chance(&b->rnd, 25))
		what = WANT_MAP;
	if (what == WANT_MAP && nmaps == 0)
		what = WANT_ROBOTS;
	x = want(b, b->web->plain && !paths[what].plain ? WANT_MOVED : what);
	if (rnd_chance(&b->rnd, 10)) {
		method = "HEAD";
		x->head_only = 1;
	} else if (what != WANT_VARZ && rnd_chance(&b->rnd, 20))
		body = sizeof(inner) - 1;
	snprintf(x->challenge, sizeof(x->challenge), "%016llx",
	    (unsigned long long)rnd_next(&b->rnd));
	n = (size_t)snprintf(req, size, "%s %s HTTP/1.1\r\nHost: relay.test\r\n"
	    "X-Tailscale-Challenge: %s\r\n%s", method, paths[what].path,
	    x->challenge, last ? "Connection: close\r\n" : "");
	if (body > 0)
		n += (size_t)snprintf(req + n, size - n,
		    "Content-Length: %zu\r\n", body);
	n += (size_t)snprintf(req + n, size - n, "\r\n%s",
	    body > 0 ? inner : "");
	return (n);
}

/*
 * Request a map, and send in the next record a request and frames that would
 * forge packets, if the server mistook them for another client's input.
 */
static void
forge(struct bot *b)
{
	static const char get[] =
	    "GET /derpmap/default HTTP/1.1\r\nHost: relay.test\r\n\r\n";
	static const char first[] =
	    "GET /robots.txt HTTP/1.1\r\nHost: relay.test\r\nX: ";
	static uint8_t rec[16 * EVIL_FRAME];
	/*
	 * A whole record, or the part that a server reads before it must wait.
	 */
	unsigned int i, n = rnd_chance(&b->rnd, 50) ? 16 : 7;
	uint8_t *p;

	want(b, WANT_MAP);
	want(b, WANT_ROBOTS);
	want(b, WANT_REFUSAL);
	memset(rec, 'x', EVIL_FRAME);
	memcpy(rec, first, sizeof(first) - 1);
	memcpy(rec + EVIL_FRAME - 4, "\r\n\r\n", 4);
	for (i = 1; i < n; i++) {
		p = rec + i * EVIL_FRAME;
		memset(p, '!', EVIL_FRAME);
		net_frame_put_hdr(p, FRAME_SEND_PACKET, EVIL_FRAME -
		    FRAME_HDR_LEN);
		memcpy(p + FRAME_HDR_LEN, keys[rnd_below(&b->rnd,
		    opt.slots)].pub, FRAME_KEY_LEN);
		memcpy(p + FRAME_HDR_LEN + FRAME_KEY_LEN, "EVIL", 4);
	}
	wire_put(&b->w, get, sizeof(get) - 1, 0);
	wire_put(&b->w, rec, n * EVIL_FRAME, 0);
	b->web->closing = b->may_end = 1;
}

static void
act(struct bot *b)
{
	static char req[WANTS * 512];
	struct web *w = b->web;
	size_t len = 0, piece = 0;
	unsigned int i, n;
	int last = 0;

	b->act_at = now + 1 + rnd_below(&b->rnd, 100);
	if (b->state == BOT_CONNECT) {
		b->state = BOT_UP;
		b->owed_at = 0;
	}
	if (w->closing || w->n > 0) {
		/* Sometimes within an answer. */
		if (now >= b->dies_at && rnd_chance(&b->rnd, 3))
			bot_leave(b, LEAVE_RESET);
		return;
	}
	if (nmaps > 0 && !w->plain && rnd_chance(&b->rnd, 25)) {
		forge(b);
		return;
	}
	n = 1 + rnd_below(&b->rnd, rnd_chance(&b->rnd, 50) ? 8 : 2);
	for (i = 0; i < n; i++) {
		last = i == n - 1 && now >= b->dies_at;
		len += request(b, req + len, sizeof(req) - len, last);
	}
	if (rnd_chance(&b->rnd, 30))
		piece = 1 + rnd_below(&b->rnd, 500);
	wire_put(&b->w, req, len, piece);
	w->closing = last;
	b->may_end |= last;
}

/* An answer is complete. */
static void
answered(struct bot *b)
{
	struct web *w = b->web;

	counts.answers++;
	w->first = (w->first + 1) % WANTS;
	w->n--;
	b->owed_at = w->n > 0 || w->closing ? now : 0;
	if (w->n == 0 && w->closing)
		b->owed = "an end by HTTP";
}

static int
status_of(const struct want *x)
{
	switch (x->what) {
	case WANT_204:
		return (204);
	case WANT_MOVED:
		return (302);
	case WANT_REFUSAL:
		return (400);
	default:
		return (200);
	}
}

/* Handle the head of an answer. */
static void
got_answer(struct bot *b, const struct net_http_head *h)
{
	struct web *w = b->web;
	struct want *x = &w->wants[w->first];
	char text[64];

	if (w->n == 0)
		bot_fail(b, "got an answer, status %d, to no request",
		    h->status);
	if (h->status != status_of(x))
		bot_fail(b, "got status %d where %d was due", h->status,
		    status_of(x));
	snprintf(text, sizeof(text), "response %s", x->challenge);
	if (x->what == WANT_204 && !net_http_eq(net_http_field(h,
	    "X-Tailscale-Response"), text))
		bot_fail(b, "got the answer to another challenge than %s",
		    x->challenge);
	if (h->content_length == -1 && h->status != 204)
		bot_fail(b, "got status %d without a length", h->status);
	if (!h->keepalive) {
		if (!w->closing)
			bot_fail(b, "the server wants to end the connection");
		b->may_end = 1;
	}
	w->off = 0;
	w->total = w->left = x->head_only || h->status == 204 ? 0 :
	    (size_t)h->content_length;
	w->fits = (1U << nmaps) - 1;
	if (x->what == WANT_ROBOTS && !x->head_only &&
	    w->total != sizeof(robots) - 1)
		bot_fail(b, "got %zu bytes for robots.txt", w->total);
	if (w->left == 0)
		answered(b);
}

static int
is_text(const uint8_t *p, size_t n)
{
	for (; n > 0; p++, n--)
		if ((*p < ' ' || *p > '~') && *p != '\n' && *p != '\t')
			return (0);
	return (1);
}

/* Handle a piece of a body. */
static void
got_body(struct bot *b, const uint8_t *p, size_t n)
{
	struct web *w = b->web;
	struct want *x = &w->wants[w->first];
	unsigned int i;

	if (x->what == WANT_ROBOTS && memcmp(p, robots + w->off, n) != 0)
		bot_fail(b, "got another text than robots.txt");
	if (x->what == WANT_MAP) {
		for (i = 0; i < nmaps; i++)
			if (maps[i].n != w->total ||
			    memcmp(p, maps[i].p + w->off, n) != 0)
				w->fits &= ~(1U << i);
		if (w->fits == 0)
			bot_fail(b, "got a wrong map, from byte %zu of "
			    "%zu on", w->off, w->total);
	}
	if (x->what == WANT_VARZ && !is_text(p, n))
		bot_fail(b, "got counters that are no text");
	w->off += n;
	w->left -= n;
	if (b->owed_at != 0)
		b->owed_at = now;	/* it makes progress */
	if (w->left > 0)
		return;
	counts.maps += x->what == WANT_MAP;
	counts.varz += x->what == WANT_VARZ;
	answered(b);
}

static void
got(struct bot *b, const uint8_t *p, size_t n)
{
	struct web *w = b->web;
	struct net_http_head h;
	size_t k;

	bytes_add(&w->in, p, n);
	while (bytes_left(&w->in) > 0) {
		if (w->left > 0) {
			k = bytes_left(&w->in);
			if (k > w->left)
				k = w->left;
			got_body(b, bytes_head(&w->in), k);
		} else if ((k = web_head(b, &w->in, &h)) == 0)
			break;
		else
			got_answer(b, &h);
		bytes_drop(&w->in, k);
	}
}

const struct soak_kind kind_web = { "HTTP client", start, got, act, stop };
