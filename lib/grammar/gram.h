/*
 * gram: what all configurations of the suite consist of: places in their files,
 * and lists of strings.
 */
#ifndef GRAM_H
#define GRAM_H

#include <sys/queue.h>

/* Where a value was written, for messages. */
struct gram_pos {
	char		*file;		/* owned by the configuration; NULL: a
					   default */
	int		 line;
};

struct gram_name {			/* a string of a list */
	TAILQ_ENTRY(gram_name)	 entry;
	char			*name;
	struct gram_pos		 pos;
};
TAILQ_HEAD(gram_names, gram_name);

/* The files of a configuration; owns gram_pos.file. */
struct gram_files {
	char		**v;
	size_t		  n;
};

#endif
