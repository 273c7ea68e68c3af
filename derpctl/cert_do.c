/*
 * cert_do: have derpd renew or revoke its certificate, or change its account
 * key.
 *
 * Called by cert.c.  derpd answers when it is done, with a line.
 */
#include <sys/types.h>
#include <stdio.h>
#include <string.h>

#include "ctl.h"
#include "show.h"

#define LINESIZE	1024	/* room for the line */
#define WAIT_MS		330000	/* a little more than derpd waits */

/* Reasons that a subscriber may give: RFC 5280 5.3.1, by number. */
static const struct {
	const char	*name;
	uint8_t		 reason;
} reasons[] = {
	{ "unspecified", 0 }, { "keyCompromise", 1 },
	{ "affiliationChanged", 3 }, { "superseded", 4 },
	{ "cessationOfOperation", 5 }
};

int
cert_reason(const char *name)
{
	size_t	i;

	for (i = 0; i < sizeof(reasons) / sizeof(reasons[0]); i++)
		if (strcmp(reasons[i].name, name) == 0)
			return reasons[i].reason;
	return -1;
}

/* Print derpd's line. */
static int
got_line(struct msg *m, void *arg)
{
	const struct ctl	*ctl = arg;
	const uint8_t		*p;
	char			 line[LINESIZE];
	size_t			 len;

	p = rd_blob(&m->rd, &len);
	if (m->type != MSG_CTL_TEXT || !rd_end(&m->rd) || len >= sizeof(line))
		return -1;
	if (!ctl->json) {
		put_text(stdout, (const char *)p, len);
		putchar('\n');
		return 0;
	}
	if (len > 0)
		memcpy(line, p, len);
	line[len] = '\0';
	ctl_json_ok(stdout, "text", line);
	return 0;
}

int
cert_do(const struct ctl *ctl, enum acme_job job, int reason)
{
	struct ctl	 mine = *ctl;
	struct wr	 w;
	int		 rv;

	mine.wait_ms = WAIT_MS;
	wr_init(&w);
	wr_u8(&w, (uint8_t)job);
	wr_u8(&w, (uint8_t)reason);
	rv = wr_ok(&w) ? ask(&mine, MSG_CTL_CERT_DO, &w, got_line, &mine) :
	    failed(ctl, "no memory");
	wr_free(&w);
	return rv;
}
