/*
 * commands: the table of derpctl's commands, and running one of them.
 */
#ifndef COMMANDS_H
#define COMMANDS_H

#include "command.h"

struct ctl;

/* All commands. */
extern const struct command_set ctl_commands;

/*
 * Run the command that the `argc' words name, or print the help that they ask
 * for.  Returns the exit status; when the words are wrong, with an error and a
 * usage printed.
 */
int	 ctl_run(const struct ctl *ctl, int argc, char **argv);

#endif
