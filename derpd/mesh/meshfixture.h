/*
 * meshfixture: Shared by the tests of mesh: the parent, keys and the relay
 * worker of a process, and the link that the relay worker gets.
 */
#ifndef MESHFIXTURE_H
#define MESHFIXTURE_H

#include <atf-c.h>
#include <poll.h>

#include "aead_backends.h"
#include "childpeer.h"
#include "mesh.h"
#include "nodefixture.h"
#include "record.h"

static struct made		 cert;
static struct node_server	 server;
static const char		*cafile;
static uint8_t			 own[IPC_KEYLEN] = { 7 };

static struct ipc_chan	*keys, *relay;	/* their ends of the channels */
static struct net_record_cache	 cache;

static const uint8_t	 info[] = "the payload of ClientInfo";

static void
tell_conf(const char *file)
{
	struct ipc_msg_mesh_conf v = {
		.node_key = own,
		.host = "localhost",
		.address = "127.0.0.1",
		.port = (uint16_t)server.port,
		.certname = "",
		.cafile = file,
		.unsent = 32768, .keepalive = 600, .user_timeout = 15000,
		.congestion = ""
	};

	ATF_REQUIRE_EQ(0, ipc_send_mesh_conf(child, &v));
	ATF_REQUIRE_EQ(0, ipc_chan_flush(child, WAIT_MS));
}

/* Make a pair of sockets; returns a channel of `self' on the first one. */
static struct ipc_chan *
make_chan(enum ipc_role self, int sv[2])
{
	struct ipc_chan *c;

	ATF_REQUIRE_EQ(0, socketpair(AF_UNIX, SOCK_STREAM, 0, sv));
	c = ipc_chan_new(NULL, sv[0], self, ROLE_MESH, NULL, NULL, NULL);
	ATF_REQUIRE(c != NULL);
	return (c);
}

static void
give_keys(void)
{
	int sv[2];

	ipc_chan_free(keys);
	keys = make_chan(ROLE_KEYS, sv);
	ATF_REQUIRE_EQ(0, ipc_send_mesh_keys(child, sv[1]));
	ATF_REQUIRE_EQ(0, ipc_chan_flush(child, WAIT_MS));
}

/*
 * Connect a relay worker, which has this link (0: none) until `end'.  The one
 * before ends when the next one comes.
 */
static void
give_relay_with(uint32_t number, uint32_t end)
{
	static const uint8_t mapped[IPC_ADDRLEN] = {
		0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 127, 0, 0, 1
	};
	uint8_t key[IPC_KEYLEN];
	const struct ipc_msg_mesh_hello v = { .up = number != 0,
	    .number = number, .server_key = key, .addr = mapped,
	    .port = (uint16_t)server.port, .end = end };
	static struct ipc_chan *before;
	int sv[2];

	memset(key, NODE_KEY, sizeof(key));
	ipc_chan_free(before);
	before = relay;
	relay = make_chan(ROLE_RELAY, sv);
	ATF_REQUIRE_EQ(0, ipc_send_mesh_hello(relay, &v));
	ATF_REQUIRE_EQ(0, ipc_chan_flush(relay, WAIT_MS));
	ATF_REQUIRE_EQ(0, ipc_send_mesh_relay(child, sv[1]));
	ATF_REQUIRE_EQ(0, ipc_chan_flush(child, WAIT_MS));
}

static void
give_relay(void)
{
	give_relay_with(0, 0);
}

/* Start a node with this behaviour, and the process. */
static void
begin(void (*serve)(struct visit *))
{
	cafile = node_cert(&cert);
	ATF_REQUIRE_EQ(0, net_aead_evp.setup());
	net_record_cache_init(&cache, &net_aead_evp, 4);
	node_start(&server, &cert, serve);
	child_fork(ROLE_MESH, mesh_main, 0);
	tell_conf(cafile);
	child_is_ready();
	give_keys();
	give_relay();
}

static void
finish(void)
{
	ipc_chan_free(keys);
	ipc_chan_free(relay);
	child_stop();
	node_stop(&server);
}

/* The next status must be this one; its reason has `why'. */
static void
status(enum ipc_mesh_state state, const char *why)
{
	struct ipc_msg_mesh_status v;
	struct ipc_msg m;

	ATF_REQUIRE_EQ(0, ipc_chan_recv(child, &m, WAIT_MS));
	ATF_REQUIRE_EQ_MSG(MSG_MESH_STATUS, m.type, "%s",
	    ipc_msg_name(m.type));
	ATF_REQUIRE_EQ(0, ipc_get_mesh_status(&m.rd, &v));
	ATF_REQUIRE_EQ_MSG(state, v.state, "%d instead of %d: %s",
	    (int)v.state, (int)state, v.why);
	HAS(v.why, why);
	ATF_CHECK_EQ(state == IPC_MESH_UP, v.address[0] != '\0');
	if (state == IPC_MESH_UP) {
		ATF_CHECK_EQ(NODE_KEY, v.server_key[0]);
		HAS(v.address, "127.0.0.1 port ");
	}
	ipc_msg_free(&m);
}

/* Receive a question to keys; returns its cookie. */
static uint64_t
hear_login(void)
{
	struct ipc_msg_mesh_login v;
	struct ipc_msg m;
	uint64_t cookie;

	ATF_REQUIRE_EQ(0, ipc_chan_recv(keys, &m, WAIT_MS));
	ATF_REQUIRE_EQ(MSG_MESH_LOGIN, m.type);
	ATF_REQUIRE_EQ(0, ipc_get_mesh_login(&m.rd, &v));
	ATF_CHECK_EQ(NODE_KEY, v.server_key[31]);
	cookie = v.cookie;
	ipc_msg_free(&m);
	return (cookie);
}

/* Answer as keys; `why' NULL: with a ClientInfo. */
static void
answer_login(uint64_t cookie, const char *why)
{
	struct ipc_msg_mesh_logged v = {
		.cookie = cookie,
		.ok = why == NULL,
		.why = why != NULL ? why : "",
		.info = info,
		.info_len = why == NULL ? sizeof(info) : 0
	};

	ATF_REQUIRE_EQ(0, ipc_send_mesh_logged(keys, &v));
	ATF_REQUIRE_EQ(0, ipc_chan_flush(keys, WAIT_MS));
}

/* A link as the relay worker has it. */
struct taken_link {
	int		 fd;
	uint32_t	 number;
	int		 proxied;
	struct net_record *rec;		/* NULL: plain */
	uint8_t		 in[65536];	/* plain, or encrypted */
	size_t		 len;
	uint8_t		 plain[65536];	/* decrypted */
	size_t		 plain_len;
};

/* Receive the link. */
static void
take(struct taken_link *t)
{
	static const uint8_t mapped[IPC_ADDRLEN] = {
		0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 127, 0, 0, 1
	};
	struct ipc_msg_mesh_link v;
	struct ipc_msg m;

	memset(t, 0, sizeof(*t));
	ATF_REQUIRE_EQ(0, ipc_chan_recv(relay, &m, WAIT_MS));
	ATF_REQUIRE_EQ(MSG_MESH_LINK, m.type);
	ATF_REQUIRE_EQ(0, ipc_get_mesh_link(&m.rd, &v));
	ATF_CHECK_EQ(server.port, v.port);
	ATF_CHECK(memcmp(v.addr, mapped, sizeof(mapped)) == 0);
	ATF_CHECK_EQ(NODE_KEY, v.server_key[7]);
	t->number = v.number;
	t->proxied = v.proxied;
	if (v.record_len > 0) {
		ATF_REQUIRE_EQ(NET_RECORD_SAVED, v.record_len);
		ATF_REQUIRE((t->rec = net_record_new(&cache)) != NULL);
		ATF_REQUIRE_EQ(0, net_record_load(t->rec, &cache, v.record));
		ATF_CHECK_EQ(1, t->rec->client);
	}
	memcpy(t->plain, v.plain, v.plain_len);
	t->plain_len = v.plain_len;
	memcpy(t->in, v.cipher, v.cipher_len);
	t->len = v.cipher_len;
	t->fd = m.fd;
	m.fd = -1;
	ipc_msg_free(&m);
}

/* Decrypt one record of what is there; returns 0: more is needed. */
static int
decrypt(struct taken_link *t)
{
	struct net_record_input r;

	switch (net_record_read(t->rec, t->in, t->len, &r)) {
	case NET_RECORD_MORE:
		return (0);
	case NET_RECORD_DATA:
		memcpy(t->plain + t->plain_len, r.data, r.len);
		t->plain_len += r.len;
		break;
	case NET_RECORD_NONE:
		break;
	default:
		atf_tc_fail("%s", r.why);
	}
	memmove(t->in, t->in + r.used, t->len - r.used);
	t->len -= r.used;
	return (1);
}

/* Wait for `n' bytes of the node. */
static void
take_bytes(struct taken_link *t, size_t n)
{
	struct pollfd pfd = { t->fd, POLLIN, 0 };
	ssize_t k;

	for (;;) {
		while (t->rec != NULL && t->plain_len < n && decrypt(t))
			continue;
		if (t->plain_len >= n)
			return;
		ATF_REQUIRE_EQ(1, poll(&pfd, 1, WAIT_MS));
		if (t->rec != NULL) {
			k = read(t->fd, t->in + t->len,
			    sizeof(t->in) - t->len);
			ATF_REQUIRE(k > 0);
			t->len += (size_t)k;
		} else {
			k = read(t->fd, t->plain + t->plain_len,
			    sizeof(t->plain) - t->plain_len);
			ATF_REQUIRE(k > 0);
			t->plain_len += (size_t)k;
		}
	}
}

static void
say_node(struct taken_link *t, void *p, size_t n)
{
	static uint8_t wire[65536];
	struct pollfd pfd = { t->fd, POLLOUT, 0 };
	struct iovec v = { p, n };
	uint8_t *out = p;
	ssize_t k;

	if (t->rec != NULL) {
		ATF_REQUIRE((k = net_record_write(t->rec, &v, 1, n, wire)) >
		    0);
		out = wire;
		n = (size_t)k;
	}
	for (; n > 0; out += k, n -= (size_t)k) {
		ATF_REQUIRE_EQ(1, poll(&pfd, 1, WAIT_MS));
		ATF_REQUIRE((k = write(t->fd, out, n)) > 0);
	}
}

/* What is said comes back. */
static void
talk(struct taken_link *t)
{
	static uint8_t text[30000];
	size_t i;

	for (i = 0; i < sizeof(text); i++)
		text[i] = (uint8_t)(i * 7 + (i >> 8));
	t->plain_len = 0;
	for (i = 0; i < 10; i++)
		say_node(t, text + i * 3000, 3000);
	take_bytes(t, sizeof(text));
	ATF_CHECK(memcmp(t->plain, text, sizeof(text)) == 0);
}

static void
let_go(struct taken_link *t)
{
	net_record_free(&cache, t->rec);
	close(t->fd);
}

/* The relay worker says that the link has ended. */
static void
tell_lost(uint32_t number, int now, const char *why)
{
	struct ipc_msg_mesh_lost v = { number, (uint8_t)now, why };

	ATF_REQUIRE_EQ(0, ipc_send_mesh_lost(relay, &v));
	ATF_REQUIRE_EQ(0, ipc_chan_flush(relay, WAIT_MS));
}

/* The process dials, and the link comes up. */
static void
comes_up(struct taken_link *t, const char *last)
{
	status(IPC_MESH_DIALING, last);
	answer_login(hear_login(), NULL);
	take(t);
	status(IPC_MESH_UP, "");
}

#endif
