/*
 * validate_test: the real validator of maps within its sandbox, started and
 * driven as the parent does.
 */
#include <sys/wait.h>
#include <atf-c.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "childpeer.h"
#include "ipcsend.h"
#include "json.h"
#include "mapcheck.h"

#define GOOD	"{\"Regions\":{\"900\":{\"RegionID\":900,\"RegionCode\":" \
		"\"own\",\"RegionName\":\"Own\",\"Nodes\":[{\"Name\":" \
		"\"900a\",\"RegionID\":900,\"HostName\":" \
		"\"relay.example.org\"}]}}}\n"

/* The last result. */
static struct {
	struct ipc_msg	 m;
	int		 ok;
	char		 findings[65536];
	const uint8_t	*summary;
	size_t		 nsummary;
} got;

static void
start(const atf_tc_t *tc)
{
	char path[1024];
	int fd;

	snprintf(path, sizeof(path), "%s/derpmapd",
	    atf_tc_get_config_var(tc, "srcdir"));
	child_pid = ipc_child_spawn(-1, path, "derpmapd", &fd);
	ATF_REQUIRE(child_pid != -1);
	child_adopt(ROLE_MAP, fd, 0);
	child_is_ready();
}

static void
stop(void)
{
	if (got.m.type != 0)
		ipc_msg_free(&got.m);
	child_stop();
}

/* Request validation of the `len' bytes at `p'. */
static void
request(const char *what, const void *p, size_t len)
{
	static struct ipc_msg_map_check q;

	q.what = what;
	q.map = p;
	q.len = len;
	ATF_REQUIRE_EQ(0, ipc_send_map_check(child, &q));
	ATF_REQUIRE_EQ(0, ipc_chan_flush(child, WAIT_MS));
}

/* Receive and decode the next result; 1 if the map is valid. */
static int
take(void)
{
	struct ipc_msg_map_result v;

	if (got.m.type != 0)
		ipc_msg_free(&got.m);
	ATF_REQUIRE_EQ(0, ipc_chan_recv(child, &got.m, WAIT_MS));
	ATF_REQUIRE_EQ(MSG_MAP_RESULT, got.m.type);
	ATF_REQUIRE_EQ(0, ipc_get_map_result(&got.m.rd, &v));
	got.ok = v.ok;
	ATF_REQUIRE(v.findings_len < sizeof(got.findings));
	memcpy(got.findings, v.findings, v.findings_len);
	got.findings[v.findings_len] = '\0';
	got.summary = v.summary;
	got.nsummary = v.summary_len;
	ATF_CHECK(got.ok || (got.nsummary == 0 && got.findings[0] != '\0'));
	return (got.ok);
}

/* The summary is JSON with the expected number of nodes. */
static void
check_summary(const char *has)
{
	struct json_error e;
	struct json *j;

	j = json_parse((const char *)got.summary, got.nsummary, 8, 1000000,
	    &e);
	ATF_REQUIRE_MSG(j != NULL, "%zu: %s", e.offset, e.what);
	ATF_CHECK(json_type(j, json_get(j, 0, "regions")) == JSON_ARRAY);
	json_free(j);
	ATF_CHECK_MSG(memmem(got.summary, got.nsummary, has,
	    strlen(has)) != NULL, "no %s in it", has);
}

ATF_TC_WITHOUT_HEAD(good);
ATF_TC_BODY(good, tc)
{
	start(tc);
	request("map.json", GOOD, strlen(GOOD));
	ATF_CHECK_EQ(1, take());
	ATF_CHECK_STREQ("", got.findings);
	check_summary("\"900a\"");
	request("https://relay.example.org/derpmap/default", GOOD,
	    strlen(GOOD));
	ATF_CHECK_EQ(1, take());
	check_summary("\"900a\"");
	stop();
}

/* Requests are answered in order. */
ATF_TC_WITHOUT_HEAD(order);
ATF_TC_BODY(order, tc)
{
	start(tc);
	request("one", "1", 1);
	request("two", GOOD, strlen(GOOD));
	request("three", "{}", 2);
	ATF_CHECK_EQ(0, take());
	ATF_CHECK_STREQ("error: one:1:1: expected an object with Regions in "
	    "it, found 1\n", got.findings);
	ATF_CHECK_EQ(1, take());
	ATF_CHECK_EQ(0, take());
	ATF_CHECK_STREQ("error: three:1:1: Regions: expected this field, found "
	    "nothing\n", got.findings);
	stop();
}

ATF_TC_WITHOUT_HEAD(warning);
ATF_TC_BODY(warning, tc)
{
	char text[1024], *p;

	snprintf(text, sizeof(text), "%s", GOOD);
	ATF_REQUIRE((p = strstr(text, "\"Own\"")) != NULL);
	memcpy(p, "null ", 5);
	start(tc);
	request("w", text, strlen(text));
	ATF_CHECK_EQ(1, take());
	ATF_CHECK_MSG(strncmp(got.findings, "warning: w:1:", 13) == 0, "%s",
	    got.findings);
	check_summary("\"900a\"");
	stop();
}

/* A map of the maximum size is valid; one byte more is refused. */
ATF_TC_WITHOUT_HEAD(size);
ATF_TC_BODY(size, tc)
{
	static char text[MAP_MAX_SIZE + 1];

	memset(text, ' ', sizeof(text));
	memcpy(text, GOOD, strlen(GOOD));
	start(tc);
	request("f", text, sizeof(text) - 1);
	ATF_CHECK_EQ(1, take());
	request("f", text, sizeof(text));
	ATF_CHECK_EQ(0, take());
	ATF_CHECK_STREQ("error: f:1:1: expected at most 512 KiB\n",
	    got.findings);
	request("f", "", 0);
	ATF_CHECK_EQ(0, take());
	stop();
}

/* As many nodes as fit into a map, each with the shortest name. */
static size_t
many_nodes(char *text, size_t size, size_t nodes)
{
	size_t i, n;

	n = (size_t)snprintf(text, size, "{\"Regions\":{\"900\":{"
	    "\"RegionID\":900,\"RegionCode\":\"o\",\"RegionName\":\"o\","
	    "\"Nodes\":[");
	for (i = 0; i < nodes; i++)
		n += (size_t)snprintf(text + n, size - n, "%s{\"Name\":"
		    "\"%zx\",\"RegionID\":900,\"HostName\":\"h\"}",
		    i > 0 ? "," : "", i);
	n += (size_t)snprintf(text + n, size - n, "]}}}");
	ATF_REQUIRE(n < size);
	return (n);
}

/* The summary of the largest map's nodes fits into a result. */
ATF_TC_WITHOUT_HEAD(many);
ATF_TC_BODY(many, tc)
{
	static char text[MAP_MAX_SIZE];
	size_t n;

	start(tc);
	n = many_nodes(text, sizeof(text), 9000);
	request("f", text, n);
	ATF_CHECK_EQ(1, take());
	check_summary("\"2327\"");
	n = many_nodes(text, sizeof(text), 10000);
	request("f", text, n);
	ATF_CHECK_EQ(0, take());
	ATF_CHECK_MSG(strstr(got.findings, "too many values") != NULL,
	    "%.300s", got.findings);
	request("f", GOOD, strlen(GOOD));
	ATF_CHECK_EQ(1, take());
	stop();
}

ATF_TC_WITHOUT_HEAD(parent_gone);
ATF_TC_BODY(parent_gone, tc)
{
	start(tc);
	child_leave();
}

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, good);
	ATF_TP_ADD_TC(tp, order);
	ATF_TP_ADD_TC(tp, warning);
	ATF_TP_ADD_TC(tp, size);
	ATF_TP_ADD_TC(tp, many);
	ATF_TP_ADD_TC(tp, parent_gone);
	return (atf_no_error());
}
