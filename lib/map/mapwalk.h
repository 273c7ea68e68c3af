/*
 * mapwalk: what the files of the map checker share: where in the map they are,
 * what they found wrong, and fields by name.  Used by mapcheck.c, mapnode.c,
 * mapown.c and mapsummary.c alone.
 */
#ifndef MAPWALK_H
#define MAPWALK_H

#include <stddef.h>
#include <stdint.h>

#include "json.h"
#include "mapcheck.h"

#define WALK_MAX_ERRORS		20
#define WALK_MAX_WARNINGS	20
#define WALK_STRING		256	/* longest string of a field, and NUL */

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
 * Report an error or a warning about the value (or key) `at'; `field' is added
 * to the path (NULL nothing).  Beyond the most that are told, nothing is said
 * but that there are more.
 */
void	 map_walk_error(struct map_walk *w, json_ref at, const char *field,
	    const char *fmt, ...) __attribute__((format(printf, 4, 5)));
void	 map_walk_warn(struct map_walk *w, json_ref at, const char *field,
	    const char *fmt, ...) __attribute__((format(printf, 4, 5)));

/* "expected EXPECTED, found ...", with what `v' is; -1 is nothing. */
void	 map_walk_expected(struct map_walk *w, json_ref at, const char *field,
	    json_ref v, const char *expected);

/* Report that the text can't be read at all, and where: KIND WHY. */
void	 map_walk_broken(struct map_walk *w, unsigned int row,
	    unsigned int column, const char *kind, const char *why);

/* No more errors are told: who walks may stop.  1, or 0. */
int	 map_walk_full(const struct map_walk *w);

/*
 * Go into the member `key', or the element `i' of the array that is the member
 * of that name; the length to give to map_walk_leave() afterwards.
 */
size_t	 map_walk_enter(struct map_walk *w, json_ref key);
size_t	 map_walk_enter_element(struct map_walk *w, const char *field,
	    size_t i);
void	 map_walk_leave(struct map_walk *w, size_t len);

/* Go to a path that was kept; map_walk_leave() with 0 afterwards. */
void	 map_walk_go(struct map_walk *w, const char *path);

/*
 * The key of the member `name' of an object; if there is none, the last one
 * that differs in case alone, which is how Go reads it; or -1.
 */
json_ref map_walk_key(const struct json *j, json_ref obj, const char *name);

/* The value of that member, or -1; null counts as none. */
json_ref map_walk_find(const struct json *j, json_ref obj, const char *name);

/*
 * The same for a field that is checked: a name in another case is warned of,
 * and an error where there is the right one too.
 */
json_ref map_walk_field(struct map_walk *w, json_ref obj, const char *name);

/*
 * The same for a field that must be there, under its very name: others than Go
 * would not see it.  -1: reported.
 */
json_ref map_walk_need(struct map_walk *w, json_ref obj, const char *name);

/*
 * The string `v' into `dst'; -1 (nothing) gives "".  0, or -1: it is none, has
 * a control character in it or is too long, reported for `name' as what is not
 * `expected'.
 */
int	 map_walk_string(struct map_walk *w, json_ref v, const char *name,
	    const char *expected, char dst[WALK_STRING]);

/* Optional fields; 0, or -1: not of that kind or out of range, reported. */
int	 map_walk_text(struct map_walk *w, json_ref obj, const char *name,
	    const char *expected, char dst[WALK_STRING]);
int	 map_walk_flag(struct map_walk *w, json_ref obj, const char *name,
	    int *v);
int	 map_walk_int(struct map_walk *w, json_ref obj, const char *name,
	    int64_t min, int64_t max, int64_t *v);

/* The number `v' as a double; 0, or -1 when it is none or not finite. */
int	 map_walk_double(const struct json *j, json_ref v, double *d);

/* No object of the whole map may have two members of one name. */
void	 map_walk_repeated(struct map_walk *w);

/* A node as checked; "" and 0 for what is not there. */
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
 * 0, or -1: it is no object, or has no name.
 */
int	 map_walk_node(struct map_walk *w, json_ref v, int64_t region,
	    struct map_node *n);

/* Warn of what is amiss with this machine's own among the nodes. */
void	 map_walk_own(struct map_walk *w, json_ref regions,
	    const struct ipc_map_self *self,
	    const struct map_node *nodes, size_t n);

#endif
