/*
 * explain: explains a directory's refusal in one line, with advice.  Pure.  For
 * acme.c and tests.
 */
#ifndef EXPLAIN_H
#define EXPLAIN_H

#include <stddef.h>
#include <stdint.h>

#include "acmeproblem.h"
#include "msg.h"

/* The outcome that a problem means; `name' as below. */
enum ipc_acme_outcome helper_explain_outcome(const struct helper_problem *p,
	    const char *name);

/*
 * Write a line about the problem `p' to `dst' of `size' bytes.  Names are
 * validated by `kind'; `doing' is the object of the request ("the order").  The
 * name of the problem is used if it has one, else `name' (NULL: none).
 */
void	 helper_explain_problem(const struct helper_problem *p,
	    enum ipc_acme_challenge kind, const char *doing, const char *name,
	    char *dst, size_t size);

/*
 * 1 when the connection error `error' is about the validity period of the
 * server's certificate, which a wrong clock here causes as well; else 0.
 */
int	 helper_explain_is_clock(const char *error);

#endif
