/*
 * soak_derp: DERP clients and mesh peers, from the connection to the login, and
 * their input: only whole frames of the kinds that a server sends, and packets
 * that were sent.
 */
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "soak.h"

#define WS_KEY		"dGhlIHNhbXBsZSBub25jZQ=="
#define WS_ACCEPT	"s3pPLMBiTxaQ9kYGzzhZRbK+xOo="	/* RFC 6455 1.3 */
#define WS_CHUNK	16000
#define FRAME_MAX	(1024 * 1024)

uint8_t server_key[32];

static int
knows_server(void)
{
	return (!sodium_is_zero(server_key, sizeof(server_key)));
}

void
derp_put(struct bot *b, const void *p, size_t n)
{
	static uint8_t msg[WS_CHUNK + 16];
	const uint8_t *d = p;
	size_t k, piece;

	piece = rnd_chance(&b->rnd, 10) ? 1 + rnd_below(&b->rnd, 3000) : 0;
	/* Not thousands of records, which would delay other clients. */
	if (piece > 0 && n / piece > 200)
		piece = 0;
	if (!b->derp->ws || !b->derp->upgraded) {
		wire_put(&b->w, d, n, piece);
		return;
	}
	for (; n > 0; d += k, n -= k) {
		k = n < WS_CHUNK ? n : WS_CHUNK;
		if (k > 100 && rnd_chance(&b->rnd, 20))
			k = 100 + rnd_below(&b->rnd, (uint32_t)k - 99);
		wire_put(&b->w, msg, soak_ws_wrap(&b->rnd, msg, 2, d, k),
		    piece);
	}
}

void
derp_frame(struct bot *b, uint8_t type, const void *p, size_t n)
{
	static uint8_t frame[FRAME_HDR_LEN + 2 * FRAME_KEY_LEN +
	    FRAME_MAX_PACKET];

	net_frame_put_hdr(frame, type, (uint32_t)n);
	if (n > 0)
		memcpy(frame + FRAME_HDR_LEN, p, n);
	derp_put(b, frame, FRAME_HDR_LEN + n);
}

void
derp_ping(struct bot *b)
{
	if (b->derp->pinged)
		return;
	rnd_bytes(&b->rnd, b->derp->ping, FRAME_PING_LEN);
	b->derp->pinged = 1;
	b->owed = "a pong";
	b->owed_at = now;
	derp_frame(b, FRAME_PING, b->derp->ping, FRAME_PING_LEN);
}

static void
begin(struct bot *b, int mesh)
{
	struct derp *d = calloc(1, sizeof(*d));
	struct soak_how how = { .source = b->slot };

	if (d == NULL)
		fail("out of memory");
	b->derp = d;
	d->mesh = mesh;
	d->key = (int)b->slot;
	if (!mesh && rnd_chance(&b->rnd, 15))
		d->key = (int)rnd_below(&b->rnd, opt.slots);
	d->ws = rnd_chance(&b->rnd, 15);
	d->fast = !d->ws && knows_server() && rnd_chance(&b->rnd, 40);
	d->upgraded = d->fast;
	how.tls12 = rnd_chance(&b->rnd, 10);
	if (rnd_chance(&b->rnd, 10))
		how.rcvbuf = 4096;
	/* The first slots send much, to one receiver at a time. */
	if (b->slot < 6 && !mesh) {
		d->busy = 256;
		d->busy_dst = (int)(6 + rnd_below(&b->rnd, 3));
		b->dies_at = now + 2000 + rnd_below(&b->rnd, 6000);
	} else
		b->dies_at = now + 100 + rnd_below(&b->rnd, 3000);
	wire_open(&b->w, &how);
}

static void
start_client(struct bot *b)
{
	begin(b, 0);
}

static void
start_mesh(struct bot *b)
{
	begin(b, opt.mesh[0] != '\0');
}

static void
stop(struct bot *b)
{
	bytes_free(&b->derp->in);
	free(b->derp);
	b->derp = NULL;
}

static void
client_info(struct bot *b)
{
	const struct key *k = &keys[b->derp->key];
	uint8_t p[512], *nonce = p + FRAME_KEY_LEN;
	char json[256];
	size_t n;

	snprintf(json, sizeof(json), "{\"version\":2,\"CanAckPings\":true"
	    "%s%s%s}", b->derp->mesh ? ",\"meshKey\":\"" : "",
	    b->derp->mesh ? opt.mesh : "", b->derp->mesh ? "\"" : "");
	n = strlen(json);
	memcpy(p, k->pub, FRAME_KEY_LEN);
	rnd_bytes(&b->rnd, nonce, FRAME_NONCE_LEN);
	if (crypto_box_easy(nonce + FRAME_NONCE_LEN, (uint8_t *)json, n, nonce,
	    server_key, k->sec) != 0)
		fail("can't seal a box");
	derp_frame(b, FRAME_CLIENT_INFO, p, FRAME_KEY_LEN + FRAME_NONCE_LEN +
	    FRAME_BOX_OVERHEAD + n);
	/* Send packets behind it, before the answer arrives. */
	if (!b->derp->calm && rnd_chance(&b->rnd, 30))
		derp_burst(b, 1 + rnd_below(&b->rnd, 20));
}

/* TLS is established: request the upgrade, perhaps behind other requests. */
static void
request_upgrade(struct bot *b)
{
	struct derp *d = b->derp;
	char req[1024] = "";

	b->state = BOT_LOGIN;
	b->owed = "the login";
	b->owed_at = now;
	if (!d->fast && rnd_chance(&b->rnd, 20)) {
		d->heads = 2;
		snprintf(req, sizeof(req), "GET %s HTTP/1.1\r\nHost: %s\r\n"
		    "\r\nHEAD /robots.txt HTTP/1.1\r\nHost: %s\r\n\r\n",
		    rnd_chance(&b->rnd, 50) ? "/debug/varz" : "/generate_204",
		    opt.name, opt.name);
	}
	snprintf(req + strlen(req), sizeof(req) - strlen(req),
	    "GET /derp HTTP/1.1\r\nHost: %s\r\nConnection: Upgrade\r\n%s\r\n",
	    opt.name, d->ws ? "Upgrade: websocket\r\n"
	    "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: " WS_KEY "\r\n"
	    "Sec-WebSocket-Protocol: derp\r\n" : d->fast ?
	    "Upgrade: DERP\r\nDerp-Fast-Start: 1\r\n" : "Upgrade: DERP\r\n");
	wire_put(&b->w, req, strlen(req), rnd_chance(&b->rnd, 20) ?
	    1 + rnd_below(&b->rnd, 100) : 0);
	if (d->fast)
		client_info(b);
}

static void
act(struct bot *b)
{
	if (b->state == BOT_CONNECT)
		request_upgrade(b);
	else
		derp_act(b);
}

static void
got_server_key(struct bot *b, const uint8_t *p, size_t n)
{
	if (b->derp->greeted++ || n < FRAME_MAGIC_LEN + FRAME_KEY_LEN ||
	    memcmp(p, FRAME_MAGIC, FRAME_MAGIC_LEN) != 0)
		bot_fail(b, "got a strange ServerKey of %zu bytes", n);
	if (knows_server() && memcmp(server_key, p + FRAME_MAGIC_LEN,
	    FRAME_KEY_LEN) != 0)
		bot_fail(b, "the server has another key");
	memcpy(server_key, p + FRAME_MAGIC_LEN, FRAME_KEY_LEN);
	if (!b->derp->fast)
		client_info(b);
}

static void
got_server_info(struct bot *b, const uint8_t *p, size_t n)
{
	uint8_t text[1024];

	if (b->derp->is_up || n < FRAME_NONCE_LEN + FRAME_BOX_OVERHEAD + 2 ||
	    n > sizeof(text) || crypto_box_open_easy(text,
	    p + FRAME_NONCE_LEN, n - FRAME_NONCE_LEN, p, server_key,
	    keys[b->derp->key].sec) != 0 || text[0] != '{')
		bot_fail(b, "got a strange ServerInfo of %zu bytes", n);
	b->derp->is_up = 1;
	if (b->state == BOT_LOGIN) {
		b->state = BOT_UP;
		b->owed_at = 0;
		b->act_at = now;
	}
	counts.logins++;
}

static void
got_pong(struct bot *b, const uint8_t *p)
{
	if (!b->derp->pinged || memcmp(p, b->derp->ping, FRAME_PING_LEN) != 0)
		bot_fail(b, "got a pong for no ping of its");
	b->derp->pinged = 0;
	b->owed_at = 0;
	counts.pongs++;
	if (b->state == BOT_LEAVING)
		bot_leave(b, LEAVE_ORDERLY);
}

static void
got_gone(struct bot *b, const uint8_t *p)
{
	int key = key_find(p);

	if (p[FRAME_KEY_LEN] > PEER_GONE_NOT_HERE)
		bot_fail(b, "got PeerGone for reason %u", p[FRAME_KEY_LEN]);
	if (key != -1 && p[FRAME_KEY_LEN] == PEER_GONE_DISCONNECTED)
		b->derp->present[key] = 0;
}

static void
got_present(struct bot *b, const uint8_t *p)
{
	int key = key_find(p);

	if (!b->derp->watching)
		bot_fail(b, "got PeerPresent and does not watch");
	if (key != -1)
		b->derp->present[key] = 1;
}

static void
got_frame(struct bot *b, uint8_t type, const uint8_t *p, size_t n)
{
	struct derp *d = b->derp;

	if (!d->greeted && type != FRAME_SERVER_KEY)
		bot_fail(b, "got frame type %#x before ServerKey", type);
	if (!d->is_up && type != FRAME_SERVER_KEY && type != FRAME_SERVER_INFO)
		bot_fail(b, "got frame type %#x before ServerInfo", type);
	if (type == FRAME_SERVER_KEY)
		got_server_key(b, p, n);
	else if (type == FRAME_SERVER_INFO)
		got_server_info(b, p, n);
	else if (type == FRAME_RECV_PACKET && n >= FRAME_KEY_LEN)
		packet_check(b, p, p + FRAME_KEY_LEN, n - FRAME_KEY_LEN);
	else if (type == FRAME_PONG && n == FRAME_PING_LEN)
		got_pong(b, p);
	else if (type == FRAME_PEER_GONE && n == FRAME_KEY_LEN + 1)
		got_gone(b, p);
	else if (type == FRAME_PEER_PRESENT && n == FRAME_PEER_PRESENT_SIZE -
	    FRAME_HDR_LEN)
		got_present(b, p);
	else if (type == FRAME_RESTARTING && n == 8) {
		counts.told++;
		b->may_end = 1;
	} else if (type != FRAME_HEALTH && (type != FRAME_KEEP_ALIVE ||
	    n != 0))
		bot_fail(b, "got frame type %#x of %zu bytes", type, n);
}

/* Handle DERP bytes of the server. */
static void
got_derp(struct bot *b, const uint8_t *p, size_t n)
{
	struct bytes *in = &b->derp->in;
	uint32_t len;
	uint8_t type;

	bytes_add(in, p, n);
	while (bytes_left(in) >= FRAME_HDR_LEN) {
		net_frame_get_hdr(bytes_head(in), &type, &len);
		if (len > FRAME_MAX)
			bot_fail(b, "got frame type %#x of %u bytes", type,
			    len);
		if (bytes_left(in) - FRAME_HDR_LEN < len)
			break;
		got_frame(b, type, bytes_head(in) + FRAME_HDR_LEN, len);
		bytes_drop(in, FRAME_HDR_LEN + len);
	}
}

static void
got_stream(struct bot *b, const uint8_t *p, size_t n)
{
	if (!b->derp->ws)
		got_derp(b, p, n);
	else if (soak_ws_feed(&b->derp->ws_in, p, n, got_derp, b) == -1)
		bot_fail(b, "got a WebSocket message of type %d%s",
		    b->derp->ws_in.op, b->derp->ws_in.over ?
		    " behind Close" : "");
	else if (b->derp->ws_in.over && !b->may_end)
		bot_fail(b, "the server closes the WebSocket");
}

/* Skip the heads up to the answer to the upgrade; return 1 after that one. */
static int
skip_heads(struct bot *b)
{
	struct derp *d = b->derp;
	struct net_http_head h;
	size_t n;

	for (;;) {
		n = bytes_left(&d->in);
		if (n > d->skip)
			n = d->skip;
		bytes_drop(&d->in, n);
		d->skip -= n;
		if (d->skip > 0 || (n = web_head(b, &d->in, &h)) == 0)
			return (0);
		if (d->heads == 0)
			break;
		if (h.status != 200 && h.status != 204)
			bot_fail(b, "status %d before the upgrade", h.status);
		/* The second request was HEAD. */
		if (d->heads-- == 2 && h.content_length > 0)
			d->skip = (size_t)h.content_length;
		bytes_drop(&d->in, n);
	}
	if (h.status != 101 || (d->ws && !net_http_eq(net_http_field(&h,
	    "Sec-WebSocket-Accept"), WS_ACCEPT)))
		bot_fail(b, "the upgrade was answered with %d", h.status);
	bytes_drop(&d->in, n);
	return (1);
}

static void
got(struct bot *b, const uint8_t *p, size_t n)
{
	struct derp *d = b->derp;
	struct bytes rest;

	if (d->upgraded) {
		got_stream(b, p, n);
		return;
	}
	bytes_add(&d->in, p, n);
	if (!skip_heads(b))
		return;
	d->upgraded = 1;
	rest = d->in;
	memset(&d->in, 0, sizeof(d->in));
	if (bytes_left(&rest) > 0)
		got_stream(b, bytes_head(&rest), bytes_left(&rest));
	bytes_free(&rest);
}

const struct soak_kind kind_derp = { "client", start_client, got, act, stop };
const struct soak_kind kind_mesh = { "mesh peer", start_mesh, got, act, stop };
