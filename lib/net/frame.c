/*
 * frame: the DERP frame codec; see frame.h.  Pure.
 */
#include <string.h>

#include "frame.h"

#define DISCO_MAGIC	"TS\xf0\x9f\x92\xac"
#define DISCO_MAGIC_LEN	6
#define DISCO_MIN	62	/* magic, key, nonce */

/* By type; what no row names is FRAME_FROM_NOBODY's. */
static const struct net_frame_row {
	enum net_frame_sender	 sender;
	uint32_t		 least, largest;
} rows[FRAME_TYPE_END] = {
#define FRAME(TYPE, number, name, title, sender, least, largest)	\
	[number] = { FRAME_FROM_##sender, least, largest },
#include "frames.def"
};

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

static enum net_frame_sender
sender(uint8_t type)
{
	return (type < FRAME_TYPE_END ? rows[type].sender : FRAME_FROM_NOBODY);
}

int
net_frame_allowed(enum net_frame_sender from, uint8_t type)
{
	return (sender(type) == from || (from == FRAME_FROM_MESH &&
	    sender(type) == FRAME_FROM_CLIENT));
}

enum net_frame_verdict
net_frame_check(enum net_frame_sender from, uint8_t type, uint32_t len)
{
	if (from == FRAME_FROM_LOGIN) {
		if (sender(type) != FRAME_FROM_LOGIN)
			return (FRAME_BAD);
	} else if (sender(type) != FRAME_FROM_CLIENT &&
	    sender(type) != FRAME_FROM_MESH)
		return (FRAME_SKIP);
	return (len >= rows[type].least && len <= rows[type].largest ?
	    FRAME_VALID : FRAME_BAD);
}

const char *
net_frame_name(uint8_t type)
{
	static const char *const names[FRAME_TYPE_END] = {
#define FRAME(TYPE, number, name, title, sender, least, largest)	\
		[number] = title,
#include "frames.def"
	};

	if (type >= FRAME_TYPE_END || names[type] == NULL)
		return ("unknown frame");
	return (names[type]);
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
