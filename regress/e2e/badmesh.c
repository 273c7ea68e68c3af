/*
 * badmesh: replaces derpd-mesh with a process that acts as if it had been taken
 * over.  For badmesh_test.sh.
 *
 * It tries the rows of `tries' one after the other, each on a channel to its
 * relay worker, and writes to mesh.log beside it what became of the channel:
 * "NAME closed" or "NAME open".  Then it does nothing any more.
 */
#include <sys/types.h>
#include <sys/queue.h>
#include <sys/socket.h>
#include <netinet/in.h>
#include <err.h>
#include <errno.h>
#include <imsg.h>
#include <limits.h>
#include <sodium.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "child.h"
#include "ipcsend.h"

#define WAIT_MS		3000	/* for the end of a channel */
#define ASK_MS		1100	/* between two requests for one */
#define MANY		2000	/* links */

static struct ipc_chan	*parent, *relay;
static uint8_t		 own[IPC_KEYLEN];	/* key of this server */
static int		 peer = -1;	/* the other end of the last pair */

static int
pair(int type)
{
	int sv[2];

	if (peer != -1)
		close(peer);
	if (socketpair(AF_UNIX, type, 0, sv) == -1)
		err(1, "socketpair");
	peer = sv[1];
	return (sv[0]);
}

static int
pipe_end(void)
{
	int v[2];

	if (pipe(v) == -1)
		err(1, "pipe");
	close(v[1]);
	return (v[0]);
}

static int
listening(void)
{
	struct sockaddr_in sin = { .sin_family = AF_INET };
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	sin.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	if (fd == -1 || bind(fd, (struct sockaddr *)&sin, sizeof(sin)) == -1 ||
	    listen(fd, 1) == -1)
		err(1, "listening socket");
	return (fd);
}

/* A message without the checks of a sender. */
static void
raw(uint32_t type, size_t len, int fd)
{
	static const uint8_t zeros[200];
	struct imsgbuf b;

	if (imsgbuf_init(&b, ipc_chan_fd(relay)) == -1)
		err(1, "imsgbuf_init");
	imsgbuf_allow_fdpass(&b);
	if (imsg_compose(&b, type, 0, 0, fd, zeros, len) != 1 ||
	    imsgbuf_write(&b) == -1)
		warn("not sent");
	imsgbuf_clear(&b);
}

static int
hand(int fd, const uint8_t *key, int proxied, const void *record, size_t n)
{
	static const uint8_t addr[IPC_ADDRLEN], server[IPC_KEYLEN] = { 1 };
	static uint32_t number;
	struct ipc_msg_mesh_link v = { .number = number + 1,
	    .server_key = key == NULL ? server : key, .addr = addr,
	    .proxied = proxied, .record = record, .record_len = n };

	number++;
	if (ipc_send_mesh_link(relay, &v, fd) == -1)
		return (-1);
	return (ipc_chan_flush(relay, WAIT_MS));
}

static void
try_pipe(void)
{
	(void)hand(pipe_end(), NULL, 1, NULL, 0);
}

static void
try_listening(void)
{
	uint8_t record[130] = { 1 };

	(void)hand(listening(), NULL, 0, record, sizeof(record));
}

static void
try_datagrams(void)
{
	(void)hand(pair(SOCK_DGRAM), NULL, 1, NULL, 0);
}

static void
try_local(void)
{
	(void)hand(pair(SOCK_STREAM), NULL, 0, NULL, 0);
}

static void
try_self(void)
{
	(void)hand(pair(SOCK_STREAM), own, 1, NULL, 0);
}

static void
try_no_descriptor(void)
{
	raw(MSG_MESH_LINK, 100, -1);
}

static void
try_cut(void)
{
	raw(MSG_MESH_LINK, 50, pair(SOCK_STREAM));
}

static void
try_handover(void)
{
	raw(MSG_HANDOVER, 200, pair(SOCK_STREAM));
}

static void
try_unknown(void)
{
	raw(MSG_MAX + 7, 4, -1);
}

static void
try_huge(void)
{
	const struct imsg_hdr hdr = { .type = MSG_MESH_LINK,
	    .len = 0x7fffffff };

	(void)send(ipc_chan_fd(relay), &hdr, sizeof(hdr), MSG_NOSIGNAL);
}

/* A link whose node sends anything. */
static void
try_junk(void)
{
	uint8_t b[65536];
	int i;

	for (i = 0; i < 50; i++) {
		if (hand(pair(SOCK_STREAM), NULL, 1, NULL, 0) == -1)
			return;
		randombytes_buf(b, sizeof(b));
		b[0] = (uint8_t)i;
		(void)send(peer, b, sizeof(b), MSG_NOSIGNAL | MSG_DONTWAIT);
	}
}

/* Links that end at once, each with its end in a message that nobody reads. */
static void
try_deaf(void)
{
	char b[256];
	int i;

	for (i = 0; i < MANY; i++) {
		if (hand(pair(SOCK_STREAM), NULL, 1, NULL, 0) == -1)
			return;
		(void)shutdown(peer, SHUT_WR);
		while (recv(peer, b, sizeof(b), 0) > 0)
			;
	}
}

/* Half a message. */
static void
try_half(void)
{
	const struct imsg_hdr hdr = { .type = MSG_MESH_LINK, .len = 1000 };

	(void)send(ipc_chan_fd(relay), &hdr, sizeof(hdr), MSG_NOSIGNAL);
}

static const struct {
	const char	*name;
	void		(*run)(void);
} tries[] = {
	{ "pipe", try_pipe },
	{ "listening", try_listening },
	{ "datagrams", try_datagrams },
	{ "local", try_local },
	{ "self", try_self },
	{ "no-descriptor", try_no_descriptor },
	{ "cut", try_cut },
	{ "handover", try_handover },
	{ "unknown", try_unknown },
	{ "huge", try_huge },
	{ "junk", try_junk },
	{ "deaf", try_deaf },
	{ "half", try_half }
};

/* Handle a message of the parent. */
static void
handle(struct ipc_msg *m)
{
	const struct ipc_msg_ready ready = { "none" };
	struct ipc_msg_mesh_conf v;

	switch (m->type) {
	case MSG_MESH_CONF:
		if (ipc_get_mesh_conf(&m->rd, &v) == -1)
			errx(1, "settings");
		memcpy(own, v.node_key, sizeof(own));
		(void)ipc_send_ready(parent, &ready);
		(void)ipc_chan_flush(parent, WAIT_MS);
		break;
	case MSG_MESH_RELAY:
		ipc_chan_free(relay);
		relay = ipc_chan_new(NULL, m->fd, ROLE_MESH, ROLE_RELAY, NULL,
		    NULL, NULL);
		m->fd = -1;
		if (relay == NULL)
			err(1, "channel");
		break;
	case MSG_STOP:
		_exit(0);
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
		_exit(0);
}

/* Get a channel to the relay worker. */
static void
connect_relay(void)
{
	const struct ipc_msg_mesh_chanless v = { .relay = 1 };

	for (;;) {
		listen_to_parent(ASK_MS);
		if (relay != NULL)
			return;
		(void)ipc_send_mesh_chanless(parent, &v);
		(void)ipc_chan_flush(parent, WAIT_MS);
	}
}

/* Return 1 if the relay worker closes the channel. */
static int
is_closed(void)
{
	struct ipc_msg m;

	while (ipc_chan_recv(relay, &m, WAIT_MS) == 0)
		ipc_msg_free(&m);
	return (errno != ETIMEDOUT);
}

int
main(int argc, char **argv)
{
	struct ipc_child_start st;
	char path[PATH_MAX], *slash;
	FILE *log;
	size_t i;

#ifdef HAVE_LIBBSD
	extern char **environ;

	setproctitle_init(argc, argv, environ);
#else
	(void)argc;
#endif
	snprintf(path, sizeof(path) - 16, "%s", argv[0]);
	if ((slash = strrchr(path, '/')) == NULL)
		errx(1, "run by its path");
	strcpy(slash, "/mesh.log");
	if (sodium_init() == -1)
		errx(1, "sodium_init");
	parent = ipc_child_init(ROLE_MESH, &st);
	if ((log = fopen(path, "a")) == NULL)
		err(1, "%s", path);
	setvbuf(log, NULL, _IOLBF, 0);
	fprintf(log, "started\n");
	for (i = 0; i < sizeof(tries) / sizeof(tries[0]); i++) {
		connect_relay();
		tries[i].run();
		fprintf(log, "%s %s\n", tries[i].name, is_closed() ? "closed" :
		    "open");
		ipc_chan_free(relay);
		relay = NULL;
	}
	fprintf(log, "done\n");
	for (;;)
		listen_to_parent(ASK_MS);
}
