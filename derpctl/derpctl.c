/*
 * derpctl: show and control a running derpd, and probe a relay.
 *
 * Run by people and scripts.  Connects to derpd's control socket (request.c)
 * or, for `probe', to a relay over the network like any client.
 */
#include <sys/types.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "ctl.h"

#define SOCKET_PATH	"/var/run/derpd.sock"

static const struct {
	const char	*name;
	int		 (*run)(const struct ctl *, int, char **);
} commands[] = {
	{ "cert",	ctl_cmd_cert },
	{ "clients",	ctl_cmd_clients },
	{ "log",	ctl_cmd_log },
	{ "map",	ctl_cmd_map },
	{ "node",	ctl_cmd_node },
	{ "probe",	ctl_cmd_probe },
	{ "reload",	ctl_cmd_reload },
	{ "status",	ctl_cmd_status },
	{ "stun",	ctl_cmd_stun },
};

int
main(int argc, char *argv[])
{
	struct ctl	ctl = { .socket = SOCKET_PATH };
	size_t		i;
	int		ch, rv;

	/*
	 * The leading + makes glibc stop at the command.  Other systems treat
	 * it as an ordinary option character.
	 */
	while ((ch = getopt(argc, argv, "+js:")) != -1)
		switch (ch) {
		case 'j':
			ctl.json = 1;
			break;
		case 's':
			ctl.socket = optarg;
			break;
		default:
			ctl_usage();
		}
	argc -= optind;
	argv += optind;
	if (argc == 0)
		ctl_usage();
	signal(SIGPIPE, SIG_IGN);
	for (i = 0; i < sizeof(commands) / sizeof(commands[0]); i++)
		if (strcmp(argv[0], commands[i].name) == 0)
			break;
	if (i == sizeof(commands) / sizeof(commands[0]))
		ctl_usage();
	rv = commands[i].run(&ctl, argc, argv);
	if (fflush(stdout) == EOF || ferror(stdout)) {
		fprintf(stderr, "derpctl: can't write to standard output\n");
		rv = 1;
	}
	return rv;
}
