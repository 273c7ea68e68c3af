/*
 * style: the style sheet of the page for people.
 */
#ifndef STYLE_H
#define STYLE_H

#include "codec.h"

/* Append it to `w'. */
void	 metrics_style(struct ipc_wr *w);

#endif
