/*
 * diallogin: see diallogin.h.  Called by dial.c.
 *
 * ServerInfo is sealed for a private key that another process has: so it is not
 * looked at, except for its length.  Whoever has the certificate and the
 * key that were asked for may say whatever he likes.
 */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "diallogin.h"

static enum dial_login_result fail(struct dial_login *, const char *, ...)
		    __attribute__((format(printf, 2, 3)));

/* Store the reason.  Always returns DIAL_LOGIN_FAILED. */
static enum dial_login_result
fail(struct dial_login *l, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(l->why, sizeof(l->why), fmt, ap);
	va_end(ap);
	return (DIAL_LOGIN_FAILED);
}

void
dial_login_init(struct dial_login *l)
{
	memset(l, 0, sizeof(*l));
	l->step = DIAL_WANT_RESPONSE;
}

uint8_t *
dial_login_room(struct dial_login *l, size_t *size)
{
	*size = sizeof(l->buf) - l->len;
	return (l->buf + l->len);
}

/* The first `n' bytes have been read. */
static void
drop(struct dial_login *l, size_t n)
{
	memmove(l->buf, l->buf + n, l->len - n);
	l->len -= n;
}

static enum dial_login_result
response(struct dial_login *l)
{
	struct net_http_head h;
	int n;

	n = net_http_parse_response(&h, (const char *)l->buf, l->len);
	if (n == HTTP_MORE && l->len < sizeof(l->buf))
		return (DIAL_LOGIN_MORE);
	if (n <= 0)
		return (fail(l, "not a DERP server: its answer is not "
		    "HTTP/1.1"));
	if (net_upgrade_response(&h, &l->server, l->why, sizeof(l->why)) == -1)
		return (DIAL_LOGIN_FAILED);
	drop(l, (size_t)n);
	l->step = DIAL_WANT_KEY;
	return (DIAL_LOGIN_MORE);
}

/* The node says in a Health frame why it lets nobody in. */
static enum dial_login_result
refused(struct dial_login *l, uint32_t len)
{
	size_t n = l->len - FRAME_HDR_LEN;

	if (n > len)
		n = len;
	return (fail(l, "the node refuses the login: %.*s", n > 160 ? 160 :
	    (int)n, (const char *)l->buf + FRAME_HDR_LEN));
}

/*
 * Wait for a whole frame of `type' and at most `max' bytes.  Returns its
 * payload's length in *len.
 */
static enum dial_login_result
frame(struct dial_login *l, uint8_t type, size_t max, uint32_t *len)
{
	uint8_t got;

	if (l->len < FRAME_HDR_LEN)
		return (DIAL_LOGIN_MORE);
	net_frame_get_hdr(l->buf, &got, len);
	if (got != type && got != FRAME_HEALTH)
		return (fail(l, "login: received frame type 0x%02x (%s) where "
		    "%s was expected", got, net_frame_name(got),
		    net_frame_name(type)));
	if (*len > max)
		return (fail(l, "login: a frame %s of %u bytes is too long",
		    net_frame_name(got), (unsigned int)*len));
	if (l->len < FRAME_HDR_LEN + (size_t)*len)
		return (DIAL_LOGIN_MORE);
	return (got == type ? DIAL_LOGIN_IN : refused(l, *len));
}

static enum dial_login_result
server_key(struct dial_login *l)
{
	enum dial_login_result rv;
	uint32_t len;

	rv = frame(l, FRAME_SERVER_KEY, DIAL_LOGIN_INFO, &len);
	if (rv != DIAL_LOGIN_IN)
		return (rv);
	if (net_upgrade_server_key(l->buf + FRAME_HDR_LEN, len, &l->server,
	    l->why, sizeof(l->why)) == -1)
		return (DIAL_LOGIN_FAILED);
	drop(l, FRAME_HDR_LEN + (size_t)len);
	l->step = DIAL_WANT_INFO;
	return (DIAL_LOGIN_KEY);
}

static enum dial_login_result
server_info(struct dial_login *l)
{
	enum dial_login_result rv;
	uint32_t len;

	rv = frame(l, FRAME_SERVER_INFO, DIAL_LOGIN_INFO, &len);
	if (rv != DIAL_LOGIN_IN)
		return (rv);
	if (len < FRAME_NONCE_LEN + FRAME_BOX_OVERHEAD)
		return (fail(l, "login: the ServerInfo frame is too short"));
	drop(l, FRAME_HDR_LEN + (size_t)len);
	l->step = DIAL_WANT_NOTHING;
	return (DIAL_LOGIN_IN);
}

enum dial_login_result
dial_login_next(struct dial_login *l, size_t n)
{
	enum dial_login_result rv;

	l->len += n;
	if (l->step == DIAL_WANT_RESPONSE) {
		rv = response(l);
		if (rv != DIAL_LOGIN_MORE || l->step == DIAL_WANT_RESPONSE)
			return (rv);
	}
	if (l->step == DIAL_WANT_KEY)
		return (server_key(l));
	if (l->step == DIAL_WANT_INFO)
		return (server_info(l));
	return (DIAL_LOGIN_IN);
}
