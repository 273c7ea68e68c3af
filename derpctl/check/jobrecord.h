/*
 * jobrecord: what a job tells the command over its socket: a frame of a 32-bit
 * length, a type, and the fields of the type.  Pure.
 */
#ifndef JOBRECORD_H
#define JOBRECORD_H

#include "codec.h"
#include "ctlcheck.h"

#define CTLCHECK_HASH	32	/* SHA-256 of a map */
#define CTLCHECK_WHY	512	/* bytes of a reason with its NUL */

enum ctlcheck_type {
	CTLCHECK_FOUND = 1,	/* finding */
	CTLCHECK_MEASURED,	/* measure */
	CTLCHECK_STEP,		/* text: what is checked now */
	CTLCHECK_MEETS,		/* text: addresses, with blanks; the job waits
				   for a byte before it connects to them */
	CTLCHECK_FAILED,	/* text: why it could not be checked */
	CTLCHECK_HAS_NODE,	/* node: of the map */
	CTLCHECK_HAS_MAP,	/* hash: of the map, which is valid */
	CTLCHECK_ABSENT,	/* the server has no map, and need not */
	CTLCHECK_END		/* the last record */
};

struct ctlcheck_record {
	enum ctlcheck_type	 type;
	struct check_finding	 finding;
	struct check_measure	 measure;
	struct check_node	 node;
	char			 text[CTLCHECK_WHY];
	uint8_t			 hash[CTLCHECK_HASH];
};

/* Append a record. */
void	 ctlcheck_record_put(struct ipc_wr *w, const struct ctlcheck_record *r);

/*
 * Read the first record of `len' bytes; *used is its bytes.  Returns 1, 0 when
 * it is not complete, or -1 when it is malformed.
 */
int	 ctlcheck_record_get(const uint8_t *p, size_t len, size_t *used,
	    struct ctlcheck_record *r);

#endif
