/*
 * wirefixture: for tests of output: a replacement for the sockets of
 * connections, which notes what is sent.
 */
#ifndef WIREFIXTURE_H
#define WIREFIXTURE_H

#include <atf-c.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "conn.h"
#include "frame.h"

#define MIB	(1024 * 1024)
#define WIRE	(4 * MIB)

/* Bytes sent by the last connection that sent, and how many may be sent. */
static uint8_t		*wire;
static size_t		 nwire, nsends;
static size_t		 room;		/* bytes that are accepted, then */
static int		 error;		/* this error */
static unsigned int	 in_kernel, not_acked;
static int		 waits, shuts, wait_fails;
static unsigned int	 deadline;

static ssize_t
wire_send(struct conn *c, const void *p, size_t n)
{
	(void)c;
	nsends++;
	if (room == 0) {
		errno = error;
		return (-1);
	}
	if (n > room)
		n = room;
	ATF_REQUIRE(nwire + n <= WIRE);
	memcpy(wire + nwire, p, n);
	nwire += n;
	room -= n;
	in_kernel += (unsigned int)n;
	return ((ssize_t)n);
}

static unsigned int
wire_unsent(struct conn *c)
{
	(void)c;
	return (in_kernel);
}

static unsigned int
wire_unacked(struct conn *c)
{
	(void)c;
	return (not_acked);
}

static int
wire_wait(struct conn *c, unsigned int ms)
{
	ATF_CHECK(!c->dead);
	waits++;
	deadline = ms;
	return (wait_fails ? -1 : 0);
}

static int
wire_shut(struct conn *c)
{
	ATF_CHECK_EQ(conn_buf_left(&c->output.out), 0);
	shuts++;
	return (0);
}

static const struct conn_output_ops wire_ops = {
	.send = wire_send,
	.unsent = wire_unsent,
	.unacked = wire_unacked,
	.wait = wire_wait,
	.shut = wire_shut
};

/* Begin with an empty wire that accepts all. */
static inline void
wire_begin(void)
{
	if (wire == NULL)
		ATF_REQUIRE((wire = malloc(WIRE + 1)) != NULL);
	nwire = nsends = 0;
	room = WIRE;
	error = EAGAIN;
	in_kernel = not_acked = 0;
	waits = shuts = wait_fails = 0;
}

/*
 * The frames on the wire, a letter each: o own frame, p packet, P pong; `.' for
 * a partial one.
 */
static inline const char *
wire_frames(void)
{
	static char text[10000];
	size_t off = 0, n = 0;
	uint32_t len;
	uint8_t type;

	while (off < nwire) {
		ATF_REQUIRE(n < sizeof(text) - 2);
		if (nwire - off < FRAME_HDR_LEN)
			break;
		net_frame_get_hdr(wire + off, &type, &len);
		if (nwire - off - FRAME_HDR_LEN < len)
			break;
		off += FRAME_HDR_LEN + len;
		text[n++] = type == FRAME_RECV_PACKET ? 'p' :
		    type == FRAME_HEALTH ? 'o' :
		    type == FRAME_PONG ? 'P' : '?';
	}
	if (off < nwire)
		text[n++] = '.';
	text[n] = '\0';
	return (text);
}

/* Send an own frame of `n' bytes with a payload of `fill'. */
static inline void
own(struct conn *c, uint8_t fill, size_t n)
{
	uint8_t p[2000];

	ATF_REQUIRE(n >= FRAME_HDR_LEN && n <= sizeof(p));
	net_frame_put_hdr(p, FRAME_HEALTH, (uint32_t)(n - FRAME_HDR_LEN));
	memset(p + FRAME_HDR_LEN, fill, n - FRAME_HDR_LEN);
	conn_send(c, p, n);
}

#endif
