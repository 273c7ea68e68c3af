/*
 * manfixture: the text of a manual, for tests that hold code against it.
 */
#ifndef MANFIXTURE_H
#define MANFIXTURE_H

#include <atf-c.h>
#include <stdio.h>
#include <stdlib.h>

/*
 * Read the manual at `path', relative to the folder of the test, as a string;
 * free() it.
 */
static char *
read_manual(const atf_tc_t *tc, const char *path)
{
	char full[1024], *text;
	long size;
	FILE *f;

	snprintf(full, sizeof(full), "%s/%s",
	    atf_tc_get_config_var(tc, "srcdir"), path);
	ATF_REQUIRE_MSG((f = fopen(full, "r")) != NULL, "%s", full);
	ATF_REQUIRE(fseek(f, 0, SEEK_END) == 0 && (size = ftell(f)) > 0);
	rewind(f);
	ATF_REQUIRE((text = calloc(1, (size_t)size + 1)) != NULL);
	ATF_REQUIRE_EQ((size_t)size, fread(text, 1, (size_t)size, f));
	fclose(f);
	return (text);
}

#endif
