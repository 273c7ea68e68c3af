/*
 * mapwalk: shared state of the map checker: position in the map, findings, and
 * access to fields.  Used only by mapcheck.c, mapnode.c, mapown.c and
 * mapsummary.c.
 */
#ifndef MAPWALK_H
#define MAPWALK_H

#include <stddef.h>
#include <stdint.h>

#include "json.h"
#include "mapcheck.h"

#define WALK_MAX_ERRORS		20
#define WALK_MAX_WARNINGS	20
#define WALK_STRING		256	/* longest string of a field, with its
					   NUL */

struct map_walk {
	const struct json	*j;
	const char		*what;	/* file or URL, for messages */
	map_report_cb		 say;
	void			*arg;
	int			 errors, warnings;
	char			 path[256]; /* "Regions.900.Nodes[0]" */
	size_t			 len;	/* of path */
};

/*
 * Report an error or a warning about the value (or key) `at'; `field' is
 * appended to the path (NULL: nothing).  After the maximum number of findings,
 * one line says that there are more.
 */
void	 map_walk_error(struct map_walk *w, json_ref at, const char *field,
	    const char *fmt, ...) __attribute__((format(printf, 4, 5)));
void	 map_walk_warn(struct map_walk *w, json_ref at, const char *field,
	    const char *fmt, ...) __attribute__((format(printf, 4, 5)));

/* Report "expected EXPECTED, found ..." and quote `v' (-1: nothing). */
void	 map_walk_expected(struct map_walk *w, json_ref at, const char *field,
	    json_ref v, const char *expected);

/* Report that the text can't be parsed, and where: KIND WHY. */
void	 map_walk_broken(struct map_walk *w, unsigned int row,
	    unsigned int column, const char *kind, const char *why);

/*
 * Returns 1 when no more errors are reported, so that the walk may stop, else
 * 0.
 */
int	 map_walk_full(const struct map_walk *w);

/*
 * Enter the member `key', or element `i' of the array in the member of that
 * name.  Returns the length to pass to map_walk_leave() afterwards.
 */
size_t	 map_walk_enter(struct map_walk *w, json_ref key);
size_t	 map_walk_enter_element(struct map_walk *w, const char *field,
	    size_t i);
void	 map_walk_leave(struct map_walk *w, size_t len);

/* Go to a saved path; call map_walk_leave() with 0 afterwards. */
void	 map_walk_go(struct map_walk *w, const char *path);

/*
 * The key of the member `name' of an object.  Without an exact match, the last
 * key that differs only in case, as in Go; else -1.
 */
json_ref map_walk_key(const struct json *j, json_ref obj, const char *name);

/* The value of that member, or -1; null counts as absent. */
json_ref map_walk_find(const struct json *j, json_ref obj, const char *name);

/*
 * The same for a checked field: reports a warning for a name in another case,
 * and an error when the exact name is present as well.
 */
json_ref map_walk_field(struct map_walk *w, json_ref obj, const char *name);

/*
 * The same for a required field, under its exact name: programs not written in
 * Go would ignore another case.  Returns -1 after reporting an error.
 */
json_ref map_walk_need(struct map_walk *w, json_ref obj, const char *name);

/*
 * Copy the string `v' to `dst'; -1 (absent) gives "".  Returns 0, or -1 after
 * reporting for `name' that `expected' was expected, when `v' is not a string,
 * has a control character or is too long.
 */
int	 map_walk_string(struct map_walk *w, json_ref v, const char *name,
	    const char *expected, char dst[WALK_STRING]);

/*
 * Optional fields.  Return 0, or -1 after reporting a wrong type or a value out
 * of range.
 */
int	 map_walk_text(struct map_walk *w, json_ref obj, const char *name,
	    const char *expected, char dst[WALK_STRING]);
int	 map_walk_flag(struct map_walk *w, json_ref obj, const char *name,
	    int *v);
int	 map_walk_int(struct map_walk *w, json_ref obj, const char *name,
	    int64_t min, int64_t max, int64_t *v);

/*
 * The number `v' as a double.  Returns 0, or -1 when it is not a finite number.
 */
int	 map_walk_double(const struct json *j, json_ref v, double *d);

/* Report names that are repeated in any object of the map. */
void	 map_walk_repeated(struct map_walk *w);

/* A checked node; "" and 0 for absent fields. */
struct map_node {
	json_ref	 at;
	char		 path[256];
	char		 name[WALK_STRING];
	char		 host[WALK_STRING];
	char		 certname[WALK_STRING];
	char		 ipv4[WALK_STRING];
	char		 ipv6[WALK_STRING];
	int64_t		 port;		/* as written, 0 for 443 */
	int64_t		 stun;		/* as written */
	int		 stun_only;
	int		 insecure;
};

/*
 * Check the node `v' of a region with this id (0: unknown) and fill in *n.
 * Returns 0, or -1 when it is not an object or has no name.
 */
int	 map_walk_node(struct map_walk *w, json_ref v, int64_t region,
	    struct map_node *n);

/* Warn about errors in this machine's own nodes. */
void	 map_walk_own(struct map_walk *w, json_ref regions,
	    const struct ipc_map_self *self,
	    const struct map_node *nodes, size_t n);

#endif
