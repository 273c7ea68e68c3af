/*
 * explain: what a directory's refusal means for people, in one line, and what
 * is to be done.  Pure.  For acme.c and tests.
 */
#ifndef EXPLAIN_H
#define EXPLAIN_H

#include <stddef.h>
#include <stdint.h>

#include "acmeproblem.h"
#include "msg.h"

/* The kind of end that a problem is; `name' as below. */
enum ipc_acme_outcome helper_explain_outcome(const struct helper_problem *p,
	    const char *name);

/*
 * One line about the problem `p' into `dst' of `size' bytes.  `doing' says what
 * was asked for ("the order"); of names, that of the problem goes before
 * `name' (NULL none).
 */
void	 helper_explain_problem(const struct helper_problem *p,
	    const char *doing, const char *name, char *dst, size_t size);

/*
 * 1 when the failure `error' of a connection is about the validity in time of
 * the server's certificate, which a wrong clock here makes as well; else 0.
 */
int	 helper_explain_is_clock(const char *error);

#endif
