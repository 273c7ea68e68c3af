/*
 * oldparent: plays the derpd that runs, for a derpd that takes over.  Called by
 * successor_test.sh, which is the parent of the new derpd: this program starts
 * another process for the old one, and executes the new one itself.
 *
 *	oldparent STEP... -- derpd -U 3 ...
 *
 * The steps:
 *
 *	listen:PORT control:PATH	sockets that are passed on
 *	version:V begin:WORKERS accept commit abort:WHY
 *					messages
 *	move:FROM:TO			the channel of sessions of an old worker
 *					to a new one
 *	empty				no session comes over these channels
 *	cut				they end
 *	ready took taken failed		the message that must come; its fields
 *					are printed
 *	closed				the channel must end
 *	touch:FILE wait:FILE		make a file, or wait until it is there
 *
 * Prints "done" when all were taken; the channel is closed then.
 */
#include <sys/socket.h>
#include <sys/un.h>
#include <netinet/in.h>
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "ipcsend.h"

#define WAIT_MS	60000

static struct ipc_chan	*chan;
static int		 kept[64];	/* sockets that stay open */
static struct ipc_chan	*moves[64];
static unsigned int	 nkept, nmoves, version = IPC_MOVE_VERSION;

static void
sent(int rv)
{
	if (rv == -1 || ipc_chan_flush(chan, WAIT_MS) == -1)
		err(1, "can't send");
}

static void
send_socket(enum ipc_up_socket kind, int fd)
{
	struct ipc_msg_up_socket v = { kind };
	int copy = dup(fd);

	if (copy == -1 || nkept == sizeof(kept) / sizeof(kept[0]))
		err(1, "dup");
	kept[nkept++] = fd;
	sent(ipc_send_up_socket(chan, &v, copy));
}

static void
do_listen(const char *port)
{
	struct sockaddr_in sin;
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), one = 1;

	memset(&sin, 0, sizeof(sin));
	sin.sin_family = AF_INET;
	sin.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	sin.sin_port = htons((uint16_t)atoi(port));
	if (fd == -1 || setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one,
	    sizeof(one)) == -1 || setsockopt(fd, SOL_SOCKET, SO_REUSEPORT,
	    &one, sizeof(one)) == -1 || bind(fd, (struct sockaddr *)&sin,
	    sizeof(sin)) == -1 || listen(fd, 128) == -1)
		err(1, "listen on port %s", port);
	send_socket(IPC_UP_LISTEN, fd);
}

static void
do_control(const char *path)
{
	struct sockaddr_un sun;
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	memset(&sun, 0, sizeof(sun));
	sun.sun_family = AF_UNIX;
	snprintf(sun.sun_path, sizeof(sun.sun_path), "%s", path);
	if (fd == -1 || bind(fd, (struct sockaddr *)&sun, sizeof(sun)) == -1 ||
	    listen(fd, 16) == -1)
		err(1, "listen on %s", path);
	send_socket(IPC_UP_CONTROL, fd);
}

static void
do_version(const char *text)
{
	version = (unsigned int)atoi(text);
}

static void
do_begin(const char *text)
{
	static const uint8_t secret[IPC_SLOT_SECRETLEN] = { 1 };
	static const uint8_t hash[IPC_MESHHASH_LEN];
	struct ipc_msg_up_begin v = { version, "oldbuild",
	    (uint32_t)atoi(text), secret, hash, 0, 0, hash };

	sent(ipc_send_up_begin(chan, &v));
}

static void
do_accept(const char *text)
{
	(void)text;
	sent(ipc_send_up_accept(chan));
}

static void
do_commit(const char *text)
{
	(void)text;
	sent(ipc_send_up_commit(chan));
}

static void
do_abort(const char *text)
{
	struct ipc_msg_up_abort v = { text };

	sent(ipc_send_up_abort(chan, &v));
}

static void
do_move(const char *text)
{
	struct ipc_msg_up_move v;
	int sv[2];

	if (sscanf(text, "%u:%u", &v.from, &v.to) != 2 ||
	    nmoves == sizeof(moves) / sizeof(moves[0]))
		errx(1, "move:%s", text);
	if (socketpair(AF_UNIX, SOCK_STREAM, 0, sv) == -1 ||
	    (moves[nmoves++] = ipc_chan_new(NULL, sv[0], ROLE_RELAY, ROLE_RELAY,
	    NULL, NULL, NULL)) == NULL)
		err(1, "socketpair");
	sent(ipc_send_up_move(chan, &v, sv[1]));
}

static void
do_empty(const char *text)
{
	struct ipc_msg_move_begin begin = { IPC_MOVE_VERSION };
	struct ipc_msg_move_end end = { 0 };
	unsigned int i;

	(void)text;
	for (i = 0; i < nmoves; i++)
		if (ipc_send_move_begin(moves[i], &begin) == -1 ||
		    ipc_send_move_end(moves[i], &end) == -1 ||
		    ipc_chan_flush(moves[i], WAIT_MS) == -1)
			err(1, "can't send to a relay worker");
}

static void
do_cut(const char *text)
{
	(void)text;
	while (nmoves > 0)
		ipc_chan_free(moves[--nmoves]);
}

/* The next message must be of this type. */
static void
expect(uint32_t type)
{
	struct ipc_msg_up_ready ready;
	struct ipc_msg_up_took took;
	struct ipc_msg_up_failed failed;
	struct ipc_msg m;

	if (ipc_chan_recv(chan, &m, WAIT_MS) == -1)
		err(1, "%s did not come", ipc_msg_name(type));
	if (m.type == MSG_UP_FAILED && ipc_get_up_failed(&m.rd, &failed) == 0)
		printf("failed %s\n", failed.why);
	if (m.type != type)
		errx(1, "%s came, not %s", ipc_msg_name(m.type),
		    ipc_msg_name(type));
	if (type == MSG_UP_READY && ipc_get_up_ready(&m.rd, &ready) == 0)
		printf("ready %u\n", ready.nworkers);
	if (type == MSG_UP_TOOK && ipc_get_up_took(&m.rd, &took) == 0)
		printf("took %u\n", took.sessions);
	fflush(stdout);
	ipc_msg_free(&m);
}

static void
do_ready(const char *text)
{
	(void)text;
	expect(MSG_UP_READY);
}

static void
do_took(const char *text)
{
	(void)text;
	expect(MSG_UP_TOOK);
}

static void
do_taken(const char *text)
{
	(void)text;
	expect(MSG_UP_TAKEN);
}

static void
do_failed(const char *text)
{
	(void)text;
	expect(MSG_UP_FAILED);
}

static void
do_closed(const char *text)
{
	struct ipc_msg m;

	(void)text;
	if (ipc_chan_recv(chan, &m, WAIT_MS) == 0)
		errx(1, "%s came, not the end", ipc_msg_name(m.type));
	if (errno != EPIPE)
		err(1, "the channel did not end");
}

static void
do_touch(const char *path)
{
	int fd = open(path, O_WRONLY | O_CREAT, 0644);

	if (fd == -1)
		err(1, "%s", path);
	close(fd);
}

static void
do_wait(const char *path)
{
	const struct timespec pause = { 0, 50 * 1000000 };
	unsigned int i;

	for (i = 0; access(path, F_OK) == -1; i++) {
		if (i == WAIT_MS / 50)
			errx(1, "%s did not come", path);
		(void)nanosleep(&pause, NULL);
	}
}

static const struct {
	const char *name;
	void (*run)(const char *);
} steps[] = {
	{ "listen", do_listen }, { "control", do_control },
	{ "version", do_version }, { "begin", do_begin },
	{ "accept", do_accept }, { "commit", do_commit },
	{ "abort", do_abort }, { "move", do_move }, { "empty", do_empty },
	{ "cut", do_cut }, { "ready", do_ready }, { "took", do_took },
	{ "taken", do_taken }, { "failed", do_failed },
	{ "closed", do_closed }, { "touch", do_touch }, { "wait", do_wait }
};

static void
step(const char *word)
{
	size_t i, n = strcspn(word, ":");

	for (i = 0; i < sizeof(steps) / sizeof(steps[0]); i++)
		if (strlen(steps[i].name) == n &&
		    strncmp(steps[i].name, word, n) == 0) {
			steps[i].run(word[n] == ':' ? word + n + 1 : "");
			return;
		}
	errx(1, "%s: no such step", word);
}

int
main(int argc, char *argv[])
{
	int sv[2], i;

	if (socketpair(AF_UNIX, SOCK_STREAM, 0, sv) == -1)
		err(1, "socketpair");
	switch (fork()) {
	case -1:
		err(1, "fork");
	case 0:
		break;
	default:
		for (i = 1; i < argc && strcmp(argv[i], "--") != 0; i++)
			;
		if (i >= argc - 1)
			errx(1, "expected -- and a program");
		/* Nothing but its channel is passed on by number. */
		if (dup2(sv[1], 3) == -1)
			err(1, "dup2");
		closefrom(4);
		execv(argv[i + 1], argv + i + 1);
		err(1, "%s", argv[i + 1]);
	}
	close(sv[1]);
	chan = ipc_chan_new(NULL, sv[0], ROLE_PARENT, ROLE_SUCCESSOR, NULL,
	    NULL, NULL);
	if (chan == NULL)
		err(1, "no channel");
	for (i = 1; i < argc && strcmp(argv[i], "--") != 0; i++)
		step(argv[i]);
	printf("done\n");
	fflush(stdout);
	return (0);
}
