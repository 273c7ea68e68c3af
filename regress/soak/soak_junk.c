/*
 * soak_junk: connections that do not speak the protocol, or only its beginning.
 * They may affect no other connection.
 */
#include <stdio.h>
#include <string.h>

#include "soak.h"

enum junk { JUNK_BARE, JUNK_HELLO, JUNK_HTTP, JUNK_PLAIN, JUNK_RECORDS,
	JUNK_INFO, JUNK_HEAD, JUNK_SILENT, JUNK_AMID, NJUNK };

static enum junk
what(const struct bot *b)
{
	return ((enum junk)((b->slot + b->gen) % NJUNK));
}

static void
start(struct bot *b)
{
	struct soak_how how = { .source = 4096 + rnd_below(&b->rnd, 4096) };
	enum junk j = what(b);

	how.plain = j == JUNK_PLAIN;
	how.bare = j == JUNK_BARE || j == JUNK_HELLO || j == JUNK_HTTP ||
	    j == JUNK_SILENT;
	b->may_end = 1;
	b->dies_at = now + 50 + rnd_below(&b->rnd, 2000);
	counts.junk++;
	wire_open(&b->w, &how);
}

/* Send invalid plaintext or bytes. */
static void
send_junk(struct bot *b)
{
	static const char up[] = "GET /derp HTTP/1.1\r\nHost: relay.test\r\n"
	    "Connection: Upgrade\r\nUpgrade: DERP\r\n\r\n";
	uint8_t p[16384];
	size_t n = 1 + rnd_below(&b->rnd, sizeof(p) - 1);

	rnd_bytes(&b->rnd, p, n);
	switch (what(b)) {
	case JUNK_HELLO:
		memcpy(p, "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", 11);
		wire_put_bare(&b->w, p, n < 11 ? 11 : n % 500);
		break;
	case JUNK_HTTP:
		wire_put_bare(&b->w, up, sizeof(up) - 1);
		break;
	case JUNK_INFO:
		wire_put(&b->w, up, sizeof(up) - 1, 0);
		if (rnd_chance(&b->rnd, 50))
			net_frame_put_hdr(p, FRAME_CLIENT_INFO, 56 +
			    rnd_below(&b->rnd, FRAME_MAX_CLIENTINFO));
		wire_put(&b->w, p, n < FRAME_HDR_LEN ? FRAME_HDR_LEN : n, 0);
		break;
	case JUNK_HEAD:
		wire_put(&b->w, "GET / HTTP/1.1\r\nX: ", 19, 0);
		memset(p, 'a', n);
		wire_put(&b->w, p, n, 0);
		break;
	case JUNK_RECORDS:
		wire_put(&b->w, p, n, 1 + rnd_below(&b->rnd, 16384));
		break;
	case JUNK_SILENT:
		break;
	case JUNK_AMID:
		wire_put(&b->w, up, sizeof(up) - 1, 0);
		/* FALLTHROUGH */
	default:
		wire_put_bare(&b->w, p, n);
		break;
	}
}

static void
act(struct bot *b)
{
	b->owed_at = 0;
	b->act_at = now + 20 + rnd_below(&b->rnd, 300);
	if (now >= b->dies_at) {
		bot_leave(b, rnd_chance(&b->rnd, 50) ? LEAVE_RESET :
		    LEAVE_FIN);
		return;
	}
	if (b->state == BOT_CONNECT || rnd_chance(&b->rnd, 30))
		send_junk(b);
	b->state = BOT_UP;
}

static void
got(struct bot *b, const uint8_t *p, size_t n)
{
	(void)b;
	(void)p;
	(void)n;
}

static void
stop(struct bot *b)
{
	(void)b;
}

const struct soak_kind kind_junk = { "junk", start, got, act, stop };
