/*
 * stunstats: see stunstats.h.  Written by stund, read by the parent.
 */
#include <string.h>

#include "stunstats.h"

/* A row of stunstats.def; the first of a name has the help of all of them. */
static const struct row {
	const char	*name, *labels, *help;
	size_t		 offset;	/* in struct stun_stats */
} rows[] = {
#define STUN_STAT(member, name, labels, help)				\
	{ name, labels, help, offsetof(struct stun_stats, member) },
#include "stunstats.def"
};

#define NROWS	(sizeof(rows) / sizeof(rows[0]))

static uint64_t
get(const struct stun_stats *s, size_t row)
{
	uint64_t v;

	memcpy(&v, (const char *)s + rows[row].offset, sizeof(v));
	return (v);
}

static void
set(struct stun_stats *s, size_t row, uint64_t v)
{
	memcpy((char *)s + rows[row].offset, &v, sizeof(v));
}

void
stun_stats_put(struct wr *w, const struct stun_stats *s)
{
	size_t i;

	for (i = 0; i < NROWS; i++)
		wr_u64(w, get(s, i));
}

int
stun_stats_get(struct rd *r, struct stun_stats *s)
{
	size_t i;

	for (i = 0; i < NROWS; i++)
		set(s, i, rd_u64(r));
	return (rd_end(r) ? 0 : -1);
}

void
stun_stats_add(struct stun_stats *sum, const struct stun_stats *s)
{
	size_t i;

	for (i = 0; i < NROWS; i++)
		set(sum, i, get(sum, i) + get(s, i));
}

void
stun_stats_text(FILE *f, const struct stun_stats *s)
{
	size_t i;

	for (i = 0; i < NROWS; i++) {
		if (i == 0 || strcmp(rows[i - 1].name, rows[i].name) != 0)
			fprintf(f, "# HELP %s %s\n# TYPE %s counter\n",
			    rows[i].name, rows[i].help, rows[i].name);
		fprintf(f, "%s%s %llu\n", rows[i].name, rows[i].labels,
		    (unsigned long long)get(s, i));
	}
}
