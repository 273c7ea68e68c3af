/*
 * herd_tls: the client's side of a TLS 1.3 handshake (RFC 8446), cheaper than
 * libssl's: a client of the herd costs a fifth of one of derpload, so that a
 * herd on this machine does not take the time that its server needs.  Called by
 * herd_client.c; touches no socket.
 *
 * For the server it is a handshake like any other: a ClientHello of libssl with
 * new random bytes, X25519, AES-128-GCM, and the whole of its own work.  What
 * is saved is the client's: all clients have one X25519 key pair, and nobody
 * looks at the certificate.
 */
#include <err.h>
#include <stdlib.h>
#include <string.h>

#include "herdload.h"

#define REC_CCS		20
#define REC_HANDSHAKE	22
#define REC_DATA	23
#define MSG_SERVER_HELLO 2
#define MSG_FINISHED	20
#define EXT_KEY_SHARE	51
#define X25519		0x001d
#define SUITE		0x1301		/* TLS_AES_128_GCM_SHA256 */
#define HASH		32
#define MSG_HDR		4
#define RANDOM		(NET_RECORD_HDR + MSG_HDR + 2)	/* in a ClientHello */
#define SESSION_ID	(RANDOM + 32)

static struct {
	uint8_t			 hello[HERD_HELLO];
	size_t			 len;
	uint8_t			 pk[32], sk[32];
	uint8_t			 early[HASH];	/* salt of the secret */
	const struct net_aead	*aead;
	void			*key;		/* the expanded key in use */
} all;

/* HKDF-Expand-Label (7.1) with a context of `nctx' bytes. */
static void
expand(uint8_t *out, size_t len, const uint8_t secret[HASH], const char *label,
    const uint8_t *ctx, size_t nctx)
{
	crypto_auth_hmacsha256_state	 s;
	uint8_t				 info[128], mac[HASH];
	size_t				 n = strlen(label), k = 0;

	info[k++] = 0;
	info[k++] = (uint8_t)len;
	info[k++] = (uint8_t)(6 + n);
	memcpy(info + k, "tls13 ", 6);
	memcpy(info + k + 6, label, n);
	k += 6 + n;
	info[k++] = (uint8_t)nctx;
	if (nctx > 0)
		memcpy(info + k, ctx, nctx);
	k += nctx;
	info[k++] = 1;
	crypto_auth_hmacsha256_init(&s, secret, HASH);
	crypto_auth_hmacsha256_update(&s, info, k);
	crypto_auth_hmacsha256_final(&s, mac);
	memcpy(out, mac, len);
}

/* HKDF-Extract. */
static void
extract(uint8_t out[HASH], const uint8_t salt[HASH], const uint8_t key[32])
{
	crypto_auth_hmacsha256_state	 s;

	crypto_auth_hmacsha256_init(&s, salt, HASH);
	crypto_auth_hmacsha256_update(&s, key, 32);
	crypto_auth_hmacsha256_final(&s, out);
}

/* The salt of the next secret (7.1). */
static void
derived(uint8_t out[HASH], const uint8_t secret[HASH])
{
	uint8_t	none[HASH];

	crypto_hash_sha256(none, NULL, 0);
	expand(out, HASH, secret, "derived", none, HASH);
}

static void
hash_now(const struct herd_tls *t, uint8_t out[HASH])
{
	crypto_hash_sha256_state	 s = t->hash;

	crypto_hash_sha256_final(&s, out);
}

/* The X25519 key in the extensions of `p', NULL when there is none. */
static uint8_t *
key_share(uint8_t *p, size_t n)
{
	size_t	i;

	for (i = 0; i + 36 <= n; i++)
		if (p[i] == X25519 >> 8 && p[i + 1] == (X25519 & 0xff) &&
		    p[i + 2] == 0 && p[i + 3] == 32)
			return (p + i + 4);
	return (NULL);
}

void
herd_tls_setup(const struct load *l)
{
	static const uint8_t	 zero[HASH];
	uint8_t			 secret[HASH], *share;

	all.len = conn_hello(l, all.hello, sizeof(all.hello));
	share = key_share(all.hello, all.len);
	if (share == NULL || all.len < SESSION_ID + 33 ||
	    all.hello[SESSION_ID] != 32)
		errx(1, "libssl's ClientHello has no X25519 key");
	crypto_box_keypair(all.pk, all.sk);
	memcpy(share, all.pk, 32);
	extract(secret, zero, zero);
	derived(all.early, secret);
	all.aead = net_aead_best();
	all.key = aligned_alloc(NET_AEAD_ALIGN, (all.aead->key_size +
	    NET_AEAD_ALIGN - 1) / NET_AEAD_ALIGN * NET_AEAD_ALIGN);
	if (all.aead->setup() == -1 || all.key == NULL)
		errx(1, "the cipher can't start");
}

size_t
herd_tls_begin(struct herd_tls *t, uint8_t p[HERD_HELLO])
{
	memset(t, 0, sizeof(*t));
	memcpy(p, all.hello, all.len);
	randombytes_buf(p + RANDOM, 32);
	randombytes_buf(p + SESSION_ID + 1, 32);
	crypto_hash_sha256_init(&t->hash);
	crypto_hash_sha256_update(&t->hash, p + NET_RECORD_HDR,
	    all.len - NET_RECORD_HDR);
	return (all.len);
}

/* Handle a ServerHello.  0, or -1. */
static int
server_hello(struct herd_tls *t, uint8_t *p, size_t n)
{
	uint8_t	 shared[32], h[HASH], *share;

	if (n < MSG_HDR + 2 + 32 + 1 || p[0] != MSG_SERVER_HELLO ||
	    (share = key_share(p + MSG_HDR, n - MSG_HDR)) == NULL ||
	    crypto_scalarmult(shared, all.sk, share) == -1)
		return (-1);
	crypto_hash_sha256_update(&t->hash, p, n);
	hash_now(t, h);
	extract(t->secret, all.early, shared);
	expand(t->client, HASH, t->secret, "c hs traffic", h, HASH);
	expand(t->server, HASH, t->secret, "s hs traffic", h, HASH);
	t->hello = 1;
	return (0);
}

/* Expand the key of a direction, and the nonce of its record number `seq'. */
static int
use_key(const uint8_t secret[HASH], uint64_t seq, uint8_t iv[NET_AEAD_IV])
{
	uint8_t	 key[16];
	int	 i;

	expand(key, sizeof(key), secret, "key", NULL, 0);
	expand(iv, NET_AEAD_IV, secret, "iv", NULL, 0);
	for (i = 0; i < 8; i++)
		iv[NET_AEAD_IV - 1 - i] ^= (uint8_t)(seq >> 8 * i);
	return (all.aead->expand(all.key, NET_AEAD_AES128_GCM, key));
}

/* Decrypt a record of `n' bytes in place; the bytes of its content, or -1. */
static ssize_t
decrypt(struct herd_tls *t, uint8_t *p, size_t n)
{
	uint8_t	 iv[NET_AEAD_IV];
	int	 rv;

	if (n < NET_RECORD_OVERHEAD || use_key(t->server, t->seq, iv) == -1)
		return (-1);
	n -= NET_RECORD_HDR + NET_AEAD_TAG;
	rv = all.aead->open(all.key, iv, p, p + NET_RECORD_HDR, n);
	all.aead->wipe(all.key);
	if (rv == -1)
		return (-1);
	t->seq++;
	while (n > 0 && p[NET_RECORD_HDR + n - 1] == 0)
		n--;
	if (n == 0 || p[NET_RECORD_HDR + n - 1] != REC_HANDSHAKE)
		return (-1);
	return ((ssize_t)n - 1);
}

/* Take the messages that are whole.  1 after Finished, 0 before, -1. */
static int
messages(struct herd_tls *t, const uint8_t *p, size_t n)
{
	uint8_t	*m;
	size_t	 off = 0, len;
	int	 over = 0;

	if ((m = realloc(t->msgs, t->nmsgs + n)) == NULL)
		return (-1);
	t->msgs = m;
	memcpy(m + t->nmsgs, p, n);
	t->nmsgs += n;
	while (!over && t->nmsgs - off >= MSG_HDR) {
		len = MSG_HDR + (be32_get(m + off) & 0xffffff);
		if (t->nmsgs - off < len)
			break;
		crypto_hash_sha256_update(&t->hash, m + off, len);
		over = m[off] == MSG_FINISHED;
		off += len;
	}
	t->nmsgs -= off;
	memmove(m, m + off, t->nmsgs);
	return (over);
}

int
herd_tls_read(struct herd_tls *t, uint8_t *p, size_t n, size_t *used)
{
	size_t	 len;
	ssize_t	 k;

	*used = 0;
	if (n < NET_RECORD_HDR)
		return (0);
	len = NET_RECORD_HDR + ((size_t)p[3] << 8 | p[4]);
	if (n < len)
		return (0);
	*used = len;
	if (p[0] == REC_CCS)
		return (0);
	if (!t->hello)
		return (p[0] != REC_HANDSHAKE ? -1 : server_hello(t,
		    p + NET_RECORD_HDR, len - NET_RECORD_HDR));
	if (p[0] != REC_DATA || (k = decrypt(t, p, len)) == -1)
		return (-1);
	return (messages(t, p + NET_RECORD_HDR, (size_t)k));
}

/* The client's Finished (4.4.4) as a record; its length. */
static size_t
finished(const struct herd_tls *t, const uint8_t h[HASH], uint8_t *p)
{
	crypto_auth_hmacsha256_state	 s;
	uint8_t		 key[HASH], iv[NET_AEAD_IV], msg[MSG_HDR + HASH + 1];
	struct iovec	 v = { msg, sizeof(msg) };
	int		 rv;

	expand(key, HASH, t->client, "finished", NULL, 0);
	msg[0] = MSG_FINISHED;
	msg[1] = msg[2] = 0;
	msg[3] = HASH;
	crypto_auth_hmacsha256_init(&s, key, HASH);
	crypto_auth_hmacsha256_update(&s, h, HASH);
	crypto_auth_hmacsha256_final(&s, msg + MSG_HDR);
	msg[MSG_HDR + HASH] = REC_HANDSHAKE;
	p[0] = REC_DATA;
	p[1] = p[2] = 3;
	p[3] = 0;
	p[4] = (uint8_t)(sizeof(msg) + NET_AEAD_TAG);
	rv = use_key(t->client, 0, iv);
	if (rv == 0) {
		rv = all.aead->seal(all.key, iv, p, &v, 1, p + NET_RECORD_HDR);
		all.aead->wipe(all.key);
	}
	if (rv == -1)
		errx(1, "the cipher failed");
	return (NET_RECORD_HDR + sizeof(msg) + NET_AEAD_TAG);
}

size_t
herd_tls_end(struct herd_tls *t, uint8_t p[HERD_FINISHED],
    struct net_record *rec)
{
	static const uint8_t	 ccs[] = { REC_CCS, 3, 3, 0, 1, 1 };
	static const uint8_t	 zero[HASH];
	uint8_t		 h[HASH], salt[HASH], secret[HASH], in[HASH], out[HASH];

	hash_now(t, h);
	derived(salt, t->secret);
	extract(secret, salt, zero);
	expand(out, HASH, secret, "c ap traffic", h, HASH);
	expand(in, HASH, secret, "s ap traffic", h, HASH);
	if (net_record_begin(rec, &conn_keys, SUITE, in, out, HASH, 0, 1) == -1)
		errx(1, "a record can't begin");
	memcpy(p, ccs, sizeof(ccs));
	return (sizeof(ccs) + finished(t, h, p + sizeof(ccs)));
}

void
herd_tls_free(struct herd_tls *t)
{
	if (t != NULL)
		free(t->msgs);
	free(t);
}
