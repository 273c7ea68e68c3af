/*
 * map_tls: the client's side of TLS 1.3 (RFC 8446), reduced to what a server
 * requires, so that one core of load can saturate one core of a server: one
 * key share for all connections, no validation of the certificate, one cipher
 * suite.  Called by mapload.c for new connections; does no input or output.
 *
 * Like current clients, it offers X25519MLKEM768 first and X25519 second (with
 * `hybrid' of mtls_setup()); a server that supports the first one does its full
 * work.  Our half is free: the ML-KEM key of the hello belongs to the secret 0
 * without noise, for which the ciphertext reveals the message (FIPS 203, 5.3: v
 * is then the message and a little noise).
 *
 * For benchmarks alone: nothing is secret, and the server is not authenticated.
 */

/* SHA-256 without the overhead of EVP: most of the remaining work. */
#define OPENSSL_SUPPRESS_DEPRECATED

#include <err.h>
#include <openssl/evp.h>
#include <openssl/sha.h>
#include <sodium.h>
#include <string.h>

#include "mapload.h"

#define HASH		SHA256_DIGEST_LENGTH
#define TAG		16
#define REC_HDR		5
#define REC_MAX		(16384 + 256)

#define X25519		29
#define HYBRID		4588		/* X25519MLKEM768 */
#define KEM_KEY		1184		/* bytes of a key of ML-KEM-768, */
#define KEM_TEXT	1088		/* of a ciphertext, */
#define KEM_V		128		/* and of v, its end */

enum { REC_CCS = 20, REC_ALERT, REC_HANDSHAKE, REC_DATA };
enum { SERVER_HELLO = 2, FINISHED = 20 };

static uint8_t		 hello[4096];
static size_t		 hello_len;
static uint8_t		 private_key[32];
static uint8_t		 kem_key[KEM_KEY], kem_hash[32];
static uint8_t		 early[HASH];	/* Derive(early secret, "derived") */
static const char	*request;
static EVP_CIPHER_CTX	*gcm;

static void
hmac(const uint8_t *key, size_t keylen, const uint8_t *p, size_t n,
    uint8_t out[HASH])
{
	uint8_t pad[SHA256_CBLOCK];
	SHA256_CTX h;
	size_t i;

	memset(pad, 0x36, sizeof(pad));
	for (i = 0; i < keylen; i++)
		pad[i] ^= key[i];
	SHA256_Init(&h);
	SHA256_Update(&h, pad, sizeof(pad));
	SHA256_Update(&h, p, n);
	SHA256_Final(out, &h);
	for (i = 0; i < sizeof(pad); i++)
		pad[i] ^= 0x36 ^ 0x5c;
	SHA256_Init(&h);
	SHA256_Update(&h, pad, sizeof(pad));
	SHA256_Update(&h, out, HASH);
	SHA256_Final(out, &h);
}

/* HKDF-Expand-Label (section 7.1), of up to HASH bytes. */
static void
expand(const uint8_t secret[HASH], const char *label, const uint8_t *context,
    size_t n, uint8_t *out, size_t outlen)
{
	uint8_t info[128], full[HASH];
	size_t k = strlen(label), len = 0;

	info[len++] = 0;
	info[len++] = (uint8_t)outlen;
	info[len++] = (uint8_t)(6 + k);
	memcpy(info + len, "tls13 ", 6);
	memcpy(info + len + 6, label, k);
	len += 6 + k;
	info[len++] = (uint8_t)n;
	if (n > 0)
		memcpy(info + len, context, n);
	len += n;
	info[len++] = 1;
	hmac(secret, HASH, info, len, full);
	memcpy(out, full, outlen);
}

/* The hash of all handshake messages so far. */
static void
transcript(const struct mtls *t, uint8_t out[HASH])
{
	SHA256_CTX copy = t->messages;

	SHA256_Final(out, &copy);
}

static void
set_keys(struct mtls_dir *d, const uint8_t secret[HASH])
{
	expand(secret, "key", NULL, 0, d->key, sizeof(d->key));
	expand(secret, "iv", NULL, 0, d->iv, sizeof(d->iv));
	d->seq = 0;
}

static void
put16(uint8_t *p, size_t v)
{
	p[0] = (uint8_t)(v >> 8);
	p[1] = (uint8_t)v;
}

static size_t
get16(const uint8_t *p)
{
	return ((size_t)p[0] << 8 | p[1]);
}

/* Prepare AES-128-GCM for the next record, whose header is at `hdr'. */
static void
gcm_begin(struct mtls_dir *d, const uint8_t hdr[REC_HDR], int encrypt)
{
	uint8_t nonce[12];
	int i, n;

	memcpy(nonce, d->iv, sizeof(nonce));
	for (i = 0; i < 8; i++)
		nonce[11 - i] ^= (uint8_t)(d->seq >> (8 * i));
	d->seq++;
	if (EVP_CipherInit_ex(gcm, NULL, NULL, d->key, nonce, encrypt) != 1 ||
	    EVP_CipherUpdate(gcm, NULL, &n, hdr, REC_HDR) != 1)
		errx(1, "AES-GCM failed");
}

/* A record of `n' bytes at `p' of kind `type' to `out'; its length. */
static size_t
seal(struct mtls_dir *d, uint8_t type, const void *p, size_t n, uint8_t *out)
{
	int k;

	out[0] = REC_DATA;
	put16(out + 1, 0x0303);
	put16(out + 3, n + 1 + TAG);
	gcm_begin(d, out, 1);
	if (EVP_CipherUpdate(gcm, out + REC_HDR, &k, p, (int)n) != 1 ||
	    EVP_CipherUpdate(gcm, out + REC_HDR + n, &k, &type, 1) != 1 ||
	    EVP_CipherFinal_ex(gcm, out + REC_HDR + n + 1, &k) != 1 ||
	    EVP_CIPHER_CTX_ctrl(gcm, EVP_CTRL_AEAD_GET_TAG, TAG,
	    out + REC_HDR + n + 1) != 1)
		errx(1, "AES-GCM failed");
	return (REC_HDR + n + 1 + TAG);
}

/* Decrypt the record in place; its kind, or -1.  *n is set to its length. */
static int
unseal(struct mtls_dir *d, uint8_t *rec, size_t *n)
{
	uint8_t *p = rec + REC_HDR;
	int k;

	if (*n < TAG + 1)
		return (-1);
	*n -= TAG;
	gcm_begin(d, rec, 0);
	if (EVP_CipherUpdate(gcm, p, &k, p, (int)*n) != 1 ||
	    EVP_CIPHER_CTX_ctrl(gcm, EVP_CTRL_AEAD_SET_TAG, TAG,
	    p + *n) != 1 || EVP_CipherFinal_ex(gcm, p + *n, &k) != 1)
		return (-1);
	while (*n > 0 && p[*n - 1] == 0)	/* padding */
		(*n)--;
	return (*n > 0 ? p[--*n] : -1);
}

/* Append an extension to the hello. */
static void
extension(uint8_t **p, size_t type, const void *body, size_t n)
{
	put16(*p, type);
	put16(*p + 2, n);
	memcpy(*p + 4, body, n);
	*p += 4 + n;
}

/* t = 0, then any seed of A; and the hash of the key. */
static void
make_kem_key(void)
{
	memset(kem_key, 0, sizeof(kem_key));
	randombytes_buf(kem_key + KEM_KEY - 32, 32);
	if (EVP_Digest(kem_key, sizeof(kem_key), kem_hash, NULL,
	    EVP_sha3_256(), NULL) != 1)
		errx(1, "SHA3-256 failed");
}

/* The secret in a ciphertext for that key. */
static void
kem_open(const uint8_t text[KEM_TEXT], uint8_t secret[32])
{
	const uint8_t *v = text + KEM_TEXT - KEM_V;
	uint8_t m[64] = { 0 }, out[64];
	unsigned int i, x;

	/* Four bits a coefficient: about 8 of 16 is a 1, about 0 is a 0. */
	for (i = 0; i < 256; i++) {
		x = v[i / 2] >> (i % 2 * 4) & 15;
		if (x >= 4 && x < 12)
			m[i / 8] |= (uint8_t)(1 << i % 8);
	}
	memcpy(m + 32, kem_hash, 32);
	if (EVP_Digest(m, sizeof(m), out, NULL, EVP_sha3_512(), NULL) != 1)
		errx(1, "SHA3-512 failed");
	memcpy(secret, out, 32);
}

/* The body of key_share; its length. */
static size_t
put_shares(uint8_t *p, int hybrid)
{
	uint8_t public_key[32], *q = p + 2;

	crypto_scalarmult_base(public_key, private_key);
	if (hybrid) {
		put16(q, HYBRID);
		put16(q + 2, KEM_KEY + 32);
		memcpy(q + 4, kem_key, KEM_KEY);
		memcpy(q + 4 + KEM_KEY, public_key, 32);
		q += 4 + KEM_KEY + 32;
	}
	put16(q, X25519);
	put16(q + 2, 32);
	memcpy(q + 4, public_key, 32);
	q += 36;
	put16(p, (size_t)(q - p) - 2);
	return ((size_t)(q - p));
}

void
mtls_setup(const char *name, const char *req, int hybrid)
{
	static const uint8_t start[] = { 0, 2, 0x13, 0x01, 1, 0 };
	static const uint8_t groups[] = { 0, 4, HYBRID >> 8, HYBRID & 255,
	    0, X25519 };
	static const uint8_t classic[] = { 0, 2, 0, X25519 };
	static const uint8_t algs[] = { 0, 6, 4, 3, 8, 4, 8, 5 };
	static const uint8_t versions[] = { 2, 3, 4 };
	uint8_t shares[2 + 4 + KEM_KEY + 32 + 4 + 32], sni[300], *p, *ext;
	uint8_t zero[HASH] = { 0 }, empty[HASH];
	size_t n = strlen(name);

	if (sodium_init() == -1 || n > 255 || (gcm = EVP_CIPHER_CTX_new()) ==
	    NULL || EVP_CipherInit_ex(gcm, EVP_aes_128_gcm(), NULL, NULL, NULL,
	    1) != 1)
		errx(1, "TLS can't be set up");
	request = req;
	randombytes_buf(private_key, sizeof(private_key));
	make_kem_key();
	hmac(zero, HASH, zero, HASH, early);
	SHA256(NULL, 0, empty);
	expand(early, "derived", empty, HASH, early, HASH);

	p = hello + REC_HDR + 4;
	put16(p, 0x0303);
	randombytes_buf(p + 2, 32);
	p[34] = 0;			/* no session */
	memcpy(p + 35, start, sizeof(start));
	p += 35 + sizeof(start);
	ext = p;
	p += 2;
	put16(sni, n + 3);
	sni[2] = 0;
	put16(sni + 3, n);
	memcpy(sni + 5, name, n);
	extension(&p, 0, sni, n + 5);
	if (hybrid)
		extension(&p, 10, groups, sizeof(groups));
	else
		extension(&p, 10, classic, sizeof(classic));
	extension(&p, 13, algs, sizeof(algs));
	extension(&p, 43, versions, sizeof(versions));
	extension(&p, 51, shares, put_shares(shares, hybrid));
	put16(ext, (size_t)(p - ext) - 2);
	n = (size_t)(p - hello) - REC_HDR;
	hello[0] = REC_HANDSHAKE;
	put16(hello + 1, 0x0301);
	put16(hello + 3, n);
	hello[5] = 1;			/* ClientHello */
	hello[6] = 0;
	put16(hello + 7, n - 4);
	hello_len = n + REC_HDR;
}

const uint8_t *
mtls_begin(struct mtls *t, size_t *n)
{
	t->len = t->hs_len = 0;
	t->state = MTLS_HELLO;
	SHA256_Init(&t->messages);
	SHA256_Update(&t->messages, hello + REC_HDR, hello_len - REC_HDR);
	*n = hello_len;
	return (hello);
}

/* The server's share, `n' bytes at `p': length of the secret, or -1. */
static int
agree(const uint8_t *p, size_t n, uint8_t shared[64])
{
	size_t group = get16(p), k = get16(p + 2);

	if (n < 4 + k)
		return (-1);
	if (group == X25519 && k == 32)
		return (crypto_scalarmult(shared, private_key, p + 4) == -1 ?
		    -1 : 32);
	if (group != HYBRID || k != KEM_TEXT + 32)
		return (-1);
	kem_open(p + 4, shared);
	return (crypto_scalarmult(shared + 32, private_key,
	    p + 4 + KEM_TEXT) == -1 ? -1 : 64);
}

/* ServerHello: the keys of the handshake. */
static int
server_hello(struct mtls *t, const uint8_t *p, size_t n)
{
	uint8_t shared[64], secret[HASH], hash[HASH];
	size_t i, k, end;
	int len;

	if (n < 44 || p[0] != SERVER_HELLO || p[38] != 0 ||
	    get16(p + 39) != 0x1301)
		return (-1);
	end = 44 + get16(p + 42);
	for (i = 44; i + 4 <= n && i < end && get16(p + i) != 51; i += 4 + k)
		k = get16(p + i + 2);
	if (i + 8 > n || (len = agree(p + i + 4, n - i - 4, shared)) == -1)
		return (-1);
	SHA256_Update(&t->messages, p, n);
	transcript(t, hash);
	hmac(early, HASH, shared, (size_t)len, t->secret);
	expand(t->secret, "c hs traffic", hash, HASH, t->client_hs, HASH);
	set_keys(&t->out, t->client_hs);
	expand(t->secret, "s hs traffic", hash, HASH, secret, HASH);
	set_keys(&t->in, secret);
	t->state = MTLS_FLIGHT;
	return (0);
}

/* The server's Finished: ours, the keys of the session, and the request. */
static size_t
finish(struct mtls *t, uint8_t *out)
{
	uint8_t hash[HASH], key[HASH], msg[4 + HASH] = { FINISHED, 0, 0, HASH };
	uint8_t zero[HASH] = { 0 }, secret[HASH];
	size_t n;

	transcript(t, hash);
	expand(t->client_hs, "finished", NULL, 0, key, HASH);
	hmac(key, HASH, hash, HASH, msg + 4);
	n = seal(&t->out, REC_HANDSHAKE, msg, sizeof(msg), out);
	SHA256(NULL, 0, secret);
	expand(t->secret, "derived", secret, HASH, key, HASH);
	hmac(key, HASH, zero, HASH, t->secret);
	expand(t->secret, "c ap traffic", hash, HASH, secret, HASH);
	set_keys(&t->out, secret);
	expand(t->secret, "s ap traffic", hash, HASH, secret, HASH);
	set_keys(&t->in, secret);
	t->state = MTLS_UP;
	return (n + seal(&t->out, REC_DATA, request, strlen(request), out + n));
}

/* Handshake bytes of the server's flight; bytes to send, or -1. */
static long
flight(struct mtls *t, const uint8_t *p, size_t n, uint8_t *out)
{
	size_t k;

	if (t->hs_len + n > sizeof(t->hs))
		return (-1);
	memcpy(t->hs + t->hs_len, p, n);
	t->hs_len += n;
	while (t->hs_len >= 4) {
		k = 4 + ((size_t)t->hs[1] << 16 | get16(t->hs + 2));
		if (t->hs_len < k)
			break;
		SHA256_Update(&t->messages, t->hs, k);
		if (t->hs[0] == FINISHED)
			return ((long)finish(t, out));
		t->hs_len -= k;
		memmove(t->hs, t->hs + k, t->hs_len);
	}
	return (0);
}

/* One record of `n' bytes after its header. */
static int
record(struct mtls *t, uint8_t *rec, size_t n, uint8_t *out, size_t *outlen,
    char *plain, size_t *plainlen)
{
	long k;
	int type;

	if (rec[0] == REC_CCS)
		return (0);
	if (t->state == MTLS_HELLO)
		return (rec[0] == REC_HANDSHAKE ?
		    server_hello(t, rec + REC_HDR, n) : -1);
	if (rec[0] != REC_DATA || (type = unseal(&t->in, rec, &n)) == -1)
		return (-1);
	if (t->state == MTLS_FLIGHT && type == REC_HANDSHAKE) {
		if ((k = flight(t, rec + REC_HDR, n, out)) == -1)
			return (-1);
		*outlen = (size_t)k;
		return (0);
	}
	if (t->state != MTLS_UP)
		return (-1);
	if (type == REC_DATA) {		/* else a ticket, or the end */
		memcpy(plain + *plainlen, rec + REC_HDR, n);
		*plainlen += n;
	}
	return (0);
}

int
mtls_input(struct mtls *t, size_t n, uint8_t *out, size_t *outlen, char *plain,
    size_t *plainlen)
{
	size_t at = 0, k;

	*outlen = *plainlen = 0;
	t->len += n;
	while (t->len - at >= REC_HDR) {
		k = get16(t->raw + at + 3);
		if (k > REC_MAX)
			return (-1);
		if (t->len - at < REC_HDR + k)
			break;
		if (record(t, t->raw + at, k, out, outlen, plain,
		    plainlen) == -1)
			return (-1);
		at += REC_HDR + k;
	}
	t->len -= at;
	memmove(t->raw, t->raw + at, t->len);
	return (0);
}

size_t
mtls_close(struct mtls *t, uint8_t *out)
{
	static const uint8_t close_notify[] = { 1, 0 };

	return (seal(&t->out, REC_ALERT, close_notify, sizeof(close_notify),
	    out));
}
