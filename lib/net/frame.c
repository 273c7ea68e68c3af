/*
 * frame: the DERP frame codec; see frame.h.  Pure.
 */
#include <string.h>

#include "frame.h"

#define DISCO_MAGIC	"TS\xf0\x9f\x92\xac"
#define DISCO_MAGIC_LEN	6
#define DISCO_MIN	62	/* magic, key, nonce */

static void
put_u32(uint8_t *p, uint32_t v)
{
	p[0] = (uint8_t)(v >> 24);
	p[1] = (uint8_t)(v >> 16);
	p[2] = (uint8_t)(v >> 8);
	p[3] = (uint8_t)v;
}

void
net_frame_get_hdr(const uint8_t *p, uint8_t *type, uint32_t *len)
{
	*type = p[0];
	*len = (uint32_t)p[1] << 24 | (uint32_t)p[2] << 16 |
	    (uint32_t)p[3] << 8 | p[4];
}

void
net_frame_put_hdr(uint8_t *p, uint8_t type, uint32_t len)
{
	p[0] = type;
	put_u32(p + 1, len);
}

static enum net_frame_verdict
within(uint32_t len, uint32_t min, uint32_t max)
{
	return (len >= min && len <= max ? FRAME_VALID : FRAME_BAD);
}

enum net_frame_verdict
net_frame_check(uint8_t type, uint32_t len)
{
	switch (type) {
	case FRAME_SEND_PACKET:
		return (within(len, FRAME_KEY_LEN,
		    FRAME_KEY_LEN + FRAME_MAX_PACKET));
	case FRAME_FORWARD_PACKET:
		return (within(len, 2 * FRAME_KEY_LEN,
		    2 * FRAME_KEY_LEN + FRAME_MAX_PACKET));
	case FRAME_NOTE_PREFERRED:
		return (within(len, 1, 1));
	case FRAME_WATCH_CONNS:
		return (within(len, 0, 0));
	case FRAME_CLOSE_PEER:
		return (within(len, FRAME_KEY_LEN, FRAME_KEY_LEN));
	case FRAME_PING:
		return (within(len, FRAME_PING_LEN, FRAME_MAX_PING));
	default:
		return (FRAME_SKIP);
	}
}

int
net_frame_is_disco(const uint8_t *p, size_t len)
{
	return (len >= DISCO_MIN &&
	    memcmp(p, DISCO_MAGIC, DISCO_MAGIC_LEN) == 0);
}

size_t
net_frame_put_server_key(uint8_t *p, const uint8_t key[FRAME_KEY_LEN])
{
	net_frame_put_hdr(p, FRAME_SERVER_KEY, FRAME_MAGIC_LEN + FRAME_KEY_LEN);
	memcpy(p + FRAME_HDR_LEN, FRAME_MAGIC, FRAME_MAGIC_LEN);
	memcpy(p + FRAME_HDR_LEN + FRAME_MAGIC_LEN, key, FRAME_KEY_LEN);
	return (FRAME_SERVER_KEY_SIZE);
}

size_t
net_frame_put_peer_gone(uint8_t *p, const uint8_t key[FRAME_KEY_LEN],
    uint8_t reason)
{
	net_frame_put_hdr(p, FRAME_PEER_GONE, FRAME_KEY_LEN + 1);
	memcpy(p + FRAME_HDR_LEN, key, FRAME_KEY_LEN);
	p[FRAME_HDR_LEN + FRAME_KEY_LEN] = reason;
	return (FRAME_PEER_GONE_SIZE);
}

size_t
net_frame_put_peer_present(uint8_t *p, const uint8_t key[FRAME_KEY_LEN],
    const uint8_t addr[16], uint16_t port, uint8_t flags)
{
	net_frame_put_hdr(p, FRAME_PEER_PRESENT,
	    FRAME_PEER_PRESENT_SIZE - FRAME_HDR_LEN);
	p += FRAME_HDR_LEN;
	memcpy(p, key, FRAME_KEY_LEN);
	p += FRAME_KEY_LEN;
	memcpy(p, addr, 16);
	p[16] = (uint8_t)(port >> 8);
	p[17] = (uint8_t)port;
	p[18] = flags;
	return (FRAME_PEER_PRESENT_SIZE);
}

size_t
net_frame_put_pong(uint8_t *p, const uint8_t data[FRAME_PING_LEN])
{
	net_frame_put_hdr(p, FRAME_PONG, FRAME_PING_LEN);
	memcpy(p + FRAME_HDR_LEN, data, FRAME_PING_LEN);
	return (FRAME_PONG_SIZE);
}

size_t
net_frame_put_restarting(uint8_t *p, uint32_t reconnect_ms, uint32_t try_ms)
{
	net_frame_put_hdr(p, FRAME_RESTARTING, 8);
	put_u32(p + FRAME_HDR_LEN, reconnect_ms);
	put_u32(p + FRAME_HDR_LEN + 4, try_ms);
	return (FRAME_RESTARTING_SIZE);
}
