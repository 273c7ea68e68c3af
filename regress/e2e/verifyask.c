/*
 * verifyask: plays the parent and admit of a derpd-verify, and asks it about
 * keys:
 *
 *	verifyask [-u user] PROGRAM url|tailscaled NAME CAFILE KEY...
 *
 * Prints a line for each key, in their order: "yes", "no", or "failed: REASON".
 * CAFILE "" means the system's.  Called by verify_test.sh.
 */
#include <sys/socket.h>
#include <err.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "build.h"
#include "chan.h"
#include "child.h"
#include "hex.h"
#include "ipcsend.h"

#define WAIT_MS	20000

static struct ipc_chan	*child, *admit;

/* Wait for the next message of this type. */
static void
receive(struct ipc_chan *c, struct ipc_msg *m, uint32_t type)
{
	if (ipc_chan_recv(c, m, WAIT_MS) == -1)
		err(1, "no %s", ipc_msg_name(type));
	if (m->type != type)
		errx(1, "%s, not %s", ipc_msg_name(m->type),
		    ipc_msg_name(type));
}

static void
start(const char *program, const char *user)
{
	struct ipc_msg_start v = {
		.build = ipc_build_id(),
		.verbose = 1,
		.sandbox = 1,
		.to_stderr = 1,
		.user = user
	};
	int fd;

	if (ipc_child_spawn(-1, program, "verify", &fd) == -1)
		err(1, "%s", program);
	child = ipc_chan_new(NULL, fd, ROLE_PARENT, ROLE_VERIFY, NULL, NULL,
	    NULL);
	if (child == NULL || ipc_send_start(child, &v) == -1)
		err(1, "start");
}

/* Settings, and a channel. */
static void
configure(enum ipc_verify_kind kind, const char *name, const char *cafile)
{
	struct ipc_msg_verify_conf v = { .source = {
	    .kind = kind, .name = name, .cafile = cafile } };
	struct ipc_msg m;
	int sv[2];

	if (ipc_send_verify_conf(child, &v) == -1 ||
	    ipc_chan_flush(child, WAIT_MS) == -1)
		err(1, "settings");
	receive(child, &m, MSG_READY);
	ipc_msg_free(&m);
	if (socketpair(AF_UNIX, SOCK_STREAM, 0, sv) == -1 ||
	    ipc_send_verify_chan(child, sv[1]) == -1 ||
	    ipc_chan_flush(child, WAIT_MS) == -1 ||
	    (admit = ipc_chan_new(NULL, sv[0], ROLE_ADMIT, ROLE_VERIFY, NULL,
	    NULL, NULL)) == NULL)
		err(1, "channel");
}

static void
ask(const char *key)
{
	static const uint8_t addr[IPC_ADDRLEN] = {
		0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 192, 0, 2, 1
	};
	uint8_t bytes[IPC_KEYLEN];
	struct ipc_msg_verify_ask q = { 1, bytes, addr };
	struct ipc_msg_verify_answer a;
	struct ipc_msg m;

	if (strncmp(key, "nodekey:", 8) != 0 ||
	    strlen(key + 8) != 2 * IPC_KEYLEN ||
	    base_hex_get(bytes, sizeof(bytes), key + 8) == -1)
		errx(1, "%s is no key", key);
	if (ipc_send_verify_ask(admit, &q) == -1 ||
	    ipc_chan_flush(admit, WAIT_MS) == -1)
		err(1, "question");
	receive(admit, &m, MSG_VERIFY_ANSWER);
	if (ipc_get_verify_answer(&m.rd, &a) == -1)
		errx(1, "malformed answer");
	if (a.answer == IPC_VERIFY_FAILED)
		printf("failed: %s\n", a.why);
	else
		puts(a.answer == IPC_VERIFY_YES ? "yes" : "no");
	ipc_msg_free(&m);
}

int
main(int argc, char **argv)
{
	const char *user = "";

	if (argc > 2 && strcmp(argv[1], "-u") == 0) {
		user = argv[2];
		argc -= 2;
		argv += 2;
	}
	if (argc < 6)
		errx(1, "usage: verifyask [-u user] PROGRAM url|tailscaled "
		    "NAME CAFILE KEY...");
	start(argv[1], user);
	configure(strcmp(argv[2], "url") == 0 ? IPC_VERIFY_URL :
	    IPC_VERIFY_TAILSCALED, argv[3], argv[4]);
	for (argv += 5; *argv != NULL; argv++)
		ask(*argv);
	return (0);
}
