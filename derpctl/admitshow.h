/*
 * admitshow: what derpd's status object (control.h) says about admission.
 */
#ifndef ADMITSHOW_H
#define ADMITSHOW_H

#include <stddef.h>
#include <stdio.h>

#include "json.h"

/*
 * Print who may use the relay, with files and sources and what they do; nothing
 * for a derpd that does not say so.
 */
void	 ctl_admission_print(FILE *fp, const struct json *j);

/*
 * Copy the path of the clients file that derpd uses to `dst' of `size' bytes.
 * Returns 0, or -1 when there is none.
 */
int	 ctl_admission_keys(const struct json *j, char *dst, size_t size);

/*
 * What is wrong with admission, in a few words, copied to `dst' of `size'
 * bytes; "" when nothing is.
 */
void	 ctl_admission_trouble(const struct json *j, char *dst, size_t size);

#endif
