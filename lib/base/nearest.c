/*
 * nearest: see nearest.h.
 */
#include <stddef.h>
#include <string.h>

#include "nearest.h"

#define LETTERS		3	/* of a word, for each change */

static unsigned int
least(unsigned int a, unsigned int b)
{
	return (a < b ? a : b);
}

/*
 * The number of changes from `a' to `b', of `la' and `lb' bytes, at most
 * BASE_NEAREST_MAX each (optimal string alignment).
 */
static unsigned int
distance(const char *a, size_t la, const char *b, size_t lb)
{
	unsigned int row[3][BASE_NEAREST_MAX + 1], *before, *last, *cur, *spare;
	size_t i, j;

	before = row[0];
	last = row[1];
	cur = row[2];
	for (j = 0; j <= lb; j++)
		last[j] = (unsigned int)j;
	for (i = 1; i <= la; i++) {
		cur[0] = (unsigned int)i;
		for (j = 1; j <= lb; j++) {
			cur[j] = least(last[j - 1] + (a[i - 1] != b[j - 1]),
			    least(last[j], cur[j - 1]) + 1);
			if (i > 1 && j > 1 && a[i - 1] == b[j - 2] &&
			    a[i - 2] == b[j - 1])
				cur[j] = least(cur[j], before[j - 2] + 1);
		}
		spare = before;
		before = last;
		last = cur;
		cur = spare;
	}
	return (last[lb]);
}

void
base_nearest_begin(struct base_nearest *n, const char *word)
{
	n->word = word;
	n->name = NULL;
	n->distance = 0;
}

void
base_nearest_try(struct base_nearest *n, const char *name)
{
	size_t lw = strlen(n->word), ln = strlen(name);
	size_t longer = lw > ln ? lw : ln;
	unsigned int d;

	if (longer > BASE_NEAREST_MAX)
		return;
	d = distance(n->word, lw, name, ln);
	if (d > longer / LETTERS || (n->name != NULL && d >= n->distance))
		return;
	n->name = name;
	n->distance = d;
}
