/*
 * request: one question to derpd over its control socket, and its answer.
 *
 * Called by every command but probe.  Touches the control socket.  The messages
 * and who may send them are in msg.h, their payloads in control.h.
 */
#include <sys/types.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "ctl.h"
#include "messages.h"

#define ANSWER_MS	30000	/* a reload may have many certificates to do */
#define WHY_MAX		4096

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

/* Connect to the socket; the descriptor, or -1 with errno. */
static int
dial(const char *path)
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
	if ((fd = socket(AF_UNIX, SOCK_STREAM, 0)) == -1)
		return -1;
	if (connect(fd, (struct sockaddr *)&sun, sizeof(sun)) == -1) {
		e = errno;
		close(fd);
		errno = e;
		return -1;
	}
	return fd;
}

/* What to do about a socket that can't be reached. */
static const char *
advice(int e)
{
	switch (e) {
	case ENOENT:
	case ECONNREFUSED:
		return ": is derpd running, and is this its control socket?";
	case EACCES:
		return ": only root and the socket's group may ask";
	}
	return "";
}

/* MSG_CTL_DONE: derpd's verdict.  0, or 1 with why said. */
static int
done(const struct ctl *ctl, struct ipc_msg *m)
{
	struct ipc_msg_ctl_done	v;

	if (ipc_get_ctl_done(&m->rd, &v) == -1)
		return ctl_failed(ctl, "derpd's verdict is malformed");
	if (!v.ok)
		return ctl_failed(ctl, "%s", v.why[0] != '\0' ? v.why :
		    "derpd refused, and did not say why");
	return 0;
}

/*
 * Why derpd can't be asked, or does not answer.  What it closes at once, as it
 * does to users who may not ask, breaks either the question or the answer.
 */
static const char *
reason(int e)
{
	if (e == EPIPE || e == ECONNRESET)
		return "it closed the connection: its log says why";
	return strerror(e);
}

/* Take messages until derpd is done. */
static int
answer(const struct ctl *ctl, struct ipc_chan *c, ctl_reply_cb cb, void *arg)
{
	struct ipc_msg	m;
	int		ms, rv;

	ms = ctl->wait_ms != 0 ? ctl->wait_ms : ANSWER_MS;
	for (;;) {
		if (ipc_chan_recv(c, &m, ms) == -1)
			return ctl_failed(ctl, "derpd on %s: %s", ctl->socket,
			    reason(errno));
		if (m.type == MSG_CTL_DONE) {
			rv = done(ctl, &m);
			ipc_msg_free(&m);
			return rv;
		}
		rv = cb == NULL ? -1 : cb(&m, arg);
		if (rv == -1)
			ctl_failed(ctl, "derpd's answer (%s) is malformed: are "
			    "derpctl and derpd of one version?",
			    ipc_msg_name(m.type));
		ipc_msg_free(&m);
		if (rv == -1)
			return 1;
	}
}

int
ctl_request(const struct ctl *ctl, uint32_t type, const struct ipc_wr *w,
    ctl_reply_cb cb, void *arg)
{
	struct ipc_chan	*c;
	int		 fd, rv;

	ctl_confine_socket(ctl->socket);
	if ((fd = dial(ctl->socket)) == -1)
		return ctl_failed(ctl, "%s: %s%s", ctl->socket, strerror(errno),
		    advice(errno));
	ctl_confine_connected();
	c = ipc_chan_new(NULL, fd, ROLE_CTL, ROLE_PARENT, NULL, NULL, NULL);
	if (c == NULL) {
		close(fd);
		return ctl_failed(ctl, "control channel: %s", strerror(errno));
	}
	if (ipc_chan_send(c, type, w, -1) == -1 || ipc_chan_flush(c,
	    ANSWER_MS) == -1)
		rv = ctl_failed(ctl, "derpd on %s: %s", ctl->socket,
		    reason(errno));
	else
		rv = answer(ctl, c, cb, arg);
	ipc_chan_free(c);
	return rv;
}
