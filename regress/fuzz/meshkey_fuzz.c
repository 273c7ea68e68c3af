/*
 * meshkey_fuzz: the search for the mesh key in the plaintext of a login box.
 * The first 32 bytes are the mesh key, the rest is the text.
 */

#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "hex.h"
#include "keys.h"

int	LLVMFuzzerTestOneInput(const uint8_t *, size_t);

/*
 * 1: the text has the key, in either case, between quotes; or with key NULL,
 * any but the all-zero one.
 */
static int
stands_in(const uint8_t *text, size_t len, const uint8_t *key)
{
	static const uint8_t	 none[KEYS_MESHLEN];
	uint8_t			 cand[KEYS_MESHLEN];
	size_t			 i;

	for (i = 0; i + 66 <= len; i++)
		if (text[i] == '"' && text[i + 65] == '"' &&
		    base_hex_get(cand, sizeof(cand),
		    (const char *)text + i + 1) == 0 &&
		    (key == NULL ? memcmp(cand, none, sizeof(cand)) != 0 :
		    memcmp(cand, key, sizeof(cand)) == 0))
			return (1);
	return (0);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const uint8_t	 none[KEYS_MESHLEN];
	uint8_t			*text;
	uint32_t		 off;
	size_t			 len, i;
	int			 there;

	if (size < KEYS_MESHLEN)
		return (0);
	len = size - KEYS_MESHLEN;
	if ((text = malloc(len + 1)) == NULL)
		return (0);
	memcpy(text, data + KEYS_MESHLEN, len);
	there = memcmp(data, none, sizeof(none)) != 0 &&
	    stands_in(text, len, data);
	off = keys_box_find_mesh(text, len, data);
	if (there != (off != KEYS_NOOFFSET))
		abort();
	/* No key is left. */
	if (stands_in(text, len, NULL))
		abort();
	if (off != KEYS_NOOFFSET) {
		if (off == 0 || off + 64 >= len)
			abort();
		for (i = 0; i < 64; i++)
			if (text[off + i] != '0')
				abort();
	} else if (!stands_in(data + KEYS_MESHLEN, len, NULL) &&
	    memcmp(text, data + KEYS_MESHLEN, len) != 0)
		abort();
	free(text);
	return (0);
}
