/*
 * cert: `derpctl cert': the certificates that derpd serves and how they are
 * renewed.
 *
 * Called by derpctl.c. control.h describes the JSON object.
 */
#include <sys/types.h>
#include <stdio.h>
#include <string.h>

#include "ctl.h"
#include "show.h"

#define DEPTH	8
#define TOKENS	65536

static void
put_cert(FILE *fp, const struct json *j, json_ref r)
{
	fputs("certificate    ", fp);
	ctl_show_list(fp, j, json_get(j, r, "names"));
	fputs("\n  from         ", fp);
	ctl_show_member(fp, j, r, "source");
	fputs(" (", fp);
	ctl_show_member(fp, j, r, "kind");
	fputs(")\n", fp);
	ctl_show_line(fp, j, r, "issuer", "issuer");
	ctl_show_line(fp, j, r, "not_before", "valid from");
	fputs("  valid until  ", fp);
	ctl_show_member(fp, j, r, "not_after");
	fputs(" (days left: ", fp);
	ctl_show_member(fp, j, r, "days_left");
	fputs(")\n", fp);
	ctl_show_line(fp, j, r, "pin", "pin");
	ctl_show_line(fp, j, r, "renewal", "renewal");
	ctl_show_line(fp, j, r, "error", "last error");
}

/* Print the object.  Returns 0, or -1 when it does not match control.h. */
static int
print(FILE *fp, const char *text, size_t len)
{
	struct json_error	 e;
	struct json		*j;
	json_ref		 list, r;

	if ((j = json_parse(text, len, DEPTH, TOKENS, &e)) == NULL)
		return -1;
	list = json_get(j, 0, "certificates");
	for (r = json_first(j, list); r != -1; r = json_next(j, r)) {
		if (r != json_first(j, list))
			fputc('\n', fp);
		put_cert(fp, j, r);
	}
	json_free(j);
	return 0;
}

static int
got_certs(struct ipc_msg *m, void *arg)
{
	return ctl_text(m, arg, print);
}

int
ctl_cmd_cert(const struct ctl *ctl, int argc, char **argv)
{
	int	reason = 0;

	if (argc == 2 && strcmp(argv[1], "renew") == 0)
		return ctl_cert_command(ctl, ACMEJOB_ISSUE, 0);
	if (argc == 2 && strcmp(argv[1], "roll") == 0)
		return ctl_cert_command(ctl, ACMEJOB_ROLL, 0);
	if ((argc == 2 || argc == 3) && strcmp(argv[1], "revoke") == 0) {
		if (argc == 3 && (reason = ctl_cert_reason(argv[2])) == -1)
			ctl_usage();
		return ctl_cert_command(ctl, ACMEJOB_REVOKE, reason);
	}
	if (argc != 1)
		ctl_usage();
	return ctl_request(ctl, MSG_CTL_CERT, NULL, got_certs,
	    (void *)(uintptr_t)ctl);
}
