/*
 * keys_test: the keys process as the parent and a worker see it, within its
 * sandbox.
 */

#include <sys/socket.h>
#include <atf-c.h>
#include <errno.h>
#include <fcntl.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <signal.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "acmeconf.h"
#include "certs.h"
#include "chan.h"
#include "hex.h"
#include "keys.h"
#include "keysfixture.h"

/* An empty file, open for reading and writing. */
static int
empty_file(const char *name)
{
	int	 fd;

	ATF_REQUIRE((fd = open(name, O_RDWR | O_CREAT | O_TRUNC, 0600)) != -1);
	return (fd);
}

static int
reopen(const char *name)
{
	int	 fd;

	ATF_REQUIRE((fd = open(name, O_RDONLY)) != -1);
	return (fd);
}

static int
text_file(const char *name, const char *text)
{
	int	 fd = empty_file(name);

	ATF_REQUIRE_EQ((ssize_t)strlen(text), write(fd, text, strlen(text)));
	close(fd);
	return (reopen(name));
}

/*
 * Ask keys and take its MSG_KEY_RESULT: bytes of the result in `out', or -1
 * with `err' filled in.  Frees `w'.
 */
static long
key_ask(uint32_t type, struct ipc_wr *w, int fd, void *out, size_t size,
    char *err)
{
	struct ipc_msg	 m;
	const uint8_t	*p;
	uint8_t		 ok;
	size_t		 n;

	ATF_REQUIRE_EQ(0, ipc_chan_call(child, type, w, fd, &m, WAIT_MS));
	if (w != NULL)
		ipc_wr_free(w);
	ATF_REQUIRE_EQ(MSG_KEY_RESULT, m.type);
	ok = ipc_rd_u8(&m.rd);
	ipc_rd_str(&m.rd, err, 256);
	p = ipc_rd_blob(&m.rd, &n);
	ATF_REQUIRE(ipc_rd_end(&m.rd));
	ATF_REQUIRE(n <= size);
	ATF_CHECK_EQ(ok != 0, err[0] == '\0');
	memcpy(out, p, n);
	ipc_msg_free(&m);
	return (ok ? (long)n : -1);
}

/* A worker's channel of the kind. */
static struct ipc_chan *
worker_channel(unsigned int worker, enum ipc_keychan kind)
{
	struct ipc_chan	*c;
	struct ipc_wr	 w;
	int		 sv[2];

	ATF_REQUIRE_EQ(0, socketpair(AF_UNIX, SOCK_STREAM, 0, sv));
	ipc_wr_init(&w);
	ipc_wr_u32(&w, worker);
	ipc_wr_u8(&w, (uint8_t)kind);
	ATF_REQUIRE_EQ(0, ipc_chan_send(child, MSG_KEY_CHAN, &w, sv[1]));
	ATF_REQUIRE_EQ(0, ipc_chan_flush(child, WAIT_MS));
	ipc_wr_free(&w);
	c = ipc_chan_new(NULL, sv[0], kind == KEYCHAN_ACME ? ROLE_ACME :
	    ROLE_RELAY, ROLE_KEYS, NULL, NULL, NULL);
	ATF_REQUIRE(c != NULL);
	return (c);
}

ATF_TC_WITHOUT_HEAD(node);
ATF_TC_BODY(node, tc)
{
	uint8_t	 pub[32], again[32];
	char	 err[256], pem[KEYS_PEMSIZE];
	long	 n;

	start();
	ATF_CHECK_EQ(-1, key_ask(MSG_KEY_METACERT, NULL, -1, pem, sizeof(pem),
	    err));
	ATF_CHECK_MSG(strstr(err, "no node key") != NULL, "%s", err);
	ATF_REQUIRE_EQ(32, key_ask(MSG_KEY_NODE_NEW, NULL, empty_file("node"),
	    pub, sizeof(pub), err));
	ATF_REQUIRE_EQ(32, key_ask(MSG_KEY_NODE, NULL, reopen("node"), again,
	    sizeof(again), err));
	ATF_CHECK(memcmp(pub, again, sizeof(pub)) == 0);
	n = key_ask(MSG_KEY_METACERT, NULL, -1, pem, sizeof(pem), err);
	ATF_REQUIRE_MSG(n > 0, "%s", err);
	ATF_CHECK(strncmp(pem, "-----BEGIN CERTIFICATE-----", 27) == 0);
	/* A bad file changes nothing. */
	ATF_CHECK_EQ(-1, key_ask(MSG_KEY_NODE, NULL, text_file("bad", "{}"),
	    again, sizeof(again), err));
	ATF_CHECK_MSG(strstr(err, "derper") != NULL, "%s", err);
	ATF_CHECK(key_ask(MSG_KEY_METACERT, NULL, -1, pem, sizeof(pem),
	    err) > 0);
	child_stop();
}

static struct parent_cert *
selfsign(char *err)
{
	char			 pem[KEYS_PEMSIZE];
	struct parent_cert	*c;
	struct ipc_wr		 w;
	long			 n;

	ipc_wr_init(&w);
	ipc_wr_u32(&w, 2);
	ipc_wr_str(&w, "relay.example.org");
	ipc_wr_str(&w, "192.0.2.1");
	n = key_ask(MSG_KEY_SELFSIGN, &w, empty_file("tls"), pem, sizeof(pem),
	    err);
	ATF_REQUIRE_MSG(n > 0, "%s", err);
	c = parent_cert_parse("self-signed", pem, (size_t)n, err, 256);
	ATF_REQUIRE_MSG(c != NULL, "%s", err);
	return (c);
}

/* Ask for a signature of 32 bytes; its length, or -1 when refused. */
static int
sign(struct ipc_chan *c, const uint8_t *hash, uint8_t *sig)
{
	static const uint8_t	 digest[32] = { 3 };
	static uint64_t		 cookie = 100;
	struct ipc_msg		 m;
	struct ipc_wr		 w;
	const uint8_t		*p;
	uint8_t			 ok;
	size_t			 n;

	ipc_wr_init(&w);
	ipc_wr_u64(&w, ++cookie);
	ipc_wr_bytes(&w, hash, IPC_KEYHASH_LEN);
	ipc_wr_u8(&w, SIGN_ECDSA);
	ipc_wr_blob(&w, digest, sizeof(digest));
	ATF_REQUIRE_EQ(0, ipc_chan_call(c, MSG_SIGN, &w, -1, &m, WAIT_MS));
	ipc_wr_free(&w);
	ATF_REQUIRE_EQ(MSG_SIGNED, m.type);
	ATF_REQUIRE_EQ(cookie, ipc_rd_u64(&m.rd));
	ok = ipc_rd_u8(&m.rd);
	p = ipc_rd_blob(&m.rd, &n);
	ATF_REQUIRE(ipc_rd_end(&m.rd));
	ATF_REQUIRE(n <= KEYS_SIGN_MAXLEN);
	memcpy(sig, p, n);
	ipc_msg_free(&m);
	return (ok ? (int)n : -1);
}

static int
verifies(const struct parent_cert *c, const uint8_t *sig, int len)
{
	static const uint8_t	 digest[32] = { 3 };
	EVP_PKEY_CTX		*ctx;
	BIO			*bio;
	X509			*x;
	int			 ok;

	ATF_REQUIRE((bio = BIO_new_mem_buf(c->pem, (int)c->pem_len)) != NULL);
	ATF_REQUIRE((x = PEM_read_bio_X509(bio, NULL, NULL, NULL)) != NULL);
	ctx = EVP_PKEY_CTX_new(X509_get0_pubkey(x), NULL);
	ATF_REQUIRE(ctx != NULL);
	ATF_REQUIRE_EQ(1, EVP_PKEY_verify_init(ctx));
	ok = EVP_PKEY_verify(ctx, sig, (size_t)len, digest,
	    sizeof(digest)) == 1;
	EVP_PKEY_CTX_free(ctx);
	X509_free(x);
	BIO_free(bio);
	return (ok);
}

ATF_TC_WITHOUT_HEAD(tls);
ATF_TC_BODY(tls, tc)
{
	uint8_t			 hash[IPC_KEYHASH_LEN], none[IPC_KEYHASH_LEN] =
	    { 0 };
	uint8_t			 sig[KEYS_SIGN_MAXLEN];
	char			 err[256];
	struct parent_cert	*c;
	struct ipc_chan		*s;
	struct ipc_wr		 w;
	int			 n;

	start();
	c = selfsign(err);
	s = worker_channel(1, KEYCHAN_SIGN);
	ATF_REQUIRE((n = sign(s, c->hash, sig)) > 0);
	ATF_CHECK(verifies(c, sig, n));
	ATF_CHECK_EQ(-1, sign(s, none, sig));

	/* Forget it; read it again from the file that was written. */
	ipc_wr_init(&w);
	ipc_wr_u8(&w, 0);
	ipc_wr_u32(&w, 1);
	ipc_wr_bytes(&w, none, sizeof(none));
	ATF_CHECK_EQ(0, key_ask(MSG_KEY_RETAIN, &w, -1, hash, sizeof(hash),
	    err));
	ATF_CHECK_EQ(-1, sign(s, c->hash, sig));
	ATF_REQUIRE_EQ_MSG(IPC_KEYHASH_LEN, key_ask(MSG_KEY_TLS, NULL,
	    reopen("tls"), hash, sizeof(hash), err), "%s", err);
	ATF_CHECK(memcmp(hash, c->hash, sizeof(hash)) == 0);
	ATF_REQUIRE((n = sign(s, c->hash, sig)) > 0);
	ATF_CHECK(verifies(c, sig, n));
	ATF_CHECK_EQ(-1, key_ask(MSG_KEY_TLS, NULL, text_file("bad", "x"),
	    hash, sizeof(hash), err));
	ATF_CHECK_MSG(strstr(err, "no readable private key") != NULL, "%s",
	    err);
	ipc_chan_free(s);
	parent_cert_free(c);
	child_stop();
}

static const uint8_t	 nonce[24] = { 4 };
static uint8_t		 client_pub[32], client_sec[32];

/* Queue a login with `text' on the channel. */
static void
send_login(struct ipc_chan *c, uint64_t cookie, const uint8_t *node_pub,
    const void *text, size_t len)
{
	struct ipc_wr	 w;
	uint8_t		*box;

	ATF_REQUIRE((box = malloc(len + 16)) != NULL);
	ATF_REQUIRE_EQ(0, crypto_box_easy(box, text, len, nonce, node_pub,
	    client_sec));
	ipc_wr_init(&w);
	ipc_wr_u64(&w, cookie);
	ipc_wr_bytes(&w, client_pub, sizeof(client_pub));
	ipc_wr_bytes(&w, nonce, sizeof(nonce));
	ipc_wr_blob(&w, box, len + 16);
	ipc_wr_blob(&w, "{\"version\":2}", 13);
	ATF_REQUIRE_EQ(0, ipc_chan_send(c, MSG_LOGIN, &w, -1));
	ipc_wr_free(&w);
	free(box);
}

static void
check_login(struct ipc_chan *c, uint64_t cookie, int ok, uint32_t mesh,
    const char *text)
{
	struct ipc_msg	 m;
	const uint8_t	*p;
	size_t		 n;

	ATF_REQUIRE_EQ(0, ipc_chan_recv(c, &m, WAIT_MS));
	ATF_REQUIRE_EQ(MSG_LOGIN_RESULT, m.type);
	ATF_CHECK_EQ(cookie, ipc_rd_u64(&m.rd));
	ATF_CHECK_EQ(ok, ipc_rd_u8(&m.rd));
	ATF_CHECK_EQ(mesh, ipc_rd_u32(&m.rd));
	p = ipc_rd_blob(&m.rd, &n);
	ATF_REQUIRE(p != NULL);
	if (text != NULL)
		ATF_CHECK(n == strlen(text) && memcmp(p, text, n) == 0);
	p = ipc_rd_blob(&m.rd, &n);
	ATF_CHECK_EQ(ok ? 24 + 16 + 13 : 0, n);
	ATF_CHECK(ipc_rd_end(&m.rd));
	ipc_msg_free(&m);
}

/* Ask for signatures and take the answers, without end. */
static void
flood(struct ipc_chan *c, const uint8_t *hash)
{
	static const uint8_t	 digest[32] = { 3 };
	uint64_t		 n;
	struct ipc_msg		 m;
	struct ipc_wr		 w;

	for (n = 1;; n++) {
		ipc_wr_init(&w);
		ipc_wr_u64(&w, n);
		ipc_wr_bytes(&w, hash, IPC_KEYHASH_LEN);
		ipc_wr_u8(&w, SIGN_ECDSA);
		ipc_wr_blob(&w, digest, sizeof(digest));
		if (ipc_chan_send(c, MSG_SIGN, &w, -1) == -1 ||
		    ipc_chan_flush(c, WAIT_MS) == -1)
			_exit(0);
		ipc_wr_free(&w);
		while (n >= 1000 && ipc_chan_recv(c, &m, WAIT_MS) == 0) {
			ipc_msg_free(&m);
			break;
		}
	}
}

/* A worker that asks for signatures without end keeps nobody's login away. */
ATF_TC_WITHOUT_HEAD(sign_flood);
ATF_TC_BODY(sign_flood, tc)
{
	uint8_t			 node_pub[32];
	char			 err[256];
	struct ipc_chan		*bad, *good;
	struct parent_cert	*cert;
	struct ipc_msg		 m;
	pid_t			 flooder;

	start();
	cert = selfsign(err);
	crypto_box_keypair(client_pub, client_sec);
	ATF_REQUIRE_EQ(32, key_ask(MSG_KEY_NODE_NEW, NULL, empty_file("node"),
	    node_pub, sizeof(node_pub), err));
	bad = worker_channel(1, KEYCHAN_SIGN);
	good = worker_channel(2, KEYCHAN_BOX);
	ATF_REQUIRE((flooder = fork()) != -1);
	if (flooder == 0) {
		in_child = 1;
		flood(bad, cert->hash);
	}
	usleep(200000);
	send_login(good, 1, node_pub, "{}", 2);
	ATF_REQUIRE_EQ(0, ipc_chan_flush(good, WAIT_MS));
	ATF_CHECK_EQ(0, ipc_chan_recv(good, &m, 3000));
	kill(flooder, SIGKILL);
	ATF_REQUIRE_EQ(flooder, waitpid(flooder, NULL, 0));
	ipc_chan_free(bad);
	ipc_chan_free(good);
	parent_cert_free(cert);
	child_stop();
}

#define MESH	"00112233445566778899aabbccddeeff" \
		"00112233445566778899aabbccddeeff"
#define BLANK	"00000000000000000000000000000000" \
		"00000000000000000000000000000000"

/* The mesh key that was read takes effect, or is forgotten. */
static void
commit_mesh(uint8_t use)
{
	struct ipc_wr	 w;
	char		 err[256];

	ipc_wr_init(&w);
	ipc_wr_u8(&w, use);
	ipc_wr_u32(&w, 0);
	ATF_CHECK_EQ(0, key_ask(MSG_KEY_RETAIN, &w, -1, err, 0, err));
}

ATF_TC_WITHOUT_HEAD(login);
ATF_TC_BODY(login, tc)
{
	const char	*text = "{\"meshKey\":\"" MESH "\"}";
	uint8_t		 node_pub[32];
	char		 err[256];
	struct ipc_chan	*c;

	start();
	crypto_box_keypair(client_pub, client_sec);
	ATF_REQUIRE_EQ(32, key_ask(MSG_KEY_NODE_NEW, NULL, empty_file("node"),
	    node_pub, sizeof(node_pub), err));
	c = worker_channel(1, KEYCHAN_BOX);
	send_login(c, 1, node_pub, text, strlen(text));
	ATF_REQUIRE_EQ(0, ipc_chan_flush(c, WAIT_MS));
	check_login(c, 1, 1, KEYS_NOOFFSET, text);

	ATF_REQUIRE_EQ(0, key_ask(MSG_KEY_MESH, NULL, text_file("mesh",
	    MESH "\n"), err, 0, err));
	send_login(c, 6, node_pub, text, strlen(text));
	ATF_REQUIRE_EQ(0, ipc_chan_flush(c, WAIT_MS));
	check_login(c, 6, 1, KEYS_NOOFFSET, text);
	commit_mesh(0);
	commit_mesh(1);		/* of nothing */
	send_login(c, 7, node_pub, text, strlen(text));
	ATF_REQUIRE_EQ(0, ipc_chan_flush(c, WAIT_MS));
	check_login(c, 7, 1, KEYS_NOOFFSET, text);
	ATF_REQUIRE_EQ(0, key_ask(MSG_KEY_MESH, NULL, text_file("mesh",
	    MESH "\n"), err, 0, err));
	commit_mesh(1);
	send_login(c, 2, node_pub, text, strlen(text));
	send_login(c, 3, client_pub, text, strlen(text));	/* not to us */
	send_login(c, 4, node_pub, "", 0);
	ATF_REQUIRE_EQ(0, ipc_chan_flush(c, WAIT_MS));
	check_login(c, 2, 1, 12, "{\"meshKey\":\"" BLANK "\"}");
	check_login(c, 3, 0, KEYS_NOOFFSET, "");
	check_login(c, 4, 1, KEYS_NOOFFSET, "");

	ATF_CHECK_EQ(-1, key_ask(MSG_KEY_MESH, NULL, text_file("bad", "1"),
	    err, 0, err));
	ATF_REQUIRE_EQ(0, key_ask(MSG_KEY_MESH, NULL, -1, err, 0, err));
	commit_mesh(1);
	send_login(c, 5, node_pub, text, strlen(text));
	ATF_REQUIRE_EQ(0, ipc_chan_flush(c, WAIT_MS));
	check_login(c, 5, 1, KEYS_NOOFFSET, text);
	ipc_chan_free(c);
	child_stop();
}

/*
 * A worker that reads no answers stops neither itself nor the signatures, and
 * does not fill keys' memory: that stops to read what the worker asks.
 */
ATF_TC_WITHOUT_HEAD(stuck_worker);
ATF_TC_BODY(stuck_worker, tc)
{
	const size_t		 size = 200 * 1024;
	const int		 many = 60;	/* three times what keys holds
						   back */
	uint8_t			 node_pub[32], sig[KEYS_SIGN_MAXLEN];
	char			 err[256], *text;
	struct ipc_chan		*box, *s;
	struct parent_cert	*c;
	int			 i;

	start();
	crypto_box_keypair(client_pub, client_sec);
	ATF_REQUIRE_EQ(32, key_ask(MSG_KEY_NODE_NEW, NULL, empty_file("node"),
	    node_pub, sizeof(node_pub), err));
	c = selfsign(err);
	box = worker_channel(1, KEYCHAN_BOX);
	s = worker_channel(2, KEYCHAN_SIGN);
	ATF_REQUIRE((text = calloc(1, size)) != NULL);
	for (i = 0; i < many; i++) {
		send_login(box, (uint64_t)i, node_pub, text, size);
		(void)ipc_chan_flush(box, 20);
		ATF_REQUIRE(sign(s, c->hash, sig) > 0);
	}
	/* Of 12 MB keys takes what it may hold, and then no more. */
	ATF_CHECK_EQ(-1, ipc_chan_flush(box, 500));
	ATF_CHECK_EQ(ETIMEDOUT, errno);
	ATF_REQUIRE(sign(s, c->hash, sig) > 0);
	for (i = 0; i < many; i++) {
		(void)ipc_chan_flush(box, 0);
		check_login(box, (uint64_t)i, 1, KEYS_NOOFFSET, NULL);
	}
	free(text);
	ipc_chan_free(box);
	ipc_chan_free(s);
	parent_cert_free(c);
	child_stop();
}

/* The channel is closed from the other end. */
static void
check_closed(struct ipc_chan *c)
{
	struct ipc_msg	 m;

	ATF_CHECK_EQ(-1, ipc_chan_recv(c, &m, WAIT_MS));
	ATF_CHECK_EQ(-1, ipc_chan_fd(c));
	ipc_chan_free(c);
}

ATF_TC_WITHOUT_HEAD(bad_workers);
ATF_TC_BODY(bad_workers, tc)
{
	uint8_t		 sig[KEYS_SIGN_MAXLEN], none[IPC_KEYHASH_LEN] = { 0 };
	struct ipc_chan	*c, *d;
	struct ipc_wr	 w;

	start();
	/* A message of the other kind of channel. */
	c = worker_channel(1, KEYCHAN_SIGN);
	send_login(c, 1, nonce, "", 0);
	ATF_REQUIRE_EQ(0, ipc_chan_flush(c, WAIT_MS));
	check_closed(c);
	/* A message that is cut off. */
	c = worker_channel(1, KEYCHAN_SIGN);
	ipc_wr_init(&w);
	ipc_wr_u64(&w, 1);
	ATF_REQUIRE_EQ(0, ipc_chan_send(c, MSG_SIGN, &w, -1));
	ipc_wr_free(&w);
	ATF_REQUIRE_EQ(0, ipc_chan_flush(c, WAIT_MS));
	check_closed(c);
	/* A new channel takes the place of the old one, of its kind alone. */
	c = worker_channel(1, KEYCHAN_SIGN);
	ATF_CHECK_EQ(-1, sign(c, none, sig));
	d = worker_channel(1, KEYCHAN_BOX);
	ATF_CHECK_EQ(-1, sign(c, none, sig));
	ipc_chan_free(d);
	d = worker_channel(2, KEYCHAN_SIGN);
	ATF_CHECK_EQ(-1, sign(c, none, sig));
	ipc_chan_free(d);
	d = worker_channel(1, KEYCHAN_SIGN);
	check_closed(c);
	ATF_CHECK_EQ(-1, sign(d, none, sig));
	ipc_chan_free(d);
	child_stop();
}

/* Have keys take or make a key for ACME; bytes of its name, or -1. */
static long
acme_file(enum ipc_acmekey which, int make, int fd, void *out, size_t size,
    char *err)
{
	struct ipc_wr	 w;

	ipc_wr_init(&w);
	ipc_wr_u8(&w, (uint8_t)which);
	ipc_wr_u8(&w, (uint8_t)make);
	return (key_ask(MSG_KEY_ACME_FILE, &w, fd, out, size, err));
}

/* Ask for a signed request as acme-helper; 1 signed, 0 not, with `err'. */
static int
acme_signed(struct ipc_chan *c, enum ipc_acmesign what, const char *account,
    char *err)
{
	struct ipc_msg	 m;
	struct ipc_wr	 w;
	size_t		 n;
	int		 ok;

	ipc_wr_init(&w);
	ipc_wr_u64(&w, 5);
	ipc_wr_u8(&w, (uint8_t)what);
	ipc_wr_str(&w, "https://ca.example/x");
	ipc_wr_str(&w, "nonce");
	ipc_wr_str(&w, account);
	ipc_wr_str(&w, "");
	ATF_REQUIRE_EQ(0, ipc_chan_call(c, MSG_ACME_SIGN, &w, -1, &m, WAIT_MS));
	ipc_wr_free(&w);
	ATF_REQUIRE_EQ(MSG_ACME_SIGNED, m.type);
	ATF_CHECK_EQ(5, ipc_rd_u64(&m.rd));
	ok = ipc_rd_u8(&m.rd);
	ipc_rd_str(&m.rd, err, 256);
	ipc_rd_blob(&m.rd, &n);
	ATF_REQUIRE(ipc_rd_end(&m.rd));
	ATF_CHECK_EQ(ok != 0, n > 0);
	ATF_CHECK_EQ(ok != 0, err[0] == '\0');
	ipc_msg_free(&m);
	return (ok);
}

ATF_TC_WITHOUT_HEAD(acme);
ATF_TC_BODY(acme, tc)
{
	static const char		 me[] = "https://ca.example/me";
	static struct ipc_acme_conf	 conf;
	uint8_t				 hash[IPC_KEYHASH_LEN],
	    sig[KEYS_SIGN_MAXLEN];
	char				 err[256], thumb[64], again[64];
	struct ipc_chan			*c, *d;
	struct ipc_wr			 w;

	start();
	c = worker_channel(0, KEYCHAN_ACME);
	ATF_CHECK_EQ(0, acme_signed(c, ACMESIGN_LOOKUP, "", err));
	ATF_REQUIRE_EQ(43, acme_file(ACMEKEY_ACCOUNT, 1, empty_file("acc"),
	    thumb, sizeof(thumb), err));
	ATF_REQUIRE_EQ(43, acme_file(ACMEKEY_ACCOUNT, 0, reopen("acc"), again,
	    sizeof(again), err));
	ATF_CHECK(memcmp(thumb, again, 43) == 0);
	ATF_CHECK_EQ(-1, acme_file(ACMEKEY_ACCOUNT, 0, text_file("bad", "x"),
	    again, sizeof(again), err));
	ATF_REQUIRE_EQ(IPC_KEYHASH_LEN, acme_file(ACMEKEY_CERT, 1,
	    empty_file("cert"), hash, sizeof(hash), err));
	snprintf(conf.directory, sizeof(conf.directory), "https://ca.example");
	snprintf(conf.names[0], sizeof(conf.names[0]), "relay.test");
	conf.nnames = 1;
	ipc_wr_init(&w);
	acme_conf_put(&w, &conf);
	ATF_CHECK_EQ(0, key_ask(MSG_KEY_ACME_CONF, &w, -1, again, 0, err));
	ATF_CHECK_EQ(1, acme_signed(c, ACMESIGN_LOOKUP, "", err));
	ATF_CHECK_EQ(1, acme_signed(c, ACMESIGN_FINALIZE, me, err));
	ATF_CHECK_EQ(0, acme_signed(c, ACMESIGN_REVOKE, me, err));
	ATF_CHECK_MSG(strstr(err, "to be revoked") != NULL, "%s", err);
	ipc_wr_init(&w);
	ipc_wr_u8(&w, 0);
	ipc_wr_blob(&w, "der", 3);
	ATF_CHECK_EQ(0, key_ask(MSG_KEY_ACME_REVOKE, &w, -1, again, 0, err));
	ATF_CHECK_EQ(1, acme_signed(c, ACMESIGN_REVOKE, me, err));
	/* A key that is judged is not kept. */
	ATF_CHECK_EQ(43, acme_file(ACMEKEY_NEXT, ACMEFILE_CHECK, reopen("acc"),
	    again, sizeof(again), err));
	ATF_CHECK_EQ(0, acme_signed(c, ACMESIGN_ROLL, me, err));
	ATF_CHECK_MSG(strstr(err, "no new account key") != NULL, "%s", err);
	ATF_CHECK_EQ(-1, acme_file(ACMEKEY_NEXT, ACMEFILE_CHECK,
	    text_file("bad", "x"), again, sizeof(again), err));
	/* Neither key is one that a worker may use. */
	d = worker_channel(1, KEYCHAN_SIGN);
	ATF_CHECK_EQ(-1, sign(d, hash, sig));
	ipc_chan_free(d);
	ATF_CHECK_EQ(0, acme_file(ACMEKEY_CERT, 0, -1, again, 0, err));
	ATF_CHECK_EQ(0, acme_signed(c, ACMESIGN_FINALIZE, me, err));
	/* A new channel of acme-helper's ends the old one. */
	d = worker_channel(0, KEYCHAN_ACME);
	ATF_CHECK_EQ(1, acme_signed(d, ACMESIGN_CHALLENGE, me, err));
	check_closed(c);
	ATF_REQUIRE_EQ(0, ipc_chan_send(d, MSG_ACME_SIGN, NULL, -1));
	ATF_REQUIRE_EQ(0, ipc_chan_flush(d, WAIT_MS));
	check_closed(d);
	child_stop();
}

ATF_TC_WITHOUT_HEAD(parent_gone);
ATF_TC_BODY(parent_gone, tc)
{
	start();
	child_leave();
}

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, node);
	ATF_TP_ADD_TC(tp, tls);
	ATF_TP_ADD_TC(tp, login);
	ATF_TP_ADD_TC(tp, sign_flood);
	ATF_TP_ADD_TC(tp, stuck_worker);
	ATF_TP_ADD_TC(tp, bad_workers);
	ATF_TP_ADD_TC(tp, acme);
	ATF_TP_ADD_TC(tp, parent_gone);
	return (atf_no_error());
}
