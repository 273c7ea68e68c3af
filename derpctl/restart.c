/*
 * restart: `derpctl restart relay': a relay worker is replaced.
 */
#include <sys/types.h>
#include <stdio.h>
#include <stdlib.h>

#include "codec.h"
#include "ctl.h"
#include "messages.h"

/* Ask derpd to replace the worker, and wait. */
static int
ask(const struct ctl *ctl, uint32_t worker)
{
	const struct ipc_msg_ctl_restart_relay v = { worker };
	struct ipc_wr	 w;
	int		 rv;

	ipc_wr_init(&w);
	ipc_put_ctl_restart_relay(&w, &v);
	rv = ctl_request_new(ctl, MSG_CTL_RESTART_RELAY, &w,
	    "replace a relay worker");
	ipc_wr_free(&w);
	return rv;
}

int
ctl_cmd_restart_relay(const struct ctl *ctl, const struct command_words *w)
{
	const char	*e;
	uint32_t	 worker;

	/* The table has checked the number. */
	worker = (uint32_t)strtonum(w->arg[0], 0, IPC_MAXWORKERS - 1, &e);
	if (ask(ctl, worker) != 0)
		return 1;
	if (ctl->json)
		ctl_json_ok(stdout, NULL, NULL);
	else
		printf("relay %u is a new process, and its clients are still "
		    "connected\n", worker);
	return 0;
}
