/*
 * status: `derpctl status': derpd's status as text.
 *
 * control.h describes the JSON object.  A missing member
 * is shown as a dash, so that derpctl and derpd may differ by a version.
 */
#include <sys/types.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "admitshow.h"
#include "codec.h"
#include "ctl.h"
#include "json.h"
#include "show.h"

#define DEPTH	8
#define TOKENS	65536

/* Uptime: a number is in seconds; a string is shown unchanged. */
static const char *
uptime(const struct json *j, json_ref r, char *dst, size_t size)
{
	int64_t	s;

	if (json_int(j, json_get(j, r, "uptime"), &s) == 0 && s >= 0) {
		ctl_fmt_age(dst, size, (uint64_t)s);
		return dst;
	}
	return ctl_show_text(j, r, "uptime", dst, size);
}

/* A drain: since when, who is left, and when it ends. */
static void
put_drain(FILE *fp, const struct json *j, json_ref drain)
{
	char	left[32] = "-";
	int64_t	s;

	if (drain == -1)
		return;
	if (json_int(j, json_get(j, drain, "seconds"), &s) == 0 && s >= 0)
		ctl_fmt_age(left, sizeof(left), (uint64_t)s);
	fputs("draining since ", fp);
	ctl_show_member(fp, j, drain, "since");
	fputs(", clients left: ", fp);
	ctl_show_member(fp, j, drain, "clients");
	fprintf(fp, ", ends in %s at the latest\n", left);
}

static void
put_processes(FILE *fp, const struct json *j, json_ref list)
{
	char		role[32], worker[16], pid[16], restarts[16], up[32];
	json_ref	r;

	fprintf(fp, "\n%-12s %8s %8s %8s  %s\n", "PROCESS", "PID", "RESTARTS",
	    "UP", "SANDBOX");
	for (r = json_first(j, list); r != -1; r = json_next(j, r)) {
		ctl_show_text(j, r, "role", role, sizeof(role));
		if (json_get(j, r, "worker") != -1) {
			strlcat(role, " ", sizeof(role));
			strlcat(role, ctl_show_text(j, r, "worker", worker,
			    sizeof(worker)), sizeof(role));
		}
		fprintf(fp, "%-12s %8s %8s %8s  ", role,
		    ctl_show_text(j, r, "pid", pid, sizeof(pid)),
		    ctl_show_text(j, r, "restarts", restarts, sizeof(restarts)),
		    uptime(j, r, up, sizeof(up)));
		ctl_show_member(fp, j, r, "sandbox");
		fputc('\n', fp);
	}
}

static void
put_certificates(FILE *fp, const struct json *j, json_ref list)
{
	json_ref	r;

	for (r = json_first(j, list); r != -1; r = json_next(j, r)) {
		fputs("\ncertificate    ", fp);
		ctl_show_list(fp, j, json_get(j, r, "names"));
		fputs("\n  valid until  ", fp);
		ctl_show_member(fp, j, r, "not_after");
		fputs(" (days left: ", fp);
		ctl_show_member(fp, j, r, "days_left");
		fputs(")\n  pin          ", fp);
		ctl_show_member(fp, j, r, "pin");
		fputc('\n', fp);
	}
}

/* STUN addresses and state. */
static void
put_stun(FILE *fp, const struct json *j, json_ref stun)
{
	int	answering;

	if (stun == -1)
		return;
	fputs("\nstun           ", fp);
	ctl_show_list(fp, j, json_get(j, stun, "listen"));
	fputs("\n  state        ", fp);
	if (json_bool(j, json_get(j, stun, "answering"), &answering) == 0 &&
	    answering)
		fputs("answering (answered: ", fp);
	else {
		fputs("silent: ", fp);
		ctl_show_member(fp, j, stun, "why");
		fputs(" (answered: ", fp);
	}
	ctl_show_member(fp, j, stun, "answered");
	fputs(")\n", fp);
}

/* What derpd found when it checked its own relay. */
static void
put_faults(FILE *fp, const struct json *j, json_ref list)
{
	json_ref	r;

	if (json_count(j, list) == 0)
		return;
	fputs("\nfaults\n", fp);
	for (r = json_first(j, list); r != -1; r = json_next(j, r)) {
		fputs("  ", fp);
		ctl_show_member(fp, j, r, "name");
		fputs(": ", fp);
		ctl_show_member(fp, j, r, "title");
		fputs(": ", fp);
		ctl_show_member(fp, j, r, "what");
		fputs(". ", fp);
		ctl_show_member(fp, j, r, "cure");
		fputc('\n', fp);
	}
}

/* The other nodes of the region: how many there are, and which are down. */
static void
put_mesh(FILE *fp, const struct json *j, json_ref list)
{
	const char	*sep = ", not: ";
	unsigned int	 n = 0, up = 0;
	char		 state[16];
	json_ref	 r;

	if (json_count(j, list) == 0)
		return;
	for (r = json_first(j, list); r != -1; r = json_next(j, r)) {
		ctl_show_text(j, r, "state", state, sizeof(state));
		n += strcmp(state, "this node") != 0;
		up += strcmp(state, "up") == 0;
	}
	fprintf(fp, "\nmesh           %u of %u nodes up", up, n);
	for (r = json_first(j, list); r != -1; r = json_next(j, r)) {
		ctl_show_text(j, r, "state", state, sizeof(state));
		if (strcmp(state, "this node") == 0 ||
		    strcmp(state, "up") == 0)
			continue;
		fputs(sep, fp);
		ctl_show_member(fp, j, r, "host");
		sep = ", ";
	}
	fputc('\n', fp);
}

static void
put_maps(FILE *fp, const struct json *j, json_ref maps)
{
	json_ref	r;
	char		error[256];

	for (r = json_first(j, maps); r != -1; r = json_next(j, r)) {
		fputs("\nmap            ", fp);
		ctl_show_member(fp, j, r, "path");
		fputs(" from ", fp);
		ctl_show_member(fp, j, r, "source");
		fputs("\n  state        ", fp);
		ctl_show_member(fp, j, r, "state");
		if (json_str(j, json_get(j, r, "error"), error,
		    sizeof(error)) != 0) {
			fputs(": ", fp);
			ctl_show_member(fp, j, r, "error");
		}
		fputc('\n', fp);
	}
}

/* The names of bootstrap-dns. */
static void
put_dns(FILE *fp, const struct json *j, json_ref names)
{
	json_ref	r;
	char		error[256];
	int		published;

	for (r = json_first(j, names); r != -1; r = json_next(j, r)) {
		fputs("\nbootstrap-dns  ", fp);
		ctl_show_member(fp, j, r, "name");
		if (json_bool(j, json_get(j, r, "published"),
		    &published) == 0 && !published)
			fputs(" (unpublished)", fp);
		fputs("\n  addresses    ", fp);
		ctl_show_list(fp, j, json_get(j, r, "addresses"));
		if (json_get(j, r, "resolved") != -1) {
			fputs("\n  resolved     ", fp);
			ctl_show_member(fp, j, r, "resolved");
		}
		if (json_str(j, json_get(j, r, "error"), error,
		    sizeof(error)) > 0) {
			fputs("\n  error        ", fp);
			ctl_show_member(fp, j, r, "error");
		}
		fputc('\n', fp);
	}
}

int
ctl_status_print(FILE *fp, const char *text, size_t len)
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
	ctl_show_member(fp, j, 0, "version");
	fputs(", process ", fp);
	ctl_show_member(fp, j, 0, "pid");
	fprintf(fp, ", up %s\nconfiguration  ", uptime(j, 0, up, sizeof(up)));
	ctl_show_member(fp, j, 0, "config");
	fputs("\nrelay key      ", fp);
	ctl_show_member(fp, j, 0, "nodekey");
	fputs("\nlistening on   ", fp);
	ctl_show_list(fp, j, json_get(j, 0, "listen"));
	fputc('\n', fp);
	put_drain(fp, j, json_get(j, 0, "drain"));
	if (json_count(j, json_get(j, 0, "warnings")) > 0)
		fputc('\n', fp);
	ctl_show_lines(fp, j, json_get(j, 0, "warnings"), "warning        ");
	put_processes(fp, j, json_get(j, 0, "processes"));
	put_certificates(fp, j, json_get(j, 0, "certificates"));
	ctl_admission_print(fp, j);
	put_mesh(fp, j, json_get(j, 0, "mesh"));
	put_stun(fp, j, json_get(j, 0, "stun"));
	put_faults(fp, j, json_get(j, 0, "faults"));
	put_maps(fp, j, json_get(j, 0, "maps"));
	put_dns(fp, j, json_get(j, 0, "bootstrap_dns"));
	json_free(j);
	return 0;
}

static int
got_text(struct ipc_msg *m, void *arg)
{
	return ctl_text(m, arg, ctl_status_print);
}

int
ctl_cmd_status(const struct ctl *ctl, const struct command_words *w)
{
	(void)w;
	return ctl_request(ctl, MSG_CTL_STATUS, NULL, got_text,
	    (void *)(uintptr_t)ctl);
}
