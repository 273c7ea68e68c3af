/*
 * run: run the command that the words name, and print help.
 *
 * Called by derpctl.c.
 */
#include <stdio.h>
#include <string.h>

#include "commands.h"
#include "ctl.h"

/*
 * No command is named.  Print the help of those that begin with the word if
 * that is asked for.  Returns the exit status.
 */
static int
no_command(const struct ctl *ctl, int argc, char **argv, const char *why)
{
	if (argc == 2 && (strcmp(argv[1], "-h") == 0 ||
	    strcmp(argv[1], "--help") == 0) &&
	    command_group_help(stdout, &ctl_commands, argv[0]) > 0)
		return 0;
	(void)ctl_failed(ctl, "%s", why);
	if (command_group_help(stderr, &ctl_commands, argv[0]) == 0)
		fputs("derpctl --help lists the commands.\n", stderr);
	return 1;
}

int
ctl_run(const struct ctl *ctl, int argc, char **argv)
{
	const struct command	*c;
	struct command_words	 words;
	char			 why[COMMAND_WHY];
	int			 used;

	c = command_find(&ctl_commands, argc, argv, &used, why);
	if (c == NULL)
		return no_command(ctl, argc, argv, why);
	switch (command_read(&ctl_commands, c, argc - used, argv + used,
	    &words, why)) {
	case 0:
		return c->run(ctl, &words);
	case 1:
		command_help(stdout, &ctl_commands, c);
		return 0;
	default:
		(void)ctl_failed(ctl, "%s: %s", c->words, why);
		command_usage(stderr, &ctl_commands, c);
		return (c->flags & COMMAND_FAILS_2) != 0 ? 2 : 1;
	}
}

int
ctl_cmd_help(const struct ctl *ctl, const struct command_words *w)
{
	const struct command	*c;
	char			 why[COMMAND_WHY];
	int			 used;

	if (w->argc == 0) {
		command_list(stdout, &ctl_commands);
		return 0;
	}
	c = command_find(&ctl_commands, w->argc, w->argv, &used, why);
	if (c != NULL)
		command_help(stdout, &ctl_commands, c);
	else if (command_group_help(stdout, &ctl_commands, w->argv[0]) == 0)
		return ctl_failed(ctl, "help: %s", why);
	return 0;
}

int
ctl_cmd_complete(const struct ctl *ctl, const struct command_words *w)
{
	(void)ctl;
	command_complete(stdout, &ctl_commands, w->argc, w->argv);
	return 0;
}
