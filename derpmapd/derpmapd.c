/*
 * derpmapd: the processes that handle DERP maps, each a role that derpd starts
 * with -x.  See derpmapd(8).
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "check.h"
#include "fetch.h"
#include "msg.h"

static void
usage(void)
{
	fprintf(stderr, "derpmapd is started by derpd(8)\n");
	exit(1);
}

int
main(int argc, char *argv[])
{
	const char *role = NULL;
	int ch;

#ifdef HAVE_LIBBSD
	extern char **environ;

	setproctitle_init(argc, argv, environ);
#endif
	while ((ch = getopt(argc, argv, "x:")) != -1) {
		if (ch != 'x')
			usage();
		role = optarg;
	}
	if (role == NULL || argc != optind)
		usage();
	if (strcmp(role, role_name(ROLE_MAP)) == 0)
		check_main();
	if (strcmp(role, role_name(ROLE_FETCH)) == 0)
		fetch_main();
	usage();
}
