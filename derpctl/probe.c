/*
 * probe: `derpctl probe': test a relay.  Two clients log in over TLS like any
 * client and exchange packets in both directions.
 *
 * Uses the network and the file of CA certificates.
 * Works with any DERP server; it does not use the control socket.
 */
#include <sys/types.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <sodium.h>

#include "ctl.h"
#include "derpclient.h"
#include "hex.h"

#define STEP_MS		10000	/* limit for each step */
#define HELLO_MS	250	/* between two tries to reach the peer */
#define HELLO_LEN	24
#define COUNT		12	/* packets in each direction without -n */

/*
 * A tunnel's usual size, empty, tiny, the smallest disco packet, several
 * records.
 */
static const size_t sizes[] = { 1400, 0, 1, 62, 16384, FRAME_MAX_PACKET };
#define NSIZES	(sizeof(sizes) / sizeof(sizes[0]))

#define EXIT_REFUSED	2	/* see derpctl(8) */

/* One of the two clients. */
struct end {
	const char		*name;
	struct net_derpclient	*c;
};

struct ctl_probe {
	const struct ctl		*ctl;
	struct net_derpclient_opts	 opts;
	long long			 count;
	unsigned int			 steps;	/* reported so far */
	int				 refused;	/* a client was */
	struct ctl_json			 doc;	/* with -j */
	struct end			 a, b;
	uint8_t				 hello[HELLO_LEN];
	uint8_t				*pkt;	/* FRAME_MAX_PACKET bytes */
};

static void	report(struct ctl_probe *, const char *, ...)
		    __attribute__((format(printf, 2, 3)));
static int	wrong(struct ctl_probe *, const char *, ...)
		    __attribute__((format(printf, 2, 3)));

/* Report a completed step: a line of text, or with -j a string of an array. */
static void
report(struct ctl_probe *p, const char *fmt, ...)
{
	char	line[1024];
	va_list	ap;

	va_start(ap, fmt);
	vsnprintf(line, sizeof(line), fmt, ap);
	va_end(ap);
	if (p->ctl->json) {
		if (p->steps == 0)
			json_out_array(&p->doc.o, "steps");
		json_out_str(&p->doc.o, NULL, line);
		ctl_json_flush(&p->doc, stdout);
	} else {
		ctl_put_text(stdout, line, strlen(line));
		fputc('\n', stdout);
		fflush(stdout);
	}
	p->steps++;
}

/* Report a failed step and end the JSON object.  Always returns -1. */
static int
wrong(struct ctl_probe *p, const char *fmt, ...)
{
	char	line[1024];
	va_list	ap;

	va_start(ap, fmt);
	vsnprintf(line, sizeof(line), fmt, ap);
	va_end(ap);
	fputs("derpctl: probe: ", stderr);
	ctl_put_text(stderr, line, strlen(line));
	fputc('\n', stderr);
	if (p->ctl->json) {
		while (json_out_depth(&p->doc.o) > 1)
			json_out_end(&p->doc.o);
		if (p->refused)
			json_out_bool(&p->doc.o, "refused", 1);
		ctl_json_error(&p->doc, stdout, line);
	}
	return -1;
}

/* The login of a client has failed.  Always returns -1. */
static int
no_login(struct ctl_probe *p, const struct end *e)
{
	const char	*refusal = net_derpclient_refusal(e->c);

	if (refusal == NULL)
		return wrong(p, "%s can't log in: %s", e->name,
		    net_derpclient_error(e->c));
	p->refused = 1;
	return wrong(p, "the relay answers, but does not let %s in: %s",
	    e->name, refusal);
}

/* Log in one client.  Returns 0 or -1. */
static int
login(struct ctl_probe *p, struct end *e, enum net_derpclient_start start)
{
	char	key[2 * FRAME_KEY_LEN + 1];

	if ((e->c = net_derpclient_new()) == NULL)
		return wrong(p, "%s: out of memory", e->name);
	p->opts.start = start;
	if (net_derpclient_open(e->c, &p->opts, STEP_MS) == -1)
		return no_login(p, e);
	base_hex_put(key, net_derpclient_key(e->c), FRAME_KEY_LEN);
	report(p, "%s logged in over %s %s by %s as nodekey:%s", e->name,
	    net_derpclient_tls_version(e->c), net_derpclient_tls_cipher(e->c),
	    start == DERPCLIENT_FAST ? "fast start" : "HTTP upgrade", key);
	return 0;
}

/*
 * Log in both clients, with both start modes if the server offers fast start.
 */
static int
login_both(struct ctl_probe *p)
{
	enum net_derpclient_start	start = DERPCLIENT_HTTP;
	char				key[2 * FRAME_KEY_LEN + 1];

	if (login(p, &p->a, DERPCLIENT_HTTP) == -1)
		return -1;
	if (net_derpclient_fast_offered(p->a.c))
		start = DERPCLIENT_FAST;
	else
		report(p, "the server announces no fast start");
	if (login(p, &p->b, start) == -1)
		return -1;
	if (memcmp(net_derpclient_server_key(p->a.c),
	    net_derpclient_server_key(p->b.c), FRAME_KEY_LEN) != 0)
		return wrong(p, "a and b received different relay keys: are "
		    "there several servers behind this address?");
	base_hex_put(key, net_derpclient_server_key(p->a.c), FRAME_KEY_LEN);
	report(p, "the relay is nodekey:%s", key);
	return 0;
}

/*
 * Wait for the next frame of `type' for this client, skipping frames that a
 * server may send at any time.  Returns 1, 0 on timeout (the caller decides),
 * -1 on error.
 */
static int
wait_frame(struct ctl_probe *p, struct end *e, uint8_t type,
    struct net_derpclient_frame *f, int ms)
{
	long long	until = net_stream_until(ms), left;
	int		rv;

	for (;;) {
		left = until - net_stream_until(0);
		rv = net_derpclient_recv(e->c, f, left > 0 ? (int)left : 0);
		if (rv == -1)
			return wrong(p, "%s: %s", e->name,
			    net_derpclient_error(e->c));
		if (rv == 0 || f->type == type)
			return rv;
		if (f->type == FRAME_RESTARTING)
			return wrong(p, "%s: the server is shutting down",
			    e->name);
		if (f->type == FRAME_HEALTH && f->len > 0)
			return wrong(p, "%s: the server reports a problem: "
			    "%.*s", e->name, (int)(f->len > 200 ? 200 : f->len),
			    (const char *)f->p);
	}
}

/* Is this RecvPacket frame the packet `pkt' from `from'? */
static int
is_packet(const struct net_derpclient_frame *f, const struct end *from,
    const uint8_t *pkt, size_t len)
{
	return f->len == FRAME_KEY_LEN + len &&
	    memcmp(f->p, net_derpclient_key(from->c), FRAME_KEY_LEN) == 0 &&
	    (len == 0 || memcmp(f->p + FRAME_KEY_LEN, pkt, len) == 0);
}

static int
send_packet(struct ctl_probe *p, struct end *from, struct end *to,
    const uint8_t *pkt, size_t len)
{
	if (net_derpclient_send(from->c, net_derpclient_key(to->c), pkt, len,
	    STEP_MS) == -1)
		return wrong(p, "%s can't send: %s", from->name,
		    net_derpclient_error(from->c));
	return 0;
}

/*
 * Exchange the first packets with the peer.  Repeated until one arrives: a
 * relay may drop packets for a client that has just logged in.
 */
static int
greet(struct ctl_probe *p, struct end *from, struct end *to)
{
	struct net_derpclient_frame	f;
	int				i, rv;

	for (i = 0; i < STEP_MS / HELLO_MS; i++) {
		if (send_packet(p, from, to, p->hello, HELLO_LEN) == -1)
			return -1;
		rv = wait_frame(p, to, FRAME_RECV_PACKET, &f, HELLO_MS);
		if (rv == -1)
			return -1;
		if (rv == 1 && is_packet(&f, from, p->hello, HELLO_LEN))
			return 0;
		if (rv == 1)
			return wrong(p, "%s received a packet that %s did not "
			    "send", to->name, from->name);
	}
	return wrong(p, "no packet from %s reaches %s", from->name,
	    to->name);
}

/* Send one packet of random bytes; it must arrive unchanged. */
static int
exchange(struct ctl_probe *p, struct end *from, struct end *to, size_t len)
{
	struct net_derpclient_frame	f;
	int				rv;

	randombytes_buf(p->pkt, len);
	if (send_packet(p, from, to, p->pkt, len) == -1)
		return -1;
	do {
		rv = wait_frame(p, to, FRAME_RECV_PACKET, &f, STEP_MS);
		/* Skip a greeting that was repeated and arrived late. */
	} while (rv == 1 && is_packet(&f, from, p->hello, HELLO_LEN));
	if (rv == -1)
		return -1;
	if (rv == 0)
		return wrong(p, "a packet of %zu bytes from %s did not reach "
		    "%s in %d s", len, from->name, to->name, STEP_MS / 1000);
	if (!is_packet(&f, from, p->pkt, len))
		return wrong(p, "a packet of %zu bytes from %s reached %s "
		    "changed", len, from->name, to->name);
	return 0;
}

static int
exchange_all(struct ctl_probe *p)
{
	size_t		len, min = FRAME_MAX_PACKET, max = 0;
	long long	i;

	for (i = 0; i < p->count; i++) {
		len = sizes[(unsigned long long)i % NSIZES];
		min = len < min ? len : min;
		max = len > max ? len : max;
		if (exchange(p, &p->a, &p->b, len) == -1 ||
		    exchange(p, &p->b, &p->a, len) == -1)
			return -1;
	}
	report(p, "%lld packet%s each way, of %zu to %zu bytes: all as sent",
	    p->count, p->count == 1 ? "" : "s", min, max);
	return 0;
}

/* Send a ping and wait for its pong. */
static int
ping(struct ctl_probe *p, struct end *e)
{
	struct net_derpclient_frame	f;
	uint8_t				data[FRAME_PING_LEN];
	int				rv;

	randombytes_buf(data, sizeof(data));
	if (net_derpclient_frame(e->c, FRAME_PING, data, sizeof(data),
	    STEP_MS) == -1)
		return wrong(p, "%s can't ping: %s", e->name,
		    net_derpclient_error(e->c));
	if ((rv = wait_frame(p, e, FRAME_PONG, &f, STEP_MS)) == -1)
		return -1;
	if (rv == 0 || f.len != sizeof(data) ||
	    memcmp(f.p, data, sizeof(data)) != 0)
		return wrong(p, "%s's ping was not answered", e->name);
	report(p, "%s's ping was answered", e->name);
	return 0;
}

/*
 * One client leaves; the other, which received packets from it, must receive
 * PeerGone.
 */
static int
leave(struct ctl_probe *p, struct end *goes, struct end *stays)
{
	struct net_derpclient_frame	f;
	uint8_t				key[FRAME_KEY_LEN];
	int				rv;

	memcpy(key, net_derpclient_key(goes->c), sizeof(key));
	net_derpclient_free(goes->c);
	goes->c = NULL;
	if ((rv = wait_frame(p, stays, FRAME_PEER_GONE, &f, STEP_MS)) == -1)
		return -1;
	if (rv == 0 || f.len < FRAME_KEY_LEN ||
	    memcmp(f.p, key, sizeof(key)) != 0)
		return wrong(p, "%s received no PeerGone after %s left",
		    stays->name, goes->name);
	report(p, "%s left, and %s received PeerGone", goes->name, stays->name);
	return 0;
}

/* Run all steps.  Returns 0 or -1. */
static int
converse(struct ctl_probe *p)
{
	if (login_both(p) == -1)
		return -1;
	if (greet(p, &p->a, &p->b) == -1 || greet(p, &p->b, &p->a) == -1)
		return -1;
	report(p, "a reached b, and b reached a");
	if (exchange_all(p) == -1)
		return -1;
	if (ping(p, &p->a) == -1 || ping(p, &p->b) == -1)
		return -1;
	return leave(p, &p->b, &p->a);
}

/* Take the command's options and arguments into *p. */
static void
options(struct ctl_probe *p, const struct command_words *w)
{
	p->opts.trust = STREAM_ROOTS;
	if (w->option['c'] != NULL) {
		p->opts.trust = STREAM_CAFILE;
		p->opts.trust_arg = w->option['c'];
	} else if (w->option['p'] != NULL) {
		p->opts.trust = STREAM_PIN;
		p->opts.trust_arg = w->option['p'];
	} else if (w->option['k'] != NULL)
		p->opts.trust = STREAM_ANY;
	p->opts.name = w->option['H'];
	p->count = command_number(w->option['n'], COUNT);
	p->opts.host = w->arg[0];
	p->opts.port = w->arg[1];
}

int
ctl_cmd_probe(const struct ctl *ctl, const struct command_words *w)
{
	struct ctl_probe	p;
	int			rv;

	memset(&p, 0, sizeof(p));
	p.ctl = ctl;
	if (ctl->json)
		ctl_json_begin(&p.doc);
	p.a.name = "a";
	p.b.name = "b";
	p.opts.prober = 1;
	options(&p, w);
	ctl_confine_probe(p.opts.trust == STREAM_CAFILE ? p.opts.trust_arg :
	    NULL);
	if ((p.pkt = malloc(FRAME_MAX_PACKET)) == NULL || sodium_init() == -1)
		return ctl_failed(ctl, "probe: out of memory");
	randombytes_buf(p.hello, sizeof(p.hello));
	rv = converse(&p);
	net_derpclient_free(p.a.c);
	net_derpclient_free(p.b.c);
	free(p.pkt);
	if (rv == -1)
		return p.refused ? EXIT_REFUSED : 1;
	if (ctl->json) {
		json_out_end(&p.doc.o);
		json_out_bool(&p.doc.o, "ok", 1);
		ctl_json_end(&p.doc, stdout);
	} else
		puts("the relay works");
	return 0;
}
