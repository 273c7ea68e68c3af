/*
 * conf_check: checks of several values of a configuration, and of the whole.
 * For this folder.
 */
#ifndef CONF_CHECK_H
#define CONF_CHECK_H

#include "conf_option.h"

/* For options.def: 1 when a field may have this value, or 0: reported. */
int	 conf_check_codel(const struct gram_option *o, const void *base,
	    const struct gram_item *item);
int	 conf_check_source(const struct gram_option *o, const void *base,
	    const struct gram_item *item);
int	 conf_check_dns(const struct gram_option *o, const void *base,
	    const struct gram_item *item);

/* For options.def: a block begins. */
void	 conf_begin_acme(const struct gram_pos *pos);
void	 conf_begin_admit(const struct gram_pos *pos);
void	 conf_begin_dns(const struct gram_pos *pos);
void	 conf_begin_metrics(const struct gram_pos *pos);
void	 conf_begin_map(const struct gram_pos *pos);

/* Set what is derived, and check the whole configuration. */
void	 conf_check(void);

/* The same for the admit section alone (conf_admit.c). */
void	 conf_check_admit(void);

/* Check the mesh section (conf_mesh.c). */
void	 conf_check_mesh(void);

#endif
