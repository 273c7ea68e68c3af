/*
 * retirelogin_test: a front retires at any point of a client's way from its
 * first byte to its hand-over; with TLS by libssl.
 */
#include "tlsfixture.h"
#include "handoverfixture.h"

#define INFO	(FRAME_KEY_LEN + FRAME_NONCE_LEN + 40)
#define REQUEST	"GET /derp HTTP/1.1\r\nHost: x\r\nUpgrade: DERP\r\n"	\
		"Connection: Upgrade\r\nDerp-Fast-Start: 1\r\n\r\n"

/* A front with a certificate, whose keys the signer has, and an owner. */
static void
set_up_tls(void)
{
	static const enum cert_kind kind = P_256;

	start_signer(&kind, 1, GOOD, 1000);
	set_up();
	f->conf.relay = 1;
	/* The signer serves the next channel when the first one ends. */
	front_tlskey_set_channel(&tlskey, -1, 0);
	front_tlskey_init(&f->tlskey, count_lost, NULL);
	front_tlskey_set_channel(&f->tlskey, spare, 5000);
	spare = -1;
	ATF_REQUIRE_EQ(front_tls_cert(f, certs[0].hash, certs[0].pem,
	    certs[0].pem_len), 0);
	ATF_REQUIRE(front_tls_stage(f) == NULL);
	front_tls_commit(f);
	start_owner(1);
}

/* A client whose connection the front has accepted. */
static SSL *
connected(int version)
{
	static const uint8_t addr[16] = { [10] = 0xff, [11] = 0xff, 192 };
	const struct offer o = { .version = version };
	SSL_CTX *ctx = client_ctx(&o);
	const int on = 1;
	SSL *ssl;
	int s[2];

	tcp_pair(s);
	client = s[1];
	ATF_REQUIRE_EQ(setsockopt(client, IPPROTO_TCP, TCP_NODELAY, &on,
	    sizeof(on)), 0);
	conn_clock(&f->set);
	ATF_REQUIRE(front_conn_new(f, s[0], 1, 0, addr, 7) != NULL);
	ATF_REQUIRE((ssl = SSL_new(ctx)) != NULL);
	SSL_CTX_free(ctx);
	ATF_REQUIRE_EQ(SSL_set_fd(ssl, client), 1);
	ATF_REQUIRE_EQ(evutil_make_socket_nonblocking(client), 0);
	SSL_set_connect_state(ssl);
	return (ssl);
}

/* The logins that the front counts in its next report. */
static void
check_logins(unsigned int want)
{
	struct ipc_msg_front_left v = { .logins = 999 };
	struct ipc_msg m;

	f->retire.at_us = 0;
	f->retire.told = 0;
	turns();
	while (ipc_chan_recv(parent, &m, 0) == 0) {
		if (m.type == MSG_FRONT_LEFT)
			ATF_REQUIRE_EQ(ipc_get_front_left(&m.rd, &v), 0);
		ipc_msg_free(&m);
	}
	ATF_CHECK_EQ(v.logins, want);
}

static void
send_info(SSL *ssl)
{
	uint8_t info[FRAME_HDR_LEN + INFO] = { 0 };

	key_of(info + FRAME_HDR_LEN, 1, 0);
	net_frame_put_hdr(info, FRAME_CLIENT_INFO, INFO);
	ATF_REQUIRE_EQ(SSL_write(ssl, info, sizeof(info)), sizeof(info));
	turns();
}

static void
confirm(void)
{
	uint8_t key[FRAME_KEY_LEN], ticket[IPC_TICKET_LEN];
	uint64_t cookie = next_request();
	static uint8_t number;

	ATF_REQUIRE(cookie != 0);
	key_of(key, 1, 0);
	open_box(cookie, 1, key, ++number, "{}", ticket);
}

#define STEPS	5

/* The client takes the step `n'; 0: there is no such step. */
static int
step(SSL *ssl, int n)
{
	uint8_t got[200];

	switch (n) {
	case 0:				/* its first flight */
		ATF_REQUIRE_EQ(step_client(ssl), 0);
		break;
	case 1:				/* its last one */
		while (step_client(ssl) == 0)
			turns();
		ATF_REQUIRE_EQ(step_client(ssl), 1);
		break;
	case 2:
		ATF_REQUIRE_EQ(SSL_write(ssl, REQUEST, sizeof(REQUEST) - 1),
		    sizeof(REQUEST) - 1);
		break;
	case 3:
		ATF_REQUIRE(SSL_read(ssl, got, sizeof(got)) >= FRAME_HDR_LEN);
		ATF_CHECK_EQ(got[0], FRAME_SERVER_KEY);
		send_info(ssl);
		break;
	case 4:
		confirm();
		break;
	default:
		return (0);
	}
	turns();
	return (1);
}

/* Retire before each step. */
static void
retire_anywhere(int version)
{
	static const uint8_t nobody[16];
	struct ipc_msg m;
	SSL *ssl;
	int at, i;

	set_up_tls();
	/* So that the front does not exit. */
	ATF_REQUIRE(front_conn_new(f, -1, 0, 0, nobody, 1) != NULL);
	for (at = 0; at < STEPS; at++) {
		ssl = connected(version);
		for (i = 0; i < at; i++)
			step(ssl, i);
		front_retire(f, 1);
		do
			check_logins(i < STEPS);
		while (step(ssl, i++));
		ATF_REQUIRE_EQ(ipc_chan_recv(owners[1], &m, 0), 0);
		ATF_CHECK_EQ(m.type, MSG_HANDOVER);
		ipc_msg_free(&m);
		front_retire(f, 0);
		close(client);
		SSL_free(ssl);
		turns();
		ATF_CHECK_EQ(f->set.nconns, 1);
	}
	front_tlskey_set_channel(&f->tlskey, -1, 0);
	stop_signer();
}

ATF_TC_WITHOUT_HEAD(tls13);
ATF_TC_BODY(tls13, tc)
{
	(void)tc;
	retire_anywhere(TLS1_3_VERSION);
}

ATF_TC_WITHOUT_HEAD(tls12);
ATF_TC_BODY(tls12, tc)
{
	(void)tc;
	retire_anywhere(TLS1_2_VERSION);
}

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, tls13);
	ATF_TP_ADD_TC(tp, tls12);
	return (atf_no_error());
}
