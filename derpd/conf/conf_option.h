/*
 * conf_option: the grammar of derpd.conf(5), and bounds of its values.  For
 * this folder, its tests, and who checks such values elsewhere.
 */
#ifndef CONF_OPTION_H
#define CONF_OPTION_H

#include "conf.h"
#include "gramoption.h"

/* The block that a statement belongs to. */
enum conf_block {
	CONF_TOP = GRAM_TOP,
	CONF_RELAY, CONF_STUN, CONF_MAP, CONF_MESH, CONF_ADMIT, CONF_ACME,
	CONF_DNS, CONF_METRICS,
	CONF_NBLOCKS
};

#define CONF_RATE_MAX	(INT64_C(1) << 33)	/* bytes (a second) */
#define CONF_BURST_MIN	65568		/* one SendPacket of maximum size */

/* A row for each of options.def, in its order. */
extern const struct gram_table conf_grammar;

#endif
