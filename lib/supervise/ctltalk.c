/*
 * ctltalk: conversations with derpctl; see ctltalk.h.  Called by ctlsock.c for
 * each connection, and by the parent's handlers.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "build.h"
#include "ctltalk.h"
#include "ipcsend.h"
#include "log.h"
#include "supervise.h"

#define MAX_QUEUED	(64 * 1024 * 1024) /* unread bytes, in all */
#define MAX_ANSWER	(4 * 1024 * 1024)  /* and one answer more */

static void
talk_free(struct super_talk *t)
{
	LIST_REMOVE(t, entry);
	t->all->n--;
	if (t->all->end != NULL)
		t->all->end(t);
	ipc_chan_free(t->chan);
	free(t);
}

/* The conversation with the most unread bytes; *sum gets the bytes of all. */
static struct super_talk *
fullest(struct super_talks *all, size_t *sum)
{
	struct super_talk *t, *most = NULL;

	*sum = 0;
	LIST_FOREACH(t, &all->list, entry) {
		if (t->chan == NULL)
			continue;
		*sum += ipc_chan_queued(t->chan);
		if (most == NULL ||
		    ipc_chan_queued(t->chan) > ipc_chan_queued(most->chan))
			most = t;
	}
	return (most);
}

int
super_talk_too_much(struct super_talk *t)
{
	size_t sum;
	struct super_talk *most = fullest(t->all, &sum);

	if (most == NULL || sum <= MAX_QUEUED)
		return (0);
	if (most == t)
		return (1);
	log_info("control socket: closed a connection that does not read");
	talk_free(most);
	return (0);
}

static void
talk_gone(struct ipc_chan *c, const char *why, void *arg)
{
	struct super_talk *t = arg;
	const char *name = t->all->s->name;

	(void)c;
	if (strcmp(why, "closed") != 0)
		log_info("control socket: %s, from derpctl of build %s; %s "
		    "is of build %s", why, t->build[0] != '\0' ? t->build :
		    "unknown", name, ipc_build_id());
	talk_free(t);
}

void
super_talk_done(struct super_talk *t, const char *what)
{
	struct ipc_msg_ctl_done v = { what == NULL, what };

	(void)ipc_send_ctl_done(t->chan, &v);
}

/*
 * The request is malformed for this build: if derpctl is of another build,
 * answer so.
 */
static void
malformed(struct super_talk *t)
{
	const char *name = t->all->s->name;
	char why[256];

	if (t->build[0] == '\0' || strcmp(t->build, ipc_build_id()) == 0) {
		super_talk_done(t, t->all->unknown == NULL ?
		    "malformed request" : t->all->unknown);
		return;
	}
	snprintf(why, sizeof(why), "%s does not know this form of the "
	    "request: %s is of build %s, derpctl of build %s: restart "
	    "%s, or use the derpctl of its build", name, name, ipc_build_id(),
	    t->build, name);
	super_talk_done(t, why);
}

void
super_talk_text(struct super_talk *t, struct ipc_wr *text)
{
	struct ipc_msg_ctl_text v = { text->p, text->len };

	if (!ipc_wr_ok(text) || ipc_send_ctl_text(t->chan, &v) == -1)
		super_talk_done(t, "no memory for the answer");
	else
		super_talk_done(t, NULL);
	ipc_wr_free(text);
}

int
super_talk_hello(void *arg, const struct ipc_msg_ctl_hello *v)
{
	struct ipc_msg_ctl_build own = { ipc_build_id() };
	struct super_talk *t = arg;

	strlcpy(t->build, v->build, sizeof(t->build));
	(void)ipc_send_ctl_build(t->chan, &own);
	return (0);
}

static void
request(struct ipc_chan *c, struct ipc_msg *m, void *arg)
{
	struct super_talk *t = arg;

	(void)c;
	if (super_talk_too_much(t)) {
		log_info("control socket: closed a connection that does not "
		    "read");
		talk_free(t);
	} else if (ipc_dispatch(t->all->handlers, m, t) != NULL)
		malformed(t);
}

void
super_talk_start(struct super_talks *all, int fd)
{
	struct super_talk *t;

	if (all->n >= SUPER_MAX_TALKS ||
	    (t = calloc(1, all->size)) == NULL) {
		log_info("control socket: a connection was refused: %s",
		    all->n >= SUPER_MAX_TALKS ? "too many are open" :
		    "out of memory");
		close(fd);
		return;
	}
	t->all = all;
	LIST_INSERT_HEAD(&all->list, t, entry);
	all->n++;
	t->chan = ipc_chan_new(all->s->base, fd, ROLE_PARENT, ROLE_CTL,
	    request, talk_gone, t);
	if (t->chan == NULL) {
		log_warn("control socket: can't serve a connection (malloc)");
		close(fd);
		talk_free(t);
		return;
	}
	ipc_chan_limit(t->chan, MAX_QUEUED + MAX_ANSWER);
}

void
super_talks_end(struct super_talks *all)
{
	struct super_talk *t;

	while ((t = LIST_FIRST(&all->list)) != NULL) {
		/* Do not wait: a slow client does not delay a stop. */
		(void)ipc_chan_flush(t->chan, 0);
		talk_free(t);
	}
}
