/*
 * wgkeys_box: see wgkeys_box.h.  Called by wgkeys.c.
 *
 * A worker that was taken over chooses the server's key: it gets a box that the
 * owner of that key can open, with a text that is the same for all.  It learns
 * nothing of the private key, and no shared secret that it could not compute.
 */
#include <sodium.h>
#include <stdio.h>
#include <string.h>

#include "frame.h"
#include "wgkeys_box.h"

#define TEXTSIZE	128	/* of the JSON */

struct wgkeys_kept {
	uint8_t		 secret[IPC_KEYLEN];
	uint8_t		 public[IPC_KEYLEN];	/* of it */
	uint64_t	 until;		/* 0: no key */
};

static struct wgkeys_kept *slots;	/* locked */

int
wgkeys_box_preload(void)
{
	const size_t size = IPC_BRIDGE_MAXIFACES * sizeof(*slots);

	if (slots == NULL && (slots = sodium_malloc(size)) == NULL)
		return (-1);
	sodium_memzero(slots, size);
	return (0);
}

int
wgkeys_box_set(unsigned int iface, const uint8_t secret[IPC_KEYLEN],
    uint64_t now)
{
	if (sodium_is_zero(secret, IPC_KEYLEN)) {
		wgkeys_box_forget(iface);
		return (-1);
	}
	memcpy(slots[iface].secret, secret, sizeof(slots[iface].secret));
	(void)crypto_scalarmult_base(slots[iface].public, secret);
	slots[iface].until = now + WGKEYS_KEEP_MS;
	return (0);
}

int
wgkeys_box_has(unsigned int iface)
{
	return (slots[iface].until != 0);
}

int
wgkeys_box_is(unsigned int iface, const uint8_t key[IPC_KEYLEN])
{
	return (wgkeys_box_has(iface) &&
	    memcmp(slots[iface].public, key, IPC_KEYLEN) == 0);
}

int
wgkeys_box_outdated(unsigned int iface, const uint8_t key[IPC_KEYLEN],
    uint64_t now)
{
	return (wgkeys_box_has(iface) && !wgkeys_box_is(iface, key) &&
	    now + WGKEYS_KEEP_MS >= slots[iface].until + WGKEYS_FRESH_MS);
}

void
wgkeys_box_forget(unsigned int iface)
{
	sodium_memzero(&slots[iface], sizeof(slots[iface]));
}

unsigned int
wgkeys_box_expire(uint64_t now)
{
	unsigned int i, left = 0;

	for (i = 0; i < IPC_BRIDGE_MAXIFACES; i++) {
		if (slots[i].until == 0)
			continue;
		if (slots[i].until <= now)
			wgkeys_box_forget(i);
		else
			left++;
	}
	return (left);
}

size_t
wgkeys_box_login(unsigned int iface, const uint8_t server[IPC_KEYLEN],
    uint8_t info[WGKEYS_INFOSIZE], const char **why)
{
	uint8_t *nonce = info + FRAME_KEY_LEN, *box = nonce + FRAME_NONCE_LEN;
	char text[TEXTSIZE];
	size_t len;

	memcpy(info, slots[iface].public, FRAME_KEY_LEN);
	if (memcmp(info, server, FRAME_KEY_LEN) == 0) {
		*why = "the relay has the key of the interface";
		return (0);
	}
	len = (size_t)snprintf(text, sizeof(text), "{\"version\":%d,"
	    "\"CanAckPings\":true,\"AppName\":\"derpbridge\"}",
	    FRAME_DERP_VERSION);
	randombytes_buf(nonce, FRAME_NONCE_LEN);
	/* Fails for a key of low order, whose shared secret is public. */
	if (crypto_box_easy(box, (const uint8_t *)text, len, nonce, server,
	    slots[iface].secret) == -1) {
		*why = "the relay's key is of low order";
		return (0);
	}
	return (FRAME_KEY_LEN + FRAME_NONCE_LEN + FRAME_BOX_OVERHEAD + len);
}
