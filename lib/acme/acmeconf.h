/*
 * acmeconf: what ACME is to get and from where, as the parent tells it to keys
 * and acme-helper (MSG_KEY_ACME_CONF, MSG_ACME_CONF).  Pure.
 */
#ifndef ACMECONF_H
#define ACMECONF_H

#include "messages.h"

/*
 * Bring the DNS name or address `s' into the one form that is sent and compared
 * (lower case, no dot at the end; RFC 5952), into `dst' (IPC_ACME_NAMESIZE).
 * NULL, or a static line: why no certificate can be had for it by HTTP-01.
 */
const char *acme_name(const char *s, char dst[IPC_ACME_NAMESIZE]);

/* 1 when `s' is an address rather than a DNS name, else 0. */
int	 acme_name_is_address(const char *s);

/*
 * Does it hold names in the form of acme_name() alone, a directory, and nothing
 * that JSON would have to escape?  1 yes, 0 no.
 */
int	 acme_conf_valid(const struct ipc_acme_conf *c);

void	 acme_conf_put(struct ipc_wr *w, const struct ipc_acme_conf *c);
int	 acme_conf_get(struct ipc_rd *r, struct ipc_acme_conf *c);

#endif
