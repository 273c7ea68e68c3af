/*
 * handoverfixture: a front between keys and the two owners of all keys, and a
 * client over TCP.  For the tests of frontlogin.c, handover.c and pump.c.
 */
#ifndef HANDOVERFIXTURE_H
#define HANDOVERFIXTURE_H

#include <sys/socket.h>
#include <atf-c.h>
#include <event2/event.h>
#include <fcntl.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "clock.h"
#include "front.h"
#include "frontlogin.h"
#include "ipcsend.h"
#include "slots.h"
#include "tcpfixture.h"
#include "ticket.h"

static struct front *f;
static struct ipc_chan *keys;		/* the ends of its channels: in keys, */
static struct ipc_chan *owners[2];	/* the workers, */
static struct ipc_chan *parent;		/* and the parent */
static struct ipc_ticket_key secrets[2]; /* of the workers, as keys has them */
static struct net_record_cache client_keys;
static struct net_record client_rec;
static int client;			/* its socket */

static inline void
from_keys(struct ipc_chan *c, struct ipc_msg *m, void *arg)
{
	struct ipc_msg_login_result v;

	(void)c;
	ATF_REQUIRE_EQ(MSG_LOGIN_RESULT, m->type);
	ATF_REQUIRE_EQ(ipc_get_login_result(&m->rd, &v), 0);
	front_login_result(arg, &v);
}

static inline void
channel_gone(struct ipc_chan *c, const char *why, void *arg)
{
	(void)c;
	(void)arg;
	atf_tc_fail("a channel ended: %s", why);
}

static inline void
channel_pair(int sv[2])
{
	ATF_REQUIRE_EQ(socketpair(AF_UNIX, SOCK_STREAM, 0, sv), 0);
}

/* Open a channel to keys, in place of an older one. */
static inline void
connect_keys(void)
{
	int sv[2];

	ipc_chan_free(keys);
	ipc_chan_free(f->box);
	channel_pair(sv);
	f->box = ipc_chan_new(f->set.base, sv[0], ROLE_FRONT, ROLE_KEYS,
	    from_keys, channel_gone, f);
	keys = ipc_chan_new(NULL, sv[1], ROLE_KEYS, ROLE_FRONT, NULL, NULL,
	    NULL);
	ATF_REQUIRE(f->box != NULL && keys != NULL);
}

/* Worker `i' starts, also again: its secret, and the channel to it. */
static inline void
start_owner(unsigned int i)
{
	uint8_t secret[IPC_TICKET_SECRETLEN];
	int sv[2];

	randombytes_buf(secret, sizeof(secret));
	ipc_ticket_key_set(&secrets[i], i, secret);
	ipc_chan_free(owners[i]);
	channel_pair(sv);
	owners[i] = ipc_chan_new(NULL, sv[1], ROLE_RELAY, ROLE_FRONT, NULL,
	    NULL, NULL);
	ATF_REQUIRE(owners[i] != NULL);
	ATF_REQUIRE_EQ(front_hands_open(f, sv[0], i), 0);
}

/* Make the front, with keys, without owners. */
static inline void
set_up(void)
{
	struct ipc_slots *page;
	int fd, sv[2];

	ATF_REQUIRE(sodium_init() != -1);
	f = front_new(NULL);
	event_del(f->ev_tick);		/* tests call what passes time */
	channel_pair(sv);
	f->parent = ipc_chan_new(f->set.base, sv[0], ROLE_FRONT, ROLE_PARENT,
	    NULL, channel_gone, NULL);
	parent = ipc_chan_new(NULL, sv[1], ROLE_PARENT, ROLE_FRONT, NULL, NULL,
	    NULL);
	ATF_REQUIRE(f->parent != NULL && parent != NULL);
	f->conf.nworkers = 2;
	f->set.notsent_lowat = 32 * 1024;
	front_unfinished_limits(&f->unfinished, 10000, 10000);
	ATF_REQUIRE((page = ipc_slots_new(2)) != NULL);
	ATF_REQUIRE((fd = ipc_slots_share(page)) != -1);
	ATF_REQUIRE((f->slots = ipc_slots_map(fd)) != NULL);
	close(fd);
	ipc_slots_free(page);
	connect_keys();
}

/* Run some turns of the front, none of which waits. */
static inline void
turns(void)
{
	const struct timeval now = { 0, 0 };
	unsigned int i;

	for (i = 0; i < 10; i++) {
		ATF_REQUIRE_EQ(event_base_loopexit(f->set.base, &now), 0);
		front_turn(f);
	}
}

/* The n-th key of a worker. */
static inline void
key_of(uint8_t key[FRAME_KEY_LEN], unsigned int worker, unsigned int n)
{
	unsigned int i;

	memset(key, 0, FRAME_KEY_LEN);
	for (i = 1;; i++) {
		memcpy(key, &i, sizeof(i));
		if (front_handover_owner(f, key) == worker && n-- == 0)
			return;
	}
}

/* Read the next request in keys; return 1, or 0: there is none. */
static inline int
keys_read(struct ipc_msg *m, struct ipc_msg_login *v)
{
	unsigned int i;

	for (i = 0; i < 10; i++) {
		turns();
		if (ipc_chan_recv(keys, m, 0) == -1)
			continue;
		ATF_REQUIRE_EQ(MSG_LOGIN, m->type);
		ATF_REQUIRE_EQ(ipc_get_login(&m->rd, v), 0);
		return (1);
	}
	return (0);
}

/* The same; return its cookie, 0 for none. */
static inline uint64_t
next_request(void)
{
	struct ipc_msg_login v;
	struct ipc_msg m;

	if (!keys_read(&m, &v))
		return (0);
	ipc_msg_free(&m);
	return (v.cookie);
}

/*
 * Keys has opened the box of a request: its text, and a ticket for this client
 * of worker `i', with this number.
 */
static inline void
open_box(uint64_t cookie, unsigned int i, const uint8_t key[FRAME_KEY_LEN],
    uint8_t number, const char *text, uint8_t ticket[IPC_TICKET_LEN])
{
	struct ipc_ticket t = { .us = base_clock_boot_us() };
	struct ipc_msg_login_result v = { .cookie = cookie,
	    .end = IPC_LOGIN_OK, .ticket = ticket, .mesh = UINT32_MAX,
	    .text = text, .text_len = strlen(text) };

	memcpy(t.client, key, sizeof(t.client));
	memset(t.number, number, sizeof(t.number));
	ipc_ticket_put(&secrets[i], IPC_TICKET_LOGIN, &t, ticket);
	ATF_REQUIRE_EQ(0, ipc_send_login_result(keys, &v));
	ATF_REQUIRE_EQ(0, ipc_chan_flush(keys, 5000));
	turns();
}

/* Keys refuses a request. */
static inline void
refuse(uint64_t cookie)
{
	static const uint8_t none[IPC_TICKET_LEN];
	struct ipc_msg_login_result v = { .cookie = cookie,
	    .end = IPC_LOGIN_BAD, .ticket = none };

	ATF_REQUIRE_EQ(0, ipc_send_login_result(keys, &v));
	ATF_REQUIRE_EQ(0, ipc_chan_flush(keys, 5000));
	turns();
}

/* A client at this address, after TLS and its request. */
static inline struct front_conn *
secure_client(const uint8_t addr[16], uint16_t port)
{
	uint8_t up[32] = { 1 }, down[32] = { 2 };
	struct net_record_cache *cache = &f->set.records;
	struct front_conn *c;
	int s[2];

	tcp_pair(s);
	client = s[1];
	ATF_REQUIRE((c = front_conn_new(f, s[0], 1, 0, addr, port)) != NULL);
	ATF_REQUIRE((c->conn.rec = net_record_new(cache)) != NULL);
	net_record_cache_init(&client_keys, net_aead_best(), 4);
	ATF_REQUIRE_EQ(net_record_begin(c->conn.rec, cache, 0x1301, up, down,
	    32, 0, 0), 0);
	ATF_REQUIRE_EQ(net_record_begin(&client_rec, &client_keys, 0x1301,
	    down, up, 32, 0, 1), 0);
	front_login_begin(c);
	return (c);
}

/* The client sends `n' bytes as one record. */
static inline void
client_send(const void *p, size_t n)
{
	struct iovec v = { (void *)(uintptr_t)p, n };
	uint8_t wire[20000];
	ssize_t len;

	ATF_REQUIRE(net_record_room(&client_rec, n) <= sizeof(wire));
	ATF_REQUIRE((len = net_record_write(&client_rec, &v, 1, n, wire)) > 0);
	ATF_REQUIRE_EQ(send(client, wire, (size_t)len, MSG_NOSIGNAL), len);
}

/*
 * Read what the client gets to `dst'; return the number of bytes.  Each record
 * is counted in *records, unless that is NULL.
 */
static inline size_t
client_received(void *dst, size_t size, unsigned int *records)
{
	static uint8_t wire[256 * 1024];
	struct net_record_input in;
	size_t n = 0, used, have = 0;
	ssize_t k;

	while ((k = recv(client, wire + n, sizeof(wire) - n,
	    MSG_DONTWAIT)) > 0)
		n += (size_t)k;
	for (used = 0; used < n; used += in.used) {
		ATF_REQUIRE_EQ(net_record_read(&client_rec, wire + used,
		    n - used, &in), NET_RECORD_DATA);
		ATF_REQUIRE(have + in.len <= size);
		memcpy((char *)dst + have, in.data, in.len);
		have += in.len;
		if (records != NULL)
			++*records;
	}
	return (have);
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
