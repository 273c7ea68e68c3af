/*
 * conf_lists: fields of a configuration whose representation derpd alone has:
 * comparing, freeing and printing them, as the types of options.def need it
 * (struct gram_type).  For this folder.
 */
#ifndef CONF_LISTS_H
#define CONF_LISTS_H

#include "conf_option.h"

/* conf_lists.c: 1 when two fields are equal, else 0 ... */
int	 conf_same_listens(const void *, const void *);	/* without proxies */
int	 conf_same_proxies(const void *, const void *);	/* their proxies */
int	 conf_same_certs(const void *, const void *);
int	 conf_same_maps(const void *, const void *);
int	 conf_same_verifies(const void *, const void *);
int	 conf_same_nodes(const void *, const void *);
int	 conf_same_prefixes(const void *, const void *);

/* ... and free what a field holds. */
void	 conf_free_listens(void *);
void	 conf_free_certs(void *);
void	 conf_free_maps(void *);
void	 conf_free_verifies(void *);
void	 conf_free_nodes(void *);
void	 conf_free_prefixes(void *);

/* conf_print.c: print the statements of the field of a row. */
void	 conf_print_listens(FILE *, const struct gram_option *,
	    const char *indent, const void *base);
void	 conf_print_certs(FILE *, const struct gram_option *,
	    const char *indent, const void *base);
void	 conf_print_maps(FILE *, const struct gram_option *,
	    const char *indent, const void *base);
void	 conf_print_acme(FILE *, const struct gram_option *,
	    const char *indent, const void *base);
void	 conf_print_verifies(FILE *, const struct gram_option *,
	    const char *indent, const void *base);
void	 conf_print_nodes(FILE *, const struct gram_option *,
	    const char *indent, const void *base);
void	 conf_print_prefixes(FILE *, const struct gram_option *,
	    const char *indent, const void *base);

#endif
