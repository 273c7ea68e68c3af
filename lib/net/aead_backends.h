/*
 * aead_backends: the tables of aead.h, one for each backend.  For aead.c, and
 * for processes that need no speed.
 */
#ifndef AEAD_BACKENDS_H
#define AEAD_BACKENDS_H

#include "aead.h"

/* With libcrypto (EVP). */
extern const struct net_aead net_aead_evp;

#ifdef HAVE_IPSECMB
/* With libipsec-mb. */
extern const struct net_aead net_aead_ipsecmb;
#endif

#endif
