/*
 * log: the log of every process of the suite.
 *
 * Lines go to standard error before log_init() and with `to_stderr', else to
 * syslog(3).  A line is at most 1 KiB; bytes outside printable ASCII are shown
 * as \xNN, so that no input can forge a line. errno is preserved.
 */
#ifndef LOG_H
#define LOG_H

#include <stdarg.h>
#include <stddef.h>

/*
 * Set up logging.  `role' (static string, e.g.  "relay 2") follows the program
 * name in each line; `to_stderr' other than 0 selects standard error; `verbose'
 * 0 hides log_debug().  With syslog the facility is LOG_DAEMON, and the socket
 * is opened at once, so that it survives a chroot.
 */
void	log_init(const char *role, int to_stderr, int verbose);

/* Set verbosity: 0 brief, 1 verbose (log_debug() is shown). */
void	log_setverbose(int verbose);

/* Current verbosity, 0 or 1. */
int	log_getverbose(void);

/*
 * Log a problem that does not end the process, formatted as by printf(3).
 * log_warn appends strerror(errno).
 */
void	log_warn(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
void	log_warnx(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/*
 * Also copy the first line of later log_warn() and log_warnx() calls to `buf'
 * of `size' bytes, which is set to "".  NULL ends the capture.  Used to return
 * the reason of a failure to its requester.
 */
void	log_capture(char *buf, size_t size);

/* Log normal operation. */
void	log_info(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/* Log details, shown only when verbose. */
void	log_debug(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/*
 * Log the reason and exit with 1; fatal appends strerror(errno).  Only for
 * internal errors and errors of the configuration, never for input from a
 * client.
 */
void	fatal(const char *fmt, ...)
	    __attribute__((noreturn, format(printf, 1, 2)));
void	fatalx(const char *fmt, ...)
	    __attribute__((noreturn, format(printf, 1, 2)));

/*
 * A token bucket for lines that input from the network can cause: one line a
 * second with a burst of 5.  Zero-initialised and static, one per kind of line.
 */
struct log_limit {
	long long	at;		/* monotonic ms of last refill */
	unsigned int	tokens;		/* lines left */
	unsigned int	suppressed;	/* lines since the last one shown */
	int		primed;
};

/*
 * Like log_info(), limited by the bucket `l'.  The next line after suppressed
 * ones is followed by their number.
 */
void	log_limited(struct log_limit *l, const char *fmt, ...)
	    __attribute__((format(printf, 2, 3)));

#endif
