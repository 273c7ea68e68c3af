/*
 * out: formatted text in a writer.  Pure.
 */
#ifndef OUT_H
#define OUT_H

#include "codec.h"

/*
 * Append text, formatted as by printf, to `w'; ipc_wr_ok() reports a failure.
 */
void	 metrics_out(struct ipc_wr *w, const char *fmt, ...)
	    __attribute__((format(printf, 2, 3)));

#endif
