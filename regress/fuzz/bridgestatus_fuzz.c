/*
 * Fuzz target: the state of derpbridged in derpctl.  Nothing that a terminal
 * might interpret is printed.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bridgeshow.h"
#include "json.h"
#include "utf8.h"

int	LLVMFuzzerTestOneInput(const uint8_t *, size_t);

/* The text has lines of printable characters alone. */
static void
check_text(const char *p, size_t len)
{
	uint32_t cp;
	size_t n;

	for (; len > 0; p += n, len -= n) {
		n = json_utf8(p, len, &cp);
		if (n == 0 || (json_is_control(cp) && cp != '\n'))
			abort();
	}
}

static void
show(const char *text, size_t len, const char *name, unsigned int width)
{
	char *out = NULL;
	size_t n = 0;
	FILE *fp;

	if ((fp = open_memstream(&out, &n)) == NULL)
		abort();
	(void)ctl_bridge_table(fp, text, len, name, width);
	(void)ctl_bridge_metrics(fp, text, len, name);
	if (fclose(fp) != 0)
		abort();
	check_text(out, n);
	free(out);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	show((const char *)data, size, NULL, 0);
	show((const char *)data, size, "wg0", 80);
	return (0);
}
