/*
 * tlsfixture: shared by the tests of tlskey.c and tlsctx.c: a signer in a
 * process of its own, and handshakes of a libtls server with a
 * client of plain libssl, both in this process.
 */
#ifndef TLSFIXTURE_H
#define TLSFIXTURE_H

#include <sys/socket.h>
#include <sys/wait.h>
#include <atf-c.h>
#include <errno.h>
#include <fcntl.h>
#include <openssl/evp.h>
#include <openssl/rsa.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <poll.h>
#include <signal.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <tls.h>
#include <unistd.h>

#include "certs.h"
#include "chan.h"
#include "clock.h"
#include "keys.h"
#include "signer.h"
#include "tlsctx.h"
#include "tlskey.h"

enum cert_kind { RSA_2048, P_256, P_384 };
#define MAXCERTS	4

/* How the signer misbehaves. */
enum mood { GOOD, LATE_ONCE, SLOW, REFUSE, KEYLESS, RUBBISH, GONE };

#define LATE_MS		700	/* of LATE_ONCE, beyond the tests' bound */
#define SLOW_MS		100	/* of SLOW, each time, within it */

static struct front_tlsctx_cert certs[MAXCERTS];
static struct parent_cert	*loaded[MAXCERTS];
static size_t			 ncerts;
static pid_t			 signer;
/* channel of the signer after the first */
static int			 spare;
static struct front_tlskey tlskey;
static int		 lost_calls;
static char		 err[256];

/* In the signer: generate a key; exit with 2 on failure. */
static inline EVP_PKEY *
generate(enum cert_kind kind)
{
	EVP_PKEY_CTX	*ctx;
	EVP_PKEY	*pkey = NULL;

	ctx = EVP_PKEY_CTX_new_id(kind == RSA_2048 ? EVP_PKEY_RSA :
	    EVP_PKEY_EC, NULL);
	if (ctx == NULL || EVP_PKEY_keygen_init(ctx) != 1)
		_exit(2);
	if (kind == RSA_2048)
		EVP_PKEY_CTX_set_rsa_keygen_bits(ctx, 2048);
	else
		EVP_PKEY_CTX_set_ec_paramgen_curve_nid(ctx, kind == P_256 ?
		    NID_X9_62_prime256v1 : NID_secp384r1);
	if (EVP_PKEY_keygen(ctx, &pkey) != 1)
		_exit(2);
	EVP_PKEY_CTX_free(ctx);
	return (pkey);
}

/* In the signer: hold a key, whose hash is stored in `hash'.  0, or -1. */
static inline int
hold(EVP_PKEY *pkey, uint8_t hash[IPC_KEYHASH_LEN])
{
	unsigned char	*der = NULL;
	int		 n = i2d_PrivateKey(pkey, &der);

	return (n <= 0 || base_keyhash_pkey(pkey, hash) == -1 ? -1 :
	    signer_sign_add(der, (size_t)n));
}

/* Answer one request in the signer. */
static inline void
sign_one(struct ipc_chan *c, struct ipc_msg *m, enum mood mood)
{
	static int	 nth;
	const uint8_t	*hash, *in;
	uint8_t		 alg, sig[KEYHASH_MAXSIG];
	uint64_t	 cookie;
	size_t		 inlen;
	struct ipc_wr	 w;
	int		 len;

	nth++;
	cookie = ipc_rd_u64(&m->rd);
	hash = ipc_rd_ptr(&m->rd, IPC_KEYHASH_LEN);
	alg = ipc_rd_u8(&m->rd);
	in = ipc_rd_blob(&m->rd, &inlen);
	if (!ipc_rd_end(&m->rd))
		_exit(3);
	if ((mood == LATE_ONCE && nth == 1) || mood == SLOW)
		poll(NULL, 0, mood == SLOW ? SLOW_MS : LATE_MS);
	len = mood == REFUSE ? -1 : signer_sign_digest(hash, alg, in, inlen,
	    sig);
	ipc_wr_init(&w);
	ipc_wr_u64(&w, mood == RUBBISH ? cookie + 1 : cookie);
	ipc_wr_u8(&w, len > 0);
	ipc_wr_blob(&w, sig, len > 0 ? (size_t)len : 0);
	if (ipc_chan_send(c, MSG_SIGNED, &w, -1) == -1 ||
	    ipc_chan_flush(c, 5000) == -1)
		_exit(3);
	ipc_wr_free(&w);
}

/* Answer requests on one channel until its end, or not at all. */
static inline void
serve(int fd, enum mood mood)
{
	struct ipc_chan	*c;
	struct ipc_msg	 m;

	c = ipc_chan_new(NULL, fd, ROLE_SIGNER, ROLE_FRONT, NULL, NULL, NULL);
	while (c != NULL && ipc_chan_recv(c, &m, 60000) == 0) {
		if (m.type == MSG_SIGN && mood != GONE)
			sign_one(c, &m, mood);
		ipc_msg_free(&m);
		if (mood == GONE)
			break;
	}
	ipc_chan_free(c);
}

/*
 * The child: create keys and certificates, send the certificates, then sign: on
 * `fd' in its mood, on `fd2' correctly.
 */
static inline void
run_signer(int fd, int fd2, int out, const enum cert_kind *kinds, size_t n,
    enum mood mood)
{
	char		 name[64], *names[1] = { name }, pem[KEYS_PEMSIZE];
	uint8_t		 hash[IPC_KEYHASH_LEN];
	EVP_PKEY	*pkey;
	size_t		 i;
	int		 len;

	for (i = 0; i < n; i++) {
		snprintf(name, sizeof(name), "host%zu.example.org", i);
		pkey = generate(kinds[i]);
		len = keys_cert_selfsign(pkey, names, 1, pem, err, sizeof(err));
		if (len <= 0 || hold(pkey, hash) == -1)
			_exit(2);
		memset(pem + len, 0, sizeof(pem) - (size_t)len);
		if (write(out, pem, sizeof(pem)) != (ssize_t)sizeof(pem))
			_exit(2);
	}
	close(out);
	if (mood == KEYLESS)		/* only the last key remains */
		signer_sign_retain(hash, 1);
	serve(fd, mood);
	serve(fd2, GOOD);
	_exit(0);
}

/* Read the `n' certificates of the signer from `fd' into certs[]. */
static inline void
read_certs(int fd, size_t n)
{
	char	 pem[KEYS_PEMSIZE];
	size_t	 i, got;
	ssize_t	 r;

	for (i = 0; i < n; i++) {
		for (got = 0; got < sizeof(pem); got += (size_t)r) {
			r = read(fd, pem + got, sizeof(pem) - got);
			ATF_REQUIRE(r > 0);
		}
		loaded[i] = parent_cert_parse("pem", pem, strlen(pem), err,
		    sizeof(err));
		ATF_REQUIRE_MSG(loaded[i] != NULL, "%s", err);
		certs[i].pem = loaded[i]->pem;
		certs[i].pem_len = loaded[i]->pem_len;
		memcpy(certs[i].hash, loaded[i]->hash, IPC_KEYHASH_LEN);
	}
	ncerts = n;
}

/* For front_tlskey_init(). */
static inline void
count_lost(void *arg)
{
	(void)arg;
	lost_calls++;
}

/*
 * Start a signer of the mood that holds a key of each of the `n' kinds, read
 * its certificates, and sign through it with `ms' as the limit of a signature.
 */
static inline void
start_signer(const enum cert_kind *kinds, size_t n, enum mood mood, int ms)
{
	int	 sv[2], sv2[2], out[2];

	signal(SIGPIPE, SIG_IGN);
	ATF_REQUIRE(sodium_init() != -1);
	ATF_REQUIRE_EQ(0, socketpair(AF_UNIX, SOCK_STREAM, 0, sv));
	ATF_REQUIRE_EQ(0, socketpair(AF_UNIX, SOCK_STREAM, 0, sv2));
	ATF_REQUIRE_EQ(0, pipe(out));
	ATF_REQUIRE((signer = fork()) != -1);
	if (signer == 0) {
		close(sv[0]);
		close(sv2[0]);
		close(out[0]);
		run_signer(sv[1], sv2[1], out[1], kinds, n, mood);
	}
	close(sv[1]);
	close(sv2[1]);
	spare = sv2[0];
	close(out[1]);
	read_certs(out[0], n);
	close(out[0]);
	front_tlsctx_preload();
	front_tlskey_init(&tlskey, count_lost, NULL);
	front_tlskey_set_channel(&tlskey, sv[0], ms);
}

/* End the signer, and wait for it. */
static inline void
stop_signer(void)
{
	int	 status;

	front_tlskey_set_channel(&tlskey, -1, 0);
	if (spare != -1)
		close(spare);
	ATF_REQUIRE_EQ(signer, waitpid(signer, &status, 0));
}

/* Create a server context with all of certs[]; free it with tls_free(). */
static inline struct tls *
make_server(void)
{
	struct tls_config	*cfg;
	struct tls		*ctx;

	cfg = front_tlsctx_config(certs, ncerts, err, sizeof(err));
	ATF_REQUIRE_MSG(cfg != NULL, "%s", err);
	ctx = front_tlsctx_server(cfg, err, sizeof(err));
	ATF_REQUIRE_MSG(ctx != NULL, "%s", err);
	tls_config_free(cfg);
	return (ctx);
}

/* Both ends of a handshake and its result. */
struct pair {
	struct tls	*server;
	SSL		*client;
	int		 fd[2];
	int		 server_done;	/* 1 good, -1 failed */
	int		 client_done;
};

struct offer {
	int		 version;	/* the only one, 0: any */
	const char	*sni;
	const char	*alpn;		/* wire form */
	const char	*sigalgs;
	const char	*suites13;
	const char	*suites12;
};

/* Create a client context that offers what `o' lists. */
static inline SSL_CTX *
client_ctx(const struct offer *o)
{
	SSL_CTX	*ctx;

	ATF_REQUIRE((ctx = SSL_CTX_new(TLS_client_method())) != NULL);
	/* Clients accept tickets here, to detect a server that sends any. */
	SSL_CTX_clear_options(ctx, SSL_OP_NO_TICKET);
	SSL_CTX_set_session_cache_mode(ctx, SSL_SESS_CACHE_CLIENT);
	if (o->version != 0) {
		SSL_CTX_set_min_proto_version(ctx, o->version);
		SSL_CTX_set_max_proto_version(ctx, o->version);
	}
	if (o->sigalgs != NULL)
		ATF_REQUIRE_EQ(1, SSL_CTX_set1_sigalgs_list(ctx, o->sigalgs));
	if (o->suites13 != NULL)
		ATF_REQUIRE_EQ(1, SSL_CTX_set_ciphersuites(ctx, o->suites13));
	if (o->suites12 != NULL)
		ATF_REQUIRE_EQ(1, SSL_CTX_set_cipher_list(ctx, o->suites12));
	if (o->alpn != NULL)
		ATF_REQUIRE_EQ(0, SSL_CTX_set_alpn_protos(ctx,
		    (const unsigned char *)o->alpn,
		    (unsigned int)strlen(o->alpn)));
	return (ctx);
}

/* Continue a handshake: 1 done, 0 incomplete, -1 failed. */
static inline int
step_server(struct tls *t)
{
	int	 r = tls_handshake(t);

	if (r == 0)
		return (1);
	return (r == TLS_WANT_POLLIN || r == TLS_WANT_POLLOUT ? 0 : -1);
}

/* Continue at the client's end, with the same results. */
static inline int
step_client(SSL *s)
{
	int	 r = SSL_do_handshake(s), e;

	if (r == 1)
		return (1);
	e = SSL_get_error(s, r);
	return (e == SSL_ERROR_WANT_READ || e == SSL_ERROR_WANT_WRITE ? 0 :
	    -1);
}

/* Run both ends in turn until each is done. */
static inline void
shake(struct pair *p, struct tls *server, const struct offer *o)
{
	SSL_CTX	*ctx = client_ctx(o);
	int	 i;

	memset(p, 0, sizeof(*p));
	ATF_REQUIRE_EQ(0, socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0,
	    p->fd));
	ATF_REQUIRE_EQ(0, tls_accept_fds(server, &p->server, p->fd[0],
	    p->fd[0]));
	ATF_REQUIRE((p->client = SSL_new(ctx)) != NULL);
	SSL_CTX_free(ctx);
	ATF_REQUIRE_EQ(1, SSL_set_fd(p->client, p->fd[1]));
	SSL_set_connect_state(p->client);
	if (o->sni != NULL)
		SSL_set_tlsext_host_name(p->client, o->sni);
	for (i = 0; i < 50 && (!p->client_done || !p->server_done); i++) {
		if (!p->client_done)
			p->client_done = step_client(p->client);
		if (!p->server_done)
			p->server_done = step_server(p->server);
	}
}

/* Free both ends. */
static inline void
hang_up(struct pair *p)
{
	SSL_free(p->client);
	tls_free(p->server);
	close(p->fd[0]);
	close(p->fd[1]);
}

/* Send a line from the server, so that tickets would be sent. */
static inline void
talk(struct pair *p)
{
	char	 buf[16];
	int	 i, r = -1;

	ATF_REQUIRE_EQ(5, tls_write(p->server, "hello", 5));
	for (i = 0; i < 10 && r <= 0; i++)
		r = SSL_read(p->client, buf, sizeof(buf));
	ATF_REQUIRE_EQ(5, r);
	ATF_REQUIRE_EQ(5, SSL_write(p->client, "olleh", 5));
	ATF_REQUIRE_EQ(5, tls_read(p->server, buf, sizeof(buf)));
}

/* Run a handshake that must give the client certs[cert]. */
static inline void
check_good(struct tls *server, const struct offer *o, size_t cert)
{
	struct pair	 p;
	uint8_t		 md[32];
	unsigned int	 len;
	X509		*x;

	shake(&p, server, o);
	ATF_REQUIRE_EQ_MSG(1, p.server_done, "%s", tls_error(p.server));
	ATF_REQUIRE_EQ(1, p.client_done);
	ATF_REQUIRE((x = SSL_get_peer_certificate(p.client)) != NULL);
	ATF_REQUIRE_EQ(1, X509_pubkey_digest(x, EVP_sha256(), md, &len));
	ATF_CHECK(memcmp(md, certs[cert].hash, sizeof(md)) == 0);
	X509_free(x);
	talk(&p);
	hang_up(&p);
}

/* Run a handshake that must fail while the process continues. */
static inline void
check_bad(struct tls *server, int version)
{
	struct offer	 o = { 0 };
	struct pair	 p;

	o.version = version;
	shake(&p, server, &o);
	ATF_CHECK_EQ(-1, p.server_done);
	ATF_CHECK(p.client_done != 1 || version == TLS1_3_VERSION);
	hang_up(&p);
}

#endif
