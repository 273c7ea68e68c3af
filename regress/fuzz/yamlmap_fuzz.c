/*
 * Fuzz target: a map in YAML.  What is taken becomes well-formed JSON; what is
 * not has a reason.
 */
#include <stdint.h>
#include <stdlib.h>

#include "json.h"
#include "yamlmap.h"

int	LLVMFuzzerTestOneInput(const uint8_t *, size_t);

static void
check(int ok)
{
	if (!ok)
		abort();
}

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t len)
{
	struct json_error e;
	struct json *j;
	struct ipc_wr w;
	char why[256] = "";

	ipc_wr_init(&w);
	if (ctlcheck_yaml((const char *)p, len, &w, why, sizeof(why)) == -1)
		check(why[0] != '\0');
	else {
		j = json_parse((const char *)w.p, w.len, 16, 1 << 20, &e);
		check(j != NULL);
		json_free(j);
	}
	ipc_wr_free(&w);
	return (0);
}
