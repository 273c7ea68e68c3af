/*
 * acmeconf: the ACME settings that the parent sends to keys and acme-helper
 * (MSG_KEY_ACME_CONF, MSG_ACME_CONF).  Pure.
 */
#ifndef ACMECONF_H
#define ACMECONF_H

#include "messages.h"

/*
 * Convert the DNS name or address `s' to its canonical form (lower case, no dot
 * at the end; RFC 5952) in `dst' (IPC_ACME_NAMESIZE).  Returns NULL, or a
 * static line that says why no challenge can validate the name.
 */
const char *acme_name(const char *s, char dst[IPC_ACME_NAMESIZE]);

/*
 * The server name with which a directory validates the name `s', in the form of
 * acme_name(), by TLS-ALPN-01: for an address, its name for reverse DNS
 * (RFC 8738 6), in `dst' (IPC_ACME_NAMESIZE).
 */
void	 acme_server_name(const char *s, char dst[IPC_ACME_NAMESIZE]);

/* 1 when `s' is an address rather than a DNS name, else 0. */
int	 acme_name_is_address(const char *s);

/*
 * Are the settings complete: names in the form of acme_name() only, a
 * directory, and no text that JSON would have to escape?  Returns 1 or 0.
 */
int	 acme_conf_valid(const struct ipc_acme_conf *c);

void	 acme_conf_put(struct ipc_wr *w, const struct ipc_acme_conf *c);
int	 acme_conf_get(struct ipc_rd *r, struct ipc_acme_conf *c);

#endif
