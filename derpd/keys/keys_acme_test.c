/*
 * keys_acme_test: the requests that keys signs for acme-helper and those that
 * it refuses, and key files of other programs.
 */
#include <atf-c.h>
#include <fcntl.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base64url.h"
#include "chan.h"
#include "json.h"
#include "keys.h"
#include "keys_acme.h"
#include "keys_jws.h"

#define U	"https://ca.example/"

static char			 err[256];
static struct ipc_acme_conf	 conf;

static int
new_file(const char *name)
{
	int	 fd;

	ATF_REQUIRE((fd = open(name, O_RDWR | O_CREAT | O_TRUNC, 0600)) != -1);
	return (fd);
}

static int
text_file(const char *text)
{
	int	 fd = new_file("text");

	ATF_REQUIRE_EQ((ssize_t)strlen(text), write(fd, text, strlen(text)));
	ATF_REQUIRE_EQ(0, lseek(fd, 0, SEEK_SET));
	return (fd);
}

static int
load(unsigned int which, int make, int fd, char *result)
{
	uint8_t	 raw[KEYS_RESULTSIZE];
	int	 n;

	n = keys_acme_load(which, make, fd, raw, err, sizeof(err));
	if (n != -1 && which != ACMEKEY_CERT && result != NULL) {
		memcpy(result, raw, (size_t)n);
		result[n] = '\0';
	}
	close(fd);
	return (n);
}

/* Account key, certificate key, and a configuration of two names. */
static void
start(void)
{
	ATF_REQUIRE(sodium_init() != -1);
	ATF_REQUIRE(keys_file_preload() == 0 && keys_acme_preload() == 0);
	ATF_REQUIRE_EQ(43, load(ACMEKEY_ACCOUNT, 1, new_file("account"),
	    NULL));
	ATF_REQUIRE_EQ(IPC_KEYHASH_LEN, load(ACMEKEY_CERT, 1, new_file("cert"),
	    NULL));
	memset(&conf, 0, sizeof(conf));
	snprintf(conf.directory, sizeof(conf.directory), U "dir");
	conf.agreed = 1;
	conf.ncontacts = 2;
	snprintf(conf.contacts[0], sizeof(conf.contacts[0]), "mailto:a@b");
	snprintf(conf.contacts[1], sizeof(conf.contacts[1]), "mailto:c@d");
	conf.nnames = 2;
	snprintf(conf.names[0], sizeof(conf.names[0]), "relay.example.org");
	snprintf(conf.names[1], sizeof(conf.names[1]), "2001:db8::1");
	keys_acme_set_conf(&conf);
}

static struct keys_acme_request
request(enum ipc_acmesign what, const char *account)
{
	struct keys_acme_request	 q;

	memset(&q, 0, sizeof(q));
	q.what = (uint8_t)what;
	snprintf(q.url, sizeof(q.url), U "x");
	snprintf(q.nonce, sizeof(q.nonce), "abc-_1");
	snprintf(q.account, sizeof(q.account), "%s", account);
	return (q);
}

/* Decode the member `name' of the JWS at `text' from base64url; free it. */
static char *
part(const char *text, size_t len, const char *name)
{
	struct json_error	 e;
	struct json		*j;
	const char		*p;
	char			*out;
	size_t			 n;
	long			 got;

	ATF_REQUIRE((j = json_parse(text, len, 4, 99, &e)) != NULL);
	ATF_REQUIRE((p = json_raw(j, json_get(j, 0, name), &n)) != NULL);
	ATF_REQUIRE((out = calloc(1, n + 1)) != NULL);
	got = base64url_get((uint8_t *)out, n, p, n);
	ATF_REQUIRE(got != -1);
	out[got] = '\0';
	json_free(j);
	return (out);
}

/* Sign `q'.  The caller frees the header and payload of the result. */
static void
sign(struct keys_acme_request q, char **header, char **payload)
{
	struct ipc_wr	 w;

	ipc_wr_init(&w);
	ATF_REQUIRE_MSG(keys_acme_sign(&q, &w, err, sizeof(err)) == 0, "%s",
	    err);
	*header = part((char *)w.p, w.len, "protected");
	*payload = part((char *)w.p, w.len, "payload");
	ipc_wr_free(&w);
}

/* Sign, and compare the payload. */
static void
expect(struct keys_acme_request q, const char *want)
{
	char	*header, *payload;

	sign(q, &header, &payload);
	ATF_CHECK_STREQ(want, payload);
	ATF_CHECK_MSG(strstr(header, "\"nonce\":\"abc-_1\",\"url\":\"" U
	    "x\"}") != NULL, "%s", header);
	ATF_CHECK_MSG((strstr(header, "\"kid\":\"" U "me\"") != NULL) ==
	    (q.account[0] != '\0'), "%s", header);
	ATF_CHECK_MSG((strstr(header, "\"jwk\":{") != NULL) ==
	    (q.account[0] == '\0'), "%s", header);
	free(header);
	free(payload);
}

/* The header contains the public half of `key'. */
static void
is_signed_by(struct keys_acme_request q, EVP_PKEY *key)
{
	char	 jwk[JWS_JWKSIZE], *header, *payload;

	ATF_REQUIRE(keys_jws_jwk(key, jwk) != -1);
	sign(q, &header, &payload);
	ATF_CHECK_MSG(strstr(header, jwk) != NULL, "%s, not %s", header, jwk);
	ATF_CHECK_MSG(strstr(payload, "\"reason\":1") != NULL, "%s", payload);
	free(header);
	free(payload);
}

static void
refused(struct keys_acme_request q, const char *why)
{
	struct ipc_wr	 w;

	ipc_wr_init(&w);
	ATF_CHECK_EQ_MSG(-1, keys_acme_sign(&q, &w, err, sizeof(err)), "%u %s",
	    q.what, why);
	ATF_CHECK_MSG(strstr(err, why) != NULL, "%s, expected %s", err, why);
	ipc_wr_free(&w);
}

ATF_TC_WITHOUT_HEAD(payloads);
ATF_TC_BODY(payloads, tc)
{
	struct keys_acme_request	 q;

	start();
	expect(request(ACMESIGN_LOOKUP, ""), "{\"onlyReturnExisting\":true}");
	expect(request(ACMESIGN_ACCOUNT, ""), "{\"termsOfServiceAgreed\":true"
	    ",\"contact\":[\"mailto:a@b\",\"mailto:c@d\"]}");
	expect(request(ACMESIGN_CONTACT, U "me"),
	    "{\"contact\":[\"mailto:a@b\",\"mailto:c@d\"]}");
	expect(request(ACMESIGN_GET, U "me"), "");
	expect(request(ACMESIGN_CHALLENGE, U "me"), "{}");
	expect(request(ACMESIGN_ORDER, U "me"), "{\"identifiers\":[{\"type\":"
	    "\"dns\",\"value\":\"relay.example.org\"},{\"type\":\"ip\","
	    "\"value\":\"2001:db8::1\"}]}");
	conf.nnames = 1;
	conf.ncontacts = 0;
	conf.agreed = 0;
	snprintf(conf.profile, sizeof(conf.profile), "shortlived");
	keys_acme_set_conf(&conf);
	q = request(ACMESIGN_ORDER, U "me");
	snprintf(q.replaces, sizeof(q.replaces), "aYhba4dGQEHhs3uEe6CuLN4ByNQ"
	    ".AIdlQyE");
	expect(q, "{\"identifiers\":[{\"type\":\"dns\",\"value\":"
	    "\"relay.example.org\"}],\"profile\":\"shortlived\",\"replaces\":"
	    "\"aYhba4dGQEHhs3uEe6CuLN4ByNQ.AIdlQyE\"}");
	expect(request(ACMESIGN_ACCOUNT, ""), "{\"contact\":[]}");
	ATF_CHECK_EQ(0, keys_acme_set_revoke((const uint8_t *)"foobar", 6, 4));
	expect(request(ACMESIGN_REVOKE, U "me"),
	    "{\"certificate\":\"Zm9vYmFy\",\"reason\":4}");
}

/* Payloads leave out the members that the directory does not support. */
ATF_TC_WITHOUT_HEAD(bare_payloads);
ATF_TC_BODY(bare_payloads, tc)
{
	struct keys_acme_request	 q;

	start();
	conf.nnames = 1;
	snprintf(conf.profile, sizeof(conf.profile), "shortlived");
	keys_acme_set_conf(&conf);
	expect(request(ACMESIGN_ACCOUNT_BARE, ""),
	    "{\"termsOfServiceAgreed\":true,\"contact\":[]}");
	q = request(ACMESIGN_ORDER_BARE, U "me");
	expect(q, "{\"identifiers\":[{\"type\":\"dns\",\"value\":"
	    "\"relay.example.org\"}]}");
	snprintf(q.replaces, sizeof(q.replaces), "a.b");
	expect(q, "{\"identifiers\":[{\"type\":\"dns\",\"value\":"
	    "\"relay.example.org\"}],\"replaces\":\"a.b\"}");
	refused(request(ACMESIGN_REVOKE_BARE, U "me"), "no certificate is to");
	ATF_CHECK_EQ(0, keys_acme_set_revoke((const uint8_t *)"foobar", 6, 4));
	expect(request(ACMESIGN_REVOKE_BARE, U "me"),
	    "{\"certificate\":\"Zm9vYmFy\"}");
	refused(request(ACMESIGN_ACCOUNT_BARE, U "me"), "has no account URL");
}

/* The new account key finds its account, with a request signed by that key. */
ATF_TC_WITHOUT_HEAD(lookup_next);
ATF_TC_BODY(lookup_next, tc)
{
	char	 thumb[KEYS_RESULTSIZE + 1], *header, *old, *payload;

	start();
	refused(request(ACMESIGN_LOOKUP_NEXT, ""), "no new account key");
	ATF_REQUIRE_EQ(43, load(ACMEKEY_NEXT, 1, new_file("next"), thumb));
	expect(request(ACMESIGN_LOOKUP_NEXT, ""),
	    "{\"onlyReturnExisting\":true}");
	refused(request(ACMESIGN_LOOKUP_NEXT, U "me"), "has no account URL");
	sign(request(ACMESIGN_LOOKUP, ""), &old, &payload);
	free(payload);
	sign(request(ACMESIGN_LOOKUP_NEXT, ""), &header, &payload);
	ATF_CHECK_MSG(strcmp(header, old) != 0, "the same key: %s", header);
	free(old);
	free(header);
	free(payload);
}

/* The certificate's key can revoke the certificate without an account. */
ATF_TC_WITHOUT_HEAD(revoke_by_key);
ATF_TC_BODY(revoke_by_key, tc)
{
	static char	 first[] = "relay.test";
	char		*names[] = { first }, pem[KEYS_PEMSIZE];
	uint8_t		 hash[IPC_KEYHASH_LEN], *der = NULL;
	EVP_PKEY	*key;
	X509		*x;
	BIO		*bio;
	int		 n;

	start();
	refused(request(ACMESIGN_REVOKE_KEY, ""), "no key of a certificate");
	ATF_REQUIRE((key = keys_cert_new_key()) != NULL);
	ATF_REQUIRE(keys_cert_selfsign(key, names, 1, pem, err,
	    sizeof(err)) > 0);
	ATF_REQUIRE((bio = BIO_new_mem_buf(pem, -1)) != NULL);
	ATF_REQUIRE((x = PEM_read_bio_X509(bio, NULL, NULL, NULL)) != NULL);
	ATF_REQUIRE((n = i2d_X509(x, &der)) > 0);
	ATF_CHECK_EQ(0, keys_acme_set_revoke(der, (size_t)n, 1));
	/* The key must be that of a served certificate. */
	refused(request(ACMESIGN_REVOKE_KEY, ""), "no key of a certificate");
	ATF_REQUIRE_EQ(0, keys_tls_add(key, hash));
	is_signed_by(request(ACMESIGN_REVOKE_KEY, ""), key);
	refused(request(ACMESIGN_REVOKE_KEY, U "me"), "has no account URL");
	/* Refuse without a certificate to revoke, and for an unknown key. */
	ATF_CHECK_EQ(0, keys_acme_set_revoke((const uint8_t *)"", 0, 0));
	refused(request(ACMESIGN_REVOKE_KEY, ""), "no key of a certificate");
	ATF_CHECK_EQ(0, keys_acme_set_revoke((const uint8_t *)"foobar", 6, 4));
	refused(request(ACMESIGN_REVOKE_KEY, ""), "no key of a certificate");
	OPENSSL_free(der);
	X509_free(x);
	BIO_free(bio);
}

ATF_TC_WITHOUT_HEAD(refusals);
ATF_TC_BODY(refusals, tc)
{
	static const char	*certids[] = { "a", ".", "a.", ".a", "a.b.c",
	    "a\".b", "a.b\"", "a.b=" };
	struct keys_acme_request	 q;
	size_t				 i;

	start();
	refused(request((enum ipc_acmesign)0, U "me"), "never signed");
	refused(request((enum ipc_acmesign)77, U "me"), "never signed");
	refused(request(ACMESIGN_LOOKUP, U "me"), "has no account URL");
	refused(request(ACMESIGN_ORDER, ""), "account URL is malformed");
	refused(request(ACMESIGN_GET, "http://ca.example/"),
	    "account URL is malformed");
	refused(request(ACMESIGN_GET, U "\"}"), "account URL is malformed");
	refused(request(ACMESIGN_REVOKE, U "me"), "no certificate is to be");
	refused(request(ACMESIGN_ROLL, U "me"), "no new account key");
	q = request(ACMESIGN_GET, U "me");
	snprintf(q.url, sizeof(q.url), "http://ca.example/");
	refused(q, "URL of the request");
	snprintf(q.url, sizeof(q.url), U "\",\"a\":\"");
	refused(q, "URL of the request");
	q = request(ACMESIGN_GET, U "me");
	snprintf(q.nonce, sizeof(q.nonce), "a\"");
	refused(q, "nonce");
	q.nonce[0] = '\0';
	refused(q, "nonce");
	for (i = 0; i < sizeof(certids) / sizeof(certids[0]); i++) {
		q = request(ACMESIGN_ORDER, U "me");
		snprintf(q.replaces, sizeof(q.replaces), "%s", certids[i]);
		refused(q, "certificate is malformed");
	}
	ATF_CHECK_EQ(0, keys_acme_set_revoke((const uint8_t *)"x", 1, 0));
	ATF_CHECK_EQ(0, keys_acme_set_revoke((const uint8_t *)"", 0, 0));
	refused(request(ACMESIGN_REVOKE, U "me"), "no certificate is to be");
	keys_acme_forget(ACMEKEY_CERT);
	refused(request(ACMESIGN_FINALIZE, U "me"), "no key for the cert");
	snprintf(conf.eab_kid, sizeof(conf.eab_kid), "kid-7");
	keys_acme_set_conf(&conf);
	refused(request(ACMESIGN_ACCOUNT, ""), "no MAC key");
	keys_acme_forget(ACMEKEY_ACCOUNT);
	refused(request(ACMESIGN_GET, U "me"), "no account key");
	conf.nnames = 0;
	keys_acme_set_conf(&conf);
	refused(request(ACMESIGN_GET, U "me"), "no ACME settings");
}

ATF_TC_WITHOUT_HEAD(request_for_certificate);
ATF_TC_BODY(request_for_certificate, tc)
{
	char			*header, *payload, *p;
	uint8_t			 der[4096];
	const uint8_t		*d = der;
	X509_REQ		*req;
	EVP_PKEY		*key;
	STACK_OF(X509_EXTENSION) *exts;
	GENERAL_NAMES		*gens;
	GENERAL_NAME		*g;
	FILE			*fp;
	long			 n;

	start();
	sign(request(ACMESIGN_FINALIZE, U "me"), &header, &payload);
	ATF_REQUIRE(strncmp(payload, "{\"csr\":\"", 8) == 0);
	p = payload + 8;
	n = base64url_get(der, sizeof(der), p, strcspn(p, "\""));
	ATF_REQUIRE(n > 0);
	ATF_REQUIRE((req = d2i_X509_REQ(NULL, &d, n)) != NULL);
	ATF_REQUIRE((fp = fopen("cert", "r")) != NULL);
	ATF_REQUIRE((key = PEM_read_PrivateKey(fp, NULL, NULL, NULL)) != NULL);
	fclose(fp);
	ATF_CHECK_EQ(1, X509_REQ_verify(req, key));
	ATF_CHECK_EQ(0, X509_NAME_entry_count(X509_REQ_get_subject_name(req)));
	exts = X509_REQ_get_extensions(req);
	ATF_REQUIRE_EQ(1, sk_X509_EXTENSION_num(exts));
	gens = X509V3_get_d2i(exts, NID_subject_alt_name, NULL, NULL);
	ATF_REQUIRE(gens != NULL);
	ATF_REQUIRE_EQ(2, sk_GENERAL_NAME_num(gens));
	g = sk_GENERAL_NAME_value(gens, 0);
	ATF_REQUIRE_EQ(GEN_DNS, g->type);
	ATF_CHECK_EQ(0, memcmp(ASN1_STRING_get0_data(g->d.dNSName),
	    "relay.example.org", 17));
	g = sk_GENERAL_NAME_value(gens, 1);
	ATF_REQUIRE_EQ(GEN_IPADD, g->type);
	ATF_CHECK_EQ(16, ASN1_STRING_length(g->d.iPAddress));
	GENERAL_NAMES_free(gens);
	sk_X509_EXTENSION_pop_free(exts, X509_EXTENSION_free);
	EVP_PKEY_free(key);
	X509_REQ_free(req);
	free(header);
	free(payload);
}

ATF_TC_WITHOUT_HEAD(binding);
ATF_TC_BODY(binding, tc)
{
	char	*header, *payload, *p, *inner;

	start();
	ATF_REQUIRE_EQ(0, load(ACMEKEY_EAB, 0, text_file(
	    " AyM1SysPpbyDfgZld3umj1qzKObwVMko==\n"), NULL));
	snprintf(conf.eab_kid, sizeof(conf.eab_kid), "kid-7");
	keys_acme_set_conf(&conf);
	sign(request(ACMESIGN_ACCOUNT, ""), &header, &payload);
	p = strstr(payload, ",\"externalAccountBinding\":");
	ATF_REQUIRE(p != NULL);
	p += strlen(",\"externalAccountBinding\":");
	inner = part(p, strlen(p) - 1, "protected");
	ATF_CHECK_STREQ("{\"alg\":\"HS256\",\"kid\":\"kid-7\",\"url\":\"" U
	    "x\"}", inner);
	free(inner);
	inner = part(p, strlen(p) - 1, "payload");
	/* The outer signature is made by the account key that is bound. */
	ATF_CHECK_MSG(strstr(header, inner) != NULL, "%s %s", header, inner);
	free(inner);
	free(header);
	free(payload);
	keys_acme_forget(ACMEKEY_EAB);
	refused(request(ACMESIGN_ACCOUNT, ""), "no MAC key");
}

ATF_TC_WITHOUT_HEAD(key_change);
ATF_TC_BODY(key_change, tc)
{
	char	*header, *payload, *inner, *first;

	start();
	ATF_REQUIRE_EQ(43, load(ACMEKEY_NEXT, 1, new_file("next"), NULL));
	sign(request(ACMESIGN_LOOKUP, ""), &first, &payload);
	free(payload);
	sign(request(ACMESIGN_ROLL, U "me"), &header, &payload);
	ATF_CHECK(strstr(header, "\"kid\":\"" U "me\"") != NULL);
	inner = part(payload, strlen(payload), "payload");
	ATF_CHECK_MSG(strncmp(inner, "{\"account\":\"" U "me\",\"oldKey\":{",
	    strlen("{\"account\":\"" U "me\",\"oldKey\":{")) == 0, "%s",
	    inner);
	/*
	 * The old key is the one of the first request, and signs the outer JWS.
	 */
	ATF_CHECK(strlen(inner) > 40 &&
	    memmem(first, strlen(first), strstr(inner, "oldKey") + 8,
	    strlen(strstr(inner, "oldKey") + 8) - 1) != NULL);
	free(inner);
	inner = part(payload, strlen(payload), "protected");
	ATF_CHECK(strstr(inner, "\"jwk\":{") != NULL);
	ATF_CHECK(strstr(inner, "\"nonce\"") == NULL);
	ATF_CHECK(strstr(inner, "\"url\":\"" U "x\"}") != NULL);
	free(inner);
	free(first);
	free(header);
	free(payload);
}

/* RFC 7515 A.3.1; its thumbprint was computed elsewhere. */
#define JWK_EC	"{\"kty\":\"EC\",\"crv\":\"P-256\","			\
	"\"x\":\"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU\","	\
	"\"y\":\"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0\","	\
	"\"d\":\"jpsQnnGQmL-YBIffH1136cspYG6-0iY7X1fCE9-E9LI\"}"

ATF_TC_WITHOUT_HEAD(account_files);
ATF_TC_BODY(account_files, tc)
{
	static const char	*bad[][2] = {
		{ "", "expected PEM" },
		{ "{}", "expected PEM or a JWK" },
		{ "{\"kty\":\"oct\",\"k\":\"AAAA\"}", "or a JWK" },
		{ "{\"kty\":\"EC\",\"crv\":\"P-256\"}", "or a JWK" },
		{ "{\"kty\":\"RSA\",\"n\":\"AQAB\",\"e\":\"AQAB\"}",
		    "or a JWK" },
		{ "{\"kty\":\"EC\",\"crv\":\"P-256\","
		    "\"x\":\"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU\","
		    "\"y\":\"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0\","
		    "\"d\":\"kpsQnnGQmL-YBIffH1136cspYG6-0iY7X1fCE9-E9LI\"}",
		    "do not belong together" },
	};
	char			 first[64], again[64];
	size_t			 i;

	start();
	ATF_REQUIRE_EQ(43, load(ACMEKEY_ACCOUNT, 0, text_file(JWK_EC),
	    first));
	ATF_CHECK_STREQ("oKIywvGUpTVTyxMQ3bwIIeQUudfr_CkLMjCE19ECD-U", first);
	/* An invalid file changes nothing. */
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		ATF_CHECK_EQ_MSG(-1, load(ACMEKEY_ACCOUNT, 0,
		    text_file(bad[i][0]), NULL), "%s", bad[i][0]);
		ATF_CHECK_MSG(strstr(err, bad[i][1]) != NULL, "%s", err);
	}
	expect(request(ACMESIGN_CHALLENGE, U "me"), "{}");
	/* A generated key file can be read again. */
	ATF_REQUIRE_EQ(43, load(ACMEKEY_ACCOUNT, 1, new_file("a"), first));
	ATF_REQUIRE_EQ(43, load(ACMEKEY_ACCOUNT, 0, open("a", O_RDONLY),
	    again));
	ATF_CHECK_STREQ(first, again);
}

ATF_TC_WITHOUT_HEAD(mac_files);
ATF_TC_BODY(mac_files, tc)
{
	static const char	*bad[] = { "", "AAAA", "not base64 at all, no",
	    "AyM1SysPpbyDfgZld3umj1qzKObwVMko AyM1", "{\"k\":\"AAAA\"}" };
	size_t			 i;

	start();
	ATF_CHECK_EQ(0, load(ACMEKEY_EAB, 0, text_file(
	    "+yM1SysPpbyDfgZld3u/j1qzKObwVMko"), NULL));
	ATF_CHECK_EQ(0, load(ACMEKEY_EAB, 0, text_file(
	    "-yM1SysPpbyDfgZld3u_j1qzKObwVMko\n"), NULL));
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		ATF_CHECK_EQ_MSG(-1, load(ACMEKEY_EAB, 0, text_file(bad[i]),
		    NULL), "%s", bad[i]);
		ATF_CHECK_MSG(strstr(err, "MAC key") != NULL, "%s", err);
	}
}

/* Send one request of acme-helper.  1: signed, 0: refused. */
static int
ask_once(void)
{
	const struct ipc_msg_acme_sign	 v = { .cookie = 7,
					    .what = ACMESIGN_CHALLENGE,
					    .url = U "x", .nonce = "abc",
					    .account = U "me",
					    .replaces = "" };
	struct ipc_wr			 out;
	char				 why[256];
	int				 ok;

	ipc_wr_init(&out);
	ok = keys_acme_sign_request(&v, &out, why, sizeof(why)) == 0;
	ATF_CHECK_MSG(ok == (strstr(why, "too many") == NULL), "%s", why);
	ipc_wr_free(&out);
	return (ok);
}

/* A helper gets no more signatures than an order may need. */
ATF_TC_WITHOUT_HEAD(bounded);
ATF_TC_BODY(bounded, tc)
{
	int	 i;

	start();
	for (i = 0; i < 1000; i++)
		ATF_REQUIRE_EQ_MSG(1, ask_once(), "%d", i);
	for (i = 0; i < 10000 && ask_once(); i++)
		;
	ATF_CHECK_MSG(i < 10000, "there is no end");
}

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, payloads);
	ATF_TP_ADD_TC(tp, bare_payloads);
	ATF_TP_ADD_TC(tp, lookup_next);
	ATF_TP_ADD_TC(tp, revoke_by_key);
	ATF_TP_ADD_TC(tp, bounded);
	ATF_TP_ADD_TC(tp, refusals);
	ATF_TP_ADD_TC(tp, request_for_certificate);
	ATF_TP_ADD_TC(tp, binding);
	ATF_TP_ADD_TC(tp, key_change);
	ATF_TP_ADD_TC(tp, account_files);
	ATF_TP_ADD_TC(tp, mac_files);
	return atf_no_error();
}
