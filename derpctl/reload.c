/*
 * reload: `derpctl reload' and `derpctl log'.
 *
 * request.c prints derpd's errors about a reload.
 */
#include <sys/types.h>
#include <stdio.h>
#include <string.h>

#include "codec.h"
#include "ctl.h"
#include "messages.h"

/* Report success. */
static int
succeeded(const struct ctl *ctl, const char *what)
{
	if (ctl->json)
		ctl_json_ok(stdout, NULL, NULL);
	else
		puts(what);
	return 0;
}

int
ctl_cmd_reload(const struct ctl *ctl, const struct command_words *w)
{
	struct ctl	mine = *ctl;

	(void)w;
	/* It may be one. */
	mine.wait_ms = CTL_UPGRADE_MS;
	if (ctl_request(&mine, MSG_CTL_RELOAD, NULL, NULL, NULL) != 0)
		return 1;
	return succeeded(ctl, "configuration reloaded");
}

int
ctl_cmd_log(const struct ctl *ctl, const struct command_words *w)
{
	struct ipc_msg_ctl_verbose	v;
	struct ipc_wr	wr;
	int		verbose, rv;

	verbose = strcmp(w->arg[0], "verbose") == 0;
	ipc_wr_init(&wr);
	v.verbose = verbose;
	ipc_put_ctl_verbose(&wr, &v);
	rv = ipc_wr_ok(&wr) ? ctl_request(ctl, MSG_CTL_VERBOSE, &wr, NULL,
	    NULL) : ctl_failed(ctl, "out of memory");
	ipc_wr_free(&wr);
	if (rv != 0)
		return 1;
	return succeeded(ctl, verbose ? "logging verbosely" :
	    "logging briefly");
}
