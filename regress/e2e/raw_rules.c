/*
 * raw_rules: cases about counters and choices of the server: homes, the active
 * one of several connections, a node that watches itself.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <sodium.h>

#include "hex.h"
#include "raw.h"

#define VARZ_MAX	(256 * 1024)

/* Return the current value of the metric `name' from the plain port. */
static long
metric(const char *name)
{
	static char text[VARZ_MAX], want[128];
	struct raw_conn *c = conn_tcp(opt.plain);
	size_t len = 0;
	ssize_t n;
	char *p;

	snprintf(text, sizeof(text), "GET /debug/varz HTTP/1.1\r\nHost: %s\r\n"
	    "Connection: close\r\n\r\n", opt.name);
	conn_write(c, text, strlen(text));
	while ((n = conn_read(c, text + len, sizeof(text) - len - 1,
	    WAIT_MS)) > 0)
		len += (size_t)n;
	conn_close(c, 0);
	text[len] = '\0';
	snprintf(want, sizeof(want), "\n%s ", name);
	if (n != 0 || (p = strstr(text, want)) == NULL)
		fail("no metric %s", name);
	return (strtol(p + strlen(want), NULL, 10));
}

static void
want_homes(long want, const char *when)
{
	long n = metric("derp_current_home_connections");

	if (n != want)
		fail("%ld home connections, not %ld, %s", n, want, when);
}

/* Wait for that value, which follows a closed connection with a delay. */
static void
await_homes(long want, const char *when)
{
	int64_t until = now_ms() + WAIT_MS;

	while (metric("derp_current_home_connections") != want &&
	    now_ms() < until)
		usleep(20000);
	want_homes(want, when);
}

/* Send NotePreferred, and wait until the server has handled it. */
static void
prefer(struct sess *s, uint8_t home)
{
	sess_send(s, FRAME_NOTE_PREFERRED, &home, 1);
	want_alive(s);
}

/*
 * The gauge of home connections follows the last NotePreferred of each
 * connection (derp(7), section 1), repeated or not, and ends with it.
 */
void
home_gauge(void)
{
	struct sess *a, *a2, *b;

	if (opt.plain == NULL) {
		report("left out: no plain port was given");
		return;
	}
	await_homes(0, "at first");
	a = sess_login();
	b = sess_login();
	a2 = sess_login_dup(a);
	want_homes(0, "before any said so");
	prefer(a, 0);
	want_homes(0, "after one said no");
	prefer(a, 1);
	want_homes(1, "after one said yes");
	prefer(a, 1);
	prefer(a, 2);
	prefer(a, 255);
	want_homes(1, "after the same in other words");
	prefer(b, 255);
	prefer(a2, 1);
	want_homes(3, "after each connection said yes");
	prefer(b, 0);
	prefer(b, 0);
	want_homes(2, "after one said no twice");
	sess_close(b, 0);
	sess_close(a, 0);
	await_homes(1, "after one of a key was closed");
	sess_close(a2, 1);
	await_homes(0, "after a reset");
	b = sess_login();
	prefer(b, 1);
	want_homes(1, "after all that");
	/* A frame that ends the connection. */
	sess_send(b, FRAME_NOTE_PREFERRED, "", 0);
	want_end(b, "NotePreferred of 0");
	sess_close(b, 0);
	await_homes(0, "after an error");
	report("the gauge went up and down with what each said last");
}

/*
 * Return 1 if `s' gets a packet that `from' sends to its key, 0 if `other'
 * does.
 */
static int
gets(struct sess *s, struct sess *other, struct sess *from, unsigned int n)
{
	struct sess *v[2] = { s, other };
	uint8_t p[4] = { 0, (uint8_t)(n >> 16), (uint8_t)(n >> 8),
	    (uint8_t)n };
	int64_t until = now_ms() + WAIT_MS;
	struct frame *f;
	int i;

	sess_packet(from, s->pub, p, sizeof(p));
	for (;;)
		for (i = 0; i < 2; i++) {
			if (now_ms() > until)
				fail("packet %u was not received", n);
			if ((f = sess_try_next(v[i], 5)) == NULL)
				continue;
			if (f->type != FRAME_RECV_PACKET ||
			    f->len != FRAME_KEY_LEN + sizeof(p) ||
			    memcmp(f->p + FRAME_KEY_LEN, p, sizeof(p)) != 0)
				fail("got frame type %#x", f->type);
			return (i == 0);
		}
}

/*
 * Require that `s' becomes the active one of its key by a frame of this type.
 */
static void
becomes_active(struct sess *s, struct sess *other, struct sess *from,
    uint8_t type, size_t len)
{
	static const uint8_t zeros[70000];
	static unsigned int n;
	int64_t until = now_ms() + WAIT_MS;

	if (gets(s, other, from, ++n))
		fail("it was active before a frame of type %#x", type);
	sess_send(s, type, zeros, len);
	/* A ping would be activity too: find out where packets arrive. */
	while (!gets(s, other, from, ++n))
		if (now_ms() > until)
			fail("frame type %#x of %zu bytes is not activity",
			    type, len);
}

/*
 * Any frame is activity (derp(7), section 3), a skipped one too: packets go to
 * the connection of a key that sent one last.
 */
void
dup_activity(void)
{
	static const struct {
		uint8_t type;
		size_t len;
	} t[] = {
		{ 0x7e, 0 }, { 0x7e, 70000 }, { 0xff, 8 }, { FRAME_PONG, 8 },
		{ FRAME_KEEP_ALIVE, 0 }, { FRAME_HEALTH, 5 },
		{ FRAME_NOTE_PREFERRED, 1 }
	};
	struct sess *from = sess_login(), *v[2];
	size_t i;

	v[0] = sess_login();
	v[1] = sess_login_dup(v[0]);
	for (i = 0; i < sizeof(t) / sizeof(t[0]); i++)
		becomes_active(v[i % 2], v[1 - i % 2], from, t[i].type,
		    t[i].len);
	report("%zu kinds of frames were activity", i);
	sess_close(v[0], 0);
	sess_close(v[1], 0);
	sess_close(from, 0);
}

/* Read the next frame, the PeerPresent of a key; return its flags. */
static uint8_t
next_present(struct sess *s)
{
	struct frame *f = sess_next(s);

	if (f->type != FRAME_PEER_PRESENT ||
	    f->len != FRAME_PEER_PRESENT_SIZE - FRAME_HDR_LEN)
		fail("got frame type %#x of %u bytes, wanted PeerPresent",
		    f->type, f->len);
	return (f->p[FRAME_KEY_LEN + 16 + 2]);
}

/* Require that the next frame is the PeerPresent of `key', with these flags. */
static void
want_present(struct sess *s, const uint8_t *key, uint8_t flags)
{
	uint8_t got = next_present(s);

	if (memcmp(s->frame.p, key, FRAME_KEY_LEN) != 0)
		fail("PeerPresent of another key");
	if (got != flags)
		fail("PeerPresent with flags %#x, not %#x", got, flags);
}

/* Read the server's own private key from its key file. */
static void
own_key(struct sess *s)
{
	char text[512], *p;
	FILE *f = fopen(opt.key, "r");
	size_t n;

	if (f == NULL)
		fail("%s: not there", opt.key);
	n = fread(text, 1, sizeof(text) - 1, f);
	fclose(f);
	text[n] = '\0';
	if ((p = strstr(text, "privkey:")) == NULL ||
	    base_hex_get(s->sec, sizeof(s->sec), p + 8) == -1)
		fail("%s: no private key in it", opt.key);
	crypto_scalarmult_base(s->pub, s->sec);
	if (memcmp(s->pub, server_key(), sizeof(s->pub)) != 0)
		fail("%s is not the key of this server", opt.key);
}

/*
 * A node that connects to itself logs in with the server's own key.  It is
 * served like any mesh peer, and others are notified of it, but as a watcher it
 * gets no notifications (derp(7), section 4).
 */
void
self_watch(void)
{
	struct sess *self, *w, *a;

	if (opt.mesh[0] == '\0' || opt.key == NULL) {
		report("left out: no mesh key or no key file was given");
		return;
	}
	w = sess_login_mesh();
	sess_send(w, FRAME_WATCH_CONNS, "", 0);
	want_present(w, w->pub, PEER_MESH);
	self = sess_new(conn_tls(NULL));
	own_key(self);
	sess_login_as_mesh(self);
	want_present(w, self->pub, PEER_MESH);
	/* Neither existing connections nor later changes. */
	sess_send(self, FRAME_WATCH_CONNS, "", 0);
	want_alive(self);
	a = sess_login();
	want_present(w, a->pub, PEER_REGULAR);
	exchange(a, self);
	want_alive(self);
	sess_packet(self, self->pub, "to myself", 9);
	want_packet(self, self->pub, "to myself", 9);
	sess_close(self, 0);
	want_gone(w, server_key(), PEER_GONE_DISCONNECTED);
	want_gone(a, server_key(), PEER_GONE_DISCONNECTED);
	sess_close(a, 0);
	sess_close(w, 0);
	report("the node was served and announced, and got no notifications");
}
