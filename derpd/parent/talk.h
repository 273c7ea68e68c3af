/*
 * talk: a conversation with derpctl, shared by talk.c and talklists.c.
 */
#ifndef TALK_H
#define TALK_H

#include <sys/queue.h>
#include <stdint.h>

#include "bounds.h"

struct event;
struct ipc_chan;
struct parent;

/* A request that other processes answer with a list. */
struct parent_list {
	uint32_t	 id;		/* of the request to them; 0: none */
	uint64_t	 waiting;	/* bitmap of those that owe an answer */
	const char	*lacks;		/* why the list is cut, or NULL */
	int		 named;		/* clients: with their names */
	struct event	*ev_late;
};

struct parent_talk {
	LIST_ENTRY(parent_talk) entry;
	struct parent	*d;
	struct ipc_chan	*chan;
	char		 build[IPC_BUILDSIZE];	/* of derpctl, or "" */
	struct parent_list clients;	/* of relay workers */
	struct parent_list admit;	/* lines of admit, its only bit */
	int		 reloads;	/* waits for a reload */
	unsigned int	 job;		/* enum ipc_acme_job that it waits
					   for; 0: none */
	struct event	*ev_cert;
};

LIST_HEAD(parent_talks, parent_talk);
extern struct parent_talks parent_talks;

/* talk.c */

/* End a request: `what' NULL: with success, else with this error. */
void	 parent_talk_done(struct parent_talk *t, const char *what);

/*
 * When the unread bytes exceed their bound, end the slowest reader.  1: that is
 * `t', which the caller ends; else 0.
 */
int	 parent_talk_too_much(struct parent_talk *t);

/* talklists.c */

/* List the clients of all relay workers; `named' 1: with their names. */
void	 parent_talk_list(struct parent_talk *t, int named);

/* Have admit list its groups. */
void	 parent_talk_groups(struct parent_talk *t);

/* The conversation ends: stop waiting. */
void	 parent_talk_end_lists(struct parent_talk *t);

#endif
