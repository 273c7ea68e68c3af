/*
 * login_test: logins at relays that are well and at relays that are not, each
 * with exactly its fault.
 */
#include <sodium.h>

#include "loginfixture.h"
#include "tlspeer.h"

ATF_TC_WITHOUT_HEAD(well);
ATF_TC_BODY(well, tc)
{
	struct fake_relay f = { .rate = 100000000 };

	run_begin(&seen);
	ATF_CHECK_EQ(log_in(&f, 0), 1);
	ATF_CHECK_EQ(seen.nfound, 0);
	ATF_CHECK(seen.run.addrs[0].has_key);
	ATF_CHECK_EQ(run_measure(&seen, CHECK_FACT_LARGEST_PACKET)->n, 65536);
	ATF_CHECK_EQ(run_measure(&seen, CHECK_FACT_RATE_LIMIT)->n, 100000000);
	ATF_CHECK_EQ(run_measure(&seen, CHECK_FACT_FAST_START)->n, 0);
	ATF_CHECK(run_measure(&seen, CHECK_FACT_RTT)->n > 0);
	ATF_CHECK(run_measure(&seen, CHECK_FACT_THROUGHPUT) == NULL);
	ATF_CHECK_EQ(fake_relay_connections(&f), 2);
}

/* One client with a key that is given writes to itself. */
ATF_TC_WITHOUT_HEAD(own_key);
ATF_TC_BODY(own_key, tc)
{
	struct fake_relay f = { .flaw = FAKE_WELL };
	uint8_t secret[32];

	ATF_REQUIRE(sodium_init() != -1);
	randombytes_buf(secret, sizeof(secret));
	run_begin(&seen);
	seen.opts.secret = secret;
	ATF_CHECK_EQ(log_in(&f, 0), 1);
	ATF_CHECK_EQ(seen.nfound, 0);
	ATF_CHECK_EQ(run_measure(&seen, CHECK_FACT_LARGEST_PACKET)->n, 62);
	ATF_CHECK_EQ(fake_relay_connections(&f), 1);
}

/* Of an address that clients do not use, only the key is of interest. */
ATF_TC_WITHOUT_HEAD(other_address);
ATF_TC_BODY(other_address, tc)
{
	struct fake_relay f = { .flaw = FAKE_DEAF };

	run_begin(&seen);
	seen.run.addrs[0].dns_only = 1;
	ATF_CHECK_EQ(log_in(&f, 0), 1);
	ATF_CHECK_EQ(seen.nfound, 0);
	ATF_CHECK(seen.run.addrs[0].has_key);
	ATF_CHECK_EQ(fake_relay_connections(&f), 1);
}

ATF_TC_WITHOUT_HEAD(refused);
ATF_TC_BODY(refused, tc)
{
	struct fake_relay f = { .flaw = FAKE_REFUSE };

	run_begin(&seen);
	ATF_CHECK_EQ(log_in(&f, 0), 0);
	only(CHECK_LOGIN_REFUSED, "not admitted");
	/* Another try would be of no use, and is in the relay's log. */
	ATF_CHECK_EQ(fake_relay_connections(&f), 1);
	flawed(FAKE_END_AT_LOGIN, 0, 0, 0, CHECK_LOGIN_REFUSED,
	    "without a word");
}

/* Relays know clients that are here only for a check. */
ATF_TC_WITHOUT_HEAD(prober);
ATF_TC_BODY(prober, tc)
{
	struct fake_relay f = { .flaw = FAKE_PROBERS };

	run_begin(&seen);
	ATF_CHECK_EQ(log_in(&f, 0), 1);
	ATF_CHECK_EQ(seen.nfound, 0);
}

ATF_TC_WITHOUT_HEAD(broken);
ATF_TC_BODY(broken, tc)
{
	flawed(FAKE_END_AT_REQUEST, 99, 0, 0, CHECK_LOGIN_BROKEN, "closed");
	flawed(FAKE_END_AT_UPGRADE, 0, 0, 0, CHECK_LOGIN_BROKEN,
	    "before the ServerKey frame");
	flawed(FAKE_BAD_KEY, 0, 0, 0, CHECK_LOGIN_BROKEN,
	    "ServerKey frame is malformed");
	flawed(FAKE_BAD_INFO, 0, 0, 0, CHECK_LOGIN_BROKEN,
	    "not sealed with the relay key");
}

ATF_TC_WITHOUT_HEAD(silent);
ATF_TC_BODY(silent, tc)
{
	flawed(FAKE_NO_KEY, 0, STEP_MS, 0, CHECK_LOGIN_SILENT, "ServerKey");
	flawed(FAKE_NO_KEY, STEP_MS + 200, STEP_MS, 0, CHECK_LOGIN_SILENT,
	    "ServerKey");
	flawed(FAKE_NO_INFO, 0, STEP_MS, 0, CHECK_LOGIN_SILENT, "ServerInfo");
}

/* The port does not take another connection. */
ATF_TC_WITHOUT_HEAD(unsteady);
ATF_TC_BODY(unsteady, tc)
{
	struct fake_relay f = { .flaw = FAKE_WELL };

	run_begin(&seen);
	fake_relay_start(&f);
	fake_relay_stop(&f);
	seen.node.port = (unsigned int)f.port[0];
	seen.opts.plain = 1;
	ATF_CHECK_EQ(0, check_login(&seen.run, run_address(&seen,
	    "127.0.0.1")));
	only(CHECK_PORT_UNSTEADY, "Connection refused");
	/* As with a proxy's limit of connections. */
	flawed(FAKE_ONE_CLIENT, 0, 0, 1, CHECK_PORT_UNSTEADY,
	    "the second one is not: ");
}

/* One failure is no fault. */
ATF_TC_WITHOUT_HEAD(second_try);
ATF_TC_BODY(second_try, tc)
{
	struct fake_relay f = { .flaw = FAKE_END_AT_REQUEST, .arg = 1 };

	run_begin(&seen);
	ATF_CHECK_EQ(log_in(&f, 0), 1);
	ATF_CHECK_EQ(seen.nfound, 0);
}

ATF_TC_WITHOUT_HEAD(slow);
ATF_TC_BODY(slow, tc)
{
	flawed(FAKE_SLOW, 2600, 0, 1, CHECK_LOGIN_SLOW,
	    "s to let a client in");
}

ATF_TC_WITHOUT_HEAD(two_relays);
ATF_TC_BODY(two_relays, tc)
{
	flawed(FAKE_TWO_KEYS, 0, 0, 1, CHECK_SERVER_KEYS_DIFFER,
	    "one connection meets nodekey:");
}

/* A relay with TLS, whose certificates announce the key of `secret'. */
static void
announcing(struct fake_relay *f, const uint8_t secret[32])
{
	static struct made m, meta;
	static char chain[2 * sizeof(m.cert)];
	uint8_t pub[32];
	char cn[7 + 64 + 1] = "derpkey";

	(void)crypto_scalarmult_base(pub, secret);
	base_hex_put(cn + 7, pub, sizeof(pub));
	make_cert(&m, "relay.test", "DNS:relay.test", -DAY, DAY);
	make_cert(&meta, cn, NULL, -DAY, DAY);
	(void)snprintf(chain, sizeof(chain), "%s%s", m.cert, meta.cert);
	f->cert = chain;
	f->key = m.key;
}

ATF_TC_WITHOUT_HEAD(fast_start);
ATF_TC_BODY(fast_start, tc)
{
	struct fake_relay f = { .flaw = FAKE_WELL };
	uint8_t secret[32], other[32];

	ATF_REQUIRE(sodium_init() != -1);
	randombytes_buf(secret, sizeof(secret));
	randombytes_buf(other, sizeof(other));
	f.secret = secret;
	announcing(&f, secret);
	run_begin(&seen);
	ATF_CHECK_EQ(log_in(&f, 0), 1);
	ATF_CHECK_EQ(seen.nfound, 0);
	ATF_CHECK_EQ(run_measure(&seen, CHECK_FACT_FAST_START)->n, 1);
	ATF_CHECK(run_measure(&seen, CHECK_FACT_FAST_LOGIN)->n > 0);
	ATF_CHECK_EQ(fake_relay_connections(&f), 2);

	f.flaw = FAKE_NO_FAST;
	run_begin(&seen);
	ATF_CHECK_EQ(log_in(&f, 0), 1);
	only(CHECK_FAST_START_BROKEN, "not by fast start");
	ATF_CHECK_EQ(run_measure(&seen, CHECK_FACT_LARGEST_PACKET)->n, 65536);

	/* Fast start is not tried with a key that is wrong. */
	f.flaw = FAKE_WELL;
	announcing(&f, other);
	run_begin(&seen);
	ATF_CHECK_EQ(log_in(&f, 0), 1);
	only(CHECK_META_KEY_WRONG, "the certificate announces nodekey:");
}

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, well);
	ATF_TP_ADD_TC(tp, own_key);
	ATF_TP_ADD_TC(tp, other_address);
	ATF_TP_ADD_TC(tp, refused);
	ATF_TP_ADD_TC(tp, prober);
	ATF_TP_ADD_TC(tp, broken);
	ATF_TP_ADD_TC(tp, silent);
	ATF_TP_ADD_TC(tp, unsteady);
	ATF_TP_ADD_TC(tp, second_try);
	ATF_TP_ADD_TC(tp, slow);
	ATF_TP_ADD_TC(tp, two_relays);
	ATF_TP_ADD_TC(tp, fast_start);
	return (atf_no_error());
}
