/*
 * talk: a conversation with derpctl, shared by talk.c and talklists.c.
 */
#ifndef TALK_H
#define TALK_H

#include <stdint.h>

#include "ctltalk.h"

struct event;
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
	struct super_talk t;
	struct parent_list clients;	/* of relay workers */
	struct parent_list admit;	/* lines of admit, its only bit */
	int		 reloads;	/* waits for a reload or an upgrade */
	int		 succeeds;	/* waits for a relay worker */
	unsigned int	 job;		/* enum ipc_acme_job that it waits
					   for; 0: none */
	struct event	*ev_cert;
};

/* talk.c */

/* Whose conversation it is. */
struct parent *parent_talk_owner(const struct parent_talk *t);

/* The first conversation, and the next one; NULL: no more. */
struct parent_talk *parent_talk_first(void);
struct parent_talk *parent_talk_next(const struct parent_talk *t);

/* talklists.c */

/* List the clients of all relay workers; `named' 1: with their names. */
void	 parent_talk_list(struct parent_talk *t, int named);

/* Have admit list its groups. */
void	 parent_talk_groups(struct parent_talk *t);

/* The conversation ends: stop waiting. */
void	 parent_talk_end_lists(struct parent_talk *t);

#endif
