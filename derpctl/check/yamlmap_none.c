/*
 * yamlmap_none: no YAML; see yamlmap.h.
 */
#include <stdio.h>

#include "yamlmap.h"

int
ctlcheck_yaml(const char *text, size_t len, struct ipc_wr *w, char *why,
    size_t size)
{
	(void)text;
	(void)len;
	(void)w;
	(void)snprintf(why, size, "it is no JSON, and derpctl was built "
	    "without libyaml, which reads YAML");
	return (1);
}
