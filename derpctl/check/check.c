/*
 * check: `derpctl check': name what is wrong with relays and maps, from
 * outside.
 *
 * Plans places (plan.c), lets jobs check them (jobs.c), and prints the results.
 * Works without derpd.
 */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "clock.h"
#include "derpcert.h"
#include "hostname.h"
#include "size.h"
#include "task.h"

#define EXIT_UNCHECKED	2
#define EXIT_UNKNOWN	3	/* the same for Nagios */
#define JOB_MS		180000	/* for the check of a place */

/* The command line. */
struct asked {
	struct ctlcheck_options	 opts;
	struct ctlcheck_target	*targets;
	size_t			 ntargets;
	int			 only4, only6;
};

static int
complain(const struct ctl *ctl, const char *what)
{
	(void)ctl_failed(ctl, "check: %s", what);
	return (-1);
}

static int
read_trust(struct check_opts *o, const struct ctl *ctl,
    const struct command_words *w)
{
	o->trust = STREAM_ROOTS;
	if ((o->trust_arg = w->option['c']) != NULL)
		o->trust = STREAM_CAFILE;
	else if ((o->trust_arg = w->option['p']) != NULL)
		o->trust = STREAM_PIN;
	else if (w->option['k'] != NULL)
		o->trust = STREAM_ANY;
	if (o->trust == STREAM_CAFILE && access(o->trust_arg, R_OK) == -1)
		return (ctl_failed(ctl, "check: -c %s: %s", o->trust_arg,
		    strerror(errno)), -1);
	if (o->trust == STREAM_PIN && !net_derpcert_is_pin(o->trust_arg))
		return (complain(ctl, "-p: expected \"sha256-raw:\" and 64 "
		    "hexadecimal digits"));
	return (0);
}

static enum ctlcheck_form
read_form(const struct ctl *ctl, const struct command_words *w)
{
	if (w->option['N'] != NULL)
		return (CTLCHECK_NAGIOS);
	if (w->option['P'] != NULL)
		return (CTLCHECK_PROMETHEUS);
	if (w->option['q'] != NULL)
		return (CTLCHECK_QUIET);
	return (ctl->json ? CTLCHECK_JSON : CTLCHECK_TABLE);
}

static int
read_source(struct asked *a, const struct ctl *ctl, const char *source)
{
	if (source == NULL)
		return (0);
	a->opts.check.source = source;
	if (net_hostname_is_ipv4(source))
		a->only4 = 1;
	else if (net_hostname_is_ipv6(source))
		a->only6 = 1;
	else
		return (complain(ctl, "-S: expected an address of this "
		    "machine"));
	return (0);
}

/* Nagios and the textfile collector want one result, and the end. */
static int
read_repeat(struct asked *a, const struct ctl *ctl, const char *interval)
{
	a->opts.again_s = (int)command_number(interval, 0);
	if (interval != NULL && (a->opts.form == CTLCHECK_NAGIOS ||
	    a->opts.form == CTLCHECK_PROMETHEUS))
		return (complain(ctl, "-w excludes -N and -P"));
	return (0);
}

static int
read_bytes(struct asked *a, const struct ctl *ctl, const char *bytes)
{
	int64_t n;

	if (bytes == NULL)
		return (0);
	if ((n = base_size(bytes)) <= 0)
		return (complain(ctl, "-t: expected bytes, as 10M"));
	a->opts.check.throughput = (uint64_t)n;
	return (0);
}

static int
read_targets(struct asked *a, const struct ctl *ctl,
    const struct command_words *w)
{
	char why[256];
	int i;

	a->targets = calloc((size_t)w->argc, sizeof(*a->targets));
	if (a->targets == NULL)
		return (complain(ctl, "out of memory"));
	for (i = 0; i < w->argc; i++)
		if (ctlcheck_target_read(w->argv[i],
		    &a->targets[a->ntargets++], why, sizeof(why)) == -1)
			return (complain(ctl, why));
	return (0);
}

/* Standard input can be read once.  Returns 0 or -1. */
static int
check_stdin(const struct asked *a, const struct ctl *ctl)
{
	size_t i, n = 0;

	for (i = 0; i < a->ntargets; i++)
		n += a->targets[i].kind == CTLCHECK_FILE &&
		    strcmp(a->targets[i].text, "-") == 0;
	if (n > 1)
		return (complain(ctl, "standard input is given twice"));
	if (n > 0 && a->opts.again_s != 0)
		return (complain(ctl, "standard input can't be read again for "
		    "-w: write the map into a file"));
	return (0);
}

/* Read the command line.  Returns 0, or -1 with an error printed. */
static int
read_words(struct asked *a, const struct ctl *ctl,
    const struct command_words *w)
{
	memset(a, 0, sizeof(*a));
	a->opts.check.what = CHECK_ALL;
	a->opts.form = read_form(ctl, w);
	a->opts.verbose = w->option['v'] != NULL;
	a->only4 = w->option['4'] != NULL;
	a->only6 = w->option['6'] != NULL;
	return (read_trust(&a->opts.check, ctl, w) == -1 ||
	    read_repeat(a, ctl, w->option['w']) == -1 ||
	    read_source(a, ctl, w->option['S']) == -1 ||
	    read_bytes(a, ctl, w->option['t']) == -1 ||
	    read_targets(a, ctl, w) == -1 || check_stdin(a, ctl) == -1 ?
	    -1 : 0);
}

static void
confine(const struct asked *a)
{
	size_t i;

	for (i = 0; i < a->ntargets; i++)
		if (a->targets[i].kind == CTLCHECK_FILE &&
		    strcmp(a->targets[i].text, "-") != 0)
			ctl_confine_file_read(a->targets[i].text);
	ctl_confine_check(a->opts.check.trust == STREAM_CAFILE ?
	    a->opts.check.trust_arg : NULL);
}

/* Can standard error show a line that changes? */
static int
has_line(void)
{
	const char *term = getenv("TERM");

	return (isatty(STDERR_FILENO) && term != NULL &&
	    strcmp(term, "dumb") != 0);
}

/*
 * Check all places once.  Returns 0 with the results, a signal that asks to
 * end, or -1 when out of memory.
 */
static int
once(const struct asked *a, struct ctlcheck_results *r)
{
	struct ctlcheck_run run = { .opts = &a->opts, .only4 = a->only4,
	    .only6 = a->only6, .quiet = !has_line(),
	    .job_ms = JOB_MS };
	const uint64_t began = base_clock_ms();
	int rv = 0;
	size_t i;

	TAILQ_INIT(&run.tasks);
	memset(r, 0, sizeof(*r));
	r->time = (int64_t)time(NULL);
	for (i = 0; i < a->ntargets && rv == 0; i++)
		rv = ctlcheck_plan_target(&run, &a->targets[i]);
	if (rv == 0 && (rv = ctlcheck_jobs(&run)) == 0)
		rv = ctlcheck_mirrors(&run) == -1 ||
		    ctlcheck_judge(&run) == -1 ||
		    ctlcheck_collect(&run, r) == -1 ? -1 :
		    ctlcheck_tell_apart(r);
	ctlcheck_plan_free(&run);
	r->took_ms = (int64_t)(base_clock_ms() - began);
	return (rv);
}

/* End as the signal would have ended the command. */
static int
end_by(int sig)
{
	(void)signal(sig, SIG_DFL);
	(void)raise(sig);
	return (EXIT_UNCHECKED);
}

/*
 * Check again and again, and print changes, or all of it for programs.  Returns
 * as once().
 */
static int
again(const struct asked *a, struct ctlcheck_results *before)
{
	struct ctlcheck_results now;
	int rv;

	for (;;) {
		(void)sleep((unsigned int)a->opts.again_s);
		if ((rv = once(a, &now)) != 0) {
			ctlcheck_free(&now);
			return (rv);
		}
		if (a->opts.form == CTLCHECK_TABLE ||
		    a->opts.form == CTLCHECK_QUIET)
			ctlcheck_changes(stdout, before, &now);
		else
			(void)ctlcheck_print(stdout, &now, &a->opts);
		(void)fflush(stdout);
		ctlcheck_free(before);
		*before = now;
	}
}

int
ctl_cmd_check(const struct ctl *ctl, const struct command_words *w)
{
	struct ctlcheck_results r;
	struct asked a;
	const int unknown = w->option['N'] != NULL ? EXIT_UNKNOWN :
	    EXIT_UNCHECKED;
	int rv, status = unknown;

	if (read_words(&a, ctl, w) == -1) {
		free(a.targets);
		return (status);
	}
	confine(&a);
	if ((rv = once(&a, &r)) == 0) {
		status = ctlcheck_print(stdout, &r, &a.opts);
		if (fflush(stdout) == EOF)
			status = unknown;
		if (a.opts.again_s != 0)
			rv = again(&a, &r);
	}
	ctlcheck_free(&r);
	free(a.targets);
	if (rv > 0)
		return (end_by(rv));
	if (rv == -1)
		(void)complain(ctl, "out of memory");
	return (status);
}
