/*
 * certchain_test: chains of certificate files, made with libcrypto.
 */
#include <atf-c.h>
#include <openssl/bio.h>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>
#include <stdlib.h>
#include <string.h>

#include "certchain.h"
#include "keyhash.h"
#include "keys.h"

#define URL	"http://ca.example/int.der"

enum { LEAF, INTERMEDIATE, ROOT, CROSS, OTHER, OWN, KINDS };

static char	*pem[KINDS];
static EVP_PKEY	*key[KINDS];

static char	 what[1024];

static void
add_extension(X509 *x, int nid, const char *value)
{
	X509_EXTENSION *e = X509V3_EXT_conf_nid(NULL, NULL, nid, value);

	ATF_REQUIRE(e != NULL && X509_add_ext(x, e, -1) == 1);
	X509_EXTENSION_free(e);
}

static void
set_name(X509_NAME *name, const char *cn)
{
	ATF_REQUIRE_EQ(1, X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC,
	    (const unsigned char *)cn, -1, -1, 0));
}

/* Make the certificate `cn' with the key of `kind', signed by `by'. */
static void
make(int kind, const char *cn, int by, const char *issuer, int ca)
{
	X509 *x = X509_new();
	BIO *bio = BIO_new(BIO_s_mem());
	char *p;
	long len;

	ATF_REQUIRE(x != NULL && bio != NULL);
	ATF_REQUIRE_EQ(1, X509_set_version(x, 2));
	ASN1_INTEGER_set(X509_get_serialNumber(x), kind + 1);
	X509_gmtime_adj(X509_getm_notBefore(x), 0);
	X509_gmtime_adj(X509_getm_notAfter(x), 86400);
	set_name(X509_get_subject_name(x), cn);
	set_name(X509_get_issuer_name(x), issuer);
	ATF_REQUIRE_EQ(1, X509_set_pubkey(x, key[kind]));
	add_extension(x, NID_basic_constraints, ca ? "CA:TRUE" : "CA:FALSE");
	if (kind == LEAF)
		add_extension(x, NID_info_access, "caIssuers;URI:" URL);
	ATF_REQUIRE(X509_sign(x, key[by], EVP_sha256()) > 0);
	ATF_REQUIRE_EQ(1, PEM_write_bio_X509(bio, x));
	len = BIO_get_mem_data(bio, &p);
	ATF_REQUIRE((pem[kind] = strndup(p, (size_t)len)) != NULL);
	BIO_free(bio);
	X509_free(x);
}

static void
make_all(void)
{
	int i;

	for (i = 0; i < KINDS; i++)
		ATF_REQUIRE((key[i] = keys_cert_new_key()) != NULL);
	EVP_PKEY_free(key[CROSS]);
	key[CROSS] = key[INTERMEDIATE];
	make(LEAF, "relay.test", INTERMEDIATE, "Int\"er`mediate", 0);
	make(INTERMEDIATE, "Int\"er`mediate", ROOT, "Root", 1);
	make(ROOT, "Root", ROOT, "Root", 1);
	make(CROSS, "Int\"er`mediate", OTHER, "Other", 1);
	make(OTHER, "Other", OTHER, "Other", 1);
	make(OWN, "own.test", OWN, "own.test", 0);
}

/* Check the file with these certificates, up to -1; the result is in `what'. */
static int
check(const int *kinds, int *selfsigned)
{
	char file[KINDS * KEYS_PEMSIZE] = "";

	if (pem[0] == NULL)
		make_all();
	for (; *kinds != -1; kinds++)
		strlcat(file, pem[*kinds], sizeof(file));
	return (parent_certchain_check(file, strlen(file), selfsigned, what,
	    sizeof(what)));
}

#define FILE_OF(...)	((const int[]){ __VA_ARGS__, -1 })

static void
good(const int *kinds, int selfsigned)
{
	int own;

	ATF_CHECK_EQ_MSG(0, check(kinds, &own), "%s", what);
	ATF_CHECK_STREQ("", what);
	ATF_CHECK_EQ(selfsigned, own);
}

static void
bad(const int *kinds, const char *want)
{
	int own;

	ATF_CHECK_EQ(1, check(kinds, &own));
	ATF_CHECK_MSG(strstr(what, want) != NULL, "\"%s\" lacks \"%s\"", what,
	    want);
}

ATF_TC_WITHOUT_HEAD(complete);
ATF_TC_BODY(complete, tc)
{
	good(FILE_OF(LEAF, INTERMEDIATE), 0);
	good(FILE_OF(LEAF, INTERMEDIATE, ROOT), 0);
	good(FILE_OF(OWN), 1);
	/* Two certificates of one authority. */
	good(FILE_OF(LEAF, CROSS, INTERMEDIATE, ROOT), 0);
	good(FILE_OF(LEAF, INTERMEDIATE, CROSS, ROOT), 0);
	good(FILE_OF(LEAF, INTERMEDIATE, ROOT, CROSS, OTHER), 0);
}

ATF_TC_WITHOUT_HEAD(no_chain);
ATF_TC_BODY(no_chain, tc)
{
	bad(FILE_OF(LEAF), "issuer, \"Int?er`mediate\", is not in the file");
	ATF_CHECK(strstr(what, "fullchain.pem") != NULL);
	ATF_CHECK(strstr(what, "curl -s " URL " | openssl x509 -inform der") !=
	    NULL);
	bad(FILE_OF(LEAF, ROOT), "is not in the file");
}

/* A trusted authority that has issued the certificate itself needs no chain. */
ATF_TC_WITHOUT_HEAD(trusted);
ATF_TC_BODY(trusted, tc)
{
	FILE *f;

	make_all();
	bad(FILE_OF(INTERMEDIATE), "is not in the file");
	ATF_REQUIRE((f = fopen("ca.pem", "w")) != NULL);
	fputs(pem[ROOT], f);
	ATF_REQUIRE_EQ(0, fclose(f));
	ATF_REQUIRE_EQ(0, setenv("SSL_CERT_FILE", "ca.pem", 1));
	good(FILE_OF(INTERMEDIATE), 0);
	bad(FILE_OF(LEAF), "is not in the file");
}

ATF_TC_WITHOUT_HEAD(order);
ATF_TC_BODY(order, tc)
{
	bad(FILE_OF(LEAF, ROOT, INTERMEDIATE), "certificate 3, "
	    "\"Int?er`mediate\", must follow certificate 1");
	bad(FILE_OF(INTERMEDIATE, LEAF, ROOT), "certificate 3, \"Root\", must "
	    "follow certificate 1");
}

ATF_TC_WITHOUT_HEAD(strangers);
ATF_TC_BODY(strangers, tc)
{
	bad(FILE_OF(LEAF, INTERMEDIATE, OWN), "certificate 3 in the file, "
	    "\"own.test\", issued none");
	bad(FILE_OF(LEAF, INTERMEDIATE, LEAF), "certificate 3 in the file, "
	    "\"relay.test\", issued none");
	bad(FILE_OF(OWN, ROOT), "self-signed, and 1 more");
}

ATF_TC_WITHOUT_HEAD(find);
ATF_TC_BODY(find, tc)
{
	char file[2 * KEYS_PEMSIZE];
	uint8_t hash[IPC_KEYHASH_LEN];

	make_all();
	snprintf(file, sizeof(file), "%s%s", pem[INTERMEDIATE], pem[LEAF]);
	ATF_REQUIRE_EQ(0, base_keyhash_pkey(key[LEAF], hash));
	ATF_CHECK_EQ(2, parent_certchain_find(file, strlen(file), hash));
	ATF_REQUIRE_EQ(0, base_keyhash_pkey(key[OWN], hash));
	ATF_CHECK_EQ(0, parent_certchain_find(file, strlen(file), hash));
}

/* Nothing that a file may have ends the parent. */
ATF_TC_WITHOUT_HEAD(odd);
ATF_TC_BODY(odd, tc)
{
	int own;

	ATF_CHECK_EQ(0, parent_certchain_check("", 0, &own, what,
	    sizeof(what)));
	ATF_CHECK_EQ(0, parent_certchain_check("junk\n", 5, &own, what,
	    sizeof(what)));
	ATF_CHECK_EQ(0, own);
}

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, complete);
	ATF_TP_ADD_TC(tp, no_chain);
	ATF_TP_ADD_TC(tp, trusted);
	ATF_TP_ADD_TC(tp, order);
	ATF_TP_ADD_TC(tp, strangers);
	ATF_TP_ADD_TC(tp, find);
	ATF_TP_ADD_TC(tp, odd);
	return (atf_no_error());
}
