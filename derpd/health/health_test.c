/*
 * health_test: probes of healthy and unhealthy servers, and the health process
 * within its sandbox, driven by its parent.
 */
#include <atf-c.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "childpeer.h"
#include "clock.h"
#include "frame.h"
#include "health.h"
#include "tlspeer.h"

#define OK	"HTTP/1.1 200 OK\r\n"
#define PAGE	{ OK "Content-Length: 0\r\n\r\n", 0, BYE }
#define SWITCH	"HTTP/1.1 101 Switching Protocols\r\n"			\
		"Upgrade: DERP\r\nConnection: Upgrade\r\n\r\n"
#define LOGIN	{ SWITCH, 0, ACT }
#define WELL	PAGE, LOGIN

static struct made		 cert;
static struct peer_server	 peer;
static struct health_conf	 conf;
static char			 why[512];
static int			 seen[2];	/* the keys that logged in */

/* In the server: read `n' bytes, or exit. */
static void
read_bytes(struct tls *t, uint8_t *p, size_t n)
{
	ssize_t r;

	for (; n > 0; p += r, n -= (size_t)r)
		if ((r = tls_read(t, p, n)) <= 0)
			_exit(5);
}

static void
write_frame(struct tls *t, uint8_t type, const uint8_t *p, size_t n)
{
	uint8_t buf[512];

	net_frame_put_hdr(buf, type, (uint32_t)n);
	memcpy(buf + FRAME_HDR_LEN, p, n);
	if (tls_write(t, buf, FRAME_HDR_LEN + n) !=
	    (ssize_t)(FRAME_HDR_LEN + n))
		_exit(5);
}

/* In the server: accept a login as a relay does; it must be a prober's. */
static void
take_login(struct tls *t)
{
	static const char info[] = "{\"version\":2}";
	uint8_t pub[32], sec[32], key[FRAME_MAGIC_LEN + 32], hdr[FRAME_HDR_LEN];
	uint8_t in[512], text[512], out[512], type, *box = in + 32 + 24;
	uint32_t len;

	crypto_box_keypair(pub, sec);
	memcpy(key, FRAME_MAGIC, FRAME_MAGIC_LEN);
	memcpy(key + FRAME_MAGIC_LEN, pub, 32);
	write_frame(t, FRAME_SERVER_KEY, key, sizeof(key));
	read_bytes(t, hdr, sizeof(hdr));
	net_frame_get_hdr(hdr, &type, &len);
	if (type != FRAME_CLIENT_INFO || len > sizeof(in) || len < 72)
		_exit(6);
	read_bytes(t, in, len);
	memset(text, 0, sizeof(text));
	if (crypto_box_open_easy(text, box, len - 56, in + 32, in, sec) == -1 ||
	    strstr((char *)text, "\"IsProber\":true") == NULL)
		_exit(6);
	if (write(seen[1], in, 32) != 32)
		_exit(6);
	randombytes_buf(out, 24);
	if (crypto_box_easy(out + 24, (const uint8_t *)info, sizeof(info) - 1,
	    out, in, sec) == -1)
		_exit(6);
	write_frame(t, FRAME_SERVER_INFO, out,
	    24 + FRAME_BOX_OVERHEAD + sizeof(info) - 1);
	while (tls_read(t, in, sizeof(in)) > 0)
		continue;
}

/* Start a relay with the certificate cert[] and fill in its address. */
static void
start(const struct scene *scenes, int n)
{
	ATF_REQUIRE(sodium_init() != -1);
	peer_act = take_login;
	ATF_REQUIRE_EQ(0, pipe(seen));
	peer_start(&peer, &cert, scenes, n);
	memset(&conf, 0, sizeof(conf));
	strlcpy(conf.address, "127.0.0.1", sizeof(conf.address));
	snprintf(conf.port, sizeof(conf.port), "%d", peer.port);
	strlcpy(conf.name, "relay.test", sizeof(conf.name));
	conf.every = 3600;
	conf.tls = 1;
}

/* Probe a relay that plays these scenes; "" if it is healthy, else why not. */
static const char *
probe(const struct scene *scenes, int n)
{
	int rv;

	start(scenes, n);
	why[0] = '\0';
	rv = health_probe(&conf, NULL, why, sizeof(why));
	ATF_CHECK_EQ((rv == 0), (why[0] != '\0'));
	ATF_CHECK(rv == 0 || rv == 1);
	peer_stop(&peer);
	return (why);
}

static const struct scene well[] = { WELL };

ATF_TC_WITHOUT_HEAD(good);
ATF_TC_BODY(good, tc)
{
	make_cert(&cert, "relay.test", "DNS:relay.test", -DAY, DAY);
	ATF_CHECK_STREQ("", probe(well, 2));
	ATF_CHECK(atf_utils_grep_file("^GET /derp/probe HTTP/1.1",
	    "request.0"));
	ATF_CHECK(atf_utils_grep_file("^Host: relay.test:", "request.0"));
	ATF_CHECK(atf_utils_grep_file("^Upgrade: DERP", "request.1"));
}

ATF_TC_WITHOUT_HEAD(bad_certificate);
ATF_TC_BODY(bad_certificate, tc)
{
	make_cert(&cert, "relay.test", "DNS:relay.test", -2 * DAY, -DAY);
	HAS(probe(well, 2), "has expired");
	make_cert(&cert, "relay.test", "DNS:relay.test", DAY, 2 * DAY);
	HAS(probe(well, 2), "not valid yet");
	make_cert(&cert, "relay.test", "DNS:other.test", -DAY, DAY);
	HAS(probe(well, 2), "does not cover the server's name");
}

ATF_TC_WITHOUT_HEAD(bad_page);
ATF_TC_BODY(bad_page, tc)
{
	static const struct scene error[] = { { "HTTP/1.1 500 No\r\n"
	    "Content-Length: 0\r\n\r\n", 0, BYE } };
	static const struct scene moved[] = { { "HTTP/1.1 302 No\r\n"
	    "Location: https://relay.test/\r\nContent-Length: 0\r\n\r\n", 0,
	    BYE } };
	static const struct scene cut[] = { { "HTTP/1.1 200", 0, CUT } };
	static const struct scene clear[] = { { "HTTP/1.1 400 x\r\n\r\n", 0,
	    NO_TLS } };

	make_cert(&cert, "relay.test", "DNS:relay.test", -DAY, DAY);
	HAS(probe(error, 1), "HTTP status 500");
	HAS(probe(moved, 1), "HTTP status 302");
	HAS(probe(cut, 1), "GET /derp/probe of relay.test: ");
	HAS(probe(clear, 1), "TLS: ");
}

ATF_TC_WITHOUT_HEAD(bad_login);
ATF_TC_BODY(bad_login, tc)
{
	static const struct scene refused[] = { PAGE, { "HTTP/1.1 403 No\r\n"
	    "Content-Length: 0\r\n\r\n", 0, BYE } };
	static const struct scene closed[] = { PAGE, { SWITCH, 0, BYE } };
	static const struct scene junk[] = { PAGE, { SWITCH "\001\xff\xff\n\n",
	    sizeof(SWITCH) - 1 + 5, BYE } };

	make_cert(&cert, "relay.test", "DNS:relay.test", -DAY, DAY);
	HAS(probe(refused, 2), "DERP login to relay.test: ");
	HAS(why, "HTTP status 403");
	HAS(probe(closed, 2), "ServerKey");
	HAS(probe(junk, 2), "more than");
}

/* One deadline covers the whole probe. */
ATF_TC_WITHOUT_HEAD(silent);
ATF_TC_BODY(silent, tc)
{
	static const struct scene login[] = { PAGE, { SWITCH, 0, LINGER } };

	make_cert(&cert, "relay.test", "DNS:relay.test", -DAY, DAY);
	HAS(probe(login, 2), "in time");
}

ATF_TC_WITHOUT_HEAD(nobody);
ATF_TC_BODY(nobody, tc)
{
	make_cert(&cert, "relay.test", "DNS:relay.test", -DAY, DAY);
	start(well, 2);
	peer_stop(&peer);
	ATF_CHECK_EQ(0, health_probe(&conf, NULL, why, sizeof(why)));
	HAS(why, "refused");
}

/* A whole check names what the probe met. */
ATF_TC_WITHOUT_HEAD(checked);
ATF_TC_BODY(checked, tc)
{
	struct health_found f = { .n = 7 };
	struct ipc_chan *us, *parent;
	int sv[2];

	make_cert(&cert, "relay.test", "DNS:relay.test", -DAY, DAY);
	start(well, 2);
	peer_stop(&peer);
	ATF_CHECK_EQ(1, health_check(&conf, NULL, &f));
	ATF_REQUIRE_EQ(1, f.n);
	ATF_CHECK_STREQ("port-closed", f.faults[0].name);
	HAS(f.faults[0].what, "refused");
	/* A server that is not a relay, and the parent does not wait for it. */
	start(well, 2);
	ATF_REQUIRE_EQ(0, socketpair(AF_UNIX, SOCK_STREAM, 0, sv));
	us = ipc_chan_new(NULL, sv[0], ROLE_HEALTH, ROLE_PARENT, NULL, NULL,
	    NULL);
	parent = ipc_chan_new(NULL, sv[1], ROLE_PARENT, ROLE_HEALTH, NULL,
	    NULL, NULL);
	ATF_REQUIRE(us != NULL && parent != NULL);
	ATF_REQUIRE(ipc_chan_send(parent, MSG_HEALTH_NOW, NULL, -1) == 0 &&
	    ipc_chan_flush(parent, 1000) == 0);
	ATF_CHECK_EQ(0, health_check(&conf, us, &f));
	peer_stop(&peer);
	ipc_chan_free(us);
	ipc_chan_free(parent);
}

ATF_TC_WITHOUT_HEAD(interrupted);
ATF_TC_BODY(interrupted, tc)
{
	struct ipc_chan *us, *parent;
	struct ipc_msg m;
	int sv[2];

	make_cert(&cert, "relay.test", "DNS:relay.test", -DAY, DAY);
	ATF_REQUIRE(socketpair(AF_UNIX, SOCK_STREAM, 0, sv) == 0);
	us = ipc_chan_new(NULL, sv[0], ROLE_HEALTH, ROLE_PARENT, NULL, NULL,
	    NULL);
	parent = ipc_chan_new(NULL, sv[1], ROLE_PARENT, ROLE_HEALTH, NULL, NULL,
	    NULL);
	ATF_REQUIRE(us != NULL && parent != NULL);
	/* The probe replies to a ping in the middle. */
	start(well, 2);
	ATF_REQUIRE(ipc_chan_ping(parent) == 0 && ipc_chan_flush(parent,
	    1000) == 0);
	ATF_CHECK(health_probe(&conf, us, why, sizeof(why)) != -1);
	ATF_CHECK_EQ(-1, ipc_chan_recv(parent, &m, 1000));
	ATF_CHECK_EQ(0, ipc_chan_owes_pong(parent));
	peer_stop(&peer);
	start(well, 2);
	ATF_REQUIRE(ipc_chan_send(parent, MSG_HEALTH_NOW, NULL, -1) == 0 &&
	    ipc_chan_flush(parent, 1000) == 0);
	ATF_CHECK_EQ(-1, health_probe(&conf, us, why, sizeof(why)));
	peer_stop(&peer);
	ipc_chan_free(us);
	ipc_chan_free(parent);
}

/* The process */

static void
put_conf(struct ipc_wr *w, int port)
{
	char text[8];

	snprintf(text, sizeof(text), "%d", port);
	ipc_wr_init(w);
	ipc_wr_str(w, conf.address);
	ipc_wr_str(w, text);
	ipc_wr_str(w, conf.name);
	ipc_wr_u32(w, conf.every);
	ipc_wr_u8(w, (uint8_t)conf.tls);
	ipc_wr_u8(w, (uint8_t)conf.proxied);
}

static uint8_t	 key[IPC_KEYLEN];	/* that the process reported */

/* Start the process, with a relay that plays these scenes. */
static void
start_process(const struct scene *scenes, int n)
{
	struct ipc_msg_health_key v;
	struct ipc_msg m;
	struct ipc_wr w;

	make_cert(&cert, "relay.test", "DNS:relay.test", -DAY, DAY);
	start(scenes, n);
	put_conf(&w, peer.port);
	child_start(ROLE_HEALTH, health_main, MSG_HEALTH_CONF, &w);
	ATF_REQUIRE_EQ(0, ipc_chan_recv(child, &m, WAIT_MS));
	ATF_REQUIRE_STREQ("MSG_HEALTH_KEY", ipc_msg_name(m.type));
	ATF_REQUIRE_EQ(0, ipc_get_health_key(&m.rd, &v));
	memcpy(key, v.key, sizeof(key));
	ipc_msg_free(&m);
}

/* Was this key used in the next login? */
static void
check_key(void)
{
	uint8_t	 used[sizeof(key)];

	ATF_REQUIRE_EQ((ssize_t)sizeof(used), read(seen[0], used,
	    sizeof(used)));
	ATF_CHECK_EQ(0, memcmp(key, used, sizeof(used)));
}

/* The next result must be `ok', with a text that contains `part'. */
static void
expect(int ok, const char *part)
{
	struct ipc_msg m;

	ATF_REQUIRE_EQ(0, ipc_chan_recv(child, &m, WAIT_MS));
	ATF_REQUIRE_EQ(MSG_HEALTH_RESULT, m.type);
	ATF_CHECK_EQ(ok, ipc_rd_u8(&m.rd));
	ipc_rd_str(&m.rd, why, sizeof(why));
	ATF_CHECK(ipc_rd_end(&m.rd));
	HAS(why, part);
	ATF_CHECK_EQ(ok, (why[0] == '\0'));
	ipc_msg_free(&m);
}

ATF_TC_WITHOUT_HEAD(process);
ATF_TC_BODY(process, tc)
{
	static const struct scene scenes[] = { WELL,
	    { "HTTP/1.1 503 x\r\nContent-Length: 0\r\n\r\n", 0, BYE }, WELL,
	    WELL };
	struct ipc_wr w;

	start_process(scenes, 7);
	expect(1, "");
	child_tell(MSG_HEALTH_NOW, NULL);
	expect(0, "HTTP status 503");
	child_tell(MSG_HEALTH_NOW, NULL);
	expect(1, "");
	/* New settings start a probe at once. */
	put_conf(&w, peer.port);
	child_tell(MSG_HEALTH_CONF, &w);
	expect(1, "");
	peer_stop(&peer);
	child_tell(MSG_HEALTH_NOW, NULL);
	expect(0, "refused");
	child_stop();
}

/* Probes are separated by the configured interval. */
ATF_TC_WITHOUT_HEAD(periodic);
ATF_TC_BODY(periodic, tc)
{
	static const struct scene scenes[] = { WELL, WELL, WELL };
	struct ipc_wr w;

	start_process(scenes, 6);
	expect(1, "");
	conf.every = 1;
	put_conf(&w, peer.port);
	child_tell(MSG_HEALTH_CONF, &w);
	expect(1, "");
	expect(1, "");
	/* All probes log in with the key that the parent knows. */
	check_key();
	check_key();
	check_key();
	child_stop();
	peer_stop(&peer);
}

ATF_TC_WITHOUT_HEAD(heeds_parent);
ATF_TC_BODY(heeds_parent, tc)
{
	static const struct scene scenes[] = { { "", 0, LINGER } };

	start_process(scenes, 1);
	child_stop();
	peer_stop(&peer);
}

ATF_TC_WITHOUT_HEAD(new_port);
ATF_TC_BODY(new_port, tc)
{
	struct ipc_wr w;

	if (strcmp(sandbox_backend(), "null") == 0)
		atf_tc_skip("built without a sandbox");
	start_process(well, 2);
	expect(1, "");
	put_conf(&w, peer.port ^ 1);
	child_tell(MSG_HEALTH_CONF, &w);
	child_ends(0);
	peer_stop(&peer);
}

ATF_TC_WITHOUT_HEAD(parent_gone);
ATF_TC_BODY(parent_gone, tc)
{
	int st;

	start_process(well, 2);
	expect(1, "");
	ipc_chan_free(child);
	child = NULL;
	ATF_REQUIRE_EQ(child_pid, waitpid(child_pid, &st, 0));
	ATF_CHECK(WIFEXITED(st) && WEXITSTATUS(st) == 0);
	peer_stop(&peer);
}

ATF_TC_WITHOUT_HEAD(malformed);
ATF_TC_BODY(malformed, tc)
{
	struct ipc_wr w;

	start_process(well, 2);
	expect(1, "");
	put_conf(&w, 0);
	child_tell(MSG_HEALTH_CONF, &w);
	child_ends(1);
	peer_stop(&peer);
}

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, good);
	ATF_TP_ADD_TC(tp, bad_certificate);
	ATF_TP_ADD_TC(tp, bad_page);
	ATF_TP_ADD_TC(tp, bad_login);
	ATF_TP_ADD_TC(tp, silent);
	ATF_TP_ADD_TC(tp, nobody);
	ATF_TP_ADD_TC(tp, checked);
	ATF_TP_ADD_TC(tp, interrupted);
	ATF_TP_ADD_TC(tp, process);
	ATF_TP_ADD_TC(tp, periodic);
	ATF_TP_ADD_TC(tp, heeds_parent);
	ATF_TP_ADD_TC(tp, new_port);
	ATF_TP_ADD_TC(tp, parent_gone);
	ATF_TP_ADD_TC(tp, malformed);
	return (atf_no_error());
}
