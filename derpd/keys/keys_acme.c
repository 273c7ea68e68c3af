/*
 * keys_acme: the ACME keys and the signatures made with them; see keys_acme.h.
 * Called by keys.c; touches the key files passed to it.
 */
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/x509.h>
#include <sodium.h>
#include <stdio.h>
#include <string.h>

#include "base64url.h"
#include "chan.h"
#include "clock.h"
#include "https.h"
#include "json_out.h"
#include "keyhash.h"
#include "keys.h"
#include "keys_acme.h"
#include "keys_jws.h"

#define SIGN_BURST	1000	/* burst of signatures for acme-helper */
#define SIGN_RATE	10	/* signatures a second after the burst */
#define MAXDER		16384	/* bytes of a certificate to revoke */
#define NKEYS		(ACMEKEY_CERT + 1)

static EVP_PKEY			*keys[NKEYS];	/* by enum ipc_acmekey */
static uint8_t			*mac;		/* KEYS_MACMAX bytes, locked */
static size_t			 maclen;
static struct ipc_acme_conf	 conf;		/* nnames 0: not received yet */
static uint8_t			 revoke[MAXDER];
static size_t			 revokelen;
static uint8_t			 reason;

int
keys_acme_preload(void)
{
	if (mac == NULL && (mac = sodium_malloc(KEYS_MACMAX)) == NULL)
		return (-1);
	return (0);
}

/* Keys */

/* Name of a key: thumbprint or key hash. */
static int
name_of(EVP_PKEY *pkey, unsigned int which, uint8_t result[KEYS_RESULTSIZE])
{
	if (which == ACMEKEY_CERT)
		return (base_keyhash_pkey(pkey, result) == -1 ? -1 :
		    IPC_KEYHASH_LEN);
	if (keys_jws_thumbprint(pkey, (char *)result) == -1)
		return (-1);
	return (JWS_THUMBSIZE - 1);
}

static int
load_mac(int how, int fd, char *err, size_t errsize)
{
	uint8_t	 got[KEYS_MACMAX];
	int	 n;

	n = keys_file_read_mac(fd, got, KEYS_MACMIN, sizeof(got), err, errsize);
	if (n != -1 && how != ACMEFILE_CHECK) {
		memcpy(mac, got, (size_t)n);
		maclen = (size_t)n;
	}
	explicit_bzero(got, sizeof(got));
	return (n == -1 ? -1 : 0);
}

static EVP_PKEY *
make_key(int fd, char *err, size_t errsize)
{
	EVP_PKEY	*pkey;

	if ((pkey = keys_cert_new_key()) == NULL)
		snprintf(err, errsize, "can't make a P-256 key");
	else if (keys_file_write_pem(fd, pkey, err, errsize) == -1) {
		EVP_PKEY_free(pkey);
		pkey = NULL;
	}
	return (pkey);
}

int
keys_acme_load(unsigned int which, int how, int fd,
    uint8_t result[KEYS_RESULTSIZE], char *err, size_t errsize)
{
	EVP_PKEY	*pkey;
	int		 n;

	if (which == ACMEKEY_EAB)
		return (load_mac(how, fd, err, errsize));
	if (how == ACMEFILE_MAKE)
		pkey = make_key(fd, err, errsize);
	else if (which == ACMEKEY_CERT)
		pkey = keys_file_read_pem(fd, err, errsize);
	else
		pkey = keys_file_read_account(fd, err, errsize);
	if (pkey == NULL)
		return (-1);
	if ((n = name_of(pkey, which, result)) == -1) {
		snprintf(err, errsize, "the kind of key is not supported, use"
		    " P-256, P-384 or RSA");
		EVP_PKEY_free(pkey);
		return (-1);
	}
	if (how == ACMEFILE_CHECK) {
		EVP_PKEY_free(pkey);
		return (n);
	}
	EVP_PKEY_free(keys[which]);
	keys[which] = pkey;
	return (n);
}

void
keys_acme_forget(unsigned int which)
{
	if (which == ACMEKEY_EAB) {
		sodium_memzero(mac, KEYS_MACMAX);
		maclen = 0;
	} else {
		EVP_PKEY_free(keys[which]);
		keys[which] = NULL;
	}
}

void
keys_acme_set_conf(const struct ipc_acme_conf *c)
{
	conf = *c;
}

int
keys_acme_set_revoke(const uint8_t *der, size_t len, uint8_t why)
{
	revokelen = 0;
	if (len > sizeof(revoke))
		return (-1);
	memcpy(revoke, der, len);
	revokelen = len;
	reason = why;
	return (0);
}

/* Payloads */

/* Add a member with the base64url of `len' bytes. */
static int
put64(struct json_out *o, const char *name, const void *p, size_t len)
{
	char	 text[BASE64URL_LEN(MAXDER) + 1];

	if (len > MAXDER)
		return (-1);
	base64url_put(text, p, len);
	json_out_str(o, name, text);
	return (0);
}

/* Add the first `n' contacts. */
static void
put_contacts(struct json_out *o, unsigned int n)
{
	unsigned int	 i;

	json_out_array(o, "contact");
	for (i = 0; i < n; i++)
		json_out_str(o, NULL, conf.contacts[i]);
	json_out_end(o);
}

/*
 * External Account Binding: the account's public key, signed with the MAC key.
 */
static int
put_binding(struct json_out *o, const char *url, char *err, size_t errsize)
{
	struct keys_jws_header	 h = { url, NULL, conf.eab_kid };
	char			 jwk[JWS_JWKSIZE];
	struct ipc_wr		 w;
	int			 n, rv;

	if (maclen == 0) {
		snprintf(err, errsize, "there is no MAC key for the account"
		    " binding %s", conf.eab_kid);
		return (-1);
	}
	if ((n = keys_jws_jwk(keys[ACMEKEY_ACCOUNT], jwk)) == -1)
		return (-1);
	ipc_wr_init(&w);
	if ((rv = keys_jws_mac(&w, mac, maclen, &h, jwk, (size_t)n)) == 0)
		json_out_raw(o, "externalAccountBinding", w.p, w.len);
	ipc_wr_free(&w);
	return (rv);
}

static int
put_account(struct json_out *o, const char *url, int bare, char *err,
    size_t errsize)
{
	if (conf.agreed)
		json_out_bool(o, "termsOfServiceAgreed", 1);
	put_contacts(o, bare ? 0 : conf.ncontacts);
	return (conf.eab_kid[0] == '\0' ? 0 :
	    put_binding(o, url, err, errsize));
}

/* Is it "aki.serial" as in RFC 9773 4.1? */
static int
is_certid(const char *s)
{
	char		 half[256];
	const char	*dot = strchr(s, '.');
	int		 n;

	if (dot == NULL || !base64url_is(dot + 1, sizeof(half) - 1))
		return (0);
	n = snprintf(half, sizeof(half), "%.*s", (int)(dot - s), s);
	return (n > 0 && n < (int)sizeof(half) &&
	    base64url_is(half, sizeof(half) - 1));
}

static int
put_order(struct json_out *o, const char *replaces, int bare, char *err,
    size_t errsize)
{
	unsigned int	 i;

	if (replaces[0] != '\0' && !is_certid(replaces)) {
		snprintf(err, errsize, "the identifier of the replaced"
		    " certificate is malformed");
		return (-1);
	}
	json_out_array(o, "identifiers");
	for (i = 0; i < conf.nnames; i++) {
		json_out_object(o, NULL);
		json_out_str(o, "type", acme_name_is_address(conf.names[i]) ?
		    "ip" : "dns");
		json_out_str(o, "value", conf.names[i]);
		json_out_end(o);
	}
	json_out_end(o);
	if (!bare && conf.profile[0] != '\0')
		json_out_str(o, "profile", conf.profile);
	if (replaces[0] != '\0')
		json_out_str(o, "replaces", replaces);
	return (0);
}

static int
put_finalize(struct json_out *o, char *err, size_t errsize)
{
	struct ipc_wr	 der;
	int		 rv = -1;

	if (keys[ACMEKEY_CERT] == NULL) {
		snprintf(err, errsize, "there is no key for the certificate");
		return (-1);
	}
	ipc_wr_init(&der);
	if (keys_csr_make(keys[ACMEKEY_CERT],
	    (const char (*)[IPC_ACME_NAMESIZE])
	    conf.names, conf.nnames, &der, err, errsize) == 0 &&
	    ipc_wr_ok(&der))
		rv = put64(o, "csr", der.p, der.len);
	ipc_wr_free(&der);
	return (rv);
}

static int
put_revoke(struct json_out *o, int bare, char *err, size_t errsize)
{
	if (revokelen == 0) {
		snprintf(err, errsize, "no certificate is to be revoked");
		return (-1);
	}
	if (put64(o, "certificate", revoke, revokelen) == -1)
		return (-1);
	if (!bare)
		json_out_uint(o, "reason", reason);
	return (0);
}

/* The inner JWS of a key rollover: the new key names the account. */
static int
put_roll(struct ipc_wr *w, const struct keys_acme_request *q, char *err,
    size_t errsize)
{
	struct keys_jws_header	 h = { q->url, NULL, NULL };
	struct json_out		 o;
	struct ipc_wr		 in;
	char			 old[JWS_JWKSIZE];
	int			 n, rv = -1;

	if (keys[ACMEKEY_NEXT] == NULL) {
		snprintf(err, errsize, "there is no new account key");
		return (-1);
	}
	if ((n = keys_jws_jwk(keys[ACMEKEY_ACCOUNT], old)) == -1)
		return (-1);
	ipc_wr_init(&in);
	json_out_init(&o, &in);
	json_out_object(&o, NULL);
	json_out_str(&o, "account", q->account);
	json_out_raw(&o, "oldKey", old, (size_t)n);
	json_out_end(&o);
	if (json_out_whole(&o))
		rv = keys_jws_sign(w, keys[ACMEKEY_NEXT], &h, in.p, in.len);
	ipc_wr_free(&in);
	return (rv);
}

/*
 * Add the members of the payload.  Returns 0, or -1 with the reason in `err'.
 */
static int
put_members(struct json_out *o, const struct keys_acme_request *q, char *err,
    size_t errsize)
{
	switch (q->what) {
	case ACMESIGN_LOOKUP:
	case ACMESIGN_LOOKUP_NEXT:
		json_out_bool(o, "onlyReturnExisting", 1);
		return (0);
	case ACMESIGN_ACCOUNT:
	case ACMESIGN_ACCOUNT_BARE:
		return (put_account(o, q->url, q->what ==
		    ACMESIGN_ACCOUNT_BARE, err, errsize));
	case ACMESIGN_CONTACT:
		put_contacts(o, conf.ncontacts);
		return (0);
	case ACMESIGN_ORDER:
	case ACMESIGN_ORDER_BARE:
		return (put_order(o, q->replaces, q->what ==
		    ACMESIGN_ORDER_BARE, err, errsize));
	case ACMESIGN_CHALLENGE:
		return (0);
	case ACMESIGN_FINALIZE:
		return (put_finalize(o, err, errsize));
	case ACMESIGN_REVOKE:
	case ACMESIGN_REVOKE_BARE:
	case ACMESIGN_REVOKE_KEY:
		return (put_revoke(o, q->what == ACMESIGN_REVOKE_BARE, err,
		    errsize));
	default:
		snprintf(err, errsize, "this kind of request is never signed");
		return (-1);
	}
}

static int
put_payload(struct ipc_wr *w, const struct keys_acme_request *q, char *err,
    size_t errsize)
{
	struct json_out	 o;
	int		 rv;

	if (q->what == ACMESIGN_GET)
		return (0);
	if (q->what == ACMESIGN_ROLL)
		return (put_roll(w, q, err, errsize));
	json_out_init(&o, w);
	json_out_object(&o, NULL);
	rv = put_members(&o, q, err, errsize);
	json_out_end(&o);
	return (rv);
}

/* The private key of the certificate to revoke, if this process has it. */
static EVP_PKEY *
revoked_key(void)
{
	const uint8_t	*p = revoke;
	uint8_t		 hash[IPC_KEYHASH_LEN];
	X509		*x;
	EVP_PKEY	*pub, *key = NULL;

	x = d2i_X509(NULL, &p, (long)revokelen);
	if (x != NULL && (pub = X509_get0_pubkey(x)) != NULL &&
	    base_keyhash_pkey(pub, hash) != -1)
		key = keys_tls_find(hash);
	X509_free(x);
	ERR_clear_error();
	return (key);
}

/* The key that signs the request. */
static EVP_PKEY *
signer(const struct keys_acme_request *q)
{
	switch (q->what) {
	case ACMESIGN_LOOKUP_NEXT:
		return (keys[ACMEKEY_NEXT]);
	case ACMESIGN_REVOKE_KEY:
		return (revoked_key());
	default:
		return (keys[ACMEKEY_ACCOUNT]);
	}
}

/* Is the request signed by a key without an account? */
static int
has_no_account(const struct keys_acme_request *q)
{
	switch (q->what) {
	case ACMESIGN_LOOKUP:
	case ACMESIGN_LOOKUP_NEXT:
	case ACMESIGN_ACCOUNT:
	case ACMESIGN_ACCOUNT_BARE:
	case ACMESIGN_REVOKE_KEY:
		return (1);
	default:
		return (0);
	}
}

/* Can the request be signed?  Returns NULL, or the reason why not. */
static const char *
check_request(const struct keys_acme_request *q)
{
	struct net_url	 u;

	if (conf.nnames == 0)
		return ("no ACME settings were received yet");
	if (keys[ACMEKEY_ACCOUNT] == NULL)
		return ("there is no account key");
	if (signer(q) == NULL)
		return (q->what == ACMESIGN_LOOKUP_NEXT ?
		    "there is no new account key" :
		    "there is no key of a certificate to be revoked");
	if (!keys_jws_plain(q->url) || net_url_parse(q->url, &u) == -1)
		return ("the URL of the request is malformed");
	if (!base64url_is(q->nonce, sizeof(q->nonce) - 1))
		return ("the nonce is not base64url");
	if (has_no_account(q))
		return (q->account[0] == '\0' ? NULL :
		    "a request signed by such a key has no account URL");
	if (!keys_jws_plain(q->account) || net_url_parse(q->account, &u) == -1)
		return ("the account URL is malformed");
	return (NULL);
}

int
keys_acme_sign(const struct keys_acme_request *q, struct ipc_wr *out, char *err,
    size_t errsize)
{
	struct keys_jws_header	 h = { q->url, q->nonce, NULL };
	const char		*bad;
	struct ipc_wr		 payload;
	int			 rv = -1;

	if ((bad = check_request(q)) != NULL) {
		snprintf(err, errsize, "%s", bad);
		return (-1);
	}
	if (q->account[0] != '\0')
		h.kid = q->account;
	snprintf(err, errsize, "can't sign with the account key");
	ipc_wr_init(&payload);
	if (put_payload(&payload, q, err, errsize) == 0 && ipc_wr_ok(&payload))
		rv = keys_jws_sign(out, signer(q), &h,
		    payload.p == NULL ? (const uint8_t *)"" : payload.p,
		    payload.len);
	ipc_wr_free(&payload);
	return (rv);
}

/* Requests of acme-helper */

/*
 * Rate limit for acme-helper's signatures.  A compromised helper could
 * otherwise delay the relays' handshakes with endless requests.  Returns 1 to
 * sign, 0 to refuse.
 */
static int
may_sign(void)
{
	static uint64_t	 left = SIGN_BURST * 1000, last;
	uint64_t	 now = base_clock_ms(), passed = now - last;

	/* The bucket counts in thousandths. */
	if (passed > SIGN_BURST * 1000 / SIGN_RATE)
		passed = SIGN_BURST * 1000 / SIGN_RATE;
	left += passed * SIGN_RATE;
	if (left > SIGN_BURST * 1000)
		left = SIGN_BURST * 1000;
	last = now;
	if (left < 1000)
		return (0);
	left -= 1000;
	return (1);
}

int
keys_acme_sign_request(const struct ipc_msg_acme_sign *v, struct ipc_wr *out,
    char *err, size_t errsize)
{
	struct keys_acme_request	 q;

	if (!may_sign()) {
		snprintf(err, errsize, "too many signatures were requested");
		return (-1);
	}
	q.what = (uint8_t)v->what;
	strlcpy(q.url, v->url, sizeof(q.url));
	strlcpy(q.nonce, v->nonce, sizeof(q.nonce));
	strlcpy(q.account, v->account, sizeof(q.account));
	strlcpy(q.replaces, v->replaces, sizeof(q.replaces));
	err[0] = '\0';
	return (keys_acme_sign(&q, out, err, errsize));
}
