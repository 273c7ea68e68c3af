/*
 * pages: see pages.h.  Called by front.c with the pages and for /debug/varz.
 * Touches memory alone.
 */
#include <errno.h>
#include <unistd.h>

#include "counters.h"
#include "front.h"
#include "pages.h"
#include "statspage.h"

int
front_pages_map(struct front *f, unsigned int number, int fd)
{
	struct ipc_counters **page = &f->pages.of[number];

	if (*page != NULL) {
		close(fd);
		errno = EINVAL;
		return (-1);
	}
	*page = ipc_counters_map_read(fd);
	return (*page == NULL ? -1 : 0);
}

void
front_pages_sum(const struct front *f, struct conn_stats *sum)
{
	struct conn_stats s;
	unsigned int i;

	*sum = *f->set.stats;
	sum->workers = 1;
	for (i = 0; i < FRONT_PAGES; i++)
		if (f->pages.of[i] != NULL) {
			conn_statspage_read(f->pages.of[i], &s);
			conn_stats_add(sum, &s);
		}
}

uint64_t
front_pages_clients(const struct front *f)
{
	struct conn_stats s;
	uint64_t n = 0;
	unsigned int i;

	for (i = 0; i < FRONT_PAGES; i++)
		if (f->pages.of[i] != NULL) {
			conn_statspage_read(f->pages.of[i], &s);
			n += s.connections;
		}
	return (n);
}
