/*
 * Fuzz target: what a relay sends to a client of the checks.  The first byte is
 * a tab: all that follows; else ServerInfo of so many bytes, sealed here, and
 * then the frames of a session: each a type, a length and so many bytes; or "P"
 * and the same for a packet from the client itself; or "R" and all that is left
 * as it is.  A login that succeeds is complete, one that fails has a reason,
 * and the session ends with what was sent.
 */
#include <sys/socket.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <sodium.h>

#include "testpackets.h"

#define INPUT	4096		/* bytes at most: they wait in a socket */
#define MS	200		/* waited for when pongs fill the socket */
#define SWITCH	"HTTP/1.1 101 Switching Protocols\r\n"			\
		"Upgrade: DERP\r\nConnection: Upgrade\r\n\r\n"

int	LLVMFuzzerTestOneInput(const uint8_t *, size_t);

static const uint8_t	own[FRAME_KEY_LEN] = { 1 };
static const uint8_t	server[FRAME_KEY_LEN] = { 2 };

/* What the relay sends, in one piece: many small ones fill a socket. */
struct script {
	uint8_t	p[INPUT * FRAME_HDR_LEN * 4];
	size_t	n;
};

static void
put(struct script *s, const void *p, size_t len)
{
	if (len > sizeof(s->p) - s->n)
		abort();
	memcpy(s->p + s->n, p, len);
	s->n += len;
}

/* Write the login up to ServerInfo with this text. */
static void
put_login(struct script *s, const uint8_t *text, size_t len)
{
	uint8_t key[FRAME_KEY_LEN], hdr[FRAME_HDR_LEN], frame[512] = { 0 };
	uint8_t hello[FRAME_SERVER_KEY_SIZE];
	uint8_t *const box = frame + FRAME_NONCE_LEN;

	(void)crypto_scalarmult_base(key, server);
	put(s, SWITCH, sizeof(SWITCH) - 1);
	put(s, hello, net_frame_put_server_key(hello, key));
	(void)crypto_scalarmult_base(key, own);
	if (crypto_box_easy(box, text, len, frame, key, server) == -1)
		abort();
	len += FRAME_NONCE_LEN + FRAME_BOX_OVERHEAD;
	net_frame_put_hdr(hdr, FRAME_SERVER_INFO, (uint32_t)len);
	put(s, hdr, sizeof(hdr));
	put(s, frame, len);
}

/* Write the frames of a session. */
static void
put_frames(struct script *s, const uint8_t *p, size_t len)
{
	uint8_t hdr[FRAME_HDR_LEN], key[FRAME_KEY_LEN];
	size_t n;

	(void)crypto_scalarmult_base(key, own);
	for (; len >= 2 && *p != 'R'; p += 2 + n, len -= 2 + n) {
		n = p[1] < len - 2 ? p[1] : len - 2;
		net_frame_put_hdr(hdr, *p == 'P' ? FRAME_RECV_PACKET : *p,
		    (uint32_t)(n + (*p == 'P' ? sizeof(key) : 0)));
		put(s, hdr, sizeof(hdr));
		if (*p == 'P')
			put(s, key, sizeof(key));
		put(s, p + 2, n);
	}
	if (len > 0)
		put(s, p + 1, len - 1);
}

/* Take packets until the session ends. */
static void
session(struct check_client *c)
{
	struct check_packets w;
	enum check_packet got;
	uint32_t n;

	if (check_packets_init(&w, c, c) == -1)
		abort();
	do {
		got = check_packets_wait(&w, 62, 0, &n, net_stream_until(MS));
	} while (got != RUN_TAKER_ENDED && got != RUN_LOST);
	if (got != RUN_TAKER_ENDED || memchr(c->health, '\0',
	    sizeof(c->health)) == NULL)
		abort();
	check_packets_free(&w);
}

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t len)
{
	const struct net_derpclient_opts o = { .host = "relay.test",
	    .trust = STREAM_PLAIN };
	struct check_client c = { .name = "a" };
	static struct script s;
	int sv[2], rv;
	size_t n;

	s.n = 0;
	if (len < 1 || len > INPUT)
		return (0);
	if (socketpair(AF_UNIX, SOCK_STREAM, 0, sv) == -1 ||
	    (c.d = net_derpclient_new()) == NULL)
		abort();
	net_derpclient_use_key(c.d, own);
	n = *p++;
	len--;
	if (n == '\t')
		put(&s, p, len);
	else {
		n = n < len ? n : len;
		put_login(&s, p, n);
		put_frames(&s, p + n, len - n);
	}
	if (write(sv[0], s.p, s.n) != (ssize_t)s.n)
		abort();
	(void)shutdown(sv[0], SHUT_WR);
	rv = net_derpclient_open_fd(c.d, sv[1], &o, MS);
	if ((rv == 0) != (net_derpclient_phase(c.d) == DERPCLIENT_OPEN) ||
	    (rv == -1 && (net_derpclient_error(c.d)[0] == '\0' ||
	    net_derpclient_cause(c.d) == DERPCLIENT_TIMEOUT)))
		abort();
	if (rv == 0)
		session(&c);
	net_derpclient_free(c.d);
	(void)close(sv[0]);
	return (0);
}
