/*
 * derpctl: show and control a running derpd, and probe a relay.
 *
 * Run by people and scripts.  Connects to derpd's control socket (request.c)
 * or, for `probe', to a relay over the network like any client.
 */
#include <sys/types.h>
#include <signal.h>
#include <stdio.h>

#include "about.h"
#include "commands.h"
#include "ctl.h"

/* Print the help or the version.  Returns the exit status. */
static int
tell(int ch)
{
	if (ch == 'h')
		command_list(stdout, &ctl_commands);
	else
		base_about_version();
	return 0;
}

/* Write what is left of the output.  Returns the exit status. */
static int
end(int rv)
{
	if (fflush(stdout) == EOF || ferror(stdout)) {
		fprintf(stderr, "derpctl: can't write to standard output\n");
		if (rv == 0)
			rv = 1;
	}
	return rv;
}

int
main(int argc, char *argv[])
{
	struct ctl	ctl = { .socket = CTL_SOCKET_PATH };
	int		ch;

	signal(SIGPIPE, SIG_IGN);
	/*
	 * The leading + makes glibc stop at the command.  Other systems treat
	 * it as an ordinary option character.
	 */
	while ((ch = getopt_long(argc, argv, "+hjs:V", base_about_options,
	    NULL)) != -1)
		switch (ch) {
		case 'h':
		case 'V':
			return end(tell(ch));
		case 'j':
			ctl.json = 1;
			break;
		case 's':
			ctl.socket = optarg;
			break;
		default:
			command_usage(stderr, &ctl_commands,
			    &ctl_commands.commands[0]);
			return 1;
		}
	if (argc == optind) {
		command_list(stderr, &ctl_commands);
		return 1;
	}
	return end(ctl_run(&ctl, argc - optind, argv + optind));
}
