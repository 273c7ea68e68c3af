/*
 * Fuzz target: the ClientInfo of a login.  Only 64 digits at the place that the
 * process keys has named make the client a mesh node.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "clientinfo.h"

int	LLVMFuzzerTestOneInput(const uint8_t *, size_t);

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t len)
{
	const char		*text = (const char *)p, *digits;
	struct front_clientinfo	 ci, same;
	uint32_t		 off = UINT32_MAX;
	int			 rv;

	rv = front_clientinfo_parse(text, len, UINT32_MAX, &ci);
	if (rv == 0 && (ci.mesh || ci.app_name[CLIENTINFO_APPNAME - 1] != 0))
		abort();
	digits = len > 0 ? memmem(text, len, "00000000", 8) : NULL;
	if (digits != NULL)
		off = (uint32_t)(digits - text);
	if (front_clientinfo_parse(text, len, off, &same) != rv)
		abort();
	if (rv == 0 && same.mesh && (off == UINT32_MAX || off + 65 > len ||
	    text[off - 1] != '"' || text[off + 64] != '"'))
		abort();
	return 0;
}
