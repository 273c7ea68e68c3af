/*
 * ctltalk: conversations with derpctl over the control socket: requests and
 * answers as messages.  The bound on conversations and on unread answers is
 * here; the requests are the parent's.
 */
#ifndef CTLTALK_H
#define CTLTALK_H

#include <sys/queue.h>
#include <stddef.h>

#include "bounds.h"
#include "codec.h"
#include "ipcdispatch.h"

#define SUPER_MAX_TALKS	16	/* conversations at a time */

struct ipc_chan;
struct super;
struct super_talks;

/* A conversation: the first member of the parent's own struct for one. */
struct super_talk {
	LIST_ENTRY(super_talk)	 entry;
	struct super_talks	*all;
	struct ipc_chan		*chan;
	char			 build[IPC_BUILDSIZE];	/* of derpctl, or "" */
};

/* All conversations; list and n are zero initially. */
struct super_talks {
	LIST_HEAD(, super_talk)	 list;
	unsigned int		 n;
	struct super		*s;
	size_t			 size;	/* of the parent's struct */
	const struct ipc_handlers *handlers;	/* of requests, with the
						   conversation as argument */
	void			 (*end)(struct super_talk *); /* the parent's
						   part ends; or NULL */
	const char		*unknown;	/* answer to a request without
						   a handler; NULL: the usual */
};

/*
 * Begin a conversation over the connection `fd', which is closed if it can't
 * begin (logged).
 */
void	 super_talk_start(struct super_talks *all, int fd);

/* End all conversations. */
void	 super_talks_end(struct super_talks *all);

/* End a request: `what' NULL: with success, else with this error. */
void	 super_talk_done(struct super_talk *t, const char *what);

/* Answer a request with this text, which is freed. */
void	 super_talk_text(struct super_talk *t, struct ipc_wr *text);

/*
 * When the unread bytes exceed their bound, end the slowest reader.  1: that is
 * `t', which the caller ends; else 0.
 */
int	 super_talk_too_much(struct super_talk *t);

/* The handler of MSG_CTL_HELLO. */
int	 super_talk_hello(void *arg, const struct ipc_msg_ctl_hello *v);

#endif
