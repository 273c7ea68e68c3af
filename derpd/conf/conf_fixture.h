/*
 * conf_fixture: configurations of derpd for tests; see gramfixture.h.
 */
#ifndef CONF_FIXTURE_H
#define CONF_FIXTURE_H

#include "conf_option.h"

#define FIXTURE_CONF		struct conf
#define FIXTURE_TABLE		conf_grammar
#define FIXTURE_LOAD(file)	conf_load(file)
#define FIXTURE_FREE(c)		conf_free(c)
#define FIXTURE_PRINT(f, c)	conf_print(f, c)
#define FIXTURE_DIFFERS(a, b)	conf_differs(a, b)
#include "gramfixture.h"

/* What a valid configuration requires, a line each. */
#define NAME	"hostname \"relay.example.org\"\n"
#define CERT	"certificate self-signed\n"
#define RELAY	"relay { }\n"

#endif
