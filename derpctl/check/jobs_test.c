/*
 * jobs_test: the processes of jobs, good and bad ones.  In place of job.c, the
 * name of the host says what a job does.
 */
#include <sys/wait.h>
#include <atf-c.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "forms.h"
#include "task.h"

static struct ctlcheck_options	opts;
static struct ctlcheck_run	run;

static void
tell(int fd, const struct ctlcheck_record *r)
{
	struct ipc_wr w;

	ipc_wr_init(&w);
	ctlcheck_record_put(&w, r);
	if (write(fd, w.p, w.len) != (ssize_t)w.len)
		_exit(1);
	ipc_wr_free(&w);
}

/* Ask for an address, and find out whether another job is there. */
static void
meet(int fd, const char *name)
{
	struct ctlcheck_record r = { .type = CTLCHECK_MEETS,
	    .text = "192.0.2.1 2001:db8::1" };
	int there;
	char c;

	tell(fd, &r);
	if (read(fd, &c, 1) != 1)
		_exit(2);
	if (strstr(name, "hang") != NULL)
		pause();
	if ((there = open("there", O_CREAT | O_EXCL, 0600)) == -1)
		_exit(4);
	(void)poll(NULL, 0, 200);
	(void)close(there);
	(void)unlink("there");
}

/* A map of two nodes at one address. */
static void
tell_meeting(int fd, const char *one, const char *other)
{
	struct ctlcheck_record r = { .type = CTLCHECK_HAS_NODE, .node = {
	    .region = 1, .port = 443 } };

	(void)strlcpy(r.node.host, one, sizeof(r.node.host));
	tell(fd, &r);
	(void)strlcpy(r.node.host, other, sizeof(r.node.host));
	tell(fd, &r);
}

/* More nodes than a map may have, whatever the limit of bytes. */
static void
tell_too_many(int fd)
{
	struct ctlcheck_record r = { .type = CTLCHECK_HAS_NODE, .node = {
	    .region = 1, .host = "good.test" } };

	for (; r.node.port <= CTLCHECK_NODES; r.node.port++)
		tell(fd, &r);
}

/* A map of two nodes. */
static void
tell_nodes(int fd)
{
	struct ctlcheck_record r = { .type = CTLCHECK_HAS_NODE, .node = {
	    .region = 1, .host = "good.test", .port = 443 } };

	tell(fd, &r);
	r.node.region = 2;
	(void)strlcpy(r.node.host, "crash.test", sizeof(r.node.host));
	tell(fd, &r);
}

void
ctlcheck_job(const struct ctlcheck_run *arg, const struct ctlcheck_task *t,
    int fd)
{
	const struct ctlcheck_record found = { .type = CTLCHECK_FOUND,
	    .finding = { CHECK_PORT_CLOSED, "port 1", "refused" } },
	    measured = { .type = CTLCHECK_MEASURED,
	    .measure = { CHECK_FACT_HTTP, "192.0.2.1", 1234, "" } },
	    failed = { .type = CTLCHECK_FAILED, .text = "no resolver" },
	    end = { .type = CTLCHECK_END };
	const char *name = t->place.name;

	(void)arg;
	if (strncmp(name, "good", 4) == 0)
		tell(fd, &measured);
	else if (strncmp(name, "fault", 5) == 0)
		tell(fd, &found);
	else if (strncmp(name, "failed", 6) == 0)
		tell(fd, &failed);
	else if (strncmp(name, "map", 3) == 0)
		tell_nodes(fd);
	else if (strncmp(name, "many", 4) == 0)
		tell_too_many(fd);
	else if (strncmp(name, "both", 4) == 0)
		tell_meeting(fd, "meet.test", "meet2.test");
	else if (strcmp(name, "hang.json") == 0)
		tell_meeting(fd, "meet-hang.test", "meet-hang2.test");
	else if (strncmp(name, "meet", 4) == 0)
		meet(fd, name);
	else if (strncmp(name, "crash", 5) == 0)
		raise(SIGKILL);
	else if (strncmp(name, "short", 5) == 0)
		_exit(3);
	else if (strncmp(name, "junk", 4) == 0)
		(void)!write(fd, "\0\0\0\1\377", 5);
	else if (strncmp(name, "hang", 4) == 0) {
		tell(fd, &found);
		pause();
	} else if (strncmp(name, "kill", 4) == 0) {
		(void)kill(getppid(), SIGTERM);
		pause();
	} else
		while (strncmp(name, "endless", 7) == 0)
			tell(fd, &measured);
	tell(fd, &end);
	_exit(0);
}

/* Run the jobs of a target.  Returns as ctlcheck_jobs(). */
static int
jobs(const char *text)
{
	struct ctlcheck_target t;
	char why[256];
	int rv;

	memset(&run, 0, sizeof(run));
	run.opts = &opts;
	run.quiet = 1;
	run.job_ms = strncmp(text, "hang", 4) == 0 ? 1000 : 20000;
	TAILQ_INIT(&run.tasks);
	ATF_REQUIRE_EQ(0, ctlcheck_target_read(text, &t, why, sizeof(why)));
	ATF_REQUIRE_EQ(0, ctlcheck_plan_target(&run, &t));
	(void)signal(SIGCHLD, SIG_IGN);
	rv = ctlcheck_jobs(&run);
	ATF_CHECK_EQ(0, run.running);
	ATF_CHECK_EQ(-1, waitpid(-1, NULL, WNOHANG));
	ATF_CHECK_EQ(ECHILD, errno);
	return (rv);
}

/* The first place is not checked, for this reason. */
static void
fails(const char *text, const char *why)
{
	const struct ctlcheck_task *t;

	ATF_CHECK_EQ(0, jobs(text));
	t = TAILQ_FIRST(&run.tasks);
	ATF_REQUIRE_MSG(t->place.failed != NULL, "%s", text);
	ATF_CHECK_STREQ(why, t->place.failed);
	ATF_CHECK_EQ(t->fd, -1);
	ctlcheck_plan_free(&run);
}

ATF_TC_WITHOUT_HEAD(results);
ATF_TC_BODY(results, tc)
{
	struct ctlcheck_results r = { .time = 0 };
	const struct ctlcheck_place *p;

	ATF_CHECK_EQ(0, jobs("good.test"));
	ATF_REQUIRE_EQ(0, ctlcheck_collect(&run, &r));
	ATF_REQUIRE_EQ(2, r.nplaces);
	p = &r.places[0];
	ATF_REQUIRE_EQ(1, p->nmeasures);
	ATF_CHECK_EQ(1234, p->measures[0].n);
	ATF_CHECK_STREQ("192.0.2.1", p->measures[0].where);
	ATF_CHECK(p->failed == NULL);
	ATF_CHECK_EQ(0, r.faults + r.notes + r.failed);
	ctlcheck_free(&r);
	ctlcheck_plan_free(&run);

	ATF_CHECK_EQ(0, jobs("fault.test"));
	ATF_REQUIRE_EQ(0, ctlcheck_collect(&run, &r));
	ATF_REQUIRE_EQ(1, r.nplaces);
	p = &r.places[0];
	ATF_REQUIRE_EQ(1, p->nfindings);
	ATF_CHECK_EQ(CHECK_PORT_CLOSED, p->findings[0].id);
	ATF_CHECK_STREQ("port 1", p->findings[0].where);
	ATF_CHECK_STREQ("refused", p->findings[0].what);
	ATF_CHECK_EQ(1, r.faults);
	ctlcheck_free(&r);
	ctlcheck_plan_free(&run);
}

ATF_TC_WITHOUT_HEAD(bad_jobs);
ATF_TC_BODY(bad_jobs, tc)
{
	fails("failed.test", "no resolver");
	fails("crash.test", "its process was ended by signal 9");
	fails("short.test", "its process ended with 3");
	fails("junk.test", "its process told something malformed");
	fails("many.json", "its process told something malformed");
	fails("endless.test", "its process told more than 1 MiB");
	fails("hang.test", "the check did not end within 1 seconds");
}

/* What a job has found counts even if it did not end. */
ATF_TC_WITHOUT_HEAD(half);
ATF_TC_BODY(half, tc)
{
	ATF_CHECK_EQ(0, jobs("hang.test"));
	ATF_CHECK_EQ(1, TAILQ_FIRST(&run.tasks)->place.nfindings);
	ctlcheck_plan_free(&run);
}

/* A map's nodes are checked as well. */
ATF_TC_WITHOUT_HEAD(map);
ATF_TC_BODY(map, tc)
{
	struct ctlcheck_results r = { .time = 0 };

	ATF_CHECK_EQ(0, jobs("map.json"));
	ATF_REQUIRE_EQ(0, ctlcheck_collect(&run, &r));
	ATF_REQUIRE_EQ(3, r.nplaces);
	ATF_CHECK_EQ(CTLCHECK_MAP, r.places[0].kind);
	ATF_CHECK_STREQ("good.test", r.places[1].name);
	ATF_CHECK_EQ(1, r.places[1].nmeasures);
	ATF_CHECK(r.places[2].failed != NULL);
	ATF_CHECK_EQ(1, r.failed);
	ctlcheck_free(&r);
	ctlcheck_plan_free(&run);
}

/* Nodes with different names are not checked at one address at once. */
ATF_TC_WITHOUT_HEAD(meeting);
ATF_TC_BODY(meeting, tc)
{
	struct ctlcheck_results r = { .time = 0 };

	ATF_CHECK_EQ(0, jobs("both.json"));
	ATF_REQUIRE_EQ(0, ctlcheck_collect(&run, &r));
	ATF_CHECK_EQ(2, ctlcheck_nodes(&r));
	ATF_CHECK_EQ(0, r.failed);
	ctlcheck_free(&r);
	ctlcheck_plan_free(&run);
}

/* A server that holds a job up does not hold up the next one. */
ATF_TC_WITHOUT_HEAD(held_up);
ATF_TC_BODY(held_up, tc)
{
	struct ctlcheck_results r = { .time = 0 };

	ATF_CHECK_EQ(0, jobs("hang.json"));
	ATF_REQUIRE_EQ(0, ctlcheck_collect(&run, &r));
	ATF_REQUIRE_EQ(2, ctlcheck_nodes(&r));
	ATF_CHECK_STREQ("the check did not end within 1 seconds",
	    r.places[1].failed);
	ATF_CHECK_STREQ("the check of something else at its address did not "
	    "end in time", r.places[2].failed);
	ctlcheck_free(&r);
	ctlcheck_plan_free(&run);
}

/* A signal ends all jobs. */
ATF_TC_WITHOUT_HEAD(interrupted);
ATF_TC_BODY(interrupted, tc)
{
	ATF_CHECK_EQ(SIGTERM, jobs("kill.test"));
	ctlcheck_plan_free(&run);
}

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, results);
	ATF_TP_ADD_TC(tp, bad_jobs);
	ATF_TP_ADD_TC(tp, half);
	ATF_TP_ADD_TC(tp, map);
	ATF_TP_ADD_TC(tp, meeting);
	ATF_TP_ADD_TC(tp, held_up);
	ATF_TP_ADD_TC(tp, interrupted);
	return (atf_no_error());
}
