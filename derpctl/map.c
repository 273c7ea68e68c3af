/*
 * map: `derpctl map': the maps that derpd serves.
 *
 * control.h describes the JSON object.
 */
#include <sys/types.h>
#include <stdio.h>
#include <string.h>

#include "ctl.h"
#include "mapcheck.h"
#include "show.h"

#define DEPTH	16

static void
put_nodes(FILE *fp, const struct json *j, json_ref nodes)
{
	char		name[64], host[256], port[8], stun[8], v4[48], v6[48];
	json_ref	r;

	for (r = json_first(j, nodes); r != -1; r = json_next(j, r))
		fprintf(fp, "    %-12s %-32s port %-5s stun %-5s %s %s\n",
		    ctl_show_text(j, r, "name", name, sizeof(name)),
		    ctl_show_text(j, r, "host", host, sizeof(host)),
		    ctl_show_text(j, r, "port", port, sizeof(port)),
		    ctl_show_text(j, r, "stun", stun, sizeof(stun)),
		    ctl_show_text(j, r, "ipv4", v4, sizeof(v4)),
		    ctl_show_text(j, r, "ipv6", v6, sizeof(v6)));
}

static void
put_regions(FILE *fp, const struct json *j, json_ref regions)
{
	json_ref	r;

	for (r = json_first(j, regions); r != -1; r = json_next(j, r)) {
		fputs("  region ", fp);
		ctl_show_member(fp, j, r, "id");
		fputs("  ", fp);
		ctl_show_member(fp, j, r, "code");
		fputs("  ", fp);
		ctl_show_member(fp, j, r, "name");
		fputc('\n', fp);
		put_nodes(fp, j, json_get(j, r, "nodes"));
	}
}

static void
put_warnings(FILE *fp, const struct json *j, json_ref list)
{
	char		text[1024];
	json_ref	r;
	long		n;

	for (r = json_first(j, list); r != -1; r = json_next(j, r)) {
		if ((n = json_str(j, r, text, sizeof(text))) < 0)
			continue;
		fputs("  ", fp);
		ctl_put_text(fp, text, (size_t)n);
		fputc('\n', fp);
	}
}

static void
put_others(FILE *fp, const struct json *j, json_ref list)
{
	json_ref	r;

	for (r = json_first(j, list); r != -1; r = json_next(j, r)) {
		fputs("  compared     ", fp);
		ctl_show_member(fp, j, r, "url");
		fputs(": ", fp);
		ctl_show_member(fp, j, r, "state");
		fputs(", requested ", fp);
		ctl_show_age(fp, j, r, "checked");
		fputs(" ago\n", fp);
		ctl_show_line(fp, j, r, "error", "");
	}
}

static void
put_map(FILE *fp, const struct json *j, json_ref r)
{
	fputs("map            ", fp);
	ctl_show_member(fp, j, r, "path");
	fputs("\n  hosts        ", fp);
	ctl_show_list(fp, j, json_get(j, r, "hosts"));
	fputs("\n  source       ", fp);
	ctl_show_member(fp, j, r, "source");
	fputs("\n  state        ", fp);
	ctl_show_member(fp, j, r, "state");
	fputs(", last checked ", fp);
	ctl_show_age(fp, j, r, "checked");
	fputs(" ago\n", fp);
	ctl_show_line(fp, j, r, "error", "error");
	fputs("  in force     for ", fp);
	ctl_show_age(fp, j, r, "age");
	fputs(", ", fp);
	ctl_show_member(fp, j, r, "bytes");
	fputs(" bytes\n", fp);
	ctl_show_line(fp, j, r, "hash", "sha256");
	put_others(fp, j, json_get(j, r, "compare"));
	put_warnings(fp, j, json_get(j, r, "warnings"));
	put_regions(fp, j, json_get(j, json_get(j, r, "summary"),
	    "regions"));
}

int
ctl_maps_print(FILE *fp, const char *text, size_t len)
{
	struct json_error	 e;
	struct json		*j;
	json_ref		 maps, r;

	if ((j = json_parse(text, len, DEPTH, MAP_MAX_TOKENS * 4,
	    &e)) == NULL)
		return -1;
	maps = json_get(j, 0, "maps");
	if (json_type(j, maps) != JSON_ARRAY) {
		json_free(j);
		return -1;
	}
	if (json_count(j, maps) == 0)
		fputs("no map is served\n", fp);
	for (r = json_first(j, maps); r != -1; r = json_next(j, r)) {
		if (r != json_first(j, maps))
			fputc('\n', fp);
		put_map(fp, j, r);
	}
	json_free(j);
	return 0;
}

static int
got_maps(struct ipc_msg *m, void *arg)
{
	return ctl_text(m, arg, ctl_maps_print);
}

int
ctl_cmd_map(const struct ctl *ctl, const struct command_words *w)
{
	(void)w;
	return ctl_request(ctl, MSG_CTL_MAP, NULL, got_maps,
	    (void *)(uintptr_t)ctl);
}
