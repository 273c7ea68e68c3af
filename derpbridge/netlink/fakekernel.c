/*
 * fakekernel: see fakekernel.h.
 */
#include <sys/socket.h>
#include <arpa/inet.h>
#include <err.h>
#include <errno.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "address.h"
#include "bigendian.h"
#include "fakekernel.h"
#include "genlmsg.h"
#include "hex.h"

#define REPLY	32768

static void
fill_key(uint8_t key[WG_KEYLEN], unsigned int n)
{
	memset(key, (int)(n & 0xff), WG_KEYLEN);
	key[1] = (uint8_t)(n >> 8);
}

static struct wg_dumped *
find(struct wg_fake *k, const uint8_t *key)
{
	unsigned int i;

	for (i = 0; i < k->npeers; i++)
		if (memcmp(k->peers[i].key, key, WG_KEYLEN) == 0)
			return (&k->peers[i]);
	return (NULL);
}

struct wg_dumped *
wg_fake_peer(struct wg_fake *k, unsigned int n, const char *endpoint)
{
	struct wg_dumped *p = &k->peers[k->npeers];

	if (k->npeers++ == WG_FAKE_MAXPEERS)
		errx(1, "too many peers");
	memset(p, 0, sizeof(*p));
	fill_key(p->key, n);
	if (strcmp(endpoint, "none") != 0 &&
	    wg_endpoint_parse(&p->endpoint, endpoint) == -1)
		errx(1, "%s: no endpoint", endpoint);
	return (p);
}

const char *
wg_fake_endpoint(struct wg_fake *k, unsigned int n)
{
	static char text[WG_ENDPOINT_TEXT];
	uint8_t key[WG_KEYLEN];
	struct wg_dumped *p;

	fill_key(key, n);
	WG_FAKE_LOCK(k);
	if ((p = find(k, key)) == NULL)
		strlcpy(text, "no such peer", sizeof(text));
	else
		wg_endpoint_text(&p->endpoint, text);
	WG_FAKE_UNLOCK(k);
	return (text);
}

/* Generic netlink */

static void
reply(struct wg_fake *k, const struct wg_nl_out *o)
{
	if (o->full)
		errx(1, "a message does not fit");
	(void)send(k->fd, o->p, o->len, MSG_NOSIGNAL);
}

/* NLMSG_ERROR, or NLMSG_DONE. */
static void
code(struct wg_fake *k, uint16_t type, uint16_t flags, uint32_t seq, int error)
{
	uint8_t buf[64];
	struct wg_nl_out o = { buf, sizeof(buf), 0, 0 };
	const size_t at = wg_nl_begin(&o, type, flags, seq);
	const int32_t v = -error;

	wg_nl_bytes(&o, &v, sizeof(v));
	wg_nl_end(&o, at);
	reply(k, &o);
}

static void
answer_family(struct wg_fake *k, uint32_t seq)
{
	uint8_t buf[256];
	struct wg_nl_out o = { buf, sizeof(buf), 0, 0 };
	const uint16_t family = WG_FAKE_FAMILY;
	size_t at;

	if (k->no_family) {
		code(k, WG_NL_ERROR, 0, seq, ENOENT);
		return;
	}
	at = wg_nl_begin_genl(&o, WG_NL_CTRL, 0, seq, WG_NL_NEWFAMILY);
	wg_nl_put(&o, WG_NL_FAMILY_NAME, "wireguard", 10);
	wg_nl_put(&o, WG_NL_FAMILY_ID, &family, sizeof(family));
	wg_nl_end(&o, at);
	reply(k, &o);
}

static void
put_endpoint(struct wg_nl_out *o, const struct wg_endpoint *e)
{
	struct sockaddr_in in = { .sin_family = AF_INET };
	struct sockaddr_in6 in6 = { .sin6_family = AF_INET6 };

	in.sin_port = in6.sin6_port = htons(e->port);
	memcpy(&in.sin_addr, e->addr + 12, 4);
	memcpy(&in6.sin6_addr, e->addr, 16);
	in6.sin6_scope_id = (uint32_t)strtonum(e->zone, 0, UINT32_MAX, NULL);
	if (net_address_is_ipv4(e->addr))
		wg_nl_put(o, WG_NL_PEER_ENDPOINT, &in, sizeof(in));
	else
		wg_nl_put(o, WG_NL_PEER_ENDPOINT, &in6, sizeof(in6));
}

/* A peer as the kernel writes it; in a continuation, its key and more IPs. */
static void
put_peer(struct wg_nl_out *o, const struct wg_dumped *p, int more)
{
	static const uint8_t psk[WG_KEYLEN] = { 1, 2, 3 };
	const int64_t at[2] = { (int64_t)(p->handshake_ns / 1000000000),
	    (int64_t)(p->handshake_ns % 1000000000) };
	const size_t nest = wg_nl_open(o, WG_NL_NESTED);
	size_t ips;

	wg_nl_put(o, WG_NL_PEER_KEY, p->key, WG_KEYLEN);
	if (!more) {
		wg_nl_put(o, WG_NL_PEER_PSK, psk, sizeof(psk));
		wg_nl_put(o, WG_NL_PEER_HANDSHAKE, at, sizeof(at));
		wg_nl_put(o, WG_NL_PEER_KEEPALIVE, &p->keepalive, 2);
		wg_nl_put(o, WG_NL_PEER_TX, &p->tx_bytes, 8);
		wg_nl_put(o, WG_NL_PEER_RX, &p->rx_bytes, 8);
		if (p->endpoint.port != 0)
			put_endpoint(o, &p->endpoint);
	}
	ips = wg_nl_open(o, WG_NL_PEER_ALLOWEDIPS | WG_NL_NESTED);
	wg_nl_put(o, 0, psk, 20);
	wg_nl_close(o, ips);
	wg_nl_close(o, nest);
}

static void
put_device(struct wg_nl_out *o, const struct wg_fake *k)
{
	wg_nl_put(o, WG_NL_LISTEN_PORT, &k->port, 2);
	wg_nl_put(o, WG_NL_FWMARK, &k->fwmark, 4);
	wg_nl_put(o, WG_NL_IFINDEX, &k->ifindex, 4);
	if (k->has_key) {
		wg_nl_put(o, WG_NL_PRIVATE_KEY, k->private_key, WG_KEYLEN);
		wg_nl_put(o, WG_NL_PUBLIC_KEY, k->public_key, WG_KEYLEN);
	}
}

/* One message, with `n' peers from `i' on. */
static void
put_part(struct wg_fake *k, uint32_t seq, unsigned int i, unsigned int n,
    uint16_t flags)
{
	static uint8_t buf[REPLY];
	struct wg_nl_out o = { buf, sizeof(buf), 0, 0 };
	size_t at, peers;
	const unsigned int first = i;

	at = wg_nl_begin_genl(&o, WG_FAKE_FAMILY, flags, seq, WG_NL_GET_DEVICE);
	wg_nl_put(&o, WG_NL_IFNAME, k->name, strlen(k->name) + 1);
	if (i == 0)
		put_device(&o, k);
	peers = wg_nl_open(&o, WG_NL_PEERS | WG_NL_NESTED);
	if (k->split && i > 0)
		put_peer(&o, &k->peers[i - 1], 1);
	for (; i < first + n; i++)
		put_peer(&o, &k->peers[i], 0);
	wg_nl_close(&o, peers);
	wg_nl_end(&o, at);
	reply(k, &o);
}

static void
answer_dump(struct wg_fake *k, uint32_t seq)
{
	const unsigned int per = k->per_message != 0 ? k->per_message : 8;
	uint16_t flags = WG_NL_MULTI;
	unsigned int i = 0, n;

	k->dumps++;
	if (k->changes > 0) {
		k->changes--;
		flags |= WG_NL_DUMP_INTR;
	}
	do {
		n = k->npeers - i < per ? k->npeers - i : per;
		put_part(k, seq, i, n, flags);
		i += n;
	} while (i < k->npeers);
	code(k, WG_NL_DONE, flags, seq, 0);
}

/* Set an endpoint.  Returns 0, or -1: it is more than that. */
static int
set_peer(struct wg_fake *k, const struct wg_nl_attr *peer)
{
	const uint8_t *p = peer->p;
	size_t left = peer->len;
	struct wg_nl_attr a;
	struct wg_endpoint e;
	const uint8_t *key = NULL;
	uint32_t flags = 0, scope;
	int bad = 0;
	struct wg_dumped *d;

	memset(&e, 0, sizeof(e));
	while (wg_nl_next_attr(&p, &left, &a) == 1) {
		if (a.type == WG_NL_PEER_KEY && a.len == WG_KEYLEN)
			key = a.p;
		else if (a.type == WG_NL_PEER_FLAGS)
			flags = wg_nl_u32(&a, &bad);
		else if (a.type == WG_NL_PEER_ENDPOINT && a.len == 16)
			wg_endpoint_ipv4(&e, base_get32(a.p + 4),
			    base_get16(a.p + 2));
		else if (a.type == WG_NL_PEER_ENDPOINT && a.len == 28) {
			memcpy(e.addr, a.p + 8, 16);
			e.port = base_get16(a.p + 2);
			memcpy(&scope, a.p + 24, 4);
			wg_endpoint_scope(&e, scope);
		} else
			bad = 1;
	}
	if (bad || key == NULL || flags != WG_NL_UPDATE_ONLY || e.port == 0)
		return (-1);
	if ((d = find(k, key)) != NULL)
		d->endpoint = e;
	return (0);
}

static void
answer_set(struct wg_fake *k, const struct wg_nl_msg *m)
{
	const uint8_t *p = m->body + WG_NL_GENL, *inner;
	size_t left = m->len - WG_NL_GENL, rest;
	struct wg_nl_attr a, peer;

	k->sets++;
	while (wg_nl_next_attr(&p, &left, &a) == 1) {
		if (a.type == WG_NL_IFNAME)
			continue;
		inner = a.p;
		rest = a.len;
		if (a.type != WG_NL_PEERS ||
		    wg_nl_next_attr(&inner, &rest, &peer) != 1 || rest != 0 ||
		    set_peer(k, &peer) == -1)
			k->bad_sets++;
	}
	code(k, WG_NL_ERROR, 0, m->seq, 0);
}

static int
named(const struct wg_fake *k, const struct wg_nl_msg *m)
{
	const uint8_t *p = m->body + WG_NL_GENL;
	size_t left = m->len - WG_NL_GENL;
	struct wg_nl_attr a;

	return (wg_nl_next_attr(&p, &left, &a) == 1 && a.type == WG_NL_IFNAME &&
	    a.len == strlen(k->name) + 1 && memcmp(a.p, k->name, a.len) == 0);
}

static void
answer(struct wg_fake *k, const struct wg_nl_msg *m)
{
	if (k->silent)
		return;
	if (k->junk)
		(void)send(k->fd, "\x20\0\0\0\x21\0\1", 7, MSG_NOSIGNAL);
	else if (m->type == WG_NL_CTRL)
		answer_family(k, m->seq);
	else if (m->type != WG_FAKE_FAMILY)
		code(k, WG_NL_ERROR, 0, m->seq, ENOENT);
	else if (k->error != 0)
		code(k, WG_NL_ERROR, 0, m->seq, k->error);
	else if (!k->exists || !named(k, m))
		code(k, WG_NL_ERROR, 0, m->seq, ENODEV);
	else if (m->body[0] == WG_NL_GET_DEVICE)
		answer_dump(k, m->seq);
	else
		answer_set(k, m);
}

static void
serve_genl(struct wg_fake *k, const uint8_t *p, size_t len)
{
	struct wg_nl_msg m;

	while (wg_nl_next_msg(&p, &len, &m) == 1 && m.len >= WG_NL_GENL)
		answer(k, &m);
}

/* wireguard-go */

static void
get_text(struct wg_fake *k, FILE *f)
{
	char hex[2 * WG_KEYLEN + 1], where[WG_ENDPOINT_TEXT];
	const struct wg_dumped *p;

	k->dumps++;
	base_hex_put(hex, k->private_key, WG_KEYLEN);
	if (k->has_key)
		fprintf(f, "private_key=%s\n", hex);
	fprintf(f, "listen_port=%u\nfwmark=%u\n", k->port, k->fwmark);
	for (p = k->peers; p < k->peers + k->npeers; p++) {
		base_hex_put(hex, p->key, WG_KEYLEN);
		fprintf(f, "public_key=%s\npreshared_key=%064d\n"
		    "protocol_version=1\n", hex, 7);
		wg_endpoint_text(&p->endpoint, where);
		if (p->endpoint.port != 0)
			fprintf(f, "endpoint=%s\n", where);
		fprintf(f, "last_handshake_time_sec=%llu\n"
		    "last_handshake_time_nsec=%llu\ntx_bytes=%llu\n"
		    "rx_bytes=%llu\npersistent_keepalive_interval=%u\n"
		    "allowed_ip=192.0.2.0/24\n",
		    (unsigned long long)p->handshake_ns / 1000000000,
		    (unsigned long long)p->handshake_ns % 1000000000,
		    (unsigned long long)p->tx_bytes,
		    (unsigned long long)p->rx_bytes, p->keepalive);
	}
	fprintf(f, "errno=0\n\n");
}

static void
set_text(struct wg_fake *k, const char *text, FILE *f)
{
	char hex[2 * WG_KEYLEN + 1], where[WG_ENDPOINT_TEXT], end[2];
	struct wg_endpoint e;
	uint8_t key[WG_KEYLEN];
	struct wg_dumped *d;

	k->sets++;
	if (sscanf(text, "set=1\npublic_key=%64[0-9a-f]\nupdate_only=true\n"
	    "endpoint=%79[^\n]\n%1s", hex, where, end) != 2 ||
	    base_hex_get(key, sizeof(key), hex) == -1 ||
	    wg_endpoint_parse(&e, where) == -1)
		k->bad_sets++;
	else if ((d = find(k, key)) != NULL)
		d->endpoint = e;
	fprintf(f, "errno=0\n\n");
}

static void
serve_uapi(struct wg_fake *k, const char *text)
{
	char *out = NULL;
	size_t len = 0;
	FILE *f;

	if (k->silent)
		return;
	if ((f = open_memstream(&out, &len)) == NULL)
		err(1, "open_memstream");
	if (k->junk)
		fprintf(f, "private_key=12\n\n");
	else if (k->error != 0)
		fprintf(f, "errno=-%d\n\n", k->error);
	else if (strcmp(text, "get=1\n\n") == 0)
		get_text(k, f);
	else
		set_text(k, text, f);
	fclose(f);
	(void)send(k->fd, out, len, MSG_NOSIGNAL);
	free(out);
}

/* Both */

/* Requests come whole: each waits for the answer to the one before. */
static void *
serve(void *arg)
{
	struct wg_fake *k = arg;
	uint8_t buf[1024];
	ssize_t n;

	while ((n = recv(k->fd, buf, sizeof(buf) - 1, 0)) > 0) {
		buf[n] = '\0';
		WG_FAKE_LOCK(k);
		if (k->uapi)
			serve_uapi(k, (char *)buf);
		else
			serve_genl(k, buf, (size_t)n);
		WG_FAKE_UNLOCK(k);
	}
	close(k->fd);
	return (NULL);
}

static int
connect_it(struct wg_fake *k)
{
	int sv[2], error;

	if (socketpair(AF_UNIX, k->uapi ? SOCK_STREAM : SOCK_SEQPACKET, 0,
	    sv) == -1)
		err(1, "socketpair");
	k->fd = sv[0];
	if ((error = pthread_create(&k->thread, NULL, serve, k)) != 0)
		errc(1, error, "pthread_create");
	return (sv[1]);
}

int
wg_fake_start(struct wg_fake *k, int uapi)
{
	memset(k, 0, sizeof(*k));
	if (sodium_init() == -1)
		errx(1, "sodium_init");
	pthread_mutex_init(&k->lock, NULL);
	strlcpy(k->name, "wg0", sizeof(k->name));
	k->exists = k->has_key = 1;
	k->ifindex = 7;
	k->port = 51820;
	randombytes_buf(k->private_key, sizeof(k->private_key));
	crypto_scalarmult_base(k->public_key, k->private_key);
	k->uapi = uapi;
	return (connect_it(k));
}

int
wg_fake_again(struct wg_fake *k)
{
	pthread_join(k->thread, NULL);
	return (connect_it(k));
}

void
wg_fake_stop(struct wg_fake *k)
{
	pthread_join(k->thread, NULL);
	pthread_mutex_destroy(&k->lock);
}
