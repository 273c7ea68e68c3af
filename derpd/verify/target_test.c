/*
 * target_test: Tests of target.c: settings, what the sandbox must permit, and
 * the requests.
 */
#include <sys/socket.h>
#include <netinet/in.h>
#include <arpa/inet.h>
#include <atf-c.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "target.h"
#include "tlspeer.h"

static struct verify_target	 t;
static int			 cleartext;	/* of the settings */
static struct net_reach		 reach;

/* Set the target; returns as verify_target_set(). */
static int
set(enum ipc_verify_kind kind, const char *name, const char *cafile)
{
	struct ipc_verify_source v = { kind, name, cafile, cleartext };

	verify_target_free(&t);
	return (verify_target_set(&t, &v));
}

static int
is(enum ipc_verify_kind kind, const char *name, const char *cafile)
{
	struct ipc_verify_source v = { kind, name, cafile, cleartext };

	return (verify_target_is(&t, &v));
}

/* The request about key 0x12 0x00 ... from this address. */
static const char *
request(const char *addr)
{
	static char buf[VERIFY_REQUESTSIZE + 1];
	uint8_t key[IPC_KEYLEN] = { 0x12 }, a[IPC_ADDRLEN];
	size_t n;

	ATF_REQUIRE_EQ(1, inet_pton(AF_INET6, addr, a));
	n = verify_target_request(&t, key, a, buf);
	ATF_REQUIRE(n < VERIFY_REQUESTSIZE);
	ATF_CHECK_EQ(n, strlen(buf));
	return (buf);
}

ATF_TC_WITHOUT_HEAD(requests);
ATF_TC_BODY(requests, tc)
{
	char url[IPC_URLSIZE];

	ATF_REQUIRE_EQ(0, set(IPC_VERIFY_URL, "https://[::1]:8443/a?b=c", ""));
	HAS(request("::ffff:192.0.2.1"), "POST /a?b=c HTTP/1.1\r\n"
	    "Host: [::1]:8443\r\n");
	HAS(request("::ffff:192.0.2.1"), "\"Source\":\"192.0.2.1\"}");
	HAS(request("2001:db8::7"), "\"Source\":\"2001:db8::7\"}");
	HAS(request("::1"), "{\"NodePublic\":\"nodekey:1200000000000000");
	/* The longest ones fit. */
	snprintf(url, sizeof(url), "https://%0255d:65535/%01022d", 0, 0);
	ATF_REQUIRE_EQ(0, set(IPC_VERIFY_URL, url, ""));
	HAS(request("1111:2222:3333:4444:5555:6666:7777:8888"), "8888\"}");
	ATF_REQUIRE_EQ(0, set(IPC_VERIFY_TAILSCALED, "/a.sock", ""));
	HAS(request("::1"), "GET /localapi/v0/whois?addr=nodekey%3A1200");
	HAS(request("::1"), "Host: local-tailscaled.sock\r\n");
}

ATF_TC_WITHOUT_HEAD(settings);
ATF_TC_BODY(settings, tc)
{
	char path[256];

	ATF_CHECK_EQ(-1, set(IPC_VERIFY_URL, "http://a.test/", ""));
	ATF_CHECK_EQ(-1, set(IPC_VERIFY_URL, "/a.sock", ""));
	ATF_CHECK_EQ(-1, set(IPC_VERIFY_TAILSCALED, "a.sock", ""));
	ATF_CHECK_EQ(-1, set(IPC_VERIFY_TAILSCALED, "", ""));
	snprintf(path, sizeof(path), "/%0107d", 0);
	ATF_CHECK_EQ(-1, set(IPC_VERIFY_TAILSCALED, path, ""));
	ATF_REQUIRE_EQ(0, set(IPC_VERIFY_TAILSCALED, "/a.sock", ""));
	ATF_CHECK(is(IPC_VERIFY_TAILSCALED, "/a.sock", ""));
	ATF_CHECK(!is(IPC_VERIFY_TAILSCALED, "/b.sock", ""));
	ATF_REQUIRE_EQ(0, set(IPC_VERIFY_URL, "https://a.test/", ""));
	ATF_CHECK(is(IPC_VERIFY_URL, "https://a.test/", ""));
	ATF_CHECK(!is(IPC_VERIFY_URL, "https://a.test/x", ""));
	ATF_CHECK(!is(IPC_VERIFY_URL, "https://a.test/", "ca.pem"));
	ATF_CHECK(!is(IPC_VERIFY_TAILSCALED, "https://a.test/", ""));
	cleartext = 1;
	ATF_CHECK(!is(IPC_VERIFY_URL, "https://a.test/", ""));
	ATF_CHECK_EQ(0, set(IPC_VERIFY_URL, "http://a.test/", ""));
	ATF_CHECK(is(IPC_VERIFY_URL, "http://a.test/", ""));
	ATF_CHECK_EQ(-1, set(IPC_VERIFY_URL, "ftp://a.test/", ""));
}

static int
has_port(const struct sandbox_net *net, uint16_t port)
{
	size_t i;

	for (i = 0; i < net->nports; i++)
		if (net->ports[i] == port)
			return (1);
	return (0);
}

/* A URL needs its port and the resolver; tailscaled its socket alone. */
ATF_TC_WITHOUT_HEAD(sandbox);
ATF_TC_BODY(sandbox, tc)
{
	const struct sandbox_net *net;

	ATF_REQUIRE_EQ(0, set(IPC_VERIFY_URL, "https://a.test:8443/", ""));
	ATF_REQUIRE((net = verify_target_reach(&t, &reach)) != NULL);
	ATF_CHECK_EQ(2, net->nports);
	ATF_CHECK(has_port(net, 53) && has_port(net, 8443));
	ATF_CHECK(net->socket == NULL);
	ATF_CHECK(t.tls != NULL && t.why[0] == '\0');
	ATF_REQUIRE_EQ(0, set(IPC_VERIFY_URL, "http://127.0.0.1/", ""));
	ATF_REQUIRE((net = verify_target_reach(&t, &reach)) != NULL);
	ATF_CHECK(has_port(net, 80) && t.tls == NULL);
	cleartext = 1;
	ATF_REQUIRE_EQ(0, set(IPC_VERIFY_URL, "http://a.test:8080/", ""));
	ATF_REQUIRE((net = verify_target_reach(&t, &reach)) != NULL);
	ATF_CHECK(has_port(net, 8080) && has_port(net, 53) && t.tls == NULL);
	ATF_REQUIRE_EQ(0, set(IPC_VERIFY_TAILSCALED, "/a.sock", ""));
	ATF_REQUIRE((net = verify_target_reach(&t, &reach)) != NULL);
	ATF_CHECK_EQ(0, net->nports);
	ATF_CHECK_EQ(0, net->npaths);
	ATF_CHECK_STREQ("/a.sock", net->socket);
}

/* The CA file, and what is said of one that is missing or wrong. */
ATF_TC_WITHOUT_HEAD(authorities);
ATF_TC_BODY(authorities, tc)
{
	const char *const url = "https://a.test/";
	struct made m;

	make_cert(&m, "x", NULL, 0, DAY);
	ATF_REQUIRE_EQ(0, set(IPC_VERIFY_URL, url, "ca.pem"));
	ATF_REQUIRE(verify_target_reach(&t, &reach) != NULL);
	HAS(t.why, "can't read the CA certificates in ca.pem: No such file");
	ATF_CHECK(!is(IPC_VERIFY_URL, url, "ca.pem"));
	atf_utils_create_file("ca.pem", "hello\n");
	/* A file that appears is another one. */
	ATF_CHECK(!is(IPC_VERIFY_URL, url, "ca.pem"));
	ATF_REQUIRE_EQ(0, set(IPC_VERIFY_URL, url, "ca.pem"));
	ATF_REQUIRE(verify_target_reach(&t, &reach) != NULL);
	HAS(t.why, "ca.pem: ");
	atf_utils_create_file("ca.pem", "%s", m.cert);
	ATF_REQUIRE_EQ(0, set(IPC_VERIFY_URL, url, "ca.pem"));
	ATF_REQUIRE(verify_target_reach(&t, &reach) != NULL);
	ATF_CHECK_STREQ("", t.why);
	ATF_CHECK(is(IPC_VERIFY_URL, url, "ca.pem"));
	atf_utils_create_file("ca.pem", "%s\n", m.cert);
	ATF_CHECK(!is(IPC_VERIFY_URL, url, "ca.pem"));
}

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, requests);
	ATF_TP_ADD_TC(tp, settings);
	ATF_TP_ADD_TC(tp, sandbox);
	ATF_TP_ADD_TC(tp, authorities);
	return (atf_no_error());
}
