/*
 * status: what derpd says of itself, as text for people.
 *
 * Called by derpctl.c.  The object is described in control.h; whatever is
 * missing from it is shown as a dash, so that derpctl and derpd may differ by
 * a version.
 */
#include <sys/types.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "codec.h"
#include "ctl.h"
#include "json.h"

#define DEPTH	8
#define TOKENS	65536

/* Print a string or a number of the object `r' under `name', or a dash. */
static void
put_member(FILE *fp, const struct json *j, json_ref r, const char *name)
{
	char		 buf[2048];
	const char	*raw;
	json_ref	 v = json_get(j, r, name);
	size_t		 len;
	long		 n;

	if (json_type(j, v) == JSON_STRING) {
		n = json_str(j, v, buf, sizeof(buf));
		if (n > 0) {
			put_text(fp, buf, (size_t)n);
			return;
		}
	} else if (json_type(j, v) == JSON_NUMBER) {
		raw = json_raw(j, v, &len);
		put_text(fp, raw, len);
		return;
	}
	fputc('-', fp);
}

/* A member as above into `dst', cut to fit: for columns. */
static const char *
member(const struct json *j, json_ref r, const char *name, char *dst,
    size_t size)
{
	FILE	*fp;

	dst[0] = '\0';
	/* One byte less than there is: some systems write no NUL when full. */
	if ((fp = fmemopen(dst, size - 1, "w")) == NULL)
		return "?";
	put_member(fp, j, r, name);
	fclose(fp);
	dst[size - 1] = '\0';
	return dst;
}

/* Time up: a number is seconds, a string is shown as it is. */
static const char *
uptime(const struct json *j, json_ref r, char *dst, size_t size)
{
	int64_t	s;

	if (json_int(j, json_get(j, r, "uptime"), &s) == 0 && s >= 0) {
		fmt_age(dst, size, (uint64_t)s);
		return dst;
	}
	return member(j, r, "uptime", dst, size);
}

/* The strings of an array, with commas. */
static void
put_list(FILE *fp, const struct json *j, json_ref list)
{
	char		buf[1024];
	const char	*sep = "";
	json_ref	r;
	long		n;

	for (r = json_first(j, list); r != -1; r = json_next(j, r)) {
		if ((n = json_str(j, r, buf, sizeof(buf))) < 0)
			continue;
		fputs(sep, fp);
		put_text(fp, buf, (size_t)n);
		sep = ", ";
	}
	if (*sep == '\0')
		fputc('-', fp);
}

static void
put_processes(FILE *fp, const struct json *j, json_ref list)
{
	char		role[32], worker[16], pid[16], restarts[16], up[32];
	json_ref	r;

	fprintf(fp, "\n%-12s %8s %8s %8s  %s\n", "PROCESS", "PID", "RESTARTS",
	    "UP", "SANDBOX");
	for (r = json_first(j, list); r != -1; r = json_next(j, r)) {
		member(j, r, "role", role, sizeof(role));
		if (strcmp(role, "relay") == 0) {
			strlcat(role, " ", sizeof(role));
			strlcat(role, member(j, r, "worker", worker,
			    sizeof(worker)), sizeof(role));
		}
		fprintf(fp, "%-12s %8s %8s %8s  ", role,
		    member(j, r, "pid", pid, sizeof(pid)),
		    member(j, r, "restarts", restarts, sizeof(restarts)),
		    uptime(j, r, up, sizeof(up)));
		put_member(fp, j, r, "sandbox");
		fputc('\n', fp);
	}
}

static void
put_certificates(FILE *fp, const struct json *j, json_ref list)
{
	json_ref	r;

	for (r = json_first(j, list); r != -1; r = json_next(j, r)) {
		fputs("\ncertificate    ", fp);
		put_list(fp, j, json_get(j, r, "names"));
		fputs("\n  valid until  ", fp);
		put_member(fp, j, r, "not_after");
		fputs(" (days left: ", fp);
		put_member(fp, j, r, "days_left");
		fputs(")\n  pin          ", fp);
		put_member(fp, j, r, "pin");
		fputc('\n', fp);
	}
}

int
status_print(FILE *fp, const char *text, size_t len)
{
	struct json_error	 e;
	struct json		*j;
	char			 up[32];

	if ((j = json_parse(text, len, DEPTH, TOKENS, &e)) == NULL)
		return -1;
	if (json_type(j, 0) != JSON_OBJECT) {
		json_free(j);
		return -1;
	}
	fputs("derpd          ", fp);
	put_member(fp, j, 0, "version");
	fputs(", process ", fp);
	put_member(fp, j, 0, "pid");
	fprintf(fp, ", up %s\nconfiguration  ", uptime(j, 0, up, sizeof(up)));
	put_member(fp, j, 0, "config");
	fputs("\nrelay key      ", fp);
	put_member(fp, j, 0, "nodekey");
	fputs("\nlistening on   ", fp);
	put_list(fp, j, json_get(j, 0, "listen"));
	fputc('\n', fp);
	put_processes(fp, j, json_get(j, 0, "processes"));
	put_certificates(fp, j, json_get(j, 0, "certificates"));
	json_free(j);
	return 0;
}

/* One MSG_CTL_TEXT: print it in the form that was asked for. */
static int
got_text(struct msg *m, void *arg)
{
	const struct ctl	*ctl = arg;
	const uint8_t		*p;
	size_t			 len;

	p = rd_blob(&m->rd, &len);
	if (m->type != MSG_CTL_TEXT || !rd_end(&m->rd))
		return -1;
	if (ctl->json)
		return put_json_doc(stdout, (const char *)p, len);
	return status_print(stdout, (const char *)p, len);
}

int
cmd_status(const struct ctl *ctl, int argc, char **argv)
{
	(void)argv;
	if (argc != 1)
		usage();
	return ask(ctl, MSG_CTL_STATUS, NULL, got_text, (void *)(uintptr_t)ctl);
}
