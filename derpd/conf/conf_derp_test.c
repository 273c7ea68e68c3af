/*
 * conf_derp_test: listening addresses that serve all without TLS (derp).
 */
#include <netinet/in.h>

#include "conf_fixture.h"

#define PORT	"listen on 127.0.0.1 port 8080 derp"

/* No certificate, but no TLS either. */
ATF_TC_WITHOUT_HEAD(alone);
ATF_TC_BODY(alone, tc)
{
	const struct conf_listen *l;
	struct conf *c = good(NAME PORT "\n" RELAY);

	ATF_CHECK(TAILQ_EMPTY(&c->certs));
	l = TAILQ_FIRST(&c->listens);
	ATF_CHECK(l->derp && !l->tls);
	ATF_CHECK(TAILQ_NEXT(l, entry) == NULL);
	conf_free(c);
	conf_free(good(NAME PORT "\nmap \"/m\"\n"));
}

ATF_TC_WITHOUT_HEAD(proxies);
ATF_TC_BODY(proxies, tc)
{
	const struct conf_listen *l;
	struct conf *c = good(NAME CERT RELAY
	    "listen on * port 443 tls\n"
	    "listen on * port 8080 derp proxy from { 192.0.2.0/24 }\n");

	TAILQ_FOREACH(l, &c->listens, entry) {
		ATF_CHECK_EQ(l->tls, !l->derp);
		ATF_CHECK_EQ(l->nproxies, (size_t)l->derp);
	}
	conf_free(c);
}

ATF_TC_WITHOUT_HEAD(errors);
ATF_TC_BODY(errors, tc)
{
	bad(NAME CERT RELAY "listen on ::1 port 1 tls derp\n", 4, "near "
	    "`derp': expected listen on ADDRESS port NUMBER [tls | derp] "
	    "[proxy from { PREFIX ... }]");
	/* Names are validated at the plain port or at one with TLS. */
	bad(NAME PORT "\n" RELAY "acme { contact \"a@example.org\" "
	    "directory letsencrypt }\n", 4, "acme needs port 80 or port 443 "
	    "for validation: expected listen on * port 443 tls");
	bad(NAME RELAY PORT "\nlisten on * port 443 tls\n", 4, "listen with "
	    "tls, but there is no certificate: expected certificate \"FILE\" "
	    "key \"FILE\", certificate self-signed, or acme { ... }");
}

/* 1 when the address is warned of, at line 3, and accepted. */
static int
warned(const char *address, const char *rest)
{
	char text[256];
	struct conf *c;
	int rv;

	snprintf(text, sizeof(text), NAME RELAY
	    "listen on %s port 8080 derp%s\n", address, rest);
	c = load(text);
	ATF_REQUIRE_MSG(c != NULL, "%s: %s", text, errs);
	rv = strstr(errs, CONF ":3: listen with derp on an address") != NULL;
	ATF_CHECK_EQ_MSG((unsigned int)rv, lines(), "%s: %s", text, errs);
	conf_free(c);
	return (rv);
}

ATF_TC_WITHOUT_HEAD(warnings);
ATF_TC_BODY(warnings, tc)
{
	static const char *const open[] = { "*", "0.0.0.0", "::", "192.0.2.1",
	    "128.0.0.1", "2001:db8::1" };
	static const char *const closed[] = { "127.0.0.1", "127.255.0.9",
	    "::1" };
	size_t i;

	for (i = 0; i < sizeof(open) / sizeof(open[0]); i++) {
		ATF_CHECK_MSG(warned(open[i], ""), "%s", open[i]);
		ATF_CHECK(!warned(open[i], " proxy from { 10.0.0.1 }"));
	}
	for (i = 0; i < sizeof(closed) / sizeof(closed[0]); i++)
		ATF_CHECK_MSG(!warned(closed[i], ""), "%s", closed[i]);
}

/* What an address serves can't change by a reload. */
ATF_TC_WITHOUT_HEAD(reload);
ATF_TC_BODY(reload, tc)
{
	struct conf *a = good(NAME CERT RELAY PORT "\n"
	    "listen on * port 443 tls\n");
	struct conf *b = good(NAME CERT RELAY "listen on 127.0.0.1 port 8080\n"
	    "listen on * port 443 tls\n");
	const char *what = conf_needs_restart(a, b);

	ATF_CHECK_MSG(what != NULL && strcmp(what, "listen") == 0, "%s",
	    what == NULL ? "none" : what);
	conf_free(a);
	conf_free(b);
}

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, alone);
	ATF_TP_ADD_TC(tp, proxies);
	ATF_TP_ADD_TC(tp, errors);
	ATF_TP_ADD_TC(tp, warnings);
	ATF_TP_ADD_TC(tp, reload);
	return (atf_no_error());
}
