/*
 * upgrade: `derpctl upgrade': have derpd replaced by the program on disk.
 *
 * derpd answers at the end, with one line when it was replaced.
 */
#include "ctl.h"
#include "messages.h"

int
ctl_cmd_upgrade(const struct ctl *ctl, const struct command_words *w)
{
	struct ctl	 mine = *ctl;

	(void)w;
	mine.wait_ms = CTL_UPGRADE_MS;
	return ctl_request(&mine, MSG_CTL_UPGRADE, NULL, ctl_got_line,
	    &mine);
}
