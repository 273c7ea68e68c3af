/*
 * map_yaml: `derpctl map yaml': a map for derp.paths of Headscale: that in a
 * file, or one with this machine's node alone, which derpd tells.
 */
#include <sys/types.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ctl.h"
#include "mapcheck.h"
#include "messages.h"
#include "yamlout.h"

#define NODE_DEPTH	4
#define NODE_TOKENS	256

/* A map on its way. */
struct yaml_map {
	const struct ctl *ctl;
	char		 error[256];	/* the first one */
	struct ctl_json	 doc;		/* a map with our node */
};

/* Keep the first error of the check. */
static void
found(int error, const char *line, void *arg)
{
	struct yaml_map	*m = arg;

	if (error && m->error[0] == '\0')
		strlcpy(m->error, line, sizeof(m->error));
}

/* Print the YAML, with -j as a string.  Returns 0, or 1 with a report. */
static int
put(const struct ctl *ctl, const struct json *j)
{
	char	*yaml = NULL;
	size_t	 size;
	FILE	*fp;

	if ((fp = open_memstream(&yaml, &size)) == NULL)
		return ctl_failed(ctl, "map yaml: out of memory");
	ctl_yaml_map(fp, j);
	if (fclose(fp) == EOF) {
		free(yaml);
		return ctl_failed(ctl, "map yaml: out of memory");
	}
	if (ctl->json)
		ctl_json_ok(stdout, "yaml", yaml);
	else
		fputs(yaml, stdout);
	free(yaml);
	return 0;
}

/* Check the map and print it.  Returns 0, or 1 with an error reported. */
static int
print(struct yaml_map *m, const char *name, const char *text, size_t len)
{
	struct json_error	 e;
	struct json		*j;
	int			 rv;

	if (map_check(text, len, name, NULL, found, m) == -1)
		return ctl_failed(m->ctl, "%s", m->error);
	if ((j = json_parse(text, len, MAP_MAX_DEPTH, MAP_MAX_TOKENS,
	    &e)) == NULL)
		return ctl_failed(m->ctl, "%s: %s", name, e.what);
	rv = put(m->ctl, j);
	json_free(j);
	return rv;
}

/* Write a map with a region for the node, which derpd has sent. */
static int
got_node(struct ipc_msg *msg, void *arg)
{
	struct yaml_map		*m = arg;
	struct ipc_msg_ctl_text	 v;
	struct json_error	 e;
	struct json		*j;
	char			 host[256], id[24];
	int64_t			 region;
	int			 rv = -1;

	if (msg->type != MSG_CTL_TEXT ||
	    ipc_get_ctl_text(&msg->rd, &v) == -1 ||
	    (j = json_parse(v.text, v.len, NODE_DEPTH, NODE_TOKENS,
	    &e)) == NULL)
		return -1;
	if (json_int(j, json_get(j, 0, "RegionID"), &region) == 0 &&
	    json_str(j, json_get(j, 0, "HostName"), host,
	    sizeof(host)) != -1) {
		snprintf(id, sizeof(id), "%lld", (long long)region);
		json_out_object(&m->doc.o, "Regions");
		json_out_object(&m->doc.o, id);
		json_out_int(&m->doc.o, "RegionID", region);
		json_out_str(&m->doc.o, "RegionCode", "own");
		json_out_str(&m->doc.o, "RegionName", host);
		json_out_array(&m->doc.o, "Nodes");
		json_out_raw(&m->doc.o, NULL, v.text, v.len);
		rv = 0;
	}
	json_free(j);
	return rv;
}

/* The map with our node alone. */
static int
own(struct yaml_map *m)
{
	int	rv;

	ctl_json_begin(&m->doc);
	rv = ctl_request(m->ctl, MSG_CTL_NODE, NULL, got_node, m);
	if (rv == 0) {
		while (json_out_depth(&m->doc.o) > 0)
			json_out_end(&m->doc.o);
		rv = print(m, "the map with this node",
		    (const char *)m->doc.w.p, m->doc.w.len);
	}
	ipc_wr_free(&m->doc.w);
	return rv;
}

int
ctl_cmd_map_yaml(const struct ctl *ctl, const struct command_words *w)
{
	struct yaml_map	 m = { .ctl = ctl };
	const char	*path = w->arg[0], *name;
	char		*text;
	size_t		 len;
	int		 rv;

	if (path == NULL)
		return own(&m);
	name = strcmp(path, "-") == 0 ? "standard input" : path;
	ctl_confine_file(path);
	if ((text = ctl_read_file(path, MAP_MAX_SIZE, &len)) == NULL)
		return ctl_failed(ctl, "%s: %s", name, strerror(errno));
	rv = print(&m, name, text, len);
	free(text);
	return rv;
}
