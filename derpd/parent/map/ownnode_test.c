/*
 * ownnode_test: the map node of this machine, for all kinds of services.
 * regress/e2e/node_test.sh tests it with the real client.
 */
#include <sys/socket.h>
#include <atf-c.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ownaddr.h"
#include "parent.h"

#define HEX	"0123456789abcdef"
#define PIN	"sha256-raw:" HEX HEX HEX HEX
#define MAXSOCKETS	6
#define MAXCERTS	2

static struct parent			 d;
static struct parent_cert		 cert[MAXCERTS];
static struct parent_cert		*certs[MAXCERTS] = { &cert[0],
    &cert[1] };
static struct parent_listen_socket	 sockets[MAXSOCKETS];
static struct parent_listen_socket	 stun[MAXSOCKETS];
static char				 cert_names[MAXCERTS][4][64];
static char				*cert_lists[MAXCERTS][4];

/* The next word of a list separated by spaces; NULL at the end. */
static char *
next(char **list)
{
	return (*list == NULL || **list == '\0' ? NULL : strsep(list, " "));
}

static int
port_of(const char *text)
{
	return (atoi(strrchr(text, ':') + 1));
}

/* A service with these host names, separated by spaces. */
static void
service(const char *names, const char *body)
{
	char	 list[256], *p = list, *name;
	FILE	*f;

	memset(&d, 0, sizeof(d));
	d.loaded.certs = certs;
	ATF_REQUIRE((f = fopen("derpd.conf", "w")) != NULL);
	strlcpy(list, names, sizeof(list));
	while ((name = next(&p)) != NULL)
		fprintf(f, "hostname \"%s\"\n", name);
	fprintf(f, "certificate self-signed\n%s\n", body);
	ATF_REQUIRE_EQ(0, fclose(f));
	ATF_REQUIRE((d.conf = conf_load("derpd.conf")) != NULL);
}

/*
 * Listening sockets, "192.0.2.1:443"; plain HTTP with "!" at the end, DERP
 * without TLS with "?".
 */
static void
listening(const char *texts)
{
	char	 list[256], *p = list, *text;

	strlcpy(list, texts, sizeof(list));
	d.listens.v = sockets;
	while ((text = next(&p)) != NULL) {
		ATF_REQUIRE(d.listens.n < MAXSOCKETS);
		sockets[d.listens.n].tls = strpbrk(text, "!?") == NULL;
		sockets[d.listens.n].derp = strchr(text, '?') != NULL;
		text[strcspn(text, "!?")] = '\0';
		sockets[d.listens.n].port = port_of(text);
		strlcpy(sockets[d.listens.n++].text, text,
		    sizeof(sockets[0].text));
	}
}

static void
with_stun(const char *text)
{
	d.stunsocks.v = stun;
	d.stunsocks.n = 1;
	stun[0].port = port_of(text);
	strlcpy(stun[0].text, text, sizeof(stun[0].text));
}

/* Add a certificate for these names. */
static void
certified(const char *names, int selfsigned)
{
	struct parent_cert	*c = &cert[d.loaded.ncerts];
	char			 list[256], *p = list, *name;

	ATF_REQUIRE(d.loaded.ncerts < MAXCERTS);
	strlcpy(list, names, sizeof(list));
	c->names = cert_lists[d.loaded.ncerts];
	for (c->nnames = 0; (name = next(&p)) != NULL; c->nnames++) {
		strlcpy(cert_names[d.loaded.ncerts][c->nnames], name, 64);
		c->names[c->nnames] =
		    cert_names[d.loaded.ncerts][c->nnames];
	}
	strlcpy(c->pin, PIN, sizeof(c->pin));
	c->selfsigned = selfsigned;
	d.loaded.ncerts++;
}

static void
wants(const char *node)
{
	struct ipc_wr	w;

	ipc_wr_init(&w);
	mapset_own_node(&d, &w);
	ATF_REQUIRE(ipc_wr_ok(&w));
	ipc_wr_u8(&w, 0);
	ATF_CHECK_STREQ(node, (const char *)w.p);
	ipc_wr_free(&w);
	conf_free(d.conf);
}

ATF_TC_WITHOUT_HEAD(wildcard);
ATF_TC_BODY(wildcard, tc)
{
	char	v4[96] = "", v6[96] = "", own[64], want[512];

	if (parent_ownaddr_find(AF_INET, own, sizeof(own)) == 0)
		snprintf(v4, sizeof(v4), ",\"IPv4\":\"%s\"", own);
	if (parent_ownaddr_find(AF_INET6, own, sizeof(own)) == 0)
		snprintf(v6, sizeof(v6), ",\"IPv6\":\"%s\"", own);
	service("r.test s.test", "relay { }");
	listening("[::]:443 0.0.0.0:443 [::]:80! 0.0.0.0:80!");
	certified("r.test s.test", 1);
	with_stun("0.0.0.0:3478");
	snprintf(want, sizeof(want), "{\"Name\":\"r.test\",\"RegionID\":900,"
	    "\"HostName\":\"r.test\",\"CertName\":\"" PIN "\"%s%s,"
	    "\"CanPort80\":true}", v4, v6);
	wants(want);
}

ATF_TC_WITHOUT_HEAD(addresses);
ATF_TC_BODY(addresses, tc)
{
	/* A family in which nothing listens must not be tried. */
	service("r.test", "relay { }");
	listening("192.0.2.7:8443");
	certified("r.test", 0);
	with_stun("192.0.2.7:3479");
	wants("{\"Name\":\"r.test\",\"RegionID\":900,\"HostName\":\"r.test\","
	    "\"IPv4\":\"192.0.2.7\",\"IPv6\":\"none\",\"DERPPort\":8443,"
	    "\"STUNPort\":3479}");
	service("r.test", "relay { }");
	listening("[2001:db8::7]:443 [2001:db8::7]:80!");
	certified("r.test", 0);
	wants("{\"Name\":\"r.test\",\"RegionID\":900,\"HostName\":\"r.test\","
	    "\"IPv4\":\"none\",\"IPv6\":\"2001:db8::7\",\"STUNPort\":-1}");
	/*
	 * The best of several addresses; loopback and link-local are useless.
	 */
	service("r.test", "relay { }");
	listening("127.0.0.1:443 10.0.0.7:443 9.0.0.7:443 [::1]:443 "
	    "[fe80::1%eth0]:443 127.0.0.1:80!");
	certified("r.test", 0);
	wants("{\"Name\":\"r.test\",\"RegionID\":900,\"HostName\":\"r.test\","
	    "\"IPv4\":\"9.0.0.7\",\"IPv6\":\"none\",\"STUNPort\":-1}");
	service("r.test", "relay { }");
	listening("127.0.0.1:443 [::1]:443 127.0.0.1:80!");
	certified("r.test", 0);
	wants("{\"Name\":\"r.test\",\"RegionID\":900,\"HostName\":\"r.test\","
	    "\"IPv4\":\"127.0.0.1\",\"IPv6\":\"::1\",\"STUNPort\":-1,"
	    "\"CanPort80\":true}");
	/* All at one port, 443. */
	service("r.test", "relay { }");
	listening("192.0.2.7:8443 [2001:db8::7]:8443 192.0.2.8:443");
	certified("r.test", 0);
	wants("{\"Name\":\"r.test\",\"RegionID\":900,\"HostName\":\"r.test\","
	    "\"IPv4\":\"192.0.2.8\",\"IPv6\":\"none\",\"STUNPort\":-1}");
}

/* A host name that is an address is the node's address. */
ATF_TC_WITHOUT_HEAD(address_names);
ATF_TC_BODY(address_names, tc)
{
	service("198.51.100.7", "relay { }");
	listening("10.0.0.7:443");
	certified("198.51.100.7", 1);
	wants("{\"Name\":\"198.51.100.7\",\"RegionID\":900,"
	    "\"HostName\":\"198.51.100.7\",\"CertName\":\"" PIN "\","
	    "\"IPv4\":\"198.51.100.7\",\"IPv6\":\"none\",\"STUNPort\":-1}");
	/* An IPv6 address without a port is not a URL. */
	service("2001:db8::7", "relay { }");
	listening("[::]:443 0.0.0.0:443");
	certified("2001:db8::7", 1);
	d.listens.n = 1;
	wants("{\"Name\":\"2001:db8::7\",\"RegionID\":900,"
	    "\"CertName\":\"" PIN "\",\"IPv4\":\"none\","
	    "\"IPv6\":\"2001:db8::7\",\"STUNPort\":-1}");
	service("2001:db8::7", "relay { }");
	listening("[2001:db8::7]:8443");
	certified("2001:db8::7", 1);
	wants("{\"Name\":\"2001:db8::7\",\"RegionID\":900,"
	    "\"HostName\":\"2001:db8::7\",\"CertName\":\"" PIN "\","
	    "\"IPv4\":\"none\",\"IPv6\":\"2001:db8::7\",\"DERPPort\":8443,"
	    "\"STUNPort\":-1}");
	service("2001:db8::7 r.test", "relay { }");
	listening("[2001:db8::7]:443 192.0.2.7:443");
	certified("2001:db8::7 r.test", 1);
	wants("{\"Name\":\"2001:db8::7\",\"RegionID\":900,"
	    "\"HostName\":\"r.test\",\"CertName\":\"" PIN "\","
	    "\"IPv4\":\"192.0.2.7\",\"IPv6\":\"2001:db8::7\","
	    "\"STUNPort\":-1}");
}

ATF_TC_WITHOUT_HEAD(certificates);
ATF_TC_BODY(certificates, tc)
{
#define NODE(more)	"{\"Name\":\"r.test\",\"RegionID\":900," more \
			",\"IPv4\":\"192.0.2.7\",\"IPv6\":\"none\"," \
			"\"STUNPort\":-1}"
	/* The pin of the certificate that clients get for the name. */
	service("r.test", "relay { }");
	listening("192.0.2.7:443");
	certified("other.test", 0);
	certified("r.test", 1);
	wants(NODE("\"HostName\":\"r.test\",\"CertName\":\"" PIN "\""));
	service("r.test", "relay { }");
	listening("192.0.2.7:443");
	certified("r.test", 1);
	certified("*.test", 0);
	wants(NODE("\"HostName\":\"r.test\""));
	/* A self-signed certificate for another name than the first. */
	service("r.test s.test", "relay { }");
	listening("192.0.2.7:443");
	certified("s.test", 1);
	wants(NODE("\"HostName\":\"s.test\",\"CertName\":\"" PIN "\""));
	/* A certificate of an authority for none of the names. */
	service("r.test", "relay { }");
	listening("192.0.2.7:443");
	certified("*.x.test y.test", 0);
	wants(NODE("\"HostName\":\"r.test\",\"CertName\":\"y.test\""));
#undef NODE
}

/* Clients connect to the reverse proxy, whose address is in the DNS. */
ATF_TC_WITHOUT_HEAD(behind);
ATF_TC_BODY(behind, tc)
{
#define NODE	"{\"Name\":\"r.test\",\"RegionID\":900,"		\
		"\"HostName\":\"r.test\",\"STUNPort\":-1}"
	service("r.test", "relay { }");
	listening("127.0.0.1:8080?");
	wants(NODE);
	service("r.test", "relay { }");
	listening("10.0.0.7:8080? [::1]:8080?");
	/* Not the one that clients see. */
	certified("r.test", 1);
	wants(NODE);
	/* Of a name that is an address the client makes a URL. */
	service("192.0.2.9", "relay { }");
	listening("127.0.0.1:8080?");
	wants("{\"Name\":\"192.0.2.9\",\"RegionID\":900,"
	    "\"HostName\":\"192.0.2.9\",\"IPv4\":\"192.0.2.9\","
	    "\"STUNPort\":-1}");
	/* A TLS port is for clients. */
	service("r.test", "relay { }");
	listening("127.0.0.1:8080? 192.0.2.7:8443");
	wants("{\"Name\":\"r.test\",\"RegionID\":900,"
	    "\"HostName\":\"r.test\",\"IPv4\":\"192.0.2.7\","
	    "\"IPv6\":\"none\",\"DERPPort\":8443,\"STUNPort\":-1}");
#undef NODE
}

ATF_TC_WITHOUT_HEAD(stun_only);
ATF_TC_BODY(stun_only, tc)
{
	service("r.test", "stun { }");
	with_stun("192.0.2.7:3478");
	wants("{\"Name\":\"r.test\",\"RegionID\":900,\"HostName\":\"r.test\","
	    "\"IPv4\":\"192.0.2.7\",\"IPv6\":\"none\",\"STUNOnly\":true}");
}

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, wildcard);
	ATF_TP_ADD_TC(tp, addresses);
	ATF_TP_ADD_TC(tp, address_names);
	ATF_TP_ADD_TC(tp, certificates);
	ATF_TP_ADD_TC(tp, behind);
	ATF_TP_ADD_TC(tp, stun_only);
	return (atf_no_error());
}
