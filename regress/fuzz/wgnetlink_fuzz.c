/*
 * Fuzz target: a datagram of the kernel about WireGuard; also as the attributes
 * of a device behind correct headers, which a fuzzer seldom makes.  A seed may
 * be text: "hex:" and digits.  What is read is complete, and the same again.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "genl.h"
#include "genlmsg.h"
#include "hex.h"

#define SEQ	1
#define FAMILY	33

int	LLVMFuzzerTestOneInput(const uint8_t *, size_t);

static void
check(int ok)
{
	if (!ok)
		abort();
}

/* An endpoint can be written, and read again. */
static void
check_peer(const struct wg_dumped *p)
{
	uint8_t request[WG_GENL_REQUEST];
	char text[WG_ENDPOINT_TEXT];
	struct wg_endpoint e;
	size_t len;

	if (p->endpoint.port == 0)
		return;
	len = wg_genl_set(request, SEQ, FAMILY, "wg0", p->key, &p->endpoint);
	check(len > 0 && len <= sizeof(request));
	wg_endpoint_text(&p->endpoint, text);
	check(wg_endpoint_parse(&e, text) == 0);
	if (e.zone[0] == p->endpoint.zone[0])
		check(wg_endpoint_same(&e, &p->endpoint));
}

static void
device(const uint8_t *p, size_t len)
{
	uint8_t key[WG_KEYLEN];
	struct wg_dump d = { .private_key = key };
	enum wg_genl_end end, again;
	size_t i, n;
	int error = 0;

	end = wg_genl_read_device(p, len, SEQ, FAMILY, &d, &error);
	check((end == WG_GENL_ERROR) == (error > 0 && error < 4096));
	check(d.npeers <= d.room && d.npeers <= WG_MAXPEERS);
	for (i = 0; i < d.npeers; i++)
		check_peer(&d.peers[i]);
	n = d.npeers;
	wg_dump_clear(&d);
	check(d.npeers == 0 && d.private_key == key);
	again = wg_genl_read_device(p, len, SEQ, FAMILY, &d, &error);
	check(again == end && d.npeers == n);
	wg_dump_free(&d);
}

static void
datagram(const uint8_t *p, size_t len)
{
	uint16_t family = 0;
	int error = 0;

	device(p, len);
	if (wg_genl_read_family(p, len, SEQ, &family, &error) == WG_GENL_DONE)
		check(family > WG_NL_CTRL || error == 0);
	(void)wg_genl_read_ack(p, len, SEQ, &error);
}

static void
attributes(const uint8_t *p, size_t len)
{
	struct wg_nl_out o = { NULL, len + 64, 0, 0 };
	size_t at;

	if ((o.p = malloc(o.size)) == NULL)
		return;
	at = wg_nl_begin_genl(&o, FAMILY, WG_NL_MULTI, SEQ, WG_NL_GET_DEVICE);
	wg_nl_bytes(&o, p, len);
	wg_nl_end(&o, at);
	check(!o.full);
	device(o.p, o.len);
	free(o.p);
}

static void
both(const uint8_t *p, size_t len)
{
	datagram(p, len);
	attributes(p, len);
}

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t len)
{
	uint8_t *bytes;
	size_t n;
	char *hex;

	if (len < 4 || memcmp(p, "hex:", 4) != 0) {
		both(p, len);
		return (0);
	}
	n = (len - 4) / 2;
	bytes = malloc(n + 1);
	hex = calloc(1, len);
	if (bytes != NULL && hex != NULL) {
		memcpy(hex, p + 4, len - 4);
		if (base_hex_get(bytes, n, hex) == 0)
			both(bytes, n);
	}
	free(hex);
	free(bytes);
	return (0);
}
