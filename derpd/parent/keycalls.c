/*
 * keycalls: see keycalls.h.  Called by the users of keys and by procs.c;
 * touches the channel of keys, and the file of a key that is made.
 */
#include <sys/types.h>
#include <sys/queue.h>
#include <sys/socket.h>
#include <errno.h>
#include <event2/event.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "ipcsend.h"
#include "keycalls.h"
#include "keyfiles.h"
#include "log.h"
#include "messages.h"
#include "parent.h"

#define WHY_SIZE	1024

struct parent_keycall {
	TAILQ_ENTRY(parent_keycall) entry;
	parent_keys_cb	 done;		/* NULL: cancelled */
	void		*arg;
	char		*path;		/* object of the call, for messages */
	char		*temp;		/* to be renamed to `path', or NULL */
	char		*why;		/* NULL: success */
	uint8_t		*res;
	size_t		 len;
};

/*
 * Milliseconds to the next answer at most: the child timeout bounds them too.
 */
static unsigned int
answer_ms(const struct parent *d)
{
	unsigned int ms = d->conf->child_timeout * 1000;

	return (ms < PARENT_CALL_MS ? ms : PARENT_CALL_MS);
}

static void
call_free(struct parent_keycall *k)
{
	if (k->temp != NULL)
		(void)unlink(k->temp);
	free(k->temp);
	free(k->path);
	free(k->why);
	free(k->res);
	free(k);
}

/* A call has ended: its owner is called back from the loop. */
static void
ended(struct parent *d, struct parent_keycall *k)
{
	if (k->done == NULL) {
		call_free(k);
		return;
	}
	TAILQ_INSERT_TAIL(&d->calls.done, k, entry);
	event_active(d->calls.ev_done, EV_TIMEOUT, 1);
}

/* Fail a call; its reason is the object and the message. */
static void
refuse(struct parent *d, struct parent_keycall *k, const char *fmt, ...)
{
	char why[WHY_SIZE];
	va_list ap;

	snprintf(why, sizeof(why), "%s: ", k->path);
	va_start(ap, fmt);
	vsnprintf(why + strlen(why), sizeof(why) - strlen(why), fmt, ap);
	va_end(ap);
	if (k->done != NULL)
		log_warnx("%s", why);
	if ((k->why = strdup(why)) == NULL)
		fatal("no memory for a call of keys");
	ended(d, k);
}

/* Set the timer for the first pending answer, or cancel it. */
static void
await(struct parent *d)
{
	unsigned int ms = answer_ms(d);
	struct timeval tv = { ms / 1000, (suseconds_t)(ms % 1000) * 1000 };

	if (TAILQ_EMPTY(&d->calls.sent))
		evtimer_del(d->calls.ev_late);
	else if (evtimer_add(d->calls.ev_late, &tv) == -1)
		fatalx("no timer for calls of keys");
}

static void
late(evutil_socket_t fd, short what, void *arg)
{
	struct parent *d = arg;
	struct parent_keycall *k = TAILQ_FIRST(&d->calls.sent);

	(void)fd;
	(void)what;
	if (k == NULL)
		return;
	TAILQ_REMOVE(&d->calls.sent, k, entry);
	refuse(d, k, "no answer from keys");
	super_fail(&d->keys.c, "did not answer");
}

/* Call the owners back, one by one: each may cancel others, or call again. */
static void
notify_owners(evutil_socket_t fd, short what, void *arg)
{
	struct parent *d = arg;
	struct parent_keycall *k;

	(void)fd;
	(void)what;
	while ((k = TAILQ_FIRST(&d->calls.done)) != NULL) {
		TAILQ_REMOVE(&d->calls.done, k, entry);
		k->done(k->arg, k->res, k->len, k->why);
		call_free(k);
	}
}

static void
set_up(struct parent *d)
{
	if (d->calls.ev_done != NULL)
		return;
	TAILQ_INIT(&d->calls.sent);
	TAILQ_INIT(&d->calls.done);
	d->calls.ev_done = evtimer_new(d->super.base, notify_owners, d);
	d->calls.ev_late = evtimer_new(d->super.base, late, d);
	if (d->calls.ev_done == NULL || d->calls.ev_late == NULL)
		fatalx("no event for calls of keys");
}

static struct parent_keycall *
call_new(struct parent *d, const char *path, parent_keys_cb done, void *arg)
{
	struct parent_keycall *k;

	set_up(d);
	if ((k = calloc(1, sizeof(*k))) == NULL ||
	    (k->path = strdup(path)) == NULL)
		fatal("no memory for a call of keys");
	k->done = done;
	k->arg = arg;
	return (k);
}

static void
send_call(struct parent *d, struct parent_keycall *k, uint32_t type,
    const struct ipc_wr *w, int fd)
{
	int first = TAILQ_EMPTY(&d->calls.sent);

	if (!d->keys.c.ready) {
		if (fd != -1)
			close(fd);
		refuse(d, k, "keys is not running");
	} else if (ipc_chan_send(d->keys.c.chan, type, w, fd) == -1)
		refuse(d, k, "can't be sent to keys: %s", strerror(errno));
	else {
		TAILQ_INSERT_TAIL(&d->calls.sent, k, entry);
		if (first)
			await(d);
	}
}

void
parent_keys_call(struct parent *d, uint32_t type, const struct ipc_wr *w,
    int fd, const char *path, parent_keys_cb done, void *arg)
{
	send_call(d, call_new(d, path, done, arg), type, w, fd);
}

void
parent_keys_make(struct parent *d, uint32_t type, const struct ipc_wr *w,
    const char *path, parent_keys_cb done, void *arg)
{
	struct parent_keycall *k = call_new(d, path, done, arg);
	char temp[PATH_MAX], why[WHY_SIZE];
	int fd;

	log_capture(why, sizeof(why));
	fd = parent_keyfile_temp(path, temp, sizeof(temp));
	log_capture(NULL, 0);
	if (fd == -1) {
		if ((k->why = strdup(why)) == NULL)
			fatal("no memory for a call of keys");
		ended(d, k);
		return;
	}
	if ((k->temp = strdup(temp)) == NULL)
		fatal("no memory for a call of keys");
	send_call(d, k, type, w, fd);
}

void
parent_keys_cancel(struct parent *d, const void *arg)
{
	struct parent_keycall *k, *next;

	if (d->calls.ev_done == NULL)
		return;
	TAILQ_FOREACH(k, &d->calls.sent, entry)
		if (k->arg == arg)
			k->done = NULL;
	TAILQ_FOREACH_SAFE(k, &d->calls.done, entry, next)
		if (k->arg == arg) {
			TAILQ_REMOVE(&d->calls.done, k, entry);
			call_free(k);
		}
}

/* keys has written the new key: rename the file, unless it was cancelled. */
static void
name_file(struct parent *d, struct parent_keycall *k)
{
	char why[WHY_SIZE];
	int rv;

	if (k->done == NULL) {
		ended(d, k);
		return;
	}
	log_capture(why, sizeof(why));
	rv = parent_keyfile_commit(k->temp, k->path);
	log_capture(NULL, 0);
	free(k->temp);
	k->temp = NULL;
	if (rv == -1) {
		free(k->res);
		k->res = NULL;
		k->len = 0;
		if ((k->why = strdup(why)) == NULL)
			fatal("no memory for a call of keys");
	}
	ended(d, k);
}

/* Handle the answer to the first call.  0, or -1 malformed. */
static int
answered(struct parent *d, struct parent_keycall *k, struct ipc_msg *m)
{
	struct ipc_msg_key_result v;

	if (ipc_get_key_result(&m->rd, &v) == -1) {
		refuse(d, k, "malformed answer from keys");
		return (-1);
	}
	if (!v.ok) {
		refuse(d, k, "%s", v.why);
		return (0);
	}
	if ((k->res = malloc(v.len + 1)) == NULL)
		fatal("no memory for a call of keys");
	if (v.len > 0)
		memcpy(k->res, v.result, v.len);
	k->res[v.len] = '\0';
	k->len = v.len;
	if (k->temp != NULL)
		name_file(d, k);
	else
		ended(d, k);
	return (0);
}

int
parent_keys_result(struct parent *d, struct ipc_msg *m)
{
	struct parent_keycall *k;
	int rv;

	if (d->calls.ev_done == NULL || m->type != MSG_KEY_RESULT ||
	    (k = TAILQ_FIRST(&d->calls.sent)) == NULL)
		return (-1);
	TAILQ_REMOVE(&d->calls.sent, k, entry);
	rv = answered(d, k, m);
	await(d);
	return (rv);
}

int
parent_keys_channel(const struct parent_proc *p, enum ipc_keychan kind)
{
	struct ipc_msg_key_chan v = { p->c.worker, kind };
	int sv[2];

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, sv) == -1)
		return (-1);
	if (ipc_send_key_chan(p->d->keys.c.chan, &v, sv[0]) == -1) {
		close(sv[1]);
		return (-1);
	}
	return (sv[1]);
}

void
parent_keys_gone(struct parent *d)
{
	struct parent_keycall *k;

	if (d->calls.ev_done == NULL)
		return;
	while ((k = TAILQ_FIRST(&d->calls.sent)) != NULL) {
		TAILQ_REMOVE(&d->calls.sent, k, entry);
		refuse(d, k, "keys ended before it answered");
	}
	await(d);
}

void
parent_keys_end(struct parent *d)
{
	struct parent_keycall *k;

	if (d->calls.ev_done == NULL)
		return;
	while ((k = TAILQ_FIRST(&d->calls.sent)) != NULL ||
	    (k = TAILQ_FIRST(&d->calls.done)) != NULL) {
		TAILQ_REMOVE(TAILQ_EMPTY(&d->calls.sent) ? &d->calls.done :
		    &d->calls.sent, k, entry);
		call_free(k);
	}
	event_free(d->calls.ev_done);
	event_free(d->calls.ev_late);
	memset(&d->calls, 0, sizeof(d->calls));
}
