/*
 * login_test: a worker's requests to keys when keys reads slowly or not at all.
 */
#include <sys/socket.h>
#include <atf-c.h>
#include <errno.h>
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

static void
answered(struct ipc_chan *c, struct ipc_msg *m, void *arg)
{
	(void)c;
	ATF_REQUIRE_EQ(MSG_LOGIN_RESULT, m->type);
	struct ipc_msg_login_result v;

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
	int i;

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
	derp_login_init(r);
	connect_keys();
}

/* Clients send their ClientInfo, numbered from 1. */
static void
clients(void)
{
	static uint8_t info[INFO];
	int i;

	ATF_REQUIRE((conns = calloc(CLIENTS, sizeof(*conns))) != NULL);
	for (i = 0; i < CLIENTS; i++) {
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

/* Read the next request in keys; return the client's number, 0 for none. */
static uint64_t
next_request(void)
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
		ATF_REQUIRE_EQ(MSG_LOGIN, m.type);
		id = ipc_rd_u64(&m.rd);
		ipc_msg_free(&m);
		return (id);
	}
	return (0);
}

/* Keys refuses a request. */
static void
refuse(uint64_t id)
{
	struct ipc_msg_login_result v = { .cookie = id };

	ATF_REQUIRE_EQ(0, ipc_send_login_result(keys, &v));
	ATF_REQUIRE_EQ(0, ipc_chan_flush(keys, 5000));
}

/* Few requests wait in the worker, and each is sent once, in order. */
ATF_TC_WITHOUT_HEAD(ahead);
ATF_TC_BODY(ahead, tc)
{
	int i;

	set_up();
	clients();
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
	clients();
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
 * A client that closes its WebSocket while keys validates its box is refused.
 */
ATF_TC_WITHOUT_HEAD(drained);
ATF_TC_BODY(drained, tc)
{
	static const char text[] = "{\"version\":2}";
	static const uint8_t key[FRAME_KEY_LEN];
	struct ipc_msg_login_result v = { .ok = 1, .mesh = UINT32_MAX,
	    .text = text, .text_len = sizeof(text) - 1, .sealed = key,
	    .sealed_len = sizeof(key) };
	int i;

	set_up();
	clients();
	relay_conn_drain(&conns[1]);
	for (i = 1; i <= 2; i++) {
		v.cookie = next_request();
		ATF_REQUIRE_EQ((uint64_t)i, v.cookie);
		ATF_REQUIRE_EQ(0, ipc_send_login_result(keys, &v));
		ATF_REQUIRE_EQ(0, ipc_chan_flush(keys, 5000));
	}
	ATF_REQUIRE_EQ(3, next_request());
	refuse(3);
	while (!conns[2].dead)
		ATF_REQUIRE(event_base_loop(r->base, EVLOOP_ONCE) != -1);
	ATF_CHECK_EQ(CONN_UP, conns[0].state);
	ATF_CHECK_MSG(conns[0].unknown == NULL, "memory of an unknown client");
	ATF_CHECK_EQ(CONN_DRAIN, conns[1].state);
	ATF_CHECK(conns[1].unknown != NULL);
	ATF_CHECK(conns[1].session.peer == NULL);
	ATF_CHECK_EQ(1, r->stats.connections);
}

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, ahead);
	ATF_TP_ADD_TC(tp, again);
	ATF_TP_ADD_TC(tp, drained);
	return (atf_no_error());
}
