/*
 * derpd: the privileged parent's options and start.  See derpd(8).
 */
#include <sys/types.h>
#include <sys/stat.h>
#include <limits.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

#include "about.h"
#include "daemon.h"
#include "fromenv.h"
#include "log.h"
#include "parent.h"

#ifndef SYSCONFDIR
#define SYSCONFDIR	"/etc"
#endif
#define CONF_FILE	SYSCONFDIR "/derpd.conf"

#define USAGE	"usage: derpd [-dhnVv] [-D macro=value] [-f file]\n" \
		"       derpd -E [-dnv]\n"

static void	usage(void) __attribute__((noreturn));

static void
usage(void)
{
	fputs(USAGE, stderr);
	exit(1);
}

static void	bad_usage(const char *, ...)
		    __attribute__((noreturn, format(printf, 1, 2)));

/* Say what is wrong with the words of the command line, and exit. */
static void
bad_usage(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	fputs("derpd: ", stderr);
	vfprintf(stderr, fmt, ap);
	fputc('\n', stderr);
	va_end(ap);
	usage();
}

/* Print what -h prints. */
static void
help(void)
{
	fputs(USAGE "\n"
	    "  -D macro=value  set a macro of the configuration\n"
	    "  -d              stay in the foreground, log to standard error\n"
	    "  -E              configure by the environment, as derper's "
	    "images\n"
	    "  -f file         the configuration (default " CONF_FILE ")\n"
	    "  -h, --help      print this help\n"
	    "  -n              check the configuration, then exit\n"
	    "  -V, --version   print the version\n"
	    "  -v              log in detail; with -n, print all settings\n\n"
	    "derpd(8) describes them, derpd.conf(5) the configuration.\n",
	    stdout);
}

/* Print the answer to -h or -V, and exit. */
static void
tell(int ch)
{
	if (ch == 'h')
		help();
	else
		base_about_version();
	exit(fflush(stdout) == EOF);
}

/*
 * The configuration, of the environment (-E) or of a file.  NULL: an error was
 * logged.
 */
static struct conf *
load(struct parent *d, int from_env)
{
	struct conf *c;
	int version;

	if (!from_env)
		return (conf_load(d->conf_path));
	c = parent_fromenv_load(d, &version);
	if (version)
		tell('V');
	return (c);
}

/* The configuration is wrong.  Returns the exit status. */
static int
refuse(struct parent *d)
{
	if (d->checking)
		return (1);
	(void)upgrade_give_up(d);
	log_errx("derpd did not start: the configuration is wrong");
	return (EX_CONFIG);
}

/* Log what an unprivileged derpd lacks. */
static void
warn_unprivileged(void)
{
	if (geteuid() != 0)
		log_info("not started by root: all processes run as this user "
		    "without chroot, confined by seccomp or pledge only");
}

/* -U: take over by the channel with this descriptor. */
static int
channel_of(const char *number)
{
	const char *wrong;
	int fd = (int)strtonum(number, STDERR_FILENO + 1, INT_MAX, &wrong);

	if (wrong != NULL)
		bad_usage("-U %s: %s: expected the number of a descriptor",
		    number, wrong);
	return (fd);
}

/* Set a macro, and keep the words for a derpd that takes over. */
static void
set_macro(struct parent *d, const char *assignment)
{
	if ((d->macros = reallocarray(d->macros, d->nmacros + 1,
	    sizeof(*d->macros))) == NULL)
		fatal("no memory for -D");
	d->macros[d->nmacros++] = assignment;
	switch (conf_macro(assignment)) {
	case -1:
		fatalx("-D %s: expected NAME=VALUE", assignment);
	case 1:
		fatalx("-D %s: the name of the macro is a keyword of "
		    "derpd.conf(5): expected another name before =",
		    assignment);
	}
}

/* Read the options; *fd gets that of -U.  Returns 1 for -E, else 0. */
static int
read_options(struct parent *d, int argc, char *argv[], int *fd)
{
	int ch, from_env = 0, from_file = 0;

	d->conf_path = CONF_FILE;
	while ((ch = getopt_long(argc, argv, "D:dEf:hnU:Vv", base_about_options,
	    NULL)) != -1) {
		switch (ch) {
		case 'D':
			set_macro(d, optarg);
			from_file = 1;
			break;
		case 'd':
			d->debug = 1;
			break;
		case 'E':
			from_env = 1;
			break;
		case 'f':
			from_file = 1;
			d->conf_path = optarg;
			break;
		case 'h':
		case 'V':
			tell(ch);
			break;
		case 'n':
			d->debug = d->checking = 1;
			break;
		case 'U':
			*fd = channel_of(optarg);
			break;
		case 'v':
			d->verbose = 1;
			break;
		default:
			usage();
		}
	}
	if (argc != optind)
		bad_usage("unexpected argument \"%s\"", argv[optind]);
	if (from_env && from_file)
		bad_usage("-E has no file: expected it without -D and -f");
	if (*fd != -1 && d->checking)
		bad_usage("-U takes over, -n only checks: expected one of "
		    "them");
	return (from_env);
}

/* derpd -n.  Returns the exit status. */
static int
check(struct parent *d)
{
	if (d->verbose)
		conf_print(stdout, d->conf);
	if (fflush(stdout) == EOF)
		fatal("can't print the configuration");
	return (parent_check(d) == 0 ? 0 : 1);
}

int
main(int argc, char *argv[])
{
	static struct parent d;
	int from_env, old = -1, ready = -1;

#ifdef HAVE_LIBBSD
	extern char **environ;

	setproctitle_init(argc, argv, environ);
#endif
	from_env = read_options(&d, argc, argv, &old);
	log_init("", old == -1 || d.debug, d.verbose);
	umask(077);
	signal(SIGPIPE, SIG_IGN);
	d.self = super_own_path(argv[0]);
	upgrade_init(&d);
	if (old != -1)
		upgrade_begin(&d, old);
	log_capture(d.why, sizeof(d.why));
	d.conf = load(&d, from_env);
	log_capture(NULL, 0);
	if (d.conf == NULL)
		return (refuse(&d));
	warn_unprivileged();
	super_raise_files("which bounds the number of clients");
	if (d.checking)
		return (check(&d));
	log_setjson(d.conf->log_json);
	if (!d.debug && !from_env)
		d.conf_path = super_full_path(d.conf_path);
	if (!d.debug && !d.waiting)
		ready = super_detach();
	return (parent_run(&d, ready));
}
