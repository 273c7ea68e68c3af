/*
 * ctlcheck: what the files of `derpctl check' share: options, targets, jobs and
 * results.
 *
 * Targets become places to check.  Each place is checked by a job, a process of
 * its own, some at once; its findings come back over a pipe.  When all are
 * there, they are printed.
 */
#ifndef CTLCHECK_H
#define CTLCHECK_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "check.h"
#include "ctl.h"

enum ctlcheck_kind {
	CTLCHECK_MAP,		/* a map at a URL or in a file */
	CTLCHECK_NODE,		/* a node, of a map or by its name */
	CTLCHECK_MESH,		/* the nodes of one region together */
	CTLCHECK_MIRRORS,	/* maps of several servers together */
	CTLCHECK_HERE		/* this machine: what is wrong everywhere */
};

/* A fault that was found, or something that was measured, at a place. */
struct ctlcheck_finding {
	enum check_fault	 id;
	char			*where;		/* heap; "" : the place */
	char			*what;		/* heap */
};

struct ctlcheck_measure {
	enum check_fact		 id;
	char			*where;		/* heap */
	int64_t			 n;
	char			*text;		/* heap */
};

/* A place, and what its check has told. */
struct ctlcheck_place {
	enum ctlcheck_kind	 kind;
	struct check_node	 node;		/* of CTLCHECK_NODE; of others
						   the region alone */
	char			*name;		/* heap: "relay.example.org",
						   "region 900 (fra)", a URL */
	struct ctlcheck_finding	*findings;
	size_t			 nfindings;
	struct ctlcheck_measure	*measures;
	size_t			 nmeasures;
	char			*failed;	/* heap: why it could not be
						   checked; NULL: it was */
	int64_t			 took_ms;
};

struct ctlcheck_results {
	struct ctlcheck_place	*places;	/* in the order of the map */
	size_t			 nplaces;
	int64_t			 time;		/* of the begin, since 1970 */
	int64_t			 took_ms;
	unsigned int		 faults, notes, failed;	/* counted */
};

/* How to print. */
enum ctlcheck_form {
	CTLCHECK_TABLE,
	CTLCHECK_JSON,
	CTLCHECK_QUIET,
	CTLCHECK_NAGIOS,
	CTLCHECK_PROMETHEUS
};

struct ctlcheck_options {
	struct check_opts	 check;
	enum ctlcheck_form	 form;
	int			 again_s;	/* -w; 0: once */
	int			 verbose;	/* measures as well */
};

/*
 * Print the results in the form of `o'.  Returns the exit status: as
 * ctlcheck_status(), or that of ctlcheck_nagios().
 */
int	 ctlcheck_print(FILE *fp, const struct ctlcheck_results *r,
	    const struct ctlcheck_options *o);

/*
 * Print the results in one of the forms.  ctlcheck_nagios() returns the exit
 * status that Nagios expects: 0 good, 2 faults, 3 something could not be
 * checked.
 */
void	 ctlcheck_table(FILE *fp, const struct ctlcheck_results *r,
	    int verbose);
void	 ctlcheck_json(FILE *fp, const struct ctlcheck_results *r);
void	 ctlcheck_quiet(FILE *fp, const struct ctlcheck_results *r);
int	 ctlcheck_nagios(FILE *fp, const struct ctlcheck_results *r);
void	 ctlcheck_prometheus(FILE *fp, const struct ctlcheck_results *r);

/*
 * Print what is different from the results before, a line each: faults that
 * came, those that are gone, and places that can't be checked or can again.
 */
void	 ctlcheck_changes(FILE *fp, const struct ctlcheck_results *before,
	    const struct ctlcheck_results *now);

/*
 * Tell nodes with one name apart by their names in the map: "relay.example.org
 * (900a)".  Returns 0, or -1 when out of memory.
 */
int	 ctlcheck_tell_apart(struct ctlcheck_results *r);

/* Count faults, notes and places that could not be checked. */
void	 ctlcheck_count(struct ctlcheck_results *r);

/*
 * The exit status by these numbers: 0 good, 1 faults, 2 no fault but something
 * could not be checked, or there was nothing to check.
 */
int	 ctlcheck_status(const struct ctlcheck_results *r);

/* Free what a place, or the results, hold. */
void	 ctlcheck_free_place(struct ctlcheck_place *p);
void	 ctlcheck_free(struct ctlcheck_results *r);

#endif
