/*
 * genl: see genl.h.  Called by backend.c.  Touches its arguments alone.
 *
 * A device with many peers, or many allowed IPs, comes in several messages.  A
 * peer whose allowed IPs fill a message is continued in the next one, with its
 * key and more allowed IPs, which are not read here.
 */
#include <stdlib.h>
#include <string.h>

#include "address.h"
#include "bigendian.h"
#include "genl.h"
#include "genlmsg.h"

#define NAME		"wireguard"

/* Requests */

static size_t
finish(struct wg_nl_out *o, size_t at)
{
	wg_nl_end(o, at);
	return (o->full ? 0 : o->len);
}

size_t
wg_genl_family(uint8_t *dst, uint32_t seq)
{
	struct wg_nl_out o = { dst, WG_GENL_REQUEST, 0, 0 };
	size_t at;

	at = wg_nl_begin_genl(&o, WG_NL_CTRL, WG_NL_REQUEST, seq,
	    WG_NL_GETFAMILY);
	wg_nl_put(&o, WG_NL_FAMILY_NAME, NAME, sizeof(NAME));
	return (finish(&o, at));
}

static void
put_name(struct wg_nl_out *o, const char *ifname)
{
	char name[WG_IFNAMSIZE];

	strlcpy(name, ifname, sizeof(name));
	wg_nl_put(o, WG_NL_IFNAME, name, strlen(name) + 1);
}

size_t
wg_genl_get(uint8_t *dst, uint32_t seq, uint16_t family, const char *ifname)
{
	struct wg_nl_out o = { dst, WG_GENL_REQUEST, 0, 0 };
	size_t at;

	at = wg_nl_begin_genl(&o, family, WG_NL_REQUEST | WG_NL_DUMP, seq,
	    WG_NL_GET_DEVICE);
	put_name(&o, ifname);
	return (finish(&o, at));
}

/* As struct sockaddr_in or sockaddr_in6. */
static void
put_endpoint(struct wg_nl_out *o, const struct wg_endpoint *e)
{
	const int v4 = net_address_is_ipv4(e->addr);
	const uint16_t family = v4 ? WG_NL_INET : WG_NL_INET6;
	uint8_t sa[WG_NL_IN6_LEN] = { 0 };
	uint32_t scope;

	memcpy(sa, &family, 2);
	base_put16(sa + 2, e->port);
	if (v4)
		memcpy(sa + 4, e->addr + 12, 4);
	else {
		memcpy(sa + 8, e->addr, 16);
		scope = (uint32_t)strtonum(e->zone, 0, UINT32_MAX, NULL);
		memcpy(sa + 24, &scope, 4);
	}
	wg_nl_put(o, WG_NL_PEER_ENDPOINT, sa, v4 ? WG_NL_IN_LEN :
	    WG_NL_IN6_LEN);
}

size_t
wg_genl_set(uint8_t *dst, uint32_t seq, uint16_t family, const char *ifname,
    const uint8_t key[WG_KEYLEN], const struct wg_endpoint *e)
{
	struct wg_nl_out o = { dst, WG_GENL_REQUEST, 0, 0 };
	const uint32_t flags = WG_NL_UPDATE_ONLY;
	size_t at, peers, peer;

	at = wg_nl_begin_genl(&o, family, WG_NL_REQUEST | WG_NL_ACK, seq,
	    WG_NL_SET_DEVICE);
	put_name(&o, ifname);
	peers = wg_nl_open(&o, WG_NL_PEERS | WG_NL_NESTED);
	peer = wg_nl_open(&o, WG_NL_NESTED);
	wg_nl_put(&o, WG_NL_PEER_KEY, key, WG_KEYLEN);
	wg_nl_put(&o, WG_NL_PEER_FLAGS, &flags, sizeof(flags));
	put_endpoint(&o, e);
	wg_nl_close(&o, peer);
	wg_nl_close(&o, peers);
	return (finish(&o, at));
}

/* Answers */

/*
 * The end of an answer: NLMSG_ERROR and NLMSG_DONE hold 0 or a negative errno,
 * of which NLMSG_DONE alone may be missing.
 */
static enum wg_genl_end
ended(const struct wg_nl_msg *m, int *error)
{
	int32_t code = 0;

	if (m->len >= sizeof(code))
		memcpy(&code, m->body, sizeof(code));
	else if (m->type == WG_NL_ERROR)
		return (WG_GENL_JUNK);
	if (code == 0)
		return (WG_GENL_DONE);
	if (code > 0 || code < -4095)
		return (WG_GENL_JUNK);
	*error = -code;
	return (WG_GENL_ERROR);
}

enum wg_genl_end
wg_genl_read_ack(const uint8_t *p, size_t len, uint32_t seq, int *error)
{
	struct wg_nl_msg m;
	int rv;

	while ((rv = wg_nl_next_msg(&p, &len, &m)) == 1)
		if (m.seq == seq && m.type == WG_NL_ERROR)
			return (ended(&m, error));
	return (rv == -1 ? WG_GENL_JUNK : WG_GENL_MORE);
}

/* The number of the family in a message of the controller; 0: not there. */
static uint16_t
family_of(const struct wg_nl_msg *m, int *bad)
{
	const uint8_t *p = m->body + WG_NL_GENL;
	size_t left = m->len - WG_NL_GENL;
	struct wg_nl_attr a;
	uint16_t family = 0;
	int rv;

	while ((rv = wg_nl_next_attr(&p, &left, &a)) == 1)
		if (a.type == WG_NL_FAMILY_ID)
			family = wg_nl_u16(&a, bad);
	*bad |= rv == -1 || family <= WG_NL_CTRL;
	return (family);
}

enum wg_genl_end
wg_genl_read_family(const uint8_t *p, size_t len, uint32_t seq,
    uint16_t *family, int *error)
{
	struct wg_nl_msg m;
	int rv, bad = 0;

	while ((rv = wg_nl_next_msg(&p, &len, &m)) == 1) {
		if (m.seq != seq)
			continue;
		if (m.type == WG_NL_ERROR)
			return (ended(&m, error));
		if (m.type != WG_NL_CTRL || m.len < WG_NL_GENL ||
		    m.body[0] != WG_NL_NEWFAMILY)
			continue;
		*family = family_of(&m, &bad);
		return (bad ? WG_GENL_JUNK : WG_GENL_DONE);
	}
	return (rv == -1 ? WG_GENL_JUNK : WG_GENL_MORE);
}

/* An address of another family counts as no endpoint. */
static void
get_endpoint(const struct wg_nl_attr *a, struct wg_endpoint *e)
{
	uint16_t family = 0;
	uint32_t scope;

	memset(e, 0, sizeof(*e));
	if (a->len >= sizeof(family))
		memcpy(&family, a->p, sizeof(family));
	if (family == WG_NL_INET && a->len >= WG_NL_IN_LEN) {
		wg_endpoint_ipv4(e, base_get32(a->p + 4), base_get16(a->p + 2));
	} else if (family == WG_NL_INET6 && a->len >= WG_NL_IN6_LEN) {
		memcpy(e->addr, a->p + 8, 16);
		e->port = base_get16(a->p + 2);
		memcpy(&scope, a->p + 24, 4);
		wg_endpoint_scope(e, scope);
	}
}

/* Nanoseconds of a struct __kernel_timespec; 0: never, or malformed. */
static uint64_t
get_time(const struct wg_nl_attr *a, int *bad)
{
	int64_t sec, ns;

	if (a->len != 16) {
		*bad = 1;
		return (0);
	}
	memcpy(&sec, a->p, 8);
	memcpy(&ns, a->p + 8, 8);
	return (wg_dump_time(sec, ns));
}

static void
get_peer_attr(const struct wg_nl_attr *a, struct wg_dumped *d, int *bad)
{
	switch (a->type) {
	case WG_NL_PEER_ENDPOINT:
		get_endpoint(a, &d->endpoint);
		break;
	case WG_NL_PEER_KEEPALIVE:
		d->keepalive = wg_nl_u16(a, bad);
		break;
	case WG_NL_PEER_HANDSHAKE:
		d->handshake_ns = get_time(a, bad);
		break;
	case WG_NL_PEER_RX:
		d->rx_bytes = wg_nl_u64(a, bad);
		break;
	case WG_NL_PEER_TX:
		d->tx_bytes = wg_nl_u64(a, bad);
		break;
	}
}

/* The peer whose key is among the attributes; NULL: not there, or no room. */
static struct wg_dumped *
find_peer(const uint8_t *p, size_t left, struct wg_dump *d, int *bad)
{
	struct wg_nl_attr a;
	int rv;

	while ((rv = wg_nl_next_attr(&p, &left, &a)) == 1) {
		if (a.type != WG_NL_PEER_KEY)
			continue;
		if (a.len != WG_KEYLEN)
			break;
		return (wg_dump_peer(d, a.p));
	}
	*bad = 1;
	return (NULL);
}

static void
get_peer(const struct wg_nl_attr *nest, struct wg_dump *d, int *bad)
{
	const uint8_t *p = nest->p;
	size_t left = nest->len;
	struct wg_dumped *peer;
	struct wg_nl_attr a;
	int rv;

	if ((peer = find_peer(p, left, d, bad)) == NULL)
		return;
	while ((rv = wg_nl_next_attr(&p, &left, &a)) == 1)
		get_peer_attr(&a, peer, bad);
	*bad |= rv == -1;
}

static void
get_peers(const struct wg_nl_attr *nest, struct wg_dump *d, int *bad)
{
	const uint8_t *p = nest->p;
	size_t left = nest->len;
	struct wg_nl_attr a;
	int rv;

	while ((rv = wg_nl_next_attr(&p, &left, &a)) == 1)
		get_peer(&a, d, bad);
	*bad |= rv == -1;
}

static void
get_key(const struct wg_nl_attr *a, uint8_t *key, int *bad)
{
	if (a->len != WG_KEYLEN)
		*bad = 1;
	else if (key != NULL)
		memcpy(key, a->p, WG_KEYLEN);
}

static void
get_device_attr(const struct wg_nl_attr *a, struct wg_dump *d, int *bad)
{
	switch (a->type) {
	case WG_NL_IFINDEX:
		d->ifindex = wg_nl_u32(a, bad);
		break;
	case WG_NL_PRIVATE_KEY:
		get_key(a, d->private_key, bad);
		break;
	case WG_NL_PUBLIC_KEY:
		get_key(a, d->key, bad);
		d->has_key = 1;
		break;
	case WG_NL_LISTEN_PORT:
		d->port = wg_nl_u16(a, bad);
		break;
	case WG_NL_FWMARK:
		d->fwmark = wg_nl_u32(a, bad);
		break;
	case WG_NL_PEERS:
		get_peers(a, d, bad);
		break;
	}
}

/* Add one message to the dump.  Returns 0, or -1 when malformed. */
static int
get_device(const struct wg_nl_msg *m, struct wg_dump *d)
{
	const uint8_t *p = m->body + WG_NL_GENL;
	struct wg_nl_attr a;
	size_t left;
	int rv, bad = 0;

	if (m->len < WG_NL_GENL || m->body[0] != WG_NL_GET_DEVICE)
		return (-1);
	left = m->len - WG_NL_GENL;
	while ((rv = wg_nl_next_attr(&p, &left, &a)) == 1)
		get_device_attr(&a, d, &bad);
	return (rv == -1 || bad ? -1 : 0);
}

enum wg_genl_end
wg_genl_read_device(const uint8_t *p, size_t len, uint32_t seq, uint16_t family,
    struct wg_dump *d, int *error)
{
	struct wg_nl_msg m;
	int rv;

	while ((rv = wg_nl_next_msg(&p, &len, &m)) == 1) {
		if (m.seq != seq)
			continue;
		d->changed |= (m.flags & WG_NL_DUMP_INTR) != 0;
		if (m.type == WG_NL_ERROR ||
		    (m.type == WG_NL_DONE && !d->changed))
			return (ended(&m, error));
		if (m.type == WG_NL_DONE)
			return (WG_GENL_AGAIN);
		if (m.type == family && get_device(&m, d) == -1)
			return (WG_GENL_JUNK);
	}
	return (rv == -1 ? WG_GENL_JUNK : WG_GENL_MORE);
}
