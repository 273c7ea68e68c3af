/*
 * raw_ws: a case about the end of a WebSocket (RFC 6455).  All masks are zero,
 * so that payloads are unchanged.
 */
#include <stdlib.h>
#include <string.h>

#include "raw.h"

#define BINARY	0x82		/* first byte of a whole message */
#define TEXT	0x81
#define CLOSE	0x88
#define MASKED	0x80

static void
send_message(struct sess *s, uint8_t type, const void *p, size_t n)
{
	uint8_t hdr[6] = { type, (uint8_t)(MASKED | n) };

	if (n > 125)
		fail("a message of %zu bytes is too long for this", n);
	conn_write(s->c, hdr, sizeof(hdr));
	conn_write(s->c, p, n);
}

/* Read exactly `n' bytes to `p'; return 0, or -1 at the end. */
static int
read_exact(struct sess *s, uint8_t *p, size_t n)
{
	size_t k;
	ssize_t got;

	k = s->len - s->off < n ? s->len - s->off : n;
	memcpy(p, s->buf + s->off, k);
	s->off += k;
	for (; k < n; k += (size_t)got)
		if ((got = conn_read(s->c, p + k, n - k, WAIT_MS)) <= 0)
			return (-1);
	return (0);
}

/*
 * Return the first byte of the next message, its payload in `p'; 0 at the end.
 */
static uint8_t
next_message(struct sess *s, uint8_t *p, size_t size, size_t *n)
{
	uint8_t hdr[4];

	if (read_exact(s, hdr, 2) == -1)
		return (0);
	*n = hdr[1];
	if (*n == 126) {
		if (read_exact(s, hdr + 2, 2) == -1)
			fail("a message ends in its header");
		*n = (size_t)hdr[2] << 8 | hdr[3];
	}
	if (*n > size || hdr[1] > 126)
		fail("a message of type %#x and %#x bytes", hdr[0], hdr[1]);
	if (read_exact(s, p, *n) == -1)
		fail("a message ends in its payload");
	return (hdr[0]);
}

static struct sess *
login(const struct tls_how *how)
{
	static const char up[] = "GET /derp HTTP/1.1\r\nHost: relay.test\r\n"
	    "Connection: Upgrade\r\nUpgrade: websocket\r\n"
	    "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Protocol: derp\r\n"
	    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n";
	struct sess *s = sess_new(conn_tls(how));
	uint8_t p[1024], *info;
	char head[4096];
	size_t n;

	conn_write(s->c, up, strlen(up));
	if (read_head(s, head, sizeof(head)) != 101)
		fail("no WebSocket: %s", head);
	if (next_message(s, p, sizeof(p), &n) != BINARY ||
	    p[0] != FRAME_SERVER_KEY)
		fail("no ServerKey in a message");
	info = client_info(s, "{\"version\":2}", 13, &n);
	send_message(s, BINARY, info, n);
	free(info);
	if (next_message(s, p, sizeof(p), &n) != BINARY ||
	    p[0] != FRAME_SERVER_INFO)
		fail("no ServerInfo in a message");
	return (s);
}

/*
 * A text message ends the connection with a close frame; packets that wait for
 * the client are not sent behind it.
 */
void
ws_close_last(void)
{
	struct tls_how how = { .rcvbuf = 4096 };
	struct sess *s = sess_login(), *w;
	static uint8_t pkt[10000];
	uint8_t p[16384], type;
	int i, closed = 0;
	size_t n;

	w = login(&how);
	for (i = 0; i < 100; i++)
		sess_packet(s, w->pub, pkt, sizeof(pkt));
	want_alive(s);
	send_message(w, TEXT, "text", 4);
	while ((type = next_message(w, p, sizeof(p), &n)) != 0) {
		if (closed)
			fail("a message of type %#x behind Close", type);
		if (type != BINARY && (type != CLOSE || n < 2))
			fail("a message of type %#x and %zu bytes", type, n);
		closed = type == CLOSE;
	}
	if (!closed)
		fail("ended without Close");
	want_alive(s);
	sess_close(s, 0);
	sess_close(w, 0);
	report("Close was the last message");
}
