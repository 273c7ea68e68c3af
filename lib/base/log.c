/*
 * log: see log.h.  Used by every process of the suite; touches only standard
 * error or the syslog socket.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <syslog.h>
#include <time.h>
#include <unistd.h>

#include "advice.h"
#include "clock.h"
#include "log.h"

#define LINE_SIZE	1024
#define LIMIT_BURST	5
#define LIMIT_MS	1000

static const char	*role_text = "";
static int		 use_stderr = 1;
static int		 verbosity;
static char		*capture;	/* set by log_capture() */
static size_t		 capture_size;

void
log_init(const char *role, int to_stderr, int verbose)
{
	role_text = role;
	use_stderr = to_stderr;
	verbosity = verbose;
	tzset();
	if (!to_stderr)
		openlog(getprogname(), LOG_PID | LOG_NDELAY, LOG_DAEMON);
}

void
log_setverbose(int verbose)
{
	verbosity = verbose;
}

void
log_capture(char *buf, size_t size)
{
	capture = buf;
	capture_size = size;
	if (buf != NULL && size > 0)
		buf[0] = '\0';
}

int
log_getverbose(void)
{
	return (verbosity);
}

/*
 * Append `src' to the line `dst' of LINE_SIZE bytes, of which *n are in use.
 * Bytes outside printable ASCII are escaped, so that no input can forge a line
 * or control the terminal that shows it.
 */
static void
append(char *dst, size_t *n, const char *src)
{
	static const char hex[] = "0123456789abcdef";
	unsigned char ch;

	while ((ch = (unsigned char)*src++) != '\0' && *n + 5 < LINE_SIZE) {
		if (ch >= 0x20 && ch < 0x7f) {
			dst[(*n)++] = (char)ch;
			continue;
		}
		dst[(*n)++] = '\\';
		dst[(*n)++] = 'x';
		dst[(*n)++] = hex[ch >> 4];
		dst[(*n)++] = hex[ch & 15];
	}
	dst[*n] = '\0';
}

/*
 * Write one line; `error' other than 0 appends its text.  Standard error gets
 * it in one write, so that lines of several processes do not mix.
 */
static void
emit(int priority, const char *fmt, va_list ap, int error)
{
	char raw[LINE_SIZE], line[LINE_SIZE];
	int saved = errno;
	size_t n = 0, start;

	/* A program with a single role of the same name shows the name once. */
	if (use_stderr && strcmp(role_text, getprogname()) != 0)
		append(line, &n, getprogname());
	if (*role_text != '\0') {
		append(line, &n, n > 0 ? " " : "");
		append(line, &n, role_text);
	}
	append(line, &n, n > 0 ? ": " : "");
	start = n;
	if (vsnprintf(raw, sizeof(raw), fmt, ap) < 0)
		raw[0] = '\0';
	append(line, &n, raw);
	if (error != 0) {
		append(line, &n, ": ");
		append(line, &n, strerror(error));
		append(line, &n, base_advice_limit(error));
	}
	if (priority == LOG_ERR && capture != NULL && *capture == '\0')
		strlcpy(capture, line + start, capture_size);
	if (use_stderr) {
		line[n++] = '\n';
		/* A failed write has no other place to be reported. */
		while (write(STDERR_FILENO, line, n) == -1 && errno == EINTR)
			continue;
	} else
		syslog(priority, "%s", line);
	errno = saved;
}

void
log_warn(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	emit(LOG_ERR, fmt, ap, errno);
	va_end(ap);
}

void
log_warnx(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	emit(LOG_ERR, fmt, ap, 0);
	va_end(ap);
}

void
log_info(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	emit(LOG_INFO, fmt, ap, 0);
	va_end(ap);
}

void
log_debug(const char *fmt, ...)
{
	va_list ap;

	if (!verbosity)
		return;
	va_start(ap, fmt);
	emit(LOG_DEBUG, fmt, ap, 0);
	va_end(ap);
}

void
fatal(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	emit(LOG_CRIT, fmt, ap, errno);
	va_end(ap);
	exit(1);
}

void
fatalx(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	emit(LOG_CRIT, fmt, ap, 0);
	va_end(ap);
	exit(1);
}

/* Take a line from the bucket.  Returns 1, or 0 when it is empty. */
static int
spend(struct log_limit *l)
{
	long long now = base_clock_ms(), lines;

	if (!l->primed) {
		l->primed = 1;
		l->tokens = LIMIT_BURST;
		l->at = now;
	}
	lines = (now - l->at) / LIMIT_MS;
	if (lines > 0) {
		l->at += lines * LIMIT_MS;
		l->tokens = lines >= LIMIT_BURST ? LIMIT_BURST :
		    l->tokens + (unsigned int)lines;
		if (l->tokens > LIMIT_BURST)
			l->tokens = LIMIT_BURST;
	}
	if (l->tokens == 0) {
		l->suppressed++;
		return (0);
	}
	l->tokens--;
	return (1);
}

void
log_limited(struct log_limit *l, const char *fmt, ...)
{
	unsigned int left_out;
	va_list ap;

	if (!spend(l))
		return;
	left_out = l->suppressed;
	l->suppressed = 0;
	va_start(ap, fmt);
	emit(LOG_INFO, fmt, ap, 0);
	va_end(ap);
	if (left_out > 0)
		log_info("%u similar lines were suppressed", left_out);
}
