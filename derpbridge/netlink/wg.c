/*
 * wg: see wg.h.
 */
#include "childrun.h"
#include "wg.h"

static struct ipc_child	child;

static int
configured(void *arg)
{
	(void)arg;
	return (1);
}

static void
work(void *arg)
{
	(void)arg;
	for (;;)
		(void)ipc_child_wait(&child, 1000);
}

static const struct ipc_handlers handlers = { 0 };

static struct ipc_child child = {
	.role = ROLE_NETLINK,
	.handlers = &handlers,
	.configured = configured,
	.work = work
};

void
wg_main(void)
{
	ipc_child_run(&child);
}
