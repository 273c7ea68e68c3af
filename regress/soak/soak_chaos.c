/*
 * soak_chaos: actions on the daemon while clients are connected: fronts,
 * workers, keys and admit are killed or stopped for a moment, reloads, other
 * maps.  A script carries them out; this file defines which ends of connections
 * they excuse.
 */
#include <sys/wait.h>

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "soak.h"

#define AFTER_MS	2000	/* until all is normal again */

static const struct {
	const char	*name;
	int		 ends;		/* connections may end */
	int		 fronts;	/* those of a front may end */
	int		 handshakes;	/* new handshakes may fail */
} actions[] = {
	{ "reload", 0, 0, 0 },
	{ "change", 0, 0, 0 },
	{ "map", 0, 0, 0 },
	{ "stop-worker", 0, 0, 0 },
	{ "stop-keys", 0, 0, 1 },
	{ "stop-signer", 0, 0, 1 },
	{ "kill-keys", 0, 0, 1 },
	{ "kill-signer", 0, 0, 1 },
	{ "stop-admit", 0, 0, 1 },
	{ "kill-admit", 0, 0, 1 },
	{ "kill-verify", 0, 0, 0 },
	{ "stop-mesh", 0, 0, 0 },
	{ "kill-mesh", 0, 0, 0 },
	{ "kill-resolve", 0, 0, 0 },
	{ "kill-metrics", 0, 0, 0 },
	{ "kill-front", 0, 1, 1 },
	{ "kill-relay", 1, 0, 1 },
	{ "stop", 0, 0, 1 }
};

#define NACTIONS	(sizeof(actions) / sizeof(actions[0]))

const char *chaos_actions;

static pid_t running = -1;
static size_t which;
static int64_t next_at;
static unsigned long rounds;

static void
excuse(void)
{
	if (actions[which].ends)
		excuse_ends(AFTER_MS);
	if (actions[which].fronts)
		excuse_front(AFTER_MS);
	if (actions[which].handshakes)
		excuse_handshakes(AFTER_MS);
}

void
chaos_begin(const char *action)
{
	char number[16];

	snprintf(number, sizeof(number), "%lu", rounds);
	for (which = 0; which < NACTIONS; which++)
		if (strcmp(actions[which].name, action) == 0)
			break;
	if (which == NACTIONS)
		fail("%s: no such action", action);
	excuse();
	if (opt.verbose)
		printf("soak: %s\n", action);
	fflush(stdout);
	if ((running = fork()) == -1)
		fail("fork: %s", strerror(errno));
	if (running == 0) {
		execl("/bin/sh", "sh", opt.chaos, action, number,
		    (char *)NULL);
		_exit(127);
	}
	counts.chaos++;
}

int
chaos_busy(void)
{
	int status;

	if (running == -1)
		return (0);
	excuse();
	if (waitpid(running, &status, WNOHANG) != running)
		return (1);
	running = -1;
	if (!WIFEXITED(status) || WEXITSTATUS(status) != 0)
		fail("the action failed: %s", actions[which].name);
	return (0);
}

/* Choose one of the permitted actions. */
static void
pick(struct rnd *r)
{
	char name[32];
	const char *p = chaos_actions;
	unsigned int n = 1, i;

	for (; *p != '\0'; p++)
		n += *p == ',';
	i = rnd_below(r, n);
	for (p = chaos_actions; i > 0; i--)
		p = strchr(p, ',') + 1;
	snprintf(name, sizeof(name), "%.*s", (int)strcspn(p, ","), p);
	chaos_begin(name);
}

void
chaos_turn(void)
{
	struct rnd r;

	if (opt.chaos == NULL || chaos_actions == NULL || chaos_busy())
		return;
	rnd_init(&r, opt.seed, 0x6368616f73, rounds);
	if (next_at == 0 || now < next_at) {
		if (next_at == 0)
			next_at = now + 200 + rnd_below(&r, 800);
		return;
	}
	next_at = 0;
	rounds++;
	pick(&r);
}
