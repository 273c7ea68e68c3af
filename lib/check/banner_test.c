/*
 * banner_test: Tests of banner.c and alert.c.
 */
#include <atf-c.h>
#include <string.h>

#include "alert.h"
#include "banner.h"

/* Describe the bytes of a string that may have NULs. */
#define NAME(s)	name(s, sizeof(s) - 1)

static char text[256];
static enum check_service kind;

static const char *
name(const char *s, size_t n)
{
	kind = check_banner((const uint8_t *)s, n, text, sizeof(text));
	return (text);
}

ATF_TC_WITHOUT_HEAD(services);
ATF_TC_BODY(services, tc)
{
	ATF_CHECK_STREQ("SSH: \"SSH-2.0-OpenSSH_9.2p1\"",
	    NAME("SSH-2.0-OpenSSH_9.2p1\r\nx"));
	ATF_CHECK_EQ(CHECK_SERVICE_KNOWN, kind);
	ATF_CHECK_STREQ("a mail or FTP server: \"220 mx.test ESMTP\"",
	    NAME("220 mx.test ESMTP\r\n"));
	ATF_CHECK_STREQ("HTTP/2", NAME("\0\0\22\4\0\0\0\0\0\0\3"));
	ATF_CHECK_EQ(CHECK_SERVICE_H2, kind);
	NAME("\0\0\22\4\0\0\0\0\1");
	ATF_CHECK_EQ(CHECK_SERVICE_UNKNOWN, kind);
	NAME("\0\0\22\4\0\0\0\0");
	ATF_CHECK_EQ(CHECK_SERVICE_UNKNOWN, kind);
	ATF_CHECK_STREQ("an unknown service: \"HTTP/2\"", NAME("HTTP/2"));
	ATF_CHECK_EQ(CHECK_SERVICE_UNKNOWN, kind);
	ATF_CHECK_STREQ("an unknown service: \"S\"", NAME("S"));
	ATF_CHECK_STREQ("an unknown service: \"?[2J???\"",
	    NAME("\033[2J\"\377\0\nX"));
}

ATF_TC_WITHOUT_HEAD(http);
ATF_TC_BODY(http, tc)
{
	ATF_CHECK_STREQ("\"HTTP/1.1 400 Bad Request\" of the server "
	    "nginx/1.22.1", NAME("HTTP/1.1 400 Bad Request\r\nDate: x\r\n"
	    "server:  nginx/1.22.1\r\n\r\n"));
	ATF_CHECK_EQ(CHECK_SERVICE_HTTP, kind);
	ATF_CHECK_STREQ("\"HTTP/1.0 200 OK\"", NAME("HTTP/1.0 200 OK"));
	ATF_CHECK_STREQ("\"HTTP/1.0 200 OK\"", NAME("HTTP/1.0 200 OK\n"));
	ATF_CHECK_STREQ("\"HTTP/1.0 200 OK\"", NAME("HTTP/1.0 200 OK\nServer"));
	ATF_CHECK_STREQ("\"HTTP/1.0 200 OK\"",
	    NAME("HTTP/1.0 200 OK\nServer:"));
	ATF_CHECK_STREQ("\"HTTP/1.0 200 OK\" of the server a",
	    NAME("HTTP/1.0 200 OK\nServer: a"));
}

/* No line is quoted whole if it is long. */
ATF_TC_WITHOUT_HEAD(length);
ATF_TC_BODY(length, tc)
{
	char line[300], dst[8];

	memset(line, 'x', sizeof(line));
	name(line, sizeof(line));
	ATF_CHECK_EQ(strlen("an unknown service: \"\"") + 96, strlen(text));
	memcpy(line, "HTTP/1.", 7);
	memcpy(line + 20, "\nServer:", 8);
	name(line, sizeof(line));
	ATF_CHECK_EQ(strlen("\"\" of the server ") + 20 + 96, strlen(text));
	check_banner((const uint8_t *)line, sizeof(line), dst, sizeof(dst));
	ATF_CHECK_STREQ("\"HTTP/1", dst);
}

ATF_TC_WITHOUT_HEAD(alerts);
ATF_TC_BODY(alerts, tc)
{
	ATF_CHECK_STREQ("unrecognized_name", check_alert_name(112));
	ATF_CHECK_STREQ("it does not serve the name",
	    check_alert_meaning(CHECK_ALERT_NAME));
	ATF_CHECK_STREQ("unknown", check_alert_name(200));
	ATF_CHECK_STREQ("it refuses the handshake", check_alert_meaning(-1));
}

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, services);
	ATF_TP_ADD_TC(tp, http);
	ATF_TP_ADD_TC(tp, length);
	ATF_TP_ADD_TC(tp, alerts);
	return (atf_no_error());
}
