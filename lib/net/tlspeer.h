/*
 * tlspeer: Shared by tests of TLS clients: certificates made at run time, and a
 * server in a child process that sends what the test case gives it.
 */
#ifndef TLSPEER_H
#define TLSPEER_H

#include <sys/socket.h>
#include <sys/wait.h>
#include <netinet/in.h>
#include <arpa/inet.h>
#include <atf-c.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <tls.h>
#include <unistd.h>

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include "derpcert.h"
#include "hex.h"

#define DAY	(24L * 60 * 60)

/* A certificate with its key, in PEM, and its pin. */
struct made {
	char	 cert[4096];
	char	 key[1024];
	char	 pin[96];
};

/* Copy the content of a memory BIO to `dst', a string of `size' bytes. */
static inline void
take_bio(BIO *bio, char *dst, size_t size)
{
	int n;

	n = BIO_read(bio, dst, (int)size - 1);
	ATF_REQUIRE(n > 0 && (size_t)n < size - 1);
	dst[n] = '\0';
	BIO_free(bio);
}

static inline EVP_PKEY *
make_key(void)
{
	EVP_PKEY_CTX *ctx;
	EVP_PKEY *key = NULL;

	ctx = EVP_PKEY_CTX_new_id(EVP_PKEY_EC, NULL);
	ATF_REQUIRE(ctx != NULL && EVP_PKEY_keygen_init(ctx) == 1);
	ATF_REQUIRE(EVP_PKEY_CTX_set_ec_paramgen_curve_nid(ctx,
	    NID_X9_62_prime256v1) == 1 && EVP_PKEY_keygen(ctx, &key) == 1);
	EVP_PKEY_CTX_free(ctx);
	return (key);
}

/* Set the issuer's name and sign `x' with `by', NULL: with its own key. */
static inline void
sign_cert(X509 *x, EVP_PKEY *key, const struct made *by)
{
	BIO *bio;
	X509 *ca;

	if (by == NULL) {
		X509_set_issuer_name(x, X509_get_subject_name(x));
		ATF_REQUIRE(X509_sign(x, key, EVP_sha256()) > 0);
		return;
	}
	bio = BIO_new_mem_buf(by->cert, -1);
	ATF_REQUIRE((ca = PEM_read_bio_X509(bio, NULL, NULL, NULL)) != NULL);
	BIO_free(bio);
	bio = BIO_new_mem_buf(by->key, -1);
	key = PEM_read_bio_PrivateKey(bio, NULL, NULL, NULL);
	ATF_REQUIRE(key != NULL);
	BIO_free(bio);
	X509_set_issuer_name(x, X509_get_subject_name(ca));
	ATF_REQUIRE(X509_sign(x, key, EVP_sha256()) > 0);
	EVP_PKEY_free(key);
	X509_free(ca);
}

/*
 * Make a P-256 certificate for the common name `cn' and the alternative names
 * `san' ("DNS:a.test,IP:127.0.0.1"; NULL: none), valid between the given
 * seconds from now, signed by `by' (NULL: self-signed).
 */
static inline void
make_signed(struct made *m, const char *cn, const char *san, long from,
    long until, const struct made *by)
{
	unsigned char hash[EVP_MAX_MD_SIZE];
	EVP_PKEY *key = make_key();
	X509_EXTENSION *ext;
	BIO *bio;
	X509 *x;

	ATF_REQUIRE((x = X509_new()) != NULL);
	X509_set_version(x, 2);
	ASN1_INTEGER_set(X509_get_serialNumber(x), 2);
	X509_gmtime_adj(X509_getm_notBefore(x), from);
	X509_gmtime_adj(X509_getm_notAfter(x), until);
	/* OpenSSL's limit of 64 characters is lower than ours. */
	ATF_REQUIRE(X509_NAME_add_entry_by_txt(X509_get_subject_name(x), "CN",
	    strlen(cn) > 64 ? V_ASN1_UTF8STRING : MBSTRING_ASC,
	    (const unsigned char *)cn, -1, -1, 0) == 1);
	if (san != NULL) {
		ext = X509V3_EXT_conf_nid(NULL, NULL, NID_subject_alt_name,
		    san);
		ATF_REQUIRE(ext != NULL && X509_add_ext(x, ext, -1) == 1);
		X509_EXTENSION_free(ext);
	}
	X509_set_pubkey(x, key);
	sign_cert(x, key, by);
	X509_digest(x, EVP_sha256(), hash, NULL);
	strlcpy(m->pin, DERPCERT_PIN_PREFIX, sizeof(m->pin));
	base_hex_put(m->pin + strlen(m->pin), hash, 32);
	bio = BIO_new(BIO_s_mem());
	PEM_write_bio_X509(bio, x);
	take_bio(bio, m->cert, sizeof(m->cert));
	bio = BIO_new(BIO_s_mem());
	PEM_write_bio_PrivateKey(bio, key, NULL, NULL, 0, NULL, NULL);
	take_bio(bio, m->key, sizeof(m->key));
	X509_free(x);
	EVP_PKEY_free(key);
}

/* Make a self-signed certificate. */
static inline void
make_cert(struct made *m, const char *cn, const char *san, long from,
    long until)
{
	make_signed(m, cn, san, from, until, NULL);
}

/* What the server does after sending. */
enum peer_leave {
	BYE,		/* sends close_notify and closes */
	CUT,		/* closes without close_notify */
	LINGER,		/* waits until the client closes */
	NO_TLS,		/* sends without TLS and closes */
	ACT		/* calls peer_act(), then as BYE */
};

/* Called in the server for ACT; set it before the server starts. */
static void	(*peer_act)(struct tls *);

/* One connection: what the server sends after it has read a head. */
struct scene {
	const char	*say;
	size_t		 len;	/* 0: the length of the string */
	enum peer_leave	 leave;
};

struct peer_server {
	pid_t	 pid;
	int	 port;
};

/* In the child: read one request's head into the file request.N. */
static inline void
hear(struct tls *t, int nth)
{
	char buf[8192], name[32];
	size_t got = 0;
	ssize_t n;
	int fd;

	while (got < sizeof(buf) - 1 &&
	    (n = tls_read(t, buf + got, sizeof(buf) - 1 - got)) > 0) {
		got += (size_t)n;
		buf[got] = '\0';
		if (strstr(buf, "\r\n\r\n") != NULL)
			break;
	}
	snprintf(name, sizeof(name), "request.%d", nth);
	fd = open(name, O_WRONLY | O_CREAT | O_TRUNC, 0600);
	if (fd == -1 || write(fd, buf, got) != (ssize_t)got)
		_exit(4);
	close(fd);
}

/* In the child: play one scene on the connection `fd'. */
static inline void
play(int fd, struct tls *srv, const struct scene *s, int nth)
{
	size_t len = s->len != 0 ? s->len : strlen(s->say), done;
	struct tls *t;
	char buf[512];
	ssize_t n;

	if (s->leave == NO_TLS) {
		if (write(fd, s->say, len) == -1)
			_exit(3);
		close(fd);
		return;
	}
	if (tls_accept_socket(srv, &t, fd) == -1)
		_exit(2);
	if (tls_handshake(t) == 0) {
		hear(t, nth);
		for (done = 0; done < len; done += (size_t)n)
			if ((n = tls_write(t, s->say + done,
			    len - done)) <= 0)
				break;
		if (s->leave == ACT)
			peer_act(t);
		while (s->leave == LINGER &&
		    tls_read(t, buf, sizeof(buf)) > 0)
			continue;
		if (s->leave != CUT)
			tls_close(t);
	}
	tls_free(t);
	close(fd);
}

static inline void
peer_run(int lfd, const struct made *m, const struct scene *scenes, int n)
{
	struct tls_config *conf = tls_config_new();
	struct tls *srv = tls_server();
	int fd, nth;

	signal(SIGPIPE, SIG_IGN);
	alarm(120);
	if (tls_config_set_keypair_mem(conf, (const uint8_t *)m->cert,
	    strlen(m->cert), (const uint8_t *)m->key, strlen(m->key)) == -1 ||
	    tls_configure(srv, conf) == -1)
		_exit(2);
	for (nth = 0; (fd = accept(lfd, NULL, NULL)) != -1; nth++)
		play(fd, srv, &scenes[nth < n ? nth : n - 1], nth);
	_exit(3);
}

/*
 * Start a server with the certificate `m' on a free port of 127.0.0.1.  The
 * first connection plays the first scene, and so on; the last scene is
 * repeated.
 */
static inline void
peer_start(struct peer_server *p, const struct made *m,
    const struct scene *scenes, int n)
{
	struct sockaddr_in sin;
	socklen_t len = sizeof(sin);
	int lfd;

	signal(SIGPIPE, SIG_IGN);
	memset(&sin, 0, sizeof(sin));
	sin.sin_family = AF_INET;
	sin.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	ATF_REQUIRE((lfd = socket(AF_INET, SOCK_STREAM, 0)) != -1);
	ATF_REQUIRE(bind(lfd, (struct sockaddr *)&sin, len) == 0);
	ATF_REQUIRE(listen(lfd, 16) == 0);
	ATF_REQUIRE(getsockname(lfd, (struct sockaddr *)&sin, &len) == 0);
	p->port = ntohs(sin.sin_port);
	ATF_REQUIRE((p->pid = fork()) != -1);
	if (p->pid == 0)
		peer_run(lfd, m, scenes, n);
	close(lfd);
}

static inline void
peer_stop(struct peer_server *p)
{
	kill(p->pid, SIGTERM);
	ATF_REQUIRE_EQ(waitpid(p->pid, NULL, 0), p->pid);
}

/* The string `whole' must contain `part'. */
#define HAS(whole, part)						\
	do {								\
		const char *w_ = (whole);				\
		ATF_CHECK_MSG(strstr(w_, (part)) != NULL,		\
		    "\"%s\" is not in \"%s\"", (part), w_);		\
	} while (0)

#endif
