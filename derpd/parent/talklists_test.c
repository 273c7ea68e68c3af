/*
 * talklists_test: the lists of clients, with and without names, and orders for
 * relay workers; lines of admit.  The test plays derpctl, the relay workers and
 * admit.
 */
#include <sys/socket.h>
#include <event2/event.h>

#include "conf_fixture.h"
#include "ipcsend.h"
#include "messages.h"
#include "parent.h"

#define NRELAYS	2

static struct parent	 d;
static struct ipc_chan	*ctl, *relay[NRELAYS];

/* The process runs and is ready; the test has the other end of its channel. */
static struct ipc_chan *
run(struct parent_proc *p)
{
	struct ipc_chan	*end;
	int		 sv[2];

	ATF_REQUIRE_EQ(0, socketpair(AF_UNIX, SOCK_STREAM, 0, sv));
	p->c.chan = ipc_chan_new(NULL, sv[0], ROLE_PARENT, p->c.role, NULL,
	    NULL, NULL);
	end = ipc_chan_new(NULL, sv[1], p->c.role, ROLE_PARENT, NULL, NULL,
	    NULL);
	ATF_REQUIRE(p->c.chan != NULL && end != NULL);
	p->c.ready = 1;
	return (end);
}

static void
begin(const char *more)
{
	char	 text[512];
	int	 i, sv[2];

	snprintf(text, sizeof(text), NAME CERT RELAY "%s", more);
	d.conf = good(text);
	ATF_REQUIRE((d.super.base = event_base_new()) != NULL);
	d.nworkers = NRELAYS;
	parent_procs_set_up(&d);
	for (i = 0; i < NRELAYS; i++)
		relay[i] = run(&d.relays[i]);
	ATF_REQUIRE_EQ(0, socketpair(AF_UNIX, SOCK_STREAM, 0, sv));
	parent_talk_start(&d, sv[0]);
	ctl = ipc_chan_new(NULL, sv[1], ROLE_CTL, ROLE_PARENT, NULL, NULL,
	    NULL);
	ATF_REQUIRE(ctl != NULL);
}

static void
turn(void)
{
	ATF_REQUIRE(event_base_loop(d.super.base, EVLOOP_NONBLOCK) != -1);
}

/* derpctl sends a request without fields. */
static void
request(uint32_t type)
{
	ATF_REQUIRE_EQ(0, ipc_chan_send(ctl, type, NULL, -1));
	ATF_REQUIRE_EQ(0, ipc_chan_flush(ctl, 1000));
	turn();
}

/* The number of the request that a relay worker received. */
static uint32_t
requested(unsigned int n)
{
	struct ipc_msg_relay_clients	 v;
	struct ipc_msg			 m;

	ATF_REQUIRE_EQ(0, ipc_chan_flush(d.relays[n].c.chan, 1000));
	ATF_REQUIRE_EQ(0, ipc_chan_recv(relay[n], &m, 1000));
	ATF_REQUIRE_STREQ("MSG_RELAY_CLIENTS", ipc_msg_name(m.type));
	ATF_REQUIRE_EQ(0, ipc_get_relay_clients(&m.rd, &v));
	ipc_msg_free(&m);
	return (v.request);
}

/* A relay worker answers; the parent handles it. */
static void
answer(unsigned int n, uint32_t type, struct ipc_wr *w)
{
	struct ipc_msg	 m = { .type = type, .fd = -1 };

	ATF_REQUIRE(ipc_wr_ok(w));
	ipc_rd_init(&m.rd, w->p, w->len);
	ATF_REQUIRE_EQ(0, parent_control_client(&d.relays[n], &m));
	ipc_wr_free(w);
}

static void
one_client(unsigned int n, uint32_t id, const char *name, const char *group)
{
	struct ipc_msg_relay_client	 v = { .request = id, .name = name,
	    .group = group };
	struct ipc_wr			 w;

	memset(v.client.key, (int)n + 1, sizeof(v.client.key));
	ipc_wr_init(&w);
	ipc_put_relay_client(&w, &v);
	answer(n, MSG_RELAY_CLIENT, &w);
}

static void
no_more(unsigned int n, uint32_t id)
{
	struct ipc_msg_relay_clients_end	 v = { id, 1 };
	struct ipc_wr				 w;

	ipc_wr_init(&w);
	ipc_put_relay_clients_end(&w, &v);
	answer(n, MSG_RELAY_CLIENTS_END, &w);
}

/* The next message that derpctl gets. */
static void
next(struct ipc_msg *m, uint32_t type)
{
	turn();
	ATF_REQUIRE_EQ(0, ipc_chan_recv(ctl, m, 1000));
	ATF_REQUIRE_STREQ(ipc_msg_name(type), ipc_msg_name(m->type));
}

/* The next message is the end, with this error; "": none. */
static void
expect_done(const char *why)
{
	struct ipc_msg_ctl_done	 v;
	struct ipc_msg		 m;

	next(&m, MSG_CTL_DONE);
	ATF_REQUIRE_EQ(0, ipc_get_ctl_done(&m.rd, &v));
	ATF_CHECK_EQ(*why == '\0', v.ok);
	ATF_CHECK_STREQ(why, v.why);
	ipc_msg_free(&m);
}

static void
expect_listed(unsigned int worker, const char *name, const char *group)
{
	struct ipc_msg_ctl_listed	 v;
	struct ipc_msg			 m;

	next(&m, MSG_CTL_LISTED);
	ATF_REQUIRE_EQ(0, ipc_get_ctl_listed(&m.rd, &v));
	ATF_CHECK_EQ(worker, v.client.worker);
	ATF_CHECK_EQ(worker + 1, v.client.key[0]);
	ATF_CHECK_STREQ(name, v.name);
	ATF_CHECK_STREQ(group, v.group);
	ipc_msg_free(&m);
}

static void
expect_client(unsigned int worker)
{
	struct ipc_msg_ctl_client	 v;
	struct ipc_msg			 m;

	next(&m, MSG_CTL_CLIENT);
	ATF_REQUIRE_EQ(0, ipc_get_ctl_client(&m.rd, &v));
	ATF_CHECK_EQ(worker, v.client.worker);
	ipc_msg_free(&m);
}

ATF_TC_WITHOUT_HEAD(clients);
ATF_TC_BODY(clients, tc)
{
	uint32_t	 id;

	begin("");
	request(MSG_CTL_LIST);
	id = requested(0);
	ATF_CHECK_EQ(id, requested(1));
	one_client(1, id, "nas", "home");
	one_client(0, id, "", "");
	no_more(0, id);
	no_more(1, id);
	expect_listed(1, "nas", "home");
	expect_listed(0, "", "");
	expect_done("");
	/* The same for a derpctl that knows no names. */
	request(MSG_CTL_CLIENTS);
	id = requested(0);
	(void)requested(1);
	one_client(0, id, "nas", "home");
	no_more(0, id);
	no_more(1, id);
	expect_client(0);
	expect_done("");
}

/* A worker that ends owes nothing any more; a late answer is ignored. */
ATF_TC_WITHOUT_HEAD(incomplete);
ATF_TC_BODY(incomplete, tc)
{
	uint32_t	 id;

	begin("");
	request(MSG_CTL_LIST);
	id = requested(0);
	(void)requested(1);
	request(MSG_CTL_LIST);
	expect_done("the same is being listed on this connection already");
	no_more(0, id);
	parent_control_worker_gone(&d, 1);
	expect_done("a relay worker died: the list is incomplete");
	one_client(1, id, "nas", "home");
	request(MSG_CTL_LIST);
	(void)requested(0);
	id = requested(1);
	parent_control_worker_gone(&d, 0);
	one_client(1, id, "n", "");
	no_more(1, id);
	expect_listed(1, "n", "");
	expect_done("a relay worker died: the list is incomplete");
}

/* admit receives a query; its number. */
static uint32_t
queried(struct ipc_chan *admit)
{
	struct ipc_msg_admit_query	 v;
	struct ipc_msg			 m;

	ATF_REQUIRE_EQ(0, ipc_chan_flush(d.admit.c.chan, 1000));
	ATF_REQUIRE_EQ(0, ipc_chan_recv(admit, &m, 1000));
	ATF_REQUIRE_STREQ("MSG_ADMIT_QUERY", ipc_msg_name(m.type));
	ATF_REQUIRE_EQ(0, ipc_get_admit_query(&m.rd, &v));
	ipc_msg_free(&m);
	return (v.request);
}

static void
line(uint32_t id, const char *text, int last)
{
	const struct ipc_msg_admit_line	 v = { .request = id, .last = last,
	    .text = text, .len = strlen(text) };

	parent_control_admit_line(&v);
}

static void
expect_text(const char *text)
{
	struct ipc_msg_ctl_text	 v;
	struct ipc_msg		 m;

	next(&m, MSG_CTL_TEXT);
	ATF_REQUIRE_EQ(0, ipc_get_ctl_text(&m.rd, &v));
	ATF_CHECK_EQ(strlen(text), v.len);
	ATF_CHECK_EQ(0, memcmp(text, v.text, v.len));
	ipc_msg_free(&m);
}

ATF_TC_WITHOUT_HEAD(admit);
ATF_TC_BODY(admit, tc)
{
	struct ipc_chan	*end;
	uint32_t	 id;

	begin("admit { keys /k }\n");
	request(MSG_CTL_GROUPS);
	expect_done("admit is not running: try again when it is");
	end = run(&d.admit);
	request(MSG_CTL_GROUPS);
	id = queried(end);
	line(id + 1, "{\"of\":\"nobody\"}", 0);
	line(id, "{\"name\":\"a\"}", 0);
	line(id, "{\"name\":\"b\"}", 0);
	line(id, "", 1);
	line(id, "{\"late\":1}", 0);
	expect_text("{\"name\":\"a\"}");
	expect_text("{\"name\":\"b\"}");
	expect_done("");
	/* A list of clients goes on beside it. */
	request(MSG_CTL_GROUPS);
	id = queried(end);
	request(MSG_CTL_LIST);
	line(id, "{\"on\":true}", 0);
	expect_text("{\"on\":true}");
	parent_control_admit_gone();
	expect_done("admit died: the list is incomplete");
	no_more(0, requested(0));
	no_more(1, requested(1));
	expect_done("");
}

/* Without admission there is nothing to tell. */
ATF_TC_WITHOUT_HEAD(everybody);
ATF_TC_BODY(everybody, tc)
{
	begin("");
	request(MSG_CTL_GROUPS);
	expect_done("there is no admit { ... } in the configuration: everybody "
	    "may relay");
}

/* A key is kicked at every worker. */
ATF_TC_WITHOUT_HEAD(kick);
ATF_TC_BODY(kick, tc)
{
	static const uint8_t		 key[IPC_KEYLEN] = { 1, 2, 3 };
	struct ipc_msg_ctl_kick		 v = { key };
	struct ipc_msg_relay_kick	 got;
	struct ipc_msg			 m;
	int				 i;

	begin("");
	ATF_REQUIRE_EQ(0, ipc_send_ctl_kick(ctl, &v));
	ATF_REQUIRE_EQ(0, ipc_chan_flush(ctl, 1000));
	turn();
	expect_done("");
	for (i = 0; i < NRELAYS; i++) {
		ATF_REQUIRE_EQ(0, ipc_chan_flush(d.relays[i].c.chan, 1000));
		ATF_REQUIRE_EQ(0, ipc_chan_recv(relay[i], &m, 1000));
		ATF_REQUIRE_STREQ("MSG_RELAY_KICK", ipc_msg_name(m.type));
		ATF_REQUIRE_EQ(0, ipc_get_relay_kick(&m.rd, &got));
		ATF_CHECK_EQ(0, memcmp(key, got.key, sizeof(key)));
		ipc_msg_free(&m);
	}
	/* It would reach the copy of a session that moves. */
	d.moves.steps.held = 1;
	ATF_REQUIRE_EQ(0, ipc_send_ctl_kick(ctl, &v));
	ATF_REQUIRE_EQ(0, ipc_chan_flush(ctl, 1000));
	turn();
	expect_done("sessions move to another process: try again");
	for (i = 0; i < NRELAYS; i++) {
		ATF_REQUIRE_EQ(0, ipc_chan_flush(d.relays[i].c.chan, 1000));
		ATF_CHECK_EQ(-1, ipc_chan_recv(relay[i], &m, 0));
	}
}

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, clients);
	ATF_TP_ADD_TC(tp, incomplete);
	ATF_TP_ADD_TC(tp, admit);
	ATF_TP_ADD_TC(tp, everybody);
	ATF_TP_ADD_TC(tp, kick);
	return (atf_no_error());
}
