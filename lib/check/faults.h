/*
 * faults: the faults that checks can find and what checks measure, by the
 * tables faults.def and facts.def.  Pure.
 */
#ifndef FAULTS_H
#define FAULTS_H

#include <stddef.h>

enum check_level {
	CHECK_FAULT,
	CHECK_NOTE
};

enum check_fault {
#define CHECKFAULT(id, level, name, title, why, cure)	CHECK_##id,
#include "faults.def"
#undef CHECKFAULT
	CHECK_NFAULTS
};

struct check_fault_row {
	enum check_level	 level;
	const char		*name, *title, *why, *cure;
};

enum check_kind {
	CHECK_TEXT,
	CHECK_COUNT,
	CHECK_BYTES,
	CHECK_US,
	CHECK_SECONDS,
	CHECK_DAYS,
	CHECK_BOOL
};

enum check_fact {
#define CHECKFACT(id, kind, name, help)	CHECK_FACT_##id,
#include "facts.def"
#undef CHECKFACT
	CHECK_NFACTS
};

struct check_fact_row {
	enum check_kind		 kind;
	const char		*name, *help;
};

/* The fault of this name; CHECK_NFAULTS: there is none. */
enum check_fault check_fault_named(const char *name);

/* The row of a fault or fact.  Static. */
const struct check_fault_row *check_fault_row(enum check_fault id);
const struct check_fact_row *check_fact_row(enum check_fact id);

#endif
