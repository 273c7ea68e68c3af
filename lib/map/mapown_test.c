/*
 * mapown_test: Tests of the warnings about this machine's own nodes in a map,
 * and of the codec of the description of this machine.
 */
#include "mapfixture.h"

#define OTHER_PIN	"sha256-raw:1123456789abcdef0123456789abcdef" \
			"0123456789abcdef0123456789abcdef"
#define AT		"Regions.900.Nodes[0]"

/* A relay whose certificate a certificate authority signed. */
static struct ipc_map_self
relay(void)
{
	struct ipc_map_self s;

	memset(&s, 0, sizeof(s));
	s.relay = 1;
	s.port = 443;
	s.nnames = 2;
	snprintf(s.names[0], sizeof(s.names[0]), "relay.example.org");
	snprintf(s.names[1], sizeof(s.names[1]), "2001:db8::1");
	s.ncerts = 2;
	snprintf(s.certs[0], sizeof(s.certs[0]), "x.example.com");
	snprintf(s.certs[1], sizeof(s.certs[1]), "*.Example.Org");
	return (s);
}

static struct ipc_map_self
selfsigned(void)
{
	struct ipc_map_self s = relay();

	snprintf(s.pin, sizeof(s.pin), "%s", PIN);
	s.ncerts = 0;
	return (s);
}

ATF_TC_WITHOUT_HEAD(no_relay);
ATF_TC_BODY(no_relay, tc)
{
	struct ipc_map_self s;

	memset(&s, 0, sizeof(s));
	fine(NODE_MAP(""), &s);
	s = relay();
	s.relay = 0;
	snprintf(s.names[0], sizeof(s.names[0]), "elsewhere");
	fine(NODE_MAP(""), &s);
}

ATF_TC_WITHOUT_HEAD(missing);
ATF_TC_BODY(missing, tc)
{
	struct ipc_map_self s = relay();

	fine(NODE_MAP(""), &s);
	snprintf(s.names[0], sizeof(s.names[0]), "RELAY.example.ORG.");
	fine(NODE_MAP(""), &s);
	snprintf(s.names[0], sizeof(s.names[0]), "elay.example.org");
	finds(NODE_MAP(""), &s, "warning: f:1:12: Regions: no node has the "
	    "HostName elay.example.org, so no client will use this relay: "
	    "add what `derpctl map node' prints");
}

/* A node with an address but no name may be our own. */
ATF_TC_WITHOUT_HEAD(nameless);
ATF_TC_BODY(nameless, tc)
{
#define BY_ADDRESS(more) MAP("", REGION("", "{\"Name\":\"a\",\"RegionID\":" \
	"900,\"IPv4\":\"192.0.2.7\",\"IPv6\":\"none\"" more "}"))
	struct ipc_map_self s = relay();

	lacks(BY_ADDRESS(""), &s, "Regions: ");
	s.port = 8443;
	finds_too(BY_ADDRESS(""), &s, "warning: f:1:12: Regions: no node has "
	    "the HostName relay.example.org, so no client will use this relay: "
	    "add what `derpctl map node' prints");
	snprintf(s.names[0], sizeof(s.names[0]), "192.0.2.7");
	finds_too(BY_ADDRESS(""), &s, "warning: f:1:82: " AT ".DERPPort: this "
	    "is our node, and we are reached on port 8443: clients will try "
	    "443");
	/* Clients validate no host name for such a node. */
	lacks(BY_ADDRESS(""), &s, "no certificate of ours");
	s = selfsigned();
	snprintf(s.names[0], sizeof(s.names[0]), "192.0.2.7");
	finds_too(BY_ADDRESS(""), &s, "warning: f:1:82: " AT ".CertName: our "
	    "certificate is self-signed, clients will refuse it without a "
	    "pin: expected " PIN);
#undef BY_ADDRESS
}

ATF_TC_WITHOUT_HEAD(port);
ATF_TC_BODY(port, tc)
{
	struct ipc_map_self s = relay();

	s.port = 8443;
	finds(NODE_MAP(""), &s, "warning: f:1:82: " AT ".DERPPort: this is "
	    "our node, and we are reached on port 8443: clients will try 443");
	/* Another relay on the same host is not our own. */
	s.port = 443;
	finds(MAP("", REGION("", NODE("a", "") "," NODE("b",
	    ",\"DERPPort\":8443,\"CertName\":\"" PIN "\""))), &s,
	    "warning: f:1:210: Regions.900.Nodes[1].DERPPort: clients in "
	    "networks that permit no port but 443 will not reach port 8443");
}

ATF_TC_WITHOUT_HEAD(stun_only);
ATF_TC_BODY(stun_only, tc)
{
	struct ipc_map_self s = relay();

	finds(NODE_MAP(",\"STUNOnly\":true"), &s, "warning: f:1:154: " AT
	    ".STUNOnly: this is our node, and we relay: clients will not use "
	    "it for that");
}

ATF_TC_WITHOUT_HEAD(pin);
ATF_TC_BODY(pin, tc)
{
	struct ipc_map_self s = selfsigned();

	fine(NODE_MAP(",\"CertName\":\"" PIN "\""), &s);
	finds(NODE_MAP(",\"CertName\":\"" OTHER_PIN "\""), &s,
	    "warning: f:1:155: " AT ".CertName: this pins another "
	    "certificate, clients will refuse it: expected " PIN);
	finds(NODE_MAP(""), &s, "warning: f:1:124: " AT ".CertName: our "
	    "certificate is self-signed, clients will refuse it without a "
	    "pin: expected " PIN);
	finds(NODE_MAP(",\"CertName\":\"relay.example.org\""), &s,
	    "warning: f:1:155: " AT ".CertName: our certificate is "
	    "self-signed, clients will refuse it without a pin: expected "
	    PIN);
	s = relay();
	finds(NODE_MAP(",\"CertName\":\"" PIN "\""), &s, "warning: f:1:155: "
	    AT ".CertName: a pin fits only a self-signed certificate, and "
	    "ours is not: clients will refuse it, at the latest when it was "
	    "renewed");
}

/* One certificate of an authority, and a self-signed one for other names. */
ATF_TC_WITHOUT_HEAD(both);
ATF_TC_BODY(both, tc)
{
	struct ipc_map_self s = relay();

	snprintf(s.pin, sizeof(s.pin), "%s", PIN);
	fine(NODE_MAP(""), &s);
	finds(NODE_MAP(",\"CertName\":\"" PIN "\""), &s, "warning: f:1:155: "
	    AT ".CertName: a pin fits only a self-signed certificate, and "
	    "ours is not: clients will refuse it, at the latest when it was "
	    "renewed");
	s.ncerts = 1;
	fine(NODE_MAP(",\"CertName\":\"" PIN "\""), &s);
	finds(NODE_MAP(""), &s, "warning: f:1:124: " AT ".CertName: our "
	    "certificate is self-signed, clients will refuse it without a "
	    "pin: expected " PIN);
}

ATF_TC_WITHOUT_HEAD(names);
ATF_TC_BODY(names, tc)
{
	struct ipc_map_self s = relay();

	fine(NODE_MAP(",\"CertName\":\"x.example.com\""), &s);
	fine(NODE_MAP(",\"CertName\":\"y.example.org\""), &s);
	finds(NODE_MAP(",\"CertName\":\"a.y.example.org\""), &s,
	    "warning: f:1:155: " AT ".CertName: no certificate of ours covers "
	    "the name a.y.example.org: clients will refuse it");
	finds(NODE_MAP(",\"CertName\":\"example.org\""), &s,
	    "warning: f:1:155: " AT ".CertName: no certificate of ours covers "
	    "the name example.org: clients will refuse it");
	s.ncerts = 1;
	finds(NODE_MAP(""), &s, "warning: f:1:124: " AT ".HostName: no "
	    "certificate of ours covers the name relay.example.org: clients "
	    "will refuse it");
}

ATF_TC_WITHOUT_HEAD(codec);
ATF_TC_BODY(codec, tc)
{
	static struct ipc_map_self a, b;
	struct ipc_wr w;
	struct ipc_rd r;
	size_t i;

	a.relay = 1;
	a.port = 8443;
	snprintf(a.pin, sizeof(a.pin), "sha256-raw:00");
	a.nnames = IPC_MAP_MAX_NAMES;
	for (i = 0; i < a.nnames; i++)
		snprintf(a.names[i], sizeof(a.names[i]), "host%zu", i);
	a.ncerts = 1;
	snprintf(a.certs[0], sizeof(a.certs[0]), "*.example.org");
	ipc_wr_init(&w);
	map_self_put(&w, &a);
	ipc_rd_init(&r, w.p, w.len);
	ATF_REQUIRE_EQ(0, map_self_get(&r, &b));
	ATF_CHECK(ipc_rd_end(&r));
	ATF_CHECK(memcmp(&a, &b, sizeof(a)) == 0);
	for (i = 0; i < w.len; i++) {
		ipc_rd_init(&r, w.p, i);
		ATF_CHECK_MSG(map_self_get(&r, &b) == -1, "%zu bytes", i);
	}
	ipc_wr_free(&w);
	ipc_wr_init(&w);
	ipc_wr_u8(&w, 1);
	ipc_wr_u16(&w, 443);
	ipc_wr_str(&w, "");
	ipc_wr_u32(&w, IPC_MAP_MAX_NAMES + 1);
	ipc_rd_init(&r, w.p, w.len);
	ATF_CHECK_EQ(-1, map_self_get(&r, &b));
	ipc_wr_free(&w);
}

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, no_relay);
	ATF_TP_ADD_TC(tp, missing);
	ATF_TP_ADD_TC(tp, nameless);
	ATF_TP_ADD_TC(tp, port);
	ATF_TP_ADD_TC(tp, stun_only);
	ATF_TP_ADD_TC(tp, pin);
	ATF_TP_ADD_TC(tp, both);
	ATF_TP_ADD_TC(tp, names);
	ATF_TP_ADD_TC(tp, codec);
	return (atf_no_error());
}
