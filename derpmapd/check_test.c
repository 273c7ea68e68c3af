/*
 * check_test: the checker of maps as the parent sees it: the real program,
 * started as the parent does, within its sandbox.
 */
#include <sys/stat.h>
#include <sys/wait.h>
#include <atf-c.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <zlib.h>

#include "chan.h"
#include "child.h"
#include "json.h"
#include "mapcheck.h"

#define WAIT_MS	30000
#define GOOD	"{\"Regions\":{\"900\":{\"RegionID\":900,\"RegionCode\":" \
		"\"own\",\"RegionName\":\"Own\",\"Nodes\":[{\"Name\":" \
		"\"900a\",\"RegionID\":900,\"HostName\":" \
		"\"relay.example.org\"}]}}}\n"

static struct chan	*chan;
static pid_t		 pid;

/* The last answer. */
static struct {
	struct msg	 m;
	int		 ok;
	char		 findings[65536];
	uint8_t		 hash[32];
	const uint8_t	*body, *gzip, *summary;
	size_t		 len, ngzip, nsummary;
} got;

static void
start(const atf_tc_t *tc)
{
	char path[1024], level[256];
	struct msg m;
	struct wr w;
	int fd;

	snprintf(path, sizeof(path), "%s/derpmapd",
	    atf_tc_get_config_var(tc, "srcdir"));
	ATF_REQUIRE((pid = child_spawn(path, "derpmapd", &fd)) != -1);
	chan = chan_new(NULL, fd, ROLE_PARENT, ROLE_MAP, NULL, NULL, NULL);
	ATF_REQUIRE(chan != NULL);
	wr_init(&w);
	wr_u32(&w, 0);
	wr_u8(&w, 0);	/* brief */
	wr_u8(&w, strcmp(sandbox_backend(), "null") != 0);
	wr_u8(&w, 1);	/* log to standard error */
	wr_str(&w, "");
	wr_str(&w, "");
	ATF_REQUIRE_EQ(0, chan_call(chan, MSG_START, &w, -1, &m, WAIT_MS));
	wr_free(&w);
	ATF_REQUIRE_EQ(MSG_READY, m.type);
	rd_str(&m.rd, level, sizeof(level));
	ATF_CHECK(rd_end(&m.rd));
	ATF_CHECK_MSG(strcmp(sandbox_backend(), "null") == 0 ||
	    strstr(level, sandbox_backend()) != NULL, "%s", level);
	msg_free(&m);
}

static void
ends(void)
{
	int st;

	ATF_REQUIRE_EQ(pid, waitpid(pid, &st, 0));
	ATF_CHECK_MSG(WIFEXITED(st) && WEXITSTATUS(st) == 0, "0x%x",
	    (unsigned int)st);
}

static void
stop(void)
{
	struct wr w;

	if (got.m.type != 0)
		msg_free(&got.m);
	wr_init(&w);
	wr_u32(&w, 1000);
	ATF_REQUIRE_EQ(0, chan_send(chan, MSG_STOP, &w, -1));
	ATF_REQUIRE_EQ(0, chan_flush(chan, WAIT_MS));
	wr_free(&w);
	ends();
	chan_free(chan);
}

/* Ask about an open file, or with fd -1 about `len' bytes. */
static void
ask(const char *what, int fd, const void *p, size_t len)
{
	static struct map_self self;
	struct wr w;

	wr_init(&w);
	wr_str(&w, what);
	map_self_put(&w, &self);
	wr_u8(&w, fd == -1);
	if (fd == -1)
		wr_blob(&w, p, len);
	ATF_REQUIRE_EQ(0, chan_send(chan, MSG_MAP_CHECK, &w, fd));
	ATF_REQUIRE_EQ(0, chan_flush(chan, WAIT_MS));
	wr_free(&w);
}

/* Take the next answer apart; 1 when it says that the map is good. */
static int
take(void)
{
	if (got.m.type != 0)
		msg_free(&got.m);
	ATF_REQUIRE_EQ(0, chan_recv(chan, &got.m, WAIT_MS));
	ATF_REQUIRE_EQ(MSG_MAP_RESULT, got.m.type);
	got.ok = rd_u8(&got.m.rd);
	rd_str(&got.m.rd, got.findings, sizeof(got.findings));
	rd_bytes(&got.m.rd, got.hash, sizeof(got.hash));
	got.body = rd_blob(&got.m.rd, &got.len);
	got.gzip = rd_blob(&got.m.rd, &got.ngzip);
	got.summary = rd_blob(&got.m.rd, &got.nsummary);
	ATF_REQUIRE(rd_end(&got.m.rd));
	ATF_CHECK(got.ok || (got.len == 0 && got.ngzip == 0 &&
	    got.nsummary == 0 && got.findings[0] != '\0'));
	return (got.ok);
}

static int
open_file(const char *name, const char *text, size_t len)
{
	FILE *f;
	int fd;

	ATF_REQUIRE((f = fopen(name, "w")) != NULL);
	ATF_REQUIRE_EQ(len, fwrite(text, 1, len, f));
	ATF_REQUIRE_EQ(0, fclose(f));
	ATF_REQUIRE((fd = open(name, O_RDONLY)) != -1);
	return (fd);
}

/* The bytes that came back are those of `text', packed too. */
static void
check_content(const char *text, size_t len)
{
	static uint8_t out[MAP_MAX_SIZE + 1];
	uint8_t hash[32];
	struct json_error e;
	struct json *j;
	z_stream z;

	crypto_hash_sha256(hash, (const uint8_t *)text, len);
	ATF_CHECK(memcmp(hash, got.hash, sizeof(hash)) == 0);
	ATF_REQUIRE_EQ(len, got.len);
	ATF_CHECK(memcmp(text, got.body, len) == 0);
	j = json_parse((const char *)got.summary, got.nsummary, 8, 1000000,
	    &e);
	ATF_CHECK(json_type(j, json_get(j, 0, "regions")) == JSON_ARRAY);
	json_free(j);
	if (got.ngzip == 0)
		return;
	ATF_CHECK(got.ngzip < len);
	/* Neither name nor time: two servers pack to the same bytes. */
	ATF_CHECK(memcmp(got.gzip, "\x1f\x8b\x08\0\0\0\0\0", 8) == 0);
	memset(&z, 0, sizeof(z));
	ATF_REQUIRE_EQ(Z_OK, inflateInit2(&z, 15 + 16));
	z.next_in = (Bytef *)(uintptr_t)got.gzip;
	z.avail_in = (uInt)got.ngzip;
	z.next_out = out;
	z.avail_out = sizeof(out);
	ATF_CHECK_EQ(Z_STREAM_END, inflate(&z, Z_FINISH));
	ATF_CHECK(z.avail_in == 0 && z.total_out == len &&
	    memcmp(out, text, len) == 0);
	inflateEnd(&z);
}

ATF_TC_WITHOUT_HEAD(good);
ATF_TC_BODY(good, tc)
{
	start(tc);
	ask("map.json", open_file("map.json", GOOD, strlen(GOOD)), NULL, 0);
	ATF_CHECK_EQ(1, take());
	ATF_CHECK_STREQ("", got.findings);
	ATF_CHECK(got.ngzip > 0);
	check_content(GOOD, strlen(GOOD));
	ask("https://relay.example.org/derpmap/default", -1, GOOD,
	    strlen(GOOD));
	ATF_CHECK_EQ(1, take());
	check_content(GOOD, strlen(GOOD));
	stop();
}

/* What is asked is answered in order. */
ATF_TC_WITHOUT_HEAD(order);
ATF_TC_BODY(order, tc)
{
	start(tc);
	ask("one", -1, "1", 1);
	ask("two", open_file("map.json", GOOD, strlen(GOOD)), NULL, 0);
	ask("three", -1, "{}", 2);
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
	ask("w", -1, text, strlen(text));
	ATF_CHECK_EQ(1, take());
	ATF_CHECK_MSG(strncmp(got.findings, "warning: w:1:", 13) == 0, "%s",
	    got.findings);
	check_content(text, strlen(text));
	stop();
}

/* A file may be as large as it may, and not a byte more. */
ATF_TC_WITHOUT_HEAD(size);
ATF_TC_BODY(size, tc)
{
	static char text[MAP_MAX_SIZE + 1];

	memset(text, ' ', sizeof(text));
	memcpy(text, GOOD, strlen(GOOD));
	start(tc);
	ask("f", open_file("large", text, sizeof(text) - 1), NULL, 0);
	ATF_CHECK_EQ(1, take());
	check_content(text, sizeof(text) - 1);
	ask("f", open_file("larger", text, sizeof(text)), NULL, 0);
	ATF_CHECK_EQ(0, take());
	ATF_CHECK_STREQ("error: f:1:1: expected at most 512 KiB\n",
	    got.findings);
	ask("f", open_file("empty", "", 0), NULL, 0);
	ATF_CHECK_EQ(0, take());
	stop();
}

/* A map with so many nodes, and `pad' bytes that pack badly. */
static size_t
large_map(char *text, size_t size, size_t nodes, size_t pad)
{
	static const char digits[] = "0123456789abcdefghijklmnopqrstuvwxyz"
	    "ABCDEFGHIJKLMNOPQRSTUVWXYZ-_";
	size_t i, n;

	n = (size_t)snprintf(text, size, "{\"Regions\":{\"900\":{"
	    "\"RegionID\":900,\"RegionCode\":\"o\",\"RegionName\":\"o\","
	    "\"Nodes\":[");
	for (i = 0; i < nodes; i++)
		n += (size_t)snprintf(text + n, size - n, "%s{\"Name\":"
		    "\"%08x%08x\",\"RegionID\":900,\"HostName\":\"h\"}",
		    i > 0 ? "," : "", randombytes_random(),
		    randombytes_random());
	n += (size_t)snprintf(text + n, size - n, "]}},\"x\":\"");
	ATF_REQUIRE(n + pad + 3 < size);
	for (i = 0; i < pad; i++)
		text[n++] = digits[randombytes_uniform(64)];
	n += (size_t)snprintf(text + n, size - n, "\"}");
	return (n);
}

/* What does not fit into a message costs the packed form, then the map. */
ATF_TC_WITHOUT_HEAD(many_nodes);
ATF_TC_BODY(many_nodes, tc)
{
	static char text[MAP_MAX_SIZE];
	size_t n;

	start(tc);
	n = large_map(text, sizeof(text), 5000, 0);
	ask("f", -1, text, n);
	ATF_CHECK_EQ(1, take());
	ATF_CHECK(got.ngzip > 0);
	check_content(text, n);
	n = large_map(text, sizeof(text), 5000, 230000);
	ask("f", -1, text, n);
	ATF_CHECK_EQ(1, take());
	ATF_CHECK_EQ(0, got.ngzip);
	check_content(text, n);
	n = large_map(text, sizeof(text), 8000, 50000);
	ask("f", -1, text, n);
	ATF_CHECK_EQ(0, take());
	ATF_CHECK(strstr(got.findings, "error: f: too many nodes") != NULL);
	ask("f", -1, GOOD, strlen(GOOD));
	ATF_CHECK_EQ(1, take());
	stop();
}

ATF_TC_WITHOUT_HEAD(not_a_file);
ATF_TC_BODY(not_a_file, tc)
{
	int p[2], fd;

	start(tc);
	ATF_REQUIRE_EQ(0, pipe(p));
	ask("pipe", p[0], NULL, 0);
	ATF_CHECK_EQ(0, take());
	ATF_CHECK_STREQ("error: pipe: expected a regular file\n",
	    got.findings);
	close(p[1]);
	ATF_REQUIRE((fd = open(".", O_RDONLY)) != -1);
	ask("directory", fd, NULL, 0);
	ATF_CHECK_EQ(0, take());
	ATF_REQUIRE((fd = open("/dev/zero", O_RDONLY)) != -1);
	ask("device", fd, NULL, 0);
	ATF_CHECK_EQ(0, take());
	/* Open for the wrong thing. */
	ATF_REQUIRE((fd = open("written", O_WRONLY | O_CREAT, 0600)) != -1);
	ask("written", fd, NULL, 0);
	ATF_CHECK_EQ(0, take());
	ATF_CHECK_MSG(strncmp(got.findings, "error: written: ", 16) == 0,
	    "%s", got.findings);
	stop();
}

ATF_TC_WITHOUT_HEAD(parent_gone);
ATF_TC_BODY(parent_gone, tc)
{
	start(tc);
	chan_free(chan);
	ends();
}

ATF_TP_ADD_TCS(tp)
{
	if (sodium_init() == -1)
		abort();
	ATF_TP_ADD_TC(tp, good);
	ATF_TP_ADD_TC(tp, order);
	ATF_TP_ADD_TC(tp, warning);
	ATF_TP_ADD_TC(tp, size);
	ATF_TP_ADD_TC(tp, many_nodes);
	ATF_TP_ADD_TC(tp, not_a_file);
	ATF_TP_ADD_TC(tp, parent_gone);
	return (atf_no_error());
}
