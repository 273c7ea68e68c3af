/*
 * badfront: replaces derpd-front with a process that runs commands of a test,
 * like a front that was taken over.  For badfront_test.sh.
 *
 * derpd runs it from a directory of the test.  There it writes a line for each
 * event to front.log.  The front with the number 0 is replaced by the program
 * derpd-front.real if that is there.  A badfront stops listening: no client
 * meets it.  When front.cmd exists, it removes it and runs its commands, one in
 * each line.  W is the number of a relay worker.
 *
 *	ticket W [V]	get the ticket of a login box, for a new key that worker
 *			W owns; made for worker V
 *	admit W		get the ticket of admit for that login, for worker W
 *	other W		the same for another key
 *	strip		have no ticket of admit; else the last one goes along
 *	flip AT		change one bit in the byte AT of the ticket
 *	bend AT		the same in that of admit
 *	invent AT	random bytes from AT to the end of the ticket
 *	fd KIND		what is handed over next: tcp (the default), unix, pipe,
 *			udp, listen
 *	mesh, proxied	set these in the next hand-over
 *	plain N, cipher N	so many bytes behind ClientInfo
 *	record KIND	state of records: none (the default), random, short, or
 *			wild (each field has a value that is permitted)
 *	hand W		hand it over
 *	in, refused	the session gets ServerInfo; the connection is closed
 *	ping		the session gets the answer to a ping
 *	send N		send N random bytes as the client
 *	stuff N		the client sends itself N packets and reads nothing
 *	block, shut	with the copy of the descriptor: clear O_NONBLOCK; end
 *			both directions
 *	drop		close the descriptors of the session
 *	fill W		sessions for W, until one is refused
 *	again W N	N times the last message, on new connections
 *	naked W		a hand-over without a descriptor
 *	slip W N	N descriptors without a message
 *	half W		the first half of a hand-over
 *	raw W TYPE	a message of this number to worker W
 *	parent TYPE	the same to the parent
 *	links N, hands N, keyless N	N requests to the parent
 *	logins N	N logins without a hand-over
 *	sleep		stop to read
 *	exit		end
 */
#include <sys/types.h>
#include <sys/queue.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <err.h>
#include <errno.h>
#include <imsg.h>
#include <limits.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "badfront.h"
#include "child.h"
#include "ipcsend.h"
#include "slots.h"

#define POLL_MS		20
#define WAIT_MS		5000
struct bad		 bad;
static struct ipc_chan	*parent;
static char		 dir[PATH_MAX];

static struct ipc_chan *
channel(int fd, enum ipc_role peer)
{
	struct ipc_chan *c = ipc_chan_new(NULL, fd, ROLE_FRONT, peer, NULL,
	    NULL, NULL);

	if (c == NULL)
		err(1, "channel");
	return (c);
}

void
bad_sent(struct ipc_chan *c, int rv)
{
	if (rv == -1 || ipc_chan_flush(c, WAIT_MS) == -1)
		fprintf(bad.logfile, "not sent: %s\n", strerror(errno));
}

static void
use_conf(struct ipc_msg *m)
{
	struct ipc_msg_front_conf v;

	if (ipc_get_front_conf(&m->rd, &v) == -1)
		errx(1, "settings");
	bad.conf = v.conf;
}

static void
use_keys(struct ipc_msg *m)
{
	struct ipc_msg_server_keys v;

	if (ipc_get_server_keys(&m->rd, &v) == -1)
		errx(1, "channel to keys");
	if (v.kind != KEYCHAN_BOX)
		return;
	ipc_chan_free(bad.box);
	bad.box = channel(m->fd, ROLE_KEYS);
	m->fd = -1;
}

static void
use_admit(struct ipc_msg *m)
{
	ipc_chan_free(bad.admit);
	bad.admit = channel(m->fd, ROLE_ADMIT);
	m->fd = -1;
	fprintf(bad.logfile, "channel of admit\n");
}

static void
use_hand(struct ipc_msg *m)
{
	struct ipc_msg_server_hand v;

	if (ipc_get_server_hand(&m->rd, &v) == -1)
		errx(1, "channel to a worker");
	ipc_chan_free(bad.hands[v.number]);
	bad.hands[v.number] = channel(m->fd, ROLE_RELAY);
	m->fd = -1;
	fprintf(bad.logfile, "channel %u\n", v.number);
}

static void
commit(struct ipc_msg *m)
{
	struct ipc_msg_server_result r = { .ok = 1 };
	struct ipc_msg_ready ready = { "none" };
	struct ipc_msg_server_commit v;

	if (ipc_get_server_commit(&m->rd, &v) == -1)
		errx(1, "commit");
	if (v.how == SETTINGS_DROP)
		return;
	r.id = v.id;
	bad_sent(parent, ipc_send_server_result(parent, &r));
	if (v.how != SETTINGS_FIRST)
		return;
	bad_sent(parent, ipc_send_ready(parent, &ready));
	fprintf(bad.logfile, "started\n");
}

/* A message from the parent. */
static void
handle(struct ipc_msg *m)
{
	switch (m->type) {
	case MSG_FRONT_CONF:
		use_conf(m);
		break;
	case MSG_SERVER_KEYS:
		use_keys(m);
		break;
	case MSG_SERVER_SLOTS:
		ipc_slots_free(bad.slots);
		bad.slots = ipc_slots_map(m->fd);
		break;
	case MSG_SERVER_ADMIT:
		use_admit(m);
		break;
	case MSG_SERVER_HAND:
		use_hand(m);
		break;
	case MSG_FRONT_LISTEN:
		(void)shutdown(m->fd, SHUT_RD);
		break;
	case MSG_SERVER_COMMIT:
		commit(m);
		break;
	case MSG_STOP:
		exit(0);
	}
}

/* Handle what the parent sends within `ms'. */
static void
listen_to_parent(int ms)
{
	struct ipc_msg m;

	while (ipc_chan_recv(parent, &m, ms) == 0) {
		handle(&m);
		ipc_msg_free(&m);
		ms = 0;
	}
	if (errno != ETIMEDOUT)
		exit(0);
}

/* A message without the checks of a sender. */
static void
raw(struct ipc_chan *c, uint32_t type, size_t len)
{
	static const uint8_t zeros[200];
	struct imsgbuf b;

	if (imsgbuf_init(&b, ipc_chan_fd(c)) == -1 ||
	    imsg_compose(&b, type, 0, 0, -1, zeros, len) != 1 ||
	    imsgbuf_write(&b) == -1)
		fprintf(bad.logfile, "not sent: %s\n", strerror(errno));
	imsgbuf_clear(&b);
}

/* Send a byte with a descriptor, which belongs to no message. */
static int
slip(unsigned int w)
{
	union {
		struct cmsghdr	 hdr;
		unsigned char	 buf[CMSG_SPACE(sizeof(int))];
	} ctl = { .buf = { 0 } };
	char byte = 0;
	struct iovec iov = { &byte, 1 };
	struct msghdr mh = { .msg_iov = &iov, .msg_iovlen = 1,
	    .msg_control = ctl.buf, .msg_controllen = sizeof(ctl.buf) };

	ctl.hdr.cmsg_len = CMSG_LEN(sizeof(int));
	ctl.hdr.cmsg_level = SOL_SOCKET;
	ctl.hdr.cmsg_type = SCM_RIGHTS;
	memcpy(CMSG_DATA(&ctl.hdr), &(int){ 0 }, sizeof(int));
	return (sendmsg(ipc_chan_fd(bad.hands[w]), &mh, MSG_NOSIGNAL) == -1 ?
	    -1 : 0);
}

static void
half(unsigned int w)
{
	struct imsg_hdr hdr = { .type = MSG_HANDOVER, .len = 1000 };

	(void)send(ipc_chan_fd(bad.hands[w]), &hdr, sizeof(hdr), MSG_NOSIGNAL);
}

/* Requests to the parent, which may kill this process. */
static void
demand(const char *what, int n)
{
	struct ipc_msg_server_unlinked u = { .hands = UINT64_MAX };
	struct ipc_msg_server_keyless k = { 1, 1 };

	if (strcmp(what, "links") == 0)
		u.links = 1;
	for (; n > 0; n--) {
		bad_sent(parent, strcmp(what, "keyless") == 0 ?
		    ipc_send_server_keyless(parent, &k) :
		    ipc_send_server_unlinked(parent, &u));
		if (n % 64 == 0)
			listen_to_parent(0);
	}
}

static void
obey(char *s)
{
	char *arg = strchr(s, ' '), *rest;
	unsigned int a = 0, b = UINT_MAX;

	if (arg != NULL) {
		*arg++ = '\0';
		a = (unsigned int)strtoul(arg, &rest, 10);
		if (*rest == ' ')
			b = (unsigned int)strtoul(rest, NULL, 10);
	}
	if (bad_prepare(s, arg, a, b) == 0 ||
	    bad_session(s, a, b) == 0)
		;
	else if (strcmp(s, "naked") == 0)
		raw(bad.hands[a], MSG_HANDOVER, 200);
	else if (strcmp(s, "raw") == 0)
		raw(bad.hands[a], b, 4);
	else if (strcmp(s, "parent") == 0)
		raw(parent, a, 4);
	else if (strcmp(s, "half") == 0)
		half(a);
	else if (strcmp(s, "slip") == 0)
		while (b-- > 0 && slip(a) == 0)
			;
	else if (strcmp(s, "links") == 0 || strcmp(s, "hands") == 0 ||
	    strcmp(s, "keyless") == 0)
		demand(s, (int)a);
	else if (strcmp(s, "sleep") == 0)
		for (;;)
			pause();
	else if (strcmp(s, "exit") == 0)
		exit(3);
	else
		errx(1, "unknown command %s", s);
	fprintf(bad.logfile, "done %s\n", s);
}

/* Run the commands of front.cmd, if it exists. */
static void
commands(void)
{
	char path[PATH_MAX], line[256];
	FILE *fp;

	snprintf(path, sizeof(path), "%.2000s/front.cmd", dir);
	if ((fp = fopen(path, "r")) == NULL)
		return;
	(void)unlink(path);
	while (fgets(line, sizeof(line), fp) != NULL) {
		line[strcspn(line, "\n")] = '\0';
		obey(line);
		listen_to_parent(0);
	}
	fclose(fp);
}

/*
 * Look at MSG_START, which stays in the channel, and become the real front if
 * its number is 0.
 */
static void
give_way(char **argv)
{
	static uint8_t p[4096];
	struct ipc_msg_start v;
	struct imsg_hdr hdr;
	char path[PATH_MAX];
	struct ipc_rd r;
	ssize_t n;

	snprintf(path, sizeof(path), "%.2000s/derpd-front.real", dir);
	if (access(path, X_OK) == -1)
		return;
	do {
		n = recv(CHILD_FD, p, sizeof(p), MSG_PEEK);
		memcpy(&hdr, p, sizeof(hdr));
	} while (n < (ssize_t)sizeof(hdr) || (size_t)n < hdr.len);
	ipc_rd_init(&r, p + sizeof(hdr), hdr.len - sizeof(hdr));
	if (hdr.type != MSG_START || ipc_get_start(&r, &v) == -1)
		errx(1, "no MSG_START");
	if (v.worker == 0)
		(void)execv(path, argv);
}

int
main(int argc, char **argv)
{
	struct ipc_child_start st;
	char path[PATH_MAX], *slash;

#ifdef HAVE_LIBBSD
	extern char **environ;

	setproctitle_init(argc, argv, environ);
#else
	(void)argc;
#endif
	snprintf(dir, sizeof(dir), "%s", argv[0]);
	if ((slash = strrchr(dir, '/')) == NULL)
		errx(1, "run by its path");
	*slash = '\0';
	give_way(argv);
	if (sodium_init() == -1)
		errx(1, "sodium_init");
	parent = ipc_child_init(ROLE_FRONT, &st);
	snprintf(path, sizeof(path), "%.2000s/front.log", dir);
	if ((bad.logfile = fopen(path, "a")) == NULL)
		err(1, "%s", path);
	setvbuf(bad.logfile, NULL, _IOLBF, 0);
	for (;;) {
		commands();
		listen_to_parent(POLL_MS);
	}
}
