/*
 * dialfixture: Shared by the tests of attempts: one attempt, and a node that
 * behaves.
 */
#ifndef DIALFIXTURE_H
#define DIALFIXTURE_H

#include <atf-c.h>
#include <event2/event.h>
#include <poll.h>

#include "aead_backends.h"
#include "dial.h"
#include "nodefixture.h"
#include "tlssecrets.h"

static struct made		 cert;
static struct node_server	 server;
static struct dial_node		 node;
static struct dial		 d;
static struct net_record_cache	 cache;
static struct event_base	*base;

static const uint8_t		 client_info[] = "the payload of ClientInfo";
static int			 asked;	/* for a ClientInfo */
static int			 ended;	/* -1: not yet */

static inline void
on_ask(struct dial *dial, void *arg)
{
	(void)arg;
	asked++;
	dial_info(dial, client_info, sizeof(client_info));
}

static inline void
on_ended(struct dial *dial, enum dial_end e, void *arg)
{
	(void)dial;
	(void)arg;
	ATF_CHECK_EQ(-1, ended);
	ended = (int)e;
	event_base_loopbreak(base);
}

/* Set what is dialled: 127.0.0.1 by this CA file and CertName. */
static inline void
set_node(const char *cafile, const char *certname)
{
	dial_trust_free(&node.trust);
	memset(&node, 0, sizeof(node));
	ATF_REQUIRE_EQ(0, dial_node_set(&node, "localhost",
	    (uint16_t)server.port));
	strlcpy(node.address, "127.0.0.1", sizeof(node.address));
	strlcpy(node.trust.certname, certname, sizeof(node.trust.certname));
	strlcpy(node.trust.cas.file, cafile, sizeof(node.trust.cas.file));
	memset(node.own, 7, sizeof(node.own));
	dial_trust_begin(&node.trust);
}

static inline void
begin(void)
{
	ATF_REQUIRE_EQ(0, tls_init());
	ATF_REQUIRE_EQ(0, net_tlssecrets_init());
	ATF_REQUIRE_EQ(0, net_aead_evp.setup());
	ATF_REQUIRE((base = event_base_new()) != NULL);
	net_record_cache_init(&cache, &net_aead_evp, 2);
	d.base = base;
	d.node = &node;
	d.records = &cache;
	d.ask = on_ask;
	d.ended = on_ended;
	dial_init(&d);
}

/* Dial, and wait for the end. */
static inline int
dial(void)
{
	ended = -1;
	asked = 0;
	dial_begin(&d);
	if (ended == -1)
		ATF_REQUIRE_EQ(0, event_base_dispatch(base));
	return (ended);
}

/* Log in, and send back what comes. */
static inline void
serve_well(struct visit *v)
{
	node_login(v, "behind", 6);
	if (v->info_len != sizeof(client_info) ||
	    memcmp(v->info, client_info, v->info_len) != 0 ||
	    strstr(v->request, "GET /derp HTTP/1.1\r\nHost: localhost:") !=
	    v->request || strstr(v->request, "\r\nUpgrade: DERP\r\n"
	    "Connection: Upgrade\r\n") == NULL)
		node_send(v, "wrong!", 6);
	node_echo(v);
}

/* Read `n' bytes from the transport, waiting for its socket. */
static inline void
read_all(uint8_t *p, size_t n)
{
	struct pollfd pfd = { d.t.fd, POLLIN, 0 };
	ssize_t k;

	while (n > 0) {
		net_transport_turn(&d.t);
		k = net_transport_read(&d.t, p, n);
		if (k == TRANSPORT_WANT_READ) {
			ATF_REQUIRE_EQ(1, poll(&pfd, 1, 30000));
			continue;
		}
		ATF_REQUIRE_MSG(k > 0, "%s", d.t.why);
		p += k;
		n -= (size_t)k;
	}
}

/* What is written comes back. */
static inline void
talk(void)
{
	static uint8_t out[40000], in[sizeof(out)];
	size_t done, n;
	ssize_t k;

	for (n = 0; n < sizeof(out); n++)
		out[n] = (uint8_t)(n * 7 + (n >> 8));
	for (done = 0; done < sizeof(out); done += n) {
		n = sizeof(out) - done < 3000 ? sizeof(out) - done : 3000;
		k = net_transport_write(&d.t, out + done, n);
		ATF_REQUIRE_EQ((ssize_t)n, k);
		ATF_REQUIRE_EQ(0, net_transport_flush(&d.t));
		read_all(in + done, n);
	}
	ATF_CHECK(memcmp(in, out, sizeof(out)) == 0);
}

static struct sockaddr_in addresses[4];
static int naddresses;

static inline void
add_address(const char *text, int port)
{
	struct sockaddr_in *sin = &addresses[naddresses++];

	sin->sin_family = AF_INET;
	sin->sin_port = htons((uint16_t)port);
	ATF_REQUIRE_EQ(1, inet_pton(AF_INET, text, &sin->sin_addr));
}

#endif
