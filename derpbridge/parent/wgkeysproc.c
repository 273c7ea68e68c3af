/*
 * wgkeysproc: the process wgkeys as the parent sees it; see bridge.h.
 */
#include "bridge.h"
#include "ipcdispatch.h"
#include "ipcsend.h"

static int
on_chanless(void *arg, const struct ipc_msg_wgkeys_chanless *v)
{
	(void)v;
	return (bridge_connect_again(arg));
}

static int
handle(struct bridge_child *p, struct ipc_msg *m)
{
	static const struct ipc_handlers handlers = {
		.wgkeys_chanless = on_chanless
	};

	return (ipc_dispatch(&handlers, m, p) == NULL ? 0 : -1);
}

static void
from_keys(struct ipc_chan *c, struct ipc_msg *m, void *arg)
{
	(void)c;
	bridge_child_message(arg, m, handle);
}

int
bridge_keys_start(struct bridge_child *p)
{
	return (bridge_start_child(p, bridge_connect, from_keys));
}
