/*
 * keys_test: the keys process within its sandbox, driven by its parent and by
 * acme-helper, and what it sends to signers.
 */
#include <openssl/evp.h>
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

/* A signer has each key before the parent has the answer. */
ATF_TC_WITHOUT_HEAD(tls);
ATF_TC_BODY(tls, tc)
{
	uint8_t			 hash[IPC_KEYHASH_LEN], got[IPC_KEYHASH_LEN];
	uint8_t			 list[2 * IPC_KEYHASH_LEN] = { 0 };
	char			 err[256];
	struct parent_cert	*c;
	struct ipc_chan		*s, *t;

	start();
	s = worker_channel(1, KEYCHAN_SIGNER);
	c = selfsign(err);
	signer_key(s, got);
	ATF_CHECK(memcmp(got, c->hash, sizeof(got)) == 0);

	/* Forget the key; read it again from the file that was written. */
	retain(list);
	signer_list(s, list, 1);
	ATF_REQUIRE_EQ_MSG(IPC_KEYHASH_LEN, key_ask(MSG_KEY_TLS, NULL,
	    reopen("tls"), hash, sizeof(hash), err), "%s", err);
	ATF_CHECK(memcmp(hash, c->hash, sizeof(hash)) == 0);
	signer_key(s, got);
	ATF_CHECK(memcmp(got, hash, sizeof(got)) == 0);
	ATF_CHECK_EQ(-1, key_ask(MSG_KEY_TLS, NULL, text_file("bad", "x"),
	    hash, sizeof(hash), err));
	ATF_CHECK_MSG(strstr(err, "no readable private key") != NULL, "%s",
	    err);

	/*
	 * Another signer gets all keys, and is to retain them, too, which are
	 * newer than the list.
	 */
	t = worker_channel(2, KEYCHAN_SIGNER);
	ATF_CHECK_EQ(0, key_ask(MSG_KEY_MESH, NULL, -1, err, 0, err));
	signer_key(t, got);
	ATF_CHECK(memcmp(got, c->hash, sizeof(got)) == 0);
	memcpy(list + IPC_KEYHASH_LEN, c->hash, IPC_KEYHASH_LEN);
	signer_list(t, list, 2);
	retain(c->hash);
	signer_list(t, c->hash, 1);
	signer_list(s, c->hash, 1);
	signer_none(s);

	/* A new channel closes the old one of that signer alone. */
	ipc_chan_free(t);
	t = worker_channel(1, KEYCHAN_SIGNER);
	check_closed(s);
	ATF_CHECK_EQ(0, key_ask(MSG_KEY_MESH, NULL, -1, err, 0, err));
	signer_key(t, got);
	ipc_chan_free(t);
	parent_cert_free(c);
	child_stop();
}

/* Until keys has read its keys once, it does not say what is to be dropped. */
ATF_TC_WITHOUT_HEAD(no_list);
ATF_TC_BODY(no_list, tc)
{
	uint8_t			 got[IPC_KEYHASH_LEN];
	char			 err[256];
	struct parent_cert	*c;
	struct ipc_chan		*s;

	start();
	c = selfsign(err);
	s = worker_channel(1, KEYCHAN_SIGNER);
	ATF_CHECK_EQ(0, key_ask(MSG_KEY_MESH, NULL, -1, err, 0, err));
	signer_key(s, got);
	signer_none(s);
	retain(c->hash);
	signer_list(s, c->hash, 1);
	ipc_chan_free(s);
	parent_cert_free(c);
	child_stop();
}

/* A signer that does not read delays nothing, and misses nothing. */
ATF_TC_WITHOUT_HEAD(stuck_signer);
ATF_TC_BODY(stuck_signer, tc)
{
	const int		 many = 3000;
	uint8_t			 hash[IPC_KEYHASH_LEN], got[IPC_KEYHASH_LEN];
	char			 err[256];
	struct parent_cert	*c;
	struct ipc_chan		*s;
	struct ipc_msg		 m;
	int			 i;

	start();
	s = worker_channel(1, KEYCHAN_SIGNER);
	c = selfsign(err);
	signer_key(s, got);
	for (i = 0; i < many; i++)
		ATF_REQUIRE_EQ(IPC_KEYHASH_LEN, key_ask(MSG_KEY_TLS, NULL,
		    reopen("tls"), hash, sizeof(hash), err));
	retain(c->hash);
	for (i = 0; i < many; i++) {
		ATF_REQUIRE_EQ(0, ipc_chan_recv(s, &m, WAIT_MS));
		ATF_REQUIRE_EQ(MSG_SIGNER_KEY, m.type);
		ipc_msg_free(&m);
	}
	ATF_REQUIRE_EQ(0, ipc_chan_recv(s, &m, WAIT_MS));
	ATF_REQUIRE_EQ(MSG_SIGNER_RETAIN, m.type);
	ipc_msg_free(&m);
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
	uint8_t				 hash[IPC_KEYHASH_LEN];
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
	/* A signer gets neither key. */
	d = worker_channel(1, KEYCHAN_SIGNER);
	ATF_CHECK_EQ(0, key_ask(MSG_KEY_MESH, NULL, -1, again, 0, err));
	signer_none(d);
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
	ATF_TP_ADD_TC(tp, no_list);
	ATF_TP_ADD_TC(tp, stuck_signer);
	ATF_TP_ADD_TC(tp, acme);
	ATF_TP_ADD_TC(tp, parent_gone);
	return (atf_no_error());
}
