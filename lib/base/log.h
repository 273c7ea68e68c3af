/*
 * log: the log of every process of the suite.
 *
 * Lines go to standard error before log_init() and with `to_stderr', else to
 * syslog(3).  When standard error is systemd's journal (JOURNAL_STREAM), lines
 * begin with their level as in sd-daemon(3).  A line is at most 1 KiB of text,
 * or of JSON LOGLINE_SIZE (logline.h); bytes outside printable ASCII are shown
 * as \xNN, so that no input can forge a line.  errno is preserved.
 *
 * Levels: warning is what needs somebody's attention, err ends the process, all
 * else is info or debug.
 */
#ifndef LOG_H
#define LOG_H

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <syslog.h>

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

/* Set the form of lines: 0 text (the default), 1 one JSON object each. */
void	log_setjson(int json);

/*
 * Log a problem that does not end the process (warning), formatted as by
 * printf(3).  log_warn appends strerror(errno).
 */
void	log_warn(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
void	log_warnx(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/*
 * Also copy the first line of later log_warn() and log_warnx() calls to `buf'
 * of `size' bytes, which is set to "".  NULL ends the capture.  Used to return
 * the reason of a failure to its requester.
 */
void	log_capture(char *buf, size_t size);

/* Log normal operation (info). */
void	log_info(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/* Log details, shown only when verbose (debug). */
void	log_debug(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/* Log why the process is about to end (err), as by log_warnx(). */
void	log_errx(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/*
 * Log the reason (err) and exit with 1; fatal appends strerror(errno).  Only
 * for internal errors and errors of the configuration, never for input from a
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
 * Like log_info() and log_warnx(), limited by the bucket `l'.  The next line
 * after suppressed ones is followed by their number.
 */
void	log_limited(struct log_limit *l, const char *fmt, ...)
	    __attribute__((format(printf, 2, 3)));
void	log_limited_warnx(struct log_limit *l, const char *fmt, ...)
	    __attribute__((format(printf, 2, 3)));

/*
 * The client that a line is about: fields behind the text, members in JSON.  A
 * key is given when the client has proven that it holds it.
 */
struct log_about {
	const uint8_t	*addr;		/* 16 bytes, IPv4 mapped; NULL: none */
	uint16_t	 port;		/* 0: not known */
	const uint8_t	*key;		/* 32 bytes of a node key; NULL: none */
};

/*
 * Log a line about a client, with a level of syslog(3): LOG_DEBUG, LOG_INFO or
 * LOG_WARNING.  Limited by the bucket `l' unless that is NULL.
 */
void	log_client(int level, struct log_limit *l,
	    const struct log_about *about, const char *fmt, ...)
	    __attribute__((format(printf, 4, 5)));

#endif
