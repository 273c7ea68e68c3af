/*
 * acme-helper: gets certificates from ACME directories, for derpd, which starts
 * it.  See acme-helper(8).
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "helper.h"
#include "msg.h"

static void
usage(void)
{
	fprintf(stderr, "acme-helper is started by derpd(8)\n");
	exit(1);
}

int
main(int argc, char *argv[])
{
	const char	*role = NULL;
	int		 ch;

#ifdef HAVE_LIBBSD
	extern char	**environ;

	setproctitle_init(argc, argv, environ);
#endif
	while ((ch = getopt(argc, argv, "x:")) != -1) {
		if (ch != 'x')
			usage();
		role = optarg;
	}
	if (role == NULL || argc != optind ||
	    strcmp(role, role_name(ROLE_ACME)) != 0)
		usage();
	helper_main();
}
