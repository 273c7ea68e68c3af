/*
 * derplogin: the login of a DERP client; see derplink.h.  The server's data is
 * checked before use.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <sodium.h>

#include "derpcert.h"
#include "derplink.h"
#include "http.h"
#include "json.h"
#include "json_out.h"

#define CLIENT_INFO_MAX	128	/* bytes of its JSON */

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
		return net_derplink_fail(c, "out of memory for an HTTP head");
	rv = net_derplink_reserve(c, HTTP_MAX_HEAD + 1);
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
			rv = net_derplink_fail(c, "%s HTTP/1.1", eh);
		else
			rv = net_derplink_more(c, until) == 1 ? 0 : -1;
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
		return net_derplink_fail(c, "server name %.40s: too long, "
		    "or with white space", name);
	if (net_stream_write(c->s, req, (size_t)n, until) == -1)
		return net_derplink_fail_stream(c);
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

	if ((rv = net_derplink_recv(c, f, until)) == 0)
		return net_derplink_fail(c, "login: no %s frame in time",
		    name);
	if (rv == -1) {
		char	why[sizeof(c->why)];

		memcpy(why, c->why, sizeof(why));
		return net_derplink_fail(c, "login: waiting for the %s frame: "
		    "%.400s", name, why);
	}
	if (f->type == FRAME_HEALTH) {
		c->refused = 1;
		return net_derplink_fail(c, DERPLINK_REFUSED "%.*s",
		    f->len < 400 ? (int)f->len : 400, (const char *)f->p);
	}
	if (f->type != type)
		return net_derplink_fail(c, "login: received frame type 0x%02x "
		    "(%s) where %s was expected", f->type,
		    net_frame_name(f->type), name);
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
		return net_derplink_fail(c, "login: out of memory");
	}
	memcpy(buf, c->pub, FRAME_KEY_LEN);
	randombytes_buf(nonce, FRAME_NONCE_LEN);
	rv = crypto_box_easy(box, w.p, n, nonce, c->server.key, c->sec);
	ipc_wr_free(&w);
	if (rv == -1)
		return net_derplink_fail(c, "login: the server's relay "
		    "key is invalid");
	return net_derplink_send(c, FRAME_CLIENT_INFO, buf, FRAME_KEY_LEN +
	    FRAME_NONCE_LEN + FRAME_BOX_OVERHEAD + n, NULL, 0, until);
}

/* Take a limit of ServerInfo, if it has it; one that is malformed is none. */
static uint64_t
limit(const struct json *j, const char *name)
{
	json_ref	r;
	int64_t		v;

	if ((r = json_get(j, 0, name)) == -1 || json_int(j, r, &v) == -1 ||
	    v < 0)
		return 0;
	return (uint64_t)v;
}

/*
 * Check the text of ServerInfo: an object with a supported version; take the
 * limits.  Returns 0, or -1.
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
		return net_derplink_fail(c, "login: ServerInfo is not "
		    "JSON: %s", e.what);
	if (json_type(j, 0) != JSON_OBJECT)
		rv = net_derplink_fail(c, "login: ServerInfo is not a "
		    "JSON object");
	else if ((r = json_get(j, 0, "version")) != -1 &&
	    (json_int(j, r, &v) == -1 || v < FRAME_DERP_VERSION))
		rv = net_derplink_fail(c, "login: ServerInfo's version is not "
		    "%d", FRAME_DERP_VERSION);
	else {
		c->rate = limit(j, "TokenBucketBytesPerSecond");
		c->burst = limit(j, "TokenBucketBytesBurst");
	}
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
		return net_derplink_fail(c, "login: the ServerInfo frame "
		    "is too short");
	n = f.len - FRAME_NONCE_LEN;
	if ((text = malloc(n)) == NULL)
		return net_derplink_fail(c, "out of memory for ServerInfo");
	if (crypto_box_open_easy(text, f.p + FRAME_NONCE_LEN, n, f.p,
	    c->server.key, c->sec) == -1)
		rv = net_derplink_fail(c, "login: ServerInfo was not sealed "
		    "with the relay key");
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
	uint8_t	key[FRAME_KEY_LEN];

	if (net_derpclient_meta_key(c, key) == -1)
		return net_derplink_fail(c, "the server's certificates "
		    "announce no relay key: no fast start");
	return net_upgrade_set_key(&c->server, key, "the meta certificate",
	    c->why, sizeof(c->why));
}

int
net_derplink_login(struct net_derpclient *c,
    const struct net_derpclient_opts *o, long long until)
{
	int	fast = o->start == DERPCLIENT_FAST;

	c->cause = DERPCLIENT_WRONG;
	c->phase = DERPCLIENT_UPGRADE;
	if (fast && learn_key(c) == -1)
		return -1;
	if (upgrade(c, o, until) == -1)
		return -1;
	c->phase = DERPCLIENT_SERVER_KEY;
	if (fast && send_client_info(c, o->prober, until) == -1)
		return -1;
	if (read_server_key(c, until) == -1)
		return -1;
	c->phase = DERPCLIENT_SERVER_INFO;
	if (!fast && send_client_info(c, o->prober, until) == -1)
		return -1;
	if (read_server_info(c, until) == -1)
		return -1;
	c->phase = DERPCLIENT_OPEN;
	return 0;
}
