/*
 * linkdrive: two clients of a relay, by the code of the bridge's worker: one
 * sends packets, the other one checks them.  Called by link_test.sh and by
 * hand.
 *
 *	linkdrive -p port [-a address] [-c cafile] [-C certname] [-n packets]
 *	    [-s size] [-w window] [-x proxy] host
 *
 * Each packet has a number and bytes that follow from it.  Prints how many were
 * sent, arrived and were lost, the time, and the CPU time of this process for
 * each GB.  Exits 1 when the relay can't be used, or when a packet is not what
 * was sent, or comes twice or too early.
 */
#include <sys/resource.h>
#include <arpa/inet.h>
#include <err.h>
#include <event2/event.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "clock.h"
#include "log.h"
#include "workernode.h"

#define BURST		64	/* packets of a turn */
#define AHEAD		512	/* packets that may wait in the queue */
#define LOST_MS		200	/* nothing came for so long: all is lost */
#define QUIET_MS	2000	/* nothing came for so long: the end */

struct drive_client {
	uint8_t		 pub[FRAME_KEY_LEN], sec[FRAME_KEY_LEN];
	struct worker_node node;
};

static struct drive_client	 sender, receiver;
static struct event_base *base;
static struct event	*turn;
static const char	*address;	/* NULL: resolve the host */
static uint64_t		 total = 100000, size = 1452;
static uint64_t		 window = 1000;	/* packets on the way */
static uint64_t		 settled;	/* of those below, none is */
static uint64_t		 sent, arrived, began, last;
static uint64_t		 next_number;	/* the least one that may come */

/* The bytes of packet `i'. */
static void
fill(uint8_t *p, uint64_t i)
{
	memset(p, (int)((i * 37 + (i >> 9)) & 0xff), size);
	memcpy(p, &i, sizeof(i));
}

static void
on_packet(struct worker_node *n, const uint8_t src[FRAME_KEY_LEN], uint8_t *p,
    size_t len, void *arg)
{
	static uint8_t want[FRAME_MAX_PACKET];
	uint64_t i;

	(void)arg;
	if (n != &receiver.node || len != size ||
	    memcmp(src, sender.pub, FRAME_KEY_LEN) != 0)
		errx(1, "a packet of %zu bytes that nobody sent", len);
	memcpy(&i, p, sizeof(i));
	fill(want, i);
	if (i < next_number || memcmp(p, want, len) != 0)
		errx(1, "packet %llu is wrong, after %llu",
		    (unsigned long long)i, (unsigned long long)next_number);
	settled = next_number = i + 1;
	arrived++;
	last = base_clock_ms();
}

static void
on_read_over(struct worker_node *n, void *arg)
{
	(void)n;
	(void)arg;
}

static void
on_gone(struct worker_node *n, const uint8_t key[FRAME_KEY_LEN], uint8_t reason,
    void *arg)
{
	(void)n;
	(void)key;
	(void)arg;
	errx(1, "the receiver is gone (%d)", reason);
}

static void
on_changed(struct worker_node *n, void *arg)
{
	(void)arg;
	if (n->state == WORKER_NODE_WAITING)
		errx(1, "%s", n->why);
	if (sender.node.state != WORKER_NODE_UP ||
	    receiver.node.state != WORKER_NODE_UP || began != 0)
		return;
	began = last = base_clock_ms();
	printf("up at %s, records %s\n", n->where, n->link.rec != NULL ?
	    "of our own" : "of libtls");
	event_active(turn, EV_TIMEOUT, 1);
}

static void
on_want_addrs(struct worker_node *n, uint32_t cookie, const char *host,
    void *arg)
{
	struct net_place v[NET_MAXPLACES];
	char why[200] = "";
	int k;

	(void)arg;
	k = net_place_find(&net_resolver_libc, address != NULL &&
	    n->target.proxy.host[0] == '\0' ? address : host, "1", 0, v, why,
	    sizeof(why));
	worker_node_addrs(n, cookie, v, k == -1 ? 0 : (size_t)k, why);
}

static void
on_want_socket(struct worker_node *n, uint32_t cookie, int family, void *arg)
{
	(void)arg;
	worker_node_socket(n, cookie, socket(family, SOCK_STREAM |
	    SOCK_NONBLOCK | SOCK_CLOEXEC, 0), "socket(2) failed");
}

/* Make the ClientInfo (derp(7), section 2). */
static void
on_want_login(struct worker_node *n, uint32_t cookie,
    const uint8_t server[FRAME_KEY_LEN], void *arg)
{
	static const char text[] = "{\"version\":2,\"CanAckPings\":true}";
	uint8_t buf[FRAME_KEY_LEN + FRAME_NONCE_LEN + FRAME_BOX_OVERHEAD +
	    sizeof(text) - 1];
	struct drive_client *c = arg;
	uint8_t *nonce = buf + FRAME_KEY_LEN;

	memcpy(buf, c->pub, FRAME_KEY_LEN);
	randombytes_buf(nonce, FRAME_NONCE_LEN);
	if (crypto_box_easy(nonce + FRAME_NONCE_LEN, (const uint8_t *)text,
	    sizeof(text) - 1, nonce, server, c->sec) == -1)
		errx(1, "the relay's key is invalid");
	worker_node_login(n, cookie, buf, sizeof(buf), "");
}

static const struct worker_node_ops ops = {
	.packet = on_packet,
	.read_over = on_read_over,
	.gone = on_gone,
	.changed = on_changed,
	.want_addrs = on_want_addrs,
	.want_socket = on_want_socket,
	.want_login = on_want_login
};

/* Send a burst, as the worker does with what the kernel gives it. */
static void
on_turn(evutil_socket_t fd, short what, void *arg)
{
	static const struct timeval soon = { 0, 200 };
	static uint8_t p[FRAME_MAX_PACKET];
	uint64_t now = base_clock_ms();
	int i;

	(void)fd;
	(void)what;
	(void)arg;
	/* What is that late was lost. */
	if (now - last > LOST_MS)
		settled = sent;
	for (i = 0; i < BURST && sent < total && sent - settled < window &&
	    sender.node.queue.n < AHEAD; i++) {
		fill(p, sent++);
		if (worker_node_send(&sender.node, receiver.pub, p, size, now)
		    == -1)
			errx(1, "a packet was refused");
	}
	worker_node_flush(&sender.node, now);
	if (arrived == total || (sent == total && now - last > QUIET_MS)) {
		event_base_loopbreak(base);
		return;
	}
	if (sent < total && sent - settled < window &&
	    !sender.node.link.blocked)
		event_active(turn, EV_TIMEOUT, 1);
	else
		event_add(turn, &soon);
}

static void
result(void)
{
	const double secs = (double)(last - began) / 1000;
	const double gb = (double)arrived * (double)size / 1e9;
	struct rusage r;
	double cpu;

	getrusage(RUSAGE_SELF, &r);
	cpu = (double)(r.ru_utime.tv_sec + r.ru_stime.tv_sec) +
	    (double)(r.ru_utime.tv_usec + r.ru_stime.tv_usec) / 1e6;
	printf("sent %llu arrived %llu dropped %llu lost %llu\n",
	    (unsigned long long)sent, (unsigned long long)arrived,
	    (unsigned long long)(sender.node.queue.drops.full +
	    sender.node.queue.drops.late),
	    (unsigned long long)(sender.node.link.counts.tx_packets -
	    arrived));
	printf("seconds %.2f Mbit/s %.0f CPU s/GB %.2f\n", secs, secs > 0 ?
	    gb * 8000 / secs : 0, gb > 0 ? cpu / gb : 0);
}

static void
make_client(struct drive_client *c, struct worker_links *links,
    const char *host, uint16_t port, const struct net_cas *cas,
    const char *certname, const char *proxy)
{
	struct dial_node *t = &c->node.target;

	crypto_box_keypair(c->pub, c->sec);
	c->node.base = base;
	c->node.links = links;
	c->node.ops = &ops;
	c->node.arg = c;
	if (dial_node_set(t, host, port) == -1 ||
	    dial_proxy_set(&t->proxy, proxy) == -1)
		errx(1, "%s, proxy \"%s\": not a host, or not a URL", host,
		    proxy);
	strlcpy(t->trust.certname, certname, sizeof(t->trust.certname));
	t->trust.held = cas;
	memcpy(t->own, c->pub, sizeof(t->own));
	worker_node_init(&c->node);
	worker_node_hold(&c->node);
}

static uint64_t
number(const char *text, uint64_t least, uint64_t most)
{
	const char *why;
	long long n = strtonum(text, (long long)least, (long long)most, &why);

	if (why != NULL)
		errx(1, "%s is %s", text, why);
	return ((uint64_t)n);
}

int
main(int argc, char *argv[])
{
	const char *certname = "", *proxy = "";
	struct worker_links *links;
	struct net_cas cas = { .p = NULL };
	uint16_t port = 443;
	char why[200];
	int ch;

	while ((ch = getopt(argc, argv, "a:C:c:n:p:s:w:x:")) != -1)
		switch (ch) {
		case 'a':
			address = optarg;
			break;
		case 'C':
			certname = optarg;
			break;
		case 'c':
			strlcpy(cas.file, optarg, sizeof(cas.file));
			break;
		case 'n':
			total = number(optarg, 1, 1ULL << 40);
			break;
		case 'p':
			port = (uint16_t)number(optarg, 1, 65535);
			break;
		case 's':
			size = number(optarg, 8, FRAME_MAX_PACKET);
			break;
		case 'w':
			window = number(optarg, 1, 1 << 20);
			break;
		case 'x':
			proxy = optarg;
			break;
		default:
			return (2);
		}
	if (argc - optind != 1)
		return (2);
	log_init("linkdrive", 1, 0);
	if (sodium_init() == -1 || (base = event_base_new()) == NULL ||
	    net_cas_hold(&cas, why, sizeof(why)) == -1)
		errx(1, "can't begin: %s", why);
	links = worker_links_new(base);
	turn = event_new(base, -1, 0, on_turn, NULL);
	make_client(&receiver, links, argv[optind], port, &cas, certname,
	    proxy);
	make_client(&sender, links, argv[optind], port, &cas, certname, proxy);
	if (event_base_dispatch(base) == -1)
		errx(1, "the event loop failed");
	result();
	worker_node_free(&sender.node);
	worker_node_free(&receiver.node);
	worker_links_free(links);
	event_free(turn);
	event_base_free(base);
	net_cas_free(&cas);
	return (arrived > 0 ? 0 : 1);
}
