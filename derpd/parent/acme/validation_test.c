/*
 * validation_test: certificates that validate names, from keys to the fronts,
 * and when acme-helper may go on.  The test plays all three.
 */
#include <sys/socket.h>
#include <atf-c.h>
#include <event2/event.h>
#include <stdio.h>
#include <string.h>

#include "ipcsend.h"
#include "parent.h"

#define WAIT_MS	20000
#define PEM	"-----BEGIN CERTIFICATE-----\n"

static struct parent	 d;
static struct conf	 conf;
static struct gram_name	 names[3];
static struct conf_cert	 files = { .cert = (char *)(uintptr_t)"a.crt" };
static struct conf_cert	 acme = { .acme = 1 };
static struct parent_cert certs[2], *loaded[2] = { &certs[0], &certs[1] };
/* The children's ends. */
static struct ipc_chan	*keys, *helper, *fronts[2];
static int		 malformed;	/* messages of acme-helper */

static void
on_message(struct ipc_chan *c, struct ipc_msg *m, void *arg)
{
	struct parent_proc *p = arg;

	(void)c;
	if (p->c.role == ROLE_KEYS)
		ATF_REQUIRE_EQ(0, parent_keys_result(&d, m));
	else if (p->c.role == ROLE_FRONT)
		ATF_REQUIRE_EQ(0, renew_token_set(p, m));
	else if (renew_handle_token(&d, &m->rd) == -1)
		malformed++;
}

static void
on_gone(struct ipc_chan *c, const char *why, void *arg)
{
	(void)c;
	(void)arg;
	atf_tc_fail("a channel ended: %s", why);
}

/* Connect a child; its end. */
static struct ipc_chan *
connect_child(struct parent_proc *p, enum ipc_role role, unsigned int worker)
{
	struct ipc_chan *end;
	int sv[2];

	ATF_REQUIRE_EQ(0, socketpair(AF_UNIX, SOCK_STREAM, 0, sv));
	p->d = &d;
	p->c.role = role;
	p->c.worker = worker;
	p->c.ready = 1;
	p->c.chan = ipc_chan_new(d.super.base, sv[0], ROLE_PARENT, role,
	    on_message, on_gone, p);
	end = ipc_chan_new(NULL, sv[1], role, ROLE_PARENT, NULL, NULL, NULL);
	ATF_REQUIRE(p->c.chan != NULL && end != NULL);
	return (end);
}

static uint64_t
no_time(void)
{
	return (0);
}

/* A certificate from files, that of the acme section, and two fronts. */
static void
begin(void)
{
	static const struct super_system ops = { .clock = no_time };
	static const char *const given[] = { "Relay.test", "192.0.2.1",
	    "*.relay.test" };
	size_t i;

	ATF_REQUIRE((d.super.base = event_base_new()) != NULL);
	TAILQ_INIT(&conf.names);
	for (i = 0; i < 3; i++) {
		names[i].name = (char *)(uintptr_t)given[i];
		TAILQ_INSERT_TAIL(&conf.names, &names[i], entry);
	}
	TAILQ_INIT(&conf.certs);
	TAILQ_INSERT_TAIL(&conf.certs, &files, entry);
	TAILQ_INSERT_TAIL(&conf.certs, &acme, entry);
	conf.child_timeout = 10;
	memset(certs[0].hash, 'f', IPC_KEYHASH_LEN);
	memset(certs[1].hash, 'a', IPC_KEYHASH_LEN);
	d.conf = &conf;
	d.super.system = &ops;
	d.loaded.certs = loaded;
	d.loaded.ncerts = 2;
	d.nfronts = 2;
	strlcpy(d.acme.thumb, "thumb", sizeof(d.acme.thumb));
	keys = connect_child(&d.keys, ROLE_KEYS, 0);
	helper = connect_child(&d.helper, ROLE_ACME, 0);
	for (i = 0; i < 2; i++)
		fronts[i] = connect_child(&d.fronts[i], ROLE_FRONT,
		    (unsigned int)i);
}

static void
turn(void)
{
	int i;

	for (i = 0; i < 4; i++)
		ATF_REQUIRE(event_base_loop(d.super.base,
		    EVLOOP_ONCE | EVLOOP_NONBLOCK) != -1);
}

/* The next message to a child. */
static void
get(struct ipc_chan *c, uint32_t type, struct ipc_msg *m)
{
	turn();
	ATF_REQUIRE_EQ(0, ipc_chan_recv(c, m, WAIT_MS));
	ATF_REQUIRE_EQ(type, m->type);
}

/* There is none. */
static void
none(struct ipc_chan *c)
{
	turn();
	ATF_CHECK_EQ(0, ipc_chan_poll(c));
}

static void
flush(struct ipc_chan *c)
{
	ATF_REQUIRE_EQ(0, ipc_chan_flush(c, WAIT_MS));
	turn();
}

/* acme-helper wants this token answered for a name; both "": none. */
static void
ask(const char *token, const char *name)
{
	struct ipc_msg_acme_token v = { token, name };

	ATF_REQUIRE_EQ(0, ipc_send_acme_token(helper, &v));
	flush(helper);
}

/* keys is asked for the certificate of this name. */
static void
asked(const char *name, const char *auth)
{
	struct ipc_msg_key_acme_validation v;
	struct ipc_msg m;

	get(keys, MSG_KEY_ACME_VALIDATION, &m);
	ATF_REQUIRE_EQ(0, ipc_get_key_acme_validation(&m.rd, &v));
	ATF_CHECK_STREQ(name, v.name);
	ATF_CHECK_STREQ(auth, v.auth);
	ATF_CHECK(memcmp(v.hash, certs[1].hash, IPC_KEYHASH_LEN) == 0);
	ipc_msg_free(&m);
}

/* keys answers with a certificate; `why': it fails instead. */
static void
answer(const char *why)
{
	struct ipc_wr w;

	ipc_wr_init(&w);
	ipc_wr_u8(&w, why == NULL);
	ipc_wr_str(&w, why);
	ipc_wr_blob(&w, PEM, why == NULL ? strlen(PEM) : 0);
	ATF_REQUIRE_EQ(0, ipc_chan_send(keys, MSG_KEY_RESULT, &w, -1));
	ipc_wr_free(&w);
	flush(keys);
}

/* A front is to serve the certificate for this server name. */
static void
served(struct ipc_chan *front, const char *token, const char *server)
{
	struct ipc_msg_front_validation v;
	struct ipc_msg m;

	get(front, MSG_FRONT_VALIDATION, &m);
	ATF_REQUIRE_EQ(0, ipc_get_front_validation(&m.rd, &v));
	ATF_CHECK_STREQ(token, v.token);
	ATF_CHECK_STREQ(server, v.server);
	ATF_CHECK(memcmp(v.hash, certs[1].hash, IPC_KEYHASH_LEN) == 0);
	ATF_REQUIRE_EQ(strlen(PEM), v.len);
	ATF_CHECK(memcmp(v.pem, PEM, v.len) == 0);
	ipc_msg_free(&m);
}

/* A front confirms the token. */
static void
confirm(struct ipc_chan *front, const char *token)
{
	struct ipc_msg_front_token_set v = { token };

	ATF_REQUIRE_EQ(0, ipc_send_front_token_set(front, &v));
	flush(front);
}

/* acme-helper is told that the token is answered. */
static void
told(const char *token)
{
	struct ipc_msg_acme_token_set v;
	struct ipc_msg m;

	get(helper, MSG_ACME_TOKEN_SET, &m);
	ATF_REQUIRE_EQ(0, ipc_get_acme_token_set(&m.rd, &v));
	ATF_CHECK_STREQ(token, v.token);
	ipc_msg_free(&m);
}

/* A front is to drop all certificates. */
static void
dropped(struct ipc_chan *front)
{
	struct ipc_msg_front_token v;
	struct ipc_msg m;

	get(front, MSG_FRONT_TOKEN, &m);
	ATF_REQUIRE_EQ(0, ipc_get_front_token(&m.rd, &v));
	ATF_CHECK_STREQ("", v.token);
	ipc_msg_free(&m);
}

/* A name is validated: this token by this server name. */
static void
validate(const char *token, const char *name, const char *server)
{
	char auth[IPC_TOKEN_AUTHSIZE];
	size_t i;

	ask(token, name);
	snprintf(auth, sizeof(auth), "%s.thumb", token);
	asked(name, auth);
	answer(NULL);
	for (i = 0; i < d.nfronts; i++) {
		served(fronts[i], token, server);
		none(helper);
		confirm(fronts[i], token);
	}
	told(token);
}

ATF_TC_WITHOUT_HEAD(served_by_all);
ATF_TC_BODY(served_by_all, tc)
{
	begin();
	validate("one", "relay.test", "relay.test");
	validate("two", "192.0.2.1", "1.2.0.192.in-addr.arpa");
	ATF_CHECK_EQ(2, d.acme.nvalidations);
	ATF_CHECK_EQ(0, malformed);
	/* No token of HTTP-01 is published besides. */
	none(fronts[0]);
	none(fronts[1]);
}

/* Only for names of the configuration, and while something is served. */
ATF_TC_WITHOUT_HEAD(refused);
ATF_TC_BODY(refused, tc)
{
	static const char *const bad[] = { "other.test", "a.relay.test",
	    "relay.test.", "Relay.test", "1.2.0.192.in-addr.arpa" };
	size_t i;

	begin();
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		ask("one", bad[i]);
		ATF_CHECK_EQ_MSG((int)i + 1, malformed, "%s", bad[i]);
		d.acme.pending[0] = '\0';
	}
	d.loaded.ncerts = 1;
	ask("one", "relay.test");
	ATF_CHECK_EQ((int)i + 1, malformed);
	none(keys);
	none(fronts[0]);
	none(helper);
}

/* A second token has to wait for the first. */
ATF_TC_WITHOUT_HEAD(one_by_one);
ATF_TC_BODY(one_by_one, tc)
{
	begin();
	ask("one", "relay.test");
	asked("relay.test", "one.thumb");
	ask("two", "192.0.2.1");
	ATF_CHECK_EQ(1, malformed);
	none(keys);
}

/* Fronts that end do not stand for fronts that serve it. */
ATF_TC_WITHOUT_HEAD(front_ends);
ATF_TC_BODY(front_ends, tc)
{
	begin();
	ask("one", "relay.test");
	asked("relay.test", "one.thumb");
	renew_front_gone(&d, 0);
	renew_front_gone(&d, 1);
	none(helper);
	answer(NULL);
	served(fronts[0], "one", "relay.test");
	served(fronts[1], "one", "relay.test");
	confirm(fronts[0], "another");
	confirm(fronts[1], "one");
	none(helper);
	/* Only one that has it is waited for. */
	renew_front_gone(&d, 0);
	told("one");
}

/* A front that starts during an order gets all of them. */
ATF_TC_WITHOUT_HEAD(front_starts);
ATF_TC_BODY(front_starts, tc)
{
	begin();
	ATF_REQUIRE_EQ(0, renew_send_tokens(&d.fronts[1]));
	none(fronts[1]);
	validate("one", "relay.test", "relay.test");
	validate("two", "192.0.2.1", "1.2.0.192.in-addr.arpa");
	ATF_REQUIRE_EQ(0, renew_send_tokens(&d.fronts[1]));
	served(fronts[1], "one", "relay.test");
	served(fronts[1], "two", "1.2.0.192.in-addr.arpa");
	none(fronts[0]);
}

/* Without a certificate nothing is published, and the helper is not told. */
ATF_TC_WITHOUT_HEAD(keys_fails);
ATF_TC_BODY(keys_fails, tc)
{
	begin();
	ask("one", "relay.test");
	asked("relay.test", "one.thumb");
	answer("no such key");
	none(fronts[0]);
	none(helper);
	ATF_CHECK_EQ(0, d.acme.nvalidations);
	/* The next order goes well. */
	ask("", "");
	none(fronts[0]);
	validate("two", "relay.test", "relay.test");
}

/* The fronts drop them after an order, also one that is being made. */
ATF_TC_WITHOUT_HEAD(forgotten);
ATF_TC_BODY(forgotten, tc)
{
	begin();
	validate("one", "relay.test", "relay.test");
	ask("two", "192.0.2.1");
	asked("192.0.2.1", "two.thumb");
	renew_forget_tokens(&d);
	dropped(fronts[0]);
	dropped(fronts[1]);
	answer(NULL);
	none(fronts[0]);
	none(helper);
	ATF_CHECK_EQ(0, d.acme.nvalidations);
	ATF_REQUIRE_EQ(0, renew_send_tokens(&d.fronts[0]));
	none(fronts[0]);
	/* Once is enough. */
	renew_forget_tokens(&d);
	none(fronts[0]);
	validate("three", "192.0.2.1", "1.2.0.192.in-addr.arpa");
}

ATF_TC_WITHOUT_HEAD(most);
ATF_TC_BODY(most, tc)
{
	char token[16];
	int i;

	begin();
	d.nfronts = 0;
	for (i = 0; i < IPC_ACME_MAXNAMES; i++) {
		snprintf(token, sizeof(token), "t%d", i);
		validate(token, "relay.test", "relay.test");
	}
	ATF_CHECK_EQ(0, malformed);
	ask("more", "relay.test");
	ATF_CHECK_EQ(1, malformed);
	none(keys);
}

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, served_by_all);
	ATF_TP_ADD_TC(tp, refused);
	ATF_TP_ADD_TC(tp, one_by_one);
	ATF_TP_ADD_TC(tp, front_ends);
	ATF_TP_ADD_TC(tp, front_starts);
	ATF_TP_ADD_TC(tp, keys_fails);
	ATF_TP_ADD_TC(tp, forgotten);
	ATF_TP_ADD_TC(tp, most);
	return (atf_no_error());
}
