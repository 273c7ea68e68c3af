/*
 * derpclient: a small blocking DERP client on top of stream.c.  Touches the
 * network only through its stream; the server's data is checked before use.
 */
#include <sys/types.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <sodium.h>

#include "derpcert.h"
#include "derplink.h"

#define RX_INITIAL	(16 * 1024)

struct net_derpclient *
net_derpclient_new(void)
{
	struct net_derpclient	*c;

	if (sodium_init() == -1 || (c = calloc(1, sizeof(*c))) == NULL)
		return NULL;
	c->rxcap = RX_INITIAL;
	if ((c->rx = malloc(c->rxcap)) == NULL ||
	    (c->s = net_stream_new()) == NULL) {
		net_derpclient_free(c);
		return NULL;
	}
	crypto_box_keypair(c->pub, c->sec);
	return c;
}

void
net_derpclient_use_key(struct net_derpclient *c,
    const uint8_t secret[FRAME_KEY_LEN])
{
	memcpy(c->sec, secret, sizeof(c->sec));
	(void)crypto_scalarmult_base(c->pub, c->sec);
}

void
net_derpclient_free(struct net_derpclient *c)
{
	if (c == NULL)
		return;
	net_stream_free(c->s);
	free(c->rx);
	sodium_memzero(c, sizeof(*c));
	free(c);
}

/* After the connection: TLS, upgrade, login. */
static int
handshake(struct net_derpclient *c, const struct net_derpclient_opts *o,
    long long until)
{
	const char	*name = o->name != NULL ? o->name : o->host;

	c->phase = DERPCLIENT_TLS;
	if (net_stream_write_plain(c->s, o->prelude, o->prelude_len, until) ==
	    -1 ||
	    net_stream_tls(c->s, name, o->trust, o->trust_arg, until) == -1)
		return net_derplink_fail_stream(c);
	return net_derplink_login(c, o, until);
}

int
net_derpclient_open(struct net_derpclient *c,
    const struct net_derpclient_opts *o, int ms)
{
	long long	until = net_stream_until(ms);

	net_stream_watch(c->s, o->watch);
	if (net_stream_dial(c->s, o->host, o->port, until) == -1)
		return net_derplink_fail_stream(c);
	return handshake(c, o, until);
}

int
net_derpclient_open_fd(struct net_derpclient *c, int fd,
    const struct net_derpclient_opts *o, int ms)
{
	if (net_stream_adopt(c->s, fd) == -1) {
		close(fd);
		return net_derplink_fail_stream(c);
	}
	return handshake(c, o, net_stream_until(ms));
}

int
net_derpclient_open_stream(struct net_derpclient *c, struct net_stream *s,
    const struct net_derpclient_opts *o, int ms)
{
	net_stream_free(c->s);
	c->s = s;
	return net_derplink_login(c, o, net_stream_until(ms));
}

enum net_derpclient_phase
net_derpclient_phase(const struct net_derpclient *c)
{
	return c->phase;
}

enum net_derpclient_cause
net_derpclient_cause(const struct net_derpclient *c)
{
	return c->cause;
}

uint64_t
net_derpclient_rate(const struct net_derpclient *c, uint64_t *burst)
{
	*burst = c->burst;
	return c->rate;
}

const uint8_t *
net_derpclient_key(const struct net_derpclient *c)
{
	return c->pub;
}

const uint8_t *
net_derpclient_server_key(const struct net_derpclient *c)
{
	return c->server.key;
}

int
net_derpclient_meta_key(const struct net_derpclient *c,
    uint8_t key[FRAME_KEY_LEN])
{
	const uint8_t	*pem;
	size_t		 len;

	pem = net_stream_chain(c->s, &len);
	return pem == NULL ? -1 : net_derpcert_meta_key(pem, len, key);
}

int
net_derpclient_fast_offered(const struct net_derpclient *c)
{
	uint8_t	key[FRAME_KEY_LEN];

	return net_derpclient_meta_key(c, key) == 0;
}

const char *
net_derpclient_tls_version(struct net_derpclient *c)
{
	return net_stream_version(c->s);
}

const char *
net_derpclient_tls_cipher(struct net_derpclient *c)
{
	return net_stream_cipher(c->s);
}

int
net_derpclient_frame(struct net_derpclient *c, uint8_t type, const void *p,
    size_t len, int ms)
{
	return net_derplink_send(c, type, p, len, NULL, 0,
	    net_stream_until(ms));
}

int
net_derpclient_send(struct net_derpclient *c, const uint8_t dst[FRAME_KEY_LEN],
    const void *p, size_t len, int ms)
{
	if (len > FRAME_MAX_PACKET)
		return net_derplink_fail(c, "a packet of %zu bytes is longer "
		    "than %d", len, FRAME_MAX_PACKET);
	return net_derplink_send(c, FRAME_SEND_PACKET, dst, FRAME_KEY_LEN, p,
	    len, net_stream_until(ms));
}

int
net_derpclient_recv(struct net_derpclient *c, struct net_derpclient_frame *f,
    int ms)
{
	long long	until = net_stream_until(ms);
	int		rv;

	if ((rv = net_derplink_recv(c, f, until)) != 1)
		return rv;
	if (f->type == FRAME_PING && f->len >= FRAME_PING_LEN &&
	    net_derplink_send(c, FRAME_PONG, f->p, FRAME_PING_LEN, NULL, 0,
	    until) == -1)
		return -1;
	return 1;
}

int
net_derpclient_interrupted(const struct net_derpclient *c)
{
	return net_stream_interrupted(c->s);
}

const char *
net_derpclient_refusal(const struct net_derpclient *c)
{
	return c->refused ? c->why + strlen(DERPLINK_REFUSED) : NULL;
}

const char *
net_derpclient_error(const struct net_derpclient *c)
{
	return c->why;
}
