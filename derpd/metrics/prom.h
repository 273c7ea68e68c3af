/*
 * prom: all metrics as Prometheus text, format 0.0.4.  Pure.
 */
#ifndef PROM_H
#define PROM_H

#include "view.h"

/* Append the text to `w'; ipc_wr_ok() reports a failure. */
void	 metrics_prom(const struct metrics_view *v, struct ipc_wr *w);

#endif
