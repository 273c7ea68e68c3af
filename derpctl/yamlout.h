/*
 * yamlout: a DERP map as YAML, as Headscale reads it (derp.paths).  Pure.
 */
#ifndef YAMLOUT_H
#define YAMLOUT_H

#include <stdio.h>

#include "json.h"

/*
 * Print a map that map_check() has found valid.  Names of fields are in lower
 * case, as Headscale wants them; fields that derp-map(5) does not know are left
 * out.  Each value stays what it is: strings are quoted.
 */
void	 ctl_yaml_map(FILE *fp, const struct json *j);

#endif
