/*
 * ctlkeys: what the files of `derpctl keys' share, also with kick.c.
 */
#ifndef CTLKEYS_H
#define CTLKEYS_H

#include "ctl.h"

/* The functions of the commands, as in ctl.h. */
int	 ctl_keys_add(const struct ctl *ctl, const struct command_words *w);
int	 ctl_keys_check(const struct ctl *ctl, const struct command_words *w);
int	 ctl_keys_deny(const struct ctl *ctl, const struct command_words *w);
int	 ctl_keys_list(const struct ctl *ctl, const struct command_words *w);
int	 ctl_keys_remove(const struct ctl *ctl, const struct command_words *w);

/* The path of the file: that of the option -f, or the default. */
const char *ctl_keys_path(const struct command_words *w);

struct clients_change;

/*
 * Change a key in the file at `path'; a new one without a name gets `new_name'
 * (NULL: none).  *changed is 0 when all was so already, else 1.  Returns 0, or
 * 1 with an error reported.
 */
int	 ctl_keys_change(const struct ctl *ctl, const char *path,
	    const struct clients_change *c, const char *new_name,
	    int *changed);

#endif
