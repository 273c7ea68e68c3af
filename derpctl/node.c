/*
 * node: `derpctl node': this machine's node for a DERP map, as derpd writes it.
 *
 * Prints JSON with and without -j, to be pasted into a map.
 */
#include <sys/types.h>
#include <stdio.h>

#include "ctl.h"

static int
got_node(struct ipc_msg *m, void *arg)
{
	return ctl_text(m, arg, NULL);
}

int
ctl_cmd_node(const struct ctl *ctl, const struct command_words *w)
{
	(void)w;
	return ctl_request(ctl, MSG_CTL_NODE, NULL, got_node,
	    (void *)(uintptr_t)ctl);
}
