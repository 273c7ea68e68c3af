/*
 * port80_test: Tests of port80.c against servers of plain HTTP that a child
 * process plays.
 */
#include <sys/wait.h>
#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

#include "runfixture.h"

static struct run_fixture x;
static char challenge[64];	/* of this server: what clients send */

/* In the child: read a request into a file, and answer it. */
static void
serve(int lfd, const char *say)
{
	char buf[2048];
	size_t n = 0;
	ssize_t got;
	FILE *fp;
	int fd;

	alarm(60);
	if ((fd = accept(lfd, NULL, NULL)) == -1)
		_exit(1);
	while (n < sizeof(buf) - 1 &&
	    (got = read(fd, buf + n, sizeof(buf) - 1 - n)) > 0) {
		buf[n += (size_t)got] = '\0';
		if (strstr(buf, "\r\n\r\n") != NULL)
			break;
	}
	if ((fp = fopen("request", "w")) == NULL)
		_exit(1);
	fprintf(fp, "%.*s", (int)n, buf);
	fclose(fp);
	if (write(fd, say, strlen(say)) == -1)
		_exit(1);
	_exit(0);
}

static const char *in_map = "127.0.0.1"; /* the map's address */

/* Check a server that says `say', and, if `right', the right response. */
static void
check(const char *say, int right, int can_port80)
{
	char text[1024];
	unsigned int port;
	int fd = run_port(&port);
	pid_t pid;

	ATF_REQUIRE_EQ(0, listen(fd, 1));
	(void)snprintf(challenge, sizeof(challenge), "ts_%s:%u", in_map[0] !=
	    '\0' ? in_map : "relay.test", port);
	(void)snprintf(text, sizeof(text), "%s%s%s%s", say, right ?
	    "X-Tailscale-Response: response " : "", right ? challenge : "",
	    right ? "\r\n\r\n" : "");
	fflush(NULL);
	ATF_REQUIRE((pid = fork()) != -1);
	if (pid == 0)
		serve(fd, text);
	close(fd);
	run_begin(&x);
	(void)snprintf(x.node.host, sizeof(x.node.host), "relay.test");
	(void)snprintf(x.node.ipv4, sizeof(x.node.ipv4), "%s", in_map);
	x.node.port80 = port;
	x.node.can_port80 = can_port80;
	run_address(&x, "127.0.0.1")->upgrades = 1;
	check_port80(&x.run);
	kill(pid, SIGTERM);
	ATF_REQUIRE_EQ(pid, waitpid(pid, NULL, 0));
}

#define NO_CONTENT	"HTTP/1.1 204 No Content\r\n"

ATF_TC_WITHOUT_HEAD(relay);
ATF_TC_BODY(relay, tc)
{
	char line[128];

	check(NO_CONTENT, 1, 1);
	ATF_CHECK_EQ(0, x.nfound);
	ATF_REQUIRE(run_measure(&x, CHECK_FACT_PORT80) != NULL);
	ATF_CHECK_STREQ("answers challenges", run_measure(&x,
	    CHECK_FACT_PORT80)->text);
	ATF_CHECK(atf_utils_grep_file("^GET /generate_204.t=[0-9]* HTTP/1.1",
	    "request"));
	(void)snprintf(line, sizeof(line), "^Host: %s", challenge + 3);
	ATF_CHECK(atf_utils_grep_file("%s", "request", line));
}

/* Without an address in the map, the URL has the name. */
ATF_TC_WITHOUT_HEAD(name);
ATF_TC_BODY(name, tc)
{
	in_map = "";
	check(NO_CONTENT, 1, 1);
	ATF_CHECK_EQ(0, x.nfound);
	ATF_CHECK(atf_utils_grep_file("^Host: relay.test:", "request"));
}

ATF_TC_WITHOUT_HEAD(others);
ATF_TC_BODY(others, tc)
{
	const char *redirect = "HTTP/1.1 301 Moved\r\nServer: nginx\r\n"
	    "Location: https://relay.test/\r\nContent-Length: 0\r\n\r\n";

	check(redirect, 0, 1);
	run_only(&x, CHECK_PORT80_OTHER, "HTTP status 301 from nginx, to "
	    "\"https://relay.test/\"");
	check(NO_CONTENT "\r\n", 0, 1);
	run_only(&x, CHECK_PORT80_CHALLENGE,
	    "204, without X-Tailscale-Response");
	check(NO_CONTENT "X-Tailscale-Response: response ts_other\r\n\r\n", 0,
	    1);
	run_only(&x, CHECK_PORT80_CHALLENGE, "\"response ts_other\"");
	check("SSH-2.0-OpenSSH_9.2\r\n", 0, 1);
	run_only(&x, CHECK_PORT80_OTHER, "not HTTP/1.1");
	check("", 0, 1);
	run_only(&x, CHECK_PORT80_OTHER, "without a response");
	/* No client asks: that is no fault. */
	check(redirect, 0, 0);
	ATF_CHECK_EQ(0, x.nfound);
	ATF_REQUIRE(run_measure(&x, CHECK_FACT_PORT80) != NULL);
	ATF_CHECK(strstr(run_measure(&x, CHECK_FACT_PORT80)->text,
	    "status 301") != NULL);
}

ATF_TC_WITHOUT_HEAD(closed);
ATF_TC_BODY(closed, tc)
{
	unsigned int port;
	int fd = run_port(&port);

	run_begin(&x);
	x.node.port80 = port;
	x.node.can_port80 = 1;
	run_address(&x, "127.0.0.1")->upgrades = 1;
	check_port80(&x.run);
	run_only(&x, CHECK_PORT80_CLOSED, "no connection: Connection refused");
	close(fd);
}

/* No requests where clients send none, or where there is no relay. */
ATF_TC_WITHOUT_HEAD(skipped);
ATF_TC_BODY(skipped, tc)
{
	unsigned int port;
	int fd = run_port(&port);

	run_begin(&x);
	x.node.port80 = port;
	x.node.can_port80 = 1;
	run_address(&x, "::1")->upgrades = 1;
	run_address(&x, "127.0.0.1")->connects = 1;
	run_address(&x, "127.0.0.1")->upgrades = 1;
	x.run.addrs[2].dns_only = 1;
	check_port80(&x.run);
	ATF_CHECK_EQ(0, x.nfound);
	ATF_CHECK_EQ(0, x.nmeasured);
	close(fd);
}

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, relay);
	ATF_TP_ADD_TC(tp, name);
	ATF_TP_ADD_TC(tp, others);
	ATF_TP_ADD_TC(tp, closed);
	ATF_TP_ADD_TC(tp, skipped);
	return (atf_no_error());
}
