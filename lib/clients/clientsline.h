/*
 * clientsline: one line of a clients file (derpd-clients(5)).  Pure.
 */
#ifndef CLIENTSLINE_H
#define CLIENTSLINE_H

#include <stddef.h>
#include <stdint.h>

#include "clientname.h"

#define CLIENTS_KEYLEN		32	/* bytes of a node key */
#define CLIENTS_KEYTEXT		72	/* characters of "nodekey:<64 hex>" */
#define CLIENTS_ERRORSIZE	256	/* what is wrong in a line */

/* Bounds of a group. */
#define CLIENTS_MAX_RATE	(UINT64_C(1) << 33)	/* bytes a second */
#define CLIENTS_MIN_BURST	65568	/* one SendPacket of maximum size */
#define CLIENTS_MAX_CONNECTIONS	10000000

/* The lines of a text, one after the other. */
struct clients_lines {
	const char	*p;		/* the line, without its end */
	size_t		 len;
	unsigned int	 number;	/* from 1 */
	const char	*next;		/* behind the end of the line */
	const char	*end;		/* of the text */
};

/* Begin with the text of `len' bytes; a byte order mark of UTF-8 is skipped. */
void	 clients_lines_begin(struct clients_lines *it, const char *text,
	    size_t len);

/* Go to the first or next line.  Returns 1, or 0 when there are no more. */
int	 clients_lines_next(struct clients_lines *it);

enum clients_kind {
	CLIENTS_BLANK,			/* a comment or nothing */
	CLIENTS_ALLOW,			/* a key */
	CLIENTS_DENY,			/* "deny" and a key */
	CLIENTS_GROUP			/* limits of a group */
};

/* A line, and where its parts are in bytes from its beginning. */
struct clients_line {
	enum clients_kind kind;
	uint8_t		 key[CLIENTS_KEYLEN];
	char		 name[CLIENTS_NAMESIZE];  /* of the key; "" none */
	char		 group[CLIENTS_NAMESIZE]; /* of the key, or the subject
						     itself */
	int		 named;		/* the name follows `name'; 0: it is
					   the comment, or there is none */
	uint64_t	 rate;		/* bytes a second; 0: no limit */
	uint64_t	 burst;		/* bytes; 0: not set */
	uint64_t	 quota;		/* bytes a month; 0: no limit */
	uint32_t	 connections;	/* at a time; 0: no limit */
	size_t		 first;		/* the first word */
	size_t		 subject;	/* the key, or the name of the group */
	size_t		 end;		/* behind the last word */
};

/* What is wrong in a line. */
struct clients_wrong {
	size_t		 column;	/* in bytes, from 1 */
	char		 what[CLIENTS_ERRORSIZE];
};

/*
 * Read the line of `len' bytes at `p', which has no line end.  Returns 0, or -1
 * with *wrong filled in, "expected ..., found ...".
 */
int	 clients_line_parse(struct clients_line *l, const char *p, size_t len,
	    struct clients_wrong *wrong);

/*
 * Read a key, "nodekey:" with 64 hexadecimal digits or, if `bare' is 1, the
 * digits alone, which must be all of the `len' bytes at `s'.  Returns 0 or -1.
 */
int	 clients_key_parse(uint8_t key[CLIENTS_KEYLEN], const char *s,
	    size_t len, int bare);

/* Write a key as "nodekey:<64 hex>". */
void	 clients_key_text(char dst[CLIENTS_KEYTEXT + 1],
	    const uint8_t key[CLIENTS_KEYLEN]);

#endif
