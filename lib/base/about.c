/*
 * about: see about.h.
 */
#include <stdio.h>
#include <stdlib.h>

#include "about.h"

const struct option base_about_options[] = {
	{ "help", no_argument, NULL, 'h' },
	{ "version", no_argument, NULL, 'V' },
	{ NULL, 0, NULL, 0 }
};

void
base_about_version(void)
{
	printf("%s " BASE_VERSION "\n", getprogname());
}
