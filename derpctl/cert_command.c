/*
 * cert_command: request a renewal or revocation of derpd's certificate, or an
 * account key rollover.
 *
 * derpd answers with one line when the job is done.
 */
#include <sys/types.h>
#include <stdio.h>
#include <string.h>

#include "ctl.h"
#include "messages.h"

#define WAIT_MS		330000	/* slightly longer than derpd's own limit */

/*
 * Revocation reasons that a subscriber may give (RFC 5280 5.3.1) by number; in
 * commands.c, too.
 */
static const struct {
	const char	*name;
	uint8_t		 reason;
} reasons[] = {
	{ "unspecified", 0 }, { "keyCompromise", 1 },
	{ "affiliationChanged", 3 }, { "superseded", 4 },
	{ "cessationOfOperation", 5 }
};

/* The number of the reason called `name'; the first one for NULL. */
static int
number_of(const char *name)
{
	size_t	i;

	for (i = 0; name != NULL && i < sizeof(reasons) / sizeof(reasons[0]);
	    i++)
		if (strcmp(reasons[i].name, name) == 0)
			return reasons[i].reason;
	return reasons[0].reason;
}

/* Have the job done, with a reason for a revocation.  Returns 0 or 1. */
static int
do_job(const struct ctl *ctl, enum ipc_acme_job job, int reason)
{
	struct ipc_msg_ctl_cert_do v = { job, (uint8_t)reason };
	struct ctl	 mine = *ctl;
	struct ipc_wr	 w;
	int		 rv;

	mine.wait_ms = WAIT_MS;
	ipc_wr_init(&w);
	ipc_put_ctl_cert_do(&w, &v);
	rv = ipc_wr_ok(&w) ? ctl_request(&mine, MSG_CTL_CERT_DO, &w,
	    ctl_got_line, &mine) : ctl_failed(ctl, "out of memory");
	ipc_wr_free(&w);
	return rv;
}

int
ctl_cmd_cert_renew(const struct ctl *ctl, const struct command_words *w)
{
	(void)w;
	return do_job(ctl, ACMEJOB_ISSUE, 0);
}

int
ctl_cmd_cert_revoke(const struct ctl *ctl, const struct command_words *w)
{
	return do_job(ctl, ACMEJOB_REVOKE, number_of(w->arg[0]));
}

int
ctl_cmd_cert_roll(const struct ctl *ctl, const struct command_words *w)
{
	(void)w;
	return do_job(ctl, ACMEJOB_ROLL, 0);
}
