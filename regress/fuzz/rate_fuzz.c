/*
 * rate_fuzz: any text as derper's file with the rate of clients.
 *
 * Checked: values are within their bounds, a refused file gives none, and an
 * error is a line that names the file.
 */
#include <stdlib.h>
#include <string.h>

#include "admitset.h"
#include "conf_option.h"

int	LLVMFuzzerTestOneInput(const uint8_t *, size_t);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct admitset_rate r;
	char err[200] = "";
	int rv;

	rv = admitset_rate_parse("/r", (const char *)data, size, &r, err,
	    sizeof(err));
	if (rv == -1 && (strncmp(err, "/r:", 3) != 0 || r.rate != 0))
		abort();
	if (r.rate == 0 ? r.burst != 0 : r.rate > CONF_RATE_MAX ||
	    r.burst < CONF_BURST_MIN || r.burst > CONF_RATE_MAX)
		abort();
	return (0);
}
