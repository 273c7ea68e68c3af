/*
 * node: this machine's node of a DERP map, as derpd would write it.
 *
 * Called by derpctl.c.  JSON with and without -j: it is there to be pasted.
 */
#include <sys/types.h>
#include <stdio.h>

#include "ctl.h"

static int
got_node(struct msg *m, void *arg)
{
	const uint8_t	*p;
	size_t		 len;

	(void)arg;
	p = rd_blob(&m->rd, &len);
	if (m->type != MSG_CTL_TEXT || !rd_end(&m->rd))
		return -1;
	return put_json_doc(stdout, (const char *)p, len);
}

int
cmd_node(const struct ctl *ctl, int argc, char **argv)
{
	(void)argv;
	if (argc != 1)
		usage();
	return ask(ctl, MSG_CTL_NODE, NULL, got_node, NULL);
}
