/*
 * acmeconf: what ACME is to get and from where, as the parent tells it to keys
 * and acme-helper (MSG_KEY_ACME_CONF, MSG_ACME_CONF).  Pure.
 */
#ifndef ACMECONF_H
#define ACMECONF_H

#include "codec.h"

#define ACME_URLSIZE	1024	/* room for a URL with its NUL */
#define ACME_NAMESIZE	256	/* for a DNS name or an address */
#define ACME_PROFILESIZE 65	/* for the name of a profile */
#define ACME_MAXNAMES	100	/* of one order, as Let's Encrypt allows */
#define ACME_MAXCONTACTS 8

struct acme_conf {
	char		 directory[ACME_URLSIZE];
	char		 ca_file[1024];	/* trusted; "" the system's */
	char		 profile[ACME_PROFILESIZE];	/* "" none */
	char		 issuer[ACME_NAMESIZE];	/* common name that the chain
						   ends in; "" any */
	char		 eab_kid[ACME_NAMESIZE];	/* "" no binding */
	int		 agreed;	/* to the terms of service */
	unsigned int	 ncontacts;
	char		 contacts[ACME_MAXCONTACTS][ACME_NAMESIZE];
	unsigned int	 nnames;
	char		 names[ACME_MAXNAMES][ACME_NAMESIZE];
};

/*
 * Bring the DNS name or address `s' into the one form that is sent and compared
 * (lower case, no dot at the end; RFC 5952), into `dst' (ACME_NAMESIZE).  NULL,
 * or a static line: why no certificate can be had for it by HTTP-01.
 */
const char *acme_name(const char *s, char dst[ACME_NAMESIZE]);

/* 1 when `s' is an address rather than a DNS name, else 0. */
int	 acme_name_is_address(const char *s);

/* Append `c' to a message. */
void	 acme_conf_put(struct wr *w, const struct acme_conf *c);

/*
 * Read what acme_conf_put() wrote.  0, or -1: malformed, names not in the form
 * of acme_name(), or something in it that JSON would have to escape.
 */
int	 acme_conf_get(struct rd *r, struct acme_conf *c);

#endif
