/*
 * backend_test: requests to a device, and what may come back; against a fake of
 * the kernel and of wireguard-go, so that the codecs are tested, too.
 */
#include <sys/socket.h>
#include <atf-c.h>
#include <errno.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#ifdef __linux__
#include <linux/netlink.h>
#endif

#include "backend.h"
#include "fakekernel.h"
#include "genlmsg.h"

static struct wg_fake	 kernel;
static struct wg_backend backend;
static struct wg_dump	 dump;
static uint8_t		 buf[WG_BACKEND_BUF];

static void
begin(int uapi)
{
	const int fd = wg_fake_start(&kernel, uapi);

	wg_backend_init(&backend, buf);
	backend.uapi = uapi;
	strlcpy(backend.name, "wg0", sizeof(backend.name));
	wg_backend_open(&backend, fd);
}

static void
end(void)
{
	wg_backend_close(&backend);
	wg_fake_stop(&kernel);
	wg_dump_free(&dump);
	/* No key stays in memory. */
	ATF_CHECK(sodium_is_zero(buf, sizeof(buf)));
}

/* Read the device, and compare it with the fake's. */
static void
compare(void)
{
	const struct wg_dumped *a, *b;
	char x[WG_ENDPOINT_TEXT], y[WG_ENDPOINT_TEXT];
	unsigned int i;

	ATF_REQUIRE_EQ_MSG(0, wg_backend_dump(&backend, &dump), "%s",
	    strerror(errno));
	ATF_CHECK(dump.has_key);
	ATF_CHECK(memcmp(dump.key, kernel.public_key, WG_KEYLEN) == 0);
	ATF_CHECK_EQ(51820, dump.port);
	ATF_CHECK_EQ(0xca6c, dump.fwmark);
	ATF_REQUIRE_EQ(kernel.npeers, dump.npeers);
	for (i = 0; i < kernel.npeers; i++) {
		a = &kernel.peers[i];
		b = &dump.peers[i];
		wg_endpoint_text(&a->endpoint, x);
		wg_endpoint_text(&b->endpoint, y);
		ATF_CHECK_STREQ(x, y);
		ATF_CHECK(memcmp(a->key, b->key, WG_KEYLEN) == 0);
		ATF_CHECK_EQ(a->keepalive, b->keepalive);
		ATF_CHECK_EQ(a->handshake_ns, b->handshake_ns);
		ATF_CHECK_EQ(a->rx_bytes, b->rx_bytes);
		ATF_CHECK_EQ(a->tx_bytes, b->tx_bytes);
	}
}

static void
some_peers(unsigned int n)
{
	struct wg_dumped *p;
	unsigned int i;

	kernel.fwmark = 0xca6c;
	for (i = 0; i < n; i++) {
		p = wg_fake_peer(&kernel, i + 1, i % 3 == 0 ? "none" :
		    i % 3 == 1 ? "192.0.2.1:51820" : "[fe80::1%3]:9");
		p->keepalive = (uint16_t)(i * 7);
		p->handshake_ns = i * UINT64_C(17000000000000001);
		p->rx_bytes = i * UINT64_C(0x100000001);
		p->tx_bytes = UINT64_MAX - i;
	}
}

static void
dumps(int uapi)
{
	begin(uapi);
	some_peers(4);
	compare();
	compare();
	ATF_CHECK_EQ(uapi ? 0 : 7, dump.ifindex);
	kernel.npeers = 0;
	compare();
	some_peers(300);
	kernel.per_message = 7;
	kernel.split = 1;
	compare();
	end();
}

ATF_TC_WITHOUT_HEAD(kernel_dumps);
ATF_TC_BODY(kernel_dumps, tc)
{
	dumps(0);
}

ATF_TC_WITHOUT_HEAD(uapi_dumps);
ATF_TC_BODY(uapi_dumps, tc)
{
	dumps(1);
}

/* The private key is given to who asks for it alone. */
static void
keys(int uapi)
{
	uint8_t key[WG_KEYLEN] = { 0 };

	begin(uapi);
	kernel.fwmark = 0xca6c;
	compare();
	dump.private_key = key;
	compare();
	ATF_CHECK(memcmp(key, kernel.private_key, WG_KEYLEN) == 0);
	dump.private_key = NULL;
	kernel.has_key = 0;
	ATF_CHECK_EQ(0, wg_backend_dump(&backend, &dump));
	ATF_CHECK(!dump.has_key);
	end();
}

ATF_TC_WITHOUT_HEAD(kernel_keys);
ATF_TC_BODY(kernel_keys, tc)
{
	keys(0);
}

ATF_TC_WITHOUT_HEAD(uapi_keys);
ATF_TC_BODY(uapi_keys, tc)
{
	keys(1);
}

/* Endpoints are set, and nothing else. */
static void
sets(int uapi)
{
	static const char *const to[] = { "127.128.0.1:41641",
	    "[2001:db8::1]:1", "[fe80::1%12]:2" };
	struct wg_endpoint e;
	uint8_t nobody[WG_KEYLEN] = { 0 };
	size_t i;

	begin(uapi);
	some_peers(2);
	for (i = 0; i < 3; i++) {
		ATF_REQUIRE_EQ(0, wg_endpoint_parse(&e, to[i]));
		ATF_CHECK_EQ(0, wg_backend_set(&backend, kernel.peers[1].key,
		    &e));
		ATF_CHECK_STREQ(to[i], wg_fake_endpoint(&kernel, 2));
		ATF_CHECK_STREQ("none", wg_fake_endpoint(&kernel, 1));
	}
	/* A peer that is not there stays away. */
	ATF_CHECK_EQ(0, wg_backend_set(&backend, nobody, &e));
	ATF_CHECK_EQ(2, kernel.npeers);
	ATF_CHECK_EQ(4, kernel.sets);
	ATF_CHECK_EQ(0, kernel.bad_sets);
	end();
}

ATF_TC_WITHOUT_HEAD(kernel_sets);
ATF_TC_BODY(kernel_sets, tc)
{
	sets(0);
}

ATF_TC_WITHOUT_HEAD(uapi_sets);
ATF_TC_BODY(uapi_sets, tc)
{
	sets(1);
}

static void
fails(int error, int closed)
{
	struct wg_endpoint e;

	wg_endpoint_ipv4(&e, 1, 1);
	ATF_CHECK_EQ(-1, wg_backend_dump(&backend, &dump));
	ATF_CHECK_EQ_MSG(error, errno, "%s", strerror(errno));
	ATF_CHECK(*wg_backend_why(&backend, errno) != '\0');
	ATF_CHECK_EQ(closed, backend.fd == -1);
	if (backend.fd != -1) {
		ATF_CHECK_EQ(-1, wg_backend_set(&backend, kernel.public_key,
		    &e));
		ATF_CHECK_EQ_MSG(error, errno, "%s", strerror(errno));
	}
}

/* What the kernel says itself leaves the descriptor as it is. */
ATF_TC_WITHOUT_HEAD(kernel_refuses);
ATF_TC_BODY(kernel_refuses, tc)
{
	begin(0);
	kernel.no_family = 1;
	fails(EPROTONOSUPPORT, 0);
	kernel.no_family = 0;
	kernel.error = EPERM;
	fails(EPERM, 0);
	kernel.error = 0;
	kernel.exists = 0;
	fails(ENODEV, 0);
	kernel.exists = 1;
	ATF_CHECK_EQ(0, wg_backend_dump(&backend, &dump));
	strlcpy(kernel.name, "wg1", sizeof(kernel.name));
	fails(ENODEV, 0);
	end();
}

/* The family has another number after its module was loaded again. */
ATF_TC_WITHOUT_HEAD(kernel_family);
ATF_TC_BODY(kernel_family, tc)
{
	begin(0);
	backend.family = WG_FAKE_FAMILY + 1;
	ATF_CHECK_EQ(-1, wg_backend_dump(&backend, &dump));
	ATF_CHECK_EQ(ENOENT, errno);
	ATF_CHECK_EQ(0, wg_backend_dump(&backend, &dump));
	ATF_CHECK_EQ(WG_FAKE_FAMILY, backend.family);
	end();
}

/* A dump that is not of one moment is asked for again, but not for ever. */
ATF_TC_WITHOUT_HEAD(kernel_changes);
ATF_TC_BODY(kernel_changes, tc)
{
	begin(0);
	some_peers(20);
	kernel.changes = 2;
	compare();
	ATF_CHECK_EQ(3, kernel.dumps);
	kernel.changes = 1000;
	ATF_CHECK_EQ(-1, wg_backend_dump(&backend, &dump));
	ATF_CHECK_EQ(EAGAIN, errno);
	ATF_CHECK(backend.fd != -1);
	end();
}

ATF_TC_WITHOUT_HEAD(uapi_refuses);
ATF_TC_BODY(uapi_refuses, tc)
{
	begin(1);
	kernel.error = EIO;
	fails(EIO, 0);
	kernel.error = 0;
	ATF_CHECK_EQ(0, wg_backend_dump(&backend, &dump));
	end();
}

/* Whose answers can't be trusted any more is not asked again. */
static void
broken(int uapi)
{
	begin(uapi);
	kernel.junk = 1;
	fails(EBADMSG, 1);
	fails(ENOTCONN, 1);
	kernel.junk = 0;
	kernel.silent = 1;
	wg_backend_open(&backend, wg_fake_again(&kernel));
	fails(ETIMEDOUT, 1);
	kernel.silent = 0;
	wg_backend_open(&backend, wg_fake_again(&kernel));
	ATF_CHECK_EQ(0, wg_backend_dump(&backend, &dump));
	WG_FAKE_LOCK(&kernel);
	shutdown(kernel.fd, SHUT_RDWR);
	WG_FAKE_UNLOCK(&kernel);
	fails(EPIPE, 1);
	end();
}

ATF_TC_WITHOUT_HEAD(kernel_broken);
ATF_TC_BODY(kernel_broken, tc)
{
	broken(0);
}

ATF_TC_WITHOUT_HEAD(uapi_broken);
ATF_TC_BODY(uapi_broken, tc)
{
	broken(1);
}

/* An answer that is too long leaves nothing of the keys in it. */
ATF_TC_WITHOUT_HEAD(too_long);
ATF_TC_BODY(too_long, tc)
{
	static uint8_t text[WG_BACKEND_BUF + 1000];
	int sv[2];

	ATF_REQUIRE_EQ(0, socketpair(AF_UNIX, SOCK_DGRAM, 0, sv));
	wg_backend_init(&backend, buf);
	wg_backend_open(&backend, sv[0]);
	memset(text, 'K', sizeof(text));
	ATF_REQUIRE_EQ(sizeof(text), send(sv[1], text, sizeof(text), 0));
	ATF_CHECK_EQ(-1, wg_backend_dump(&backend, &dump));
	ATF_CHECK_EQ(EMSGSIZE, errno);
	ATF_CHECK_EQ(-1, backend.fd);
	ATF_CHECK(sodium_is_zero(buf, sizeof(buf)));
	close(sv[1]);
	wg_dump_free(&dump);
}

#ifdef __linux__
/* An answer to the first request, which another program sends. */
static void
forge(int to)
{
	const uint16_t family = WG_FAKE_FAMILY;
	struct sockaddr_nl nl;
	socklen_t len = sizeof(nl);
	uint8_t msg[64];
	struct wg_nl_out o = { msg, sizeof(msg), 0, 0 };
	size_t at;
	int fd;

	at = wg_nl_begin_genl(&o, WG_NL_CTRL, 0, 1, WG_NL_NEWFAMILY);
	wg_nl_put(&o, WG_NL_FAMILY_ID, &family, sizeof(family));
	wg_nl_end(&o, at);
	memset(&nl, 0, sizeof(nl));
	nl.nl_family = AF_NETLINK;
	ATF_REQUIRE_EQ(0, bind(to, (struct sockaddr *)&nl, sizeof(nl)));
	ATF_REQUIRE_EQ(0, getsockname(to, (struct sockaddr *)&nl, &len));
	fd = socket(AF_NETLINK, SOCK_RAW, NETLINK_GENERIC);
	if (fd == -1 || sendto(fd, msg, o.len, 0, (struct sockaddr *)&nl,
	    sizeof(nl)) == -1)
		atf_tc_skip("can't send to another program: %s",
		    strerror(errno));
	close(fd);
}

/* Only the kernel's answers count. */
ATF_TC_WITHOUT_HEAD(stranger);
ATF_TC_BODY(stranger, tc)
{
	int fd = socket(AF_NETLINK, SOCK_RAW, NETLINK_GENERIC);

	if (fd == -1)
		atf_tc_skip("no generic netlink: %s", strerror(errno));
	wg_backend_init(&backend, buf);
	strlcpy(backend.name, "wgx", sizeof(backend.name));
	wg_backend_open(&backend, fd);
	forge(fd);
	ATF_CHECK_EQ(-1, wg_backend_dump(&backend, &dump));
	/* That of a family which the kernel does not have. */
	ATF_CHECK_MSG(errno != ENOENT, "the forged answer counted");
	wg_backend_close(&backend);
	wg_dump_free(&dump);
}
#endif

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, kernel_dumps);
	ATF_TP_ADD_TC(tp, uapi_dumps);
	ATF_TP_ADD_TC(tp, kernel_keys);
	ATF_TP_ADD_TC(tp, uapi_keys);
	ATF_TP_ADD_TC(tp, kernel_sets);
	ATF_TP_ADD_TC(tp, uapi_sets);
	ATF_TP_ADD_TC(tp, kernel_refuses);
	ATF_TP_ADD_TC(tp, kernel_family);
	ATF_TP_ADD_TC(tp, kernel_changes);
	ATF_TP_ADD_TC(tp, uapi_refuses);
	ATF_TP_ADD_TC(tp, kernel_broken);
	ATF_TP_ADD_TC(tp, uapi_broken);
	ATF_TP_ADD_TC(tp, too_long);
#ifdef __linux__
	ATF_TP_ADD_TC(tp, stranger);
#endif
	return (atf_no_error());
}
