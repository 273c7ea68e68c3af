/*
 * keyfile_fuzz: derper's key file and the mesh key file.  A key that was taken
 * is not all zeros, and stands in the file as it was read.
 */

#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "hex.h"
#include "keys.h"

int	LLVMFuzzerTestOneInput(const uint8_t *, size_t);

static int
stands_in(const char *text, size_t len, const uint8_t *key)
{
	char	 hex[2 * KEYS_NODELEN + 1];
	size_t	 i;

	hex_put(hex, key, KEYS_NODELEN);
	for (i = 0; i + 64 <= len; i++)
		if (strncasecmp(text + i, hex, 64) == 0)
			return (1);
	return (0);
}

static void
check(const char *bad, const char *text, size_t len, const uint8_t *key)
{
	static const uint8_t	 none[KEYS_NODELEN];
	int			 zero = memcmp(key, none, sizeof(none)) == 0;

	if (bad == NULL && (zero || !stands_in(text, len, key)))
		abort();
	if (bad != NULL && !zero)
		abort();
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	uint8_t	 key[KEYS_NODELEN];
	char	*text;		/* of exact size, so that reads past it show */

	if ((text = malloc(size == 0 ? 1 : size)) == NULL)
		return (0);
	if (size > 0)
		memcpy(text, data, size);
	memset(key, 1, sizeof(key));
	check(keyfile_parse_node(text, size, key), text, size, key);
	memset(key, 1, sizeof(key));
	check(keyfile_parse_mesh(text, size, key), text, size, key);
	free(text);
	return (0);
}
