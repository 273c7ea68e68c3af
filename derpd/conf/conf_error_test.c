/*
 * conf_error_test: errors of a configuration: each is reported once, with file,
 * line and what was expected; the text around words.
 */
#include <sys/types.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "conf_fixture.h"

/* Statements that are valid except for `error', within a relay block. */
static void
bad_relay(const char *text, const char *error)
{
	char all[2048];

	snprintf(all, sizeof(all), NAME CERT "relay {\n%s\n}\n", text);
	bad(all, 4, error);
	snprintf(all, sizeof(all), NAME CERT "relay { %s }\n", text);
	bad(all, 3, error);
}

ATF_TC_WITHOUT_HEAD(text);
ATF_TC_BODY(text, tc)
{
	struct conf *c;

	/* No newline at the end, DOS line ends, comments, a continuation. */
	c = good("# first\r\n" NAME "  # more \\\n" CERT
	    "user \\\n\t\"x\" # behind\r\n" "control \"/a \\\"b\\\\#\"\n"
	    "relay { } # }");
	ATF_CHECK_STREQ(c->user, "x");
	ATF_CHECK_STREQ(c->control, "/a \"b\\#");
	conf_free(c);
	/* A continued line counts as two. */
	bad(NAME CERT RELAY "user \\\n \"x\"\nlisten\n", 6,
	    "at the end of the line: expected listen on ADDRESS port NUMBER "
	    "[tls | derp] [proxy from { PREFIX ... }]");
	bad(NAME CERT RELAY "user \"x\n", 4, "a quote is not closed: expected "
	    "\" before the end of the line");
	bad(NAME CERT RELAY "user \"x", 4, "a quote is not closed: expected "
	    "\" before the end of the line");
	bad(NAME CERT RELAY "user \"x\\\n", 4, "a backslash in quotes: "
	    "expected \\\" or \\\\");
	bad(NAME CERT RELAY "user \"x\\n\"\n", 4, "a backslash in quotes: "
	    "expected \\\" or \\\\");
	bad(NAME CERT RELAY "user a\\b\n", 4,
	    "near `\\': expected user \"NAME\"");
	bad(NAME CERT "relay { workers 99999999999999999999 }\n", 3,
	    "a number is too large");
}

ATF_TC_WITHOUT_HEAD(binary);
ATF_TC_BODY(binary, tc)
{
	static const char quoted[] = NAME CERT RELAY "user \"a\0b\"\n";
	static const char plain[] = NAME CERT RELAY "user \0\n";
	char *all = malloc(70000);
	int n;

	put_file(CONF, quoted, sizeof(quoted) - 1);
	ATF_CHECK(load_file(CONF) == NULL);
	ATF_CHECK(strstr(errs, ":4: a NUL in quotes: expected text\n") != NULL);
	ATF_CHECK_EQ(lines(), 1);
	put_file(CONF, plain, sizeof(plain) - 1);
	ATF_CHECK(load_file(CONF) == NULL);
	ATF_CHECK(strstr(errs, ":4: near `?': expected user") != NULL);
	ATF_CHECK_EQ(lines(), 1);
	ATF_REQUIRE(all != NULL);
	n = snprintf(all, 70000, NAME CERT RELAY "user ");
	memset(all + n, 'x', 60000);
	snprintf(all + n + 60000, 3, "\n");
	bad(all, 4, "a word of more than 1023 characters");
	all[n] = '"';
	snprintf(all + n + 60000, 3, "\"\n");
	bad(all, 4, "more than 1023 characters in quotes");
	/* The longest word that is accepted. */
	n = snprintf(all, 70000, NAME CERT RELAY "chroot /");
	memset(all + n, 'x', 1022);
	snprintf(all + n + 1022, 3, "\n");
	conf_free(good(all));
	/* Control characters are escaped in the log. */
	bad(NAME CERT RELAY "user \x1b[1m\n", 4,
	    "near `\\x1b': expected user \"NAME\"");
	free(all);
}

ATF_TC_WITHOUT_HEAD(top_errors);
ATF_TC_BODY(top_errors, tc)
{
	static const struct {
		const char *text, *near, *error;
	} t[] = {
		{ "hostname", NULL, "expected hostname \"NAME\"" },
		{ "hostname 5", "5", "expected hostname \"NAME\"" },
		{ "hostname \"a\" b", "b", "expected hostname \"NAME\"" },
		{ "listen on *", NULL, "expected listen on ADDRESS port "
		    "NUMBER [tls | derp] [proxy from { PREFIX ... }]" },
		{ "listen on * port https", "https", "expected listen on "
		    "ADDRESS port NUMBER [tls | derp] [proxy from { PREFIX "
		    "... }]" },
		{ "certificate \"/x\"", NULL, "expected certificate \"FILE\" "
		    "key \"FILE\" [allow], or: certificate self-signed" },
		{ "relay", NULL, "expected relay { ... }" },
		{ "mesh", NULL, "expected mesh { key file \"FILE\" with "
		    "\"HOST\" }" },
		{ "mesh { key \"/x\" }", "/x", "expected key file \"FILE\"" },
		{ "mesh { foo }", "foo", "expected key file, ca file, "
		    "with or }" },
		{ "control 5", "5", "expected control \"SOCKET\"" },
		{ "chroot on", "on", "expected chroot off, or: chroot "
		    "\"DIRECTORY\"" },
		{ "statedir", NULL, "expected statedir \"DIRECTORY\"" },
		{ "user 12", "12", "expected user \"NAME\"" },
		{ "keys \"x\"", "x", "expected keys user \"NAME\"" },
		{ "keys user", NULL, "expected keys user \"NAME\"" },
		{ "sandbox", NULL, "expected sandbox off, sandbox on, or: "
		    "sandbox seccomp" },
		{ "sandbox maybe", "maybe", "expected sandbox off, sandbox on, "
		    "or: sandbox seccomp" },
		{ "child", NULL, "expected child timeout SECONDS" },
		{ "child timeout off", "off", "expected child timeout "
		    "SECONDS" },
		{ "include", NULL, "expected include \"FILE\"" },
	};
	char text[512], error[512];
	size_t i;

	for (i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		snprintf(text, sizeof(text), NAME CERT "%s\n%s",
		    t[i].text, strcmp(t[i].text, "relay") == 0 ? "" : RELAY);
		if (t[i].near == NULL)
			snprintf(error, sizeof(error), "at the end of the "
			    "line: %s", t[i].error);
		else
			snprintf(error, sizeof(error), "near `%s': %s",
			    t[i].near, t[i].error);
		bad(text, 3, error);
	}
	for (i = 0; i < 5; i++) {
		static const char *const odd[] = {
			"foo", "workers 5", "}", "tls \"x\"", "[x] y"
		};
		static const char *const at[] = {
			"foo", "workers", "}", "tls", "["
		};

		snprintf(text, sizeof(text), NAME CERT RELAY "%s\n", odd[i]);
		bad_word(text, 4, at[i], CONF_TOP);
	}
}

ATF_TC_WITHOUT_HEAD(relay_errors);
ATF_TC_BODY(relay_errors, tc)
{
	bad_word(NAME CERT "relay {\nfoo 5\n}\n", 4, "foo", CONF_RELAY);
	bad_word(NAME CERT "relay { foo 5 }\n", 3, "foo", CONF_RELAY);
	bad_relay("key 5", "near `5': expected key \"FILE\"");
	bad_relay("key \"x\"", "relay key \"x\": expected an absolute path of "
	    "at most 1023 bytes");
	bad_relay("workers many", "near `many': expected workers NUMBER");
	bad_relay("workers 0", "workers 0: expected 1 to 64");
	bad_relay("workers 65", "workers 65: expected 1 to 64");
	bad_relay("fronts 0", "fronts 0: expected 1 to 64");
	bad_relay("fronts 65", "fronts 65: expected 1 to 64");
	bad_relay("workers 1 workers 2",
	    "workers is set a second time: expected it once");
	bad_relay("home sweet", "near `sweet': expected home page, home "
	    "blank, or: home redirect \"URL\"");
	bad_relay("home redirect \"ftp://x\"", "home redirect \"ftp://x\": "
	    "expected an http:// or https:// URL of visible ASCII characters");
	bad_relay("home redirect \"https:///\"", "home redirect "
	    "\"https:///\": expected an http:// or https:// URL of visible "
	    "ASCII characters");
	bad_relay("home redirect \"http://a b\"", "home redirect "
	    "\"http://a b\": expected an http:// or https:// URL of visible "
	    "ASCII characters");
	bad_relay("home page home blank",
	    "home is set a second time: expected it once");
	bad_relay("queue 5", "near `5': expected queue bytes SIZE "
	    "[packets NUMBER], or: queue packets NUMBER");
	bad_relay("queue packets 1 bytes 1M", "near `bytes': expected queue "
	    "bytes SIZE [packets NUMBER], or: queue packets NUMBER");
	bad_relay("queue bytes 1M queue bytes 1M",
	    "queue bytes is set a second time: expected it once");
	bad_relay("queue bytes 65604 packets 1",
	    "queue bytes 65604: expected 65605 to 1073741824");
	bad_relay("queue bytes 1M packets 0",
	    "queue packets 0: expected 1 to 1048576");
	bad_relay("queue bytes 1P packets 1", "size \"1P\": expected a number "
	    "of bytes, optionally with K, M, G or T behind it");
	bad_relay("codel 5", "near `5': expected codel target MS interval MS, "
	    "or: codel off");
	bad_relay("codel target 0 interval 1",
	    "codel target (ms) 0: expected 1 to 10000");
	bad_relay("codel target 1 interval 60001",
	    "codel interval (ms) 60001: expected 1 to 60000");
	bad_relay("codel target 100 interval 100", "codel target (ms) 100: "
	    "expected less than the interval, 100");
	bad_relay("codel off codel off",
	    "codel is set a second time: expected it once");
	bad_relay("unsent 5", "near `5': expected unsent limit SIZE");
	bad_relay("unsent limit 16383",
	    "unsent limit (bytes) 16383: expected 16384 to 1073741824");
	bad_relay("write 5", "near `5': expected write timeout MS");
	bad_relay("write timeout 3600001",
	    "write timeout (ms) 3600001: expected 0 to 3600000");
	bad_relay("congestion bbr", "near `bbr': expected congestion control "
	    "\"NAME\"");
	bad_relay("congestion control 5", "near `5': expected congestion "
	    "control \"NAME\"");
	bad_relay("congestion control \"a b\"", "congestion control \"a b\": "
	    "expected the name of an algorithm, such as \"bbr\"");
	bad_relay("accept 5", "near `5': expected accept rate NUMBER burst "
	    "NUMBER");
	bad_relay("accept rate 0 burst 1",
	    "accept rate 0: expected 1 to 1000000");
	bad_relay("accept rate 1 burst 1000001",
	    "accept burst 1000001: expected 1 to 1000000");
	bad_relay("client rate 1K x", "near `x': expected client rate SIZE "
	    "burst SIZE, or: client rate file \"FILE\"");
	bad_relay("client rate 0 burst 65568", "client rate (bytes a second) "
	    "0: expected 1 to 8589934592");
	bad_relay("client rate 1 burst 65567", "client burst (bytes) 65567: "
	    "expected 65568 to 8589934592");
	bad_relay("max 5", "near `5': expected max clients NUMBER, or: max "
	    "unfinished NUMBER [per source NUMBER]");
	bad_relay("max unfinished 0",
	    "max unfinished 0: expected 1 to 1000000");
	bad_relay("max unfinished 9 per source 1000001", "max unfinished per "
	    "source 1000001: expected 1 to 1000000");
	bad_relay("max unfinished 9 per 5", "near `5': expected max clients "
	    "NUMBER, or: max unfinished NUMBER [per source NUMBER]");
	bad(NAME CERT "relay {\naccept rate 5\nworkers 1 }\n", 4, "at the end "
	    "of the line: expected accept rate NUMBER burst NUMBER");
	bad(NAME CERT "relay { accept rate 5 }\n", 3, "near `}': expected "
	    "accept rate NUMBER burst NUMBER");
	bad(NAME CERT "relay { accept }\n", 3, "near `}': expected accept rate "
	    "NUMBER burst NUMBER");
	bad_relay("max clients 0", "max clients 0: expected 1 to 10000000");
}

ATF_TC_WITHOUT_HEAD(values);
ATF_TC_BODY(values, tc)
{
	static const char *const names[] = {
		"", "a b", "-a", "a-", "a..b", ".a", "a.-b",
		"192.0.2.300", "1.2.3.4.5", "5", "relay.1", "300.1.1.1x-"
	};
	static const char *const addresses[] = {
		"host", "", "1.2", "1", "0x7f.1", "127.0.0.256", "::g", ":"
	};
	char text[2048], error[512];
	size_t i;

	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		snprintf(text, sizeof(text), CERT RELAY "hostname \"%s\"\n",
		    names[i]);
		snprintf(error, sizeof(error), "hostname \"%s\": expected a "
		    "DNS name or an IP address", names[i]);
		bad(text, 3, error);
	}
	bad(NAME CERT RELAY "hostname \"Relay.Example.org\"\n", 4,
	    "hostname \"Relay.Example.org\" appears twice");
	conf_free(good(CERT RELAY "hostname \"1.relay-2.x1\"\n"));
	conf_free(good(CERT RELAY "hostname \"my_relay.example.org\"\n"));
	for (i = 0; i < sizeof(addresses) / sizeof(addresses[0]); i++) {
		snprintf(text, sizeof(text), NAME CERT RELAY "listen on "
		    "\"%s\" port 1 tls\n", addresses[i]);
		snprintf(error, sizeof(error), "listen on %s: expected * or "
		    "an IP address", addresses[i]);
		bad(text, 4, error);
	}
	bad(NAME CERT RELAY "listen on * port 65536 tls\n", 4,
	    "port 65536: expected 0 to 65535");
	bad(NAME CERT RELAY "listen on ::1 port 1 tls\nlisten on ::1 port 1\n",
	    5, "listen on ::1 port 1 appears twice");
	bad(NAME CERT RELAY "listen on * port 1 tls\nlisten on * port 1\n",
	    5, "listen on * port 1 appears twice");
	bad(NAME CERT RELAY "listen on 0.0.0.0 port 1 tls\n"
	    "listen on * port 1 tls\n", 5,
	    "listen on * port 1 appears twice");
	bad(NAME RELAY "certificate \"c\" key \"/k\"\n", 3, "certificate "
	    "\"c\": expected an absolute path of at most 1023 bytes");
	bad(NAME RELAY "certificate \"/c\" key \"k\"\n", 3, "key \"k\": "
	    "expected an absolute path of at most 1023 bytes");
	bad(NAME CERT RELAY "chroot \"\"\n", 4, "chroot \"\": expected an "
	    "absolute path of at most 1023 bytes");
	bad(NAME CERT RELAY "child timeout 0\n", 4, "child timeout "
	    "(seconds) 0: expected 1 to 3600");
	bad(NAME CERT RELAY "child timeout 3601\n", 4, "child timeout "
	    "(seconds) 3601: expected 1 to 3600");
	bad(NAME CERT RELAY "statedir x\n", 4, "statedir \"x\": expected an "
	    "absolute path of at most 1023 bytes");
	bad(NAME CERT RELAY "mesh { key file x }\n", 4, "mesh key file \"x\": "
	    "expected an absolute path of at most 1023 bytes");
	bad(NAME CERT RELAY "user \"\"\n", 4,
	    "user \"\": expected the name of a user");
	bad(NAME CERT RELAY "keys user \"\"\n", 4,
	    "keys user \"\": expected the name of a user");
	bad(NAME CERT RELAY "sandbox on\nsandbox off\n", 5,
	    "sandbox is set a second time: expected it once");
	bad(NAME CERT RELAY "user a\nuser b\n", 5,
	    "user is set a second time: expected it once");
	bad(NAME CERT RELAY "control /a\ncontrol /b\n", 5,
	    "control is set a second time: expected it once");
}

/* The number of names is bounded. */
/* Advice for common mistakes in names. */
ATF_TC_WITHOUT_HEAD(hostname_advice);
ATF_TC_BODY(hostname_advice, tc)
{
	static const struct {
		const char	*name, *advice;
	} t[] = {
		{ "b\xc3\xbc" "cher.example.org", "write the form of it that "
		    "begins with xn--, as `idn2' prints it" },
		{ "*.example.org", "write a line for each name that clients "
		    "use; the certificate may hold a wildcard" },
		{ "relay.example.org.", "write it without the dot at its end" },
		{ "http://relay.example.org", "write the name alone, without "
		    "scheme and path" },
		{ "relay.example.org/derp", "write the name alone, without "
		    "scheme and path" },
		{ "relay.example.org:443", "write the name alone, and the port "
		    "in `listen on ... port'" },
		{ "[::1]", "write an IPv6 address without brackets, and the "
		    "port in `listen on ... port'" },
	};
	char text[512], error[512];
	size_t i;

	for (i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		snprintf(text, sizeof(text), CERT RELAY "hostname \"%s\"\n",
		    t[i].name);
		snprintf(error, sizeof(error), "hostname \"%s\": expected a "
		    "DNS name or an IP address: %s", t[i].name, t[i].advice);
		/* The log shows bytes other than ASCII in octal. */
		if (i == 0)
			ATF_CHECK(load(text) == NULL &&
			    strstr(errs, t[i].advice) != NULL);
		else
			bad(text, 3, error);
	}
}

ATF_TC_WITHOUT_HEAD(encodings);
ATF_TC_BODY(encodings, tc)
{
	static const char *const marks[] = { "\xef\xbb\xbf", "\xff\xfe",
	    "\xfe\xff" };
	char text[512];
	size_t i;

	for (i = 0; i < sizeof(marks) / sizeof(marks[0]); i++) {
		snprintf(text, sizeof(text), "%s" NAME CERT RELAY, marks[i]);
		ATF_CHECK(load(text) == NULL);
		ATF_CHECK_MSG(strstr(errs, CONF ": begins with a byte order "
		    "mark") != NULL && lines() == 1, "%s", errs);
	}
	conf_free(good("hostname \"relay.example.org\"\r\n"
	    "relay {\r\n\tworkers 1\r\n}\r\n"
	    "certificate self-signed # \xc3\x9c\r"));
}

ATF_TC_WITHOUT_HEAD(hostnames);
ATF_TC_BODY(hostnames, tc)
{
	char text[4096], *p = text;
	int i;

	p += snprintf(p, sizeof(text), CERT RELAY);
	for (i = 0; i < 64; i++)
		p += snprintf(p, 32, "hostname h%d.example.org\n", i);
	conf_free(good(text));
	snprintf(p, 32, "hostname more.example.org\n");
	bad(text, 3 + 64, "hostname \"more.example.org\": expected "
	    "at most 64 such lines");
}

/* The system bounds the path of a socket. */
ATF_TC_WITHOUT_HEAD(socket_path);
ATF_TC_BODY(socket_path, tc)
{
	size_t max = sizeof(((struct sockaddr_un *)NULL)->sun_path) - 1;
	char text[512], error[512], path[200];

	memset(path, 'x', sizeof(path));
	path[0] = '/';
	path[max] = '\0';
	snprintf(text, sizeof(text), NAME CERT RELAY "control \"%s\"\n", path);
	conf_free(good(text));
	path[max] = 'x';
	path[max + 1] = '\0';
	snprintf(text, sizeof(text), NAME CERT RELAY "control \"%s\"\n", path);
	snprintf(error, sizeof(error), "control \"%s\": expected an absolute "
	    "path of at most %zu bytes", path, max);
	bad(text, 4, error);
}

ATF_TC_WITHOUT_HEAD(whole);
ATF_TC_BODY(whole, tc)
{
	char host[256];

	bad("\n" NAME CERT, 1, "nothing to serve: expected relay { ... }, "
	    "stun { ... } or map \"FILE\"");
	bad(NAME RELAY "listen on * port 443 tls\n", 3, "listen with tls, but "
	    "there is no certificate: expected certificate \"FILE\" key "
	    "\"FILE\", certificate self-signed, or acme { ... }");
	bad(NAME CERT RELAY "listen on * port 80\n", 1, "the relay needs TLS: "
	    "expected a line such as listen on * port 443 tls, or "
	    "behind a reverse proxy listen on 127.0.0.1 port 8080 derp");
	bad(NAME CERT RELAY CERT, 4,
	    "certificate self-signed appears twice");
	bad(NAME CERT RELAY RELAY, 4,
	    "relay is set a second time: expected it once");
	ATF_REQUIRE_EQ(gethostname(host, sizeof(host)), 0);
	if (strchr(host, '.') == NULL)
		bad(CERT RELAY, 1, "no hostname: expected a line such as "
		    "hostname \"relay.example.org\", the name that clients "
		    "use");
	else
		conf_free(good(CERT RELAY));
	ATF_CHECK(load_file("none.conf") == NULL);
	ATF_CHECK(strstr(errs, ": none.conf: No such file or directory\n") !=
	    NULL);
	ATF_CHECK_EQ(lines(), 1);
	ATF_CHECK(load_file(".") == NULL);
	ATF_CHECK(strstr(errs, ": .: not a configuration: expected a regular "
	    "file of at most 1 MiB\n") != NULL);
	ATF_CHECK_EQ(lines(), 1);
}

/* Blocks that are not known: one error each, and all of it is skipped. */
ATF_TC_WITHOUT_HEAD(skipped);
ATF_TC_BODY(skipped, tc)
{
	static const char *const forms[] = {
		"", " \"/etc/x\"", " { a b }", " {\n a \"}\" # }\n b { c }\n}",
		" { a\n\tb \\}\n}", " { \"a\\\"}\"\n \"open\n }",
		" x {\n}\t# end"
	};
	char text[512];
	size_t k;

	for (k = 0; k < sizeof(forms) / sizeof(forms[0]); k++) {
		snprintf(text, sizeof(text), NAME CERT "bar%s\n" RELAY,
		    forms[k]);
		ATF_CHECK(load(text) == NULL);
		ATF_CHECK_MSG(strstr(errs, ":3: near `bar': expected hostname, "
		    "listen on, ") != NULL && lines() == 1, "%s", errs);
	}
	/* What follows is parsed, with its own line numbers. */
	ATF_CHECK(load(NAME "bar {\n\n}\nuser\nbar\nfoo {\n x\n}\n"
	    "user \"\"\n" RELAY) == NULL);
	ATF_CHECK(strstr(errs, ":2: near `bar': expected") != NULL);
	ATF_CHECK(strstr(errs, ":5: at the end of the line: expected user") !=
	    NULL);
	ATF_CHECK(strstr(errs, ":6: near `bar': expected") != NULL);
	ATF_CHECK(strstr(errs, ":7: near `foo': expected") != NULL);
	ATF_CHECK(strstr(errs, ":10: user \"\": expected") != NULL);
	ATF_CHECK_EQ(lines(), 5);
}

/* The metrics block, whose values may be lists. */
ATF_TC_WITHOUT_HEAD(metrics);
ATF_TC_BODY(metrics, tc)
{
	static const char usage[] = "expected listen on ADDRESS port NUMBER "
	    "[from { PREFIX ... }]";
	char error[256];

	bad(NAME CERT RELAY "metrics {\n}\n", 4, "metrics { ... } without an "
	    "address: expected listen on 127.0.0.1 port 9090 in it");
	bad(NAME CERT RELAY "metrics { listen on 127.0.0.1 port 9090 from {\n"
	    "::1/64\n} }\nsandbox off\n", 5, "from ::1/64: the address has "
	    "bits beyond the prefix: write ::/64");
	snprintf(error, sizeof(error), "near `proxy': %s", usage);
	bad(NAME CERT RELAY "metrics { listen on 127.0.0.1 port 1 proxy from "
	    "{\n::1 }\n}\nsandbox off\n", 4, error);
	snprintf(error, sizeof(error), "near `5': %s", usage);
	bad(NAME CERT RELAY "metrics {\nlisten on 127.0.0.1 port 1 from { ::1\n"
	    "5 }\nlisten on 127.0.0.1 port 2\n}\nsandbox off\n", 6, error);
	snprintf(error, sizeof(error), "near `{': %s", usage);
	bad(NAME CERT RELAY "metrics { listen on 127.0.0.1 port 1 { ::1 }\n}\n"
	    "sandbox off\n", 4, error);
	/* Braces that are not closed. */
	ATF_CHECK(load(NAME CERT RELAY "metrics { listen on 127.0.0.1 port 1 "
	    "from { ::1 }\nsandbox off\n") == NULL);
	ATF_CHECK_MSG(strstr(errs, ":5: near `sandbox': expected listen on") !=
	    NULL, "%s", errs);
	ATF_CHECK(load(NAME CERT RELAY "metrics { listen on 127.0.0.1 port 1 "
	    "from { ::1") == NULL);
	ATF_CHECK_MSG(strstr(errs, ":4: { is not closed: expected } in the "
	    "same file\n") != NULL && strstr(errs, ":4: metrics { is not "
	    "closed") != NULL && lines() == 2, "%s", errs);
}

/* All errors of a file are reported at once. */
ATF_TC_WITHOUT_HEAD(many);
ATF_TC_BODY(many, tc)
{
	char text[2048], *p = text;
	int i;

	ATF_CHECK(load("hostname\nlisten x\nrelay {\nworkers x\nhome y\n"
	    "queue {\n x\n}\nmax z }\nuser\nsandbox\nrelay { x }\nmesh x\n"
	    "user \"x\n") == NULL);
	ATF_CHECK(strstr(errs, ":1: at the end of the line") != NULL);
	ATF_CHECK(strstr(errs, ":2: near `x': expected listen") != NULL);
	ATF_CHECK(strstr(errs, ":4: near `x': expected workers") != NULL);
	ATF_CHECK(strstr(errs, ":5: near `y': expected home") != NULL);
	ATF_CHECK(strstr(errs, ":6: near `{': expected queue") != NULL);
	ATF_CHECK(strstr(errs, ":9: near `z': expected max") != NULL);
	ATF_CHECK(strstr(errs, ":10: at the end of the line: expected user") !=
	    NULL);
	ATF_CHECK(strstr(errs, ":11: at the end of the line: expected sand") !=
	    NULL);
	ATF_CHECK(strstr(errs, ":12: relay is set a second time") != NULL);
	ATF_CHECK(strstr(errs, ":12: near `x': expected key, ") != NULL);
	ATF_CHECK(strstr(errs, ":13: near `x': expected mesh {") != NULL);
	ATF_CHECK(strstr(errs, ":14: a quote is not closed") != NULL);
	ATF_CHECK_EQ(lines(), 12);
	/* The number of errors is bounded. */
	for (i = 0; i < 30; i++)
		p += snprintf(p, 16, "foo %d\n", i);
	ATF_CHECK(load(text) == NULL);
	ATF_CHECK(strstr(errs, ":20: near `foo'") != NULL);
	ATF_CHECK(strstr(errs, ":21:") == NULL);
	ATF_CHECK(strstr(errs, ": 10 more errors\n") != NULL);
	/* A second load starts fresh. */
	conf_free(good(NAME CERT RELAY));
}

ATF_TC_WITHOUT_HEAD(open_block);
ATF_TC_BODY(open_block, tc)
{
	bad(NAME CERT "\nrelay {\nworkers 5\n\n", 4,
	    "relay { is not closed: expected } in the same file");
	bad(NAME CERT "relay {", 3,
	    "relay { is not closed: expected } in the same file");
	bad(NAME CERT RELAY "mesh {\n key file \"/x\"", 4,
	    "mesh { is not closed: expected } in the same file");
	/* A brace that opens no block does not count. */
	bad(NAME CERT "relay { } { x }\nmesh {\n}\n", 3, "near `{': expected "
	    "the end of the line");
	bad(NAME CERT "relay { } user x\n", 3, "near `user': expected the end "
	    "of the line");
}

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, text);
	ATF_TP_ADD_TC(tp, binary);
	ATF_TP_ADD_TC(tp, top_errors);
	ATF_TP_ADD_TC(tp, relay_errors);
	ATF_TP_ADD_TC(tp, values);
	ATF_TP_ADD_TC(tp, hostname_advice);
	ATF_TP_ADD_TC(tp, encodings);
	ATF_TP_ADD_TC(tp, hostnames);
	ATF_TP_ADD_TC(tp, socket_path);
	ATF_TP_ADD_TC(tp, whole);
	ATF_TP_ADD_TC(tp, skipped);
	ATF_TP_ADD_TC(tp, metrics);
	ATF_TP_ADD_TC(tp, many);
	ATF_TP_ADD_TC(tp, open_block);
	return (atf_no_error());
}
