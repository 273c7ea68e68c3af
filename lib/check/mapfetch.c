/*
 * mapfetch: request a map; see mapfetch.h.  Touches the network and the
 * resolver.
 */
#include <errno.h>
#include <netdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "clock.h"
#include "mapcheck.h"
#include "mapfetch.h"

#define MAX_REDIRECTS	5
#define MAX_BODY	MAP_MAX_SIZE

/* Report why there is no response.  Returns 0. */
static int
unreachable(struct check_fetch *f, const struct check_addr *a, const char *why)
{
	if (f->needed && !f->r.stopped)
		check_found(&f->r, a, f->node.port, CHECK_MAP_UNREACHABLE,
		    "%s: %s", f->node.host, why);
	return (0);
}

/* Make the host of the URL the node of the run, with its addresses. */
static int
aim(struct check_fetch *f)
{
	struct addrinfo hints = { .ai_socktype = SOCK_STREAM }, *list, *ai;
	const char *host = f->address != NULL &&
	    strcasecmp(f->url.host, f->first) == 0 ? f->address : f->url.host;
	struct check_addr *a;
	int rv;

	memset(f->r.addrs, 0, sizeof(f->r.addrs));
	f->r.naddrs = 0;
	(void)snprintf(f->node.host, sizeof(f->node.host), "%s", f->url.host);
	f->node.port = (unsigned int)atoi(f->url.port);
	rv = getaddrinfo(host, NULL, &hints, &list);
	if (rv == EAI_NONAME)
		return (unreachable(f, NULL, gai_strerror(rv)));
	if (rv != 0) {
		(void)snprintf(f->r.local, sizeof(f->r.local),
		    "can't resolve %.150s: %s", host, gai_strerror(rv));
		return (-1);
	}
	for (ai = list; ai != NULL && f->r.naddrs < RUN_ADDRESSES;
	    ai = ai->ai_next) {
		a = &f->r.addrs[f->r.naddrs++];
		memcpy(&a->ss, ai->ai_addr, ai->ai_addrlen);
		a->len = ai->ai_addrlen;
		(void)getnameinfo(ai->ai_addr, ai->ai_addrlen, a->text,
		    sizeof(a->text), NULL, 0, NI_NUMERICHOST);
	}
	freeaddrinfo(list);
	check_meet(&f->r);
	return (1);
}

/* The first address that takes connections, as clients find it. */
static struct check_addr *
reach(struct check_fetch *f)
{
	struct check_run *r = &f->r;
	int e = ENOENT, fd;
	size_t i;

	for (i = 0; i < r->naddrs; i++) {
		fd = check_dial(r, &r->addrs[i], f->node.port, check_until(r));
		if (fd != -1) {
			(void)close(fd);
			return (&r->addrs[i]);
		}
		e = errno;
	}
	(void)unreachable(f, r->naddrs == 1 ? &r->addrs[0] : NULL,
	    strerror(e));
	return (NULL);
}

/* Pass on faults alone: the notes of a relay do not apply. */
static void
faults_only(const struct check_finding *found, void *arg)
{
	const struct check_sink *sink = arg;

	if (check_fault_row(found->id)->level == CHECK_FAULT)
		sink->found(found, sink->arg);
}

/*
 * Check TLS and the certificate, as of a relay, once for a server.  Returns 1
 * when the request can be sent.
 */
static int
secure(struct check_fetch *f, struct check_addr *a)
{
	struct check_sink own = { .found = faults_only };
	const struct check_sink *sink = f->r.sink;
	char server[sizeof(f->judged)];
	int rv;

	(void)snprintf(server, sizeof(server), "%s:%s", f->url.host,
	    f->url.port);
	if (strcasecmp(server, f->judged) == 0)
		return (1);
	memcpy(f->judged, server, sizeof(server));
	memcpy(&own.arg, &sink, sizeof(own.arg));
	f->r.sink = &own;
	rv = check_tls(&f->r, a);
	f->r.sink = sink;
	return (rv);
}

/*
 * A stream to the server.  The certificate must be right, or be known to be
 * wrong: clients of maps are stricter than those of relays (which do not check
 * the name of a node without a HostName).
 */
static struct net_stream *
connect_to(struct check_fetch *f, struct check_addr *a)
{
	const struct check_opts *o = f->r.opts;
	const int judge = f->needed && o->trust != STREAM_ANY &&
	    o->trust != STREAM_PLAIN;
	struct net_stream *s;
	uint64_t began;
	char why[256];

	if (judge && !secure(f, a))
		return (NULL);
	began = base_clock_us();
	if (judge && f->r.faults == 0)
		s = check_open(&f->r, a, f->node.port, o->trust, o->trust_arg,
		    why, sizeof(why));
	else
		s = check_stream(&f->r, a, why, sizeof(why));
	if (s == NULL)
		(void)unreachable(f, a, why);
	f->took += (int64_t)(base_clock_us() - began);
	return (s);
}

/* Send the request on `s'.  Returns 1 when there is a response. */
static int
ask(struct check_fetch *f, const struct check_addr *a, struct net_stream *s)
{
	char host[sizeof(f->url.host) + 16], request[1536];
	int n;

	if (net_url_authority(&f->url, host, sizeof(host)) == -1)
		return (unreachable(f, a, "the URL is too long"));
	n = snprintf(request, sizeof(request), "GET %s HTTP/1.1\r\nHost: %s\r\n"
	    "User-Agent: derpctl\r\nAccept-Encoding: identity\r\n"
	    "Connection: close\r\n\r\n", f->url.path, host);
	if (n < 0 || (size_t)n >= sizeof(request))
		return (unreachable(f, a, "the URL is too long"));
	(void)check_exchange(&f->r, s, request, MAX_BODY, &f->e);
	if (f->e.end == CHECK_ANSWERED || f->e.end == CHECK_TOO_LARGE)
		return (1);
	return (unreachable(f, a, f->e.why));
}

/* One request.  Returns as check_fetch(). */
static int
once(struct check_fetch *f)
{
	struct check_addr *a;
	struct net_stream *s;
	uint64_t began;
	int rv;

	if ((rv = aim(f)) != 1)
		return (rv);
	if ((a = reach(f)) == NULL || (s = connect_to(f, a)) == NULL)
		return (f->r.local[0] != '\0' ? -1 : 0);
	began = base_clock_us();
	rv = ask(f, a, s);
	net_stream_free(s);
	f->took += (int64_t)(base_clock_us() - began);
	return (rv);
}

/* Is the response a redirect that can be followed?  Then the URL is set. */
static int
follow(struct check_fetch *f)
{
	const struct net_http_head *h = &f->e.r.head;
	struct net_http_str to = net_http_field(h, "Location");

	if (h->status != 301 && h->status != 302 && h->status != 303 &&
	    h->status != 307 && h->status != 308)
		return (0);
	return (f->redirects < MAX_REDIRECTS && to.p != NULL &&
	    net_url_follow(&f->url, to.p, to.len, &f->url) == 0);
}

int
check_fetch(struct check_fetch *f, const char *url, const char *address,
    int needed, const struct check_opts *o, const struct check_sink *sink)
{
	int rv;

	memset(f, 0, sizeof(*f));
	f->r.node = &f->node;
	f->r.opts = o;
	f->r.sink = sink;
	f->address = address;
	f->needed = needed;
	if (net_url_parse(url, &f->url) == -1) {
		(void)snprintf(f->r.local, sizeof(f->r.local),
		    "\"%.180s\" is no https URL", url);
		return (-1);
	}
	memcpy(f->first, f->url.host, sizeof(f->first));
	check_step(&f->r, "map");
	while ((rv = once(f)) == 1 && follow(f)) {
		check_exchange_free(&f->e);
		f->redirects++;
	}
	return (rv);
}

void
check_fetch_free(struct check_fetch *f)
{
	check_exchange_free(&f->e);
}
