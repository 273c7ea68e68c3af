/*
 * gramrowsfixture: checks that the rows of a table are consistent: each can be
 * reached, and its values fit.  Behind gramfixture.h, for tests.
 */
#ifndef GRAMROWSFIXTURE_H
#define GRAMROWSFIXTURE_H

#define EACH(o)								\
	(o) = FIXTURE_TABLE.rows; (o) != ROWS_END; (o)++

static inline int
stands_alone(const struct gram_option *o)
{
	return (o->follows == GRAM_HEAD || o->follows == GRAM_ALSO);
}

/* No two statements of a block have the same keywords. */
static inline void
check_keywords(void)
{
	const struct gram_option *o, *p;

	for (EACH(o))
		for (p = o + 1; p != ROWS_END; p++)
			if (o->block == p->block)
				ATF_CHECK_MSG(strcmp(o->keywords,
				    p->keywords) != 0, "%s: twice",
				    o->keywords);
}

/* Further values share words with their statement, whose values are few. */
static inline void
check_follows(void)
{
	const struct gram_option *o, *head = NULL;
	size_t n = 0;

	for (EACH(o)) {
		if (o->follows == GRAM_HEAD) {
			head = o;
			n = 0;
			continue;
		}
		ATF_REQUIRE(head != NULL);
		ATF_CHECK_EQ(head->block, o->block);
		ATF_CHECK_MSG(gram_suffix(head, o) != o->keywords,
		    "%s: shares no word with %s", o->keywords, head->keywords);
		ATF_CHECK(++n < GRAM_MAXVALUES);
	}
}

/* A statement without a value is complete: no other may continue it. */
static inline void
check_ends(void)
{
	const struct gram_option *o, *p;
	size_t n;

	for (EACH(o)) {
		n = strlen(o->keywords);
		for (EACH(p))
			if (o->type->accepts == 0 && stands_alone(o) &&
			    stands_alone(p) && o->block == p->block)
				ATF_CHECK_MSG(strncmp(o->keywords, p->keywords,
				    n) != 0 || p->keywords[n] != ' ',
				    "%s: hides %s", o->keywords, p->keywords);
	}
}

/* The bounds fit into the field. */
static inline void
check_bounds(void)
{
	const struct gram_option *o;

	for (EACH(o)) {
		if (o->type->store != GRAM_INT || o->type->accepts == 0 ||
		    gram_words(o) != NULL)
			continue;
		ATF_CHECK(o->size == 1 || o->size == 4 || o->size == 8);
		ATF_CHECK_MSG(o->min >= 0 && o->min < o->max, "%s: takes %lld "
		    "to %lld", o->keywords, (long long)o->min,
		    (long long)o->max);
		if (o->size < 8)
			ATF_CHECK_MSG(o->max < INT64_C(1) << (8 * o->size),
			    "%s: has too small a field", o->keywords);
		/* 0 means unset. */
		if (o->def == NULL && o->follows == GRAM_HEAD)
			ATF_CHECK_MSG(o->min > 0, "%s: can't be unset",
			    o->keywords);
	}
}

#endif
