/*
 * derplink: frames of a DERP client on top of stream.c; see derplink.h.
 */
#include <sys/types.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "derplink.h"

int
net_derplink_fail(struct net_derpclient *c, const char *fmt, ...)
{
	va_list	ap;

	va_start(ap, fmt);
	vsnprintf(c->why, sizeof(c->why), fmt, ap);
	va_end(ap);
	return -1;
}

int
net_derplink_fail_stream(struct net_derpclient *c)
{
	c->cause = net_stream_timed_out(c->s) ? DERPCLIENT_TIMEOUT :
	    DERPCLIENT_CLOSED;
	return net_derplink_fail(c, "%s", net_stream_error(c->s));
}

int
net_derplink_reserve(struct net_derpclient *c, size_t need)
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
		return net_derplink_fail(c, "out of memory for a frame of "
		    "%zu bytes", need);
	c->rx = p;
	c->rxcap = need;
	return 0;
}

int
net_derplink_more(struct net_derpclient *c, long long until)
{
	ssize_t	n;

	n = net_stream_read(c->s, c->rx + c->rxend, c->rxcap - c->rxend, until);
	if (n > 0) {
		c->rxend += (size_t)n;
		return 1;
	}
	if (n == 0) {
		c->cause = DERPCLIENT_CLOSED;
		return net_derplink_fail(c, "the server closed the connection");
	}
	net_derplink_fail_stream(c);
	return net_stream_timed_out(c->s) ? 0 : -1;
}

/* Wait for `need' unread bytes.  Returns 1, 0 on timeout, -1 on error. */
static int
rx_want(struct net_derpclient *c, size_t need, long long until)
{
	int	rv;

	if (c->rxend - c->rxpos >= need)
		return 1;
	if (net_derplink_reserve(c, need) == -1)
		return -1;
	while (c->rxend - c->rxpos < need)
		if ((rv = net_derplink_more(c, until)) != 1)
			return rv;
	return 1;
}

int
net_derplink_recv(struct net_derpclient *c, struct net_derpclient_frame *f,
    long long until)
{
	uint32_t	len;
	int		rv;

	if ((rv = rx_want(c, FRAME_HDR_LEN, until)) != 1)
		return rv;
	net_frame_get_hdr(c->rx + c->rxpos, &f->type, &len);
	if (len > DERPCLIENT_MAX_FRAME)
		return net_derplink_fail(c, "the server sent a frame of type "
		    "0x%02x (%s) and %u bytes, more than %d", f->type,
		    net_frame_name(f->type), (unsigned int)len,
		    DERPCLIENT_MAX_FRAME);
	if ((rv = rx_want(c, FRAME_HDR_LEN + (size_t)len, until)) != 1)
		return rv;
	f->p = c->rx + c->rxpos + FRAME_HDR_LEN;
	f->len = len;
	c->rxpos += FRAME_HDR_LEN + (size_t)len;
	return 1;
}

int
net_derplink_send(struct net_derpclient *c, uint8_t type, const void *a,
    size_t alen, const void *b, size_t blen, long long until)
{
	uint8_t	*buf;
	size_t	 len;
	int	 rv;

	if (alen > DERPCLIENT_MAX_FRAME || blen > DERPCLIENT_MAX_FRAME - alen)
		return net_derplink_fail(c, "a frame of %zu bytes is too "
		    "long", alen + blen);
	len = FRAME_HDR_LEN + alen + blen;
	if ((buf = malloc(len)) == NULL)
		return net_derplink_fail(c, "out of memory for a frame of "
		    "%zu bytes", len);
	net_frame_put_hdr(buf, type, (uint32_t)(alen + blen));
	if (alen > 0)
		memcpy(buf + FRAME_HDR_LEN, a, alen);
	if (blen > 0)
		memcpy(buf + FRAME_HDR_LEN + alen, b, blen);
	rv = net_stream_write(c->s, buf, len, until);
	free(buf);
	return rv == -1 ? net_derplink_fail_stream(c) : 0;
}
