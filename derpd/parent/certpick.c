/*
 * certpick: see certpick.h.  Called by settings.c, certcheck.c, certstatus.c,
 * ownnode.c and checker.c.  Pure.
 *
 * libtls, in a front, serves the first certificate that it has by default, and
 * compares the names of the others in order: so settings.c sends the first one
 * as the default, and then all in this order.
 */
#include "certpick.h"
#include "generation.h"
#include "hostname.h"
#include "parent.h"

int
parent_certpick_order(const struct parent_loaded *l, size_t i)
{
	size_t k;
	int own;

	for (own = 0; own < 2; own++)
		for (k = 0; k < l->ncerts; k++)
			if (l->certs[k]->selfsigned == own && i-- == 0)
				return ((int)k);
	return (-1);
}

int
parent_certpick(const struct parent_loaded *l, const char *name)
{
	size_t i;
	int k;

	if (name != NULL && net_hostname_is_name(name))
		for (i = 0; (k = parent_certpick_order(l, i)) != -1; i++)
			if (parent_cert_has(l->certs[k], name))
				return (k);
	return (l->ncerts > 0 ? 0 : -1);
}
