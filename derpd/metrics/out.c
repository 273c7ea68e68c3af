/*
 * out: see out.h.
 */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "out.h"

void
metrics_out(struct ipc_wr *w, const char *fmt, ...)
{
	char line[512], *text;
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vsnprintf(line, sizeof(line), fmt, ap);
	va_end(ap);
	if (n >= 0 && (size_t)n < sizeof(line)) {
		ipc_wr_bytes(w, line, (size_t)n);
		return;
	}
	if (n < 0 || (text = malloc((size_t)n + 1)) == NULL) {
		ipc_wr_refuse(w, ENOMEM);
		return;
	}
	va_start(ap, fmt);
	(void)vsnprintf(text, (size_t)n + 1, fmt, ap);
	va_end(ap);
	ipc_wr_bytes(w, text, (size_t)n);
	free(text);
}
