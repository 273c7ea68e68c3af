/*
 * verify_slow_test: Tests of the process verify with sources that are slow, or
 * close connections, and of what its parent and admit may do meanwhile.
 */
#include <atf-c.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/ssl.h>

#include "questions.h"
#include "verifyfixture.h"

static struct made		 cert;
static struct source_server	 source;

/* What the source does with a question, by the key. */
enum { GOOD = 1, SILENT, HALF_HEAD, HALF_BODY, DRIP, NO_END, DEAF, LAST };

static void
serve_slowly(struct guest *g)
{
	for (;;) {
		switch (guest_hear(g)) {
		case SILENT:
			guest_linger(g);
			break;
		case HALF_HEAD:
			guest_say(g, HEAD "X");
			guest_linger(g);
			break;
		case HALF_BODY:
			guest_say(g, HEAD "Content-Length: 14\r\n\r\n{\"Allow");
			guest_linger(g);
			break;
		case DRIP:
			guest_say(g, HEAD "Content-Length: 60000\r\n\r\n");
			for (;;) {
				guest_say(g, " ");
				usleep(20000);
			}
		case NO_END:
			guest_say(g, HEAD "\r\n{\"Allow\":true}");
			guest_linger(g);
			break;
		case DEAF:
			pause();
			break;
		default:
			guest_say(g, YES);
		}
	}
}

/*
 * Questions that the source does not answer fail in time, one by one; others
 * are answered meanwhile.
 */
ATF_TC_WITHOUT_HEAD(slow);
ATF_TC_BODY(slow, tc)
{
	const char *ca = make_ca(&cert), *text;
	uint64_t cookie;
	unsigned int i, seen = 0;

	source_start(&source, &cert, serve_slowly);
	verify_start(IPC_VERIFY_URL, source.name, ca);
	for (i = SILENT; i < LAST; i++)
		send_ask(i);
	for (i = 0; i < 5; i++)
		ATF_CHECK_STREQ("yes", ask(GOOD));
	for (i = SILENT; i < LAST; i++) {
		text = next_answer(&cookie);
		HAS(text, "no answer in time");
		seen |= 1U << cookie;
	}
	ATF_CHECK_EQ(((1U << LAST) - 1) & ~3U, seen);
	ATF_CHECK_STREQ("yes", ask(GOOD));
	verify_stop();
	source_stop(&source);
}

/* With all connections in use, questions wait, and are answered in time. */
ATF_TC_WITHOUT_HEAD(busy);
ATF_TC_BODY(busy, tc)
{
	const char *text;
	uint64_t cookie;
	int i, busy = 0;

	source_start(&source, NULL, serve_slowly);
	verify_start(IPC_VERIFY_URL, source.name, "");
	for (i = 0; i < 8; i++)
		send_ask(SILENT);
	for (i = 0; i < 4; i++)
		send_ask(DEAF);
	for (i = 0; i < 12; i++) {
		text = next_answer(&cookie);
		if (cookie == DEAF && strstr(text, "all connections") != NULL)
			busy++;
		else
			HAS(text, "no answer in time");
	}
	ATF_CHECK_MSG(busy > 0, "none has waited");
	ATF_CHECK_EQ(8, atomic_load(&counts->most));
	verify_stop();
	source_stop(&source);
}

/* Send session tickets over the first connection, and never an answer. */
static void
serve_tickets(struct guest *g)
{
	SSL_CTX *ctx = SSL_CTX_new(TLS_server_method());
	char buf[4096];
	SSL *ssl;

	if (SSL_CTX_use_certificate_file(ctx, "ca.pem", SSL_FILETYPE_PEM) !=
	    1 || SSL_CTX_use_PrivateKey_file(ctx, "ca.key",
	    SSL_FILETYPE_PEM) != 1 || (ssl = SSL_new(ctx)) == NULL ||
	    SSL_set_fd(ssl, g->fd) != 1 || SSL_accept(ssl) != 1)
		_exit(5);
	while (SSL_read(ssl, buf, sizeof(buf)) > 0)
		if (g->nth > 0)
			(void)SSL_write(ssl, YES, (int)strlen(YES));
		else
			while (SSL_new_session_ticket(ssl) == 1 &&
			    SSL_do_handshake(ssl) == 1)
				atomic_fetch_add(&counts->requests, 1);
}

/* A server that keeps TLS busy has no more time than a silent one. */
ATF_TC_WITHOUT_HEAD(tickets);
ATF_TC_BODY(tickets, tc)
{
	const char *ca = make_ca(&cert);
	char url[300];
	uint64_t cookie;

	atf_utils_create_file("ca.key", "%s", cert.key);
	source_start(&source, NULL, serve_tickets);
	snprintf(url, sizeof(url), "https%s", source.name + strlen("http"));
	verify_start(IPC_VERIFY_URL, url, ca);
	send_ask(1);
	while (atomic_load(&counts->requests) < 100)
		usleep(1000);
	ATF_CHECK_STREQ("yes", ask(2));
	ATF_CHECK_STREQ("yes", ask(3));
	HAS(next_answer(&cookie), "no answer in time");
	ATF_CHECK_EQ(1, cookie);
	ATF_CHECK(atomic_load(&counts->requests) > 1000);
	verify_stop();
	source_stop(&source);
}

static void
serve_yes(struct guest *g)
{
	for (;;) {
		(void)guest_hear(g);
		usleep(1000);
		guest_say(g, YES);
	}
}

/* Many questions at once share eight connections. */
ATF_TC_WITHOUT_HEAD(many);
ATF_TC_BODY(many, tc)
{
	const char *ca = make_ca(&cert);
	uint64_t cookie;
	int i;

	source_start(&source, &cert, serve_yes);
	verify_start(IPC_VERIFY_URL, source.name, ca);
	for (i = 0; i < 500; i++)
		send_ask((unsigned int)i % 256);
	for (i = 0; i < 500; i++)
		ATF_CHECK_STREQ("yes", next_answer(&cookie));
	ATF_CHECK_EQ(500, atomic_load(&counts->requests));
	ATF_CHECK_EQ(8, atomic_load(&counts->connections));
	verify_stop();
	source_stop(&source);
}

/*
 * A source that promises to keep connections and closes them: the first two
 * after an answer, the third one after a request; no other one answers.
 */
static void
serve_once(struct guest *g)
{
	(void)guest_hear(g);
	if (g->nth < 2) {
		guest_say(g, YES);
		(void)guest_hear(g);
	}
}

ATF_TC_WITHOUT_HEAD(closed);
ATF_TC_BODY(closed, tc)
{
	const char *ca = make_ca(&cert);

	source_start(&source, &cert, serve_once);
	verify_start(IPC_VERIFY_URL, source.name, ca);
	ATF_CHECK_STREQ("yes", ask(1));
	/* Asked once more, over a new connection. */
	ATF_CHECK_STREQ("yes", ask(2));
	ATF_CHECK_EQ(2, atomic_load(&counts->connections));
	/* But only once. */
	HAS(ask(3), "without a response");
	ATF_CHECK_EQ(3, atomic_load(&counts->connections));
	/* Nor over a connection that is new. */
	HAS(ask(4), "without a response");
	ATF_CHECK_EQ(4, atomic_load(&counts->connections));
	verify_stop();
	source_stop(&source);
}

/* A source that resets connections, at rest or within an answer. */
static void
serve_reset(struct guest *g)
{
	struct linger now = { 1, 0 };

	(void)guest_hear(g);
	guest_say(g, g->nth == 0 ? YES : "HTTP/1.1 2");
	usleep(100000);		/* it is read */
	(void)setsockopt(g->fd, SOL_SOCKET, SO_LINGER, &now, sizeof(now));
	_exit(0);
}

ATF_TC_WITHOUT_HEAD(reset);
ATF_TC_BODY(reset, tc)
{
	const char *ca = make_ca(&cert);

	source_start(&source, &cert, serve_reset);
	verify_start(IPC_VERIFY_URL, source.name, ca);
	ATF_CHECK_STREQ("yes", ask(1));
	HAS(ask(2), "answer of 127.0.0.1 port");
	HAS(ask(3), "answer of 127.0.0.1 port");
	verify_stop();
	source_stop(&source);
}

/* A source that sends a second answer, which nobody asked for. */
static void
serve_twice(struct guest *g)
{
	(void)guest_hear(g);
	guest_say(g, NO);
	guest_say(g, YES);
	guest_linger(g);
	atomic_fetch_add(&counts->requests, 1000);
}

ATF_TC_WITHOUT_HEAD(unasked);
ATF_TC_BODY(unasked, tc)
{
	int i;

	source_start(&source, NULL, serve_twice);
	verify_start(IPC_VERIFY_URL, source.name, "");
	for (i = 1; i <= 3; i++) {
		ATF_CHECK_STREQ("no", ask((unsigned int)i));
		/* The connection is closed. */
		while (atomic_load(&counts->requests) < 1001 * i)
			usleep(1000);
	}
	ATF_CHECK_EQ(3, atomic_load(&counts->connections));
	verify_stop();
	source_stop(&source);
}

/* The same settings change nothing, others end the process. */
ATF_TC_WITHOUT_HEAD(settings);
ATF_TC_BODY(settings, tc)
{
	const char *ca = make_ca(&cert);

	source_start(&source, &cert, serve_yes);
	verify_start(IPC_VERIFY_URL, source.name, ca);
	ATF_CHECK_STREQ("yes", ask(1));
	tell_conf(IPC_VERIFY_URL, source.name, ca);
	ATF_CHECK_STREQ("yes", ask(1));
	ATF_CHECK_EQ(1, atomic_load(&counts->connections));
	tell_conf(IPC_VERIFY_URL, source.name, "");
	child_ends(0);
	verify_start(IPC_VERIFY_URL, source.name, ca);
	tell_conf(IPC_VERIFY_URL, "https://127.0.0.1:1/", ca);
	child_ends(0);
	/* Another CA in the same file. */
	verify_start(IPC_VERIFY_URL, source.name, ca);
	atf_utils_create_file("ca.pem", "%s\n", cert.cert);
	tell_conf(IPC_VERIFY_URL, source.name, ca);
	child_ends(0);
	/* The parent is gone. */
	verify_start(IPC_VERIFY_URL, source.name, ca);
	child_leave();
	source_stop(&source);
}

/* Settings that a configuration never has. */
ATF_TC_WITHOUT_HEAD(bad_settings);
ATF_TC_BODY(bad_settings, tc)
{
	static const struct {
		enum ipc_verify_kind kind;
		const char *name;
	} bad[] = {
		{ IPC_VERIFY_URL, "http://192.0.2.1/" },
		{ IPC_VERIFY_URL, "/run/x.sock" },
		{ IPC_VERIFY_TAILSCALED, "x.sock" },
		{ IPC_VERIFY_TAILSCALED, "https://a.test/" }
	};
	size_t i;

	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		child_fork(ROLE_VERIFY, verify_main, 0);
		tell_conf(bad[i].kind, bad[i].name, "");
		child_ends(1);
	}
}

/* With a new channel, what admit asked over the old one is forgotten. */
ATF_TC_WITHOUT_HEAD(channel);
ATF_TC_BODY(channel, tc)
{
	int i;

	source_start(&source, NULL, serve_slowly);
	/* The channel may come before the settings. */
	child_fork(ROLE_VERIFY, verify_main, 0);
	connect_admit();
	tell_conf(IPC_VERIFY_URL, source.name, "");
	child_is_ready();
	ATF_CHECK_STREQ("yes", ask(GOOD));
	for (i = 0; i < 20; i++)
		send_ask(SILENT);
	connect_admit();
	ATF_CHECK_STREQ("yes", ask(GOOD));
	/* admit ends: the next one gets a channel later. */
	for (i = 0; i < 20; i++)
		send_ask(SILENT);
	ipc_chan_free(admit);
	admit = NULL;
	connect_admit();
	ATF_CHECK_STREQ("yes", ask(GOOD));
	/* There is none: a new start gets one. */
	ipc_chan_free(admit);
	admit = NULL;
	child_ends(0);
	source_stop(&source);
}

/* An admit that sends junk loses its channel, and nothing else happens. */
ATF_TC_WITHOUT_HEAD(junk);
ATF_TC_BODY(junk, tc)
{
	struct ipc_msg m;
	struct ipc_wr w;

	source_start(&source, NULL, serve_slowly);
	verify_start(IPC_VERIFY_URL, source.name, "");
	send_ask(SILENT);
	ipc_wr_init(&w);
	ipc_wr_u8(&w, 1);
	ATF_REQUIRE_EQ(0, ipc_chan_send(admit, MSG_VERIFY_ASK, &w, -1));
	ATF_REQUIRE_EQ(0, ipc_chan_flush(admit, WAIT_MS));
	ipc_wr_free(&w);
	ATF_CHECK_EQ(-1, ipc_chan_recv(admit, &m, WAIT_MS));
	ATF_CHECK_EQ(EPIPE, errno);
	connect_admit();
	ATF_CHECK_STREQ("yes", ask(GOOD));
	verify_stop();
	source_stop(&source);
}

/* The number of questions that wait is bounded. */
ATF_TC_WITHOUT_HEAD(bound);
ATF_TC_BODY(bound, tc)
{
	const char *text;
	uint64_t cookie;
	int i;

	source_start(&source, NULL, serve_slowly);
	verify_start(IPC_VERIFY_URL, source.name, "");
	for (i = 0; i < VERIFY_MAXQUESTIONS + 20; i++)
		send_ask(SILENT);
	text = next_answer(&cookie);
	HAS(text, "too many questions");
	connect_admit();
	ATF_CHECK_STREQ("yes", ask(GOOD));
	verify_stop();
	source_stop(&source);
}

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, slow);
	ATF_TP_ADD_TC(tp, busy);
	ATF_TP_ADD_TC(tp, tickets);
	ATF_TP_ADD_TC(tp, many);
	ATF_TP_ADD_TC(tp, closed);
	ATF_TP_ADD_TC(tp, reset);
	ATF_TP_ADD_TC(tp, unasked);
	ATF_TP_ADD_TC(tp, settings);
	ATF_TP_ADD_TC(tp, bad_settings);
	ATF_TP_ADD_TC(tp, channel);
	ATF_TP_ADD_TC(tp, junk);
	ATF_TP_ADD_TC(tp, bound);
	return (atf_no_error());
}
