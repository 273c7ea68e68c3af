/*
 * keysfixture: a keys process as the parent sees it, within its sandbox.  For
 * tests that ask one.
 */
#ifndef KEYSFIXTURE_H
#define KEYSFIXTURE_H

#include <sys/socket.h>
#include <sys/wait.h>
#include <atf-c.h>
#include <sodium.h>
#include <string.h>
#include <unistd.h>

#include "build.h"
#include "chan.h"
#include "child.h"
#include "keys.h"

#define WAIT_MS	20000

static struct chan	*parent;	/* the parent's end */
static pid_t		 pid;
static int		 in_child;

/*
 * Asked by the leak sanitizer at exit: from within the sandbox it could not
 * look.
 */
int	__lsan_is_turned_off(void);

int
__lsan_is_turned_off(void)
{
	return (in_child);
}

static inline void
start(void)
{
	struct msg	 m;
	struct wr	 w;
	char		 level[256];
	int		 sv[2];

	ATF_REQUIRE(sodium_init() != -1);
	ATF_REQUIRE_EQ(0, socketpair(AF_UNIX, SOCK_STREAM, 0, sv));
	ATF_REQUIRE((pid = fork()) != -1);
	if (pid == 0) {
		in_child = 1;
		close(sv[0]);
		if (sv[1] != CHILD_FD && dup2(sv[1], CHILD_FD) == -1)
			_exit(9);
		keys_main();
	}
	close(sv[1]);
	parent = chan_new(NULL, sv[0], ROLE_PARENT, ROLE_KEYS, NULL, NULL,
	    NULL);
	ATF_REQUIRE(parent != NULL);
	wr_init(&w);
	wr_str(&w, build_id());
	wr_u32(&w, 0);
	wr_u8(&w, 0);		/* brief */
	wr_u8(&w, 1);		/* sandbox on */
	wr_u8(&w, 1);		/* log to standard error */
	wr_str(&w, "");
	wr_str(&w, "");
	ATF_REQUIRE_EQ(0, chan_call(parent, MSG_START, &w, -1, &m, WAIT_MS));
	wr_free(&w);
	ATF_REQUIRE_EQ(MSG_READY, m.type);
	rd_str(&m.rd, level, sizeof(level));
	ATF_CHECK(rd_end(&m.rd));
	ATF_CHECK_MSG(strcmp(sandbox_backend(), "null") == 0 ||
	    strstr(level, sandbox_backend()) != NULL, "%s", level);
	msg_free(&m);
}

static inline void
await_exit(int want)
{
	int	 status;

	ATF_REQUIRE_EQ(pid, waitpid(pid, &status, 0));
	ATF_REQUIRE_MSG(WIFEXITED(status), "signal %d", WTERMSIG(status));
	ATF_CHECK_EQ(want, WEXITSTATUS(status));
}

static inline void
stop(void)
{
	struct wr	 w;

	wr_init(&w);
	wr_u32(&w, 1000);
	ATF_REQUIRE_EQ(0, chan_send(parent, MSG_STOP, &w, -1));
	ATF_REQUIRE_EQ(0, chan_flush(parent, WAIT_MS));
	wr_free(&w);
	await_exit(0);
	chan_free(parent);
}

#endif
