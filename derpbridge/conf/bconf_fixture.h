/*
 * bconf_fixture: configurations of derpbridged for tests; see gramfixture.h.
 */
#ifndef BCONF_FIXTURE_H
#define BCONF_FIXTURE_H

#include "bconf_option.h"

static const char	*only;	/* -i of the configurations that are loaded */

#define FIXTURE_CONF		struct bconf
#define FIXTURE_TABLE		bconf_grammar
#define FIXTURE_LOAD(file)	bconf_load(file, only)
#define FIXTURE_FREE(c)		bconf_free(c)
#define FIXTURE_PRINT(f, c)	bconf_print(f, c)
#define FIXTURE_DIFFERS(a, b)	bconf_differs(a, b)
#include "gramfixture.h"

/* What a valid configuration requires, a line each. */
#define MAP	"map file \"/etc/map.json\"\n"
#define WG0	"interface \"wg0\" { }\n"

/* Two public keys. */
#define KEY	"HIgo9xNzJMWLKASShiTqIybxZ0U3wGLiUeJ1PKf8ykw="
#define KEY2	"xTIBA5rboUvnH4htodjb6e697QjLERt1NAB4mZqp8Dg="

#endif
