/*
 * nearest: which of the known words an unknown one was meant to be.  Pure.
 */
#ifndef NEAREST_H
#define NEAREST_H

#define BASE_NEAREST_MAX	64	/* bytes of a word; longer ones are near
					   to none */

struct base_nearest {
	const char	*word;		/* the unknown one */
	const char	*name;		/* the nearest so far; NULL: none */
	unsigned int	 distance;	/* of `name' */
};

/* Begin with the unknown word, which must outlive `n'. */
void	 base_nearest_begin(struct base_nearest *n, const char *word);

/*
 * Compare a known word, which must outlive `n': n->name becomes `name' when
 * that is near enough, and nearer than all before.  Near enough is one letter
 * that is missing, too many, another one or swapped with the next (the distance
 * of Damerau and Levenshtein) for each three bytes of the longer word.  The
 * case of letters counts.
 */
void	 base_nearest_try(struct base_nearest *n, const char *name);

#endif
