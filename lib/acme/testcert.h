/*
 * testcert: a certificate for tests.
 */
#ifndef TESTCERT_H
#define TESTCERT_H

/*
 * For relay.test and 192.0.2.1, of "test authority", serial 0x8765432100; made
 * with openssl(1).
 */
#define ACME_TEST_CERT \
	"-----BEGIN CERTIFICATE-----\n" \
	"MIIBeTCCASCgAwIBAgIGAIdlQyEAMAoGCCqGSM49BAMCMBkxFzAVBgNVBAMMDnRl\n" \
	"c3QgYXV0aG9yaXR5MCAXDTI2MTEyMzE0NTY1NloYDzIwNTQwNDEwMTQ1NjU2WjAM\n" \
	"MQowCAYDVQQDDAF4MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEEEqzi7RV3Jfl\n" \
	"LB45OF0BbsK+OxaJ0fbSZMEiLAvMktyKmBvr3xAWf96BRC366vfdZm1yNcfSOYqz\n" \
	"aWAMQVrTMqNfMF0wGwYDVR0RBBQwEoIKcmVsYXkudGVzdIcEwAACATAfBgNVHSME\n" \
	"GDAWgBTIwdHr7xIafqfmhojg0kaafomxGzAdBgNVHQ4EFgQUddo/t7GHJ/latRnf\n" \
	"7lgDWRurvcgwCgYIKoZIzj0EAwIDRwAwRAIgFGGZB37/zBc2b5c8puy52KM/4rcL\n" \
	"E/rihtlxJm4blcECICHabZ8egeAVf7AEaRdpnsX3htgs5E1yBqv4eegPO6U+\n" \
	"-----END CERTIFICATE-----\n"

#endif
