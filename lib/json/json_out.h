/*
 * json_out: the suite's JSON writer: objects, arrays and values, written in
 * order.  Pure.
 *
 * A member of an object has a name; an element of an array and the document
 * itself have none (NULL).  A violation, an end without a begin, a second
 * document, or nesting deeper than JSON_OUT_DEPTH makes the writer bad, as
 * ipc_wr_ok() reports; json_out_whole() also reports whether the document is
 * complete.
 *
 * No white space is written, so that a document always has the same text, as
 * RFC 7638 requires for a key.
 */
#ifndef JSON_OUT_H
#define JSON_OUT_H

#include <stddef.h>
#include <stdint.h>
#include <time.h>

#include "codec.h"

#define JSON_OUT_DEPTH	16

struct json_out {
	struct ipc_wr	*w;		/* receives the text */
	unsigned int	 depth;		/* open brackets */
	uint32_t	 arrays;	/* which of them are arrays, a bit
					   each */
	uint32_t	 lines;		/* which have one item per line */
	int		 comma;		/* a comma is needed at this depth */
};

/* Begin a document in *w, behind the text that it already holds. */
void	 json_out_init(struct json_out *o, struct ipc_wr *w);

/* Begin an object or an array. */
void	 json_out_object(struct json_out *o, const char *name);
void	 json_out_array(struct json_out *o, const char *name);

/* Begin an array with each item on its own line. */
void	 json_out_lines(struct json_out *o, const char *name);

/* End the innermost open object or array. */
void	 json_out_end(struct json_out *o);

/*
 * A string (NULL is "").  UTF-8 is copied, characters that a terminal would
 * interpret are escaped, and an invalid byte is escaped as the character of
 * that number.
 */
void	 json_out_str(struct json_out *o, const char *name, const char *s);

/* The same of the `len' bytes at `p'. */
void	 json_out_strn(struct json_out *o, const char *name, const void *p,
	    size_t len);

/* The same, formatted as by printf; more than 1023 bytes are an error. */
void	 json_out_fmt(struct json_out *o, const char *name, const char *fmt,
	    ...) __attribute__((format(printf, 3, 4)));

/* `n' bytes as a string of hexadecimal digits. */
void	 json_out_hex(struct json_out *o, const char *name, const void *p,
	    size_t n);

/* A time as a string, "2026-01-31T12:00:00Z". */
void	 json_out_time(struct json_out *o, const char *name, time_t t);

/* Numbers and booleans. */
void	 json_out_int(struct json_out *o, const char *name, int64_t v);
void	 json_out_uint(struct json_out *o, const char *name, uint64_t v);
void	 json_out_bool(struct json_out *o, const char *name, int v);

/* A value that is already JSON: `len' bytes at `p', copied unchecked. */
void	 json_out_raw(struct json_out *o, const char *name, const void *p,
	    size_t len);

/* A string whose `len' bytes are already escaped, without quotes. */
void	 json_out_escaped(struct json_out *o, const char *name, const void *p,
	    size_t len);

/* Number of open brackets. */
unsigned int json_out_depth(const struct json_out *o);

/* Returns 1 when one document is complete without an error, else 0. */
int	 json_out_whole(const struct json_out *o);

#endif
