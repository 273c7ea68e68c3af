/*
 * loginfixture: a check of a fake relay's login and of all that follows it.
 */
#ifndef LOGINFIXTURE_H
#define LOGINFIXTURE_H

#include <poll.h>
#include <signal.h>

#include "fakerelay.h"
#include "runfixture.h"

#define STEP_MS	1000	/* of tests that wait for a deadline */

static struct run_fixture	seen;

/* Check the relay with steps of `ms'.  Returns what check_login() returns. */
static inline int
log_in(struct fake_relay *f, int ms)
{
	int rv;

	fake_relay_start(f);
	seen.node.port = (unsigned int)f->port[0];
	seen.opts.plain = f->cert == NULL;
	seen.opts.ms = ms;
	rv = check_login(&seen.run, run_address(&seen, "127.0.0.1"));
	fake_relay_stop(f);
	return (rv);
}

/* Exactly this fault must be found, and `part' be in its text. */
static inline void
only(enum check_fault id, const char *part)
{
	run_only(&seen, id, part);
}

/* Check a relay with a flaw: it must be found, and the login work or not. */
static inline void
flawed(enum fake_flaw flaw, unsigned int arg, int ms, int in,
    enum check_fault id, const char *part)
{
	struct fake_relay f = { .flaw = flaw, .arg = arg };

	run_begin(&seen);
	ATF_CHECK_EQ(log_in(&f, ms), in);
	only(id, part);
}

#endif
