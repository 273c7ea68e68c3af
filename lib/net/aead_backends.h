/*
 * aead_backends: one table a backend of aead.h.  For aead.c alone.
 */
#ifndef AEAD_BACKENDS_H
#define AEAD_BACKENDS_H

#include "aead.h"

/* By libcrypto (EVP). */
extern const struct net_aead net_aead_evp;

#ifdef HAVE_IPSECMB
/* By libipsec-mb. */
extern const struct net_aead net_aead_ipsecmb;
#endif

#endif
