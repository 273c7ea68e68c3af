/*
 * forms: what the forms of the output share.  Used only in this folder.
 */
#ifndef FORMS_H
#define FORMS_H

#include "ctlcheck.h"

/* Words for machines: "fault", "note"; "node", "map"; "good", "failed". */
const char *ctlcheck_level_word(enum check_level level);
const char *ctlcheck_kind_word(enum ctlcheck_kind kind);
const char *ctlcheck_state_word(const struct ctlcheck_place *p);

/* The number of findings at a place that are faults. */
size_t	 ctlcheck_faults_at(const struct ctlcheck_place *p);

/*
 * The measure `id' of a place that is the best of its addresses: the smallest
 * number, or the first text.  NULL: there is none.
 */
const struct ctlcheck_measure *ctlcheck_best(const struct ctlcheck_place *p,
	    enum check_fact id);

/* Count the places of a kind. */
size_t	 ctlcheck_nodes(const struct ctlcheck_results *r);

/* Print "relay.example.org 192.0.2.1 port 443". */
void	 ctlcheck_put_where(FILE *fp, const struct ctlcheck_place *p,
	    const char *where);

/*
 * Print "cert-expired relay.example.org 192.0.2.1 port 443: the certificate
 * has expired: it ended yesterday", without a newline.
 */
void	 ctlcheck_put_finding(FILE *fp, const struct ctlcheck_place *p,
	    const struct ctlcheck_finding *f);

/* Print "2 faults": a number with its noun. */
void	 ctlcheck_put_count(FILE *fp, uint64_t n, const char *noun);

/*
 * Print the blocks of all faults, places that could not be checked, and notes,
 * in lines of `width'.
 */
void	 ctlcheck_blocks(FILE *fp, const struct ctlcheck_results *r,
	    unsigned int width, int verbose);

/*
 * Print what was measured at a place, in lines of `width': what is of the whole
 * place first, then by its addresses.
 */
void	 ctlcheck_measures(FILE *fp, const struct ctlcheck_place *p,
	    unsigned int width);

/* Format a measure for people: "12.3 ms", "yes", "1.2K". */
void	 ctlcheck_fmt_measure(char *dst, size_t size,
	    const struct ctlcheck_measure *m);

#endif
