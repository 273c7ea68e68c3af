/*
 * keyfile_fuzz: derper's key file and the mesh key file.  An accepted key is
 * not all zeros and occurs in the file, unless the file has escapes; written
 * in derper's format, it is read again.
 */

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
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

	base_hex_put(hex, key, KEYS_NODELEN);
	for (i = 0; i + 64 <= len; i++)
		if (strncasecmp(text + i, hex, 64) == 0)
			return (1);
	return (memchr(text, '\\', len) != NULL);
}

static void
check_again(const uint8_t *key)
{
	char	 text[128];
	uint8_t	 same[KEYS_NODELEN];
	int	 n;

	n = snprintf(text, sizeof(text), "{\n\t\"PrivateKey\": \"privkey:");
	base_hex_put(text + n, key, KEYS_NODELEN);
	n += 2 * KEYS_NODELEN;
	memcpy(text + n, "\"\n}", 3);
	if (keys_file_parse_node(text, (size_t)n + 3, same) != NULL ||
	    memcmp(same, key, sizeof(same)) != 0)
		abort();
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
	uint8_t		 key[KEYS_NODELEN];
	const char	*bad;
	char		*text;	/* of exact size, to detect overreads */

	if ((text = malloc(size == 0 ? 1 : size)) == NULL)
		return (0);
	if (size > 0)
		memcpy(text, data, size);
	memset(key, 1, sizeof(key));
	bad = keys_file_parse_node(text, size, key);
	check(bad, text, size, key);
	if (bad == NULL)
		check_again(key);
	memset(key, 1, sizeof(key));
	check(keys_file_parse_mesh(text, size, key), text, size, key);
	free(text);
	return (0);
}
