/*
 * log: the one way that every process of the suite speaks to its operator.
 *
 * Before log_init() and with `to_stderr' lines go to standard error, else to
 * syslog(3).  A line is at most 1 KiB; what is not printable ASCII is shown as
 * \xNN, so that nothing from outside can forge a line.  errno is left alone.
 */
#ifndef LOG_H
#define LOG_H

#include <stdarg.h>
#include <stddef.h>

/*
 * Set up logging.  `role' (static string, e.g. "relay 2") is put in front of
 * each line behind the program name; `to_stderr' not 0 selects standard error;
 * `verbose' 0 hides log_debug().  With syslog the facility is LOG_DAEMON and
 * the descriptor is opened at once, so that it survives a chroot.
 */
void	log_init(const char *role, int to_stderr, int verbose);

/* Change verbosity: 0 brief, 1 verbose (log_debug() is shown). */
void	log_setverbose(int verbose);

/* Current verbosity, 0 or 1. */
int	log_getverbose(void);

/*
 * A problem that does not end the process, as printf(3) would say it;
 * log_warn adds strerror(errno).
 */
void	log_warn(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
void	log_warnx(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/*
 * From now on copy the first line of log_warn() or log_warnx() to `buf' of
 * `size' bytes too, which begins as ""; NULL ends that.  For an answer to who
 * asked for what failed.
 */
void	log_capture(char *buf, size_t size);

/* Something an operator wants to know when all is well. */
void	log_info(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/* Shown only when verbose. */
void	log_debug(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/*
 * Say why and exit with 1; fatal adds strerror(errno).  Only for faults of
 * our own or of the configuration, never for what a client sent.
 */
void	fatal(const char *fmt, ...)
	    __attribute__((noreturn, format(printf, 1, 2)));
void	fatalx(const char *fmt, ...)
	    __attribute__((noreturn, format(printf, 1, 2)));

/*
 * A token bucket for lines that outside data can provoke: one line a second
 * with a burst of 5.  Zero-initialise; one per kind of line, static.
 */
struct log_limit {
	long long	at;		/* monotonic ms of last refill */
	unsigned int	tokens;		/* lines left */
	unsigned int	suppressed;	/* lines since the last one shown */
	int		primed;
};

/*
 * Like log_info() under the bucket `l'; when lines were left out, the next
 * one shown says how many.
 */
void	log_limited(struct log_limit *l, const char *fmt, ...)
	    __attribute__((format(printf, 2, 3)));

#endif
