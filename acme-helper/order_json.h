/*
 * order_json: what order.c and problem.c share.
 */
#ifndef ORDER_JSON_H
#define ORDER_JSON_H

#include "json.h"
#include "order.h"

/* Bounds on a directory's JSON: levels; values and names. */
#define HELPER_MAXDEPTH		12
#define HELPER_MAXTOKENS	4000

/*
 * Parse an object; NULL with `err' filled in when it is none.  `what' names it
 * for people.
 */
struct json *helper_json(const char *text, size_t len, const char *what,
	    char *err, size_t errsize);

/*
 * The string `v' for people into `dst': cut to fit, with a question mark for
 * what is not printable ASCII.  "" when it is no string.
 */
void	 helper_text(const struct json *j, json_ref v, char *dst, size_t size);

/* The problem object `r' of a larger document; HELPER_E_NONE for none. */
void	 helper_problem_get(const struct json *j, json_ref r,
	    struct helper_problem *p);

#endif
