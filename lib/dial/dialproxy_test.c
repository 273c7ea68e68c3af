/*
 * dialproxy_test: Tests of dialproxy.c: URLs of proxies, the request CONNECT,
 * and responses.
 */
#include <atf-c.h>
#include <stdio.h>
#include <string.h>

#include "dialproxy.h"

static void
url_is(const char *url, const char *host, const char *port, const char *login)
{
	struct dial_proxy p;

	ATF_REQUIRE_EQ_MSG(0, dial_proxy_set(&p, url), "%s", url);
	ATF_CHECK_STREQ(host, p.host);
	ATF_CHECK_STREQ(port, p.port);
	ATF_CHECK_STREQ(login, p.login);
}

ATF_TC_WITHOUT_HEAD(urls);
ATF_TC_BODY(urls, tc)
{
	static const char *const bad[] = {
		"https://proxy.test", "proxy.test:3128", "socks5://proxy.test",
		"http://", "http://u@proxy.test", "http://u:%4@proxy.test",
		"http://proxy.test/path", "http://proxy.test:99999",
		"http://:p:q@", "http://u:%zz@proxy.test"
	};
	char url[600];
	struct dial_proxy p;
	size_t i;

	url_is("", "", "", "");
	url_is("http://proxy.test", "proxy.test", "80", "");
	url_is("http://proxy.test:3128/", "proxy.test", "3128", "");
	url_is("http://[2001:db8::1]:8080", "2001:db8::1", "8080", "");
	url_is("http://u:p@proxy.test:1", "proxy.test", "1", "dTpw");
	url_is("http://u:a%40b@proxy.test", "proxy.test", "80", "dTphQGI=");
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		ATF_CHECK_EQ_MSG(-1, dial_proxy_set(&p, bad[i]), "%s", bad[i]);
	snprintf(url, sizeof(url), "http://u:%0300d@proxy.test", 0);
	ATF_CHECK_EQ(-1, dial_proxy_set(&p, url));
}

ATF_TC_WITHOUT_HEAD(requests);
ATF_TC_BODY(requests, tc)
{
	struct dial_proxy p;
	char buf[512];
	int n;

	ATF_REQUIRE_EQ(0, dial_proxy_set(&p, "http://u:p@proxy.test"));
	n = dial_proxy_request(&p, "2001:db8::2", "443", buf, sizeof(buf));
	ATF_CHECK_STREQ("CONNECT [2001:db8::2]:443 HTTP/1.1\r\n"
	    "Host: [2001:db8::2]:443\r\n"
	    "Proxy-Authorization: Basic dTpw\r\n\r\n", buf);
	ATF_CHECK_EQ(strlen(buf), (size_t)n);
	ATF_CHECK_EQ(-1, dial_proxy_request(&p, "relay.test", "443", buf, 40));
	ATF_CHECK_EQ(-1, dial_proxy_request(&p, "a\r\nb", "443", buf,
	    sizeof(buf)));
}

static void
response_is(int rv, const char *text, const char *why)
{
	char got[200] = "";

	ATF_CHECK_EQ_MSG(rv, dial_proxy_response(text, strlen(text), got,
	    sizeof(got)), "%s: %s", text, got);
	ATF_CHECK_MSG(strstr(got, why) != NULL, "%s: %s", text, got);
}

ATF_TC_WITHOUT_HEAD(responses);
ATF_TC_BODY(responses, tc)
{
	response_is(0, "", "");
	response_is(0, "HTTP/1.1 200 OK\r\nVia: x\r\n", "");
	response_is(1, "HTTP/1.1 200 OK\r\nVia: x\r\n\r\n", "");
	response_is(1, "HTTP/1.0 200\r\n\r\n", "");
	response_is(1, "HTTP/1.1 204 Yes\r\n\r\n", "");
	response_is(-1, "HTTP/1.1 407 No\r\n\r\n", "407 (it wants a login)");
	response_is(-1, "HTTP/1.1 502 Bad\r\n\r\n", "status 502");
	response_is(-1, "HTTP/1.1 101 Odd\r\n\r\n", "status 101");
	response_is(-1, "HTTP/1.1 200 OK\r\n\r\nx", "before TLS");
	response_is(-1, "SSH-2.0-OpenSSH\r\n\r\n", "not HTTP/1.1");
}

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, urls);
	ATF_TP_ADD_TC(tp, requests);
	ATF_TP_ADD_TC(tp, responses);
	return (atf_no_error());
}
