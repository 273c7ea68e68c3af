/*
 * log: see log.h.  Used by every process of the suite; touches only standard
 * error or the syslog socket.
 */
#include <sys/stat.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "advice.h"
#include "clock.h"
#include "log.h"
#include "logline.h"

#define LIMIT_BURST	5
#define LIMIT_MS	1000

static const char	*role_text = "";
static int		 use_stderr = 1;
static int		 verbosity;
static int		 json;		/* the form of lines */
static int		 journal;	/* standard error is the journal */
static char		*capture;	/* set by log_capture() */
static size_t		 capture_size;

/* Return 1 if standard error is systemd's journal, as sd-daemon(3) tells. */
static int
is_journal(void)
{
	const char *stream = getenv("JOURNAL_STREAM");
	char own[64];
	struct stat st;

	if (stream == NULL || fstat(STDERR_FILENO, &st) == -1)
		return (0);
	snprintf(own, sizeof(own), "%llu:%llu",
	    (unsigned long long)st.st_dev, (unsigned long long)st.st_ino);
	return (strcmp(stream, own) == 0);
}

void
log_init(const char *role, int to_stderr, int verbose)
{
	role_text = role;
	use_stderr = to_stderr;
	verbosity = verbose;
	journal = to_stderr && is_journal();
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
log_setjson(int as_json)
{
	json = as_json;
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

/* Write a line in one go, so that lines of several processes do not mix. */
static void
to_stderr(int level, const char *text, size_t n)
{
	char out[LOGLINE_SIZE + sizeof("<7>")];
	size_t len = 0;

	if (journal)
		len = (size_t)snprintf(out, sizeof(out), "<%d>", level);
	memcpy(out + len, text, n);
	/* A failed write has no other place to be reported. */
	while (write(STDERR_FILENO, out, len + n) == -1 && errno == EINTR)
		continue;
}

/* Write a line whose message is escaped. */
static void
show(int level, const struct log_about *about, const char *message)
{
	const char *program = getprogname();
	struct log_line l = { .process = role_text, .message = message,
	    .about = about, .level = level, .pid = getpid() };
	char text[LOGLINE_SIZE];
	size_t n;

	/*
	 * syslog and the journal name the program; one with a single process of
	 * the same name shows the name once.
	 */
	l.program = json || (use_stderr && !journal &&
	    strcmp(role_text, program) != 0) ? program : "";
	(void)clock_gettime(CLOCK_REALTIME, &l.when);
	n = json ? log_line_json(text, &l) : log_line_text(text, &l);
	if (use_stderr)
		to_stderr(level, text, n);
	else
		syslog(level, "%.*s", (int)n - 1, text);
}

/* Log one line; `error' other than 0 appends its text. */
static void
emit(int level, const struct log_about *about, const char *fmt, va_list ap,
    int error)
{
	char raw[LOGLINE_TEXT], message[LOGLINE_TEXT];
	int saved = errno;
	size_t n = 0;

	if (vsnprintf(raw, sizeof(raw), fmt, ap) < 0)
		raw[0] = '\0';
	log_line_escape(message, sizeof(message), &n, raw);
	if (error != 0) {
		log_line_escape(message, sizeof(message), &n, ": ");
		log_line_escape(message, sizeof(message), &n, strerror(error));
		log_line_escape(message, sizeof(message), &n,
		    base_advice_limit(error));
	}
	if (level == LOG_WARNING && capture != NULL && *capture == '\0')
		strlcpy(capture, message, capture_size);
	show(level, about, message);
	errno = saved;
}

void
log_warn(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	emit(LOG_WARNING, NULL, fmt, ap, errno);
	va_end(ap);
}

void
log_warnx(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	emit(LOG_WARNING, NULL, fmt, ap, 0);
	va_end(ap);
}

void
log_info(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	emit(LOG_INFO, NULL, fmt, ap, 0);
	va_end(ap);
}

void
log_debug(const char *fmt, ...)
{
	va_list ap;

	if (!verbosity)
		return;
	va_start(ap, fmt);
	emit(LOG_DEBUG, NULL, fmt, ap, 0);
	va_end(ap);
}

void
log_errx(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	emit(LOG_ERR, NULL, fmt, ap, 0);
	va_end(ap);
}

void
fatal(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	emit(LOG_ERR, NULL, fmt, ap, errno);
	va_end(ap);
	exit(1);
}

void
fatalx(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	emit(LOG_ERR, NULL, fmt, ap, 0);
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

/* Log a line, limited by `l' unless that is NULL. */
static void
limited(int level, struct log_limit *l, const struct log_about *about,
    const char *fmt, va_list ap)
{
	unsigned int left_out = 0;

	if (level == LOG_DEBUG && !verbosity)
		return;
	if (l != NULL) {
		if (!spend(l))
			return;
		left_out = l->suppressed;
		l->suppressed = 0;
	}
	emit(level, about, fmt, ap, 0);
	if (left_out > 0)
		log_info("%u similar lines were suppressed", left_out);
}

void
log_limited(struct log_limit *l, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	limited(LOG_INFO, l, NULL, fmt, ap);
	va_end(ap);
}

void
log_limited_warnx(struct log_limit *l, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	limited(LOG_WARNING, l, NULL, fmt, ap);
	va_end(ap);
}

void
log_client(int level, struct log_limit *l, const struct log_about *about,
    const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	limited(level, l, about, fmt, ap);
	va_end(ap);
}
