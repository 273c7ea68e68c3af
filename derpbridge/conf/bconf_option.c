/*
 * bconf_option: the table of options.def; see bconf_option.h.
 */
#include <stddef.h>

#include "bconf_check.h"
#include "bconf_option.h"
#include "bconf_types.h"

/* The structure that a row's field is a member of. */
#define IN_TOP		struct bconf
#define IN_IFACE	struct bconf_iface

#define RELOAD		.restart = 0
#define RESTART		.restart = 1
#define BCONF_AT(b, field)	offsetof(IN_##b, field)

#define OPTION(b, words, t, field, ...)	{				\
	.block = BCONF_##b, .keywords = words, .type = &bconf_type_##t,	\
	.offset = offsetof(IN_##b, field),				\
	.size = sizeof(((IN_##b *)0)->field), __VA_ARGS__		\
},

static const struct gram_option options[] = {
#include "options.def"
};

/* The interface that is being read. */
static void *
last_iface(void *c)
{
	return (TAILQ_LAST(&((struct bconf *)c)->ifaces, bconf_ifaces));
}

static const struct gram_block blocks[BCONF_NBLOCKS] = {
	[BCONF_IFACE] = { "an interface", last_iface }
};

const struct gram_table bconf_grammar = {
	options, sizeof(options) / sizeof(options[0]), blocks, bconf_check
};
