/*
 * uapi: see uapi.h.  Called by backend.c.  Touches its arguments alone.
 */
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "hex.h"
#include "uapi.h"

size_t
wg_uapi_get(char *dst)
{
	return (strlcpy(dst, "get=1\n\n", WG_UAPI_REQUEST));
}

size_t
wg_uapi_set(char *dst, const uint8_t key[WG_KEYLEN],
    const struct wg_endpoint *e)
{
	char hex[2 * WG_KEYLEN + 1], where[WG_ENDPOINT_TEXT];

	base_hex_put(hex, key, WG_KEYLEN);
	wg_endpoint_text(e, where);
	return ((size_t)snprintf(dst, WG_UAPI_REQUEST, "set=1\npublic_key=%s\n"
	    "update_only=true\nendpoint=%s\n\n", hex, where));
}

void
wg_uapi_begin(struct wg_uapi_in *in, struct wg_dump *d)
{
	memset(in, 0, sizeof(*in));
	in->dump = d;
}

void
wg_uapi_end(struct wg_uapi_in *in)
{
	explicit_bzero(in, sizeof(*in));
}

/* Parse a decimal number from 0 to `max'.  Returns 0, or -1. */
static int
number(const char *s, uint64_t max, uint64_t *v)
{
	uint64_t n = 0;
	unsigned int digit;

	if (*s == '\0')
		return (-1);
	for (; *s != '\0'; s++) {
		digit = (unsigned int)(*s - '0');
		if (digit > 9 || n > (max - digit) / 10)
			return (-1);
		n = n * 10 + digit;
	}
	*v = n;
	return (0);
}

static int
get_key(uint8_t key[WG_KEYLEN], const char *hex)
{
	if (strlen(hex) != 2 * WG_KEYLEN)
		return (-1);
	return (base_hex_get(key, WG_KEYLEN, hex));
}

/* Calculate the public key, and keep the private one if it is asked for. */
static int
private_key(struct wg_dump *d, const char *hex)
{
	uint8_t key[WG_KEYLEN];

	if (get_key(key, hex) == -1)
		return (-1);
	d->has_key = crypto_scalarmult_base(d->key, key) == 0;
	if (d->private_key != NULL)
		memcpy(d->private_key, key, sizeof(key));
	explicit_bzero(key, sizeof(key));
	return (0);
}

/* A line of the device itself; others are ignored. */
static int
device_line(struct wg_dump *d, const char *name, const char *value)
{
	uint64_t v = 0;
	int rv = 0;

	if (strcmp(name, "private_key") == 0)
		return (private_key(d, value));
	if (strcmp(name, "listen_port") == 0) {
		rv = number(value, UINT16_MAX, &v);
		d->port = (uint16_t)v;
	} else if (strcmp(name, "fwmark") == 0) {
		rv = number(value, UINT32_MAX, &v);
		d->fwmark = (uint32_t)v;
	}
	return (rv);
}

/* The time of the last handshake comes in two lines. */
static int
handshake(struct wg_uapi_in *in, const char *name, const char *value)
{
	uint64_t v;

	if (number(value, INT64_MAX, &v) == -1)
		return (-1);
	if (strcmp(name, "last_handshake_time_sec") == 0)
		in->sec = (int64_t)v;
	else
		in->peer->handshake_ns = wg_dump_time(in->sec, (int64_t)v);
	return (0);
}

/* A line of a peer; others are ignored. */
static int
peer_line(struct wg_uapi_in *in, const char *name, const char *value)
{
	struct wg_dumped *p = in->peer;
	uint64_t v;

	if (strcmp(name, "endpoint") == 0) {
		/* One that can't be read counts as none. */
		if (wg_endpoint_parse(&p->endpoint, value) == -1)
			memset(&p->endpoint, 0, sizeof(p->endpoint));
		return (0);
	}
	if (strncmp(name, "last_handshake_time_", 20) == 0)
		return (handshake(in, name, value));
	if (strcmp(name, "tx_bytes") == 0)
		return (number(value, UINT64_MAX, &p->tx_bytes));
	if (strcmp(name, "rx_bytes") == 0)
		return (number(value, UINT64_MAX, &p->rx_bytes));
	if (strcmp(name, "persistent_keepalive_interval") == 0) {
		if (number(value, UINT16_MAX, &v) == -1)
			return (-1);
		p->keepalive = (uint16_t)v;
	}
	return (0);
}

/* The lines of a peer begin with its key. */
static int
begin_peer(struct wg_uapi_in *in, const char *hex)
{
	uint8_t key[WG_KEYLEN];

	if (get_key(key, hex) == -1)
		return (-1);
	in->in_peers = 1;
	in->sec = 0;
	in->peer = wg_dump_peer(in->dump, key);
	return (0);
}

/* A line without its newline. */
static int
take_line(struct wg_uapi_in *in, char *line)
{
	char *value = strchr(line, '=');
	uint64_t v;

	if (value == NULL || in->status)
		return (-1);
	*value++ = '\0';
	if (strcmp(line, "errno") == 0) {
		in->status = 1;
		if (*value == '-')	/* wireguard-go's are negative */
			value++;
		if (number(value, INT32_MAX, &v) == -1)
			return (-1);
		in->error = (int)v;
		return (0);
	}
	if (in->dump == NULL)
		return (-1);
	if (strcmp(line, "public_key") == 0)
		return (begin_peer(in, value));
	if (!in->in_peers)
		return (device_line(in->dump, line, value));
	return (in->peer != NULL ? peer_line(in, line, value) : 0);
}

enum wg_uapi_end
wg_uapi_read(struct wg_uapi_in *in, const char *p, size_t len)
{
	for (; len > 0; p++, len--) {
		if (*p == '\0')
			return (WG_UAPI_JUNK);
		if (*p != '\n') {
			if (in->n + 1 >= sizeof(in->line))
				return (WG_UAPI_JUNK);
			in->line[in->n++] = *p;
			continue;
		}
		if (in->n == 0) {	/* the empty line at the end */
			if (!in->status || len != 1)
				return (WG_UAPI_JUNK);
			return (in->error == 0 ? WG_UAPI_DONE : WG_UAPI_ERROR);
		}
		in->line[in->n] = '\0';
		in->n = 0;
		if (take_line(in, in->line) == -1)
			return (WG_UAPI_JUNK);
	}
	return (WG_UAPI_MORE);
}
