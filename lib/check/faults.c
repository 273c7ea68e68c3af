/*
 * faults: the tables faults.def and facts.def; see faults.h.
 */
#include <string.h>

#include "faults.h"

static const struct check_fault_row faults[] = {
#define CHECKFAULT(id, level, name, title, why, cure) \
	{ CHECK_##level, name, title, why, cure },
#include "faults.def"
#undef CHECKFAULT
};

static const struct check_fact_row facts[] = {
#define CHECKFACT(id, kind, name, help)	{ CHECK_##kind, name, help },
#include "facts.def"
#undef CHECKFACT
};

enum check_fault
check_fault_named(const char *name)
{
	enum check_fault id;

	for (id = 0; id < CHECK_NFAULTS; id++)
		if (strcmp(faults[id].name, name) == 0)
			break;
	return (id);
}

const struct check_fault_row *
check_fault_row(enum check_fault id)
{
	return &faults[id];
}

const struct check_fact_row *
check_fact_row(enum check_fact id)
{
	return &facts[id];
}
