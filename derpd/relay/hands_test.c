/*
 * hands_test: the channels of fronts: one that sends what an honest front never
 * does, and one that broke.
 */
#include <sys/types.h>
#include <sys/queue.h>
#include <errno.h>
#include <imsg.h>

#include "adoptfixture.h"

static uint8_t key[FRAME_KEY_LEN], ticket[IPC_TICKET_LEN];

/* Make a message that is in order, with a ticket of this number. */
static void
message(struct ipc_msg_handover *v, uint8_t number)
{
	key_of(key, WORKER, 0);
	make_ticket(ticket, WORKER, key, number, 0);
	plain_message(v, ticket);
}

static int
a_client(void)
{
	int s[2];

	tcp_pair(s);
	return (s[0]);
}

/* The parent must get this message next, 0: none; free *m. */
static void
parent_gets(uint32_t type, struct ipc_msg *m)
{
	turns();
	if (type == 0) {
		ATF_CHECK_EQ(ipc_chan_recv(parent, m, 0), -1);
		ATF_CHECK_EQ(errno, ETIMEDOUT);
		return;
	}
	ATF_REQUIRE_EQ(ipc_chan_recv(parent, m, 0), 0);
	ATF_REQUIRE_EQ(m->type, type);
}

/* Return 1 if the worker has closed the channel of that front's end. */
static int
is_closed(struct ipc_chan *c)
{
	struct ipc_msg m;

	ATF_REQUIRE_EQ(ipc_chan_recv(c, &m, 0), -1);
	return (errno == EPIPE);
}

/* The front must be reported, and its channel closed. */
static void
reported(void)
{
	struct ipc_msg_relay_forged v;
	struct ipc_msg m;

	parent_gets(MSG_RELAY_FORGED, &m);
	ATF_REQUIRE_EQ(ipc_get_relay_forged(&m.rd, &v), 0);
	ATF_CHECK_EQ(v.front, FRONT);
	ipc_msg_free(&m);
	ATF_CHECK(r->hands.from[FRONT].chan == NULL);
	ATF_CHECK(is_closed(front));
	/* Its successor gets a channel anyway. */
	cluster_link_tick(r);
	parent_gets(0, &m);
	ATF_CHECK_EQ(r->set.nconns, 0);
}

/* An invalid hand-over ends the channel, and the parent ends the front. */
ATF_TC_WITHOUT_HEAD(forged);
ATF_TC_BODY(forged, tc)
{
	struct ipc_msg_handover v;
	struct ipc_wr w;
	int s[2];

	(void)tc;
	worker();
	message(&v, 1);
	ticket[IPC_TICKET_LEN - 1] ^= 1;
	hand_over(&v, a_client());
	reported();
	/* No descriptor of a client. */
	connect_front();
	message(&v, 1);
	ATF_REQUIRE_EQ(pipe(s), 0);
	close(s[1]);
	hand_over(&v, s[0]);
	reported();
	/* A message that is cut. */
	connect_front();
	ipc_wr_init(&w);
	ipc_wr_bytes(&w, ticket, sizeof(ticket));
	ATF_REQUIRE_EQ(ipc_chan_send(front, MSG_HANDOVER, &w, a_client()), 0);
	ipc_wr_free(&w);
	ATF_REQUIRE_EQ(ipc_chan_flush(front, 5000), 0);
	reported();
	/* The next front's clients are served. */
	connect_front();
	message(&v, 1);
	hand_over(&v, a_client());
	ATF_CHECK_EQ(r->set.nconns, 1);
}

/* Send a message, of any type and without the checks of a sender. */
static void
cheat(uint32_t type, size_t len, int fd)
{
	static const uint8_t zeros[64];
	struct imsgbuf ibuf;

	ATF_REQUIRE_EQ(imsgbuf_init(&ibuf, ipc_chan_fd(front)), 0);
	imsgbuf_allow_fdpass(&ibuf);
	ATF_REQUIRE_EQ(imsg_compose(&ibuf, type, 0, 0, fd, zeros, len), 1);
	ATF_REQUIRE_EQ(imsgbuf_write(&ibuf), 0);
	imsgbuf_clear(&ibuf);
}

/* So does a message that breaks the protocol. */
ATF_TC_WITHOUT_HEAD(broke);
ATF_TC_BODY(broke, tc)
{
	static const uint8_t junk[16] = { [4] = 1 };	/* too short */

	(void)tc;
	worker();
	cheat(MSG_LOGIN, 64, -1);		/* of another channel */
	reported();
	connect_front();
	cheat(MSG_MAX, 0, -1);
	reported();
	connect_front();
	cheat(MSG_PING, 4, -1);
	reported();
	connect_front();
	cheat(MSG_HANDOVER, 64, -1);		/* without a descriptor */
	reported();
	connect_front();
	ATF_REQUIRE_EQ(write(ipc_chan_fd(front), junk, sizeof(junk)),
	    (ssize_t)sizeof(junk));
	reported();
}

/* What an honest front may send does not end its channel. */
ATF_TC_WITHOUT_HEAD(refused);
ATF_TC_BODY(refused, tc)
{
	struct ipc_msg_handover v;
	struct ipc_msg m;

	(void)tc;
	worker();
	message(&v, 1);
	secrets[WORKER].start[0] ^= 1;	/* a ticket for another start */
	make_ticket(ticket, WORKER, key, 1, 0);
	secrets[WORKER].start[0] ^= 1;
	hand_over(&v, a_client());
	ATF_CHECK_EQ(r->set.nconns, 0);
	message(&v, 1);
	hand_over(&v, a_client());
	ATF_CHECK_EQ(r->set.nconns, 1);
	parent_gets(0, &m);
	ATF_CHECK(!is_closed(front));
}

/* A channel that broke is requested until it is there. */
ATF_TC_WITHOUT_HEAD(broken);
ATF_TC_BODY(broken, tc)
{
	struct ipc_msg_server_unlinked v;
	struct ipc_msg m;
	unsigned int i;

	(void)tc;
	worker();
	ipc_chan_free(front);
	turns();
	ATF_CHECK(r->hands.from[FRONT].chan == NULL);
	for (i = 0; i < 2; i++) {
		cluster_link_tick(r);
		parent_gets(MSG_SERVER_UNLINKED, &m);
		ATF_REQUIRE_EQ(ipc_get_server_unlinked(&m.rd, &v), 0);
		ATF_CHECK_EQ(v.hands, 1U << FRONT);
		ATF_CHECK_EQ(v.links, 0);
		ipc_msg_free(&m);
	}
	connect_front();
	cluster_link_tick(r);
	parent_gets(0, &m);
}

/*
 * A new channel replaces an older one, which is read to its end: a client that
 * was handed over there is let in.
 */
ATF_TC_WITHOUT_HEAD(replaced);
ATF_TC_BODY(replaced, tc)
{
	struct ipc_msg_handover v;
	struct ipc_chan *old;
	struct ipc_msg m;

	(void)tc;
	worker();
	old = front;
	connect_front();
	turns();
	ATF_CHECK(!is_closed(old));
	message(&v, 1);
	hand_over(&v, a_client());
	ATF_CHECK_EQ(r->set.nconns, 1);
	message(&v, 2);
	ATF_REQUIRE_EQ(ipc_send_handover(old, &v, a_client()), 0);
	ATF_REQUIRE_EQ(ipc_chan_flush(old, 5000), 0);
	ipc_chan_free(old);
	turns();
	ATF_CHECK_EQ(r->set.nconns, 2);
	ATF_CHECK(r->hands.from[FRONT].ending == NULL);
	ATF_CHECK(!is_closed(front));
	cluster_link_tick(r);
	parent_gets(0, &m);
}

/* Of older channels there is one; who forges there is not blamed for it. */
ATF_TC_WITHOUT_HEAD(older);
ATF_TC_BODY(older, tc)
{
	struct ipc_chan *first, *second, *third;
	struct ipc_msg m;

	(void)tc;
	worker();
	first = front;
	connect_front();
	second = front;
	connect_front();
	third = front;
	turns();
	ATF_CHECK(is_closed(first));
	ATF_CHECK(!is_closed(second));
	ATF_CHECK(!relay_hands_closed(r));
	front = second;
	cheat(MSG_LOGIN, 64, -1);
	parent_gets(0, &m);
	ATF_CHECK(is_closed(second));
	ATF_CHECK(!is_closed(third));
	second = third;
	connect_front();
	ipc_chan_free(front);
	turns();
	ATF_CHECK(r->hands.from[FRONT].chan == NULL);
	ATF_CHECK(!relay_hands_closed(r));
	ipc_chan_free(second);
	turns();
	ATF_CHECK(relay_hands_closed(r));
}

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, forged);
	ATF_TP_ADD_TC(tp, broke);
	ATF_TP_ADD_TC(tp, refused);
	ATF_TP_ADD_TC(tp, broken);
	ATF_TP_ADD_TC(tp, replaced);
	ATF_TP_ADD_TC(tp, older);
	return (atf_no_error());
}
