/*
 * bconf_option: the grammar of derpbridge.conf(5).  For this folder and its
 * tests.
 */
#ifndef BCONF_OPTION_H
#define BCONF_OPTION_H

#include "bconf.h"
#include "gramoption.h"

/* The block that a statement belongs to. */
enum bconf_block {
	BCONF_TOP = GRAM_TOP,
	BCONF_IFACE,
	BCONF_NBLOCKS
};

#define BCONF_REGION_MAX	((INT64_C(1) << 53) - 1)	/* as in maps */

/* A row for each of options.def, in its order. */
extern const struct gram_table bconf_grammar;

#endif
