/*
 * input_test: input that is fed, paused, resumed and unwrapped, and sockets
 * that are read.
 */
#include <sys/socket.h>
#include <sys/ioctl.h>
#include <stdint.h>
#include <unistd.h>

#include "inputfixture.h"

static int	refuse_read, reads, empty_reads, pauses;

static int
fake_may_read(struct conn *k)
{
	if (refuse_read)
		conn_pause(k, PAUSE_KEYS);
	return (!refuse_read);
}

static void
fake_was_read(struct conn *k, int input)
{
	(void)k;
	reads += input;
	empty_reads += !input;
}

static void
fake_pausing(struct conn *k)
{
	(void)k;
	pauses++;
}

static void
plain(const char *text)
{
	char *copy = strdup(text);

	/* In memory of its own, so that an overread is detected. */
	ATF_REQUIRE(copy != NULL);
	conn_plain(c, (const uint8_t *)copy, strlen(text));
	free(copy);
}

/* The owner gets all bytes, however few it handles at once. */
ATF_TC_WITHOUT_HEAD(bites);
ATF_TC_BODY(bites, tc)
{
	size_t most;

	for (most = 1; most < 8; most++) {
		set_up(-1);
		bite = most;
		plain("abcdefg");
		ATF_CHECK_STREQ("abcdefg", got());
		ATF_CHECK_EQ(calls, (7 + most - 1) / most);
		ATF_CHECK_EQ(conn_buf_left(&c->input.pend), 0);
		tear_down();
	}
}

/* A paused connection keeps its input, in order, until the turn handles it. */
ATF_TC_WITHOUT_HEAD(pause);
ATF_TC_BODY(pause, tc)
{
	set_up(-1);
	plain("aPbc");
	plain("de");
	ATF_CHECK_STREQ("aP", got());
	ATF_CHECK_EQ(conn_buf_left(&c->input.pend), 4);
	conn_work(set);
	ATF_CHECK_STREQ("aP", got());
	conn_resume(c, PAUSE_LOGIN);
	ATF_CHECK_STREQ("aP", got());		/* nothing is nested */
	ATF_CHECK(conn_more(set));
	plain("f");				/* it may not overtake */
	ATF_CHECK_STREQ("aP", got());
	conn_work(set);
	ATF_CHECK_STREQ("aPbcdef", got());
	ATF_CHECK_EQ(c->paused, 0);
	ATF_CHECK(!conn_more(set));
	plain("g");
	ATF_CHECK_STREQ("aPbcdefg", got());
	tear_down();
}

/* Input goes on when the last reason to pause is gone. */
ATF_TC_WITHOUT_HEAD(reasons);
ATF_TC_BODY(reasons, tc)
{
	ops.pausing = fake_pausing;
	set_up(-1);
	plain("aPb");
	conn_pause(c, PAUSE_RATE);
	conn_pause(c, PAUSE_BODY);
	ATF_CHECK_EQ(pauses, 1);
	conn_resume(c, PAUSE_LOGIN);
	conn_resume(c, PAUSE_LOGIN);		/* none any more */
	conn_work(set);
	ATF_CHECK_STREQ("aP", got());
	conn_resume(c, PAUSE_RATE | PAUSE_BODY);
	/* Paused again before the turn. */
	conn_pause(c, PAUSE_RATE);
	conn_work(set);
	ATF_CHECK_STREQ("aP", got());
	ATF_CHECK_EQ(c->paused, PAUSE_RATE);
	conn_resume(c, PAUSE_RATE);
	conn_work(set);
	ATF_CHECK_STREQ("aPb", got());
	tear_down();
}

/* Kept input may pause again, as often as it likes. */
ATF_TC_WITHOUT_HEAD(again);
ATF_TC_BODY(again, tc)
{
	unsigned int i;

	set_up(-1);
	plain("PaPbPcPd");
	for (i = 1; i <= 4; i++) {
		ATF_CHECK_EQ(client_of(c)->n, 2 * i - 1);
		conn_resume(c, PAUSE_LOGIN);
		conn_work(set);
	}
	ATF_CHECK_STREQ("PaPbPcPd", got());
	tear_down();
}

/* A client that goes on in the next turn does not hold up this one. */
ATF_TC_WITHOUT_HEAD(next_turn);
ATF_TC_BODY(next_turn, tc)
{
	struct conn *other;

	set_up(-1);
	other = client(-1);
	plain("aNbNc");
	ATF_CHECK_STREQ("aN", got());
	conn_plain(other, (const uint8_t *)"xNyNz", 5);
	conn_work(set);
	ATF_CHECK_STREQ("aNbN", got());
	ATF_CHECK_STREQ("xNyN", client_of(other)->got);
	conn_work(set);
	ATF_CHECK_STREQ("aNbNc", got());
	ATF_CHECK_STREQ("xNyNz", client_of(other)->got);
	tear_down();
}

/* Behind an end nothing is handled, nor kept. */
ATF_TC_WITHOUT_HEAD(ends);
ATF_TC_BODY(ends, tc)
{
	static const char *const t[] = { "aXb", "aDb" };
	size_t i;

	for (i = 0; i < 2; i++) {
		set_up(-1);
		plain(t[i]);
		plain("c");
		ATF_CHECK_EQ(client_of(c)->n, 2);
		ATF_CHECK_EQ(conn_buf_left(&c->input.pend), 0);
		conn_resume(c, PAUSE_LOGIN);
		conn_work(set);
		ATF_CHECK_EQ(client_of(c)->n, 2);
		tear_down();
	}
	/* It ends while it is queued for the turn. */
	set_up(-1);
	plain("aPb");
	conn_resume(c, PAUSE_LOGIN);
	conn_close(c, "test");
	conn_work(set);
	ATF_CHECK_STREQ("aP", got());
	tear_down();
	set_up(-1);
	plain("aPb");
	conn_resume(c, PAUSE_LOGIN);
	tear_down();
}

/* A paused client can't make us keep more than a bound. */
ATF_TC_WITHOUT_HEAD(bound);
ATF_TC_BODY(bound, tc)
{
	static const uint8_t some[1000];
	size_t n = 0;

	set_up(-1);
	plain("P");
	while (!c->dead && n < MIB) {
		conn_plain(c, some, sizeof(some));
		n += sizeof(some);
	}
	ATF_CHECK(c->dead);
	ATF_CHECK_MSG(n > 255 * 1024 && n < 258 * 1024, "%zu", n);
	tear_down();
}

/* What follows in a stream that is wrapped from now on is unwrapped. */
ATF_TC_WITHOUT_HEAD(wrapped);
ATF_TC_BODY(wrapped, tc)
{
	set_up(-1);
	plain("aWbcd");
	ATF_CHECK_STREQ("aW<bcd>", got());
	plain("e");
	ATF_CHECK_STREQ("aW<bcd><e>", got());
	/* What is kept is unwrapped already. */
	plain("fPgh");
	ATF_CHECK_STREQ("aW<bcd><e><fP>", got());
	conn_resume(c, PAUSE_LOGIN);
	conn_work(set);
	ATF_CHECK_STREQ("aW<bcd><e><fP>gh", got());
	tear_down();
}

/* The stream is wrapped within input that was kept. */
ATF_TC_WITHOUT_HEAD(wrapped_later);
ATF_TC_BODY(wrapped_later, tc)
{
	set_up(-1);
	plain("PaWbcPde");
	conn_resume(c, PAUSE_LOGIN);
	conn_work(set);
	ATF_CHECK_STREQ("PaW<bcP>", got());
	plain("f");
	conn_resume(c, PAUSE_LOGIN);
	conn_work(set);
	ATF_CHECK_STREQ("PaW<bcP><>def", got());
	tear_down();
}

/* Run the event loop once, without waiting. */
static void
loop(void)
{
	ATF_REQUIRE(event_base_loop(set->base, EVLOOP_ONCE |
	    EVLOOP_NONBLOCK) != -1);
}

/* Begin with a connection whose other end is *peer. */
static void
connected(int *peer)
{
	int sv[2];

	ATF_REQUIRE_EQ(socketpair(AF_UNIX, SOCK_STREAM, 0, sv), 0);
	*peer = sv[1];
	set_up(sv[0]);
}

/* A socket is read as much as is wanted at a time, and not while paused. */
ATF_TC_WITHOUT_HEAD(sockets);
ATF_TC_BODY(sockets, tc)
{
	int peer, left;

	ops.was_read = fake_was_read;
	connected(&peer);
	read_most = 3;
	ATF_REQUIRE_EQ(write(peer, "abcdefPg", 8), 8);
	loop();
	ATF_CHECK_STREQ("abc", got());
	ATF_CHECK_EQ(reads, 1);
	loop();
	loop();
	ATF_CHECK_STREQ("abcdefP", got());
	ATF_REQUIRE_EQ(write(peer, "h", 1), 1);
	loop();
	ATF_REQUIRE_EQ(ioctl(c->fd, FIONREAD, &left), 0);
	ATF_CHECK_EQ(left, 1);
	ATF_CHECK_EQ(reads, 3);
	conn_resume(c, PAUSE_LOGIN);
	loop();
	ATF_CHECK_EQ(reads, 3);			/* not before the turn */
	conn_work(set);
	loop();
	ATF_CHECK_STREQ("abcdefPgh", got());
	/* A timer may find nothing. */
	conn_input_read(c);
	ATF_CHECK_EQ(empty_reads, 1);
	ATF_CHECK(!c->dead);
	close(peer);
	loop();
	ATF_CHECK(c->dead);
	tear_down();
}

/* The owner may refuse to read now. */
ATF_TC_WITHOUT_HEAD(may_read);
ATF_TC_BODY(may_read, tc)
{
	int peer;

	ops.may_read = fake_may_read;
	connected(&peer);
	refuse_read = 1;
	ATF_REQUIRE_EQ(write(peer, "a", 1), 1);
	loop();
	ATF_CHECK_STREQ("", got());
	ATF_CHECK_EQ(c->paused, PAUSE_KEYS);
	refuse_read = 0;
	conn_resume(c, PAUSE_KEYS);
	conn_work(set);
	loop();
	ATF_CHECK_STREQ("a", got());
	close(peer);
	tear_down();
}

/* Behind the end of our stream some input is discarded, then no more read. */
ATF_TC_WITHOUT_HEAD(linger);
ATF_TC_BODY(linger, tc)
{
	static const uint8_t some[10000];
	size_t sent = 0;
	int peer, left;

	connected(&peer);
	c->lingering = 1;
	c->input.linger_left = LINGER_BYTES;
	while (sent < 100000) {
		ATF_REQUIRE_EQ(write(peer, some, sizeof(some)),
		    (ssize_t)sizeof(some));
		sent += sizeof(some);
		loop();
	}
	ATF_REQUIRE_EQ(ioctl(c->fd, FIONREAD, &left), 0);
	ATF_CHECK_EQ((size_t)left, sent - LINGER_BYTES);
	ATF_CHECK_EQ(client_of(c)->n, 0);
	ATF_CHECK(!c->dead);
	close(peer);
	tear_down();
}

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, bites);
	ATF_TP_ADD_TC(tp, pause);
	ATF_TP_ADD_TC(tp, reasons);
	ATF_TP_ADD_TC(tp, again);
	ATF_TP_ADD_TC(tp, next_turn);
	ATF_TP_ADD_TC(tp, ends);
	ATF_TP_ADD_TC(tp, bound);
	ATF_TP_ADD_TC(tp, wrapped);
	ATF_TP_ADD_TC(tp, wrapped_later);
	ATF_TP_ADD_TC(tp, sockets);
	ATF_TP_ADD_TC(tp, may_read);
	ATF_TP_ADD_TC(tp, linger);
	return (atf_no_error());
}
