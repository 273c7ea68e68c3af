/*
 * workerfixture: Shared by the tests of links and nodes: a relay that does what
 * the test says, a node that logs in there, and what the node tells.
 */
#ifndef WORKERFIXTURE_H
#define WORKERFIXTURE_H

#include <atf-c.h>
#include <event2/event.h>

#include "clock.h"
#include "linkpriv.h"
#include "nodefixture.h"
#include "workernode.h"

#define WAIT_MS		30000	/* for what must happen */
#define OVERHEAD	(FRAME_HDR_LEN + FRAME_KEY_LEN)

static struct made		 cert;
static struct node_server	 server;
static struct net_cas		 cas;
static struct event_base	*base;
static struct worker_links	*links;
static struct worker_node	 node;

/* What the node has told. */
static unsigned int	 packets;	/* that came */
static unsigned int	 reads;		/* read_over() */
static unsigned int	 gones;
static uint8_t		 gone_reason;
static unsigned int	 changes;
static char		 states[64];	/* a letter for each state, in order */
static char		 last_why[256];	/* of the last failure */
static unsigned int	 asked_addrs, asked_sockets, asked_logins;
static uint32_t		 last_cookie;
static int		 mute;		/* 1: the owner answers nothing */
static int		 two_places;	/* 1: nobody listens at the first */

/* Called for each packet; NULL: it is only counted. */
static void		(*check_packet)(const uint8_t *src, const uint8_t *p,
			    size_t n);

/* Packets of a read, which must still be there at its end. */
static struct {
	uint8_t		 src[FRAME_KEY_LEN];
	const uint8_t	*p;
	size_t		 n;
} held[65536];
static size_t		 nheld;

static const uint8_t	 login_info[] = "the payload of ClientInfo";

static inline void
on_packet(struct worker_node *n, const uint8_t src[FRAME_KEY_LEN], uint8_t *p,
    size_t len, void *arg)
{
	(void)n;
	(void)arg;
	packets++;
	ATF_REQUIRE(nheld < sizeof(held) / sizeof(held[0]));
	memcpy(held[nheld].src, src, FRAME_KEY_LEN);
	held[nheld].p = p;
	held[nheld++].n = len;
}

static inline void
on_read_over(struct worker_node *n, void *arg)
{
	size_t i;

	(void)n;
	(void)arg;
	reads++;
	for (i = 0; i < nheld; i++)
		if (check_packet != NULL)
			check_packet(held[i].src, held[i].p, held[i].n);
	nheld = 0;
}

static inline void
on_gone(struct worker_node *n, const uint8_t key[FRAME_KEY_LEN], uint8_t reason,
    void *arg)
{
	(void)n;
	(void)arg;
	ATF_CHECK_EQ(0x55, key[31]);
	gones++;
	gone_reason = reason;
}

static inline void
on_changed(struct worker_node *n, void *arg)
{
	static const char letters[] = "IDUW";
	const size_t len = strlen(states);

	(void)arg;
	changes++;
	if (n->state == WORKER_NODE_WAITING)
		strlcpy(last_why, n->why, sizeof(last_why));
	if (len < sizeof(states) - 1 && (len == 0 ||
	    states[len - 1] != letters[n->state]))
		states[len] = letters[n->state];
}

static inline void
on_want_addrs(struct worker_node *n, uint32_t cookie, const char *host,
    void *arg)
{
	struct net_place v[2];

	(void)arg;
	asked_addrs++;
	last_cookie = cookie;
	ATF_CHECK_STREQ("localhost", host);
	(void)net_place_literal(&v[0], "127.0.0.2");
	(void)net_place_literal(&v[1], "127.0.0.1");
	if (!mute)
		worker_node_addrs(n, cookie, two_places ? v : v + 1,
		    two_places ? 2 : 1, "");
}

static inline void
on_want_socket(struct worker_node *n, uint32_t cookie, int family, void *arg)
{
	(void)arg;
	asked_sockets++;
	last_cookie = cookie;
	if (!mute)
		worker_node_socket(n, cookie, socket(family, SOCK_STREAM |
		    SOCK_NONBLOCK | SOCK_CLOEXEC, 0), "");
}

static inline void
on_want_login(struct worker_node *n, uint32_t cookie,
    const uint8_t key[FRAME_KEY_LEN], void *arg)
{
	(void)arg;
	asked_logins++;
	last_cookie = cookie;
	ATF_CHECK_EQ(NODE_KEY, key[3]);
	if (!mute)
		worker_node_login(n, cookie, login_info, sizeof(login_info),
		    "");
}

static const struct worker_node_ops node_ops = {
	.packet = on_packet,
	.read_over = on_read_over,
	.gone = on_gone,
	.changed = on_changed,
	.want_addrs = on_want_addrs,
	.want_socket = on_want_socket,
	.want_login = on_want_login
};

/* Prepare the node of a relay at `server.port'. */
static inline void
set_node(void)
{
	memset(&node, 0, sizeof(node));
	node.base = base;
	node.links = links;
	node.ops = &node_ops;
	ATF_REQUIRE_EQ(0, dial_node_set(&node.target, "localhost",
	    (uint16_t)server.port));
	node.target.trust.held = &cas;
	memset(node.target.own, 7, sizeof(node.target.own));
	worker_node_init(&node);
	memset(states, 0, sizeof(states));
}

/* Start a relay with this behaviour, and prepare its node. */
static inline void
begin(void (*serve)(struct visit *))
{
	char why[200];

	if (base == NULL) {
		ATF_REQUIRE((base = event_base_new()) != NULL);
		links = worker_links_new(base);
		strlcpy(cas.file, node_cert(&cert), sizeof(cas.file));
		ATF_REQUIRE_EQ_MSG(0, net_cas_hold(&cas, why, sizeof(why)),
		    "%s", why);
	}
	node_start(&server, &cert, serve);
	set_node();
}

static inline void
finish(void)
{
	worker_node_free(&node);
	node_stop(&server);
}

/* Run the loop until *v is `want' at least; or fail. */
#define UNTIL(condition) do {						\
	const uint64_t end_ = base_clock_ms() + WAIT_MS;		\
	struct timeval tv_ = { 0, 20000 };				\
									\
	while (!(condition)) {						\
		ATF_REQUIRE_MSG(base_clock_ms() < end_, "%s: %s (%s)",	\
		    #condition, node.why, states);			\
		ATF_REQUIRE_EQ(0, event_base_loopexit(base, &tv_));	\
		ATF_REQUIRE(event_base_loop(base, EVLOOP_ONCE) != -1);	\
	}								\
} while (0)

/* Log in. */
static inline void
come_up(void)
{
	worker_node_hold(&node);
	UNTIL(node.state == WORKER_NODE_UP);
}

/* The relay's side */

/* Read a frame of up to `size' bytes.  Returns its payload's bytes. */
static inline size_t
relay_read(struct visit *v, uint8_t *type, uint8_t *p, size_t size)
{
	uint8_t hdr[FRAME_HDR_LEN];
	uint32_t len;

	node_read(v, hdr, sizeof(hdr));
	net_frame_get_hdr(hdr, type, &len);
	if (len > size)
		_exit(6);
	node_read(v, p, len);
	return (len);
}

/* Write a frame. */
static inline void
relay_write(struct visit *v, uint8_t type, const void *p, size_t n)
{
	static uint8_t f[FRAME_HDR_LEN + FRAME_MAX_SERVER];

	net_frame_put_hdr(f, type, (uint32_t)n);
	memcpy(f + FRAME_HDR_LEN, p, n);
	node_send(v, f, FRAME_HDR_LEN + n);
}

/* Write a packet of the peer 0x55... */
static inline void
relay_packet(struct visit *v, const void *p, size_t n)
{
	static uint8_t f[FRAME_KEY_LEN + FRAME_MAX_PACKET];

	memset(f, 0x55, FRAME_KEY_LEN);
	memcpy(f + FRAME_KEY_LEN, p, n);
	relay_write(v, FRAME_RECV_PACKET, f, FRAME_KEY_LEN + n);
}

/* Log the client in, and give it back what it sends. */
static inline void
relay_echo(struct visit *v)
{
	static uint8_t p[FRAME_KEY_LEN + FRAME_MAX_PACKET];
	uint8_t type;
	size_t n;

	node_login(v, "", 0);
	for (;;) {
		n = relay_read(v, &type, p, sizeof(p));
		if (type == FRAME_SEND_PACKET)
			relay_write(v, FRAME_RECV_PACKET, p, n);
		else if (type == FRAME_PING)
			relay_write(v, FRAME_PONG, p, n);
	}
}

#endif
