/*
 * certtext: what certificates say, as text; see cert.h.
 */
#include <sys/socket.h>
#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include <openssl/evp.h>
#include <openssl/x509v3.h>

#include "cert.h"
#include "derpcert.h"
#include "hex.h"

/* Replace what is not printable, and quotes. */
static void
make_printable(char *p)
{
	for (; *p != '\0'; p++)
		if (*p < ' ' || *p > '~' || *p == '"')
			*p = '?';
}

const char *
check_cert_dn(X509_NAME *name, char dst[CHECK_DN])
{
	if (X509_NAME_get_text_by_NID(name, NID_commonName, dst,
	    CHECK_DN) <= 0 && X509_NAME_get_text_by_NID(name,
	    NID_organizationName, dst, CHECK_DN) <= 0)
		(void)snprintf(dst, CHECK_DN, "without a name");
	make_printable(dst);
	return (dst);
}

/* One alternative name; "" for one that is neither a name nor an address. */
static void
one_name(const GENERAL_NAME *g, char *dst, size_t size)
{
	const unsigned char *p;
	int n;

	dst[0] = '\0';
	if (g->type == GEN_DNS) {
		n = ASN1_STRING_length(g->d.dNSName);
		p = ASN1_STRING_get0_data(g->d.dNSName);
		(void)snprintf(dst, size, "%.*s", n, (const char *)p);
	} else if (g->type == GEN_IPADD) {
		n = ASN1_STRING_length(g->d.iPAddress);
		p = ASN1_STRING_get0_data(g->d.iPAddress);
		if (n == 4 || n == 16)
			(void)inet_ntop(n == 4 ? AF_INET : AF_INET6, p, dst,
			    (socklen_t)size);
	}
	make_printable(dst);
}

const char *
check_cert_names(X509 *x, char *dst, size_t size)
{
	GENERAL_NAMES *names;
	char one[256];
	size_t len = 0;
	int i;

	dst[0] = '\0';
	names = X509_get_ext_d2i(x, NID_subject_alt_name, NULL, NULL);
	for (i = 0; i < sk_GENERAL_NAME_num(names); i++) {
		one_name(sk_GENERAL_NAME_value(names, i), one, sizeof(one));
		if (one[0] == '\0')
			continue;
		if (len + strlen(one) + 8 > size) {
			(void)snprintf(dst + len, size - len, ", ...");
			break;
		}
		len += (size_t)snprintf(dst + len, size - len, "%s%s",
		    len == 0 ? "" : ", ", one);
	}
	GENERAL_NAMES_free(names);
	return (dst);
}

const char *
check_cert_key(X509 *x, char *dst, size_t size)
{
	EVP_PKEY *key = X509_get0_pubkey(x);
	const int type = key == NULL ? EVP_PKEY_NONE : EVP_PKEY_base_id(key);

	/* One of a provider alone has no number. */
	if (type <= EVP_PKEY_NONE)
		(void)snprintf(dst, size, "unknown");
	else if (type == EVP_PKEY_ED25519)
		(void)snprintf(dst, size, "Ed25519");
	else
		(void)snprintf(dst, size, "%s %d", type == EVP_PKEY_RSA ?
		    "RSA" : type == EVP_PKEY_EC ? "ECDSA" : OBJ_nid2sn(type),
		    EVP_PKEY_bits(key));
	return (dst);
}

const char *
check_cert_date(time_t t, char dst[CHECK_DATE])
{
	struct tm tm;

	if (gmtime_r(&t, &tm) == NULL ||
	    strftime(dst, CHECK_DATE, "%Y-%m-%d %H:%M UTC", &tm) == 0)
		(void)snprintf(dst, CHECK_DATE, "an unknown date");
	return (dst);
}

const char *
check_cert_pin_of(X509 *x, char dst[CHECK_PIN])
{
	unsigned char hash[EVP_MAX_MD_SIZE];
	unsigned int n;

	dst[0] = '\0';
	if (X509_digest(x, EVP_sha256(), hash, &n) == 1 && n == 32) {
		(void)snprintf(dst, CHECK_PIN, DERPCERT_PIN_PREFIX);
		base_hex_put(dst + strlen(dst), hash, n);
	}
	return (dst);
}

time_t
check_cert_seconds(const ASN1_TIME *t)
{
	struct tm tm;

	memset(&tm, 0, sizeof(tm));
	return (ASN1_TIME_to_tm(t, &tm) == 1 ? timegm(&tm) : 0);
}
