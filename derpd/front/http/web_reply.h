/*
 * web_reply: functions to write a reply.  Only web.c, web_map.c and mapstore.c,
 * which prepares parts of replies, use them.
 */
#ifndef WEB_REPLY_H
#define WEB_REPLY_H

#include "web.h"

#define WEB_TEXT	"text/plain; charset=utf-8"

/* Return the reason phrase of a status; that of 500 for an unknown one. */
const char *web_reason(int status);

/*
 * Write the time `t' (seconds since 1970; limited to the years 1970 to 9999) in
 * the format of HTTP to `dst': "Sun, 06 Nov 1994 08:49:37 GMT".
 */
void	web_date(char dst[WEB_DATE_SIZE], time_t t);

/* The same as "1994-11-06T08:49:37". */
void	web_iso_date(char dst[WEB_DATE_SIZE], time_t t);

/*
 * Append to the reply.  WEB_MAX_REPLY is enough for every reply; a longer one
 * would be truncated.
 */
void	web_put(struct web_reply *r, const char *fmt, ...)
	    __attribute__((format(printf, 2, 3)));

/* Append `len' bytes of our own unchanged. */
void	web_put_bytes(struct web_reply *r, const char *p, size_t len);

/*
 * Append `len' bytes of external text within a field value.  All but visible
 * ASCII is left out, so that no value can end its line.
 */
void	web_put_value(struct web_reply *r, const char *p, size_t len);

/*
 * Begin a reply: status line, Date, Connection.  `option' is a connection
 * option of the reply itself, "" for none.  `h' is NULL if the head did not
 * parse.
 */
void	web_begin_option(const struct web_env *env,
	    const struct net_http_head *h,
	    struct web_reply *r, int status, const char *option);

/* Begin a reply without an option. */
void	web_begin(const struct web_env *env, const struct net_http_head *h,
	    struct web_reply *r, int status);

/* Append the header fields of every page that is meant for browsers. */
void	web_put_browser(const struct web_env *env, struct web_reply *r);

/* End the head and add the body, unless the request was HEAD.  WEB_REPLY. */
enum web_action web_end(struct web_reply *r, const char *type,
	    const char *body);

/* End the head of a reply without content.  WEB_REPLY. */
enum web_action web_end_empty(struct web_reply *r);

/* Make a complete reply for people: a status and a line of text.  WEB_REPLY. */
enum web_action web_answer_text(const struct web_env *env,
	    const struct net_http_head *h,
	    struct web_reply *r, int status, const char *text);

/* Make the 404 for an unknown page.  WEB_REPLY. */
enum web_action web_not_found(const struct web_env *env,
	    const struct net_http_head *h, struct web_reply *r);

#endif
