/*
 * groupsmonth: what groups used in a calendar month (UTC), against their
 * quotas, and how it is saved; see groups.h.  Called by groups.c, groupslease.c
 * and state.c.
 *
 * A group has the last months in which it was used, in the order of time as it
 * passed and not of the calendar: a clock that jumps, and comes back, finds the
 * month again.
 *
 * The saved state: a string that names the version; the number of groups; of
 * each, in the order of names, its name, the number of its months, and these:
 * year * 12 + month, bytes; at the end a hash of all that.
 */
#include <errno.h>
#include <sodium.h>
#include <string.h>

#include "groupspriv.h"

#define VERSION		"derpd quota 1"
#define HASHLEN		16
#define YEAR_FIRST	1900
#define YEAR_LAST	9999

uint32_t
admit_month_of(time_t wall)
{
	struct tm tm;

	if (gmtime_r(&wall, &tm) == NULL || tm.tm_year < 0)
		return (YEAR_FIRST * 12);
	if (tm.tm_year > YEAR_LAST - 1900)
		return (YEAR_LAST * 12 + 11);
	return ((uint32_t)(tm.tm_year + 1900) * 12 + (uint32_t)tm.tm_mon);
}

static void
add(uint64_t *sum, uint64_t n)
{
	*sum = *sum > UINT64_MAX - n ? UINT64_MAX : *sum + n;
}

/* Make `m' the first month, in place of the last one. */
static void
put_first(struct admit_group *gr, struct admit_month m, unsigned int last)
{
	memmove(gr->months + 1, gr->months, last * sizeof(m));
	gr->months[0] = m;
}

/* Return the place of the month in ADMIT_MONTHS of them, or that number. */
static unsigned int
find(const struct admit_month *months, uint32_t month)
{
	unsigned int i;

	for (i = 0; i < ADMIT_MONTHS; i++)
		if (months[i].month == month)
			break;
	return (i);
}

void
admit_month_add(struct admit_groups *g, struct admit_group *gr, uint64_t bytes)
{
	struct admit_month m = { .month = g->month };
	unsigned int i;

	if (bytes == 0 || g->month == 0)
		return;
	if ((i = find(gr->months, g->month)) < ADMIT_MONTHS)
		m = gr->months[i];
	else
		i = ADMIT_MONTHS - 1;
	add(&m.bytes, bytes);
	put_first(gr, m, i);
	g->changed = 1;
}

void
admit_month_turn(const struct admit_groups *g, struct admit_group *gr)
{
	const unsigned int i = find(gr->months, g->month);

	if (i < ADMIT_MONTHS)
		put_first(gr, gr->months[i], i);
}

uint64_t
admit_month_used(const struct admit_groups *g, const struct admit_group *gr)
{
	const unsigned int i = find(gr->months, g->month);

	return (g->month == 0 || i == ADMIT_MONTHS ? 0 : gr->months[i].bytes);
}

int
admit_month_any(const struct admit_groups *g, const struct admit_group *gr)
{
	unsigned int i;

	for (i = 0; i < ADMIT_MONTHS; i++)
		if (gr->months[i].month != 0 && (g->month == 0 ||
		    gr->months[i].month == g->month ||
		    gr->months[i].month + 1 == g->month))
			return (1);
	return (0);
}

int
admit_month_over(const struct admit_groups *g, const struct admit_group *gr)
{
	return (gr->limits.quota > 0 &&
	    admit_month_used(g, gr) >= gr->limits.quota);
}

static void
save_group(struct ipc_wr *w, const struct admit_group *gr)
{
	unsigned int i, n = 0;

	while (n < ADMIT_MONTHS && gr->months[n].month != 0)
		n++;
	ipc_wr_str(w, gr->name);
	ipc_wr_u8(w, (uint8_t)n);
	for (i = 0; i < n; i++) {
		ipc_wr_u32(w, gr->months[i].month);
		ipc_wr_u64(w, gr->months[i].bytes);
	}
}

void
admit_groups_save(struct admit_groups *g, struct ipc_wr *w)
{
	uint8_t hash[HASHLEN];
	struct admit_group *gr;
	const size_t start = w->len;
	uint32_t n = 0;

	for (gr = g->by_name; gr != NULL; gr = gr->by_name.next)
		n += gr->months[0].month != 0;
	ipc_wr_str(w, VERSION);
	ipc_wr_u32(w, n);
	for (gr = g->by_name; gr != NULL; gr = gr->by_name.next)
		if (gr->months[0].month != 0)
			save_group(w, gr);
	if (!ipc_wr_ok(w))
		return;
	crypto_generichash(hash, sizeof(hash), w->p + start, w->len - start,
	    NULL, 0);
	ipc_wr_bytes(w, hash, sizeof(hash));
	if (ipc_wr_ok(w))
		g->changed = 0;
}

int
admit_groups_changed(const struct admit_groups *g)
{
	return (g->changed);
}

/*
 * Read a group: its name, and its months into `months'.  Return the name, or
 * NULL when it is malformed.
 */
static const char *
load_group(struct ipc_rd *r, struct admit_month months[ADMIT_MONTHS])
{
	const char *name = ipc_rd_cstr(r, IPC_ADMIT_NAMESIZE);
	unsigned int i, n = ipc_rd_u8(r);
	struct admit_month m;

	memset(months, 0, ADMIT_MONTHS * sizeof(*months));
	if (!ipc_rd_ok(r) || name[0] == '\0' || n == 0 || n > ADMIT_MONTHS)
		return (NULL);
	for (i = 0; i < n; i++) {
		m.month = ipc_rd_u32(r);
		m.bytes = ipc_rd_u64(r);
		if (m.month < YEAR_FIRST * 12 ||
		    m.month >= (YEAR_LAST + 1) * 12 ||
		    find(months, m.month) < ADMIT_MONTHS)
			return (NULL);
		months[i] = m;
	}
	return (ipc_rd_ok(r) ? name : NULL);
}

/* Return NULL, or what is wrong with the `n' bytes at `p'. */
static const char *
check(const uint8_t *p, size_t n)
{
	struct admit_month months[ADMIT_MONTHS];
	uint8_t hash[HASHLEN];
	const char *name, *last = "";
	struct ipc_rd r;
	uint32_t i, ngroups;

	if (n < HASHLEN)
		return ("it is too short");
	n -= HASHLEN;
	ipc_rd_init(&r, p, n);
	if (strcmp(ipc_rd_cstr(&r, sizeof(VERSION)), VERSION) != 0)
		return ("it is of another version");
	crypto_generichash(hash, sizeof(hash), p, n, NULL, 0);
	if (memcmp(hash, p + n, sizeof(hash)) != 0)
		return ("its checksum is wrong");
	if ((ngroups = ipc_rd_u32(&r)) > ADMIT_GROUPS_MAX)
		return ("too many groups");
	for (i = 0; i < ngroups; i++) {
		if ((name = load_group(&r, months)) == NULL)
			return ("malformed group");
		if (strcmp(last, name) >= 0)
			return ("groups are not in order");
		last = name;
	}
	return (ipc_rd_end(&r) ? NULL : "bytes behind the last group");
}

/* Add the months at `m'; what is there was used later. */
static void
merge(struct admit_group *gr, const struct admit_month m[ADMIT_MONTHS])
{
	unsigned int i, k, n = 0;

	while (n < ADMIT_MONTHS && gr->months[n].month != 0)
		n++;
	for (i = 0; i < ADMIT_MONTHS && m[i].month != 0; i++) {
		if ((k = find(gr->months, m[i].month)) < ADMIT_MONTHS)
			add(&gr->months[k].bytes, m[i].bytes);
		else if (n < ADMIT_MONTHS)
			gr->months[n++] = m[i];
	}
}

int
admit_groups_load(struct admit_groups *g, const void *p, size_t n,
    const char **why)
{
	struct admit_month months[ADMIT_MONTHS];
	struct admit_group *gr;
	const char *name;
	struct ipc_rd r;
	uint32_t ngroups;

	if ((*why = check(p, n)) != NULL)
		return (-1);
	ipc_rd_init(&r, p, n);
	(void)ipc_rd_cstr(&r, sizeof(VERSION));
	for (ngroups = ipc_rd_u32(&r); ngroups > 0; ngroups--) {
		name = load_group(&r, months);
		if ((gr = admit_group_named(g, name)) == NULL &&
		    (gr = admit_group_make(g, name)) == NULL)
			break;
		merge(gr, months);
	}
	admit_groups_sort(g);
	g->check_all = 1;
	return (0);
}
