/*
 * bconf_error_test: configurations that derpbridged refuses, and what it says.
 */
#include "bconf_fixture.h"

#define IN(text)	MAP "interface wg0 {\n" text "\n}\n"

ATF_TC_WITHOUT_HEAD(whole);
ATF_TC_BODY(whole, tc)
{
	bad(WG0, 1, "no map: expected a line such as map url "
	    "\"https://relay.example.org/derpmap/default\", or map file "
	    "\"FILE\"");
	bad(MAP, 1, "no interface: expected a line such as interface \"wg0\", "
	    "or derpbridged -i wg0");
	bad(MAP WG0 "map url \"https://x/\"\n", 3, "map is set a second time: "
	    "expected it once");
	bad(MAP WG0 WG0, 3, "interface \"wg0\" is on line 2 already: expected "
	    "it once");
	bad(MAP "interface { direct never }\n", 2, "interface { ... } without "
	    "a name: expected interface \"wg0\" { ... }");
	bad(MAP "interface { }\n" WG0, 2, "interface { ... } without a name: "
	    "expected interface \"wg0\" { ... }");
	bad(MAP "interface wg0 { local port 7 }\n"
	    "interface wg1 { local port 7 }\n", 3, "local port 7 is that of "
	    "interface \"wg0\" already: expected another one, or none");
	bad(IN("uapi /x namespace /y"), 3, "namespace \"/y\": the interface "
	    "has uapi already: expected namespace for WireGuard of the "
	    "kernel, or uapi for wireguard-go");
	bad(IN("namespace /x namespace /y"), 3, "namespace is set a second "
	    "time: expected one an interface");
	bad_word(MAP WG0 "relay { }\n", 3, "relay", BCONF_TOP);
	bad_word(IN("frobnicate 5"), 3, "frobnicate", BCONF_IFACE);
}

/* -i takes an interface out, which does not make the others right. */
ATF_TC_WITHOUT_HEAD(one_interface);
ATF_TC_BODY(one_interface, tc)
{
	char dir[GRAM_SOCKETMAX - 5], text[256], want[256];

	only = "wg1";
	bad(MAP "interface { }\n", 2, "interface { ... } without a name: "
	    "expected interface \"wg0\" { ... }");
	memset(dir, 'd', sizeof(dir));
	dir[sizeof(dir) - 1] = '\0';
	snprintf(text, sizeof(text), MAP "control \"/%s.sock\"\n", dir);
	snprintf(want, sizeof(want), "/%s-wg1.sock: the path is too long: "
	    "expected at most %zu bytes", dir, (size_t)GRAM_SOCKETMAX);
	bad(text, 2, want);
	only = NULL;
	text[strlen(text) - 1] = '\0';
	strlcat(text, "\n" WG0, sizeof(text));
	bconf_free(good(text));
}

ATF_TC_WITHOUT_HEAD(too_many);
ATF_TC_BODY(too_many, tc)
{
	char text[4096], line[64];
	int i;

	snprintf(text, sizeof(text), MAP);
	for (i = 0; i <= IPC_BRIDGE_MAXIFACES; i++) {
		snprintf(line, sizeof(line), "interface wg%d\n", i);
		strlcat(text, line, sizeof(text));
	}
	bad(text, IPC_BRIDGE_MAXIFACES + 2, "expected at most 16 interfaces");
}

ATF_TC_WITHOUT_HEAD(names);
ATF_TC_BODY(names, tc)
{
	static const char *const t[] = { "", ".", "..", "a/b", "a:b", "a b",
	    "0123456789abcdef", "w\xc3\xbc", "w\x7f" };
	char text[128], want[256];
	size_t i;

	for (i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		snprintf(text, sizeof(text), MAP "interface \"%s\"\n", t[i]);
		snprintf(want, sizeof(want), "interface \"%s\": expected the "
		    "name of an interface: 1 to 15 visible characters of "
		    "ASCII without / and :", t[i]);
		ATF_CHECK(load(text) == NULL);
		/* What a terminal would interpret, the log shows otherwise. */
		if (t[i][0] != '\0' && strpbrk(t[i], "\x7f\xc3") != NULL)
			continue;
		ATF_CHECK_MSG(strstr(errs, want) != NULL, "%s%s", want, errs);
	}
}

ATF_TC_WITHOUT_HEAD(values);
ATF_TC_BODY(values, tc)
{
	bad(MAP WG0 "dns server example.org\n", 3, "dns server example.org: "
	    "expected an IP address");
	bad(MAP WG0 "dns server 192.0.2.1 port 0\n", 3, "dns server port 0: "
	    "expected 1 to 65535");
	bad(MAP WG0 "proxy \"https://192.0.2.1:3128\"\n", 3,
	    "proxy \"https://192.0.2.1:3128\": expected the URL of an HTTP "
	    "proxy, such as http://192.0.2.1:3128");
	bad(MAP WG0 "proxy \"\"\n", 3, "proxy \"\": expected the URL of an "
	    "HTTP proxy, such as http://192.0.2.1:3128");
	bad(WG0 "map url \"http://m.example/\"\n", 2, "map url "
	    "\"http://m.example/\": expected an https:// URL of visible ASCII "
	    "characters");
	bad(IN("fwmark \"51820x\""), 3, "fwmark \"51820x\": expected device, "
	    "none or a number, such as 51820 or 0xca6c");
	bad(IN("fwmark 0x100000000"), 3, "fwmark \"0x100000000\": expected "
	    "device, none or a number, such as 51820 or 0xca6c");
	bad(IN("fwmark 0x0"), 3, "fwmark 0: expected 1 to 4294967295");
	bad(IN("fwmark 4294967296"), 3, "fwmark 4294967296: expected 1 to "
	    "4294967295");
	bad(IN("region 0"), 3, "region 0: expected 1 to 9007199254740991");
	bad(IN("region far"), 3, "near `far': expected region rendezvous, "
	    "region nearest, or: region NUMBER");
	bad(IN("idle 0"), 3, "idle (seconds) 0: expected 1 to 604800");
	bad(IN("idle never idle 5"), 3, "idle is set a second time: expected "
	    "one an interface");
}

ATF_TC_WITHOUT_HEAD(networks);
ATF_TC_BODY(networks, tc)
{
	static const char *const t[] = { "127.0.0.0/8", "127.0.0.0/16",
	    "127.0.0.0/9", "127.5.0.0/31", "127.5.0.1", "127.5.0.1/16",
	    "10.0.0.0/16", "::1/128", "126.0.0.0/7", "x" };
	char text[128], want[256];
	size_t i;

	for (i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		snprintf(text, sizeof(text), IN("local network %s"), t[i]);
		snprintf(want, sizeof(want), "local network %s: expected a "
		    "prefix of 127.0.0.0/8 with 9 to 30 bits and without "
		    "127.0.0.1, such as 127.128.0.0/9", t[i]);
		bad(text, 3, want);
	}
}

/* Only what wg(8) prints is a key: no other text stands for the same one. */
ATF_TC_WITHOUT_HEAD(peers);
ATF_TC_BODY(peers, tc)
{
	static const char *const t[] = { "", "laptop",
	    "HIgo9xNzJMWLKASShiTqIybxZ0U3wGLiUeJ1PKf8ykw",
	    "HIgo9xNzJMWLKASShiTqIybxZ0U3wGLiUeJ1PKf8ykx=",
	    "HIgo9xNzJMWLKASShiTqIybxZ0U3wGLiUeJ1PKf8ykw==",
	    " " KEY, KEY " ", KEY KEY };
	char text[256], want[256];
	size_t i;

	for (i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		snprintf(text, sizeof(text), IN("peer \"%s\""), t[i]);
		snprintf(want, sizeof(want), "peer \"%s\": expected a public "
		    "key of WireGuard, 44 characters of base64 as `wg show' "
		    "prints it", t[i]);
		bad(text, 3, want);
	}
	bad(IN("peer \"" KEY "\"\npeer \"" KEY "\""), 4, "peer \"" KEY "\" "
	    "appears twice");
	bad(IN("peer \"" KEY "\" name \"\""), 3, "peer name \"\": expected 1 "
	    "to 64 bytes of UTF-8 without control characters");
	bad(IN("peer \"" KEY "\" region 0"), 3, "peer region 0: expected 1 to "
	    "9007199254740991");
	bad(IN("peer \"" KEY "\" relay 5"), 3, "near `relay': expected "
	    "peer \"KEY\" [name \"NAME\"] "
	    "[region rendezvous | nearest | NUMBER]");
}

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, whole);
	ATF_TP_ADD_TC(tp, one_interface);
	ATF_TP_ADD_TC(tp, too_many);
	ATF_TP_ADD_TC(tp, names);
	ATF_TP_ADD_TC(tp, values);
	ATF_TP_ADD_TC(tp, networks);
	ATF_TP_ADD_TC(tp, peers);
	return (atf_no_error());
}
