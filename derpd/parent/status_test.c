/*
 * status_test: the status is valid JSON for any names.
 */
#include <sys/queue.h>
#include <netinet/in.h>
#include <arpa/inet.h>
#include <atf-c.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "json.h"
#include "parent.h"

#define HEX	"0123456789abcdef"
#define PIN	"sha256-raw:" HEX HEX HEX HEX

static struct parent			 d;
static struct parent_cert		 cert;
static struct parent_cert		*certs[] = { &cert };
static struct parent_listen_socket	 sockets[2];
static char				*names[2];

/* A service with the given listen lines, opened on the ports `tls', `plain'. */
static void
set_up(const char *lines, int tls, int plain)
{
	static char	odd[] = "a\"b\\c\n\x01\xff.test", even[] = "x.test";
	FILE		*f;

	ATF_REQUIRE((f = fopen("derpd.conf", "w")) != NULL);
	fprintf(f, "hostname \"relay.test\"\ncertificate self-signed\n"
	    "relay { }\n%s\n", lines);
	ATF_REQUIRE_EQ(0, fclose(f));
	ATF_REQUIRE((d.conf = conf_load("derpd.conf")) != NULL);
	d.conf_path = "/a \"quoted\"\\path\t\xe9.conf";
	names[0] = odd;
	names[1] = even;
	cert.names = names;
	cert.nnames = 2;
	strlcpy(cert.pin, PIN, sizeof(cert.pin));
	d.loaded.certs = certs;
	d.loaded.ncerts = 1;
	memset(d.loaded.node_key, 0xab, 32);
	sockets[0].tls = 1;
	sockets[0].port = tls;
	strlcpy(sockets[0].text, "[::]:443", sizeof(sockets[0].text));
	sockets[1].port = plain;
	strlcpy(sockets[1].text, "[::]:80", sizeof(sockets[1].text));
	d.listens.v = sockets;
	d.listens.n = 2;
	d.nfronts = 1;
	d.nworkers = 2;
	parent_procs_set_up(&d);
	d.relays[0].c.ready = 1;
	d.relays[0].c.pid = 4711;
	strlcpy(d.relays[0].c.level, "chroot, \"quoted\"",
	    sizeof(d.relays[0].c.level));
}

/* Parse the text; the document stays valid with the caller's writer. */
static struct json *
parse(struct ipc_wr *w, void (*make)(const struct parent *, struct ipc_wr *))
{
	struct json_error	e;
	struct json		*j;

	ipc_wr_init(w);
	make(&d, w);
	ATF_REQUIRE(ipc_wr_ok(w));
	j = json_parse((const char *)w->p, w->len, 8, 1000, &e);
	ATF_REQUIRE_MSG(j != NULL, "%s at %zu: %.*s", e.what, e.offset,
	    (int)w->len, (const char *)w->p);
	return (j);
}

/* A string member of the object `r'; "" when it is missing. */
static const char *
text_of(struct json *j, json_ref r, const char *name)
{
	static char	text[256];

	if (json_str(j, json_get(j, r, name), text, sizeof(text)) == -1)
		text[0] = '\0';
	return (text);
}

static int64_t
number_of(struct json *j, json_ref r, const char *name)
{
	int64_t	n;

	return (json_int(j, json_get(j, r, name), &n) == 0 ? n : -99);
}

ATF_TC_WITHOUT_HEAD(status);
ATF_TC_BODY(status, tc)
{
	struct ipc_wr	w;
	struct json	*j;
	json_ref	r;
	size_t		len;

	set_up("listen on * port 443 tls", 443, 80);
	j = parse(&w, parent_status_text);
	ATF_CHECK_STREQ("/a \"quoted\"\\path\t\xc3\xa9.conf",
	    text_of(j, 0, "config"));
	ATF_CHECK_EQ(0, strncmp("nodekey:abab", text_of(j, 0, "nodekey"),
	    12));
	ATF_CHECK_EQ(6, json_count(j, json_get(j, 0, "processes")));
	r = json_first(j, json_get(j, 0, "processes"));
	ATF_CHECK_STREQ("parent", text_of(j, r, "role"));
	r = json_next(j, r);
	ATF_CHECK_STREQ("not running", text_of(j, r, "sandbox"));
	ATF_CHECK_EQ(-99, number_of(j, r, "worker"));
	r = json_next(j, r);
	ATF_CHECK_STREQ("signer", text_of(j, r, "role"));
	ATF_CHECK_EQ(0, number_of(j, r, "worker"));
	r = json_next(j, r);
	ATF_CHECK_STREQ("front", text_of(j, r, "role"));
	ATF_CHECK_EQ(0, number_of(j, r, "worker"));
	r = json_next(j, r);
	ATF_CHECK_STREQ("chroot, \"quoted\"", text_of(j, r, "sandbox"));
	ATF_CHECK_EQ(4711, number_of(j, r, "pid"));
	ATF_CHECK_EQ(0, number_of(j, r, "worker"));
	ATF_CHECK_EQ(2, json_count(j, json_get(j, 0, "listen")));
	r = json_first(j, json_get(j, 0, "certificates"));
	ATF_CHECK_STREQ(PIN, text_of(j, r, "pin"));
	ATF_CHECK_EQ(2, json_count(j, json_get(j, r, "names")));
	json_raw(j, json_first(j, json_get(j, r, "names")), &len);
	ATF_CHECK(len > 0);
	json_free(j);
	ipc_wr_free(&w);
}

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, status);
	return (atf_no_error());
}
