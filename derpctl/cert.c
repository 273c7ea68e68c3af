/*
 * cert: `derpctl cert': the certificates that derpd serves and how they are
 * renewed.
 *
 * control.h describes the JSON object.
 */
#include <sys/types.h>
#include <stdio.h>
#include <string.h>

#include "ctl.h"
#include "show.h"

#define DEPTH	8
#define TOKENS	65536

/* Which clients get it. */
static void
put_served(FILE *fp, const struct json *j, json_ref r)
{
	json_ref	names = json_get(j, r, "serves");
	int		first = 0, n = json_count(j, names) > 0;

	(void)json_bool(j, json_get(j, r, "default"), &first);
	if (names == -1)
		return;
	fputs("  served for   ", fp);
	if (n)
		ctl_show_list(fp, j, names);
	fputs(!first ? n ? "\n" : "no client\n" : n ?
	    ", and clients without a name\n" : "clients without a name\n", fp);
}

/* The pin, by which clients validate a self-signed certificate. */
static void
put_pin(FILE *fp, const struct json *j, json_ref r)
{
	int	own = 0;

	(void)json_bool(j, json_get(j, r, "self_signed"), &own);
	ctl_show_line(fp, j, r, "pin", own ? "CertName" : "pin");
	if (own)
		ctl_show_line(fp, j, r, "old_pin", "before");
}

/* The line `name' with the time `member', and how names are validated. */
static void
put_try(FILE *fp, const struct json *j, json_ref r, const char *member,
    const char *name)
{
	char	by[16], when[64];

	if (json_str(j, json_get(j, r, member), when, sizeof(when)) < 1)
		return;
	fprintf(fp, "  %-12s %s, by challenge %s\n", name, when,
	    ctl_show_text(j, r, "challenge", by, sizeof(by)));
}

/* What the acme block does about the certificate. */
static void
put_acme(FILE *fp, const struct json *j, json_ref r)
{
	int	silent;

	put_try(fp, j, r, "trying_since", "trying since");
	put_try(fp, j, r, "next_try", "next try");
	if (json_bool(j, json_get(j, r, "stun_silent"), &silent) == 0 && silent)
		fputs("  stun         silent until there is a certificate, so "
		    "that clients use other relays\n", fp);
}

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
	put_served(fp, j, r);
	put_pin(fp, j, r);
	ctl_show_lines(fp, j, json_get(j, r, "warnings"), "  warning      ");
	ctl_show_line(fp, j, r, "renewal", "renewal");
	if (json_get(j, r, "challenge") != -1)
		put_acme(fp, j, r);
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
ctl_cmd_cert(const struct ctl *ctl, const struct command_words *w)
{
	(void)w;
	return ctl_request(ctl, MSG_CTL_CERT, NULL, got_certs,
	    (void *)(uintptr_t)ctl);
}
