/*
 * fromenv: derpd -E: a configuration from environment variables.
 */
#ifndef FROMENV_H
#define FROMENV_H

struct conf;
struct parent;

/*
 * Make the configuration of the DERP_ variables of the environment, as
 * lib/convert/ does, set d->conf_path and d->conf_text for reloads, and load
 * it.  Differences from derper are logged.  Unless d->checking, the state
 * directory is made if it is missing, and the MAC key of an external account is
 * moved from the environment to a file there.  NULL: an error was logged, or
 * *version is 1: the version alone is wanted.
 */
struct conf *parent_fromenv_load(struct parent *d, int *version);

#endif
