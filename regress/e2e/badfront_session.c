/*
 * badfront_session: what badfront hands over, and what its client then sees;
 * see badfront.c.
 */
#include <sys/socket.h>
#include <netinet/in.h>
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <sodium.h>
#include <string.h>
#include <unistd.h>

#include "badfront.h"
#include "frame.h"
#include "ipcsend.h"
#include "record.h"
#include "slots.h"

#define BEHIND		(256 * 1024)
#define FILL		4096		/* sessions of fill, at most */
#define TICKET_NUMBER	16		/* its place (ticket.h) */

static uint8_t		 pub[IPC_KEYLEN], sec[IPC_KEYLEN];
static uint8_t		 ticket[IPC_TICKET_LEN], saved[NET_RECORD_SAVED];
static uint8_t		 admitted[IPC_ADMIT_LEN];	/* ticket of admit */
static uint8_t		 behind[BEHIND];
static struct ipc_msg_handover next;	/* to be handed over */
static char		 kind[16] = "tcp";
static int		 mine = -1, copy = -1;	/* the client's end, and a copy
						   of what was handed over */

/* Make a key that worker `w' owns. */
static void
new_key(unsigned int w)
{
	do
		crypto_box_keypair(pub, sec);
	while (ipc_slots_worker(bad.slots, ipc_slot_of(pub,
	    bad.conf.slot_secret), bad.conf.nworkers) != w);
}

static void
ask(unsigned int w)
{
	static const char json[] = "{\"version\":2}";
	static uint64_t cookie;
	uint8_t nonce[IPC_NONCELEN], sealed[sizeof(json) + 15];
	struct ipc_msg_login v = { .worker = w,
	    .client = pub, .nonce = nonce, .box = sealed,
	    .box_len = sizeof(sealed) };

	v.cookie = ++cookie;
	randombytes_buf(nonce, sizeof(nonce));
	if (crypto_box_easy(sealed, (const uint8_t *)json, sizeof(json) - 1,
	    nonce, bad.conf.node_key, sec) == -1)
		errx(1, "crypto_box_easy");
	bad_sent(bad.box, ipc_send_login(bad.box, &v));
}

/* Take the ticket from keys. */
static int
answer(void)
{
	struct ipc_msg_login_result v;
	struct ipc_msg m;
	int rv = -1;

	if (ipc_chan_recv(bad.box, &m, WAIT_MS) == -1)
		return (-1);
	if (ipc_get_login_result(&m.rd, &v) == 0 && v.end == IPC_LOGIN_OK) {
		memcpy(ticket, v.ticket, sizeof(ticket));
		rv = 0;
	}
	ipc_msg_free(&m);
	return (rv);
}

static void
get_ticket(unsigned int owner, unsigned int w)
{
	new_key(owner);
	ask(w);
	if (answer() == -1)
		fprintf(bad.logfile, "no ticket\n");
}

/* Get the ticket of admit for that client and the number of the ticket. */
static void
ask_admit(unsigned int w, const uint8_t *client)
{
	static const uint8_t addr[IPC_ADDRLEN] = { [10] = 0xff, [11] = 0xff };
	struct ipc_msg_admit_ask v = { .cookie = 1, .worker = w,
	    .number = ticket + TICKET_NUMBER, .client = client, .addr = addr };
	struct ipc_msg_admit_answer a;
	struct ipc_msg m;

	if (bad.admit == NULL)
		errx(1, "no channel to admit");
	bad_sent(bad.admit, ipc_send_admit_ask(bad.admit, &v));
	if (ipc_chan_recv(bad.admit, &m, WAIT_MS) == -1 ||
	    ipc_get_admit_answer(&m.rd, &a) == -1)
		errx(1, "no answer of admit");
	if (a.verdict == IPC_ADMIT_YES)
		memcpy(admitted, a.ticket, sizeof(admitted));
	else
		fprintf(bad.logfile, "not admitted: %s\n", a.why);
	ipc_msg_free(&m);
}

/* Bind a socket to loopback. */
static int
bound(int type)
{
	struct sockaddr_in sin = { .sin_family = AF_INET };
	int fd = socket(AF_INET, type, 0);

	sin.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	if (fd == -1 || bind(fd, (struct sockaddr *)&sin, sizeof(sin)) == -1)
		err(1, "socket, bind");
	return (fd);
}

/* Make a TCP connection: v[1] is the client's end. */
static void
tcp(int v[2])
{
	struct sockaddr_in sin;
	socklen_t len = sizeof(sin);
	int fd = bound(SOCK_STREAM);

	v[1] = socket(AF_INET, SOCK_STREAM, 0);
	if (listen(fd, 1) == -1 ||
	    getsockname(fd, (struct sockaddr *)&sin, &len) == -1 ||
	    connect(v[1], (struct sockaddr *)&sin, len) == -1 ||
	    (v[0] = accept(fd, NULL, NULL)) == -1)
		err(1, "listen, connect, accept");
	close(fd);
}

/* Make the descriptor that is handed over, and the client's end. */
static void
connection(int v[2])
{
	v[1] = -1;
	if (strcmp(kind, "tcp") == 0)
		tcp(v);
	else if (strcmp(kind, "unix") == 0)
		(void)socketpair(AF_UNIX, SOCK_STREAM, 0, v);
	else if (strcmp(kind, "pipe") == 0)
		v[0] = pipe(v) == -1 ? -1 : v[0];
	else if (strcmp(kind, "udp") == 0)
		v[0] = bound(SOCK_DGRAM);
	else if (strcmp(kind, "listen") == 0) {
		v[0] = bound(SOCK_STREAM);
		(void)listen(v[0], 1);
	} else
		errx(1, "fd %s", kind);
}

static void
drop(void)
{
	if (mine != -1)
		close(mine);
	if (copy != -1)
		close(copy);
	mine = copy = -1;
}

static void
hand_over(unsigned int w)
{
	static const uint8_t addr[16] = { [10] = 0xff, [11] = 0xff,
	    [12] = 192, [14] = 2, [15] = 1 };
	int v[2];

	drop();
	connection(v);
	mine = v[1];
	copy = dup(v[0]);
	next.ticket = ticket;
	next.admit = admitted;
	next.addr = addr;
	next.plain = next.cipher = behind;
	next.record = saved;
	bad_sent(bad.hands[w], ipc_send_handover(bad.hands[w], &next, v[0]));
}

static void
set_record(const char *how)
{
	randombytes_buf(saved, sizeof(saved));
	next.record_len = sizeof(saved);
	if (strcmp(how, "none") == 0)
		next.record_len = 0;
	else if (strcmp(how, "short") == 0)
		next.record_len--;
	else if (strcmp(how, "wild") == 0) {
		memcpy(saved, "\1\x13\1", 3);	/* version, suite */
		saved[3] &= 0x0f;		/* flags */
		saved[4] = 0;			/* most bytes of a record */
		saved[5] |= 64;
		saved[8] = 0;			/* left of a ticket */
		saved[12] %= 5;			/* bytes of a message */
	} else if (strcmp(how, "random") != 0)
		errx(1, "record %s", how);
}

/* Read exactly `n' bytes of the session within WAIT_MS.  0, or -1. */
static int
get(uint8_t *p, size_t n)
{
	struct pollfd pfd = { .fd = mine, .events = POLLIN };
	ssize_t k;

	for (; n > 0; p += k, n -= (size_t)k)
		if (poll(&pfd, 1, WAIT_MS) != 1 ||
		    (k = recv(mine, p, n, 0)) <= 0)
			return (-1);
	return (0);
}

/* Wait for a frame of this type.  1, or 0: the connection has ended. */
static int
frame(uint8_t wanted)
{
	static uint8_t p[FRAME_MAX_SERVER];
	uint32_t len;
	uint8_t type;

	do {
		if (get(p, FRAME_HDR_LEN) == -1)
			return (0);
		net_frame_get_hdr(p, &type, &len);
		if (len > sizeof(p) || get(p, len) == -1)
			return (0);
	} while (type != wanted);
	return (1);
}

/* The worker has closed the connection, of which no copy is left. */
static void
refused(void)
{
	struct pollfd pfd = { .fd = mine, .events = POLLIN };
	uint8_t byte;

	close(copy);
	copy = -1;
	fprintf(bad.logfile, poll(&pfd, 1, WAIT_MS) == 1 &&
	    recv(mine, &byte, 1, 0) <= 0 ? "refused\n" : "not refused\n");
}

static void
ping(void)
{
	uint8_t p[FRAME_HDR_LEN + FRAME_PING_LEN] = { 0 };

	net_frame_put_hdr(p, FRAME_PING, FRAME_PING_LEN);
	(void)send(mine, p, sizeof(p), MSG_NOSIGNAL);
	if (!frame(FRAME_PONG))
		fprintf(bad.logfile, "no pong\n");
}

static void
stuff(int n)
{
	static uint8_t p[FRAME_HDR_LEN + FRAME_KEY_LEN + 10000];

	net_frame_put_hdr(p, FRAME_SEND_PACKET, sizeof(p) - FRAME_HDR_LEN);
	memcpy(p + FRAME_HDR_LEN, pub, FRAME_KEY_LEN);
	for (; n > 0; n--)
		if (send(mine, p, sizeof(p), MSG_NOSIGNAL) == -1)
			return;
}

static void
send_junk(size_t n)
{
	static uint8_t p[65536];

	randombytes_buf(p, sizeof(p));
	p[0] = 23;			/* as a record begins */
	(void)send(mine, p, n < sizeof(p) ? n : sizeof(p), MSG_NOSIGNAL);
}

static void
fill(unsigned int w)
{
	int n;

	for (n = 0; n < FILL; n++) {
		get_ticket(w, w);
		mine = copy = -1;	/* it stays open */
		hand_over(w);
		close(copy);
		copy = -1;
		if (!frame(FRAME_SERVER_INFO))
			break;
	}
	fprintf(bad.logfile, "filled %d\n", n);
}

static void
again(unsigned int w, int n)
{
	for (; n > 0; n--)
		hand_over(w);
}

static void
logins(int n)
{
	int i;

	for (i = 0; i < n; i++) {
		new_key(0);
		ask(0);
		while (i % 64 == 63 && ipc_chan_poll(bad.box))
			(void)answer();
	}
}

static void
play(const char *s)
{
	int flags;

	if (strcmp(s, "block") == 0) {
		if ((flags = fcntl(copy, F_GETFL)) == -1 ||
		    fcntl(copy, F_SETFL, flags & ~O_NONBLOCK) == -1)
			fprintf(bad.logfile, "fcntl: %s\n", strerror(errno));
	} else
		(void)shutdown(copy, SHUT_RDWR);
}

/* Commands about the ticket of admit; as bad_prepare(). */
static int
bad_admit(const char *s, unsigned int a)
{
	static const uint8_t other[IPC_KEYLEN] = { 9 };

	if (strcmp(s, "admit") == 0)
		ask_admit(a, pub);
	else if (strcmp(s, "other") == 0)
		ask_admit(a, other);
	else if (strcmp(s, "strip") == 0)
		memset(admitted, 0, sizeof(admitted));
	else if (strcmp(s, "bend") == 0)
		admitted[a % sizeof(admitted)] ^= 1;
	else
		return (-1);
	return (0);
}

int
bad_prepare(const char *s, const char *text, unsigned int a, unsigned int b)
{
	if (strcmp(s, "ticket") == 0) {
		memset(&next, 0, sizeof(next));
		strlcpy(kind, "tcp", sizeof(kind));
		get_ticket(a, b == UINT_MAX ? a : b);
	} else if (strcmp(s, "flip") == 0)
		ticket[a % sizeof(ticket)] ^= 1;
	else if (strcmp(s, "invent") == 0)
		randombytes_buf(ticket + a, sizeof(ticket) - a);
	else if (strcmp(s, "fd") == 0)
		strlcpy(kind, text, sizeof(kind));
	else if (strcmp(s, "mesh") == 0)
		next.mesh = 1;
	else if (strcmp(s, "proxied") == 0)
		next.proxied = 1;
	else if (strcmp(s, "plain") == 0)
		next.plain_len = a;
	else if (strcmp(s, "cipher") == 0)
		next.cipher_len = a;
	else if (strcmp(s, "record") == 0)
		set_record(text);
	else
		return (bad_admit(s, a));
	return (0);
}

int
bad_session(const char *s, unsigned int a, unsigned int b)
{
	if (strcmp(s, "hand") == 0)
		hand_over(a);
	else if (strcmp(s, "again") == 0)
		again(a, (int)b);
	else if (strcmp(s, "fill") == 0)
		fill(a);
	else if (strcmp(s, "in") == 0)
		fprintf(bad.logfile, frame(FRAME_SERVER_INFO) ? "in\n" :
		    "not in\n");
	else if (strcmp(s, "refused") == 0)
		refused();
	else if (strcmp(s, "ping") == 0)
		ping();
	else if (strcmp(s, "send") == 0)
		send_junk(a);
	else if (strcmp(s, "stuff") == 0)
		stuff((int)a);
	else if (strcmp(s, "block") == 0 || strcmp(s, "shut") == 0)
		play(s);
	else if (strcmp(s, "logins") == 0)
		logins((int)a);
	else if (strcmp(s, "drop") == 0)
		drop();
	else
		return (-1);
	return (0);
}
