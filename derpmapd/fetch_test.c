/*
 * fetch_test: the fetch process within its sandbox, driven by its parent.
 */
#include <sys/stat.h>
#include <atf-c.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "childpeer.h"
#include "fetch.h"
#include "tlspeer.h"

#define OK	"HTTP/1.1 200 OK\r\n"
#define ONE	{ OK "Content-Length: 1\r\nETag: \"1\"\r\n\r\n1", 0, BYE }
#define SAME	{ "HTTP/1.1 304 Not Modified\r\n\r\n", 0, BYE }

static struct made		 cert;
static struct peer_server	 peer;

static void
serve(const struct scene *scenes, int n)
{
	make_cert(&cert, "localhost", "DNS:localhost", -DAY, DAY);
	atf_utils_create_file("ca.pem", "%s", cert.cert);
	peer_start(&peer, &cert, scenes, n);
}

/* Begin the settings of `n' sources. */
static void
begin(struct ipc_wr *w, uint32_t n)
{
	ipc_wr_init(w);
	ipc_wr_u32(w, n);
}

/* Append a source that requests from the server. */
static void
source(struct ipc_wr *w, uint32_t id, int port, int body)
{
	char url[128], dir[PATH_MAX], ca[PATH_MAX + 16];

	snprintf(url, sizeof(url), "https://localhost:%d/map", port);
	ATF_REQUIRE(getcwd(dir, sizeof(dir)) != NULL);
	snprintf(ca, sizeof(ca), "%s/ca.pem", dir);
	ipc_wr_u32(w, id);
	ipc_wr_str(w, url);
	ipc_wr_u32(w, 3600);
	ipc_wr_u8(w, (uint8_t)body);
	ipc_wr_str(w, ca);
}

static void
start_one(int body)
{
	struct ipc_wr w;

	begin(&w, 1);
	source(&w, 5, peer.port, body);
	child_start(ROLE_FETCH, mapd_fetch_main, MSG_FETCH_CONF, &w);
}

/* Send the settings of start_one(1) again: the source is due at once. */
static void
again(void)
{
	struct ipc_wr w;

	begin(&w, 1);
	source(&w, 5, peer.port, 1);
	child_tell(MSG_FETCH_CONF, &w);
}

/* The next result must be `what' for source `id', with this body. */
static void
expect(uint32_t id, enum ipc_fetch_result what, const char *body,
    const char *part)
{
	const uint8_t *p;
	struct ipc_msg m;
	char why[512];
	size_t len;

	ATF_REQUIRE_EQ(0, ipc_chan_recv(child, &m, WAIT_MS));
	ATF_REQUIRE_EQ(MSG_FETCH_RESULT, m.type);
	ATF_CHECK_EQ(id, ipc_rd_u32(&m.rd));
	ATF_CHECK_EQ(what, (enum ipc_fetch_result)ipc_rd_u8(&m.rd));
	ipc_rd_str(&m.rd, why, sizeof(why));
	HAS(why, part);
	ipc_rd_ptr(&m.rd, 32);
	ipc_rd_u64(&m.rd);
	p = ipc_rd_blob(&m.rd, &len);
	ATF_CHECK(ipc_rd_end(&m.rd));
	ATF_CHECK_MSG(len == strlen(body) && memcmp(p, body, len) == 0,
	    "the body has %zu bytes; %s", len, why);
	ipc_msg_free(&m);
}

ATF_TC_WITHOUT_HEAD(works);
ATF_TC_BODY(works, tc)
{
	static const struct scene scenes[] = { ONE, SAME,
	    { "HTTP/1.1 503 x\r\nContent-Length: 0\r\n\r\n", 0, BYE }, SAME };

	serve(scenes, 4);
	start_one(1);
	expect(5, FETCH_NEW, "1", "");
	again();
	expect(5, FETCH_SAME, "", "");
	again();
	expect(5, FETCH_FAILED, "", "HTTP status 503");
	again();
	expect(5, FETCH_SAME, "", "");
	child_stop();
	peer_stop(&peer);
}

/* A source without a body gets the hash alone. */
ATF_TC_WITHOUT_HEAD(no_body);
ATF_TC_BODY(no_body, tc)
{
	static const struct scene scenes[] = { ONE };

	serve(scenes, 1);
	start_one(0);
	expect(5, FETCH_NEW, "", "");
	child_stop();
	peer_stop(&peer);
}

ATF_TC_WITHOUT_HEAD(new_settings);
ATF_TC_BODY(new_settings, tc)
{
	static const struct scene scenes[] = { ONE };
	struct ipc_wr w;

	serve(scenes, 1);
	start_one(1);
	expect(5, FETCH_NEW, "1", "");
	begin(&w, 2);
	source(&w, 5, peer.port, 1);
	source(&w, 6, peer.port, 0);
	child_tell(MSG_FETCH_CONF, &w);
	expect(5, FETCH_SAME, "", "");
	expect(6, FETCH_NEW, "", "");
	/* Under another id the body is sent again. */
	begin(&w, 2);
	source(&w, 105, peer.port, 1);
	source(&w, 106, peer.port, 0);
	child_tell(MSG_FETCH_CONF, &w);
	expect(105, FETCH_NEW, "1", "");
	expect(106, FETCH_SAME, "", "");
	begin(&w, 0);
	child_tell(MSG_FETCH_CONF, &w);
	child_stop();
	peer_stop(&peer);
}

/* A port outside the sandbox's rules requires a new process. */
ATF_TC_WITHOUT_HEAD(new_port);
ATF_TC_BODY(new_port, tc)
{
	static const struct scene scenes[] = { ONE };
	struct ipc_wr w;

	if (strcmp(sandbox_backend(), "null") == 0)
		atf_tc_skip("built without a sandbox");
	serve(scenes, 1);
	start_one(1);
	expect(5, FETCH_NEW, "1", "");
	begin(&w, 1);
	source(&w, 5, peer.port ^ 1, 1);
	child_tell(MSG_FETCH_CONF, &w);
	child_ends(0);
	peer_stop(&peer);
}

/* Redirects to unconfigured ports are refused; the process continues. */
ATF_TC_WITHOUT_HEAD(redirected);
ATF_TC_BODY(redirected, tc)
{
	static const struct scene map[] = { ONE };
	struct peer_server other;
	struct scene scene = { NULL, 0, BYE };
	char text[256], why[64];
	struct ipc_wr w;

	make_cert(&cert, "localhost", "DNS:localhost", -DAY, DAY);
	atf_utils_create_file("ca.pem", "%s", cert.cert);
	peer_start(&other, &cert, map, 1);
	snprintf(text, sizeof(text), "HTTP/1.1 302 x\r\nContent-Length: 0\r\n"
	    "Location: https://localhost:%d/map\r\n\r\n", other.port);
	scene.say = text;
	peer_start(&peer, &cert, &scene, 1);
	start_one(1);
	snprintf(why, sizeof(why), "redirects to localhost port %d, and fetch "
	    "may not", other.port);
	expect(5, FETCH_FAILED, "", why);
	again();
	expect(5, FETCH_FAILED, "", why);
	child_stop();
	begin(&w, 2);
	source(&w, 5, peer.port, 1);
	source(&w, 6, other.port, 0);
	child_start(ROLE_FETCH, mapd_fetch_main, MSG_FETCH_CONF, &w);
	expect(5, FETCH_NEW, "1", "");
	expect(6, FETCH_NEW, "", "");
	child_stop();
	peer_stop(&peer);
	peer_stop(&other);
}

/* A silent server delays neither the end of the process nor new settings. */
ATF_TC_WITHOUT_HEAD(heeds_parent);
ATF_TC_BODY(heeds_parent, tc)
{
	static const struct scene scenes[] = { { OK "\r\n", 0, LINGER }, ONE,
	    { OK "\r\n", 0, LINGER } };
	struct stat st;
	int i;

	serve(scenes, 3);
	start_one(1);
	for (i = 0; stat("request.0", &st) == -1 && i < 3000; i++)
		usleep(10000);
	again();
	expect(5, FETCH_NEW, "1", "");
	again();
	for (i = 0; stat("request.2", &st) == -1 && i < 3000; i++)
		usleep(10000);
	child_stop();
	peer_stop(&peer);
}

/* The process exits without its parent. */
ATF_TC_WITHOUT_HEAD(parent_gone);
ATF_TC_BODY(parent_gone, tc)
{
	static const struct scene scenes[] = { ONE };
	int st;

	serve(scenes, 1);
	start_one(1);
	expect(5, FETCH_NEW, "1", "");
	ipc_chan_free(child);
	child = NULL;
	ATF_REQUIRE_EQ(child_pid, waitpid(child_pid, &st, 0));
	ATF_CHECK(WIFEXITED(st) && WEXITSTATUS(st) == 0);
	peer_stop(&peer);
}

ATF_TC_WITHOUT_HEAD(malformed);
ATF_TC_BODY(malformed, tc)
{
	static const struct scene scenes[] = { ONE };
	struct ipc_wr w;

	serve(scenes, 1);
	start_one(1);
	expect(5, FETCH_NEW, "1", "");
	begin(&w, 2);
	source(&w, 5, peer.port, 1);
	child_tell(MSG_FETCH_CONF, &w);
	child_ends(1);
	peer_stop(&peer);
}

/* The system's CAs are readable; they do not include the test's CA. */
ATF_TC_WITHOUT_HEAD(system_roots);
ATF_TC_BODY(system_roots, tc)
{
	static const struct scene scenes[] = { ONE };
	char url[128];
	struct ipc_wr w;

	serve(scenes, 1);
	snprintf(url, sizeof(url), "https://localhost:%d/map", peer.port);
	begin(&w, 1);
	ipc_wr_u32(&w, 9);
	ipc_wr_str(&w, url);
	ipc_wr_u32(&w, 3600);
	ipc_wr_u8(&w, 1);
	ipc_wr_str(&w, "");
	child_start(ROLE_FETCH, mapd_fetch_main, MSG_FETCH_CONF, &w);
	expect(9, FETCH_FAILED, "", "certificate verification failed");
	child_stop();
	peer_stop(&peer);
}

/* A host name that does not resolve is reported as such. */
ATF_TC_WITHOUT_HEAD(no_name);
ATF_TC_BODY(no_name, tc)
{
	struct ipc_wr w;

	begin(&w, 1);
	ipc_wr_u32(&w, 9);
	ipc_wr_str(&w, "https://no-such-name.invalid/map");
	ipc_wr_u32(&w, 3600);
	ipc_wr_u8(&w, 1);
	ipc_wr_str(&w, "");
	child_start(ROLE_FETCH, mapd_fetch_main, MSG_FETCH_CONF, &w);
	expect(9, FETCH_FAILED, "", "no-such-name.invalid port 443");
	child_stop();
}

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, works);
	ATF_TP_ADD_TC(tp, no_body);
	ATF_TP_ADD_TC(tp, new_settings);
	ATF_TP_ADD_TC(tp, new_port);
	ATF_TP_ADD_TC(tp, redirected);
	ATF_TP_ADD_TC(tp, heeds_parent);
	ATF_TP_ADD_TC(tp, parent_gone);
	ATF_TP_ADD_TC(tp, malformed);
	ATF_TP_ADD_TC(tp, system_roots);
	ATF_TP_ADD_TC(tp, no_name);
	return (atf_no_error());
}
