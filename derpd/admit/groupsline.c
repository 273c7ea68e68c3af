/*
 * groupsline: groups as JSON, for derpctl(8); see groups.h.  Called by
 * report.c.
 */
#include "groupspriv.h"
#include "json_out.h"

/* Return the bytes of the last whole second. */
static uint64_t
used_second(const struct admit_groups *g, const struct admit_group *gr)
{
	const uint64_t second = g->now_us / 1000000;

	if (second == gr->second)
		return (gr->last_second);
	return (second == gr->second + 1 ? gr->this_second : 0);
}

static void
put(struct json_out *o, const struct admit_groups *g,
    const struct admit_group *gr)
{
	const struct admit_limits *l = &gr->limits;

	json_out_object(o, NULL);
	json_out_str(o, "name", gr->name);
	json_out_uint(o, "clients", gr->clients);
	json_out_uint(o, "connections", gr->connections);
	json_out_uint(o, "max_connections", l->connections);
	json_out_uint(o, "rate", l->rate);
	json_out_uint(o, "burst", l->burst);
	json_out_uint(o, "used_second", used_second(g, gr));
	json_out_uint(o, "quota", l->quota);
	json_out_uint(o, "used_month", admit_month_used(g, gr));
	json_out_fmt(o, "since", "%04u-%02u-01T00:00:00Z", g->month / 12,
	    g->month % 12 + 1);
	json_out_bool(o, "over", admit_month_over(g, gr));
	json_out_end(o);
}

int
admit_groups_lines(const struct admit_groups *g,
    void (*line)(void *arg, const void *text, size_t n), void *arg)
{
	struct admit_group *gr;
	struct json_out o;
	struct ipc_wr w;
	int ok = 1;

	for (gr = g->by_name; gr != NULL; gr = gr->by_name.next) {
		ipc_wr_init(&w);
		json_out_init(&o, &w);
		put(&o, g, gr);
		ok = json_out_whole(&o);
		if (ok)
			line(arg, w.p, w.len);
		ipc_wr_free(&w);
		if (!ok)
			return (-1);
	}
	return (0);
}
