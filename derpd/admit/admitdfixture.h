/*
 * admitdfixture: an admit process within its sandbox, driven by its parent,
 * fronts, relay workers and verify.
 */
#ifndef ADMITDFIXTURE_H
#define ADMITDFIXTURE_H

#include <sodium.h>
#include <fcntl.h>
#include <stdio.h>

#include "admitd.h"
#include "childpeer.h"
#include "ticket.h"

#define URL	"https://control.example.org/verify"

static struct ipc_admit_conf conf = {
	.on = 1,
	.yes_secs = 60,
	.no_secs = 10,
	.check_secs = 60,
	.remember_secs = 86400
};
static unsigned int nurls;	/* sources that are asked: URL, URL2, ... */
static uint8_t	 secret[IPC_TICKET_SECRETLEN] = { 3 };

/* The key of client `n'. */
static inline const uint8_t *
key_of(uint32_t n)
{
	static uint8_t key[IPC_KEYLEN];

	key[0] = 0xab;
	memcpy(key + IPC_KEYLEN - sizeof(n), &n, sizeof(n));
	return (key);
}

/* The same as the clients file has it; valid until the next call. */
static inline const char *
key_text(uint32_t n)
{
	static char text[CLIENTS_KEYTEXT + 1];

	clients_key_text(text, key_of(n));
	return (text);
}

/*
 * Receive a message of this type from admit; reports and states that come
 * before are skipped.
 */
static inline void
from_admit(uint32_t type, struct ipc_msg *m)
{
	for (;;) {
		ATF_REQUIRE_EQ(0, ipc_chan_recv(child, m, WAIT_MS));
		if (m->type == type)
			return;
		ATF_REQUIRE_MSG(m->type == MSG_ADMIT_STATUS ||
		    m->type == MSG_ADMIT_SAVE, "%s", ipc_msg_name(m->type));
		ipc_msg_free(m);
	}
}

static inline void
to_admit(int rv)
{
	ATF_REQUIRE_EQ(0, rv);
	ATF_REQUIRE_EQ(0, ipc_chan_flush(child, WAIT_MS));
}

/* A file with this text, whose offset is at its end. */
static inline int
text_file(const char *name, const void *text, size_t n)
{
	int fd;

	ATF_REQUIRE((fd = open(name, O_RDWR | O_CREAT | O_TRUNC, 0600)) != -1);
	ATF_REQUIRE_EQ((ssize_t)n, write(fd, text, n));
	return (fd);
}

/* Send settings, with the text of a clients file, NULL: without. */
static inline void
send_settings(const char *clients)
{
	char url[4][sizeof(URL) + 10];
	struct ipc_verify_source sources[4];
	struct ipc_msg_admit_settings v = { .conf = conf, .nsources = nurls,
	    .sources = sources };
	const struct ipc_msg_admit_file file = { IPC_ADMIT_FILE_KEYS,
	    "/etc/derpd/clients" };
	unsigned int i;

	for (i = 0; i < nurls; i++) {
		snprintf(url[i], sizeof(url[i]), "%s%.0u", URL, i);
		sources[i].kind = IPC_VERIFY_URL;
		sources[i].name = url[i];
		sources[i].cafile = "";
	}
	v.conf.keys = clients != NULL;
	to_admit(ipc_send_admit_settings(child, &v));
	if (clients != NULL)
		to_admit(ipc_send_admit_file(child, &file, text_file("clients",
		    clients, strlen(clients))));
}

/* Send a list of nodes, as JSON. */
static inline void
send_names(const char *json)
{
	const struct ipc_msg_admit_file file = { IPC_ADMIT_FILE_NAMES,
	    "nodes.json" };

	to_admit(ipc_send_admit_file(child, &file, text_file("nodes", json,
	    strlen(json))));
}

/* Commit, and receive the result: "" or what is wrong; static. */
static inline const char *
commit(uint32_t id, enum ipc_settings how)
{
	static char why[IPC_ERRORSIZE];
	const struct ipc_msg_admit_commit v = { id, how };
	struct ipc_msg_admit_result r;
	struct ipc_msg m;

	to_admit(ipc_send_admit_commit(child, &v));
	from_admit(MSG_ADMIT_RESULT, &m);
	ATF_REQUIRE_EQ(0, ipc_get_admit_result(&m.rd, &r));
	ATF_CHECK_EQ(id, r.id);
	ATF_CHECK_EQ(r.ok, r.why[0] == '\0');
	snprintf(why, sizeof(why), "%s", r.why);
	ipc_msg_free(&m);
	return (why);
}

/* Stage settings and put them in force. */
static inline void
reload(const char *clients)
{
	static uint32_t id = 1;

	send_settings(clients);
	ATF_CHECK_STREQ("", commit(++id, SETTINGS_STAGE));
	ATF_CHECK_STREQ("", commit(id, SETTINGS_USE));
}

/* Start a process with these settings, and secrets for workers 0 to 2. */
static inline void
start(const char *clients)
{
	struct ipc_msg_admit_secret v = { .secret = secret };

	ATF_REQUIRE(sodium_init() != -1);
	child_fork(ROLE_ADMIT, admit_main, 0);
	send_settings(clients);
	ATF_CHECK_STREQ("", commit(0, SETTINGS_FIRST));
	child_is_ready();
	for (v.worker = 0; v.worker < 3; v.worker++)
		to_admit(ipc_send_admit_secret(child, &v));
}

/* A channel of a front, a relay worker or verify. */
static inline struct ipc_chan *
channel(enum ipc_admit_chan_kind kind, unsigned int number)
{
	const struct ipc_msg_admit_chan v = { kind, number };
	struct ipc_chan *c;
	int sv[2];

	ATF_REQUIRE_EQ(0, socketpair(AF_UNIX, SOCK_STREAM, 0, sv));
	to_admit(ipc_send_admit_chan(child, &v, sv[1]));
	c = ipc_chan_new(NULL, sv[0], kind == IPC_ADMIT_CHAN_FRONT ?
	    ROLE_FRONT : kind == IPC_ADMIT_CHAN_RELAY ? ROLE_RELAY :
	    ROLE_VERIFY, ROLE_ADMIT, NULL, NULL, NULL);
	ATF_REQUIRE(c != NULL);
	return (c);
}

/* Wait until admit has handled all that the parent sent. */
static inline void
settled(void)
{
	const struct ipc_msg_admit_query v = { .request = 77 };
	struct ipc_msg_admit_line line;
	struct ipc_msg m;

	to_admit(ipc_send_admit_query(child, &v));
	do {
		from_admit(MSG_ADMIT_LINE, &m);
		ATF_REQUIRE_EQ(0, ipc_get_admit_line(&m.rd, &line));
		ipc_msg_free(&m);
	} while (!line.last);
}

static inline void
flush(struct ipc_chan *c, int rv)
{
	ATF_REQUIRE_EQ(0, rv);
	ATF_REQUIRE_EQ(0, ipc_chan_flush(c, WAIT_MS));
}

/* The number of the ticket for the login `cookie'. */
static inline const uint8_t *
number_of(uint64_t cookie)
{
	static uint8_t number[IPC_TICKET_NUMBERLEN];

	number[0] = 9;
	memcpy(number + 1, &cookie, sizeof(cookie));
	return (number);
}

/* A front asks about the login of client `n' at relay worker 1. */
static inline void
ask(struct ipc_chan *c, uint64_t cookie, uint32_t n)
{
	static const uint8_t addr[IPC_ADDRLEN] = { [15] = 1 };
	const struct ipc_msg_admit_ask v = { cookie, 1, number_of(cookie),
	    key_of(n), addr };

	flush(c, ipc_send_admit_ask(c, &v));
}

/*
 * Receive the answer to a login: its verdict; a ticket must be good for client
 * `n', and is stored in *t.
 */
static inline enum ipc_admit_verdict
answered(struct ipc_chan *c, uint64_t cookie, uint32_t n,
    struct ipc_admission *t)
{
	struct ipc_ticket_key key;
	struct ipc_msg_admit_answer v;
	enum ipc_admit_verdict verdict;
	struct ipc_msg m;

	ATF_REQUIRE_EQ(0, ipc_chan_recv(c, &m, WAIT_MS));
	ATF_REQUIRE_EQ(MSG_ADMIT_ANSWER, m.type);
	ATF_REQUIRE_EQ(0, ipc_get_admit_answer(&m.rd, &v));
	ATF_CHECK_EQ(cookie, v.cookie);
	verdict = v.verdict;
	ATF_CHECK_STREQ(admit_decide_why(verdict), v.why);
	if (verdict == IPC_ADMIT_YES) {
		ipc_ticket_key_set(&key, 1, secret);
		ATF_REQUIRE_EQ(IPC_TICKET_GOOD, ipc_admission_get(&key,
		    v.ticket, t));
		ATF_CHECK(memcmp(t->client, key_of(n), IPC_KEYLEN) == 0);
		ATF_CHECK(memcmp(t->number, number_of(cookie),
		    IPC_TICKET_NUMBERLEN) == 0);
	} else
		ATF_CHECK(sodium_is_zero(v.ticket, IPC_ADMIT_LEN));
	ipc_msg_free(&m);
	return (verdict);
}

/* A login and its answer. */
static inline enum ipc_admit_verdict
login(struct ipc_chan *c, uint32_t n)
{
	static uint64_t cookie = 1000;
	struct ipc_admission t;

	ask(c, ++cookie, n);
	return (answered(c, cookie, n, &t));
}

/* Receive a question of admit about client `n'; returns its cookie. */
static inline uint64_t
asked(struct ipc_chan *c, uint32_t n)
{
	struct ipc_msg_verify_ask v;
	struct ipc_msg m;
	uint64_t cookie;

	ATF_REQUIRE_EQ(0, ipc_chan_recv(c, &m, WAIT_MS));
	ATF_REQUIRE_EQ(MSG_VERIFY_ASK, m.type);
	ATF_REQUIRE_EQ(0, ipc_get_verify_ask(&m.rd, &v));
	ATF_CHECK(memcmp(v.key, key_of(n), IPC_KEYLEN) == 0);
	ATF_CHECK_EQ(1, v.addr[15]);
	cookie = v.cookie;
	ipc_msg_free(&m);
	return (cookie);
}

static inline void
reply(struct ipc_chan *c, uint64_t cookie, enum ipc_verify_answer a)
{
	const struct ipc_msg_verify_answer v = { cookie, a,
	    a == IPC_VERIFY_FAILED ? "connection refused" : "" };

	flush(c, ipc_send_verify_answer(c, &v));
}

/* Nothing has come on the channel, which is open. */
static inline void
silent(struct ipc_chan *c)
{
	struct ipc_msg m;

	settled();
	ATF_CHECK_EQ(-1, ipc_chan_recv(c, &m, 1));
	ATF_CHECK_EQ(ETIMEDOUT, errno);
}

/* The other end has closed the channel. */
static inline void
check_closed(struct ipc_chan *c)
{
	struct ipc_msg m;

	ATF_CHECK_EQ(-1, ipc_chan_recv(c, &m, WAIT_MS));
	ATF_CHECK_EQ(-1, ipc_chan_fd(c));
	ipc_chan_free(c);
}

/* A client has a connection at a relay worker. */
static inline void
began(struct ipc_chan *c, uint32_t n, int mesh)
{
	static const uint8_t addr[IPC_ADDRLEN] = { [15] = 1 };
	const struct ipc_msg_admit_began v = { key_of(n), addr, mesh };

	flush(c, ipc_send_admit_began(c, &v));
}

/*
 * Receive what a worker is told of client `n', as text: "GROUP:RATE NAME";
 * static.
 */
static inline const char *
granted(struct ipc_chan *c, uint32_t n, uint32_t *group)
{
	static char text[256];
	struct ipc_msg_admit_grant v;
	struct ipc_msg m;

	ATF_REQUIRE_EQ(0, ipc_chan_recv(c, &m, WAIT_MS));
	ATF_REQUIRE_EQ(MSG_ADMIT_GRANT, m.type);
	ATF_REQUIRE_EQ(0, ipc_get_admit_grant(&m.rd, &v));
	ATF_CHECK(memcmp(v.key, key_of(n), IPC_KEYLEN) == 0);
	ATF_CHECK_EQ(v.group == 0, v.group_name[0] == '\0');
	*group = v.group;
	snprintf(text, sizeof(text), "%s:%llu %s", v.group_name,
	    (unsigned long long)v.rate, v.name);
	ipc_msg_free(&m);
	return (text);
}

/* A worker is told to revoke client `n', for this reason. */
static inline void
check_revoked(struct ipc_chan *c, uint32_t n, enum ipc_admit_verdict why)
{
	struct ipc_msg_admit_revoke v;
	struct ipc_msg m;

	ATF_REQUIRE_EQ(0, ipc_chan_recv(c, &m, WAIT_MS));
	ATF_REQUIRE_EQ(MSG_ADMIT_REVOKE, m.type);
	ATF_REQUIRE_EQ(0, ipc_get_admit_revoke(&m.rd, &v));
	ATF_CHECK(memcmp(v.key, key_of(n), IPC_KEYLEN) == 0);
	ATF_CHECK_STREQ(admit_decide_why(why), v.why);
	ipc_msg_free(&m);
}

#endif
