/*
 * stun: `derpctl stun': request one's address from a STUN server, as clients of
 * Tailscale do.
 *
 * Works without derpd.
 */
#include <sys/types.h>
#include <sys/socket.h>
#include <netdb.h>
#include <stdio.h>
#include <string.h>

#include "address.h"
#include "ctl.h"
#include "prefix.h"
#include "stream.h"
#include "stunask.h"

#define DEFAULT_PORT	"3478"
#define WAIT_MS		1000	/* after the last request */
#define LIMIT_MS	10000

static int
report(const struct ctl *ctl, const char *host, const char *port,
    const char *address)
{
	if (ctl->json)
		ctl_json_ok(stdout, "address", address);
	else
		printf("%s port %s: your address is %s\n", host, port, address);
	return 0;
}

/* Why there is no address, in a few words. */
static const char *
reason(const struct net_stun_result *r)
{
	switch (r->outcome) {
	case NET_STUN_ANSWERED:
		return "";
	case NET_STUN_REFUSED:
		return "the server answers with an error";
	case NET_STUN_GARBLED:
		return "the answer is not valid";
	case NET_STUN_ELSEWHERE:
		return "the answer comes from another address";
	case NET_STUN_CLOSED:
		return "the port is closed: is STUN enabled there?";
	case NET_STUN_LOCAL:
		return strerror(r->error);
	case NET_STUN_SILENT:
		break;
	}
	return "no answer: is STUN enabled there, UDP let through, and the "
	    "relay healthy?";
}

int
ctl_cmd_stun(const struct ctl *ctl, const struct command_words *w)
{
	const char	*port = w->arg[1] != NULL ? w->arg[1] : DEFAULT_PORT;
	struct addrinfo	 hints, *ai;
	struct net_stun_query q = { .style = NET_STUN_TAILSCALE,
	    .tries = NET_STUN_TRIES, .wait_ms = WAIT_MS };
	struct net_stun_result r;
	char		 address[NET_PREFIX_TEXT], text[80];
	int		 rv;

	memset(&hints, 0, sizeof(hints));
	hints.ai_socktype = SOCK_DGRAM;
	if ((rv = getaddrinfo(w->arg[0], port, &hints, &ai)) != 0)
		return ctl_failed(ctl, "%s port %s: %s", w->arg[0], port,
		    gai_strerror(rv));
	q.to = ai->ai_addr;
	q.len = ai->ai_addrlen;
	q.until = net_stream_until(LIMIT_MS);
	net_stun_ask(&q, &r);
	freeaddrinfo(ai);
	if (r.outcome != NET_STUN_ANSWERED)
		return ctl_failed(ctl, "%s port %s: %s", w->arg[0], port,
		    reason(&r));
	net_prefix_address(r.answer.addr, address);
	snprintf(text, sizeof(text), net_address_is_ipv4(r.answer.addr) ?
	    "%s:%u" : "[%s]:%u", address, r.answer.port);
	return report(ctl, w->arg[0], port, text);
}
