/* Tests of adopt.c: what a hostile sender of hand-overs may try. */
#include <errno.h>

#include "adopt.h"
#include "adoptfixture.h"
#include "relayadmit.h"

static uint8_t key[FRAME_KEY_LEN], saved[NET_RECORD_SAVED];
static uint8_t ticket[IPC_TICKET_LEN], admit[IPC_ADMIT_LEN];
static const char *why;

/* Make a message that is in order. */
static void
message(struct ipc_msg_handover *v)
{
	uint8_t secret[32] = { 3 };
	struct net_record rec;

	ATF_REQUIRE_EQ(net_record_begin(&rec, &r->set.records, 0x1301,
	    secret, secret, 32, 0, 0), 0);
	ATF_REQUIRE_EQ(net_record_save(&rec, saved), 0);
	key_of(key, WORKER, 0);
	make_ticket(ticket, WORKER, key, 1, 0);
	plain_message(v, ticket);
	v->record = saved;
	v->record_len = sizeof(saved);
}

/* The message must be refused so with `fd', which must be closed. */
static void
refused(const struct ipc_msg_handover *v, int fd, int rv)
{
	ATF_REQUIRE(fd != -1);
	ATF_CHECK_EQ(relay_adopt(r, FRONT, v, fd, &why), rv);
	ATF_CHECK(fcntl(fd, F_GETFD) == -1 && errno == EBADF);
	ATF_CHECK(TAILQ_EMPTY(&r->set.conns));
	ATF_CHECK_EQ(r->set.nconns, 0);
}

static int
a_socket(int domain, int type)
{
	struct sockaddr_in sin;
	int fd = socket(domain, type, 0);

	memset(&sin, 0, sizeof(sin));
	sin.sin_family = AF_INET;
	sin.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	if (domain == AF_INET)
		ATF_REQUIRE_EQ(bind(fd, (struct sockaddr *)&sin, sizeof(sin)),
		    0);
	return (fd);
}

ATF_TC_WITHOUT_HEAD(descriptors);
ATF_TC_BODY(descriptors, tc)
{
	struct ipc_msg_handover v;
	int fd, s[2];

	(void)tc;
	worker();
	message(&v);
	ATF_REQUIRE_EQ(pipe(s), 0);
	refused(&v, s[0], -1);
	refused(&v, s[1], -1);
	refused(&v, open("/dev/null", O_RDWR), -1);
	refused(&v, a_socket(AF_INET, SOCK_DGRAM), -1);
	fd = a_socket(AF_INET, SOCK_STREAM);
	ATF_REQUIRE_EQ(listen(fd, 1), 0);
	refused(&v, fd, -1);
	ATF_REQUIRE_EQ(socketpair(AF_UNIX, SOCK_STREAM, 0, s), 0);
	refused(&v, s[0], -1);
	close(s[1]);
	/* A proxied session has one end of a pair of streams. */
	v.record_len = 0;
	v.proxied = 1;
	tcp_pair(s);
	refused(&v, s[0], -1);
	close(s[1]);
	ATF_REQUIRE_EQ(socketpair(AF_UNIX, SOCK_DGRAM, 0, s), 0);
	refused(&v, s[0], -1);
	close(s[1]);
	ATF_REQUIRE_EQ(socketpair(AF_UNIX, SOCK_STREAM, 0, s), 0);
	ATF_CHECK_EQ(relay_adopt(r, FRONT, &v, s[0], &why), 0);
	ATF_CHECK_EQ(r->set.nconns, 1);
}

ATF_TC_WITHOUT_HEAD(records);
ATF_TC_BODY(records, tc)
{
	struct ipc_msg_handover v;
	int s[2];

	(void)tc;
	worker();
	message(&v);
	tcp_pair(s);
	v.record_len--;
	refused(&v, s[0], -1);
	tcp_pair(s);
	message(&v);
	saved[0]++;		/* another version */
	refused(&v, s[0], -1);
	tcp_pair(s);
	message(&v);
	ATF_CHECK_EQ(relay_adopt(r, FRONT, &v, s[0], &why), 0);
	ATF_CHECK_EQ(r->set.nconns, 1);
}

/* A key of another worker is refused: nothing would be routed to it. */
ATF_TC_WITHOUT_HEAD(wrong_owner);
ATF_TC_BODY(wrong_owner, tc)
{
	struct ipc_msg_handover v;
	int s[2];

	(void)tc;
	worker();
	message(&v);
	key_of(key, 0, 0);
	make_ticket(ticket, WORKER, key, 1, 0);
	tcp_pair(s);
	refused(&v, s[0], -1);
}

static int
a_client(void)
{
	int s[2];

	tcp_pair(s);
	return (s[0]);
}

/* A ticket that keys did not make for this login does not let in. */
ATF_TC_WITHOUT_HEAD(tickets);
ATF_TC_BODY(tickets, tc)
{
	struct ipc_ticket t;
	struct ipc_msg_handover v;

	(void)tc;
	worker();
	message(&v);
	ticket[IPC_TICKET_LEN - 1] ^= 1;	/* forged */
	refused(&v, a_client(), -1);
	message(&v);
	secrets[WORKER].start[0] ^= 1;		/* for another start */
	make_ticket(ticket, WORKER, key, 1, 0);
	refused(&v, a_client(), 0);
	secrets[WORKER].start[0] ^= 1;
	memset(&t, 0, sizeof(t));		/* too old */
	t.us = base_clock_boot_us() - 11000000;
	memcpy(t.client, key, sizeof(t.client));
	ipc_ticket_put(&secrets[WORKER], IPC_TICKET_LOGIN, &t, ticket);
	refused(&v, a_client(), 0);
	make_ticket(ticket, 0, key, 1, 0);	/* for another worker */
	refused(&v, a_client(), 0);
	message(&v);
	ATF_CHECK_EQ(relay_adopt(r, FRONT, &v, a_client(), &why), 0);
	ATF_CHECK_EQ(r->set.nconns, 1);
	/* twice */
	ATF_CHECK_EQ(relay_adopt(r, FRONT, &v, a_client(), &why), -1);
	ATF_CHECK_EQ(r->set.nconns, 1);
}

/* One front's logins in a short time are bounded, beside those of others. */
ATF_TC_WITHOUT_HEAD(greedy_front);
ATF_TC_BODY(greedy_front, tc)
{
	struct ipc_msg_handover v;
	struct ipc_ticket t = { .us = base_clock_boot_us() }, got;
	uint32_t i;

	(void)tc;
	worker();
	for (i = 0; i < TICKETS_FRONT; i++) {
		memcpy(t.number, &i, sizeof(i));
		t.number[sizeof(t.number) - 1] = 1;
		ipc_ticket_put(&secrets[WORKER], IPC_TICKET_LOGIN, &t, ticket);
		ATF_REQUIRE_EQ(TICKETS_GOOD, derp_tickets_take(r->tickets,
		    FRONT, ticket, t.us, &got, &why));
	}
	message(&v);
	refused(&v, a_client(), 0);
	ATF_CHECK_EQ(relay_adopt(r, FRONT - 1, &v, a_client(), &why), 0);
	ATF_CHECK_EQ(r->set.nconns, 1);
}

/* Only keys says who is a mesh peer, and only if the client wants to be one. */
ATF_TC_WITHOUT_HEAD(mesh);
ATF_TC_BODY(mesh, tc)
{
	struct ipc_msg_handover v;
	struct conn *c;
	int i;

	(void)tc;
	worker();
	for (i = 0; i < 4; i++) {
		message(&v);
		make_ticket(ticket, WORKER, key, (uint8_t)i, i & 1);
		v.mesh = i >> 1;
		ATF_CHECK_EQ(relay_adopt(r, FRONT, &v, a_client(), &why), 0);
		c = TAILQ_LAST(&r->set.conns, conn_list);
		ATF_CHECK_EQ(relay_conn_of(c)->session.mesh, i == 3);
		ATF_CHECK_EQ(c->patient, i == 3);
	}
}

/*
 * Make a message that is in order, with a ticket of admit; admission has long
 * been in force.
 */
static void
admitted(struct ipc_msg_handover *v)
{
	r->conf.admit = 1;
	r->set.now_us += 31000000;
	message(v);
	make_admit(admit, WORKER, key, 1);
	v->admit = admit;
}

/* With admission, whoever has no ticket of admit for this login stays out. */
ATF_TC_WITHOUT_HEAD(admission);
ATF_TC_BODY(admission, tc)
{
	struct ipc_msg_handover v;
	uint8_t other[FRAME_KEY_LEN], used[IPC_ADMIT_LEN];

	(void)tc;
	worker();
	admitted(&v);
	admit[IPC_ADMIT_LEN - 1] ^= 1;		/* forged */
	refused(&v, a_client(), -1);
	make_ticket(ticket, WORKER, key, 2, 0);
	key_of(other, WORKER, 1);		/* another client's */
	make_admit(admit, WORKER, other, 2);
	refused(&v, a_client(), -1);
	make_ticket(ticket, WORKER, key, 3, 0);
	make_admit(used, WORKER, key, 2);	/* an older login's */
	v.admit = used;
	refused(&v, a_client(), -1);
	v.admit = admit;
	make_ticket(ticket, WORKER, key, 4, 0);
	make_admit(admit, 0, key, 4);		/* for another worker */
	refused(&v, a_client(), 0);
	make_ticket(ticket, WORKER, key, 5, 0);
	memset(admit, 0, sizeof(admit));
	refused(&v, a_client(), -1);
	make_ticket(ticket, WORKER, key, 6, 0);
	make_admit(admit, WORKER, key, 6);
	ATF_CHECK_EQ(relay_adopt(r, FRONT, &v, a_client(), &why), 0);
	ATF_CHECK_EQ(r->set.nconns, 1);
}

/* A mesh peer needs none, but a client that only says so does. */
ATF_TC_WITHOUT_HEAD(admission_mesh);
ATF_TC_BODY(admission_mesh, tc)
{
	struct ipc_msg_handover v;

	(void)tc;
	worker();
	admitted(&v);
	memset(admit, 0, sizeof(admit));
	v.mesh = 1;
	refused(&v, a_client(), -1);
	v.mesh = 0;
	make_ticket(ticket, WORKER, key, 2, 1);
	refused(&v, a_client(), -1);
	make_ticket(ticket, WORKER, key, 3, 1);
	v.mesh = 1;
	ATF_CHECK_EQ(relay_adopt(r, FRONT, &v, a_client(), &why), 0);
	ATF_CHECK_EQ(r->set.nconns, 1);
}

/* Put settings in force with or without admission. */
static void
reload(int on)
{
	r->next_conf = r->conf;
	r->next_conf.admit = on;
	relay_admit_commit(r);
	r->conf = r->next_conf;
}

/*
 * After a reload a front may ask admit a moment later than the worker wants it
 * to: it is not to blame for some time.
 */
ATF_TC_WITHOUT_HEAD(admission_begins);
ATF_TC_BODY(admission_begins, tc)
{
	struct ipc_msg_handover v;

	(void)tc;
	worker();
	reload(0);
	reload(1);
	message(&v);
	refused(&v, a_client(), 0);
	reload(1);				/* it was in force before */
	r->set.now_us += 29000000;
	make_ticket(ticket, WORKER, key, 2, 0);
	refused(&v, a_client(), 0);
	r->set.now_us += 1500000;
	make_ticket(ticket, WORKER, key, 3, 0);
	refused(&v, a_client(), -1);
	reload(0);
	make_ticket(ticket, WORKER, key, 4, 0);
	ATF_CHECK_EQ(relay_adopt(r, FRONT, &v, a_client(), &why), 0);
	ATF_CHECK_EQ(r->set.nconns, 1);
}

/*
 * Admission ends by a reload, and a front is earlier: nobody is to blame, but
 * while nothing is staged.
 */
ATF_TC_WITHOUT_HEAD(admission_ends);
ATF_TC_BODY(admission_ends, tc)
{
	struct ipc_msg_handover v;

	(void)tc;
	worker();
	reload(1);
	r->set.now_us += 31000000;
	message(&v);
	r->next_conf.admit = 0;
	refused(&v, a_client(), -1);		/* it was dropped */
	r->staged = 5;
	make_ticket(ticket, WORKER, key, 2, 0);
	refused(&v, a_client(), 0);
	r->next_conf.admit = 1;
	make_ticket(ticket, WORKER, key, 3, 0);
	refused(&v, a_client(), -1);
}

/* The last descriptors are for channels to other processes. */
ATF_TC_WITHOUT_HEAD(reserve);
ATF_TC_BODY(reserve, tc)
{
	struct ipc_msg_handover v;

	(void)tc;
	worker();
	message(&v);
	r->files.max = 12;	/* of which 9 are for clients */
	refused(&v, dup2(a_client(), 100), 0);
	message(&v);
	make_ticket(ticket, WORKER, key, 2, 0);
	/* 8, 4 for each worker, 10 for each front */
	r->files.max = 400;
	refused(&v, dup2(a_client(), 400 - 8 - 4 * NWORKERS -
	    10 * NFRONTS), 0);
	make_ticket(ticket, WORKER, key, 3, 0);
	ATF_CHECK_EQ(relay_adopt(r, FRONT, &v, dup2(a_client(), 400 - 8 -
	    4 * NWORKERS - 10 * NFRONTS - 1), &why), 0);
	ATF_CHECK_EQ(r->set.nconns, 1);
}

/* Neither bytes without end, nor clients without end, nor during a stop. */
ATF_TC_WITHOUT_HEAD(bounds);
ATF_TC_BODY(bounds, tc)
{
	static const uint8_t behind[65537];
	struct ipc_msg_handover v;

	(void)tc;
	worker();
	message(&v);
	v.plain = behind;
	v.plain_len = sizeof(behind);
	refused(&v, a_client(), -1);
	v.plain_len = 0;
	v.cipher = behind;
	v.cipher_len = sizeof(behind);
	refused(&v, a_client(), -1);
	message(&v);
	r->stopping = 1;
	refused(&v, a_client(), 0);
	r->stopping = 0;
	make_ticket(ticket, WORKER, key, 2, 0);
	r->conf.max_clients = 1;
	hand_over(&v, a_client());
	ATF_CHECK_EQ(r->set.nconns, 1);
	make_ticket(ticket, WORKER, key, 3, 0);
	hand_over(&v, a_client());
	ATF_CHECK_EQ(r->set.nconns, 1);
	ATF_CHECK(r->hands.from[FRONT].chan != NULL);
}

/* A socket that the sender made block, and keeps, holds up nobody. */
ATF_TC_WITHOUT_HEAD(blocking);
ATF_TC_BODY(blocking, tc)
{
	static uint8_t frame[60000];
	struct ipc_msg_handover v;
	uint64_t cookie;
	int s[2], i;

	(void)tc;
	worker();
	message(&v);
	tcp_pair(s);		/* its ends block */
	ATF_CHECK_EQ(relay_adopt(r, FRONT, &v, s[0], &why), 0);
	r->conf.queue_bytes = 100000000;
	derp_queue_set_limit(&r->queues, 100000000);
	for (i = 0; i < 400; i++)	/* more than the kernel holds */
		relay_packets_put(relay_conn_of(TAILQ_FIRST(&r->set.conns)),
		    key, frame, sizeof(frame));
	r->set.notsent_lowat = 0;
	ATF_REQUIRE_EQ(asked(&cookie), 1);
	answer(cookie, 1);		/* neither recv nor send waits */
	ATF_CHECK_EQ(TAILQ_FIRST(&r->set.conns)->state, CONN_UP);
}

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, descriptors);
	ATF_TP_ADD_TC(tp, records);
	ATF_TP_ADD_TC(tp, wrong_owner);
	ATF_TP_ADD_TC(tp, tickets);
	ATF_TP_ADD_TC(tp, greedy_front);
	ATF_TP_ADD_TC(tp, mesh);
	ATF_TP_ADD_TC(tp, admission);
	ATF_TP_ADD_TC(tp, admission_mesh);
	ATF_TP_ADD_TC(tp, admission_begins);
	ATF_TP_ADD_TC(tp, admission_ends);
	ATF_TP_ADD_TC(tp, reserve);
	ATF_TP_ADD_TC(tp, bounds);
	ATF_TP_ADD_TC(tp, blocking);
	return (atf_no_error());
}
