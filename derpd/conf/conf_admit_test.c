/*
 * conf_admit_test: the admit block, names, who may see /debug/clients/, and
 * limits that came with them.
 */
#include "conf_fixture.h"

#define URL	"https://headscale.example.org/verify"

/* Load with `statement' in line 4. */
static struct conf *
with(const char *statement)
{
	char text[8192];

	snprintf(text, sizeof(text), NAME CERT RELAY "%s\n", statement);
	return (good(text));
}

/* The statement in line 4 is refused with one error on `line'. */
static void
wrong(const char *statement, int line, const char *error)
{
	char text[8192];

	snprintf(text, sizeof(text), NAME CERT RELAY "%s\nsandbox off\n",
	    statement);
	bad(text, line, error);
}

/* The same with a statement of the relay block, in line 3. */
static void
wrong_relay(const char *statement, const char *error)
{
	char text[512];

	snprintf(text, sizeof(text), NAME CERT "relay { %s }\n", statement);
	bad(text, 3, error);
}

static struct conf *
relay(const char *statement)
{
	char text[512];

	snprintf(text, sizeof(text), NAME CERT "relay { %s }\n", statement);
	return (good(text));
}

ATF_TC_WITHOUT_HEAD(one_line);
ATF_TC_BODY(one_line, tc)
{
	struct conf *c = with("admit { keys \"/A\" url \"" URL "\" tailscaled "
	    "\"/C\" }");
	const struct conf_verify *s = TAILQ_FIRST(&c->admit.sources);

	ATF_CHECK_EQ(1, c->admit.conf.on);
	ATF_CHECK_EQ(1, c->admit.conf.keys);
	ATF_CHECK_EQ(1, c->front.admit);
	ATF_CHECK_EQ(1, c->worker.admit);
	ATF_CHECK_STREQ("/A", c->admit.keys);
	ATF_CHECK_EQ(4, c->admit.keys_pos.line);
	ATF_REQUIRE(s != NULL);
	ATF_CHECK_EQ(IPC_VERIFY_URL, s->kind);
	ATF_CHECK_STREQ(URL, s->name);
	ATF_CHECK(s->cafile == NULL);
	s = TAILQ_NEXT(s, entry);
	ATF_REQUIRE(s != NULL);
	ATF_CHECK_EQ(IPC_VERIFY_TAILSCALED, s->kind);
	ATF_CHECK_STREQ("/C", s->name);
	ATF_CHECK(TAILQ_NEXT(s, entry) == NULL);
	/* Defaults. */
	ATF_CHECK_EQ(0, c->admit.conf.all);
	ATF_CHECK_EQ(0, c->admit.conf.fail_open);
	ATF_CHECK_EQ(60, c->admit.conf.yes_secs);
	ATF_CHECK_EQ(10, c->admit.conf.no_secs);
	ATF_CHECK_EQ(60, c->admit.conf.check_secs);
	ATF_CHECK_EQ(86400, c->admit.conf.remember_secs);
	conf_free(c);
}

ATF_TC_WITHOUT_HEAD(everything);
ATF_TC_BODY(everything, tc)
{
	struct conf *c = with("admit {\n\turl \"" URL "\" ca file \"/ca\"\n"
	    "\turl \"http://127.0.0.1:8080/verify\"\n"
	    "\turl \"http://[::1]/verify\"\n"
	    "\turl \"http://headscale:8080/verify\" cleartext\n"
	    "\ttailscaled \"/run/t.sock\"\n\tsources all\n\tfail open\n"
	    "\tremember 0\n\tcache yes 0 no 7\n\tcheck every 5\n}\n"
	    "names \"/n 1\"\nnames /n2");
	const struct conf_verify *s = TAILQ_FIRST(&c->admit.sources);

	ATF_CHECK_EQ(0, c->admit.conf.keys);
	ATF_CHECK(c->admit.keys == NULL);
	ATF_CHECK_STREQ("/ca", s->cafile);
	ATF_CHECK_EQ(5, s->pos.line);
	s = TAILQ_NEXT(s, entry);
	ATF_CHECK_STREQ("http://127.0.0.1:8080/verify", s->name);
	ATF_CHECK_EQ(6, s->pos.line);
	ATF_CHECK_EQ(0, s->cleartext);
	s = TAILQ_NEXT(TAILQ_NEXT(s, entry), entry);
	ATF_CHECK_STREQ("http://headscale:8080/verify", s->name);
	ATF_CHECK_EQ(1, s->cleartext);
	ATF_CHECK(s->cafile == NULL);
	ATF_CHECK_EQ(1, c->admit.conf.all);
	ATF_CHECK_EQ(1, c->admit.conf.fail_open);
	ATF_CHECK_EQ(0, c->admit.conf.remember_secs);
	ATF_CHECK_EQ(0, c->admit.conf.yes_secs);
	ATF_CHECK_EQ(7, c->admit.conf.no_secs);
	ATF_CHECK_EQ(5, c->admit.conf.check_secs);
	ATF_CHECK_STREQ("/n 1", TAILQ_FIRST(&c->clientnames)->name);
	ATF_CHECK_STREQ("/n2", TAILQ_LAST(&c->clientnames, gram_names)->name);
	conf_free(c);
	c = with("admit { tailscaled /t cache no 3 }");
	ATF_CHECK_EQ(60, c->admit.conf.yes_secs);
	ATF_CHECK_EQ(3, c->admit.conf.no_secs);
	conf_free(c);
	c = with("names /n");
	ATF_CHECK_EQ(0, c->admit.conf.on);
	ATF_CHECK_EQ(0, c->front.admit);
	conf_free(c);
}

ATF_TC_WITHOUT_HEAD(errors);
ATF_TC_BODY(errors, tc)
{
	static const char *const urls[] = { "http://192.0.2.1/verify",
	    "http://h.example.org/verify", "http://128.0.0.1/verify",
	    "http://[::2]/verify", "https://", "https:///verify", "/verify",
	    "ftp://127.0.0.1/", "https://u@h.example.org/",
	    "http://127.0.0.1:0/", "https://h.example.org/#x" };
	char text[512], error[512];
	size_t i;

	for (i = 0; i < sizeof(urls) / sizeof(urls[0]); i++) {
		snprintf(text, sizeof(text), "admit {\nurl \"%s\" }", urls[i]);
		snprintf(error, sizeof(error), "admit url \"%s\": expected an "
		    "https:// URL, or an http:// URL of this machine, such as "
		    "http://127.0.0.1:8080/verify, or of another one in "
		    "cleartext: url \"http://...\" cleartext", urls[i]);
		wrong(text, 5, error);
	}
	wrong("admit { url \"" URL "\" cleartext }", 4, "admit url \"" URL
	    "\" cleartext: expected https:// without cleartext, or http://");
	wrong("admit { url \"ftp://h/\" cleartext }", 4, "admit url "
	    "\"ftp://h/\": expected an https:// URL, or an http:// URL of "
	    "this machine, such as http://127.0.0.1:8080/verify, or of another "
	    "one in cleartext: url \"http://...\" cleartext");
	wrong("\nadmit { }", 5, "admit { ... } without a source admits nobody: "
	    "expected keys \"FILE\", url \"URL\" or tailscaled \"SOCKET\" in "
	    "it");
	wrong("admit { sources all }", 4, "admit { ... } without a source "
	    "admits nobody: expected keys \"FILE\", url \"URL\" or tailscaled "
	    "\"SOCKET\" in it");
	wrong("admit { keys \"clients\" }", 4, "admit keys \"clients\": "
	    "expected an absolute path of at most 1023 bytes");
	wrong("admit { keys \"/a\" keys \"/b\" }", 4, "admit keys is set a "
	    "second time: expected it once");
	wrong("admit { tailscaled \"t\" }", 4, "admit tailscaled \"t\": "
	    "expected an absolute path of at most 107 bytes");
	wrong("admit { url \"" URL "\" ca file \"ca\" }", 4, "ca file \"ca\": "
	    "expected an absolute path of at most 1023 bytes");
	wrong("admit { url \"" URL "\"\nurl \"" URL "\" ca file \"/ca\" }", 5,
	    "admit url \"" URL "\" appears twice");
	wrong("admit { keys /a sources one }", 4, "near `one': expected "
	    "sources any, or: sources all");
	wrong("admit { keys /a fail }", 4, "near `}': expected fail closed, "
	    "or: fail open");
	wrong("admit { keys /a check every 0 }", 4, "admit check every "
	    "(seconds) 0: expected 1 to 86400");
	wrong("admit { keys /a remember 31536001 }", 4, "admit remember "
	    "(seconds) 31536001: expected 0 to 31536000");
	wrong("admit { keys /a cache yes 86401 }", 4, "admit cache yes "
	    "(seconds) 86401: expected 0 to 86400");
	wrong("admit \"/etc/derpd/clients\"", 4, "near `/etc/derpd/clients': "
	    "expected admit { keys \"FILE\" url \"URL\" tailscaled "
	    "\"SOCKET\" }");
	wrong("admit { keys /a }\nadmit { }", 5,
	    "admit is set a second time: expected it once");
	wrong("names clients.json", 4, "names \"clients.json\": expected an "
	    "absolute path of at most 1023 bytes");
	wrong("names /a\nnames /b\nnames /c\nnames /d\nnames /e", 8,
	    "names \"/e\": expected at most 4 such lines");
	bad_word(NAME CERT RELAY "admit { key /a }\n", 4, "key", CONF_ADMIT);
}

/* At most IPC_MAXVERIFY processes ask. */
ATF_TC_WITHOUT_HEAD(many);
ATF_TC_BODY(many, tc)
{
	char text[1024] = "admit {\n";
	size_t i, end;

	for (i = 0; i < IPC_MAXVERIFY; i++) {
		end = strlen(text);
		snprintf(text + end, sizeof(text) - end, i % 2 ?
		    "tailscaled /t%zu\n" : "url https://h%zu.example.org/v\n",
		    i);
	}
	end = strlen(text);
	strlcat(text, "keys /k }", sizeof(text));
	conf_free(with(text));
	text[end] = '\0';
	strlcat(text, "tailscaled /t9 }", sizeof(text));
	wrong(text, 13, "admit tailscaled \"/t9\": expected at most 8 lines of "
	    "url and tailscaled");
}

/* All of it changes by a reload. */
ATF_TC_WITHOUT_HEAD(reload);
ATF_TC_BODY(reload, tc)
{
	static const struct {
		const char	*text, *what;
	} t[] = {
		{ "admit { keys /a url " URL " }", "" },
		{ "admit { keys /a url " URL "/ }", "admit url" },
		{ "admit { keys /a url " URL " ca file /c }", "admit url" },
		{ "admit { keys /a url " URL " tailscaled /t }", "admit url" },
		{ "admit { keys /b url " URL " }", "admit keys" },
		{ "admit { keys /a url " URL " sources all }",
		    "admit sources" },
		{ "admit { keys /a url " URL " cache no 9 }",
		    "admit cache no" },
		{ "admit { keys /a url " URL " }\nnames /n", "names" },
		{ "admit { keys /a url " URL " }\ndebug from { ::1 }",
		    "debug from" },
		{ "", "admit" }
	};
	struct conf *a = with(t[0].text), *b;
	const char *what;
	size_t i;

	for (i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		b = with(t[i].text);
		ATF_CHECK(conf_needs_restart(a, b) == NULL);
		what = conf_differs(a, b);
		ATF_CHECK_STREQ(t[i].what, what == NULL ? "" : what);
		conf_free(b);
	}
	conf_free(a);
	a = with("admit { url http://127.0.0.1/ }");
	b = with("admit { url http://127.0.0.1/ cleartext }");
	ATF_CHECK_STREQ("admit url", conf_differs(a, b));
	conf_free(a);
	conf_free(b);
}

ATF_TC_WITHOUT_HEAD(debug);
ATF_TC_BODY(debug, tc)
{
	struct conf *c = with("debug from {\n192.0.2.0/28 # admins\n::1 }");
	char text[8192] = "debug from {", prefix[NET_PREFIX_TEXT];
	size_t i, end;

	ATF_REQUIRE_EQ(2, c->debug.n);
	net_prefix_text(&c->debug.v[0], prefix);
	ATF_CHECK_STREQ("192.0.2.0/28", prefix);
	conf_free(c);
	wrong("debug from { 192.0.2.7/28 }", 4, "debug from 192.0.2.7/28: the "
	    "address has bits beyond the prefix: write 192.0.2.0/28");
	wrong("debug from { lb.example }", 4, "debug from lb.example: expected "
	    "an IP address or a prefix, such as 192.0.2.0/24 or 2001:db8::/32");
	wrong("debug from { }", 4, "near `}': expected debug from { PREFIX ... "
	    "}");
	wrong("debug from ::1", 4, "near `::1': expected debug from { PREFIX "
	    "... }");
	wrong("debug from { ::1 }\ndebug from { ::2 }", 5, "debug from is set "
	    "a second time: expected it once");
	for (i = 0; i < 65; i++) {
		end = strlen(text);
		snprintf(text + end, sizeof(text) - end, "\n192.0.2.%zu", i);
	}
	strlcat(text, " }", sizeof(text));
	wrong(text, 69, "debug from 192.0.2.64: expected at most 64 in the "
	    "braces");
}

ATF_TC_WITHOUT_HEAD(rate_file);
ATF_TC_BODY(rate_file, tc)
{
	struct conf *c = relay("client rate file /etc/derpd/rate.json");
	char *text = NULL;
	size_t len;
	FILE *f = open_memstream(&text, &len);

	ATF_CHECK_STREQ("/etc/derpd/rate.json", c->relay.rate_file);
	ATF_CHECK_EQ(3, c->relay.rate_pos.line);
	ATF_CHECK_EQ(0, c->worker.client_rate);
	ATF_REQUIRE(f != NULL);
	conf_print(f, c);
	ATF_REQUIRE_EQ(0, fclose(f));
	ATF_CHECK_MSG(strstr(text, "\tclient rate file \"/etc/derpd/rate.json\""
	    "\n") != NULL && strstr(text, "# client rate:") == NULL, "%s",
	    text);
	free(text);
	conf_free(c);
	wrong_relay("client rate file \"rate.json\"", "client rate file "
	    "\"rate.json\": expected an absolute path of at most 1023 bytes");
	wrong_relay("client rate 2M burst 8M client rate file /r", "client "
	    "rate is set a second time: expected it once");
	wrong_relay("client rate file /r client rate 2M burst 8M", "client "
	    "rate is set a second time: expected it once");
	wrong_relay("client rate file", "near `}': expected client rate SIZE "
	    "burst SIZE, or: client rate file \"FILE\"");
}

ATF_TC_WITHOUT_HEAD(source);
ATF_TC_BODY(source, tc)
{
	struct conf *c = relay("source rate 5 burst 20 source prefix 24 56 "
	    "workers 1");

	ATF_CHECK_EQ(5, c->front.source_rate);
	ATF_CHECK_EQ(20, c->front.source_burst);
	ATF_CHECK_EQ(24, c->front.source_v4);
	ATF_CHECK_EQ(56, c->front.source_v6);
	ATF_CHECK_EQ(1, c->relay.workers);
	conf_free(c);
	c = relay("");
	ATF_CHECK_EQ(0, c->front.source_rate);
	ATF_CHECK_EQ(32, c->front.source_v4);
	ATF_CHECK_EQ(64, c->front.source_v6);
	conf_free(c);
	wrong_relay("source prefix 24", "near `}': expected source rate NUMBER "
	    "burst NUMBER, or: source prefix IPV4-BITS IPV6-BITS");
	wrong_relay("source prefix 24 ipv6-bits 56", "near `ipv6-bits': "
	    "expected source rate NUMBER burst NUMBER, or: source prefix "
	    "IPV4-BITS IPV6-BITS");
	wrong_relay("source prefix 24 56 64", "near `64': expected source rate "
	    "NUMBER burst NUMBER, or: source prefix IPV4-BITS IPV6-BITS");
	wrong_relay("source prefix 33 64", "source prefix 33: expected 8 to "
	    "32");
	wrong_relay("source prefix 32 129", "source prefix ipv6-bits 129: "
	    "expected 16 to 128");
	wrong_relay("source rate 0 burst 1", "source rate 0: expected 1 to "
	    "1000000");
}

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, one_line);
	ATF_TP_ADD_TC(tp, everything);
	ATF_TP_ADD_TC(tp, errors);
	ATF_TP_ADD_TC(tp, many);
	ATF_TP_ADD_TC(tp, reload);
	ATF_TP_ADD_TC(tp, debug);
	ATF_TP_ADD_TC(tp, rate_file);
	ATF_TP_ADD_TC(tp, source);
	return (atf_no_error());
}
