/*
 * derpctl: look at a running derpd, steer it, and probe a relay.
 *
 * Called by people and scripts.  Talks to derpd's control socket (request.c)
 * or, for `probe', to a relay over the network as a client would.
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

	/* A leading + keeps glibc from looking for options behind the command;
	   elsewhere it is an option character that nobody can mean. */
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
		fprintf(stderr, "derpctl: standard output can't be written\n");
		rv = 1;
	}
	return rv;
}
