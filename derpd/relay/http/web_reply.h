/*
 * web_reply: how web.c and web_map.c write a reply.  Internal to them, and to
 * what prepares parts of a reply in advance.
 */
#ifndef WEB_REPLY_H
#define WEB_REPLY_H

#include "web.h"

#define WEB_TEXT	"text/plain; charset=utf-8"

/* The reason phrase of a status; that of 500 when it is unknown. */
const char *web_reason(int status);

/*
 * The time `t' (seconds since 1970; bounded by the years 1970 and 9999) as HTTP
 * has it into `dst': "Sun, 06 Nov 1994 08:49:37 GMT".
 */
void	web_date(char dst[WEB_DATE_SIZE], time_t t);

/*
 * Append to the reply.  WEB_MAX_REPLY is sized so that nothing is ever cut,
 * and if it were, what is sent would be short, never beyond the buffer.
 */
void	web_put(struct web_reply *r, const char *fmt, ...)
	    __attribute__((format(printf, 2, 3)));

/* The same with `len' bytes of our own as they are. */
void	web_put_bytes(struct web_reply *r, const char *p, size_t len);

/*
 * Append `len' bytes of outside text within a field value.  Nothing but visible
 * ASCII goes through: no value can end its line, whatever it came from.
 */
void	web_put_value(struct web_reply *r, const char *p, size_t len);

/*
 * Begin a reply: status line, Date, Connection.  `option' is a connection
 * option of the reply itself, "" none.  `h' NULL: the head did not parse.
 */
void	web_begin_option(const struct web_env *env,
	    const struct net_http_head *h,
	    struct web_reply *r, int status, const char *option);

/* The same without an option. */
void	web_begin(const struct web_env *env, const struct net_http_head *h,
	    struct web_reply *r, int status);

/* What browsers are told with every page that is meant for them. */
void	web_put_browser(const struct web_env *env, struct web_reply *r);

/* End the head and add the body, unless the request was HEAD.  WEB_REPLY. */
enum web_action web_end(struct web_reply *r, const char *type,
	    const char *body);

/* End the head of a reply without content.  WEB_REPLY. */
enum web_action web_end_empty(struct web_reply *r);

/* A complete reply for people: a status and a line of text.  WEB_REPLY. */
enum web_action web_answer_text(const struct web_env *env,
	    const struct net_http_head *h,
	    struct web_reply *r, int status, const char *text);

/* The 404 for what is unknown.  WEB_REPLY. */
enum web_action web_not_found(const struct web_env *env,
	    const struct net_http_head *h, struct web_reply *r);

#endif
