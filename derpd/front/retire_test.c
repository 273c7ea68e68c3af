/*
 * retire_test: a front that retires: what it finishes, what it closes, what it
 * reports, and its end.
 */
#include <sys/wait.h>
#include <netinet/in.h>

#include "handoverfixture.h"
#include "pump.h"

#define INFO	(FRAME_KEY_LEN + FRAME_NONCE_LEN + 40)
#define SECOND	1000000ULL
#define GET	"GET /generate_204 HTTP/1.1\r\nHost: x\r\n\r\n"

static const uint8_t addr[16] = { [10] = 0xff, [11] = 0xff, [12] = 192 };
static struct ipc_msg_front_left last;	/* report of the front */
static unsigned int nreports;

/* Read the reports that the parent has got. */
static void
read_reports(void)
{
	struct ipc_msg m;

	while (ipc_chan_recv(parent, &m, 0) == 0) {
		if (m.type == MSG_FRONT_LEFT) {
			ATF_REQUIRE_EQ(ipc_get_front_left(&m.rd, &last), 0);
			nreports++;
		}
		ipc_msg_free(&m);
	}
}

/* The front looks, and this is what its last report says. */
static void
check_left(unsigned int logins, unsigned int conns, unsigned int pumps)
{
	f->retire.at_us = 0;
	turns();
	read_reports();
	ATF_CHECK_EQ(last.logins, logins);
	ATF_CHECK_EQ(last.conns, conns);
	ATF_CHECK_EQ(last.pumps, pumps);
}

/* The front exits with 0 when it has run some more turns, or else stays. */
static void
check_exit(int exits)
{
	int status;
	pid_t pid;

	ATF_REQUIRE((pid = fork()) != -1);
	if (pid == 0) {
		turns();
		_exit(9);
	}
	ATF_REQUIRE_EQ(waitpid(pid, &status, 0), pid);
	ATF_REQUIRE(WIFEXITED(status));
	ATF_CHECK_EQ(WEXITSTATUS(status), exits ? 0 : 9);
}

/* A client over TCP whose handshake, if `tls', has not begun. */
static struct front_conn *
new_client(int tls)
{
	struct front_conn *c;
	int s[2];

	tcp_pair(s);
	client = s[1];
	ATF_REQUIRE((c = front_conn_new(f, s[0], tls, 0, addr, 7)) != NULL);
	return (c);
}

static void
say(const void *p, size_t n)
{
	ATF_REQUIRE_EQ(send(client, p, n, MSG_NOSIGNAL), (ssize_t)n);
	turns();
}

/* What the client got, as text; *over: and then the end. */
static const char *
heard(int *over)
{
	static char text[4096];
	size_t n = 0;
	ssize_t k;

	while ((k = recv(client, text + n, sizeof(text) - 1 - n,
	    MSG_DONTWAIT)) > 0)
		n += (size_t)k;
	*over = k == 0;
	text[n] = '\0';
	return (text);
}

/* The client logs in with the key of worker 1, up to the answer of keys. */
static struct front_conn *
login(void)
{
	uint8_t info[FRAME_HDR_LEN + INFO] = { 0 };
	struct front_conn *c = secure_client(addr, 7);

	key_of(info + FRAME_HDR_LEN, 1, 0);
	net_frame_put_hdr(info, FRAME_CLIENT_INFO, INFO);
	client_send(info, sizeof(info));
	turns();
	ATF_REQUIRE_EQ(c->conn.state, CONN_CHECK);
	return (c);
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

/* A login under way goes on, waits for its owner, and is handed over. */
ATF_TC_WITHOUT_HEAD(logins);
ATF_TC_BODY(logins, tc)
{
	struct front_conn *other;
	struct ipc_msg m;

	(void)tc;
	set_up();
	other = new_client(0);
	secure_client(addr, 7);
	login();
	front_retire(f, 1);
	check_left(2, 1, 0);
	confirm();
	check_left(2, 1, 0);
	start_owner(1);
	confirm();
	check_left(1, 1, 0);
	ATF_REQUIRE_EQ(ipc_chan_recv(owners[1], &m, 0), 0);
	ATF_CHECK_EQ(m.type, MSG_HANDOVER);
	ipc_msg_free(&m);
	conn_close(&other->conn, "test");
	check_left(1, 0, 0);
	check_exit(0);
}

/* Nothing is left: the front says so, and exits; not before it has retired. */
ATF_TC_WITHOUT_HEAD(nothing);
ATF_TC_BODY(nothing, tc)
{
	struct front_conn *c;

	(void)tc;
	set_up();
	check_exit(0);
	c = new_client(0);
	front_retire(f, 1);
	check_left(0, 1, 0);
	check_exit(0);
	conn_close(&c->conn, "test");
	conn_reap(&f->set);
	check_exit(1);
	read_reports();
	ATF_CHECK_EQ(last.logins + last.conns + last.pumps, 0);
}

/* Logins until the channel to worker 1 takes no more; return how many. */
static unsigned int
fill_channel(void)
{
	const int least = 1;
	unsigned int n = 0;

	start_owner(1);
	ATF_REQUIRE_EQ(setsockopt(ipc_chan_fd(f->hands.to[1].chan), SOL_SOCKET,
	    SO_SNDBUF, &least, sizeof(least)), 0);
	while (!front_hands_busy(f)) {
		login();
		confirm();
		n++;
	}
	return (n);
}

/* The front does not exit before hand-overs are with their owner. */
ATF_TC_WITHOUT_HEAD(queued);
ATF_TC_BODY(queued, tc)
{
	struct front_conn *other;
	struct ipc_msg m;
	unsigned int n;

	(void)tc;
	set_up();
	n = fill_channel();
	ATF_CHECK_EQ(f->set.nconns, 0);
	front_retire(f, 1);
	check_left(0, 0, 0);
	check_exit(0);
	other = new_client(0);
	while (n-- > 0) {
		turns();
		ATF_REQUIRE_EQ(ipc_chan_recv(owners[1], &m, 0), 0);
		ipc_msg_free(&m);
	}
	turns();
	ATF_CHECK(!front_hands_busy(f));
	conn_close(&other->conn, "test");
	conn_reap(&f->set);
	check_exit(1);
}

/*
 * Who has sent no whole ClientHello is no login for long; who has, for as long
 * as a login may take.
 */
ATF_TC_WITHOUT_HEAD(handshakes);
ATF_TC_BODY(handshakes, tc)
{
	static const uint8_t hello[] = { 22, 3, 1, 0, 5, 1, 0, 0, 1, 0 };
	struct front_conn *silent, *slow, *whole;

	(void)tc;
	set_up();
	silent = new_client(1);
	slow = new_client(1);
	slow->conn.state = CONN_PROXY;
	front_retire(f, 1);
	check_left(2, 0, 0);
	silent->unfinished.since_us -= SECOND;
	check_left(1, 1, 0);
	slow->unfinished.since_us -= SECOND;
	check_left(0, 2, 0);
	whole = new_client(1);
	whole->unfinished.since_us -= 2 * SECOND;
	check_left(0, 3, 0);
	say(hello, sizeof(hello));	/* no signer: it waits */
	ATF_CHECK_EQ(whole->conn.state, CONN_HANDSHAKE);
	check_left(1, 2, 0);
	whole->unfinished.since_us -= 3 * SECOND;
	check_left(0, 3, 0);
}

/* The request of a login may come over TLS, or where all is served. */
ATF_TC_WITHOUT_HEAD(requests);
ATF_TC_BODY(requests, tc)
{
	struct front_conn *plain, *derp, *tls;

	(void)tc;
	set_up();
	front_retire(f, 1);
	plain = new_client(0);
	say("GET", 3);
	check_left(0, 1, 0);
	conn_close(&plain->conn, "test");
	derp = new_client(0);
	derp->derp = 1;
	check_left(1, 0, 0);
	derp->unfinished.since_us -= SECOND;
	check_left(0, 1, 0);
	say("GET", 3);
	check_left(1, 0, 0);
	derp->unfinished.since_us -= 4 * SECOND;
	check_left(0, 1, 0);
	tls = secure_client(addr, 7);
	tls->conn.state = CONN_HTTP;
	tls->unfinished.since_us -= 2 * SECOND;
	check_left(1, 1, 0);
	tls->answered = 1;		/* nothing comes: it is idle */
	check_left(0, 2, 0);
	ATF_CHECK_EQ(tls->conn.state, CONN_DRAIN);
}

/* Idle connections are closed, and others after their answer. */
ATF_TC_WITHOUT_HEAD(keep_alive);
ATF_TC_BODY(keep_alive, tc)
{
	struct front_conn *c;
	const char *text;
	int over, idle, cut;

	(void)tc;
	set_up();
	new_client(0);
	say(GET, sizeof(GET) - 1);
	text = heard(&over);
	ATF_CHECK(strstr(text, "204") != NULL && !over);
	ATF_CHECK(strstr(text, "close") == NULL);
	idle = client;
	new_client(0);
	say(GET GET, sizeof(GET GET) - 20);	/* a request, and a part */
	ATF_CHECK(strstr(heard(&over), "204") != NULL && !over);
	cut = client;
	c = new_client(0);
	c->conn.output.want_write = 1;	/* its answer waits */
	say(GET, sizeof(GET) - 1);
	front_retire(f, 1);
	check_left(0, 3, 0);
	ATF_CHECK_STREQ(heard(&over), "");
	ATF_CHECK(!over);
	conn_output_ready(&c->conn);
	turns();
	ATF_CHECK(strstr(heard(&over), "204") != NULL);
	ATF_CHECK(over);
	close(client);
	client = idle;
	ATF_CHECK_STREQ(heard(&over), "");
	ATF_CHECK(over);
	close(client);
	client = cut;
	ATF_CHECK_STREQ(heard(&over), "");
	ATF_CHECK(!over);
	check_left(0, 1, 0);
	say(&GET[sizeof(GET) - 20], 19);
	text = heard(&over);
	ATF_CHECK(strstr(text, "204") != NULL && over);
	ATF_CHECK(strstr(text, "Connection: close\r\n") != NULL);
	close(client);
	check_exit(1);
}

/* A pump lives as long as its session. */
ATF_TC_WITHOUT_HEAD(pumps);
ATF_TC_BODY(pumps, tc)
{
	struct front_conn *c;
	int fd;

	(void)tc;
	set_up();
	c = secure_client(addr, 7);
	ATF_REQUIRE((fd = front_pump_begin(c)) != -1);
	c->conn.state = CONN_PUMP;
	c->counted = 1;
	f->npumps = 1;
	front_conn_known(c);
	front_retire(f, 1);
	check_left(0, 0, 1);
	check_exit(0);
	close(fd);
	close(client);
	check_exit(1);
}

/* The same again is not reported. */
ATF_TC_WITHOUT_HEAD(reports);
ATF_TC_BODY(reports, tc)
{
	unsigned int i;

	(void)tc;
	set_up();
	secure_client(addr, 7);
	turns();
	read_reports();
	ATF_CHECK_EQ(nreports, 0);
	front_retire(f, 1);
	for (i = 0; i < 3; i++)
		check_left(1, 0, 0);
	ATF_CHECK_EQ(nreports, 1);
	login();
	turns();			/* too soon after the last look */
	ATF_CHECK(f->retire.ev != NULL &&
	    evtimer_pending(f->retire.ev, NULL));
	check_left(2, 0, 0);
	ATF_CHECK_EQ(nreports, 2);
	front_retire(f, 0);
	turns();
	read_reports();
	ATF_CHECK_EQ(nreports, 2);
	front_retire(f, 1);		/* and answered again */
	check_left(2, 0, 0);
	ATF_CHECK_EQ(nreports, 3);
}

/* A listening socket of this front at `sin'; the parent has one, too. */
static int
listening(struct sockaddr_in *sin)
{
	socklen_t len = sizeof(*sin);
	int fd;

	memset(sin, 0, sizeof(*sin));
	sin->sin_family = AF_INET;
	sin->sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	ATF_REQUIRE((fd = socket(AF_INET, SOCK_STREAM, 0)) != -1);
	ATF_REQUIRE_EQ(bind(fd, (struct sockaddr *)sin, len), 0);
	ATF_REQUIRE_EQ(listen(fd, 10), 0);
	ATF_REQUIRE_EQ(getsockname(fd, (struct sockaddr *)sin, &len), 0);
	return (fd);
}

/*
 * A front that serves again: who connected meanwhile waits in the queue of the
 * socket, and is served; keep-alive works.
 */
ATF_TC_WITHOUT_HEAD(back);
ATF_TC_BODY(back, tc)
{
	const struct ipc_msg_front_listen v = { .number = 3 };
	struct sockaddr_in sin;
	struct front_conn *c;
	unsigned int i;
	int fd, over;

	(void)tc;
	set_up();
	fd = listening(&sin);
	front_accept_resume(f, ACCEPT_START);
	ATF_REQUIRE_EQ(front_accept_add(f, dup(fd), &v), 0);
	ATF_REQUIRE_EQ(front_accept_add(f, dup(fd), &v), 0);
	new_client(0);
	for (i = 0; i < 2; i++) {
		front_retire(f, 1);
		ATF_REQUIRE((client = socket(AF_INET, SOCK_STREAM, 0)) != -1);
		ATF_REQUIRE_EQ(connect(client, (struct sockaddr *)&sin,
		    sizeof(sin)), 0);
		turns();
		ATF_CHECK_EQ(f->set.nconns, 1 + i);
		front_retire(f, 0);
		ATF_REQUIRE_EQ(front_accept_add(f, dup(fd), &v), 0);
		turns();
		ATF_REQUIRE_EQ(f->set.nconns, 2 + i);
		c = front_conn_of(TAILQ_LAST(&f->set.conns, conn_list));
		ATF_CHECK_EQ(c->listener, 3);
		say(GET, sizeof(GET) - 1);
		ATF_CHECK(strstr(heard(&over), "204") != NULL && !over);
		c->answered = 0;	/* it stays in the next round */
	}
}

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, logins);
	ATF_TP_ADD_TC(tp, nothing);
	ATF_TP_ADD_TC(tp, queued);
	ATF_TP_ADD_TC(tp, handshakes);
	ATF_TP_ADD_TC(tp, requests);
	ATF_TP_ADD_TC(tp, keep_alive);
	ATF_TP_ADD_TC(tp, pumps);
	ATF_TP_ADD_TC(tp, reports);
	ATF_TP_ADD_TC(tp, back);
	return (atf_no_error());
}
