/*
 * keyhash: SHA-256 of a public key.  Called by the parent, by keys, by signers
 * and by fronts, so that all compute the same hash.  Pure.
 */

/* The key structures of OpenSSL 1.1 and LibreSSL, deprecated in OpenSSL 3.0. */
#define OPENSSL_SUPPRESS_DEPRECATED

#include <openssl/obj_mac.h>
#include <openssl/sha.h>

#include "keyhash.h"

int
base_keyhash_rsa(const RSA *rsa, uint8_t hash[IPC_KEYHASH_LEN])
{
	unsigned char	*der = NULL;
	int		 len;

	if ((len = i2d_RSAPublicKey(rsa, &der)) <= 0)
		return (-1);
	SHA256(der, (size_t)len, hash);
	OPENSSL_free(der);
	return (0);
}

int
base_keyhash_ec(const EC_KEY *ec, uint8_t hash[IPC_KEYHASH_LEN])
{
	const EC_GROUP	*group = EC_KEY_get0_group(ec);
	const EC_POINT	*point = EC_KEY_get0_public_key(ec);
	unsigned char	 oct[1 + 2 * 66];	/* up to P-521 */
	size_t		 len;

	if (group == NULL || point == NULL)
		return (-1);
	len = EC_POINT_point2oct(group, point, POINT_CONVERSION_UNCOMPRESSED,
	    oct, sizeof(oct), NULL);
	if (len == 0)
		return (-1);
	SHA256(oct, len, hash);
	return (0);
}

int
base_keyhash_pkey(EVP_PKEY *pkey, uint8_t hash[IPC_KEYHASH_LEN])
{
	RSA	*rsa;
	EC_KEY	*ec;
	int	 rv = -1;

	switch (EVP_PKEY_base_id(pkey)) {
	case EVP_PKEY_RSA:
		if ((rsa = EVP_PKEY_get1_RSA(pkey)) != NULL)
			rv = base_keyhash_rsa(rsa, hash);
		RSA_free(rsa);
		break;
	case EVP_PKEY_EC:
		if ((ec = EVP_PKEY_get1_EC_KEY(pkey)) != NULL)
			rv = base_keyhash_ec(ec, hash);
		EC_KEY_free(ec);
		break;
	}
	return (rv);
}

static const char *
ec_usable(EVP_PKEY *pkey)
{
	EC_KEY	*ec = EVP_PKEY_get1_EC_KEY(pkey);
	int	 nid = NID_undef;

	if (ec != NULL && EC_KEY_get0_group(ec) != NULL)
		nid = EC_GROUP_get_curve_name(EC_KEY_get0_group(ec));
	EC_KEY_free(ec);
	if (nid == NID_X9_62_prime256v1 || nid == NID_secp384r1)
		return (NULL);
	return ("its curve is not supported, use P-256 or P-384");
}

const char *
base_keyhash_usable(EVP_PKEY *pkey)
{
	int	 bits;

	switch (EVP_PKEY_base_id(pkey)) {
	case EVP_PKEY_RSA:
		bits = EVP_PKEY_bits(pkey);
		if (bits < KEYHASH_MINRSA)
			return ("the RSA key is too short, use 2048 bits or"
			    " more");
		if (bits > KEYHASH_MAXRSA)
			return ("the RSA key is too long, use at most 8192"
			    " bits");
		return (NULL);
	case EVP_PKEY_EC:
		return (ec_usable(pkey));
	default:
		return ("the kind of key is not supported, use RSA, P-256 or"
		    " P-384");
	}
}
