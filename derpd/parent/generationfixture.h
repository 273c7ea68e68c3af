/*
 * generationfixture: plays the owner of a generation, keys and the servers.
 * `did' records the calls of the ops.
 */
#ifndef GENERATIONFIXTURE_H
#define GENERATIONFIXTURE_H

#include <atf-c.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "generation.h"

static struct parent_gens	 m;
static char			 did[2048];
static unsigned int		 runs;		/* bitmap of running
						   servers, the first 32 */
static unsigned int		 last;		/* one more that runs, 0:
						   none */
static int			 turns;		/* a turn was requested */
static unsigned int		 timer_ms;	/* 0: none */
static int			 loaded;	/* keys has loaded all */
static int			 hold;		/* admit confirms a commit */

static inline void
note(const char *fmt, ...)
{
	size_t	 n = strlen(did);
	va_list	 ap;

	va_start(ap, fmt);
	vsnprintf(did + n, sizeof(did) - n, fmt, ap);
	va_end(ap);
}

static inline int
may_begin(void *arg, enum parent_gen_kind kind)
{
	(void)arg;
	return (loaded || (kind != GEN_CERTS && kind != GEN_META));
}

static inline void
step(void *arg, struct parent_generation *g)
{
	static const char *const name[] = { "conf", "node", "certs", "mesh",
	    "meta", "files", "maps", "admit", "?", "?", "retain" };

	(void)arg;
	note("%s ", name[g->state]);
}

static inline int
running(unsigned int server)
{
	return ((server < 32 && (runs & 1U << server) != 0) ||
	    (last != 0 && server == last));
}

static inline int
stage(void *arg, struct parent_generation *g, unsigned int server)
{
	(void)arg;
	(void)g;
	if (!running(server))
		return (0);
	note("stage%u ", server);
	return (1);
}

static inline void
commit(void *arg, struct parent_generation *g)
{
	unsigned int	 i;

	(void)arg;
	note("commit ");
	for (i = 0; i < m.nservers; i++)
		if (g->kind != GEN_ADMIT && running(i))
			parent_gen_owe(g, i);
	if (hold)
		parent_gen_hold(g);
}

static inline void
end(void *arg, struct parent_generation *g, int in_force)
{
	(void)arg;
	if (!in_force)
		note("refused(%s) ", g->why);
	else
		note(g->keyless ? "in-force,keyless " : "in-force ");
}

static inline void
late(void *arg, unsigned int server)
{
	(void)arg;
	note("late%u ", server);
	if (server < 32)
		runs &= ~(1U << server);
}

static inline const char *
name_of(void *arg, unsigned int server)
{
	static char	 name[32];

	(void)arg;
	snprintf(name, sizeof(name), "server %u", server);
	return (name);
}

static inline void
deadline(void *arg, unsigned int ms)
{
	(void)arg;
	timer_ms = ms;
}

static inline void
turn(void *arg)
{
	(void)arg;
	turns = 1;
}

static inline void
begin(void)
{
	static const struct parent_gen_ops ops = {
		may_begin, step, stage, commit, end, late, name_of, deadline,
		    turn
	};

	did[0] = '\0';
	runs = 3;
	last = 0;
	loaded = 1;
	hold = 0;
	parent_gens_init(&m, &ops, NULL, PARENT_MAXSERVERS);
}

/* Run the loop until nothing is due; returns what was recorded since. */
static inline const char *
news(void)
{
	static char	 text[sizeof(did)];

	while (turns) {
		turns = 0;
		parent_gens_turn(&m);
	}
	strlcpy(text, did, sizeof(text));
	did[0] = '\0';
	return (text);
}

/* The step under way succeeds; returns what was recorded since. */
static inline const char *
good(void)
{
	parent_gen_done(&m, 0, NULL);
	return (news());
}

static inline void
called(void *arg, const char *why)
{
	note("%s:%s ", (const char *)arg, why == NULL ? "good" : why);
}

static inline void
answer(unsigned int server, int ok, const char *why)
{
	parent_gen_answer(&m, server, m.now->id, ok, why);
}

/* Go on to this step, which is then the last thing recorded. */
static inline void
go_to(const char *name)
{
	const char	*text = news();
	size_t		 n = strlen(name);

	while (strlen(text) < n + 1 || strncmp(text + strlen(text) - n - 1,
	    name, n) != 0) {
		ATF_REQUIRE_MSG(m.now != NULL && m.now->state < GEN_AT_STAGE,
		    "%s: %s", name, text);
		text = good();
	}
}

#endif
