/*
 * questions: see questions.h.  Called by verify.c.
 */
#include <stdlib.h>

#include "questions.h"

void
verify_questions_init(struct verify_questions *qs)
{
	STAILQ_INIT(&qs->list);
	qs->n = 0;
}

int
verify_questions_add(struct verify_questions *qs,
    const struct verify_question *q, uint64_t now)
{
	struct verify_question *mine;

	if (qs->n == VERIFY_MAXQUESTIONS ||
	    (mine = malloc(sizeof(*mine))) == NULL)
		return (-1);
	*mine = *q;
	mine->due = now + VERIFY_MS;
	STAILQ_INSERT_TAIL(&qs->list, mine, next);
	qs->n++;
	return (0);
}

const struct verify_question *
verify_questions_first(const struct verify_questions *qs)
{
	return (STAILQ_FIRST(&qs->list));
}

int
verify_questions_take(struct verify_questions *qs, struct verify_question *q)
{
	struct verify_question *first;

	if ((first = STAILQ_FIRST(&qs->list)) == NULL)
		return (0);
	STAILQ_REMOVE_HEAD(&qs->list, next);
	qs->n--;
	*q = *first;
	free(first);
	return (1);
}

void
verify_questions_clear(struct verify_questions *qs)
{
	struct verify_question q;

	while (verify_questions_take(qs, &q))
		;
}
