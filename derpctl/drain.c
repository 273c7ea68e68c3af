/*
 * drain: `derpctl drain' and `derpctl drain cancel': a machine that goes.
 */
#include <sys/types.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "codec.h"
#include "ctl.h"
#include "messages.h"

#define DEFAULT_SECS	300

/*
 * The seconds of a word: minutes, or with `s' seconds.  0: it is no such time.
 */
static unsigned int
seconds(const char *word)
{
	const size_t	 n = strlen(word);
	const char	*e;
	char		 number[16];
	unsigned int	 unit = 60;

	if (n == 0 || strlcpy(number, word, sizeof(number)) >= sizeof(number))
		return 0;
	if (number[n - 1] == 's') {
		unit = 1;
		number[n - 1] = '\0';
	}
	return unit * (unsigned int)strtonum(number, 1,
	    IPC_MAXDRAIN_MS / 1000 / unit, &e);
}

/* Ask derpd to drain, or (0) to end that. */
static int
ask(const struct ctl *ctl, unsigned int secs)
{
	const struct ipc_msg_ctl_drain v = { secs * 1000 };
	struct ipc_wr	 w;
	int		 rv;

	ipc_wr_init(&w);
	ipc_put_ctl_drain(&w, &v);
	rv = ctl_request_new(ctl, MSG_CTL_DRAIN, &w,
	    "drain: stop it (SIGTERM)");
	ipc_wr_free(&w);
	return rv;
}

int
ctl_cmd_drain(const struct ctl *ctl, const struct command_words *w)
{
	unsigned int	secs = DEFAULT_SECS;

	if (w->arg[0] != NULL && (secs = seconds(w->arg[0])) == 0)
		return ctl_failed(ctl, "drain: %s: not a time from 1s to a "
		    "day: write minutes, or seconds such as 30s", w->arg[0]);
	if (ask(ctl, secs) != 0)
		return 1;
	if (ctl->json) {
		ctl_json_ok(stdout, NULL, NULL);
		return 0;
	}
	printf("draining: no client is let in, those that are connected are "
	    "closed within %u s,\nand derpd ends when none is left; derpctl "
	    "status shows how many are\n", secs);
	return 0;
}

int
ctl_cmd_drain_cancel(const struct ctl *ctl, const struct command_words *w)
{
	(void)w;
	if (ask(ctl, 0) != 0)
		return 1;
	if (ctl->json)
		ctl_json_ok(stdout, NULL, NULL);
	else
		puts("the drain is cancelled: clients are let in again");
	return 0;
}
