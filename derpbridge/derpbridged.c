/*
 * derpbridged: the privileged parent's options and start.  See derpbridged(8).
 */
#include <sys/types.h>
#include <sys/stat.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

#include "about.h"
#include "bridge.h"
#include "daemon.h"
#include "log.h"

#ifndef SYSCONFDIR
#define SYSCONFDIR	"/etc"
#endif
#define CONF_FILE	SYSCONFDIR "/derpbridge.conf"

#define USAGE	"usage: derpbridged [-dhnRVv] [-D macro=value] [-f file] " \
		"[-i interface]\n"

static void	usage(void) __attribute__((noreturn));

static void
usage(void)
{
	fputs(USAGE, stderr);
	exit(1);
}

/* Answer -h or -V, and exit. */
static void
tell(int ch)
{
	if (ch == 'V')
		base_about_version();
	else
		fputs(USAGE "\n"
		    "  -D macro=value  set a macro of the configuration\n"
		    "  -d              stay in the foreground, log to standard "
		    "error\n"
		    "  -f file         the configuration (default " CONF_FILE
		    ")\n"
		    "  -h, --help      print this help\n"
		    "  -i interface    serve this interface alone\n"
		    "  -n              check the configuration, then exit\n"
		    "  -R              set all endpoints back to the direct "
		    "ones, then exit\n"
		    "  -V, --version   print the version\n"
		    "  -v              log in detail; with -n, print all "
		    "settings\n\n"
		    "derpbridged(8) describes them, derpbridge.conf(5) the "
		    "configuration.\n", stdout);
	exit(fflush(stdout) == EOF);
}

static void
set_macro(const char *assignment)
{
	switch (bconf_macro(assignment)) {
	case -1:
		fatalx("-D %s: expected NAME=VALUE", assignment);
	case 1:
		fatalx("-D %s: the name of the macro is a keyword of "
		    "derpbridge.conf(5): expected another name before =",
		    assignment);
	}
}

static void
read_options(struct bridge *d, int argc, char *argv[])
{
	int ch;

	d->conf_path = CONF_FILE;
	while ((ch = getopt_long(argc, argv, "D:df:hi:nRVv",
	    base_about_options, NULL)) != -1) {
		switch (ch) {
		case 'D':
			set_macro(optarg);
			break;
		case 'd':
			d->debug = 1;
			break;
		case 'f':
			d->conf_path = optarg;
			break;
		case 'h':
		case 'V':
			tell(ch);
			break;
		case 'i':
			d->only = optarg;
			break;
		case 'n':
			d->debug = d->checking = 1;
			break;
		case 'R':
			d->debug = d->restoring = 1;
			break;
		case 'v':
			d->verbose = 1;
			break;
		default:
			usage();
		}
	}
	if (argc == optind && !(d->checking && d->restoring))
		return;
	if (argc != optind)
		fprintf(stderr, "derpbridged: unexpected argument \"%s\"\n",
		    argv[optind]);
	else
		fputs("derpbridged: expected -n or -R, not both\n", stderr);
	usage();
}

/* derpbridged -n.  Returns the exit status. */
static int
check(struct bridge *d)
{
	if (d->verbose)
		bconf_print(stdout, d->conf);
	if (fflush(stdout) == EOF)
		fatal("can't print the configuration");
	return (bridge_check(d) == 0 ? 0 : 1);
}

int
main(int argc, char *argv[])
{
	static struct bridge d;
	int ready = -1;

#ifdef HAVE_LIBBSD
	extern char **environ;

	setproctitle_init(argc, argv, environ);
#endif
	read_options(&d, argc, argv);
	log_init("", 1, d.verbose);
	umask(077);
	signal(SIGPIPE, SIG_IGN);
	d.self = super_own_path(argv[0]);
	if ((d.conf = bconf_load(d.conf_path, d.only)) == NULL) {
		if (!d.checking)
			log_errx("derpbridged did not start: the "
			    "configuration is wrong");
		return (d.checking ? 1 : EX_CONFIG);
	}
	if (d.checking)
		return (check(&d));
	if (d.restoring)
		return (bridge_restore(&d));
	super_raise_files("which bounds the number of connections");
	log_setjson(d.conf->log_json);
	if (!d.debug) {
		d.conf_path = super_full_path(d.conf_path);
		ready = super_detach();
	}
	return (bridge_run(&d, ready));
}
