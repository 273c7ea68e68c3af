/*
 * upgrade: `derpctl upgrade': have derpd replaced by the program on disk.
 *
 * derpd answers at the end, with one line when it was replaced.
 */
#include <sys/types.h>
#include <stdio.h>
#include <string.h>

#include "ctl.h"
#include "messages.h"
#include "show.h"

#define LINESIZE	1024	/* room for the answer */

/* Print derpd's answer. */
static int
got_line(struct ipc_msg *m, void *arg)
{
	const struct ctl	*ctl = arg;
	struct ipc_msg_ctl_text	 v;
	char			 line[LINESIZE];

	if (m->type != MSG_CTL_TEXT ||
	    ipc_get_ctl_text(&m->rd, &v) == -1 || v.len >= sizeof(line))
		return -1;
	if (!ctl->json) {
		ctl_put_text(stdout, v.text, v.len);
		putchar('\n');
		return 0;
	}
	memcpy(line, v.text, v.len);
	line[v.len] = '\0';
	ctl_json_ok(stdout, "text", line);
	return 0;
}

int
ctl_cmd_upgrade(const struct ctl *ctl, const struct command_words *w)
{
	struct ctl	 mine = *ctl;

	(void)w;
	mine.wait_ms = CTL_UPGRADE_MS;
	return ctl_request(&mine, MSG_CTL_UPGRADE, NULL, got_line, &mine);
}
