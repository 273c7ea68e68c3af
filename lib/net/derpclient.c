/*
 * derpclient: a small blocking DERP client on top of stream.c.
 *
 * Called by derpctl (probe) and health.  Touches the network only through its
 * stream; the server's data is checked before use.
 */
#include <sys/types.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <sodium.h>

#include "derpcert.h"
#include "derpclient.h"
#include "http.h"
#include "json.h"
#include "json_out.h"
#include "upgrade.h"

#define CLIENT_INFO_MAX	128	/* bytes of its JSON */
#define RX_INITIAL	(16 * 1024)
#define REFUSED		"login: the server refuses it: "

struct net_derpclient {
	struct net_stream	*s;
	uint8_t			 pub[FRAME_KEY_LEN];
	uint8_t			 sec[FRAME_KEY_LEN];
	struct net_upgrade_key	 server;
	uint8_t			*rx;		/* received bytes: */
	size_t			 rxcap;
	size_t			 rxpos;		/* next unread byte */
	size_t			 rxend;		/* end of the received bytes */
	int			 refused;	/* `why' is REFUSED and the
						   server's reason */
	char			 why[512];
};

static int	fail(struct net_derpclient *, const char *, ...)
		    __attribute__((format(printf, 2, 3)));

/* Store the reason.  Always returns -1. */
static int
fail(struct net_derpclient *c, const char *fmt, ...)
{
	va_list	ap;

	va_start(ap, fmt);
	vsnprintf(c->why, sizeof(c->why), fmt, ap);
	va_end(ap);
	return -1;
}

/* Copy the stream's reason.  Always returns -1. */
static int
fail_stream(struct net_derpclient *c)
{
	return fail(c, "%s", net_stream_error(c->s));
}

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

/* Make room for `need' unread bytes in total.  Returns 0, or -1. */
static int
rx_reserve(struct net_derpclient *c, size_t need)
{
	uint8_t	*p;

	if (c->rxpos > 0) {
		memmove(c->rx, c->rx + c->rxpos, c->rxend - c->rxpos);
		c->rxend -= c->rxpos;
		c->rxpos = 0;
	}
	if (need <= c->rxcap)
		return 0;
	if ((p = realloc(c->rx, need)) == NULL)
		return fail(c, "out of memory for a frame of %zu bytes", need);
	c->rx = p;
	c->rxcap = need;
	return 0;
}

/* Read once into the free space.  Returns 1, 0 on timeout, -1 on error. */
static int
rx_more(struct net_derpclient *c, long long until)
{
	ssize_t	n;

	n = net_stream_read(c->s, c->rx + c->rxend, c->rxcap - c->rxend, until);
	if (n > 0) {
		c->rxend += (size_t)n;
		return 1;
	}
	if (n == 0)
		return fail(c, "the server closed the connection");
	fail_stream(c);
	return net_stream_timed_out(c->s) ? 0 : -1;
}

/* Wait for `need' unread bytes.  Returns 1, 0 on timeout, -1 on error. */
static int
rx_want(struct net_derpclient *c, size_t need, long long until)
{
	int	rv;

	if (c->rxend - c->rxpos >= need)
		return 1;
	if (rx_reserve(c, need) == -1)
		return -1;
	while (c->rxend - c->rxpos < need)
		if ((rv = rx_more(c, until)) != 1)
			return rv;
	return 1;
}

/*
 * Receive one frame; its header is checked first.  Returns 1, 0 on timeout, -1
 * on error.
 */
static int
recv_frame(struct net_derpclient *c, struct net_derpclient_frame *f,
    long long until)
{
	uint32_t	len;
	int		rv;

	if ((rv = rx_want(c, FRAME_HDR_LEN, until)) != 1)
		return rv;
	net_frame_get_hdr(c->rx + c->rxpos, &f->type, &len);
	if (len > DERPCLIENT_MAX_FRAME)
		return fail(c, "the server sent a frame of type 0x%02x (%s) "
		    "and %u bytes, more than %d", f->type,
		    net_frame_name(f->type), (unsigned int)len,
		    DERPCLIENT_MAX_FRAME);
	if ((rv = rx_want(c, FRAME_HDR_LEN + (size_t)len, until)) != 1)
		return rv;
	f->p = c->rx + c->rxpos + FRAME_HDR_LEN;
	f->len = len;
	c->rxpos += FRAME_HDR_LEN + (size_t)len;
	return 1;
}

/* Send a frame with a payload in two parts, in one write. */
static int
send_frame(struct net_derpclient *c, uint8_t type, const void *a, size_t alen,
    const void *b, size_t blen, long long until)
{
	uint8_t	*buf;
	size_t	 len;
	int	 rv;

	if (alen > DERPCLIENT_MAX_FRAME || blen > DERPCLIENT_MAX_FRAME - alen)
		return fail(c, "a frame of %zu bytes is too long", alen + blen);
	len = FRAME_HDR_LEN + alen + blen;
	if ((buf = malloc(len)) == NULL)
		return fail(c, "out of memory for a frame of %zu bytes", len);
	net_frame_put_hdr(buf, type, (uint32_t)(alen + blen));
	if (alen > 0)
		memcpy(buf + FRAME_HDR_LEN, a, alen);
	if (blen > 0)
		memcpy(buf + FRAME_HDR_LEN + alen, b, blen);
	rv = net_stream_write(c->s, buf, len, until);
	free(buf);
	return rv == -1 ? fail_stream(c) : 0;
}

/*
 * Read the response to the upgrade; data behind its head stays buffered.
 * Returns 0, or -1.
 */
static int
read_answer(struct net_derpclient *c, long long until)
{
	static const char	 eh[] = "not a DERP server: its answer is not";
	struct net_http_head	*h;
	int			 n, rv;

	if ((h = calloc(1, sizeof(*h))) == NULL)
		return fail(c, "out of memory for an HTTP head");
	rv = rx_reserve(c, HTTP_MAX_HEAD + 1);
	while (rv == 0) {
		n = net_http_parse_response(h, (const char *)c->rx + c->rxpos,
		    c->rxend - c->rxpos);
		if (n > 0) {
			rv = net_upgrade_response(h, &c->server,
			    c->why, sizeof(c->why));
			c->rxpos += (size_t)n;
			break;
		}
		if (n != HTTP_MORE || c->rxend == c->rxcap)
			rv = fail(c, "%s HTTP/1.1", eh);
		else
			rv = rx_more(c, until) == 1 ? 0 : -1;
	}
	free(h);
	return rv;
}

/* Request the upgrade.  Fast start does not wait for a response. */
static int
upgrade(struct net_derpclient *c, const struct net_derpclient_opts *o,
    long long until)
{
	const char	*name = o->name != NULL ? o->name : o->host;
	char		 req[1024];
	int		 n;

	n = net_upgrade_request(req, sizeof(req), name, 0,
	    o->start == DERPCLIENT_FAST);
	if (n == -1)
		return fail(c, "server name %.40s: too long, or with white "
		    "space", name);
	if (net_stream_write(c->s, req, (size_t)n, until) == -1)
		return fail_stream(c);
	if (o->start == DERPCLIENT_FAST)
		return 0;
	return read_answer(c, until);
}

/* Wait for a login frame of `type'.  Returns 0, or -1. */
static int
expect(struct net_derpclient *c, uint8_t type, struct net_derpclient_frame *f,
    long long until)
{
	const char	*name = net_frame_name(type);
	int		 rv;

	if ((rv = recv_frame(c, f, until)) == 0)
		return fail(c, "login: no %s frame in time", name);
	if (rv == -1) {
		char	why[sizeof(c->why)];

		memcpy(why, c->why, sizeof(why));
		return fail(c, "login: waiting for the %s frame: %.400s", name,
		    why);
	}
	if (f->type == FRAME_HEALTH) {
		c->refused = 1;
		return fail(c, REFUSED "%.*s", f->len < 400 ? (int)f->len : 400,
		    (const char *)f->p);
	}
	if (f->type != type)
		return fail(c, "login: received frame type 0x%02x (%s) where "
		    "%s was expected", f->type, net_frame_name(f->type), name);
	return 0;
}

static int
read_server_key(struct net_derpclient *c, long long until)
{
	struct net_derpclient_frame	f;

	if (expect(c, FRAME_SERVER_KEY, &f, until) == -1)
		return -1;
	return net_upgrade_server_key(f.p, f.len, &c->server, c->why,
	    sizeof(c->why));
}

static int
send_client_info(struct net_derpclient *c, int prober, long long until)
{
	uint8_t	buf[FRAME_KEY_LEN + FRAME_NONCE_LEN + FRAME_BOX_OVERHEAD +
		    CLIENT_INFO_MAX];
	uint8_t	*nonce = buf + FRAME_KEY_LEN;
	uint8_t	*box = nonce + FRAME_NONCE_LEN;
	struct json_out o;
	struct ipc_wr w;
	size_t	 n;
	int	 rv;

	ipc_wr_init(&w);
	json_out_init(&o, &w);
	json_out_object(&o, NULL);
	json_out_int(&o, "version", FRAME_DERP_VERSION);
	json_out_bool(&o, "CanAckPings", 1);
	if (prober)
		json_out_bool(&o, "IsProber", 1);
	json_out_end(&o);
	n = w.len;
	if (!json_out_whole(&o) || n > CLIENT_INFO_MAX) {
		ipc_wr_free(&w);
		return fail(c, "login: out of memory");
	}
	memcpy(buf, c->pub, FRAME_KEY_LEN);
	randombytes_buf(nonce, FRAME_NONCE_LEN);
	rv = crypto_box_easy(box, w.p, n, nonce, c->server.key, c->sec);
	ipc_wr_free(&w);
	if (rv == -1)
		return fail(c, "login: the server's relay key is invalid");
	return send_frame(c, FRAME_CLIENT_INFO, buf, FRAME_KEY_LEN +
	    FRAME_NONCE_LEN + FRAME_BOX_OVERHEAD + n, NULL, 0, until);
}

/*
 * Check the text of ServerInfo: an object with a supported version.  Returns 0,
 * or -1.
 */
static int
check_server_info(struct net_derpclient *c, const char *text, size_t len)
{
	struct json_error	 e;
	struct json		*j;
	json_ref		 r;
	int64_t			 v;
	int			 rv = 0;

	if ((j = json_parse(text, len, 8, 256, &e)) == NULL)
		return fail(c, "login: ServerInfo is not JSON: %s", e.what);
	if (json_type(j, 0) != JSON_OBJECT)
		rv = fail(c, "login: ServerInfo is not a JSON object");
	else if ((r = json_get(j, 0, "version")) != -1 &&
	    (json_int(j, r, &v) == -1 || v < FRAME_DERP_VERSION))
		rv = fail(c, "login: ServerInfo's version is not %d",
		    FRAME_DERP_VERSION);
	json_free(j);
	return rv;
}

static int
read_server_info(struct net_derpclient *c, long long until)
{
	struct net_derpclient_frame	 f;
	uint8_t				*text;
	size_t				 n;
	int				 rv;

	if (expect(c, FRAME_SERVER_INFO, &f, until) == -1)
		return -1;
	if (f.len < FRAME_NONCE_LEN + FRAME_BOX_OVERHEAD)
		return fail(c, "login: the ServerInfo frame is too short");
	n = f.len - FRAME_NONCE_LEN;
	if ((text = malloc(n)) == NULL)
		return fail(c, "out of memory for ServerInfo");
	if (crypto_box_open_easy(text, f.p + FRAME_NONCE_LEN, n, f.p,
	    c->server.key, c->sec) == -1)
		rv = fail(c, "login: ServerInfo was not sealed with "
		    "the relay key");
	else
		rv = check_server_info(c, (const char *)text,
		    n - FRAME_BOX_OVERHEAD);
	free(text);
	return rv;
}

/* Read the relay key from the certificates, for fast start. */
static int
learn_key(struct net_derpclient *c)
{
	const uint8_t	*pem;
	uint8_t		 key[FRAME_KEY_LEN];
	size_t		 len;

	pem = net_stream_chain(c->s, &len);
	if (pem == NULL || net_derpcert_meta_key(pem, len, key) == -1)
		return fail(c, "the server's certificates announce no relay "
		    "key: no fast start");
	return net_upgrade_set_key(&c->server, key, "the meta certificate",
	    c->why, sizeof(c->why));
}

/* After the connection: TLS, upgrade, login. */
static int
handshake(struct net_derpclient *c, const struct net_derpclient_opts *o,
    long long until)
{
	const char	*name = o->name != NULL ? o->name : o->host;
	int		 fast = o->start == DERPCLIENT_FAST;

	if (net_stream_write_plain(c->s, o->prelude, o->prelude_len, until) ==
	    -1 ||
	    net_stream_tls(c->s, name, o->trust, o->trust_arg, until) == -1)
		return fail_stream(c);
	if (fast && learn_key(c) == -1)
		return -1;
	if (upgrade(c, o, until) == -1)
		return -1;
	if (fast && send_client_info(c, o->prober, until) == -1)
		return -1;
	if (read_server_key(c, until) == -1)
		return -1;
	if (!fast && send_client_info(c, o->prober, until) == -1)
		return -1;
	return read_server_info(c, until);
}

int
net_derpclient_open(struct net_derpclient *c,
    const struct net_derpclient_opts *o, int ms)
{
	long long	until = net_stream_until(ms);

	net_stream_watch(c->s, o->watch);
	if (net_stream_dial(c->s, o->host, o->port, until) == -1)
		return fail_stream(c);
	return handshake(c, o, until);
}

int
net_derpclient_open_fd(struct net_derpclient *c, int fd,
    const struct net_derpclient_opts *o, int ms)
{
	if (net_stream_adopt(c->s, fd) == -1) {
		close(fd);
		return fail_stream(c);
	}
	return handshake(c, o, net_stream_until(ms));
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
net_derpclient_fast_offered(struct net_derpclient *c)
{
	const uint8_t	*pem;
	uint8_t		 key[FRAME_KEY_LEN];
	size_t		 len;

	pem = net_stream_chain(c->s, &len);
	return pem != NULL && net_derpcert_meta_key(pem, len, key) == 0;
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
	return send_frame(c, type, p, len, NULL, 0, net_stream_until(ms));
}

int
net_derpclient_send(struct net_derpclient *c, const uint8_t dst[FRAME_KEY_LEN],
    const void *p, size_t len, int ms)
{
	if (len > FRAME_MAX_PACKET)
		return fail(c, "a packet of %zu bytes is longer than %d", len,
		    FRAME_MAX_PACKET);
	return send_frame(c, FRAME_SEND_PACKET, dst, FRAME_KEY_LEN, p, len,
	    net_stream_until(ms));
}

int
net_derpclient_recv(struct net_derpclient *c, struct net_derpclient_frame *f,
    int ms)
{
	long long	until = net_stream_until(ms);
	int		rv;

	if ((rv = recv_frame(c, f, until)) != 1)
		return rv;
	if (f->type == FRAME_PING && f->len >= FRAME_PING_LEN &&
	    send_frame(c, FRAME_PONG, f->p, FRAME_PING_LEN, NULL, 0,
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
	return c->refused ? c->why + strlen(REFUSED) : NULL;
}

const char *
net_derpclient_error(const struct net_derpclient *c)
{
	return c->why;
}
