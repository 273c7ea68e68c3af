/*
 * diallogin_test: Tests of diallogin.c: what the node says, in pieces of any
 * size.
 */
#include <atf-c.h>
#include <stdio.h>
#include <string.h>

#include "diallogin.h"
#include "nodefixture.h"

#define KEYSIZE	(FRAME_MAGIC_LEN + FRAME_KEY_LEN)

static uint8_t	 said[DIAL_LOGIN_ROOM + 8192];
static size_t	 nsaid;

static void
say_text(const char *text)
{
	memcpy(said + nsaid, text, strlen(text));
	nsaid += strlen(text);
}

static void
say_frame(uint8_t type, const char *start, size_t n)
{
	nsaid += node_frame(said + nsaid, type, start, NODE_KEY, n);
}

/* A whole login, with bytes behind. */
static void
say_all(void)
{
	nsaid = 0;
	say_text(SWITCH "\r\n");
	say_frame(FRAME_SERVER_KEY, FRAME_MAGIC, KEYSIZE + 3);
	say_frame(FRAME_SERVER_INFO, "", INFO_SIZE);
	say_text("behind");
}

/* Read what was said by `step' bytes, up to the end of the login. */
static enum dial_login_result
read_said(struct dial_login *l, size_t step, size_t *used)
{
	enum dial_login_result rv = DIAL_LOGIN_MORE;
	size_t n, room;
	uint8_t *p;

	dial_login_init(l);
	for (*used = 0; *used < nsaid && rv == DIAL_LOGIN_MORE; *used += n) {
		p = dial_login_room(l, &room);
		n = nsaid - *used < step ? nsaid - *used : step;
		if (n > room)
			n = room;
		memcpy(p, said + *used, n);
		if ((rv = dial_login_next(l, n)) == DIAL_LOGIN_KEY) {
			ATF_CHECK_EQ(NODE_KEY, l->server.key[0]);
			rv = dial_login_next(l, 0);
		}
	}
	return (rv);
}

ATF_TC_WITHOUT_HEAD(pieces);
ATF_TC_BODY(pieces, tc)
{
	static struct dial_login l;
	size_t step, used;

	say_all();
	for (step = 1; step <= nsaid; step++) {
		ATF_REQUIRE_EQ_MSG(DIAL_LOGIN_IN, read_said(&l, step, &used),
		    "%zu bytes: %s", step, l.why);
		ATF_CHECK_EQ(nsaid - 6, used - l.len);
		ATF_CHECK(memcmp(l.buf, "behind", l.len) == 0);
	}
	/* Each cut is no login yet. */
	for (step = nsaid - 6, nsaid = 0; nsaid < step; nsaid++)
		ATF_CHECK_EQ(DIAL_LOGIN_MORE, read_said(&l, 4096, &used));
}

static void
refused(const char *why)
{
	static struct dial_login l;
	size_t used;

	ATF_CHECK_EQ(DIAL_LOGIN_FAILED, read_said(&l, 4096, &used));
	HAS(l.why, why);
}

ATF_TC_WITHOUT_HEAD(refusals);
ATF_TC_BODY(refusals, tc)
{
	nsaid = 0;
	say_text("HTTP/1.1 403 Forbidden\r\n\r\n");
	refused("HTTP status 403");
	nsaid = 0;
	say_text("HTTP/1.1 101 Switching Protocols\r\n"
	    "Upgrade: websocket\r\n\r\n");
	refused("another protocol");
	nsaid = 0;
	say_text(SWITCH "Derp-Public-Key: 12\r\n\r\n");
	refused("Derp-Public-Key is malformed");
	nsaid = 0;
	say_text(SWITCH "\r\n");
	say_frame(FRAME_SERVER_KEY, FRAME_MAGIC, KEYSIZE - 1);
	refused("ServerKey frame is malformed");
	nsaid = 0;
	say_text(SWITCH "\r\n");
	say_frame(FRAME_SERVER_KEY, "PRED", KEYSIZE);
	refused("ServerKey frame is malformed");
	nsaid = 0;
	say_text(SWITCH "\r\n");
	say_frame(FRAME_SERVER_KEY, FRAME_MAGIC, DIAL_LOGIN_INFO + 1);
	refused("too long");
	nsaid = 0;
	say_text(SWITCH "\r\n");
	say_frame(FRAME_HEALTH, "go away", 7);
	refused("refuses the login: go away");
	nsaid = 0;
	say_text(SWITCH "\r\n");
	say_frame(FRAME_SERVER_KEY, FRAME_MAGIC, KEYSIZE);
	say_frame(FRAME_SERVER_KEY, FRAME_MAGIC, KEYSIZE);
	refused("ServerKey) where ServerInfo was expected");
	memset(said, 'a', sizeof(said));
	nsaid = sizeof(said);
	refused("not HTTP/1.1");
}

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, pieces);
	ATF_TP_ADD_TC(tp, refusals);
	return (atf_no_error());
}
