/*
 * order_json: shared by order.c and problem.c.
 */
#ifndef ORDER_JSON_H
#define ORDER_JSON_H

#include "json.h"
#include "order.h"

/* Bounds on a directory's JSON: levels; values and names. */
#define HELPER_MAXDEPTH		12
#define HELPER_MAXTOKENS	4000

/*
 * Parse an object; NULL with `err' if it is none.  `what' names it in messages.
 */
struct json *helper_json(const char *text, size_t len, const char *what,
	    char *err, size_t errsize);

/*
 * Copy the string `v' to `dst' for messages: cut to fit, with a question mark
 * for anything but printable ASCII.  "" when it is not a string.
 */
void	 helper_text(const struct json *j, json_ref v, char *dst, size_t size);

/* Read the problem object `r' of a larger document; HELPER_E_NONE: none. */
void	 helper_problem_get(const struct json *j, json_ref r,
	    struct helper_problem *p);

#endif
