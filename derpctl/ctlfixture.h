/*
 * ctlfixture: commands of derpctl against a derpd that is played by a child
 * process.
 */
#ifndef CTLFIXTURE_H
#define CTLFIXTURE_H

#include <sys/types.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <atf-c.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "build.h"
#include "commands.h"
#include "ctl.h"
#include "messages.h"

/* How the played derpd handles one request. */
struct part {
	uint32_t	 want;		/* expected request */
	uint32_t	 type;		/* message before the verdict, or 0 */
	const char	*text;		/* its string */
	int		 ok;		/* verdict, -1: close the channel */
	const char	*why;
	const struct part *next;	/* the next request: over this channel,
					   or another if this one is closed */
};

/* A part without a next one. */
#define LAST_PART(want, type, text, ok, why)				\
	{ want, type, text, ok, why, NULL }

static const char	*build;		/* of derpd; NULL: as derpctl */
static unsigned int	 closes;	/* connections that derpd closes at
					   once, before the first part */
static struct ctl	ctl = { .socket = "sock" };

/* Send one message: a text, after the byte `lead' unless that is -1. */
static void
tell(struct ipc_chan *c, uint32_t type, int lead, const char *s)
{
	struct ipc_wr	w;

	ipc_wr_init(&w);
	if (lead == -1)
		ipc_wr_blob(&w, s, strlen(s));
	else {
		ipc_wr_u8(&w, (uint8_t)lead);
		ipc_wr_str(&w, s);
	}
	if (ipc_chan_send(c, type, &w, -1) == -1 || ipc_chan_flush(c,
	    20000) == -1)
		_exit(3);
	ipc_wr_free(&w);
}

/*
 * Send clients: two without names, or three with; the second time, a second
 * later, the last of them has sent 2048 bytes more.
 */
static void
list(struct ipc_chan *c, uint32_t type)
{
	static unsigned int	again;
	struct ipc_msg_ctl_listed	v[3] = {
		{ { .key = { 0xab }, .worker = 1, .rx_bytes = 1 }, "Anna",
		    "office" },
		{ { .key = { 0xab }, .worker = 1, .rx_bytes = 3 }, "Anna",
		    "office" },
		{ { .key = { 0xcd }, .worker = 0, .rx_bytes = 2 }, "\033[2J",
		    "" },
	};
	struct ipc_wr			w;
	int				i;

	v[2].client.rx_bytes += 2048 * again;
	for (i = 0; i < 3; i++)
		v[i].client.age_ms = 5000 + 1000 * again;
	again++;
	for (i = 0; i < (type == MSG_CTL_LISTED ? 3 : 2); i++) {
		ipc_wr_init(&w);
		if (type == MSG_CTL_LISTED)
			ipc_put_ctl_listed(&w, &v[i]);
		else
			ipc_add_client_info(&w, &v[0].client);
		if (ipc_chan_send(c, type, &w, -1) == -1 ||
		    ipc_chan_flush(c, 20000) == -1)
			_exit(3);
		ipc_wr_free(&w);
	}
}

/* Exchange the builds. */
static void
greet(struct ipc_chan *c)
{
	struct ipc_msg_ctl_build	own = { ipc_build_id() };
	struct ipc_msg_ctl_hello	hello;
	struct ipc_msg			m;
	struct ipc_wr			w;

	if (build != NULL)
		own.build = build;
	if (ipc_chan_recv(c, &m, 20000) == -1 || m.type != MSG_CTL_HELLO ||
	    ipc_get_ctl_hello(&m.rd, &hello) == -1 ||
	    strcmp(hello.build, ipc_build_id()) != 0)
		_exit(5);
	ipc_msg_free(&m);
	ipc_wr_init(&w);
	ipc_put_ctl_build(&w, &own);
	if (ipc_chan_send(c, MSG_CTL_BUILD, &w, -1) == -1 ||
	    ipc_chan_flush(c, 20000) == -1)
		_exit(5);
	ipc_wr_free(&w);
}

/* In the child: wait for derpctl. */
static struct ipc_chan *
accept_one(int lfd)
{
	struct ipc_chan	*c;
	int		 fd;

	if ((fd = accept(lfd, NULL, NULL)) == -1 ||
	    (c = ipc_chan_new(NULL, fd, ROLE_PARENT, ROLE_CTL, NULL, NULL,
	    NULL)) == NULL)
		_exit(2);
	greet(c);
	return c;
}

/* In the child: play the parts. */
static void
play(int lfd, const struct part *p)
{
	struct ipc_chan	*c = NULL;
	struct ipc_msg	 m;

	alarm(30);
	for (; closes > 0; closes--)
		close(accept(lfd, NULL, NULL));
	for (; p != NULL; p = p->next) {
		if (c == NULL)
			c = accept_one(lfd);
		if (ipc_chan_recv(c, &m, 20000) == -1)
			_exit(2);
		if (m.type != p->want)
			_exit(4);
		ipc_msg_free(&m);
		if (p->text == NULL && (p->type == MSG_CTL_CLIENT ||
		    p->type == MSG_CTL_LISTED))
			list(c, p->type);
		else if (p->type != 0)
			tell(c, p->type, -1, p->text);
		if (p->ok != -1)
			tell(c, MSG_CTL_DONE, p->ok, p->why);
		else {
			ipc_chan_free(c);
			c = NULL;
		}
	}
	ipc_chan_free(c);
	_exit(0);
}

/*
 * Run a command of up to four words against the parts.  Its exit status; its
 * output is in the files out and err.
 */
static int
run4(const struct part *p, const char *a0, const char *a1, const char *a2,
    const char *a3)
{
	struct sockaddr_un	 sun = { .sun_family = AF_UNIX };
	const char		*args[] = { a0, a1, a2, a3 };
	char			*argv[5] = { NULL }, words[4][80];
	pid_t			 pid, other;
	int			 lfd, st, verdict, argc;

	signal(SIGPIPE, SIG_IGN);
	unlink("sock");
	strlcpy(sun.sun_path, "sock", sizeof(sun.sun_path));
	ATF_REQUIRE((lfd = socket(AF_UNIX, SOCK_STREAM, 0)) != -1);
	ATF_REQUIRE(bind(lfd, (struct sockaddr *)&sun, sizeof(sun)) == 0);
	ATF_REQUIRE(listen(lfd, 1) == 0);
	ATF_REQUIRE((other = fork()) != -1);
	if (other == 0)
		play(lfd, p);
	close(lfd);
	for (argc = 0; argc < 4 && args[argc] != NULL; argc++) {
		strlcpy(words[argc], args[argc], sizeof(words[argc]));
		argv[argc] = words[argc];
	}
	ATF_REQUIRE((pid = fork()) != -1);
	if (pid == 0) {
		if (freopen("out", "w", stdout) == NULL ||
		    freopen("err", "w", stderr) == NULL)
			_exit(100);
		exit(ctl_run(&ctl, argc, argv));
	}
	ATF_REQUIRE(waitpid(pid, &st, 0) == pid && WIFEXITED(st));
	ATF_REQUIRE(waitpid(other, &verdict, 0) == other);
	ATF_CHECK_MSG(WIFEXITED(verdict) && WEXITSTATUS(verdict) == 0,
	    "the played derpd was asked something else: %d", verdict);
	return WEXITSTATUS(st);
}

static int
run3(const struct part *p, const char *a0, const char *a1, const char *a2)
{
	return run4(p, a0, a1, a2, NULL);
}

static int
run(const struct part *p, const char *a0, const char *a1)
{
	return run3(p, a0, a1, NULL);
}

#endif
