/*
 * keys_test: the keys process within its sandbox, driven by its parent and by
 * acme-helper.
 */
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <stdio.h>

#include "acmeconf.h"
#include "askfixture.h"

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
	/* An invalid file changes nothing. */
	ATF_CHECK_EQ(-1, key_ask(MSG_KEY_NODE, NULL, text_file("bad", "{}"),
	    again, sizeof(again), err));
	ATF_CHECK_MSG(strstr(err, "derper") != NULL, "%s", err);
	ATF_CHECK(key_ask(MSG_KEY_METACERT, NULL, -1, pem, sizeof(pem),
	    err) > 0);
	child_stop();
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

	/* Forget the key; read it again from the file that was written. */
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

/* Load or make an ACME key; the length of its name in bytes, or -1. */
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

/* Request a signature as acme-helper.  1: signed, 0: refused, see `err'. */
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
	/* A key that is only validated is not kept. */
	ATF_CHECK_EQ(43, acme_file(ACMEKEY_NEXT, ACMEFILE_CHECK, reopen("acc"),
	    again, sizeof(again), err));
	ATF_CHECK_EQ(0, acme_signed(c, ACMESIGN_ROLL, me, err));
	ATF_CHECK_MSG(strstr(err, "no new account key") != NULL, "%s", err);
	ATF_CHECK_EQ(-1, acme_file(ACMEKEY_NEXT, ACMEFILE_CHECK,
	    text_file("bad", "x"), again, sizeof(again), err));
	/* A worker can use neither key. */
	d = worker_channel(1, KEYCHAN_SIGN);
	ATF_CHECK_EQ(-1, sign(d, hash, sig));
	ipc_chan_free(d);
	ATF_CHECK_EQ(0, acme_file(ACMEKEY_CERT, 0, -1, again, 0, err));
	ATF_CHECK_EQ(0, acme_signed(c, ACMESIGN_FINALIZE, me, err));
	/* A new channel for acme-helper closes the old one. */
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
	ATF_TP_ADD_TC(tp, acme);
	ATF_TP_ADD_TC(tp, parent_gone);
	return (atf_no_error());
}
