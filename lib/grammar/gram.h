/*
 * gram: reads and prints configurations in the suite's grammar.  What a daemon
 * has of statements is in a table, see gramoption.h.  For the configuration of
 * a daemon, and for who uses one: places in files, and lists of strings.
 */
#ifndef GRAM_H
#define GRAM_H

#include <sys/queue.h>
#include <stddef.h>
#include <stdio.h>

struct gram_table;

/* Where a value was written, for messages. */
struct gram_pos {
	char		*file;		/* shared, owned by the configuration;
					   NULL: a default */
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

/*
 * Set a macro of -D before parsing: "name=value".  Returns 0, -1 when it is
 * malformed, or 1 when the name is a keyword of the table.
 */
int	 gram_macro(const struct gram_table *t, const char *assignment);

/*
 * Read the file `path' with its includes, or, if it is not NULL, `text' in
 * place of the file, into `conf', which has the defaults, and check the whole.
 * The names of files are kept in *files.  0, or -1: every error was logged with
 * log_warnx() as "file:line: what was found, what was expected".
 */
int	 gram_load(const struct gram_table *t, void *conf,
	    struct gram_files *files, const char *path, const char *text);

/* Free the names of files. */
void	 gram_files_free(struct gram_files *files);

/*
 * "FILE:LINE: TEXT" for messages about a value of the configuration; `text'
 * alone for a default.  Static: valid until the second call after this one.
 */
const char *gram_at(const struct gram_pos *pos, const char *text);

/*
 * The name of the first row outside of blocks with structures of their own
 * whose fields differ; with `restart' of those alone that require one; NULL:
 * none.  Static.
 */
const char *gram_differs(const struct gram_table *t, const void *a,
	    const void *b, int restart);

/*
 * Write the configuration with all defaults; unset values are comments.
 * gram_load() of the output gives an equal one.
 */
void	 gram_print(FILE *f, const struct gram_table *t, const void *conf);

#endif
