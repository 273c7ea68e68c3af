/*
 * conf_option: the table of options.def; see conf_option.h.
 */
#include <stddef.h>

#include "acmeconf.h"
#include "conf_check.h"
#include "conf_option.h"
#include "conf_types.h"
#include "mapdoc.h"

/* The structure that a row's field is a member of. */
#define IN_TOP		struct conf
#define IN_RELAY	struct conf
#define IN_STUN		struct conf
#define IN_MAP		struct conf_map
#define IN_MESH		struct conf
#define IN_ADMIT	struct conf
#define IN_ACME		struct conf
#define IN_DNS		struct conf
#define IN_METRICS	struct conf

#define RELOAD		.restart = 0
#define RESTART		.restart = 1
#define CONF_AT(b, field)	offsetof(IN_##b, field)

#define OPTION(b, words, t, field, ...)	{				\
	.block = CONF_##b, .keywords = words, .type = &conf_type_##t,	\
	.offset = offsetof(IN_##b, field),				\
	.size = sizeof(((IN_##b *)0)->field), __VA_ARGS__		\
},

static const struct gram_option options[] = {
#include "options.def"
};

/* The map that is being read. */
static void *
last_map(void *c)
{
	return (TAILQ_LAST(&((struct conf *)c)->maps, conf_maps));
}

static const struct gram_block blocks[CONF_NBLOCKS] = {
	[CONF_MAP] = { "a map", last_map }
};

const struct gram_table conf_grammar = {
	options, sizeof(options) / sizeof(options[0]), blocks, conf_check
};
