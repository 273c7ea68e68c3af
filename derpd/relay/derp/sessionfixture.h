/*
 * sessionfixture: Shared by the tests of sessions: a client, the bytes that it
 * sends, and the calls that these cause.
 */
#ifndef SESSIONFIXTURE_H
#define SESSIONFIXTURE_H

#include <atf-c.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "relayconf.h"
#include "session.h"

#define SECOND	1000000

/* The calls of the session, a line each. */
static char	calls[64 * 1024];
static size_t	ncalls;			/* bytes of it */
static int	closed, nobody;		/* nobody: no key is connected */
static uint64_t	waited;			/* us, total */

static struct derp_session	s;
static struct ipc_relay_conf	conf;
static struct conn_stats	stats;
static uint64_t			now;

/* A stream under construction. */
static uint8_t	stream[2 * 1024 * 1024];
static size_t	len;

static inline void __attribute__((format(printf, 1, 2)))
call(const char *fmt, ...)
{
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vsnprintf(calls + ncalls, sizeof(calls) - ncalls, fmt, ap);
	va_end(ap);
	ATF_REQUIRE(n >= 0 && (size_t)n < sizeof(calls) - ncalls);
	ncalls += (size_t)n;
}

/* A checksum of the bytes that are passed on. */
static unsigned int
sum(const uint8_t *p, size_t n)
{
	unsigned int v = 1;

	while (n-- > 0)
		v = v * 31 + *p++;
	return (v);
}

static int
on_packet(struct derp_session *d, const uint8_t *dst, const uint8_t *src,
    const uint8_t *p, size_t n)
{
	ATF_CHECK(d == &s);
	call("packet %c>%c %zu %x\n", src[0], dst[0], n, sum(p, n));
	return (nobody ? -1 : 0);
}

static void
on_send(struct derp_session *d, const void *p, size_t n)
{
	const uint8_t *b = p;

	ATF_CHECK(d == &s);
	call("send %u %zu %x\n", b[0], n, sum(p, n));
}

static void
on_pong(struct derp_session *d)
{
	call("pong %zu\n", conn_buf_left(&d->pongs) / FRAME_PING_LEN);
}

static void
on_activity(struct derp_session *d)
{
	ATF_CHECK(d == &s);
	call("activity\n");
}

static void
on_watch(struct derp_session *d)
{
	ATF_CHECK(d == &s);
	call("watch\n");
}

static void
on_close_peer(struct derp_session *d, const uint8_t *key)
{
	ATF_CHECK(d == &s);
	call("close_peer %c\n", key[0]);
}

static void
on_wait(struct derp_session *d, uint64_t us)
{
	ATF_CHECK(d == &s);
	waited += us;
}

static void
on_hold(struct derp_session *d)
{
	ATF_CHECK(d == &s);
	call("hold\n");
}

static void
on_close(struct derp_session *d, const char *why)
{
	ATF_CHECK(d == &s);
	call("close %s\n", why);
	closed = 1;
}

static const struct derp_ops ops = {
	.packet = on_packet,
	.send = on_send,
	.pong = on_pong,
	.activity = on_activity,
	.watch = on_watch,
	.close_peer = on_close_peer,
	.wait = on_wait,
	.hold = on_hold,
	.close = on_close
};
static const struct derp_env env = { &ops, &conf, &now, &stats };

/* Set up a client `s' and an empty stream. */
static void
set_up(void)
{
	derp_free(&s);
	memset(&s, 0, sizeof(s));
	memset(&conf, 0, sizeof(conf));
	memset(&stats, 0, sizeof(stats));
	memset(conf.node_key, 'N', sizeof(conf.node_key));
	s.env = &env;
	memset(s.key, 's', sizeof(s.key));
	now = 1000 * (uint64_t)SECOND;
	s.login_us = now;
	nobody = closed = 0;
	waited = 0;
	ncalls = 0;
	calls[0] = '\0';
	len = 0;
}

/* Append a header that announces `n' bytes. */
static void
add_header(uint8_t type, uint32_t n)
{
	ATF_REQUIRE(sizeof(stream) - len >= FRAME_HDR_LEN);
	net_frame_put_hdr(stream + len, type, n);
	len += FRAME_HDR_LEN;
}

static void
add_bytes(uint8_t first, size_t n)
{
	size_t i;

	ATF_REQUIRE(sizeof(stream) - len >= n);
	for (i = 0; i < n; i++)
		stream[len++] = (uint8_t)(first + i / 7);
}

/*
 * Append a frame whose payload begins with the keys `keys' (repeated letters).
 */
static void
add(uint8_t type, const char *keys, size_t n)
{
	add_header(type, (uint32_t)(n + strlen(keys) * FRAME_KEY_LEN));
	for (; *keys != '\0'; keys++) {
		memset(stream + len, *keys, FRAME_KEY_LEN);
		len += FRAME_KEY_LEN;
	}
	add_bytes(1, n);
}

/* Pass `n' bytes to the session as input.c does. */
static void
feed(const uint8_t *p, size_t n)
{
	size_t used = 0, k;
	uint8_t *copy;

	/* In memory of its own, so that an overread is detected. */
	ATF_REQUIRE((copy = malloc(n + 1)) != NULL);
	memcpy(copy, p, n);
	while (used < n && !closed) {
		k = derp_input(&s, copy + used, n - used);
		ATF_REQUIRE(k > 0 && k <= n - used);
		used += k;
	}
	memset(copy, 0xee, n);
	free(copy);
}

static void
expect(const char *text)
{
	ATF_CHECK_STREQ(text, calls);
	ncalls = 0;
	calls[0] = '\0';
}

#endif
