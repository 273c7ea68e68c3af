/*
 * about: what every program answers for -h, --help, -V and --version.
 */
#ifndef ABOUT_H
#define ABOUT_H

#include <getopt.h>

/*
 * The version of the suite, in this line alone: programs print it, and packages
 * read it (etc/version.sh).
 */
#define BASE_VERSION	"1.0"

/* --help and --version for getopt_long(3), as the options h and V. */
extern const struct option base_about_options[];

/* Print "PROGRAM VERSION" to standard output. */
void	 base_about_version(void);

#endif
