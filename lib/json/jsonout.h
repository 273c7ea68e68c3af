/*
 * jsonout: JSON into a message.  Pure.
 */
#ifndef JSONOUT_H
#define JSONOUT_H

#include <time.h>

#include "codec.h"

/* Append text of at most 1023 bytes that needs no escaping, as printf does. */
void	jsonout(struct wr *w, const char *fmt, ...)
	    __attribute__((format(printf, 2, 3)));

/*
 * Append a string in quotes.  What is no printable ASCII is escaped byte by
 * byte: it may be no UTF-8.
 */
void	jsonout_str(struct wr *w, const char *s);

/* Append a point in time as a string, "2026-01-31T12:00:00Z". */
void	jsonout_time(struct wr *w, time_t t);

/* Append `n' bytes as a string of hexadecimal digits. */
void	jsonout_hex(struct wr *w, const void *p, size_t n);

#endif
