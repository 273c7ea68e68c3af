/*
 * adoptfixture: for tests of what is handed over: a worker, WORKER of NWORKERS,
 * whose channels to a front, keys and the parent end in the test, which plays
 * these; and clients over TCP.  Included once in a test program.
 */
#ifndef ADOPTFIXTURE_H
#define ADOPTFIXTURE_H

#include <sys/socket.h>
#include <atf-c.h>
#include <event2/event.h>
#include <fcntl.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "clock.h"
#include "ipcsend.h"
#include "owner.h"
#include "relay.h"
#include "slots.h"
#include "tcpfixture.h"
#include "ticket.h"
#include "tickets.h"
#include "welcome.h"

#define NWORKERS	2
#define WORKER		1
#define NFRONTS		5
#define FRONT		3	/* number of the front */

static struct relay	*r;
static struct ipc_chan	*front, *keys, *parent;	/* their ends */
static struct ipc_ticket_key secrets[NWORKERS];	/* of tickets of keys, */
static struct ipc_ticket_key admits[NWORKERS];	/* and of admit */

static inline void
no_message(struct ipc_chan *c, struct ipc_msg *m, void *arg)
{
	(void)c;
	(void)arg;
	atf_tc_fail("an unexpected %s", ipc_msg_name(m->type));
}

static inline void
parent_gone(struct ipc_chan *c, const char *why, void *arg)
{
	(void)c;
	(void)arg;
	atf_tc_fail("the channel to the parent ended: %s", why);
}

static inline void
from_keys(struct ipc_chan *c, struct ipc_msg *m, void *arg)
{
	struct ipc_msg_sealed v;

	(void)c;
	ATF_REQUIRE_EQ(MSG_SEALED, m->type);
	ATF_REQUIRE_EQ(ipc_get_sealed(&m->rd, &v), 0);
	relay_welcome_sealed(arg, &v);
}

static inline void
keys_gone(struct ipc_chan *c, const char *why, void *arg)
{
	(void)why;
	(void)arg;
	ipc_chan_free(c);
	r->keys = NULL;
}

/* Open a channel to keys, as relay.c does. */
static inline void
connect_keys(void)
{
	int sv[2];

	ATF_REQUIRE_EQ(socketpair(AF_UNIX, SOCK_STREAM, 0, sv), 0);
	r->keys = ipc_chan_new(r->set.base, sv[0], ROLE_RELAY, ROLE_KEYS,
	    from_keys, keys_gone, r);
	keys = ipc_chan_new(NULL, sv[1], ROLE_KEYS, ROLE_RELAY, NULL, NULL,
	    NULL);
	ATF_REQUIRE(r->keys != NULL && keys != NULL);
	relay_welcome_again(r);
}

/* Open a channel from the front. */
static inline void
connect_front(void)
{
	int sv[2];

	ATF_REQUIRE_EQ(socketpair(AF_UNIX, SOCK_STREAM, 0, sv), 0);
	ATF_REQUIRE_EQ(relay_hands_open(r, sv[0], FRONT), 0);
	front = ipc_chan_new(NULL, sv[1], ROLE_FRONT, ROLE_RELAY, NULL, NULL,
	    NULL);
	ATF_REQUIRE(front != NULL);
}

static inline void
connect_parent(void)
{
	int sv[2];

	ATF_REQUIRE_EQ(socketpair(AF_UNIX, SOCK_STREAM, 0, sv), 0);
	r->parent = ipc_chan_new(r->set.base, sv[0], ROLE_RELAY, ROLE_PARENT,
	    no_message, parent_gone, NULL);
	parent = ipc_chan_new(NULL, sv[1], ROLE_PARENT, ROLE_RELAY, NULL, NULL,
	    NULL);
	ATF_REQUIRE(r->parent != NULL && parent != NULL);
}

/* Make the worker. */
static inline void
worker(void)
{
	uint8_t secret[IPC_TICKET_SECRETLEN], other[IPC_TICKET_SECRETLEN];
	struct ipc_slots *page;
	unsigned int i;
	int fd;

	ATF_REQUIRE(sodium_init() != -1);
	r = relay_new(NULL);
	r->conf.worker = WORKER;
	r->conf.nworkers = NWORKERS;
	r->conf.nfronts = NFRONTS;
	r->conf.queue_bytes = 1000000;
	r->conf.queue_packets = 1000;
	r->set.notsent_lowat = 32 * 1024;
	derp_queue_set_limit(&r->queues, 10000000);
	ATF_REQUIRE((page = ipc_slots_new(NWORKERS)) != NULL);
	ATF_REQUIRE((fd = ipc_slots_share(page)) != -1);
	ATF_REQUIRE_EQ(cluster_owners_map(r, fd), 0);
	close(fd);
	ipc_slots_free(page);
	for (i = 0; i < NWORKERS; i++) {
		memset(secret, (int)i + 1, sizeof(secret));
		memset(other, (int)i + 101, sizeof(other));
		ipc_ticket_key_set(&secrets[i], i, secret);
		ipc_ticket_key_set(&admits[i], i, other);
		if (i == WORKER)
			derp_tickets_secrets(r->tickets, i, secret, other);
	}
	connect_parent();
	connect_keys();
	connect_front();
}

/* Make a ticket for worker `i', with this key and number. */
static inline void
make_ticket(uint8_t ticket[IPC_TICKET_LEN], unsigned int i,
    const uint8_t key[FRAME_KEY_LEN], uint8_t number, int mesh)
{
	struct ipc_ticket t = { .us = base_clock_boot_us(), .mesh = mesh };

	memcpy(t.client, key, sizeof(t.client));
	memset(t.number, number, sizeof(t.number));
	ipc_ticket_put(&secrets[i], IPC_TICKET_LOGIN, &t, ticket);
}

/*
 * Make the ticket of admit for worker `i' and the login with this key and
 * number: for group 5, of 1000 bytes a second, 2000 at once.
 */
static inline void
make_admit(uint8_t ticket[IPC_ADMIT_LEN], unsigned int i,
    const uint8_t key[FRAME_KEY_LEN], uint8_t number)
{
	struct ipc_admission a = { .us = base_clock_boot_us(), .group = 5,
	    .rate = 1000, .burst = 2000 };

	memcpy(a.client, key, sizeof(a.client));
	memset(a.number, number, sizeof(a.number));
	ipc_admission_put(&admits[i], &a, ticket);
}

/* Run some turns, none of which waits. */
static inline void
turns(void)
{
	const struct timeval now = { 0, 0 };
	unsigned int i;

	for (i = 0; i < 10; i++) {
		ATF_REQUIRE_EQ(event_base_loopexit(r->set.base, &now), 0);
		relay_turn(r);
	}
}

/*
 * Keys gets the next request for a seal, of that text unless it is NULL: store
 * its cookie.  Return the number of its ticket, 0: there is none, or (with
 * *cookie 0) no request.
 */
static inline uint8_t
asked_for(uint64_t *cookie, const char *text)
{
	struct ipc_msg_seal v;
	struct ipc_msg m;
	uint8_t number;

	turns();
	*cookie = 0;
	if (ipc_chan_recv(keys, &m, 0) == -1)
		return (0);
	ATF_REQUIRE_EQ(MSG_SEAL, m.type);
	ATF_REQUIRE_EQ(ipc_get_seal(&m.rd, &v), 0);
	if (text != NULL) {
		ATF_REQUIRE_MSG(v.info_len == strlen(text) &&
		    memcmp(v.info, text, strlen(text)) == 0, "%.*s",
		    (int)v.info_len, (const char *)v.info);
	}
	*cookie = v.cookie;
	number = v.number[0];
	ipc_msg_free(&m);
	return (number);
}

/* The same for the text without limits. */
static inline uint8_t
asked(uint64_t *cookie)
{
	return (asked_for(cookie, "{\"version\":2}"));
}

/* Keys answers: ServerInfo is sealed, or (`ok' 0) can't be. */
static inline void
answer(uint64_t cookie, int ok)
{
	struct ipc_msg_sealed v = { .cookie = cookie, .ok = ok,
	    .box = "sealed", .box_len = ok ? 6 : 0 };

	ATF_REQUIRE_EQ(ipc_send_sealed(keys, &v), 0);
	ATF_REQUIRE_EQ(ipc_chan_flush(keys, 5000), 0);
	turns();
}

/* The front hands over a client. */
static inline void
hand_over(const struct ipc_msg_handover *v, int fd)
{
	ATF_REQUIRE_EQ(ipc_send_handover(front, v, fd), 0);
	ATF_REQUIRE_EQ(ipc_chan_flush(front, 5000), 0);
	turns();
}

/* The n-th key of a worker. */
static inline void
key_of(uint8_t key[FRAME_KEY_LEN], unsigned int owner, unsigned int n)
{
	unsigned int i;

	memset(key, 0, FRAME_KEY_LEN);
	for (i = 1;; i++) {
		memcpy(key, &i, sizeof(i));
		if (cluster_owner(r, key) == owner && n-- == 0)
			return;
	}
}

/* The message of an honest front about a client without records. */
static inline void
plain_message(struct ipc_msg_handover *v, const uint8_t ticket[IPC_TICKET_LEN])
{
	static const uint8_t addr[16] = { [10] = 0xff, [11] = 0xff };
	static const uint8_t no_admit[IPC_ADMIT_LEN];

	memset(v, 0, sizeof(*v));
	v->ticket = ticket;
	v->admit = no_admit;
	v->app = "";
	v->addr = addr;
}

#endif
