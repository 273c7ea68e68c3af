/*
 * tlsgen: see tlsgen.h.  Called by fronttls.c and validation.c.
 */
#include <stdio.h>
#include <stdlib.h>

#include "tlsgen.h"

struct front_tlsgen *
front_tlsgen_new(const struct front_tlsctx_cert *certs, size_t n,
    int validates, char *why, size_t size)
{
	struct tls_config *cfg;
	struct front_tlsgen *g;

	if ((cfg = front_tlsctx_config(certs, n, why, size)) == NULL)
		return (NULL);
	if ((g = calloc(1, sizeof(*g))) == NULL)
		snprintf(why, size, "out of memory");
	else if (validates && front_tlsctx_validates(cfg) == -1)
		snprintf(why, size, "can't set up TLS: %s",
		    tls_config_error(cfg));
	else
		g->tls = front_tlsctx_server(cfg, why, size);
	tls_config_free(cfg);
	if (g == NULL || g->tls == NULL) {
		free(g);
		return (NULL);
	}
	g->refs = 1;
	return (g);
}

void
front_tlsgen_unref(struct front_tlsgen *g)
{
	if (g == NULL || --g->refs > 0)
		return;
	tls_free(g->tls);
	free(g);
}
