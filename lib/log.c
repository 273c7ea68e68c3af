/*
 * log: see log.h.  Used by every process of the suite; touches standard error
 * or the syslog socket alone.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <syslog.h>
#include <time.h>

#include "log.h"

#define LINE_SIZE	1024
#define LIMIT_BURST	5
#define LIMIT_MS	1000

static const char	*role_text = "";
static int		 use_stderr = 1;
static int		 verbosity;

void
log_init(const char *role, int to_stderr, int verbose)
{
	role_text = role;
	use_stderr = to_stderr;
	verbosity = verbose;
	tzset();
	if (!to_stderr)
		openlog("derpd", LOG_PID | LOG_NDELAY, LOG_DAEMON);
}

void
log_setverbose(int verbose)
{
	verbosity = verbose;
}

int
log_getverbose(void)
{
	return (verbosity);
}

/* Copy with control characters made visible: nobody can forge a line. */
static void
clean(char *dst, size_t size, const char *src)
{
	static const char hex[] = "0123456789abcdef";
	size_t n = 0;
	unsigned char ch;

	while ((ch = (unsigned char)*src++) != '\0' && n + 5 < size) {
		if (ch >= 0x20 && ch != 0x7f) {
			dst[n++] = (char)ch;
			continue;
		}
		dst[n++] = '\\';
		dst[n++] = 'x';
		dst[n++] = hex[ch >> 4];
		dst[n++] = hex[ch & 15];
	}
	dst[n] = '\0';
}

static void
emit(int priority, const char *fmt, va_list ap, int error)
{
	char raw[LINE_SIZE], line[LINE_SIZE];
	int n;

	n = vsnprintf(raw, sizeof(raw), fmt, ap);
	if (error != 0 && n >= 0 && (size_t)n < sizeof(raw))
		snprintf(raw + n, sizeof(raw) - (size_t)n, ": %s",
		    strerror(error));
	clean(line, sizeof(line), raw);
	if (use_stderr)
		fprintf(stderr, "derpd%s%s: %s\n", *role_text ? " " : "",
		    role_text, line);
	else
		syslog(priority, "%s%s%s", role_text, *role_text ? ": " : "",
		    line);
}

void
log_warn(const char *fmt, ...)
{
	int error = errno;
	va_list ap;

	va_start(ap, fmt);
	emit(LOG_ERR, fmt, ap, error);
	va_end(ap);
	errno = error;
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
	int error = errno;
	va_list ap;

	va_start(ap, fmt);
	emit(LOG_CRIT, fmt, ap, error);
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

/* 1 when the bucket has a line left. */
static int
take(struct log_limit *l)
{
	struct timespec ts;
	long long now, lines;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	now = (long long)ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
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

	if (!take(l))
		return;
	left_out = l->suppressed;
	l->suppressed = 0;
	va_start(ap, fmt);
	emit(LOG_INFO, fmt, ap, 0);
	va_end(ap);
	if (left_out > 0)
		log_info("%u similar lines were left out", left_out);
}
