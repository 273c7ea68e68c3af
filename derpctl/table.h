/*
 * table: tables of text in columns of a terminal: which columns fit, and cells
 * of an exact width out of untrusted text.  Pure but for the locale, which says
 * how wide a character is.
 */
#ifndef TABLE_H
#define TABLE_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#define CTL_TABLE_MAX	16	/* columns of a table */
#define CTL_NUMBER_SIZE	32	/* bytes for a number in a cell, with its NUL */

struct ctl_column {
	const char	*title;
	unsigned int	 rank;	/* 1 is shown first when space is short */
	unsigned int	 min;	/* width, in columns of the terminal */
	unsigned int	 max;	/* width when there is room */
	int		 right;	/* numbers: at the right end, never cut */
};

/* A table for a width. */
struct ctl_table {
	const struct ctl_column	*c;
	size_t			 n;
	unsigned int		 w[CTL_TABLE_MAX];	/* 0: not shown */
	int			 cut;		/* texts that are too wide */
};

/*
 * Choose the columns of `c' (n, at most CTL_TABLE_MAX) for lines of `width',
 * with a blank between two, and their widths.  `width' 0 is without limit:
 * nothing is cut.
 */
void	ctl_table_init(struct ctl_table *t, const struct ctl_column *c,
	    size_t n, unsigned int width);

/* Print the line of titles, with its newline. */
void	ctl_table_head(const struct ctl_table *t, FILE *fp);

/*
 * Print the cell of column `i', with the blank before it; nothing when the
 * column is not shown.  A text that is too wide is cut, and ends in "+".  The
 * last cell of a line is not padded.
 */
void	ctl_table_cell(const struct ctl_table *t, FILE *fp, size_t i,
	    const char *text);

/* The same for a number, and for a number of bytes ("1.2K"). */
void	ctl_table_number(const struct ctl_table *t, FILE *fp, size_t i,
	    uint64_t n);
void	ctl_table_bytes(const struct ctl_table *t, FILE *fp, size_t i,
	    uint64_t n);

/*
 * Print `len' bytes of untrusted text in exactly `width' columns, as
 * ctl_put_text() does: padded, at the left or with `right' at the right end, or
 * cut.  A character that this locale does not know is printed as its bytes,
 * \xNN.
 */
void	ctl_table_text(FILE *fp, const char *p, size_t len, unsigned int width,
	    int right);

/* Columns of the whole text when it is printed so. */
size_t	ctl_table_width(const char *p, size_t len);

/*
 * Set the locale for widths, of text that is printed as UTF-8 in any case: the
 * user's, or one with UTF-8 if that has none.
 */
void	ctl_table_locale(void);

/*
 * Columns of standard output: those of the terminal, or of the environment's
 * COLUMNS; 0: no terminal, any length.
 */
unsigned int ctl_table_columns(void);

#endif
