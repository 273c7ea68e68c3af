/*
 * childpeer: Shared by tests of whole child processes.  The process runs in a
 * fork of the test, in its sandbox, and the test acts as its parent.
 */
#ifndef CHILDPEER_H
#define CHILDPEER_H

#include <sys/socket.h>
#include <sys/wait.h>
#include <atf-c.h>
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "build.h"
#include "chan.h"
#include "child.h"
#include "ipcsend.h"

#define WAIT_MS	30000

static struct ipc_chan	*child;		/* the parent's end of the channel */
static pid_t		 child_pid;
static int		 in_child;

/*
 * The leak sanitizer calls this at exit.  Its check does not work in the
 * sandbox.
 */
int	__lsan_is_turned_off(void);

int
__lsan_is_turned_off(void)
{
	return (in_child);
}

/*
 * Use `fd' as the parent's end of the channel to a child of `role', and send it
 * MSG_START; `verbose' 1 turns on its debug log.
 */
static inline void
child_adopt(enum ipc_role role, int fd, int verbose)
{
	struct ipc_msg_start start = {
		.build = ipc_build_id(),
		.verbose = (uint8_t)verbose,
		.sandbox = strcmp(sandbox_backend(), "null") != 0,
		.to_stderr = 1
	};

	child = ipc_chan_new(NULL, fd, ROLE_PARENT, role, NULL, NULL, NULL);
	ATF_REQUIRE(child != NULL);
	ATF_REQUIRE_EQ(0, ipc_send_start(child, &start));
	ATF_REQUIRE_EQ(0, ipc_chan_flush(child, WAIT_MS));
}

/* Fork the process of `role', whose main function is main_(). */
static inline void
child_fork(enum ipc_role role, void (*main_)(void), int verbose)
{
	int sv[2];

	ATF_REQUIRE_EQ(0, socketpair(AF_UNIX, SOCK_STREAM, 0, sv));
	ATF_REQUIRE((child_pid = fork()) != -1);
	if (child_pid == 0) {
		in_child = 1;
		close(sv[0]);
		if (sv[1] != CHILD_FD && dup2(sv[1], CHILD_FD) == -1)
			_exit(9);
		main_();
	}
	close(sv[1]);
	child_adopt(role, sv[0], verbose);
}

/* The next message must be MSG_READY, with the sandbox on. */
static inline void
child_is_ready(void)
{
	struct ipc_msg_ready ready;
	struct ipc_msg m;

	ATF_REQUIRE_EQ(0, ipc_chan_recv(child, &m, WAIT_MS));
	ATF_REQUIRE_EQ(MSG_READY, m.type);
	ATF_REQUIRE_EQ(0, ipc_get_ready(&m.rd, &ready));
	ATF_CHECK_MSG(strcmp(sandbox_backend(), "null") == 0 ||
	    strstr(ready.level, sandbox_backend()) != NULL, "%s", ready.level);
	ipc_msg_free(&m);
}

/* Send a message with the payload `w', which is freed; NULL: none. */
static inline void
child_tell(uint32_t type, struct ipc_wr *w)
{
	ATF_REQUIRE_EQ(0, ipc_chan_send(child, type, w, -1));
	ATF_REQUIRE_EQ(0, ipc_chan_flush(child, WAIT_MS));
	if (w != NULL)
		ipc_wr_free(w);
}

/*
 * Start the process of `role', whose main function is main_(), and send it the
 * message `type' with the payload `w' (freed), which completes its start.
 */
static inline void
child_start(enum ipc_role role, void (*main_)(void), uint32_t type,
    struct ipc_wr *w)
{
	child_fork(role, main_, 0);
	child_tell(type, w);
	child_is_ready();
}

/* Check that the process exits with `status'. */
static inline void
child_ends(int status)
{
	int st;

	ATF_REQUIRE_EQ(child_pid, waitpid(child_pid, &st, 0));
	ATF_CHECK_MSG(WIFEXITED(st) && WEXITSTATUS(st) == status,
	    "it ended with 0x%x", (unsigned int)st);
	ipc_chan_free(child);
	child = NULL;
}

/* Close the channel as a parent that died; the process must exit. */
static inline void
child_leave(void)
{
	ipc_chan_free(child);
	child = NULL;
	child_ends(0);
}

/* Send MSG_STOP; the process must exit. */
static inline void
child_stop(void)
{
	struct ipc_msg_stop v = { 1000 };

	ATF_REQUIRE_EQ(0, ipc_send_stop(child, &v));
	ATF_REQUIRE_EQ(0, ipc_chan_flush(child, WAIT_MS));
	child_ends(0);
}

#endif
