/*
 * tlskey_test: private key operations of libtls in another process: every kind
 * of key and signature, and every failure on the way.
 */

#include "tlsfixture.h"

static void
try_versions(enum cert_kind kind)
{
	struct offer	 o = { 0 };
	struct tls	*server;

	start_signer(&kind, 1, GOOD, 5000);
	server = make_server();
	o.version = TLS1_2_VERSION;
	check_good(server, &o, 0);
	if (kind == RSA_2048) {
		o.sigalgs = "RSA+SHA256";
		check_good(server, &o, 0);
		o.sigalgs = "RSA+SHA512";
		check_good(server, &o, 0);
		o.sigalgs = "RSA-PSS+SHA384";
		check_good(server, &o, 0);
	}
	o.version = TLS1_3_VERSION;
	o.sigalgs = NULL;
	check_good(server, &o, 0);
	if (kind == RSA_2048) {
		o.sigalgs = "RSA-PSS+SHA512";
		check_good(server, &o, 0);
	}
	ATF_CHECK(front_tlskey_ready(&tlskey));
	ATF_CHECK_EQ(0, lost_calls);
	tls_free(server);
	stop_signer();
}

ATF_TC_WITHOUT_HEAD(rsa);
ATF_TC_BODY(rsa, tc)
{
	try_versions(RSA_2048);
}

ATF_TC_WITHOUT_HEAD(p256);
ATF_TC_BODY(p256, tc)
{
	try_versions(P_256);
}

ATF_TC_WITHOUT_HEAD(p384);
ATF_TC_BODY(p384, tc)
{
	try_versions(P_384);
}

/* Three certificates: each is signed for with its own key, chosen by SNI. */
ATF_TC_WITHOUT_HEAD(sni);
ATF_TC_BODY(sni, tc)
{
	enum cert_kind	 kinds[] = { P_256, RSA_2048, P_384 };
	struct offer	 o = { 0 };
	struct tls	*server;
	int		 v;

	start_signer(kinds, 3, GOOD, 5000);
	server = make_server();
	for (v = TLS1_2_VERSION; v <= TLS1_3_VERSION; v++) {
		o.version = v;
		o.sni = "host1.example.org";
		check_good(server, &o, 1);
		o.sni = "host2.example.org";
		check_good(server, &o, 2);
		o.sni = "host0.example.org";
		check_good(server, &o, 0);
		o.sni = "unknown.example.org";
		check_good(server, &o, 0);
		o.sni = NULL;
		check_good(server, &o, 0);
	}
	tls_free(server);
	stop_signer();
}

ATF_TC_WITHOUT_HEAD(refused);
ATF_TC_BODY(refused, tc)
{
	enum cert_kind	 kind = RSA_2048;
	struct tls	*server;

	start_signer(&kind, 1, REFUSE, 5000);
	server = make_server();
	check_bad(server, TLS1_2_VERSION);
	check_bad(server, TLS1_3_VERSION);
	/* a refusal is not a lost channel */
	ATF_CHECK(front_tlskey_ready(&tlskey));
	ATF_CHECK_EQ(0, lost_calls);
	tls_free(server);
	stop_signer();
}

/* keys does not have the key: an error, and no other key is used. */
ATF_TC_WITHOUT_HEAD(unknown_key);
ATF_TC_BODY(unknown_key, tc)
{
	enum cert_kind	 kinds[] = { P_256, P_256 };
	struct offer	 o = { 0 };
	struct tls	*server;

	start_signer(kinds, 2, KEYLESS, 5000);
	server = make_server();
	check_bad(server, TLS1_2_VERSION);
	check_bad(server, TLS1_3_VERSION);
	ATF_CHECK(front_tlskey_ready(&tlskey));
	o.sni = "host1.example.org";
	check_good(server, &o, 1);
	check_bad(server, TLS1_3_VERSION);
	tls_free(server);

	/* A hash of another key is detected at once. */
	memcpy(certs[0].hash, certs[1].hash, IPC_KEYHASH_LEN);
	ATF_CHECK(front_tlsctx_config(certs, 2, err, sizeof(err)) == NULL);
	ATF_CHECK_MSG(strstr(err, "does not belong") != NULL, "%s", err);
	stop_signer();
}

/* Even a private key in the process itself no longer signs. */
ATF_TC_WITHOUT_HEAD(no_local_key);
ATF_TC_BODY(no_local_key, tc)
{
	char		 name[] = "host0.example.org", *names[] = { name };
	char		 pem[KEYS_PEMSIZE];
	EVP_PKEY	*before, *pkey;

	ATF_REQUIRE(sodium_init() != -1);
	ATF_REQUIRE((before = keys_cert_new_key()) != NULL);
	ATF_REQUIRE(keys_cert_selfsign(before, names, 1, pem, err,
	    sizeof(err)) > 0);
	front_tlskey_init(&tlskey, NULL, NULL);
	ATF_REQUIRE((pkey = keys_cert_new_key()) != NULL);
	ATF_CHECK_EQ(-1, keys_cert_selfsign(pkey, names, 1, pem, err,
	    sizeof(err)));
	ATF_CHECK(!front_tlskey_ready(&tlskey));
	EVP_PKEY_free(before);
	EVP_PKEY_free(pkey);
}

/* Poll until signatures may be requested again. */
static void
until_ready(void)
{
	int	 i;

	for (i = 0; i < 200 && !front_tlskey_ready(&tlskey); i++)
		poll(NULL, 0, 50);
	ATF_REQUIRE_MSG(front_tlskey_ready(&tlskey),
	    "keys is never asked again");
}

/* A signature is overdue: there are no waits until it arrives. */
ATF_TC_WITHOUT_HEAD(overdue);
ATF_TC_BODY(overdue, tc)
{
	enum cert_kind	 kind = P_256;
	struct offer	 o = { 0 };
	struct tls	*server;
	uint64_t	 start;
	int		 i;

	start_signer(&kind, 1, LATE_ONCE, 200);
	server = make_server();
	check_bad(server, TLS1_3_VERSION);
	ATF_CHECK_EQ(1, lost_calls);
	ATF_CHECK(!front_tlskey_ready(&tlskey));
	start = base_clock_ms();
	for (i = 0; i < 100; i++)
		check_bad(server, TLS1_3_VERSION);
	/* 100 waits would take 20 s. */
	ATF_CHECK(base_clock_ms() - start < 15000);
	ATF_CHECK_EQ(1, lost_calls);
	until_ready();
	check_good(server, &o, 0);
	check_good(server, &o, 0);
	ATF_CHECK_EQ(1, lost_calls);
	tls_free(server);
	stop_signer();
}

/* Each is in time, but all together would leave no time for sessions. */
ATF_TC_WITHOUT_HEAD(slow);
ATF_TC_BODY(slow, tc)
{
	enum cert_kind	 kind = P_256;
	struct offer	 o = { 0 };
	struct tls	*server;
	int		 i;

	start_signer(&kind, 1, SLOW, 800);
	server = make_server();
	for (i = 0; i < 100 && lost_calls == 0; i++)
		check_good(server, &o, 0);
	ATF_CHECK_MSG(i > 3, "held back after %d", i);
	ATF_CHECK_EQ(1, lost_calls);
	ATF_CHECK(!front_tlskey_ready(&tlskey));
	until_ready();
	check_good(server, &o, 0);
	ATF_CHECK_EQ(1, lost_calls);
	tls_free(server);
	stop_signer();
}

/* Keys ends while a signature is overdue. */
ATF_TC_WITHOUT_HEAD(overdue_lost);
ATF_TC_BODY(overdue_lost, tc)
{
	enum cert_kind	 kind = P_256;
	struct tls	*server;

	start_signer(&kind, 1, LATE_ONCE, 100);
	server = make_server();
	check_bad(server, TLS1_3_VERSION);
	kill(signer, SIGKILL);
	ATF_REQUIRE_EQ(signer, waitpid(signer, NULL, 0));
	ATF_CHECK(!front_tlskey_ready(&tlskey));
	ATF_CHECK_EQ(2, lost_calls);
	ATF_CHECK(!front_tlskey_ready(&tlskey));
	ATF_CHECK_EQ(2, lost_calls);
	tls_free(server);
}

static void
try_lost(enum mood mood)
{
	enum cert_kind	 kind = P_256;
	struct offer	 o = { 0 };
	struct tls	*server;

	start_signer(&kind, 1, mood, 5000);
	server = make_server();
	ATF_CHECK(front_tlskey_ready(&tlskey));
	check_bad(server, TLS1_3_VERSION);
	ATF_CHECK_EQ(1, lost_calls);
	ATF_CHECK(!front_tlskey_ready(&tlskey));
	check_bad(server, TLS1_2_VERSION);
	ATF_CHECK_EQ(1, lost_calls);
	/* A new channel restores signing. */
	front_tlskey_set_channel(&tlskey, spare, 5000);
	spare = -1;
	ATF_CHECK(front_tlskey_ready(&tlskey));
	check_good(server, &o, 0);
	tls_free(server);
	stop_signer();
}

ATF_TC_WITHOUT_HEAD(lost);
ATF_TC_BODY(lost, tc)
{
	try_lost(GONE);
}

ATF_TC_WITHOUT_HEAD(rubbish);
ATF_TC_BODY(rubbish, tc)
{
	try_lost(RUBBISH);
}

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, rsa);
	ATF_TP_ADD_TC(tp, p256);
	ATF_TP_ADD_TC(tp, p384);
	ATF_TP_ADD_TC(tp, sni);
	ATF_TP_ADD_TC(tp, refused);
	ATF_TP_ADD_TC(tp, unknown_key);
	ATF_TP_ADD_TC(tp, no_local_key);
	ATF_TP_ADD_TC(tp, overdue);
	ATF_TP_ADD_TC(tp, overdue_lost);
	ATF_TP_ADD_TC(tp, slow);
	ATF_TP_ADD_TC(tp, lost);
	ATF_TP_ADD_TC(tp, rubbish);
	return (atf_no_error());
}
