/*
 * bridgestatus: what the parent itself shows to derpctl; see bridge.h.
 */
#include <string.h>

#include "about.h"
#include "bridge.h"
#include "clock.h"
#include "json_out.h"

static void
put_process(struct json_out *o, const struct super_child *p, uint64_t now)
{
	json_out_object(o, NULL);
	json_out_str(o, "role", ipc_role_name(p->role));
	json_out_uint(o, "pid", (uint64_t)p->pid);
	json_out_bool(o, "ready", p->ready);
	json_out_str(o, "sandbox", p->ready ? p->level : "");
	json_out_uint(o, "restarts", p->restarts);
	json_out_uint(o, "uptime", p->pid == 0 ? 0 :
	    (now - p->started_ms) / 1000);
	json_out_end(o);
}

static void
put_map(struct json_out *o, const struct bridge *d)
{
	const struct bconf_map *m = &d->conf->map;

	json_out_object(o, "map");
	json_out_str(o, "source", m->file != NULL ? m->file : m->url);
	json_out_str(o, "state", bridge_map_state(d));
	json_out_uint(o, "bytes", d->maps.good.len);
	json_out_uint(o, "since", (uint64_t)d->maps.since);
	json_out_uint(o, "checked", (uint64_t)d->maps.checked);
	json_out_str(o, "error", d->maps.why);
	json_out_end(o);
}

void
bridge_status_text(const struct bridge *d, struct ipc_wr *w)
{
	const uint64_t now = base_clock_ms();
	struct json_out o;
	unsigned int i;

	json_out_init(&o, w);
	json_out_object(&o, NULL);
	json_out_str(&o, "version", BASE_VERSION);
	json_out_uint(&o, "uptime", (now - d->started_ms) / 1000);
	json_out_str(&o, "config", d->conf_path);
	json_out_bool(&o, "dry_run", d->conf->dry_run);
	put_map(&o, d);
	json_out_array(&o, "processes");
	for (i = 0; i < d->super.n; i++)
		if (super_wanted(d->super.children[i]))
			put_process(&o, d->super.children[i], now);
	json_out_end(&o);
	json_out_end(&o);
}
