/*
 * convert_test: Tests of the conversion of derper's variables and flags: every
 * row of convert.def, bad values, and that a value stays one string.
 */
#include <atf-c.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "convertfixture.h"

/* What a row becomes: lines of the text, or of a note in it. */
struct setting_row {
	enum convert_id	 id;
	const char	*variables;	/* NULL: none */
	const char	*flags;
	const char	*want;		/* in the text, once */
};

static const struct setting_row rows[] = {
	{ CONVERT_HOSTNAME, "", "", "hostname \"relay.example.org\"\n" },
	{ CONVERT_ADDR, "DERP_ADDR=:443", "-a :443",
	    "listen on * port 443 tls\nlisten on * port 80\n" },
	{ CONVERT_ADDR, "DERP_ADDR=0.0.0.0:443", "-a 0.0.0.0:443",
	    "listen on * port 443 tls\n" },
	{ CONVERT_ADDR, "DERP_ADDR=[::]:443", "-a [::]:443",
	    "listen on * port 443 tls\n" },
	{ CONVERT_ADDR, "DERP_ADDR=192.0.2.1:https", "-a=192.0.2.1:443",
	    "listen on 192.0.2.1 port 443 tls\nlisten on 192.0.2.1 port 80\n" },
	{ CONVERT_ADDR, "DERP_ADDR=[2001:db8::1]:443", "--a [2001:db8::1]:443",
	    "listen on 2001:db8::1 port 443 tls\n" },
	{ CONVERT_ADDR, "DERP_ADDR=:8443 DERP_CERT_MODE=manual",
	    "-a :8443 -certmode manual",
	    "listen on * port 8443 tls\nlisten on * port 80\n" },
	{ CONVERT_ADDR, "DERP_ADDR=localhost:8080", "-a localhost:8080",
	    "listen on 127.0.0.1 port 8080 derp\n" },
	{ CONVERT_HTTP_PORT, "DERP_HTTP_PORT=8080", "-http-port 8080",
	    "listen on * port 443 tls\nlisten on * port 8080\n" },
	{ CONVERT_HTTP_PORT, "DERP_HTTP_PORT=-1 DERP_CERT_MODE=manual",
	    "-http-port -1 -certmode manual",
	    "listen on * port 443 tls\ncertificate" },
	{ CONVERT_HTTP_PORT, "DERP_HTTP_PORT=-1", "-http-port -1",
	    "listen on * port 443 tls\n# Without port 80 the CA validates" },
	{ CONVERT_STUN_PORT, "DERP_STUN_PORT=3479", "-stun-port=3479",
	    "stun {\n\tlisten on * port 3479\n}\n" },
	{ CONVERT_CONFIG_PATH, "DERP_CONFIG_PATH=/data/k", "-c /data/k",
	    "relay {\n\tkey \"/data/k\"\n}\n" },
	{ CONVERT_CONFIG_PATH, "", "",
	    "\tkey \"/var/lib/derper/derper.key\"\n" },
	{ CONVERT_STATE_DIR, "", NULL, "statedir \"/var/lib/derper/derpd\"\n" },
	{ CONVERT_STATE_DIR, "DERP_CONFIG_PATH=/data/k", NULL,
	    "statedir \"/data/derpd\"\n" },
	{ CONVERT_STATE_DIR, "DERP_STATE_DIR=/s", NULL, "statedir \"/s\"\n" },
	{ CONVERT_HOME, "DERP_HOME=blank", "-home blank", "\thome blank\n" },
	{ CONVERT_HOME, "DERP_HOME=https://example.org/",
	    "-home https://example.org/",
	    "\thome redirect \"https://example.org/\"\n" },
	{ CONVERT_CERT_MODE, "DERP_CERT_MODE=letsencrypt",
	    "-certmode letsencrypt", "acme {\n\tdirectory letsencrypt\n}\n" },
	{ CONVERT_CERT_DIR, "DERP_CERT_MODE=manual DERP_CERT_DIR=/c",
	    "-certmode manual -certdir /c",
	    "certificate \"/c/relay.example.org.crt\" key "
	    "\"/c/relay.example.org.key\"\n" },
	{ CONVERT_CERT_DIR, "DERP_CERT_MODE=manual", "-certmode manual",
	    "certificate \"/root/.cache/tailscale/derper-certs/"
	    "relay.example.org.crt\"" },
	{ CONVERT_CERT_DIR, "DERP_CERT_DIR=/app/certs", "-certdir /app/certs",
	    "acme {\n\tdirectory letsencrypt\n\timport \"/app/certs\"\n" },
	{ CONVERT_ACME_EMAIL, "DERP_ACME_EMAIL=a@example.org",
	    "-acme-email a@example.org",
	    "acme {\n\tcontact \"a@example.org\"\n\tdirectory letsencrypt\n" },
	{ CONVERT_ACME_IP_CERTS,
	    "DERP_HOSTNAME=192.0.2.7 DERP_ACME_IP_CERTS=true",
	    "-hostname 192.0.2.7 -acme-ip-certs",
	    "acme {\n\tdirectory letsencrypt\n}\n" },
	{ CONVERT_ACME_IP_CERTS,
	    "DERP_ADDR=[2a01:4f8::7]:443 DERP_ACME_IP_CERTS=true",
	    "-a [2a01:4f8::7]:443 -acme-ip-certs",
	    "hostname \"2a01:4f8::7\"\nlisten on 2a01:4f8::7 port 443 tls\n" },
	{ CONVERT_EAB_KID, "DERP_CERT_MODE=gcp DERP_ACME_EAB_KID=k1 "
	    "DERP_ACME_EAB_KEY=c2VjcmV0 DERP_ACME_EMAIL=a@example.org",
	    "-certmode gcp -acme-eab-kid k1 -acme-eab-key c2VjcmV0 "
	    "-acme-email a@example.org", "\teab \"k1\" key file \"/" },
	{ CONVERT_EAB_KEY, "DERP_CERT_MODE=gcp DERP_ACME_EAB_KID=k1 "
	    "DERP_ACME_EAB_KEY=c2VjcmV0 DERP_ACME_EMAIL=a@example.org",
	    "-certmode gcp -acme-eab-kid k1 -acme-eab-key c2VjcmV0 "
	    "-acme-email a@example.org",
	    "\tdirectory \"https://dv.acme-v02.api.pki.goog/directory\"\n" },
	{ CONVERT_STUN, "DERP_ENABLE_STUN=true", "-stun", "stun {\n" },
	{ CONVERT_DERP, "DERP_ENABLE_DERP=false", "-derp=false",
	    "nothing is served over TCP\n" },
	{ CONVERT_DEV, "DERP_DEV_MODE=true", "-dev",
	    "listen on 127.0.0.1 port 3340 derp\n" },
	{ CONVERT_ACE, "DERP_ENABLE_ACE=true", "-ace",
	    "derpd is no proxy to control servers (ACE)\n" },
	{ CONVERT_VERSION, "DERP_PRINT_VERSION=true", "-version",
	    "derpctl status shows the version\n" },
	{ CONVERT_MESH_PSK_FILE, "DERP_MESH_PSK_FILE=/m", "-mesh-psk-file /m",
	    "mesh {\n\tkey file \"/m\"\n}\n" },
	{ CONVERT_MESH_WITH,
	    "DERP_MESH_PSK_FILE=/m DERP_MESH_WITH=a.example.org,"
	    "b.example.org:8443/192.0.2.2,A.example.org:443",
	    "-mesh-psk-file /m -mesh-with a.example.org,"
	    "b.example.org:8443/192.0.2.2,A.example.org:443",
	    "\twith \"a.example.org\" port 443\n"
	    "\twith \"b.example.org\" port 8443 address \"192.0.2.2\"\n}\n" },
	{ CONVERT_SECRETS_URL, "DERP_SECRETS_URL=https://s",
	    "-secrets-url https://s", "derpd asks no server for the mesh" },
	{ CONVERT_SECRETS_PREFIX, "DERP_SECRETS_PATH_PREFIX=p",
	    "-secrets-path-prefix p", "derpd asks no server for the" },
	{ CONVERT_SECRETS_CACHE, "DERP_SECRETS_CACHE_DIR=/d",
	    "-secrets-cache-dir /d", "derpd asks no server for the" },
	{ CONVERT_DNS_NAMES, "DERP_BOOTSTRAP_DNS_NAMES=a.example,b.example",
	    "-bootstrap-dns-names a.example,b.example",
	    "bootstrap-dns {\n\tname \"a.example\"\n\tname \"b.example\"\n}" },
	{ CONVERT_UNPUBLISHED,
	    "DERP_UNPUBLISHED_DNS_NAMES=a.example/txt.example",
	    "-unpublished-bootstrap-dns-names a.example/txt.example",
	    "\n\tunpublished name \"a.example\"\n}\n" },
	{ CONVERT_VERIFY_CLIENTS, "DERP_VERIFY_CLIENTS=true",
	    "-verify-clients", "admit {\n\ttailscaled "
	    "\"/var/run/tailscale/tailscaled.sock\"\n}\n" },
	{ CONVERT_VERIFY_URL, "DERP_VERIFY_CLIENT_URL=https://h/verify",
	    "-verify-client-url https://h/verify",
	    "admit {\n\turl \"https://h/verify\"\n\tfail open\n}\n" },
	{ CONVERT_VERIFY_URL,
	    "DERP_VERIFY_CLIENT_URL=http://headscale:8080/verify",
	    "-verify-client-url http://headscale:8080/verify",
	    "\turl \"http://headscale:8080/verify\" cleartext\n" },
	{ CONVERT_VERIFY_URL,
	    "DERP_VERIFY_CLIENT_URL=http://headscale:8080/verify",
	    "-verify-client-url http://headscale:8080/verify",
	    "http:// to another machine: whoever is on the way can" },
	{ CONVERT_VERIFY_URL, "DERP_VERIFY_CLIENT_URL=http://127.0.0.1:1/",
	    "-verify-client-url http://127.0.0.1:1/",
	    "\turl \"http://127.0.0.1:1/\"\n" },
	{ CONVERT_VERIFY_URL,
	    "DERP_VERIFY_CLIENT_URL=https://h/ DERP_VERIFY_CLIENTS=true",
	    "-verify-client-url https://h/ -verify-clients=true",
	    "\turl \"https://h/\"\n\tsources all\n}\n" },
	{ CONVERT_FAIL_OPEN, "DERP_VERIFY_CLIENT_URL=https://h/ "
	    "DERP_VERIFY_FAIL_OPEN=false", "-verify-client-url https://h/ "
	    "-verify-client-url-fail-open=false",
	    "admit {\n\turl \"https://h/\"\n}\n" },
	{ CONVERT_SOCKET, "DERP_VERIFY_CLIENTS=true DERP_SOCKET=/t.sock",
	    "-verify-clients -socket /t.sock", "tailscaled \"/t.sock\"\n" },
	{ CONVERT_ACCEPT_LIMIT,
	    "DERP_ACCEPT_CONN_LIMIT=0.5 DERP_ACCEPT_CONN_BURST=9",
	    "-accept-connection-limit 0.5 -accept-connection-burst 9",
	    "\taccept rate 1 burst 9\n" },
	{ CONVERT_ACCEPT_LIMIT, "DERP_ACCEPT_CONN_LIMIT=100",
	    "-accept-connection-limit 100", "is no limit, as in" },
	{ CONVERT_ACCEPT_BURST,
	    "DERP_ACCEPT_CONN_LIMIT=1e9 DERP_ACCEPT_CONN_BURST="
	    "9223372036854775807", "-accept-connection-limit 1e9 "
	    "-accept-connection-burst 9223372036854775807",
	    "\taccept rate 1000000 burst 1000000\n" },
	{ CONVERT_RATE_CONFIG, "DERP_RATE_CONFIG=/r", "-rate-config /r",
	    "\tclient rate file \"/r\"\n" },
	{ CONVERT_KEEPALIVE, "DERP_TCP_KEEPALIVE_TIME=1m30s",
	    "-tcp-keepalive-time 1m30s", "\tkeepalive 90\n" },
	{ CONVERT_KEEPALIVE, "DERP_TCP_KEEPALIVE_TIME=0",
	    "-tcp-keepalive-time 0", "\tkeepalive 15\n" },
	{ CONVERT_KEEPALIVE, "DERP_TCP_KEEPALIVE_TIME=-1s",
	    "-tcp-keepalive-time -1s", "\tkeepalive 0\n" },
	{ CONVERT_USER_TIMEOUT, "DERP_TCP_USER_TIMEOUT=1.5s",
	    "-tcp-user-timeout 1.5s", "\tuser timeout 1500\n" },
	{ CONVERT_WRITE_TIMEOUT, "DERP_TCP_WRITE_TIMEOUT=1us",
	    "-tcp-write-timeout 1us", "\twrite timeout 1\n" },
	{ CONVERT_SAVE_SYN, NULL, "-tcp-save-syn",
	    "derpd has no statistics of SYN packets\n" },
	{ CONVERT_MAP_HOSTNAME, "DERP_MAP_HOSTNAME=map.example.org", NULL,
	    "hostname \"relay.example.org\"\nhostname \"map.example.org\"\n" },
	{ CONVERT_MAP_HOSTNAME, "DERP_MAP_HOSTNAME=map.example.org", NULL,
	    "map \"/etc/derpd/derp-map.json\"\n" },
};

#define NROWS	(sizeof(rows) / sizeof(rows[0]))

static void
check_row(const struct setting_row *r, enum convert_from from,
    const char *words)
{
	char *text = convert(from, words), *found;

	ATF_REQUIRE_MSG(text != NULL, "%s: %s", words, said);
	found = strstr(text, r->want);
	ATF_CHECK_MSG(found != NULL && strstr(found + 1, r->want) == NULL,
	    "%s: expected once:\n%s\n%s", words, r->want, text);
	free(text);
}

/* Every variable and every flag becomes what it should. */
ATF_TC_WITHOUT_HEAD(table);
ATF_TC_BODY(table, tc)
{
	int seen[CONVERT_NSETTINGS] = { 0 };
	size_t i;

	for (i = 0; i < NROWS; i++) {
		present = rows[i].id == CONVERT_MAP_HOSTNAME ? CONVERT_MAP :
		    "/app/certs";
		if (rows[i].variables != NULL)
			check_row(&rows[i], CONVERT_ENV, rows[i].variables);
		if (rows[i].flags != NULL)
			check_row(&rows[i], CONVERT_FLAGS, rows[i].flags);
		seen[rows[i].id] = 1;
	}
	for (i = 0; i < CONVERT_NSETTINGS; i++)
		ATF_CHECK_MSG(seen[i], "no row for setting %zu", i);
}

/* A bad value names the setting, the value and what is allowed. */
ATF_TC_WITHOUT_HEAD(errors);
ATF_TC_BODY(errors, tc)
{
	static const char *const bad[][2] = {
		{ "DERP_HOSTNAME=https://x/", "DNS name or an IP" },
		{ "DERP_ADDR=443", "\"443\": expected \":PORT\"" },
		{ "DERP_ADDR=example.org:443", "ADDRESS:PORT" },
		{ "DERP_ADDR=2001:db8::1:443", "ADDRESS:PORT" },
		{ "DERP_ADDR=:0", "\":0\"" },
		{ "DERP_ADDR=:65536", ":65536" },
		{ "DERP_ADDR=[fe80::1%lo]:443", "IPV6" },
		{ "DERP_HTTP_PORT=0", "from 1 to 65535" },
		{ "DERP_HTTP_PORT=443", "not the one of TLS" },
		{ "DERP_HTTP_PORT=0x50", "from 1 to 65535" },
		{ "DERP_STUN_PORT=70000", "\"70000\"" },
		{ "DERP_CONFIG_PATH=derper.key", "begins with /" },
		{ "DERP_STATE_DIR=x", "begins with /" },
		{ "DERP_HOME=hello", "blank, or a URL" },
		{ "DERP_CERT_MODE=caddy", "letsencrypt, manual or gcp" },
		{ "DERP_CERT_MODE=gcp", "DERP_ACME_EAB_KEY" },
		{ "DERP_ACME_EMAIL=nobody", "a mail address" },
		{ "DERP_MESH_WITH=a.example.org", "DERP_MESH_PSK_FILE" },
		{ "DERP_BOOTSTRAP_DNS_NAMES=192.0.2.1", "64 DNS names" },
		{ "DERP_VERIFY_CLIENT_URL=headscale:8080/verify",
		    "an https:// or http:// URL" },
		{ "DERP_RATE_CONFIG=rate.json", "begins with /" },
		{ "DERP_ACCEPT_CONN_LIMIT=-1", "more than 0" },
		{ "DERP_ACCEPT_CONN_LIMIT=NaN", "more than 0" },
		{ "DERP_ACCEPT_CONN_BURST=0", "at least 1" },
		{ "DERP_TCP_KEEPALIVE_TIME=600", "such as 10m" },
		{ "DERP_TCP_KEEPALIVE_TIME=10h", "at most 9h6m7s" },
		{ "DERP_TCP_USER_TIMEOUT=-1s", "not negative" },
		{ "DERP_TCP_WRITE_TIMEOUT=2x", "such as 2s" },
		{ "-a", "a value" },
		{ "-no-such", "is no flag of derper" },
		{ "-stun false", "is no flag, and derper ignores it" },
		{ "-stun=yes", "\"yes\": expected true or false" },
		{ "-verify-clients=tRUE", "expected true or false" },
		{ "-verify-client-url-fail-open=2", "expected true or" },
	};
	char name[64];
	size_t i;

	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		snprintf(name, sizeof(name), "%.*s", (int)strcspn(bad[i][0],
		    "= "), bad[i][0]);
		refused(bad[i][0], strchr(bad[i][0], ' ') != NULL ?
		    "\"false\"" : name, bad[i][1]);
	}
	refused("DERP_VERIFY_CLIENT_URL=https://u:s3cret@h/",
	    "DERP_VERIFY_CLIENT_URL", "without user and password");
	ATF_CHECK(strstr(said, "s3cret") == NULL);
}

/* Which addresses get a certificate with -acme-ip-certs. */
ATF_TC_WITHOUT_HEAD(addresses);
ATF_TC_BODY(addresses, tc)
{
	static const char none[] = "requests no certificate for an address";
	static const struct {
		const char	*flags;
		int		 names;	/* lines of hostname */
		const char	*said;
	} t[] = {
		{ "-acme-ip-certs", 1, none },
		{ "-acme-ip-certs -a 10.0.0.1:443", 1, none },
		{ "-acme-ip-certs -a 127.0.0.1:443", 1, none },
		{ "-acme-ip-certs -a 9.9.9.9:443", 2,
		    "all of them must be valid" },
		{ "-acme-ip-certs -hostname 9.9.9.9", 1, "clients use, too" },
		{ "-acme-ip-certs -hostname 9.9.9.9 -a 9.9.9.9:443", 1, "" },
		{ "-acme-ip-certs=false -a 9.9.9.9:443", 1, "" },
		{ "-acme-ip-certs -a 9.9.9.9:80", 1, "" },
	};
	const char *p;
	char *text;
	size_t i;
	int n;

	present = NULL;
	for (i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		text = convert(CONVERT_FLAGS, t[i].flags);
		ATF_REQUIRE_MSG(text != NULL, "%s: %s", t[i].flags, said);
		for (n = 0, p = text; (p = strstr(p, "hostname \"")) != NULL;
		    n++)
			p++;
		ATF_CHECK_EQ_MSG(t[i].names, n, "%s: %s", t[i].flags, text);
		ATF_CHECK_MSG(strstr(said, t[i].said) != NULL, "%s: %s",
		    t[i].flags, said);
		ATF_CHECK_EQ_MSG(t[i].said[0] == '\0', said[0] == '\0', "%s",
		    said);
		free(text);
	}
	refused("-hostname 9.9.9.9", "-hostname", "is an address");
	refused("-acme-ip-certs -certmode gcp", "-acme-ip-certs",
	    "letsencrypt alone");
}

/* Nothing in a value ends its string, its comment or its statement. */
ATF_TC_WITHOUT_HEAD(injection);
ATF_TC_BODY(injection, tc)
{
	static const char *const lines[] = { "/x\nsandbox off", "/x\rsandbox",
	    "/x\tsandbox", "/x\033[2J", "/x\177" };
	char *text;
	size_t i;

	for (i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
		ATF_CHECK(one("DERP_CONFIG_PATH", lines[i]) == NULL);
		ATF_CHECK(strstr(said, "DERP_CONFIG_PATH: the value has a "
		    "line break") != NULL);
		ATF_CHECK(strchr(said, '\033') == NULL);
	}
	text = one("DERP_CONFIG_PATH", "/x\" } sandbox off #$y\\");
	ATF_REQUIRE(text != NULL);
	ATF_CHECK(strstr(text, "\tkey \"/x\\\" } sandbox off #$y\\\\\"\n") !=
	    NULL);
	free(text);
	/* In a comment, too, and in the name of a variable. */
	text = one("DERP_HOST NAME\nsandbox off", "x");
	ATF_REQUIRE(text != NULL);
	ATF_CHECK(strstr(text, "\nsandbox") == NULL);
	free(text);
	ATF_CHECK(one("DERP_MESH_WITH", "a.example\" key file \"/x") == NULL);
	ATF_CHECK(one("DERP_HOSTNAME", "a.example\"") == NULL);
	ATF_CHECK(one("DERP_HOME", "https://a/\"") == NULL);
}

/* Values may be long, but have bounds. */
ATF_TC_WITHOUT_HEAD(huge);
ATF_TC_BODY(huge, tc)
{
	static char big[CONVERT_MAXVALUE + 2];
	char *text;

	memset(big, 'a', sizeof(big) - 1);
	big[0] = '/';
	ATF_CHECK(one("DERP_CONFIG_PATH", big) == NULL);
	ATF_CHECK(strstr(said, "has 65536 bytes") != NULL);
	big[CONVERT_MAXVALUE] = '\0';
	ATF_CHECK(one("DERP_CONFIG_PATH", big) == NULL);
	ATF_CHECK(strlen(said) < 256);
	ATF_CHECK(one("DERP_MESH_WITH", big) == NULL);
	ATF_CHECK(one("DERP_BOOTSTRAP_DNS_NAMES", big) == NULL);
	ATF_CHECK(one("DERP_VERIFY_CLIENT_URL", big) == NULL);
	big[CONVERT_MAXSTRING] = '\0';
	ATF_REQUIRE((text = one("DERP_MESH_PSK_FILE", big)) != NULL);
	ATF_CHECK(strstr(text, big) != NULL);
	free(text);
	/* Its state directory would be longer. */
	big[1] = '/';
	ATF_CHECK(one("DERP_CONFIG_PATH", big) != NULL);
	memset(big, '/', CONVERT_MAXSTRING);
	ATF_CHECK(one("DERP_CONFIG_PATH", big) == NULL);
}

/* Other names of the same; unknown ones; those of others. */
ATF_TC_WITHOUT_HEAD(names);
ATF_TC_BODY(names, tc)
{
	static char *env[] = { "DERP_DOMAIN=a.example", "DERP_STUN=false",
	    "DERP_CERTS=/c", "DERP_CERT_MODE=manual", "DERP_CERT_DIR=",
	    "PATH=/bin", "DERP_HTTPPORT=81", "DERP_ZZZZZZ=1", NULL };
	struct convert *c = new(CONVERT_ENV);
	char *text;

	convert_env(c, env);
	text = end(c);
	ATF_REQUIRE_MSG(text != NULL, "%s", said);
	ATF_CHECK(strstr(text, "hostname \"a.example\"\n") != NULL);
	ATF_CHECK(strstr(text, "stun {") == NULL);
	ATF_CHECK(strstr(text, "\"/c/a.example.crt\"") != NULL);
	ATF_CHECK_STREQ("DERP_HTTPPORT is not known and ignored: did you mean "
	    "DERP_HTTP_PORT?\nDERP_ZZZZZZ is not known and ignored\n", said);
	free(text);
	refused("DERP_DOMAIN=b.example", "DERP_HOSTNAME and DERP_DOMAIN",
	    "one of them");
	text = convert(CONVERT_ENV, "DERP_HOST=relay.example.org");
	ATF_CHECK(text != NULL);
	free(text);
}

/* Where the usual place of the control socket can't be written to. */
ATF_TC_WITHOUT_HEAD(control);
ATF_TC_BODY(control, tc)
{
	struct convert_ops own = ops;
	char path[CONVERT_MAXSOCKET + 1], *text;
	size_t room = sizeof(path) - sizeof("/derpd.sock");
	int i;

	own.own_control = 1;
	for (i = 0; i < 2; i++) {
		struct convert *c = convert_new(&own, CONVERT_ENV);

		said[0] = '\0';
		nerrors = 0;
		memset(path, 'a', room + (size_t)i);
		path[0] = '/';
		path[room + (size_t)i] = '\0';
		convert_set_variable(c, "DERP_HOSTNAME", "relay.example.org");
		convert_set_variable(c, "DERP_STATE_DIR", path);
		text = end(c);
		ATF_CHECK_EQ(i == 0, text != NULL);
		ATF_CHECK_MSG(i == 1 || (strstr(text, "\ncontrol \"/aa") !=
		    NULL && strstr(said, "derpctl -s /aa") != NULL), "%s",
		    text);
		ATF_CHECK(i == 0 || strstr(said, "a shorter path") != NULL);
		free(text);
	}
}

/* Without a name there is no guess; the map's container has the map's. */
ATF_TC_WITHOUT_HEAD(map_only);
ATF_TC_BODY(map_only, tc)
{
	static char *env[] = { "DERP_MAP_HOSTNAME=map.example.org", NULL };
	struct convert *c = new(CONVERT_ENV);
	char *text;

	ATF_CHECK(end(c) == NULL);
	ATF_CHECK(strstr(said, "DERP_HOSTNAME is not set: expected the name of "
	    "this machine") != NULL);
	present = NULL;
	c = new(CONVERT_ENV);
	convert_env(c, env);
	ATF_CHECK(end(c) == NULL);
	ATF_CHECK(strstr(said, "expected a DERP map in " CONVERT_MAP) != NULL);
	present = CONVERT_MAP;
	c = new(CONVERT_ENV);
	convert_env(c, env);
	ATF_REQUIRE((text = end(c)) != NULL);
	ATF_CHECK(strstr(text, "hostname \"map.example.org\"\n") != NULL);
	ATF_CHECK(strstr(text, "relay {") == NULL);
	ATF_CHECK(strstr(text, "stun {") == NULL);
	ATF_CHECK(strstr(text, "map \"" CONVERT_MAP "\"\n") != NULL);
	free(text);
}

/* The MAC key is neither in the text nor in a message. */
ATF_TC_WITHOUT_HEAD(secret);
ATF_TC_BODY(secret, tc)
{
	static char *env[] = { "DERP_HOSTNAME=a.example.org",
	    "DERP_CERT_MODE=gcp", "DERP_ACME_EAB_KID=k",
	    "DERP_ACME_EAB_KEY=c2VjcmV0", "DERP_ACME_EMAIL=a@example.org",
	    NULL };
	struct convert *c = new(CONVERT_ENV);
	const char *path, *key;
	char *text;

	convert_env(c, env);
	text = convert_text(c);
	ATF_REQUIRE_MSG(text != NULL, "%s", said);
	ATF_REQUIRE((key = convert_eab_key(c, &path)) != NULL);
	ATF_CHECK_STREQ("c2VjcmV0", key);
	ATF_CHECK_STREQ("/var/lib/derper/derpd/acme-eab.key", path);
	ATF_CHECK(strstr(text, key) == NULL && strstr(said, key) == NULL);
	free(text);
	convert_free(c);
	text = convert(CONVERT_ENV, "DERP_ACME_EAB_KEY=c2VjcmV0");
	ATF_CHECK(text != NULL && strstr(text, "c2VjcmV0") == NULL);
	free(text);
}

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, table);
	ATF_TP_ADD_TC(tp, errors);
	ATF_TP_ADD_TC(tp, addresses);
	ATF_TP_ADD_TC(tp, injection);
	ATF_TP_ADD_TC(tp, huge);
	ATF_TP_ADD_TC(tp, names);
	ATF_TP_ADD_TC(tp, control);
	ATF_TP_ADD_TC(tp, map_only);
	ATF_TP_ADD_TC(tp, secret);
	return (atf_no_error());
}
