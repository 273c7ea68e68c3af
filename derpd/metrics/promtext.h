/*
 * promtext: Prometheus text that another process made, line by line.  Pure.
 */
#ifndef PROMTEXT_H
#define PROMTEXT_H

#include "codec.h"

/*
 * Append the lines of `text' that are well-formed, and of metrics that other
 * processes make (derpmap_*, derp_admit_*), to `w'; leave the others out, so
 * that one bad line does not make all metrics unreadable.
 */
void	 metrics_promtext(const char *text, struct ipc_wr *w);

#endif
