/*
 * request: send requests to derpd over its control socket and receive the
 * answers.
 *
 * Called by every command but probe, stun and those of files.  Touches the
 * control socket. msg.h defines the messages and their permissions, control.h
 * their payloads.
 */
#include <sys/types.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "build.h"
#include "ctl.h"
#include "ipcsend.h"

#define ANSWER_MS	30000	/* a reload may load many certificates */
#define WHY_MAX		4096
#define TEXTSIZE	1024	/* room for a line */
#define CTL_AGAIN	(-1)	/* of greet() */

/* The derpd that answers. */
struct ctl_server {
	struct ipc_chan	*chan;
	char		 build[IPC_BUILDSIZE];	/* "": unknown */
};

int
ctl_failed(const struct ctl *ctl, const char *fmt, ...)
{
	struct ctl_json	cj;
	char		why[WHY_MAX];
	va_list		ap;

	va_start(ap, fmt);
	vsnprintf(why, sizeof(why), fmt, ap);
	va_end(ap);
	fputs("derpctl: ", stderr);
	ctl_put_text(stderr, why, strlen(why));
	fputc('\n', stderr);
	if (ctl->doc != NULL)
		ctl_json_error(ctl->doc, stdout, why);
	else if (ctl->json) {
		ctl_json_begin(&cj);
		ctl_json_error(&cj, stdout, why);
	}
	return 1;
}

int
ctl_dial(const char *path, int flags)
{
	struct sockaddr_un	sun;
	int			fd, e;

	memset(&sun, 0, sizeof(sun));
	sun.sun_family = AF_UNIX;
	if (strlen(path) >= sizeof(sun.sun_path)) {
		errno = ENAMETOOLONG;
		return -1;
	}
	memcpy(sun.sun_path, path, strlen(path) + 1);
	if ((fd = socket(AF_UNIX, SOCK_STREAM | flags, 0)) == -1)
		return -1;
	if (connect(fd, (struct sockaddr *)&sun, sizeof(sun)) == -1) {
		e = errno;
		close(fd);
		errno = e;
		return -1;
	}
	return fd;
}

const char *
ctl_dial_advice(int e)
{
	switch (e) {
	case ENOENT:
	case ECONNREFUSED:
		return ": is the daemon running, and is this its control "
		    "socket?";
	case EACCES:
		return ": only root and the socket's group may connect";
	}
	return "";
}

/* Has derpd closed the connection? */
static int
closed(int e)
{
	return e == EPIPE || e == ECONNRESET;
}

/*
 * Why a request could not be sent or was not answered.  When derpd closes a
 * connection at once, as for users without permission, either the request or
 * the answer fails.
 */
static const char *
reason(int e)
{
	if (closed(e))
		return "it closed the connection; see its log for the reason";
	if (e == EPROTO)
		return "its answer is malformed";
	return strerror(e);
}

/* The daemon's name. */
static const char *
daemon_of(const struct ctl *ctl)
{
	return ctl->daemon != NULL ? ctl->daemon : "derpd";
}

/* Is the daemon of another build? */
static int
differs(const struct ctl_server *s)
{
	return strcmp(s->build, ipc_build_id()) != 0;
}

/*
 * Report a failure of derpd on the socket, with the builds when they differ, as
 * after an upgrade, or derpd's is unknown.  Always returns 1.
 */
static int
server_failed(const struct ctl *ctl, const struct ctl_server *s,
    const char *why)
{
	const char	*name = daemon_of(ctl);

	if (s->build[0] == '\0')
		return ctl_failed(ctl, "%s on %s: %s (if it was started "
		    "before an upgrade, restart it: derpctl is of build %s)",
		    name, ctl->socket, why, ipc_build_id());
	if (!differs(s))
		return ctl_failed(ctl, "%s on %s: %s", name, ctl->socket, why);
	return ctl_failed(ctl, "%s on %s: %s: %s is of build %s, derpctl "
	    "of build %s: restart %s, or use the derpctl of its build",
	    name, ctl->socket, why, name, s->build, ipc_build_id(), name);
}

/* Report that ipc_chan_recv() failed, with errno.  Always returns 1. */
static int
not_received(const struct ctl *ctl, const struct ctl_server *s)
{
	if (errno == ETIMEDOUT)
		return ctl_failed(ctl, "%s on %s: %s", daemon_of(ctl),
		    ctl->socket, strerror(errno));
	return server_failed(ctl, s, reason(errno));
}

/* How long to wait for derpd's build id, ms. */
static int
greeting_ms(const struct ctl *ctl)
{
	return ctl->wait_ms != 0 && ctl->wait_ms < ANSWER_MS ? ctl->wait_ms :
	    ANSWER_MS;
}

/*
 * Exchange build ids.  Returns 0, or 1 with the reason reported; with `again',
 * CTL_AGAIN when derpd has closed the connection instead.
 */
static int
greet(const struct ctl *ctl, struct ctl_server *s, int again)
{
	const struct ipc_msg_ctl_hello own = { ipc_build_id() };
	struct ipc_msg_ctl_build v;
	struct ipc_msg m;
	int rv;

	if (ipc_send_ctl_hello(s->chan, &own) == -1 ||
	    ipc_chan_flush(s->chan, ANSWER_MS) == -1)
		return again && closed(errno) ? CTL_AGAIN :
		    server_failed(ctl, s, reason(errno));
	if (ipc_chan_recv(s->chan, &m, greeting_ms(ctl)) == -1)
		return again && closed(errno) ? CTL_AGAIN :
		    not_received(ctl, s);
	rv = m.type == MSG_CTL_BUILD && ipc_get_ctl_build(&m.rd, &v) == 0;
	if (rv)
		strlcpy(s->build, v.build, sizeof(s->build));
	ipc_msg_free(&m);
	return rv ? 0 : server_failed(ctl, s, reason(EPROTO));
}

/*
 * Handle MSG_CTL_DONE, derpd's result.  Returns 0, or 1 with the reason
 * reported.
 */
static int
done(const struct ctl *ctl, const struct ctl_server *s, struct ipc_msg *m)
{
	struct ipc_msg_ctl_done	v;

	if (ipc_get_ctl_done(&m->rd, &v) == -1)
		return server_failed(ctl, s, "its result is malformed");
	if (!v.ok)
		return v.why[0] != '\0' ? ctl_failed(ctl, "%s", v.why) :
		    ctl_failed(ctl, "%s refused the request and gave no "
		    "reason", daemon_of(ctl));
	return 0;
}

/*
 * Receive messages until derpd reports the result.  With `is_new', CTL_UNKNOWN
 * when there is none because derpd does not know the request.
 */
static int
answer(const struct ctl *ctl, struct ctl_server *s, int is_new,
    ctl_reply_cb cb, void *arg)
{
	struct ipc_msg	m;
	char		why[64];
	int		ms, rv;

	ms = ctl->wait_ms != 0 ? ctl->wait_ms : ANSWER_MS;
	for (;; is_new = 0) {
		if (ipc_chan_recv(s->chan, &m, ms) == -1)
			return is_new && errno == EPIPE && differs(s) ?
			    CTL_UNKNOWN : not_received(ctl, s);
		if (m.type == MSG_CTL_DONE) {
			rv = done(ctl, s, &m);
			ipc_msg_free(&m);
			return rv;
		}
		rv = cb == NULL ? -1 : cb(&m, arg);
		snprintf(why, sizeof(why), "its answer (%s) is malformed",
		    ipc_msg_name(m.type));
		ipc_msg_free(&m);
		if (rv == -1)
			return server_failed(ctl, s, why);
	}
}

static int
ask(const struct ctl *ctl, struct ctl_server *s, int is_new, uint32_t type,
    const struct ipc_wr *w, ctl_reply_cb cb, void *arg)
{
	if (ipc_chan_send(s->chan, type, w, -1) == -1 ||
	    ipc_chan_flush(s->chan, ANSWER_MS) == -1)
		return server_failed(ctl, s, reason(errno));
	return answer(ctl, s, is_new, cb, arg);
}

/* Connect.  NULL: the reason is reported. */
static struct ctl_server *
dial(const struct ctl *ctl)
{
	struct ctl_server	*s;
	int			 fd;

	if ((s = calloc(1, sizeof(*s))) == NULL) {
		ctl_failed(ctl, "out of memory");
		return NULL;
	}
	if ((fd = ctl_dial(ctl->socket, 0)) == -1) {
		ctl_failed(ctl, "%s: %s%s", ctl->socket, strerror(errno),
		    ctl_dial_advice(errno));
		free(s);
		return NULL;
	}
	s->chan = ipc_chan_new(NULL, fd, ROLE_CTL, ROLE_PARENT, NULL, NULL,
	    NULL);
	if (s->chan == NULL) {
		ctl_failed(ctl, "control channel: %s", strerror(errno));
		close(fd);
		free(s);
		return NULL;
	}
	return s;
}

struct ctl_server *
ctl_open(const struct ctl *ctl)
{
	struct ctl_server	*s;
	int			 rv;

	if (!ctl->edits)
		ctl_confine_socket(ctl->socket);
	if ((s = dial(ctl)) == NULL)
		return NULL;
	/* A derpd that is just replaced leaves this to the one that serves. */
	if ((rv = greet(ctl, s, 1)) == CTL_AGAIN) {
		ctl_close(s);
		if ((s = dial(ctl)) == NULL)
			return NULL;
		rv = greet(ctl, s, 0);
	}
	if (rv != 0) {
		ctl_close(s);
		return NULL;
	}
	return s;
}

void
ctl_close(struct ctl_server *s)
{
	if (s == NULL)
		return;
	ipc_chan_free(s->chan);
	free(s);
}

int
ctl_ask(const struct ctl *ctl, struct ctl_server *s, uint32_t type,
    const struct ipc_wr *w, ctl_reply_cb cb, void *arg)
{
	return ask(ctl, s, 0, type, w, cb, arg);
}

int
ctl_ask_new(const struct ctl *ctl, struct ctl_server *s, uint32_t type,
    const struct ipc_wr *w, ctl_reply_cb cb, void *arg)
{
	return ask(ctl, s, 1, type, w, cb, arg);
}

int
ctl_request(const struct ctl *ctl, uint32_t type, const struct ipc_wr *w,
    ctl_reply_cb cb, void *arg)
{
	struct ctl_server	*s;
	int			 rv;

	if ((s = ctl_open(ctl)) == NULL)
		return 1;
	ctl_confine_connected();
	rv = ctl_ask(ctl, s, type, w, cb, arg);
	ctl_close(s);
	return rv;
}

int
ctl_request_new(const struct ctl *ctl, uint32_t type, const struct ipc_wr *w,
    const char *cannot)
{
	struct ctl_server	*s;
	int			 rv;

	if ((s = ctl_open(ctl)) == NULL)
		return 1;
	rv = ctl_ask_new(ctl, s, type, w, NULL, NULL);
	ctl_close(s);
	if (rv == CTL_UNKNOWN)
		rv = ctl_failed(ctl, "the running derpd is older and can't %s",
		    cannot);
	return rv;
}

int
ctl_got_line(struct ipc_msg *m, void *arg)
{
	const struct ctl	*ctl = arg;
	struct ipc_msg_ctl_text	 v;
	char			 line[TEXTSIZE];

	if (m->type != MSG_CTL_TEXT ||
	    ipc_get_ctl_text(&m->rd, &v) == -1 || v.len >= sizeof(line))
		return -1;
	if (!ctl->json) {
		ctl_put_text(stdout, v.text, v.len);
		putchar('\n');
		return 0;
	}
	if (v.len > 0)
		memcpy(line, v.text, v.len);
	line[v.len] = '\0';
	ctl_json_ok(stdout, "text", line);
	return 0;
}
