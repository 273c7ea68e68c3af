/*
 * health: `derpctl health': whether derpd serves, for people and scripts.
 *
 * control.h describes the JSON object.
 */
#include <sys/types.h>
#include <stdio.h>

#include "codec.h"
#include "ctl.h"
#include "json.h"
#include "messages.h"
#include "show.h"

#define DEPTH	4
#define TOKENS	65536
#define WAIT_MS	10000	/* a derpd that takes longer is unwell, too */

/* An answer being received. */
struct health_answer {
	const struct ctl *ctl;
	int		  known;	/* the verdict has come */
	int		  ok;		/* derpd is well */
};

static int
got_health(struct ipc_msg *m, void *arg)
{
	struct health_answer	*a = arg;
	struct ipc_msg_ctl_text	 v;
	struct json_error	 e;
	struct json		*j;
	int			 rv;

	if (a->known || m->type != MSG_CTL_TEXT ||
	    ipc_get_ctl_text(&m->rd, &v) == -1 ||
	    (j = json_parse(v.text, v.len, DEPTH, TOKENS, &e)) == NULL)
		return -1;
	rv = json_bool(j, json_get(j, 0, "ok"), &a->ok);
	if (rv == 0 && a->ctl->json)
		rv = ctl_put_json_doc(stdout, v.text, v.len);
	else if (rv == 0) {
		if (a->ok)
			puts("ok");
		ctl_show_lines(stdout, j, json_get(j, 0, "reasons"), "");
		ctl_show_lines(stdout, j, json_get(j, 0, "warnings"),
		    "warning: ");
	}
	a->known = rv == 0;
	json_free(j);
	return rv;
}

int
ctl_cmd_health(const struct ctl *ctl, const struct command_words *w)
{
	struct ctl		 mine = *ctl;
	struct health_answer	 a = { .ctl = ctl };
	struct ctl_server	*s;
	int			 rv;

	(void)w;
	mine.wait_ms = WAIT_MS;
	if ((s = ctl_open(&mine)) == NULL)
		return 2;
	ctl_confine_connected();
	rv = ctl_ask_new(&mine, s, MSG_CTL_HEALTH, NULL, got_health, &a);
	ctl_close(s);
	if (rv == CTL_UNKNOWN)
		ctl_failed(&mine, "the running derpd is older and can't tell "
		    "whether it is well: restart it");
	else if (rv == 0 && !a.known)
		ctl_failed(&mine, "derpd on %s: its answer is missing",
		    ctl->socket);
	if (rv != 0 || !a.known)
		return 2;
	return a.ok ? 0 : 1;
}
