/*
 * leases_test: clients of a group over TCP, and what admit, which the test
 * plays, is told.
 */
#include "adopt.h"
#include "adoptfixture.h"
#include "group.h"
#include "relayadmit.h"

#define FRAME	1000			/* bytes of a packet */
#define WIRE	(FRAME_HDR_LEN + FRAME_KEY_LEN + FRAME)

static struct ipc_chan *admit;		/* its end */
static uint64_t	reported;		/* bytes */
static int	wanted;

/* A client, in group 5 by admit's ticket, is taken over; return its end. */
static int
login(unsigned int n, struct relay_conn **c)
{
	uint8_t ticket[IPC_TICKET_LEN], of_admit[IPC_ADMIT_LEN];
	struct ipc_msg_handover v;
	uint8_t key[FRAME_KEY_LEN];
	const char *why;
	int s[2];

	key_of(key, WORKER, n);
	make_ticket(ticket, WORKER, key, (uint8_t)n + 1, 0);
	make_admit(of_admit, WORKER, key, (uint8_t)n + 1);
	plain_message(&v, ticket);
	v.admit = of_admit;
	tcp_pair(s);
	ATF_REQUIRE_EQ(relay_adopt(r, FRONT, &v, s[0], &why), 0);
	*c = relay_conn_of(TAILQ_LAST(&r->set.conns, conn_list));
	return (s[1]);
}

static void
set_up(void)
{
	int sv[2];

	worker();
	r->conf.admit = 1;
	ATF_REQUIRE_EQ(socketpair(AF_UNIX, SOCK_STREAM, 0, sv), 0);
	ATF_REQUIRE_EQ(relay_admit_open(r, sv[0]), 0);
	admit = ipc_chan_new(NULL, sv[1], ROLE_ADMIT, ROLE_RELAY, NULL, NULL,
	    NULL);
	ATF_REQUIRE(admit != NULL);
}

/* Read the reports so far; a lease answers each. */
static void
reports(uint64_t lease)
{
	struct ipc_msg_admit_used v;
	struct ipc_msg m;

	while (ipc_chan_recv(admit, &m, 0) == 0) {
		if (m.type != MSG_ADMIT_USED) {		/* of connections */
			ipc_msg_free(&m);
			continue;
		}
		ATF_REQUIRE_EQ(ipc_get_admit_used(&m.rd, &v), 0);
		ATF_CHECK_EQ(5, v.group);
		reported += v.bytes;
		wanted |= v.wants;
		ipc_msg_free(&m);
		derp_groups_lease(r->leases.groups, 5, lease);
	}
}

/* Send `n' packets to nobody. */
static void
send_packets(int fd, unsigned int n)
{
	uint8_t frame[WIRE] = { 0 };

	net_frame_put_hdr(frame, FRAME_SEND_PACKET, FRAME_KEY_LEN + FRAME);
	while (n-- > 0)
		ATF_REQUIRE_EQ(WIRE, send(fd, frame, WIRE, MSG_DONTWAIT));
}

/* ServerInfo tells the limit of the group. */
ATF_TC_WITHOUT_HEAD(serverinfo);
ATF_TC_BODY(serverinfo, tc)
{
	static const char want[] = "{\"version\":2,"
	    "\"TokenBucketBytesPerSecond\":1000,"
	    "\"TokenBucketBytesBurst\":2000}";
	struct ipc_msg_seal v;
	struct relay_conn *c;
	struct ipc_msg m;

	set_up();
	(void)login(0, &c);
	turns();
	ATF_REQUIRE_EQ(0, ipc_chan_recv(keys, &m, 0));
	ATF_REQUIRE_EQ(ipc_get_seal(&m.rd, &v), 0);
	ATF_REQUIRE_EQ(strlen(want), v.info_len);
	ATF_CHECK_EQ(0, memcmp(want, v.info, v.info_len));
	ipc_msg_free(&m);
}

/*
 * Two clients that send more than their group may are not read, until there is
 * a lease; all is read in the end, and reported.
 */
ATF_TC_WITHOUT_HEAD(limited);
ATF_TC_BODY(limited, tc)
{
	const uint64_t until = base_clock_us() + 20000000;
	struct relay_conn *c[2];
	int fd[2], i, held = 0;

	set_up();
	for (i = 0; i < 2; i++) {
		fd[i] = login((unsigned int)i, &c[i]);
		ATF_REQUIRE_EQ(0, derp_groups_grant(r->leases.groups,
		    &c[i]->session, 5, 400000, 60000, "five"));
		relay_conn_up(c[i]);
		send_packets(fd[i], 100);
	}
	while (reported < 2 * 100 * WIRE && base_clock_us() < until) {
		relay_turn(r);
		held |= c[0]->conn.paused & c[1]->conn.paused;
		reports(40000);
	}
	ATF_CHECK_EQ(2 * 100 * WIRE, reported);
	ATF_CHECK((held & PAUSE_GROUP) != 0);
	ATF_CHECK(wanted);
	ATF_CHECK(r->own.none.group_waited > 2);
	/* The last packet of all may have used up what there was. */
	while (c[0]->conn.paused + c[1]->conn.paused > 0 &&
	    base_clock_us() < until) {
		relay_turn(r);
		reports(40000);
	}
	for (i = 0; i < 2; i++) {
		ATF_CHECK_EQ(100, c[i]->session.rx_packets);
		ATF_CHECK_EQ(0, c[i]->conn.paused);
	}
	/* The end of a client that waits, and of the group. */
	send_packets(fd[0], 500);
	for (i = 0; i < 100 && c[0]->conn.paused == 0; i++)
		turns();
	ATF_CHECK((c[0]->conn.paused & PAUSE_GROUP) != 0);
	conn_close(&c[0]->conn, "test");
	conn_close(&c[1]->conn, "test");
	turns();
	ATF_CHECK_EQ(0, r->set.nconns);
	while (reported == 2 * 100 * WIRE && base_clock_us() < until) {
		relay_turn(r);
		reports(40000);
	}
	ATF_CHECK(reported > 2 * 100 * WIRE);
}

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, serverinfo);
	ATF_TP_ADD_TC(tp, limited);
	return (atf_no_error());
}
