/*
 * statspage: see statspage.h.  Called by fronts and relay workers.  Touches
 * memory alone.
 */
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "counters.h"
#include "statspage.h"

#define NFIELDS	(sizeof(struct conn_stats) / sizeof(uint64_t))

_Static_assert(NFIELDS <= IPC_MAXCOUNTERS, "the counters fit into a page");

struct conn_stats *
conn_statspage_map(struct conn_statspage *p, int fd)
{
	struct conn_stats *s;

	if (p->page != NULL) {
		close(fd);
		errno = EINVAL;
		return (NULL);
	}
	if ((p->page = ipc_counters_map_write(fd)) == NULL)
		return (NULL);
	s = (struct conn_stats *)(void *)ipc_counters_values(p->page);
	conn_stats_reset(s);
	ipc_counters_begin(p->page);
	return (s);
}

void
conn_statspage_read(const struct ipc_counters *page, struct conn_stats *s)
{
	uint64_t v[NFIELDS];
	int runs = ipc_counters_read(page, v, NFIELDS);

	memcpy(s, v, sizeof(*s));
	s->workers = 1;
	if (!runs)
		conn_stats_reset(s);
}
