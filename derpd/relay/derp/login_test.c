/*
 * login_test: a worker's requests to keys when keys reads slowly or not at all.
 */
#include <sys/socket.h>
#include <atf-c.h>
#include <errno.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#include "clock.h"
#include "cluster.h"
#include "ipcsend.h"
#include "login.h"
#include "peers.h"
#include "relay.h"

#define CLIENTS	2000
#define INFO	8000		/* bytes of a ClientInfo */
#define AHEAD	(4 * 1024 * 1024)	/* maximum that keys has yet to read */

static struct relay		*r;
static struct ipc_chan		*keys;	/* its end of the box channel */
static struct relay_conn	*conns;
static struct ipc_ticket_key	 key;	/* of this worker, as keys has it */

static void
answered(struct ipc_chan *c, struct ipc_msg *m, void *arg)
{
	struct ipc_msg_login_result v;

	(void)c;
	ATF_REQUIRE_EQ(MSG_LOGIN_RESULT, m->type);
	ATF_REQUIRE_EQ(0, ipc_get_login_result(&m->rd, &v));
	derp_login_result(arg, &v);
}

static void
gone(struct ipc_chan *c, const char *why, void *arg)
{
	(void)c;
	(void)arg;
	atf_tc_fail("the channel to keys ended: %s", why);
}

/* Open a channel to keys, in place of an older one. */
static void
connect_keys(void)
{
	int sv[2];

	ipc_chan_free(keys);
	ipc_chan_free(r->box);
	ATF_REQUIRE_EQ(0, socketpair(AF_UNIX, SOCK_STREAM, 0, sv));
	r->box = ipc_chan_new(r->base, sv[0], ROLE_RELAY, ROLE_KEYS, answered,
	    gone, r);
	keys = ipc_chan_new(NULL, sv[1], ROLE_KEYS, ROLE_RELAY, NULL, NULL,
	    NULL);
	ATF_REQUIRE(r->box != NULL && keys != NULL);
}

static void
set_up(void)
{
	static const uint8_t secret[IPC_TICKET_SECRETLEN] = { 3 };
	int i;

	ATF_REQUIRE(sodium_init() != -1);
	ATF_REQUIRE((r = calloc(1, sizeof(*r))) != NULL);
	TAILQ_INIT(&r->conns);
	TAILQ_INIT(&r->dead);
	TAILQ_INIT(&r->resumed);
	relay_outputs_init(&r->outputs, &relay_output_sock);
	for (i = 0; i < WHEEL_SLOTS; i++)
		TAILQ_INIT(&r->wheel[i]);
	LIST_INIT(&r->watchers);
	r->now_us = base_clock_us();
	ATF_REQUIRE((r->base = event_base_new()) != NULL);
	ATF_REQUIRE_EQ(0, cluster_init(r));
	ATF_REQUIRE_EQ(0, derp_login_init(r));
	relay_hands_init(r);
	r->conf.nworkers = 1;
	ipc_ticket_key_set(&key, 1, secret);
	connect_keys();
}

/* Clients send their ClientInfo, numbered from 1, and have one key. */
static void
clients(int n)
{
	static uint8_t info[INFO];
	int i;

	ATF_REQUIRE((conns = calloc(CLIENTS, sizeof(*conns))) != NULL);
	for (i = 0; i < n; i++) {
		conns[i].r = r;
		conns[i].id = (uint64_t)i + 1;
		conns[i].unknown = calloc(1, sizeof(*conns[i].unknown));
		ATF_REQUIRE(conns[i].unknown != NULL);
		ATF_REQUIRE_EQ(0, event_assign(&conns[i].ev_read, r->base, -1,
		    0, NULL, NULL));
		derp_login_info(&conns[i], info, sizeof(info));
		ATF_CHECK(ipc_chan_queued(r->box) < AHEAD + INFO + 1000);
	}
}

/*
 * Read the next request of this type in keys; return the client's number, 0 for
 * none.
 */
static uint64_t
next_of(uint32_t type)
{
	struct ipc_msg m;
	uint64_t id;
	int i;

	for (i = 0; i < 10; i++) {
		ATF_REQUIRE(event_base_loop(r->base, EVLOOP_NONBLOCK) != -1);
		if (ipc_chan_recv(keys, &m, 0) == -1) {
			ATF_REQUIRE_EQ(ETIMEDOUT, errno);
			continue;
		}
		ATF_REQUIRE_EQ(type, m.type);
		id = ipc_rd_u64(&m.rd);
		ipc_msg_free(&m);
		return (id);
	}
	return (0);
}

static uint64_t
next_request(void)
{
	return (next_of(MSG_LOGIN));
}

/* Run the worker until it has handled what keys sent. */
static void
run(void)
{
	int i;

	ATF_REQUIRE_EQ(0, ipc_chan_flush(keys, 5000));
	for (i = 0; i < 10; i++)
		ATF_REQUIRE(event_base_loop(r->base, EVLOOP_NONBLOCK) != -1);
}

/* Keys refuses a request. */
static void
refuse(uint64_t id)
{
	static const uint8_t none[IPC_TICKET_LEN];
	struct ipc_msg_login_result v = { .cookie = id, .end = IPC_LOGIN_BAD,
	    .ticket = none };

	ATF_REQUIRE_EQ(0, ipc_send_login_result(keys, &v));
	ATF_REQUIRE_EQ(0, ipc_chan_flush(keys, 5000));
}

/* A ticket of now for client `id', with this number. */
static struct ipc_ticket
ticket_of(uint64_t id, uint8_t number)
{
	struct ipc_ticket t = { .us = base_clock_boot_us() };

	memcpy(t.client, conns[id - 1].session.key, sizeof(t.client));
	memset(t.number, number, sizeof(t.number));
	return (t);
}

/* Keys opened the box of client `id', whose ticket this is. */
static void
open_box(uint64_t id, const struct ipc_ticket *t, const char *text)
{
	uint8_t ticket[IPC_TICKET_LEN];
	struct ipc_msg_login_result v = { .cookie = id, .end = IPC_LOGIN_OK,
	    .ticket = ticket, .mesh = UINT32_MAX, .text = text,
	    .text_len = strlen(text) };

	ipc_ticket_put(&key, IPC_TICKET_LOGIN, t, ticket);
	ATF_REQUIRE_EQ(0, ipc_send_login_result(keys, &v));
	run();
}

/* The first clients come, and keys opens their boxes. */
static void
open_boxes(uint64_t n)
{
	struct ipc_ticket t;
	uint64_t i;

	for (i = 1; i <= n; i++) {
		ATF_REQUIRE_EQ(i, next_request());
		t = ticket_of(i, (uint8_t)i);
		open_box(i, &t, "{\"version\":2}");
	}
}

/* Few requests wait in the worker, and each is sent once, in order. */
ATF_TC_WITHOUT_HEAD(ahead);
ATF_TC_BODY(ahead, tc)
{
	int i;

	set_up();
	clients(CLIENTS);
	for (i = 1; i <= CLIENTS; i++) {
		ATF_REQUIRE_EQ((uint64_t)i, next_request());
		refuse((uint64_t)i);
		ATF_CHECK(ipc_chan_queued(r->box) < AHEAD + INFO + 1000);
	}
	ATF_CHECK_EQ(0, next_request());
	for (i = 0; i < CLIENTS; i++)
		ATF_CHECK_MSG(conns[i].dead, "client %d was not refused", i);
}

/*
 * A hung keys is replaced: all requests are sent again, except of closed
 * clients.
 */
ATF_TC_WITHOUT_HEAD(again);
ATF_TC_BODY(again, tc)
{
	int i;

	set_up();
	clients(CLIENTS);
	for (i = 1; i <= 3; i++)
		ATF_REQUIRE_EQ((uint64_t)i, next_request());
	refuse(1);
	while (!conns[0].dead)
		ATF_REQUIRE(event_base_loop(r->base, EVLOOP_ONCE) != -1);
	derp_login_free(&conns[0]);
	derp_login_free(&conns[CLIENTS - 1]);
	connect_keys();
	derp_login_again(r);
	ATF_CHECK(ipc_chan_queued(r->box) < AHEAD + INFO + 1000);
	for (i = 2; i < CLIENTS; i++) {
		ATF_REQUIRE_EQ((uint64_t)i, next_request());
		refuse((uint64_t)i);
	}
	ATF_CHECK_EQ(0, next_request());
}

/*
 * Keys has opened the box of a client, which then waits to be handed over with
 * its ticket; the box is not sent again.
 */
ATF_TC_WITHOUT_HEAD(opened);
ATF_TC_BODY(opened, tc)
{
	uint8_t ticket[IPC_TICKET_LEN];
	struct ipc_ticket t;

	set_up();
	clients(1);
	ATF_REQUIRE_EQ(1, next_request());
	ATF_CHECK(derp_login_kept(&conns[0]) > INFO);
	t = ticket_of(1, 1);
	open_box(1, &t, "{\"isProber\":true}");
	ATF_CHECK_EQ(CONN_HAND, conns[0].state);
	ATF_CHECK_EQ(0, derp_login_kept(&conns[0]));
	ATF_REQUIRE(conns[0].unknown->known != NULL);
	ATF_CHECK(conns[0].unknown->known->prober);
	ATF_CHECK(!conns[0].unknown->known->mesh);
	ipc_ticket_put(&key, IPC_TICKET_LOGIN, &t, ticket);
	ATF_CHECK(memcmp(conns[0].unknown->known->ticket, ticket,
	    sizeof(ticket)) == 0);
	connect_keys();
	derp_login_again(r);
	ATF_CHECK_EQ(0, next_request());
	relay_handover_free(&conns[0]);
}

ATF_TC_WITHOUT_HEAD(malformed);
ATF_TC_BODY(malformed, tc)
{
	struct ipc_ticket t;

	set_up();
	clients(1);
	ATF_REQUIRE_EQ(1, next_request());
	t = ticket_of(1, 1);
	open_box(1, &t, "{\"version\":");
	ATF_CHECK(conns[0].dead);
}

/*
 * A client that closes its WebSocket while keys validates its box is refused.
 */
ATF_TC_WITHOUT_HEAD(drained);
ATF_TC_BODY(drained, tc)
{
	set_up();
	clients(3);
	relay_conn_drain(&conns[1]);
	open_boxes(2);
	ATF_REQUIRE_EQ(3, next_request());
	refuse(3);
	while (!conns[2].dead)
		ATF_REQUIRE(event_base_loop(r->base, EVLOOP_ONCE) != -1);
	ATF_CHECK_EQ(CONN_HAND, conns[0].state);
	ATF_CHECK(conns[0].unknown->known != NULL);
	ATF_CHECK_EQ(CONN_DRAIN, conns[1].state);
	ATF_CHECK(conns[1].unknown->known == NULL);
	ATF_CHECK_EQ(0, r->stats->connections);
}

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, ahead);
	ATF_TP_ADD_TC(tp, again);
	ATF_TP_ADD_TC(tp, opened);
	ATF_TP_ADD_TC(tp, malformed);
	ATF_TP_ADD_TC(tp, drained);
	return (atf_no_error());
}
