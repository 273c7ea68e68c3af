/*
 * tlskey: sends the private key operations of TLS from a front to its signer.
 * Called by libcrypto, below libtls, within a handshake; touches the sign
 * channel alone.  This process has no private key: a request names the key by
 * the hash of the certificate's public key, computed anew each time, so that a
 * signature always matches its certificate.
 *
 * The front, and so its pumps, wait for each signature.  The time for a signer
 * that hangs or is slow is limited: after an overdue signature, or several slow
 * ones, there are no requests until the answer arrives or pumps have had enough
 * time.
 */

/* libtls needs methods; OpenSSL 3.0 only marks them as deprecated. */
#define OPENSSL_SUPPRESS_DEPRECATED

#include <errno.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/rsa.h>
#include <poll.h>
#include <string.h>
#include <unistd.h>

#include "chan.h"
#include "clock.h"
#include "keyhash.h"
#include "log.h"
#include "messages.h"
#include "tlskey.h"

#define QUICK_MS	20	/* a wait that is not charged */
#define REFILL		2	/* ms of other work that earn 1 ms of waiting */
#define LEAST_MS	50	/* limit of a signature after slow ones */

/*
 * The state for the methods: libcrypto calls them with a key, and its EC
 * methods have no argument of the caller.
 */
static struct front_tlskey *installed;

static int	rsa_priv_enc(int, const unsigned char *, unsigned char *,
		    RSA *, int);
static int	rsa_priv_dec(int, const unsigned char *, unsigned char *,
		    RSA *, int);
static int	ec_sign(int, const unsigned char *, int, unsigned char *,
		    unsigned int *, const BIGNUM *, const BIGNUM *, EC_KEY *);
static ECDSA_SIG *ec_sign_sig(const unsigned char *, int, const BIGNUM *,
		    const BIGNUM *, EC_KEY *);

static void
channel_lost(struct front_tlskey *k, const char *why)
{
	log_warnx("the channel to the signer is gone: %s; no new TLS"
	    " connections until it is back", why);
	ipc_chan_free(k->chan);
	k->chan = NULL;
	if (k->lost != NULL)
		k->lost(k->arg);
}

/* Return how many ms the front may wait now. */
static long long
credit_now(struct front_tlskey *k)
{
	long long	 now = base_clock_ms();

	k->credit += (now - k->credit_at) / REFILL;
	k->credit_at = now - (now - k->credit_at) % REFILL;
	if (k->credit > k->ms)
		k->credit = k->ms;
	return (k->credit);
}

/* Charge a wait of `ms' for a signature. */
static void
charge(struct front_tlskey *k, long long ms)
{
	if (ms <= QUICK_MS)
		return;
	/* Pumps had no time during the wait, so it earns no credit. */
	k->credit = k->credit > ms ? k->credit - ms : 0;
	k->credit_at = base_clock_ms();
	if (k->credit >= k->ms / 4 || k->slow)
		return;
	k->slow = 1;
	if (k->lost != NULL)
		k->lost(k->arg);
}

/*
 * Validate one message from the signer.  Return the bytes of the signature in
 * `out', 0 for the answer to a request that timed out, -1 for a refusal, -2 for
 * a message that it may not send here.
 */
static int
read_answer(struct ipc_msg *m, uint64_t cookie, uint8_t *out, size_t outsize)
{
	struct ipc_msg_signature v;

	if (m->type != MSG_SIGNED || ipc_get_signature(&m->rd, &v) == -1 ||
	    v.cookie == 0 || v.cookie > cookie)
		return (-2);
	if (v.cookie != cookie)
		return (0);
	if (!v.ok || v.len == 0 || v.len > outsize)
		return (-1);
	memcpy(out, v.bytes, v.len);
	return ((int)v.len);
}

/* Wait for the answer to `cookie'; the same results, -3 with errno. */
static int
await(struct front_tlskey *k, const struct ipc_wr *w, uint64_t cookie,
    uint8_t *out, size_t outsize)
{
	struct ipc_msg	 m;
	long long	 left = credit_now(k), end;
	int		 r;

	if (left < LEAST_MS)
		left = LEAST_MS;
	end = base_clock_ms() + left;
	r = ipc_chan_call(k->chan, MSG_SIGN, w, -1, &m, (int)left);
	for (;;) {
		if (r == -1)
			return (-3);
		r = read_answer(&m, cookie, out, outsize);
		ipc_msg_free(&m);
		if (r != 0)
			return (r);
		if ((left = end - base_clock_ms()) < 0)
			left = 0;
		r = ipc_chan_recv(k->chan, &m, (int)left);
	}
}

/* The answer did not arrive in time. */
static void
late(struct front_tlskey *k, long long ms)
{
	log_limited_warnx(&k->late, "no TLS signature within %lld ms: "
	    "no new TLS connections until the signer answers or is "
	    "restarted",
	    ms);
	k->overdue = 1;
	if (!k->slow && k->lost != NULL)	/* else it was called before */
		k->lost(k->arg);
}

/*
 * Request a signature of `in' with the key of `hash' from the signer.  Return
 * the bytes of the signature in `out', or -1.
 */
static int
request(const uint8_t hash[IPC_KEYHASH_LEN], enum ipc_signalg alg,
    const uint8_t *in, size_t inlen, uint8_t *out, size_t outsize)
{
	struct ipc_msg_sign v;
	struct ipc_wr	 w;
	struct front_tlskey *k = installed;
	long long	 start = base_clock_ms();
	int		 r, error;

	if (k->chan == NULL || k->overdue)
		return (-1);
	v.cookie = ++k->cookie;
	v.hash = hash;
	v.alg = alg;
	v.in = in;
	v.len = inlen;
	ipc_wr_init(&w);
	ipc_put_sign(&w, &v);
	if (!ipc_wr_ok(&w)) {
		ipc_wr_free(&w);
		return (-1);
	}
	r = await(k, &w, k->cookie, out, outsize);
	error = errno;
	ipc_wr_free(&w);
	charge(k, (long long)base_clock_ms() - start);
	if (r > 0)
		return (r);
	if (r == -1)
		log_limited_warnx(&k->refused, "the signer refused a "
		    "signature: it has no such key, or the request was not "
		    "TLS's");
	else if (r == -3 && error == ETIMEDOUT)
		late(k, (long long)base_clock_ms() - start);
	else
		channel_lost(k, r == -2 ? "unexpected message" :
		    strerror(error));
	return (-1);
}

/* Read the overdue answer if it has arrived.  -1: the channel is lost. */
static int
read_overdue(struct front_tlskey *k)
{
	uint8_t		 sig[1024];
	struct ipc_msg	 m;
	int		 r;

	while (k->overdue && ipc_chan_recv(k->chan, &m, 0) == 0) {
		r = read_answer(&m, k->cookie, sig, sizeof(sig));
		ipc_msg_free(&m);
		if (r == -2) {
			channel_lost(k, "unexpected message");
			return (-1);
		}
		if (r != 0)
			k->overdue = 0;
	}
	return (0);
}

static int
rsa_priv_enc(int len, const unsigned char *from, unsigned char *to, RSA *rsa,
    int padding)
{
	uint8_t			 hash[IPC_KEYHASH_LEN];
	enum ipc_signalg	 alg;
	int			 n, size = RSA_size(rsa);

	switch (padding) {
	case RSA_PKCS1_PADDING:
		alg = SIGN_RSA_PKCS1;
		break;
	case RSA_NO_PADDING:
		alg = SIGN_RSA_PSS;
		break;
	default:
		return (-1);
	}
	if (len <= 0 || size <= 0 || base_keyhash_rsa(rsa, hash) == -1)
		return (-1);
	n = request(hash, alg, from, (size_t)len, to, (size_t)size);
	return (n == size ? n : -1);
}

/* No suite with RSA key exchange is offered, so nothing is decrypted. */
static int
rsa_priv_dec(int len, const unsigned char *from, unsigned char *to, RSA *rsa,
    int padding)
{
	(void)len;
	(void)from;
	(void)to;
	(void)rsa;
	(void)padding;
	return (-1);
}

static int
ec_sign(int type, const unsigned char *dgst, int dlen, unsigned char *sig,
    unsigned int *siglen, const BIGNUM *kinv, const BIGNUM *r, EC_KEY *ec)
{
	uint8_t	 hash[IPC_KEYHASH_LEN];
	int	 n, size = ECDSA_size(ec);

	(void)type;
	(void)kinv;
	(void)r;
	*siglen = 0;
	if (dlen <= 0 || size <= 0 || base_keyhash_ec(ec, hash) == -1)
		return (0);
	n = request(hash, SIGN_ECDSA, dgst, (size_t)dlen, sig, (size_t)size);
	if (n <= 0)
		return (0);
	*siglen = (unsigned int)n;
	return (1);
}

static ECDSA_SIG *
ec_sign_sig(const unsigned char *dgst, int dlen, const BIGNUM *kinv,
    const BIGNUM *r, EC_KEY *ec)
{
	uint8_t		 sig[256];	/* P-521 needs 141 */
	const uint8_t	*p = sig;
	unsigned int	 len;

	if (ECDSA_size(ec) > (int)sizeof(sig) ||
	    ec_sign(0, dgst, dlen, sig, &len, kinv, r, ec) != 1)
		return (NULL);
	return (d2i_ECDSA_SIG(NULL, &p, (long)len));
}

static int
install_rsa(void)
{
	RSA_METHOD	*m;

	if ((m = RSA_meth_dup(RSA_get_default_method())) == NULL ||
	    RSA_meth_set1_name(m, "derpd signer RSA") != 1 ||
	    RSA_meth_set_priv_enc(m, rsa_priv_enc) != 1 ||
	    RSA_meth_set_priv_dec(m, rsa_priv_dec) != 1)
		return (-1);
	RSA_set_default_method(m);
	return (0);
}

static int
install_ec(void)
{
	EC_KEY_METHOD	*m;
	int		(*setup)(EC_KEY *, BN_CTX *, BIGNUM **, BIGNUM **);

	if ((m = EC_KEY_METHOD_new(EC_KEY_get_default_method())) == NULL)
		return (-1);
	EC_KEY_METHOD_get_sign(m, NULL, &setup, NULL);
	EC_KEY_METHOD_set_sign(m, ec_sign, setup, ec_sign_sig);
	EC_KEY_set_default_method(m);
	return (0);
}

void
front_tlskey_init(struct front_tlskey *k, void (*lost)(void *arg), void *arg)
{
	memset(k, 0, sizeof(*k));
	k->lost = lost;
	k->arg = arg;
	installed = k;
	if (install_rsa() == -1 || install_ec() == -1)
		fatalx("can't install the TLS key methods: out of memory?");
}

void
front_tlskey_set_channel(struct front_tlskey *k, int fd, int ms)
{
	ipc_chan_free(k->chan);
	k->chan = NULL;
	k->ms = ms;
	k->credit = ms;
	k->credit_at = base_clock_ms();
	k->overdue = k->slow = 0;
	if (fd == -1)
		return;
	k->chan = ipc_chan_new(NULL, fd, ROLE_FRONT, ROLE_SIGNER, NULL, NULL,
	    NULL);
	if (k->chan == NULL) {
		log_warn("can't open the channel to the signer (malloc): "
		    "handshakes wait until the parent sends another one");
		close(fd);
	}
}

int
front_tlskey_ready(struct front_tlskey *k)
{
	struct pollfd	 pfd;

	if (k->chan == NULL || read_overdue(k) == -1)
		return (0);
	if (ipc_chan_fd(k->chan) == -1) {
		channel_lost(k, "closed");
		return (0);
	}
	/* A lost channel is detected here rather than within a handshake. */
	pfd.fd = ipc_chan_fd(k->chan);
	pfd.events = 0;
	if (poll(&pfd, 1, 0) == 1) {
		channel_lost(k, "closed");
		return (0);
	}
	if (k->slow && credit_now(k) >= k->ms / 2)
		k->slow = 0;
	return (!k->overdue && !k->slow);
}

int
front_tlskey_gone(const struct front_tlskey *k)
{
	return (k->chan == NULL);
}
