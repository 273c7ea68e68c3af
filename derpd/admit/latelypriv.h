/*
 * latelypriv: what lately.c and latelystate.c share, and no others.
 */
#ifndef LATELYPRIV_H
#define LATELYPRIV_H

#include "bykey.h"
#include "lately.h"

#define ADMIT_LAST_NEVER	INT32_MIN
#define ADMIT_LAST_FIRST	(-(1 << 30))	/* what is older counts as
						   this old, 34 years */

/* When each source admitted a key last. */
struct admit_last {
	struct admit_entry entry;
	/*
	 * Seconds since the start of this process, below 0 if it was loaded;
	 * or ADMIT_LAST_NEVER.
	 */
	int32_t		 at[IPC_MAXVERIFY];
};

struct admit_lately {
	struct admit_bykey *table;
	uint8_t		 ids[IPC_MAXVERIFY][ADMIT_LATELY_IDLEN];
	size_t		 n;		/* sources */
	uint32_t	 remember;	/* seconds */
	int		 started;	/* the clocks were set */
	uint64_t	 base_us;	/* the clock at the start */
	int32_t		 now;		/* seconds since the start */
	time_t		 wall;		/* the time of day */
	/* differences between the time of day and `now': */
	int64_t		 lowest;	/* so far */
	int64_t		 saved_offset;	/* in the state that was saved */
	int		 changed;
};

/* Limit a time to what struct admit_last can hold. */
int32_t	 admit_last_limit(int64_t at);

/* The time of an answer whose time is still to come. */
int32_t	 admit_last_guess(const struct admit_lately *l);

/*
 * The entry of a key, made if it is new, behind all others.  NULL without
 * memory.
 */
struct admit_last *admit_last_of(struct admit_lately *l,
	    const uint8_t key[IPC_KEYLEN]);

#endif
