/*
 * keys_tls: the TLS private keys, and what signers are sent of them; see
 * keys.h.  Called by keys.c and keys_parent.c; touches the channels of signers
 * alone.
 */
#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/x509.h>
#include <stdlib.h>
#include <string.h>

#include "keys.h"
#include "keyset.h"

static struct base_keyset	 tls_keys;
static uint8_t			*retained;	/* hashes of the last list */
static size_t			 nretained;

int
keys_tls_add(EVP_PKEY *pkey, uint8_t hash[IPC_KEYHASH_LEN])
{
	return (base_keyset_add(&tls_keys, pkey, hash));
}

EVP_PKEY *
keys_tls_find(const uint8_t hash[IPC_KEYHASH_LEN])
{
	const struct base_key *k = base_keyset_find(&tls_keys, hash);

	return (k == NULL ? NULL : k->pkey);
}

int
keys_tls_retain(const uint8_t *hashes, size_t n)
{
	uint8_t *copy;

	if ((copy = calloc(n + 1, IPC_KEYHASH_LEN)) == NULL)
		return (-1);
	if (n > 0)
		memcpy(copy, hashes, n * IPC_KEYHASH_LEN);
	free(retained);
	retained = copy;
	nretained = n;
	base_keyset_retain(&tls_keys, hashes, n);
	return (0);
}

int
keys_tls_send(struct ipc_chan *c, EVP_PKEY *pkey)
{
	struct ipc_msg_signer_key v;
	unsigned char *der = NULL;
	int rv, len = i2d_PrivateKey(pkey, &der);

	ERR_clear_error();
	if (len <= 0)
		return (-1);
	v.der = der;
	v.len = (size_t)len;
	rv = ipc_send_signer_key(c, &v);
	OPENSSL_clear_free(der, (size_t)len);
	return (rv);
}

/*
 * The hashes of the last list and those of all keys: a generation that is being
 * loaded has added some since.
 */
static int
send_list(struct ipc_chan *c)
{
	struct ipc_msg_signer_retain v;
	struct ipc_wr w;
	size_t i;
	int rv = -1;

	ipc_wr_init(&w);
	ipc_wr_bytes(&w, retained, nretained * IPC_KEYHASH_LEN);
	for (i = 0; i < tls_keys.n; i++)
		ipc_wr_bytes(&w, tls_keys.v[i].hash, IPC_KEYHASH_LEN);
	v.nhashes = (uint32_t)(nretained + tls_keys.n);
	v.hashes = w.p;
	if (ipc_wr_ok(&w))
		rv = ipc_send_signer_retain(c, &v);
	ipc_wr_free(&w);
	return (rv);
}

int
keys_tls_send_all(struct ipc_chan *c)
{
	size_t i;

	for (i = 0; i < tls_keys.n; i++)
		if (keys_tls_send(c, tls_keys.v[i].pkey) == -1)
			return (-1);
	return (retained == NULL ? 0 : send_list(c));
}
