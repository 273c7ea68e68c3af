/*
 * json_out: the one writer of JSON: objects, arrays and values, in the order in
 * which they are to stand.  Pure.
 *
 * What is inside an object has a name, what is inside an array and the document
 * itself has none (NULL).  Whoever breaks that, ends more than was begun,
 * begins a second document or nests deeper than JSON_OUT_DEPTH makes the writer
 * bad, which ipc_wr_ok() tells as for any message; json_out_whole() tells
 * besides whether the document is finished.
 *
 * No white space is written, so that the text of one document is always the
 * same: RFC 7638 wants that of a key.
 */
#ifndef JSON_OUT_H
#define JSON_OUT_H

#include <stddef.h>
#include <stdint.h>
#include <time.h>

#include "codec.h"

#define JSON_OUT_DEPTH	16

struct json_out {
	struct ipc_wr	*w;		/* the text goes here */
	unsigned int	 depth;		/* brackets that are open */
	uint32_t	 arrays;	/* which of them are arrays, a bit
					   each */
	uint32_t	 lines;		/* and which have a line an item */
	int		 comma;		/* something stands before at this
					   depth */
};

/* Begin a document in *w, which may have been written to. */
void	 json_out_init(struct json_out *o, struct ipc_wr *w);

/* Begin an object or an array. */
void	 json_out_object(struct json_out *o, const char *name);
void	 json_out_array(struct json_out *o, const char *name);

/* Begin an array of which each item stands on a line of its own. */
void	 json_out_lines(struct json_out *o, const char *name);

/* End the object or array that was begun last. */
void	 json_out_end(struct json_out *o);

/*
 * A string (NULL is "").  UTF-8 is copied, but what a terminal would obey is
 * escaped; a byte that is no UTF-8 is escaped as a character of that number.
 */
void	 json_out_str(struct json_out *o, const char *name, const char *s);

/* The same of the `len' bytes at `p'. */
void	 json_out_strn(struct json_out *o, const char *name, const void *p,
	    size_t len);

/* The same of at most 1023 bytes that printf would write; more is bad. */
void	 json_out_fmt(struct json_out *o, const char *name, const char *fmt,
	    ...) __attribute__((format(printf, 3, 4)));

/* `n' bytes as a string of hexadecimal digits. */
void	 json_out_hex(struct json_out *o, const char *name, const void *p,
	    size_t n);

/* A point in time as a string, "2026-01-31T12:00:00Z". */
void	 json_out_time(struct json_out *o, const char *name, time_t t);

/* Numbers, true or false. */
void	 json_out_int(struct json_out *o, const char *name, int64_t v);
void	 json_out_uint(struct json_out *o, const char *name, uint64_t v);
void	 json_out_bool(struct json_out *o, const char *name, int v);

/* A value that is JSON already: `len' bytes at `p', which are not looked at. */
void	 json_out_raw(struct json_out *o, const char *name, const void *p,
	    size_t len);

/* A string whose `len' bytes are escaped already, without its quotes. */
void	 json_out_escaped(struct json_out *o, const char *name, const void *p,
	    size_t len);

/* Brackets that are open. */
unsigned int json_out_depth(const struct json_out *o);

/* 1 when one document is finished and nothing failed, else 0. */
int	 json_out_whole(const struct json_out *o);

#endif
