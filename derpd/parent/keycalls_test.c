/*
 * keycalls_test: calls of keys that do not block: order, failure, new files,
 * cancelled owners, and a keys that is late or ends.  The test plays keys.
 */
#include <sys/stat.h>
#include <sys/socket.h>
#include <atf-c.h>
#include <event2/event.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "parent.h"

#define WAIT_MS	20000

static struct parent	 d;
static struct conf	 conf;
static struct ipc_chan	*keys;		/* keys' end */
static char		 callbacks[1024];	/* "NAME:RESULT " each */

static void
from_keys(struct ipc_chan *c, struct ipc_msg *m, void *arg)
{
	(void)c;
	(void)arg;
	if (parent_keys_result(&d, m) == -1)
		super_fail(&d.keys.c, "sent a malformed answer");
}

static void
gone(struct ipc_chan *c, const char *why, void *arg)
{
	(void)c;
	(void)why;
	(void)arg;
	super_forget(&d.keys.c);
}

static uint64_t
no_time(void)
{
	return (0);
}

static void
begin(void)
{
	static const struct super_system	 ops = { .clock = no_time };
	int	 sv[2];

	ATF_REQUIRE_EQ(0, socketpair(AF_UNIX, SOCK_STREAM, 0, sv));
	ATF_REQUIRE((d.super.base = event_base_new()) != NULL);
	conf.child_timeout = 10;
	d.conf = &conf;
	parent_procs_set_up(&d);
	d.super.system = &ops;
	d.keys.c.ready = 1;
	d.keys.c.chan = ipc_chan_new(d.super.base, sv[0], ROLE_PARENT,
	    ROLE_KEYS, from_keys, gone, NULL);
	keys = ipc_chan_new(NULL, sv[1], ROLE_KEYS, ROLE_PARENT, NULL, NULL,
	    NULL);
	ATF_REQUIRE(d.keys.c.chan != NULL && keys != NULL);
}

static void
end(void)
{
	parent_keys_end(&d);
	ipc_chan_free(d.keys.c.chan);
	d.keys.c.chan = NULL;
	ipc_chan_free(keys);
	event_base_free(d.super.base);
}

static void
turn(void)
{
	int	 i;

	for (i = 0; i < 4; i++)
		ATF_REQUIRE(event_base_loop(d.super.base,
		    EVLOOP_ONCE | EVLOOP_NONBLOCK) != -1);
}

static void
ended(void *arg, const uint8_t *res, size_t len, const char *why)
{
	size_t	 n = strlen(callbacks);

	ATF_CHECK_EQ(why == NULL, res != NULL);
	if (why != NULL)
		ATF_CHECK_EQ(0, len);
	snprintf(callbacks + n, sizeof(callbacks) - n, "%s:%s ",
	    (const char *)arg,
	    why != NULL ? why : (const char *)res);
}

/* Run the loop; returns the callbacks since the last time. */
static const char *
news(void)
{
	static char	 text[sizeof(callbacks)];

	turn();
	strlcpy(text, callbacks, sizeof(text));
	callbacks[0] = '\0';
	return (text);
}

static void
call(char *name)
{
	parent_keys_call(&d, MSG_KEY_METACERT, NULL, -1, "object", ended,
	    name);
}

/* keys reads one call.  Its descriptor, or -1. */
static int
get(uint32_t type)
{
	struct ipc_msg	 m;
	int		 fd;

	turn();
	ATF_REQUIRE_EQ(0, ipc_chan_recv(keys, &m, WAIT_MS));
	ATF_CHECK_EQ(type, m.type);
	fd = m.fd;
	m.fd = -1;
	ipc_msg_free(&m);
	return (fd);
}

/* keys answers one call; why NULL: success. */
static void
answer(const char *res, const char *why)
{
	struct ipc_wr	 w;

	ipc_wr_init(&w);
	ipc_wr_u8(&w, why == NULL);
	ipc_wr_str(&w, why);
	ipc_wr_blob(&w, res, strlen(res));
	ATF_REQUIRE_EQ(0, ipc_chan_send(keys, MSG_KEY_RESULT, &w, -1));
	ATF_REQUIRE_EQ(0, ipc_chan_flush(keys, WAIT_MS));
	ipc_wr_free(&w);
}

/* An answer arrives; its owner is not called back yet. */
static void
receive_one(void)
{
	struct ipc_msg	 m;

	ATF_REQUIRE_EQ(0, ipc_chan_recv(d.keys.c.chan, &m, WAIT_MS));
	ATF_REQUIRE_EQ(0, parent_keys_result(&d, &m));
	ipc_msg_free(&m);
}

ATF_TC_WITHOUT_HEAD(in_order);
ATF_TC_BODY(in_order, tc)
{
	begin();
	call("a");
	call("b");
	call("c");
	ATF_CHECK_STREQ("", news());
	get(MSG_KEY_METACERT);
	answer("1", NULL);
	ATF_CHECK_STREQ("a:1 ", news());
	answer("", "no such thing");
	answer("3", NULL);
	ATF_CHECK_STREQ("b:object: no such thing c:3 ", news());
	/* An answer too many: no call is pending. */
	answer("4", NULL);
	ATF_CHECK_STREQ("", news());
	ATF_CHECK(d.keys.c.chan == NULL);
	call("d");
	ATF_CHECK_STREQ("", callbacks);	/* not before the loop */
	ATF_CHECK_STREQ("d:object: keys is not running ", news());
	end();
}

/* An owner that makes a call, or cancels another owner, in its callback. */
static void
again(void *arg, const uint8_t *res, size_t len, const char *why)
{
	ended(arg, res, len, why);
	parent_keys_cancel(&d, "b");
	call("again");
}

ATF_TC_WITHOUT_HEAD(cancel);
ATF_TC_BODY(cancel, tc)
{
	static char	 b[] = "b";

	begin();
	call("a");
	call(b);
	call("c");
	parent_keys_cancel(&d, b);
	answer("1", NULL);
	answer("2", NULL);
	answer("3", NULL);
	ATF_CHECK_STREQ("a:1 c:3 ", news());
	/* Between the answer and the callback. */
	call(b);
	call("c");
	turn();
	answer("1", NULL);
	answer("2", NULL);
	receive_one();
	receive_one();
	parent_keys_cancel(&d, b);
	ATF_CHECK_STREQ("c:2 ", news());
	/* Within a callback. */
	parent_keys_call(&d, MSG_KEY_METACERT, NULL, -1, "object", again, "a");
	parent_keys_call(&d, MSG_KEY_METACERT, NULL, -1, "object", ended, "b");
	turn();
	answer("1", NULL);
	answer("2", NULL);
	ATF_CHECK_STREQ("a:1 ", news());
	answer("3", NULL);
	ATF_CHECK_STREQ("again:3 ", news());
	end();
}

ATF_TC_WITHOUT_HEAD(keys_ends);
ATF_TC_BODY(keys_ends, tc)
{
	begin();
	call("a");
	call("b");
	turn();
	ipc_chan_free(keys);
	ATF_CHECK_STREQ("a:object: keys ended before it answered "
	    "b:object: keys ended before it answered ", news());
	keys = NULL;
	end();
}

/* Each answer restarts the timer; `child timeout' bounds it. */
ATF_TC_WITHOUT_HEAD(late);
ATF_TC_BODY(late, tc)
{
	struct timeval	 tv;

	begin();
	conf.child_timeout = 1;
	call("a");
	call("b");
	ATF_REQUIRE(evtimer_pending(d.calls.ev_late, NULL));
	turn();
	answer("1", NULL);
	ATF_CHECK_STREQ("a:1 ", news());
	ATF_REQUIRE(evtimer_pending(d.calls.ev_late, &tv));
	/* Only the timer can wake the loop. */
	while (callbacks[0] == '\0')
		ATF_REQUIRE(event_base_loop(d.super.base, EVLOOP_ONCE) != -1);
	ATF_CHECK_STREQ("b:object: no answer from keys ", news());
	ATF_CHECK(d.keys.c.chan == NULL);
	ATF_CHECK(!evtimer_pending(d.calls.ev_late, NULL));
	end();
}

ATF_TC_WITHOUT_HEAD(malformed);
ATF_TC_BODY(malformed, tc)
{
	struct ipc_wr	 w;

	begin();
	call("a");
	call("b");
	turn();
	ipc_wr_init(&w);
	ipc_wr_u8(&w, 1);
	ATF_REQUIRE_EQ(0, ipc_chan_send(keys, MSG_KEY_RESULT, &w, -1));
	ATF_REQUIRE_EQ(0, ipc_chan_flush(keys, WAIT_MS));
	ipc_wr_free(&w);
	ATF_CHECK_STREQ("a:object: malformed answer from keys b:object: keys "
	    "ended before it answered ", news());
	ATF_CHECK(d.keys.c.chan == NULL);
	end();
}

/* Begin to make dir/key; keys writes "key" into it. */
static void
make(char *owner)
{
	int	 fd;

	parent_keys_make(&d, MSG_KEY_NODE_NEW, NULL, "dir/key", ended, owner);
	fd = get(MSG_KEY_NODE_NEW);
	ATF_REQUIRE(fd != -1);
	ATF_REQUIRE_EQ(3, write(fd, "key", 3));
	close(fd);
	ATF_CHECK_EQ(-1, access("dir/key", F_OK));
}

ATF_TC_WITHOUT_HEAD(new_file);
ATF_TC_BODY(new_file, tc)
{
	char	 text[8] = "";
	int	 fd;

	begin();
	/* A failed or cancelled call leaves no file. */
	make("a");
	answer("", "no luck");
	ATF_CHECK_STREQ("a:dir/key: no luck ", news());
	ATF_CHECK_EQ_MSG(0, rmdir("dir"), "dir is not empty");
	make("b");
	parent_keys_cancel(&d, "b");
	answer("pub", NULL);
	ATF_CHECK_STREQ("", news());
	ATF_CHECK_EQ_MSG(0, rmdir("dir"), "dir is not empty");
	make("c");
	answer("pub", NULL);
	ATF_CHECK_STREQ("c:pub ", news());
	ATF_REQUIRE((fd = open("dir/key", O_RDONLY)) != -1);
	ATF_CHECK_EQ(3, read(fd, text, sizeof(text)));
	ATF_CHECK_STREQ("key", text);
	close(fd);
	ATF_REQUIRE_EQ(0, unlink("dir/key"));
	/* A directory has taken the name meanwhile. */
	make("d");
	ATF_REQUIRE_EQ(0, mkdir("dir/key", 0700));
	answer("pub", NULL);
	ATF_CHECK_MSG(strncmp(news(), "d:can't make dir/key", 20) == 0,
	    "%s", callbacks);
	ATF_REQUIRE_EQ(0, rmdir("dir/key"));
	ATF_CHECK_EQ_MSG(0, rmdir("dir"), "dir is not empty");
	/* A file is in the place of the directory. */
	ATF_REQUIRE((fd = open("dir", O_CREAT | O_WRONLY, 0600)) != -1);
	close(fd);
	parent_keys_make(&d, MSG_KEY_NODE_NEW, NULL, "dir/key", ended, "e");
	ATF_CHECK_STREQ("", callbacks);
	ATF_CHECK_MSG(strstr(news(), "e:can't make ") != NULL, "%s", callbacks);
	end();
}

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, in_order);
	ATF_TP_ADD_TC(tp, cancel);
	ATF_TP_ADD_TC(tp, keys_ends);
	ATF_TP_ADD_TC(tp, late);
	ATF_TP_ADD_TC(tp, malformed);
	ATF_TP_ADD_TC(tp, new_file);
	return (atf_no_error());
}
