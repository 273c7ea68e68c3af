/*
 * keys_csr: certificate signing requests; see keys_acme.h.  Touches no
 * descriptor.
 */
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>
#include <stdio.h>

#include "keys.h"
#include "keys_acme.h"

/* Add the alternative names as an extension of the request. */
static int
add_names(X509_REQ *req, const char (*names)[IPC_ACME_NAMESIZE], size_t n)
{
	const char		*list[IPC_ACME_MAXNAMES];
	X509_EXTENSIONS		*exts = NULL;
	X509_EXTENSION		*ext = NULL;
	GENERAL_NAMES		*gens;
	size_t			 i;
	int			 ok;

	for (i = 0; i < n; i++)
		list[i] = names[i];
	if ((gens = keys_cert_alt_names(list, n)) != NULL)
		ext = X509V3_EXT_i2d(NID_subject_alt_name, 0, gens);
	ok = ext != NULL && X509v3_add_ext(&exts, ext, -1) != NULL &&
	    X509_REQ_add_extensions(req, exts) == 1;
	sk_X509_EXTENSION_pop_free(exts, X509_EXTENSION_free);
	X509_EXTENSION_free(ext);
	GENERAL_NAMES_free(gens);
	return (ok);
}

int
keys_csr_make(EVP_PKEY *key, const char (*names)[IPC_ACME_NAMESIZE], size_t n,
    struct ipc_wr *der, char *err, size_t errsize)
{
	X509_REQ	*req;
	unsigned char	*p = NULL;
	int		 len = -1;

	if (n == 0 || n > IPC_ACME_MAXNAMES) {
		snprintf(err, errsize, "%zu names for a certificate, expected"
		    " 1 to %d", n, IPC_ACME_MAXNAMES);
		return (-1);
	}
	/*
	 * The subject is empty: its common name would have to be one of the
	 * names, and short enough.
	 */
	if ((req = X509_REQ_new()) != NULL &&
	    X509_REQ_set_version(req, 0) == 1 &&
	    X509_REQ_set_pubkey(req, key) == 1 && add_names(req, names, n) &&
	    X509_REQ_sign(req, key, EVP_sha256()) > 0)
		len = i2d_X509_REQ(req, &p);
	X509_REQ_free(req);
	if (len <= 0) {
		snprintf(err, errsize, "can't make a certificate request for"
		    " %s: %s", names[0], ERR_peek_error() == 0 ?
		    "out of memory" :
		    ERR_reason_error_string(ERR_peek_error()));
		ERR_clear_error();
		return (-1);
	}
	ipc_wr_bytes(der, p, (size_t)len);
	OPENSSL_free(p);
	return (0);
}
