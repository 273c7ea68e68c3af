/*
 * html: text, numbers and times as HTML.  Pure.
 */
#ifndef HTML_H
#define HTML_H

#include <stddef.h>
#include <stdint.h>
#include <time.h>

#include "codec.h"

#define METRICS_HTML_NUMSIZE	32	/* bytes of any number below */

/*
 * Append the text `s' (NULL: "") with all characters escaped that have a
 * meaning in HTML, within elements and quoted attributes.
 */
void	 metrics_html_text(struct ipc_wr *w, const char *s);

/*
 * Append a time, "2026-01-31T12:00:00Z", as a <time> element that shows
 * "2026-01-31 12:00 UTC"; `s' in another form as text.
 */
void	 metrics_html_time(struct ipc_wr *w, const char *s);

/* The same for a number of seconds since 1970. */
void	 metrics_html_clock(struct ipc_wr *w, time_t t);

/*
 * Format a number into `dst' of METRICS_HTML_NUMSIZE bytes, and return `dst':
 * "12,345"; bits a second, "12.3 Mbit/s"; bytes, "12.3 MB"; seconds, "3 d 4 h",
 * "5 min 3 s".
 */
const char *metrics_html_count(char *dst, uint64_t n);
const char *metrics_html_bits(char *dst, uint64_t n);
const char *metrics_html_bytes(char *dst, uint64_t n);
const char *metrics_html_age(char *dst, uint64_t seconds);

#endif
