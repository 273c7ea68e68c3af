/*
 * upgrade: see upgrade.h.  Called by derpclient.c and mesh.
 */
#include <stdio.h>
#include <string.h>

#include "hex.h"
#include "upgrade.h"

int
net_upgrade_request(char *buf, size_t size, const char *name, unsigned int port,
    int fast)
{
	char at[16] = "";
	int n, v6 = strchr(name, ':') != NULL;

	if (strpbrk(name, " \r\n") != NULL)
		return (-1);
	if (port != 0)
		(void)snprintf(at, sizeof(at), ":%u", port);
	n = snprintf(buf, size, "GET /derp HTTP/1.1\r\n"
	    "Host: %s%s%s%s\r\n"
	    "Upgrade: DERP\r\n"
	    "Connection: Upgrade\r\n"
	    "%s\r\n", v6 ? "[" : "", name, v6 ? "]" : "", at,
	    fast ? "Derp-Fast-Start: 1\r\n" : "");
	return (n < 0 || (size_t)n >= size ? -1 : n);
}

int
net_upgrade_set_key(struct net_upgrade_key *k, const uint8_t key[FRAME_KEY_LEN],
    const char *where, char *why, size_t size)
{
	if (k->known && memcmp(k->key, key, FRAME_KEY_LEN) != 0) {
		(void)snprintf(why, size, "%s has another relay key than the "
		    "server announced before", where);
		return (-1);
	}
	memcpy(k->key, key, FRAME_KEY_LEN);
	k->known = 1;
	return (0);
}

/* Read the key in a field; Headscale's relay writes "nodekey:" in front. */
static int
read_key(uint8_t key[FRAME_KEY_LEN], struct net_http_str v)
{
	static const char prefix[] = "nodekey:";
	const size_t n = sizeof(prefix) - 1;

	if (v.len >= n && memcmp(v.p, prefix, n) == 0) {
		v.p += n;
		v.len -= n;
	}
	return (v.len == 2 * FRAME_KEY_LEN ?
	    base_hex_get(key, FRAME_KEY_LEN, v.p) : -1);
}

int
net_upgrade_response(const struct net_http_head *h, struct net_upgrade_key *k,
    char *why, size_t size)
{
	struct net_http_str v;
	uint8_t key[FRAME_KEY_LEN];

	if (h->status != 101) {
		(void)snprintf(why, size, "not a DERP server: it answered HTTP "
		    "status %d where 101 was expected", h->status);
		return (-1);
	}
	if (!net_http_has_token(h, "Upgrade", "DERP")) {
		(void)snprintf(why, size, "not a DERP server: it switched to "
		    "another protocol than DERP");
		return (-1);
	}
	v = net_http_field(h, "Derp-Public-Key");
	if (v.p == NULL)
		return (0);
	if (read_key(key, v) == -1) {
		(void)snprintf(why, size, "Derp-Public-Key is malformed");
		return (-1);
	}
	return (net_upgrade_set_key(k, key, "Derp-Public-Key", why, size));
}

int
net_upgrade_server_key(const uint8_t *p, size_t len, struct net_upgrade_key *k,
    char *why, size_t size)
{
	if (len < FRAME_MAGIC_LEN + FRAME_KEY_LEN ||
	    memcmp(p, FRAME_MAGIC, FRAME_MAGIC_LEN) != 0) {
		(void)snprintf(why, size, "login: the ServerKey frame is "
		    "malformed");
		return (-1);
	}
	return (net_upgrade_set_key(k, p + FRAME_MAGIC_LEN,
	    "the ServerKey frame", why, size));
}
