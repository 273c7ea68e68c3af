/*
 * reload: `derpctl reload' and `derpctl log'.
 *
 * Called by derpctl.c. request.c prints derpd's errors about a reload.
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
ctl_cmd_reload(const struct ctl *ctl, int argc, char **argv)
{
	(void)argv;
	if (argc != 1)
		ctl_usage();
	if (ctl_request(ctl, MSG_CTL_RELOAD, NULL, NULL, NULL) != 0)
		return 1;
	return succeeded(ctl, "configuration reloaded");
}

int
ctl_cmd_log(const struct ctl *ctl, int argc, char **argv)
{
	struct ipc_msg_ctl_verbose	v;
	struct ipc_wr	w;
	int		verbose, rv;

	if (argc != 2)
		ctl_usage();
	verbose = strcmp(argv[1], "verbose") == 0;
	if (!verbose && strcmp(argv[1], "brief") != 0)
		ctl_usage();
	ipc_wr_init(&w);
	v.verbose = verbose;
	ipc_put_ctl_verbose(&w, &v);
	rv = ipc_wr_ok(&w) ? ctl_request(ctl, MSG_CTL_VERBOSE, &w, NULL, NULL) :
	    ctl_failed(ctl, "out of memory");
	ipc_wr_free(&w);
	if (rv != 0)
		return 1;
	return succeeded(ctl, verbose ? "logging verbosely" :
	    "logging briefly");
}
