/*
 * web_reply: the pieces of a reply; see web_reply.h.  Called by web.c,
 * web_map.c and mapstore.c.  Pure: touches its arguments alone.
 */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "web_reply.h"

#define DATE_MAX	253402300799ULL	/* the last second of the year 9999 */

const char *
web_reason(int status)
{
	static const struct {
		int		 status;
		const char	*text;
	} t[] = {
		{ 200, "OK" },
		{ 204, "No Content" },
		{ 301, "Moved Permanently" },
		{ 302, "Found" },
		{ 304, "Not Modified" },
		{ 307, "Temporary Redirect" },
		{ 400, "Bad Request" },
		{ 403, "Forbidden" },
		{ 404, "Not Found" },
		{ 405, "Method Not Allowed" },
		{ 408, "Request Timeout" },
		{ 414, "URI Too Long" },
		{ 417, "Expectation Failed" },
		{ 426, "Upgrade Required" },
		{ 431, "Request Header Fields Too Large" },
		{ 501, "Not Implemented" },
		{ 503, "Service Unavailable" },
		{ 505, "HTTP Version Not Supported" },
	};
	size_t	i;

	for (i = 0; i < sizeof(t) / sizeof(t[0]); i++)
		if (t[i].status == status)
			return t[i].text;
	return "Internal Server Error";
}

void
web_put(struct web_reply *r, const char *fmt, ...)
{
	va_list	ap;
	size_t	room = sizeof(r->buf) - r->len;
	int	n;

	va_start(ap, fmt);
	n = vsnprintf(r->buf + r->len, room, fmt, ap);
	va_end(ap);
	if (n < 0)
		return;
	r->len += (size_t)n < room ? (size_t)n : room - 1;
}

void
web_put_bytes(struct web_reply *r, const char *p, size_t len)
{
	size_t	room = sizeof(r->buf) - 1 - r->len;

	if (len > room)
		len = room;
	memcpy(r->buf + r->len, p, len);
	r->len += len;
}

void
web_put_value(struct web_reply *r, const char *p, size_t len)
{
	size_t	i;

	for (i = 0; i < len && r->len < sizeof(r->buf) - 1; i++)
		if (p[i] > 0x20 && p[i] < 0x7f)
			r->buf[r->len++] = p[i];
}

/* A time, UTC. */
struct web_civil {
	unsigned long long	days;	/* since 1970 */
	unsigned long long	year, month, day;	/* from 1 on */
	unsigned long long	sec;	/* of the day */
};

/* By arithmetic: gmtime(3) may read a time zone file, which a front can't. */
static struct web_civil
civil(time_t time)
{
	unsigned long long	 t = time < 0 ? 0 : (unsigned long long)time;
	unsigned long long	 era, doe, yoe, doy, m;
	struct web_civil	 d;

	if (t > DATE_MAX)
		t = DATE_MAX;
	d.days = t / 86400;
	d.sec = t % 86400;
	/* Years begin in March, so that the leap day is the last one. */
	era = (d.days + 719468) / 146097;
	doe = (d.days + 719468) % 146097;
	yoe = (doe - doe / 1460 + doe / 36524 - doe / 146096) / 365;
	doy = doe - (365 * yoe + yoe / 4 - yoe / 100);
	m = (5 * doy + 2) / 153;
	d.year = era * 400 + yoe + (m >= 10);
	d.month = m < 10 ? m + 3 : m - 9;
	d.day = doy - (153 * m + 2) / 5 + 1;
	return d;
}

/* RFC 9110 5.6.7. */
void
web_date(char dst[WEB_DATE_SIZE], time_t t)
{
	static const char *const wday[] = { "Thu", "Fri", "Sat", "Sun", "Mon",
	    "Tue", "Wed" };
	static const char *const month[] = { "Jan", "Feb", "Mar", "Apr", "May",
	    "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec" };
	struct web_civil	 d = civil(t);

	(void)snprintf(dst, WEB_DATE_SIZE,
	    "%s, %02llu %s %04llu %02llu:%02llu:%02llu GMT", wday[d.days % 7],
	    d.day, month[d.month - 1], d.year, d.sec / 3600, d.sec / 60 % 60,
	    d.sec % 60);
}

void
web_iso_date(char dst[WEB_DATE_SIZE], time_t t)
{
	struct web_civil	 d = civil(t);

	(void)snprintf(dst, WEB_DATE_SIZE,
	    "%04llu-%02llu-%02lluT%02llu:%02llu:%02llu", d.year, d.month,
	    d.day, d.sec / 3600, d.sec / 60 % 60, d.sec % 60);
}

/* The text is cached for a second if the caller has a place for it. */
static void
put_date(const struct web_env *env, struct web_reply *r)
{
	struct web_date_line own = { .len = 0 }, *l = env->date;
	char text[WEB_DATE_SIZE];

	if (l == NULL)
		l = &own;
	if (l->len == 0 || l->when != env->now) {
		web_date(text, env->now);
		l->len = (size_t)snprintf(l->text, sizeof(l->text),
		    "Date: %s\r\n", text);
		l->when = env->now;
	}
	web_put_bytes(r, l->text, l->len);
}

void
web_begin_option(const struct web_env *env, const struct net_http_head *h,
    struct web_reply *r, int status, const char *option)
{
	const char	*keep = "";

	r->len = 0;
	web_put(r, "HTTP/1.1 %d %s\r\n", status,
	    web_reason(status));
	put_date(env, r);
	if (r->close)
		keep = "close";
	else if (h != NULL && h->minor == 0)
		keep = "keep-alive";
	if (*option != '\0' || *keep != '\0')
		web_put(r, "Connection: %s%s%s\r\n", option,
		    *option != '\0' && *keep != '\0' ? ", " : "", keep);
}

void
web_begin(const struct web_env *env, const struct net_http_head *h,
    struct web_reply *r, int status)
{
	web_begin_option(env, h, r, status, "");
}

void
web_put_browser(const struct web_env *env, struct web_reply *r)
{
	if (env->tls)
		web_put(r, "Strict-Transport-Security: "
		    "max-age=63072000; includeSubDomains\r\n");
	web_put(r, "Content-Security-Policy: default-src 'self'; "
	    "frame-ancestors 'none'; form-action 'self'; base-uri 'self'; "
	    "block-all-mixed-content; object-src 'none'\r\n"
	    "X-Frame-Options: DENY\r\n"
	    "X-Content-Type-Options: nosniff\r\n");
}

enum web_action
web_end(struct web_reply *r, const char *type, const char *body)
{
	web_put(r, "Content-Type: %s\r\nContent-Length: %zu\r\n\r\n%s", type,
	    strlen(body), r->head_only ? "" : body);
	return WEB_REPLY;
}

enum web_action
web_end_empty(struct web_reply *r)
{
	web_put(r, "Content-Length: 0\r\n\r\n");
	return WEB_REPLY;
}

enum web_action
web_answer_text(const struct web_env *env, const struct net_http_head *h,
    struct web_reply *r, int status, const char *text)
{
	web_begin(env, h, r, status);
	web_put(r, "X-Content-Type-Options: nosniff\r\n");
	return web_end(r, WEB_TEXT, text);
}

enum web_action
web_not_found(const struct web_env *env, const struct net_http_head *h,
    struct web_reply *r)
{
	return web_answer_text(env, h, r, 404, "404 page not found\n");
}
