/*
 * raw_sess: DERP sessions of the test driver: upgrade, login, frames in both
 * directions, and the checks that cases consist of.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <sodium.h>

#include "raw.h"

#define JSON_PLAIN	"{\"version\":2,\"CanAckPings\":true}"

const char *
upgrade_head(int fast)
{
	static char head[512];

	snprintf(head, sizeof(head), "GET /derp HTTP/1.1\r\nHost: %s\r\n"
	    "Connection: Upgrade\r\nUpgrade: DERP\r\n%s\r\n", opt.name,
	    fast ? "Derp-Fast-Start: 1\r\n" : "");
	return (head);
}

struct sess *
sess_new(struct raw_conn *c)
{
	struct sess *s = calloc(1, sizeof(*s));

	if (s == NULL)
		fail("out of memory");
	s->c = c;
	crypto_box_keypair(s->pub, s->sec);
	return (s);
}

/* Read more into the session's buffer; as conn_read(). */
static ssize_t
more(struct sess *s, int64_t ms)
{
	uint8_t *p;
	ssize_t n;

	if (s->off > 0) {
		memmove(s->buf, s->buf + s->off, s->len - s->off);
		s->len -= s->off;
		s->off = 0;
	}
	if (s->cap - s->len < 65536) {
		p = realloc(s->buf, s->cap + 262144);
		if (p == NULL)
			fail("out of memory");
		s->buf = p;
		s->cap += 262144;
	}
	n = conn_read(s->c, s->buf + s->len, s->cap - s->len, ms);
	if (n > 0)
		s->len += (size_t)n;
	return (n);
}

/* Return the length of the head at the front of the buffer, 0 if partial. */
static size_t
head_len(const struct sess *s)
{
	size_t i;

	for (i = s->off; i + 4 <= s->len; i++)
		if (memcmp(s->buf + i, "\r\n\r\n", 4) == 0)
			return (i + 4 - s->off);
	return (0);
}

int
read_head(struct sess *s, char *head, size_t size)
{
	int64_t until = now_ms() + WAIT_MS;
	int status, minor;
	size_t n;

	while ((n = head_len(s)) == 0)
		if (more(s, until - now_ms()) <= 0)
			return (0);
	if (n >= size)
		fail("reply head of %zu bytes", n);
	memcpy(head, s->buf + s->off, n);
	head[n] = '\0';
	s->off += n;
	if (sscanf(head, "HTTP/1.%d %3d", &minor, &status) != 2)
		fail("reply is not HTTP: %.40s", head);
	return (status);
}

uint8_t *
client_info(struct sess *s, const char *json, size_t json_len, size_t *n)
{
	size_t payload = FRAME_KEY_LEN + FRAME_NONCE_LEN +
	    FRAME_BOX_OVERHEAD + json_len;
	uint8_t *p = malloc(FRAME_HDR_LEN + payload), *nonce;

	if (p == NULL)
		fail("out of memory");
	net_frame_put_hdr(p, FRAME_CLIENT_INFO, (uint32_t)payload);
	memcpy(p + FRAME_HDR_LEN, s->pub, FRAME_KEY_LEN);
	nonce = p + FRAME_HDR_LEN + FRAME_KEY_LEN;
	randombytes_buf(nonce, FRAME_NONCE_LEN);
	if (crypto_box_easy(nonce + FRAME_NONCE_LEN, (const uint8_t *)json,
	    json_len, nonce, server_key(), s->sec) != 0)
		fail("can't seal a box");
	*n = FRAME_HDR_LEN + payload;
	return (p);
}

/* Read ServerKey; store its key in `key'. */
static void
want_server_key(struct sess *s, uint8_t *key)
{
	struct frame *f = sess_next(s);

	if (f->type != FRAME_SERVER_KEY ||
	    f->len < FRAME_MAGIC_LEN + FRAME_KEY_LEN ||
	    memcmp(f->p, FRAME_MAGIC, FRAME_MAGIC_LEN) != 0)
		fail("first frame is type %#x of %u bytes, not ServerKey",
		    f->type, f->len);
	memcpy(key, f->p + FRAME_MAGIC_LEN, FRAME_KEY_LEN);
}

/* Read ServerInfo and open its box. */
static void
want_server_info(struct sess *s)
{
	struct frame *f = sess_next(s);
	uint8_t text[4096];

	if (f->type != FRAME_SERVER_INFO || f->len < FRAME_NONCE_LEN +
	    FRAME_BOX_OVERHEAD || f->len > sizeof(text))
		fail("got type %#x of %u bytes, not ServerInfo", f->type,
		    f->len);
	if (crypto_box_open_easy(text, f->p + FRAME_NONCE_LEN,
	    f->len - FRAME_NONCE_LEN, f->p, server_key(), s->sec) != 0)
		fail("the box of ServerInfo does not open");
	if (text[0] != '{')
		fail("ServerInfo is not a JSON object");
	snprintf(s->info, sizeof(s->info), "%.*s", (int)(f->len -
	    FRAME_NONCE_LEN - FRAME_BOX_OVERHEAD), (const char *)text);
}

static void
upgrade(struct sess *s, uint8_t *key)
{
	char head[4096];
	int status;

	conn_write(s->c, upgrade_head(0), strlen(upgrade_head(0)));
	status = read_head(s, head, sizeof(head));
	if (status != 101)
		fail("upgrade was answered with %d, wanted 101", status);
	want_server_key(s, key);
}

const uint8_t *
server_key(void)
{
	static uint8_t key[FRAME_KEY_LEN];
	static int known;
	struct sess *s;

	if (!known) {
		s = sess_new(conn_tls(NULL));
		upgrade(s, key);
		sess_close(s, 0);
		known = 1;
	}
	return (key);
}

struct sess *
sess_upgraded(void)
{
	struct sess *s = sess_new(conn_tls(NULL));
	uint8_t key[FRAME_KEY_LEN];

	upgrade(s, key);
	return (s);
}

static void
login(struct sess *s, const char *json)
{
	uint8_t key[FRAME_KEY_LEN], *info;
	size_t n;

	upgrade(s, key);
	if (memcmp(key, server_key(), sizeof(key)) != 0)
		fail("the server's key changed");
	info = client_info(s, json, strlen(json), &n);
	conn_write(s->c, info, n);
	free(info);
	want_server_info(s);
}

struct sess *
sess_login_on(struct raw_conn *c, const char *json)
{
	struct sess *s = sess_new(c);

	login(s, json != NULL ? json : JSON_PLAIN);
	return (s);
}

struct sess *
sess_login(void)
{
	return (sess_login_on(conn_tls(NULL), NULL));
}

void
fixed_keys(unsigned int n, uint8_t pub[32], uint8_t sec[32])
{
	uint8_t seed[crypto_box_SEEDBYTES];

	memset(seed, (int)n, sizeof(seed));
	crypto_box_seed_keypair(pub, sec, seed);
}

struct sess *
sess_login_fixed_as(unsigned int n, const char *json)
{
	struct sess *s = sess_new(conn_tls(NULL));

	fixed_keys(n, s->pub, s->sec);
	login(s, json);
	return (s);
}

struct sess *
sess_login_fixed(unsigned int n)
{
	return (sess_login_fixed_as(n, JSON_PLAIN));
}

/* Why the last login was refused. */
static char refusal[256];

/* Connect as client `n' and send ClientInfo. */
static struct sess *
half_login(unsigned int n)
{
	struct sess *s = sess_new(conn_tls(NULL));
	uint8_t key[FRAME_KEY_LEN], *info;
	size_t len;

	fixed_keys(n, s->pub, s->sec);
	upgrade(s, key);
	info = client_info(s, JSON_PLAIN, strlen(JSON_PLAIN), &len);
	conn_write(s->c, info, len);
	free(info);
	return (s);
}

struct sess *
sess_try_login_fixed(unsigned int n)
{
	struct sess *s = half_login(n);
	int64_t until = now_ms() + WAIT_MS;
	const struct frame *f;

	do {
		f = sess_try_next(s, 20);
		if (f != NULL && f->type == FRAME_SERVER_INFO)
			return (s);
		if (f != NULL || now_ms() > until)
			fail("a login got neither ServerInfo nor a reason");
	} while (s->health[0] == '\0');
	snprintf(refusal, sizeof(refusal), "%s", s->health);
	sess_close(s, 0);
	return (NULL);
}

void
want_login_refused(unsigned int n, const char *why)
{
	if (sess_try_login_fixed(n) != NULL)
		fail("client %u is admitted: `%s' was wanted", n, why);
	if (strstr(refusal, why) == NULL)
		fail("the server says `%s', not `%s'", refusal, why);
}

void
sess_login_as_mesh(struct sess *s)
{
	char json[256];

	snprintf(json, sizeof(json), "{\"version\":2,\"CanAckPings\":true,"
	    "\"meshKey\":\"%s\"}", opt.mesh);
	login(s, json);
}

struct sess *
sess_login_mesh(void)
{
	struct sess *s = sess_new(conn_tls(NULL));

	sess_login_as_mesh(s);
	return (s);
}

struct sess *
sess_login_dup(const struct sess *s)
{
	struct sess *d = sess_new(conn_tls(NULL));

	memcpy(d->pub, s->pub, sizeof(d->pub));
	memcpy(d->sec, s->sec, sizeof(d->sec));
	login(d, JSON_PLAIN);
	return (d);
}

void
sess_send(struct sess *s, uint8_t type, const void *p, size_t n)
{
	uint8_t *b = malloc(FRAME_HDR_LEN + n);

	if (b == NULL)
		fail("out of memory");
	net_frame_put_hdr(b, type, (uint32_t)n);
	if (n > 0)
		memcpy(b + FRAME_HDR_LEN, p, n);
	conn_write(s->c, b, FRAME_HDR_LEN + n);
	free(b);
}

void
sess_packet(struct sess *s, const uint8_t *key, const void *p, size_t n)
{
	uint8_t *b = malloc(FRAME_KEY_LEN + n);

	if (b == NULL)
		fail("out of memory");
	memcpy(b, key, FRAME_KEY_LEN);
	if (n > 0)
		memcpy(b + FRAME_KEY_LEN, p, n);
	sess_send(s, FRAME_SEND_PACKET, b, FRAME_KEY_LEN + n);
	free(b);
}

void
put_disco(uint8_t *p, size_t n)
{
	memset(p, 'd', n);
	memcpy(p, "TS\xf0\x9f\x92\xac", 6);
}

/* Parse a whole frame from the buffer to s->frame; 1, or 0 without one. */
static int
parse_frame(struct sess *s)
{
	struct frame *f = &s->frame;

	if (s->len - s->off < FRAME_HDR_LEN)
		return (0);
	net_frame_get_hdr(s->buf + s->off, &f->type, &f->len);
	if (f->len > 1024 * 1024)
		fail("the server sent a frame of type %#x with %u bytes",
		    f->type, f->len);
	if (s->len - s->off - FRAME_HDR_LEN < f->len)
		return (0);
	f->p = s->buf + s->off + FRAME_HDR_LEN;
	s->off += FRAME_HDR_LEN + f->len;
	return (1);
}

static void
note_health(struct sess *s)
{
	size_t n = s->frame.len;

	if (n > sizeof(s->health) - 1)
		n = sizeof(s->health) - 1;
	memcpy(s->health, s->frame.p, n);
	s->health[n] = '\0';
}

struct frame *
sess_try_next(struct sess *s, int64_t ms)
{
	int64_t until = now_ms() + ms;

	for (;;) {
		while (parse_frame(s)) {
			if (s->frame.type == FRAME_HEALTH)
				note_health(s);
			else if (s->frame.type != FRAME_KEEP_ALIVE)
				return (&s->frame);
		}
		if (more(s, until - now_ms()) <= 0)
			return (NULL);
	}
}

struct frame *
sess_next(struct sess *s)
{
	struct frame *f = sess_try_next(s, WAIT_MS);

	if (f == NULL)
		fail("%s, a frame was wanted", s->c->eof ?
		    "the connection ended" : "nothing came");
	return (f);
}

void
want_frame(struct sess *s, uint8_t type, const void *p, size_t n)
{
	struct frame *f = sess_next(s);

	if (f->type != type || f->len != n)
		fail("got frame type %#x of %u bytes, wanted %#x of %zu",
		    f->type, f->len, type, n);
	if (n > 0 && memcmp(f->p, p, n) != 0)
		fail("frame type %#x of %zu bytes has other bytes", type, n);
}

void
want_packet(struct sess *s, const uint8_t *src, const void *p, size_t n)
{
	struct frame *f = sess_next(s);

	if (f->type != FRAME_RECV_PACKET || f->len != FRAME_KEY_LEN + n)
		fail("got frame type %#x of %u bytes, wanted a packet of %zu",
		    f->type, f->len, n);
	if (memcmp(f->p, src, FRAME_KEY_LEN) != 0)
		fail("the packet comes from another key");
	if (n > 0 && memcmp(f->p + FRAME_KEY_LEN, p, n) != 0)
		fail("the packet of %zu bytes is damaged", n);
}

void
want_gone(struct sess *s, const uint8_t *key, uint8_t reason)
{
	uint8_t p[FRAME_KEY_LEN + 1];

	memcpy(p, key, FRAME_KEY_LEN);
	p[FRAME_KEY_LEN] = reason;
	want_frame(s, FRAME_PEER_GONE, p, sizeof(p));
}

void
want_alive(struct sess *s)
{
	uint8_t data[FRAME_PING_LEN];

	randombytes_buf(data, sizeof(data));
	sess_send(s, FRAME_PING, data, sizeof(data));
	want_frame(s, FRAME_PONG, data, sizeof(data));
}

void
want_end(struct sess *s, const char *what)
{
	struct frame *f = sess_try_next(s, WAIT_MS);

	if (f != NULL)
		fail("%s: got frame type %#x, wanted the end", what, f->type);
	if (!s->c->eof)
		fail("%s: the connection is still there", what);
}

void
want_end_why(struct sess *s, const char *why)
{
	want_end(s, why);
	if (strstr(s->health, why) == NULL)
		fail("the server says `%s', not `%s'", s->health, why);
}

void
exchange(struct sess *a, struct sess *b)
{
	uint8_t p[100];

	randombytes_buf(p, sizeof(p));
	sess_packet(a, b->pub, p, sizeof(p));
	want_packet(b, a->pub, p, sizeof(p));
	sess_packet(b, a->pub, p, 50);
	want_packet(a, b->pub, p, 50);
}

void
sess_close(struct sess *s, int reset)
{
	conn_close(s->c, reset);
	free(s->buf);
	free(s);
}
