/*
 * admitsetfixture: a parent with a configuration; the test plays admit, and the
 * processes that it talks to.
 */
#ifndef ADMITSETFIXTURE_H
#define ADMITSETFIXTURE_H

#include <sys/socket.h>
#include <event2/event.h>
#include <limits.h>

#include "conf_fixture.h"
#include "ipcsend.h"
#include "messages.h"
#include "parent.h"

static struct parent	 d;
static char		 cwd[PATH_MAX];
static struct ipc_chan	*end_admit;	/* admit's end of its channel */
static unsigned int	 starts;	/* of admit */
static unsigned int	 turns;		/* that generations requested */

static inline void
note_turn(void *arg)
{
	(void)arg;
	turns++;
}

static inline int
fake_kill(pid_t pid, const char *user)
{
	(void)pid;
	(void)user;
	return (0);
}

static inline pid_t
fake_wait(int *st)
{
	(void)st;
	return (0);
}

static inline uint64_t
fake_clock(void)
{
	return (1000000);
}

/* The process runs; the test has the other end of its channel. */
static inline struct ipc_chan *
run(struct parent_proc *p)
{
	static pid_t	 pid = 1000;
	struct ipc_chan	*end;
	int		 sv[2];

	ATF_REQUIRE_EQ(0, socketpair(AF_UNIX, SOCK_STREAM, 0, sv));
	p->c.pid = pid++;
	p->c.chan = ipc_chan_new(NULL, sv[0], ROLE_PARENT, p->c.role, NULL,
	    NULL, NULL);
	end = ipc_chan_new(NULL, sv[1], p->c.role, ROLE_PARENT, NULL, NULL,
	    NULL);
	ATF_REQUIRE(p->c.chan != NULL && end != NULL);
	return (end);
}

/* Start admit as admitset_start() does. */
static inline int
start_admit(struct parent_proc *p)
{
	starts++;
	end_admit = run(p);
	ATF_REQUIRE_EQ(0, admitset_state_send(p));
	ATF_REQUIRE_EQ(0, admitset_send(p));
	admitset_connect_all(&d);
	return (0);
}

/* admit ends, as procs.c handles it. */
static inline void
end_of_admit(void)
{
	d.admit.c.pid = 0;
	admitset_drain(&d.admit);
	super_forget(&d.admit.c);
	ipc_chan_free(end_admit);
	end_admit = NULL;
	admitset_gone(&d);
}

/* A configuration with this in it; @ stands for the test's directory. */
static inline struct conf *
conf_with(const char *text)
{
	char	 all[8192] = NAME CERT RELAY "statedir @/state\n", *p;

	strlcat(all, text, sizeof(all));
	while ((p = strchr(all, '@')) != NULL) {
		ATF_REQUIRE(strlen(all) + strlen(cwd) < sizeof(all));
		memmove(p + strlen(cwd), p + 1, strlen(p));
		memcpy(p, cwd, strlen(cwd));
	}
	return (good(all));
}

/* A parent with this configuration, one front and two relay workers. */
static inline void
begin(const char *text)
{
	static const struct super_system system = {
		fake_wait, fake_kill, fake_clock
	};
	static const struct parent_gen_ops gen_ops = { .turn = note_turn };

	ATF_REQUIRE(getcwd(cwd, sizeof(cwd)) != NULL);
	d.conf = conf_with(text);
	d.nfronts = 1;
	d.nworkers = 2;
	ATF_REQUIRE((d.super.base = event_base_new()) != NULL);
	parent_procs_set_up(&d);
	d.super.system = &system;
	d.admit.start = start_admit;
	parent_gens_init(&d.gens, &gen_ops, &d, parent_servers_count(&d));
}

/* The next message from the parent at this end. */
static inline void
next(struct parent_proc *p, struct ipc_chan *end, struct ipc_msg *m,
    uint32_t type)
{
	ATF_REQUIRE_EQ(0, ipc_chan_flush(p->c.chan, 1000));
	ATF_REQUIRE_MSG(ipc_chan_recv(end, m, 0) == 0, "%s was not sent",
	    ipc_msg_name(type));
	ATF_REQUIRE_STREQ(ipc_msg_name(type), ipc_msg_name(m->type));
}

static inline void
expect_nothing(struct parent_proc *p, struct ipc_chan *end)
{
	struct ipc_msg	 m;

	ATF_REQUIRE_EQ(0, ipc_chan_flush(p->c.chan, 1000));
	ATF_CHECK_EQ(-1, ipc_chan_recv(end, &m, 0));
}

/* The next message of admit is the end of settings; its number. */
static inline uint32_t
expect_commit(enum ipc_settings how)
{
	struct ipc_msg_admit_commit	 v;
	struct ipc_msg			 m;

	next(&d.admit, end_admit, &m, MSG_ADMIT_COMMIT);
	ATF_REQUIRE_EQ(0, ipc_get_admit_commit(&m.rd, &v));
	ATF_CHECK_EQ(how, v.how);
	ipc_msg_free(&m);
	return (v.id);
}

static inline void
expect_file(enum ipc_admit_file_kind kind, const char *path, const char *text)
{
	struct ipc_msg_admit_file	 v;
	struct ipc_msg			 m;
	char				 full[PATH_MAX + 16], buf[256] = "";

	snprintf(full, sizeof(full), "%s/%s", cwd, path);
	next(&d.admit, end_admit, &m, MSG_ADMIT_FILE);
	ATF_REQUIRE_EQ(0, ipc_get_admit_file(&m.rd, &v));
	ATF_CHECK_EQ(kind, v.kind);
	ATF_CHECK_STREQ(full, v.path);
	ATF_CHECK_EQ((ssize_t)strlen(text), pread(m.fd, buf, sizeof(buf), 0));
	ATF_CHECK_STREQ(text, buf);
	/* Nobody can change what was checked. */
	ATF_CHECK_EQ(-1, pwrite(m.fd, "x", 1, 0));
	ipc_msg_free(&m);
}

/* admit gets settings with these sources. */
static inline void
expect_settings(struct ipc_admit_conf *c, unsigned int nsources)
{
	struct ipc_msg_admit_settings	 v;
	struct ipc_msg			 m;

	next(&d.admit, end_admit, &m, MSG_ADMIT_CONF);
	ATF_REQUIRE_EQ(0, ipc_get_admit_settings(&m.rd, &v));
	ATF_CHECK_EQ(nsources, v.nsources);
	*c = v.conf;
	ipc_msg_free(&m);
}

#endif
