/*
 * handoverfixture: two workers in one process, for the tests of handover.c,
 * adopt.c and pump.c, and a client over TCP.
 */
#ifndef HANDOVERFIXTURE_H
#define HANDOVERFIXTURE_H

#include <sys/socket.h>
#include <netinet/in.h>
#include <atf-c.h>
#include <fcntl.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "clientinfo.h"
#include "clock.h"
#include "ipcsend.h"
#include "owner.h"
#include "relay.h"
#include "slots.h"
#include "ticket.h"

static struct relay *w[2];
static struct ipc_chan *keys[2];	/* their channels' ends in keys */
static struct ipc_ticket_key secrets[2];

static inline void
from_keys(struct ipc_chan *c, struct ipc_msg *m, void *arg)
{
	struct ipc_msg_sealed v;

	(void)c;
	ATF_REQUIRE_EQ(MSG_SEALED, m->type);
	ATF_REQUIRE_EQ(ipc_get_sealed(&m->rd, &v), 0);
	derp_login_sealed(arg, &v);
}

static inline void
keys_gone(struct ipc_chan *c, const char *why, void *arg)
{
	(void)c;
	(void)arg;
	atf_tc_fail("the channel to keys ended: %s", why);
}

/* Open a channel to keys, in place of an older one. */
static inline void
connect_keys(unsigned int i)
{
	int sv[2];

	ipc_chan_free(keys[i]);
	ipc_chan_free(w[i]->box);
	ATF_REQUIRE_EQ(socketpair(AF_UNIX, SOCK_STREAM, 0, sv), 0);
	w[i]->box = ipc_chan_new(w[i]->base, sv[0], ROLE_RELAY, ROLE_KEYS,
	    from_keys, keys_gone, w[i]);
	keys[i] = ipc_chan_new(NULL, sv[1], ROLE_KEYS, ROLE_RELAY, NULL, NULL,
	    NULL);
	ATF_REQUIRE(w[i]->box != NULL && keys[i] != NULL);
}

/* Make the workers, without channels between them. */
static inline void
workers(void)
{
	uint8_t secret[IPC_TICKET_SECRETLEN];
	struct ipc_slots *page;
	unsigned int i;
	int fd;

	ATF_REQUIRE(sodium_init() != -1);
	ATF_REQUIRE((page = ipc_slots_new(2)) != NULL);
	for (i = 0; i < 2; i++) {
		w[i] = relay_new(NULL);
		w[i]->conf.worker = i;
		w[i]->conf.nworkers = 2;
		w[i]->conf.queue_bytes = 1000000;
		w[i]->conf.queue_packets = 1000;
		w[i]->conf.notsent_lowat = 32 * 1024;
		relay_unfinished_limits(&w[i]->unfinished, 100, 100);
		derp_queue_set_limit(&w[i]->queues, 10000000);
		ATF_REQUIRE((fd = ipc_slots_share(page)) != -1);
		ATF_REQUIRE_EQ(cluster_owners_map(w[i], fd), 0);
		close(fd);
		memset(secret, (int)i + 1, sizeof(secret));
		derp_tickets_secret(w[i]->logins.tickets, i, secret);
		ipc_ticket_key_set(&secrets[i], i, secret);
		connect_keys(i);
	}
	ipc_slots_free(page);
}

/* Make the channel between them. */
static inline void
connect_workers(void)
{
	int sv[2];

	ATF_REQUIRE_EQ(socketpair(AF_UNIX, SOCK_STREAM, 0, sv), 0);
	ATF_REQUIRE_EQ(relay_hands_open(w[0], sv[0], 1), 0);
	ATF_REQUIRE_EQ(relay_hands_open(w[1], sv[1], 0), 0);
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

/* Run some turns of both workers, none of which waits. */
static inline void
turns(void)
{
	const struct timeval now = { 0, 0 };
	unsigned int i;

	for (i = 0; i < 20; i++) {
		ATF_REQUIRE_EQ(event_base_loopexit(w[i % 2]->base, &now), 0);
		relay_turn(w[i % 2]);
	}
}

/*
 * Keys answers the request for a seal of worker `i', for the ticket with this
 * number, if there is one: it is sealed or (`ok' 0) can't be.  Return 1 if
 * there was one, else 0.
 */
static inline int
seal(unsigned int i, uint8_t number, int ok)
{
	struct ipc_msg_sealed v = { .ok = ok, .box = "sealed",
	    .box_len = ok ? 6 : 0 };
	struct ipc_msg_seal ask;
	struct ipc_msg m;

	turns();
	if (ipc_chan_recv(keys[i], &m, 0) == -1)
		return (0);
	ATF_REQUIRE_EQ(MSG_SEAL, m.type);
	ATF_REQUIRE_EQ(ipc_get_seal(&m.rd, &ask), 0);
	ATF_CHECK_EQ(ask.number[0], number);
	v.cookie = ask.cookie;
	ipc_msg_free(&m);
	ATF_REQUIRE_EQ(ipc_send_sealed(keys[i], &v), 0);
	ATF_REQUIRE_EQ(ipc_chan_flush(keys[i], 5000), 0);
	turns();
	return (1);
}

/* The n-th key of a worker. */
static inline void
key_of(uint8_t key[FRAME_KEY_LEN], unsigned int worker, unsigned int n)
{
	unsigned int i;

	memset(key, 0, FRAME_KEY_LEN);
	for (i = 1;; i++) {
		memcpy(key, &i, sizeof(i));
		if (cluster_owner(w[0], key) == worker && n-- == 0)
			return;
	}
}

/* Make a TCP connection over loopback; v[1] is the client's end. */
static inline void
tcp_pair(int v[2])
{
	struct sockaddr_in sin;
	socklen_t len = sizeof(sin);
	int fd;

	memset(&sin, 0, sizeof(sin));
	sin.sin_family = AF_INET;
	sin.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	ATF_REQUIRE((fd = socket(AF_INET, SOCK_STREAM, 0)) != -1);
	ATF_REQUIRE_EQ(bind(fd, (struct sockaddr *)&sin, sizeof(sin)), 0);
	ATF_REQUIRE_EQ(listen(fd, 1), 0);
	ATF_REQUIRE_EQ(getsockname(fd, (struct sockaddr *)&sin, &len), 0);
	ATF_REQUIRE((v[1] = socket(AF_INET, SOCK_STREAM, 0)) != -1);
	ATF_REQUIRE_EQ(connect(v[1], (struct sockaddr *)&sin, len), 0);
	ATF_REQUIRE((v[0] = accept(fd, NULL, NULL)) != -1);
	close(fd);
}

/* Return how many descriptors this process has open. */
static inline int
open_files(void)
{
	int fd, n = 0;

	for (fd = 0; fd < 256; fd++)
		n += fcntl(fd, F_GETFD) != -1;
	return (n);
}

#endif
