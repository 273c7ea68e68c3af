/*
 * connected: see connected.h.  Called by admitd.c, ends.c, inforce.c and
 * logins.c.
 */
#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#include "bykey.h"
#include "codec.h"
#include "connected.h"

#define LOOKS		4096	/* at clients of a worker, in a turn */
#define LATE_US		10000000	/* a turn that is later counts as this
					   late */

struct admit_client {
	struct admit_entry entry;	/* the ring */
	TAILQ_ENTRY(admit_client) due;
	int		 is_due;	/* sources are to be asked */
	uint64_t	 told;		/* hash of the last grant; 0: none */
	uint32_t	 looked;	/* which change was looked at; 0: it is
					   new */
	enum admit_listed listed;	/* then */
	uint32_t	 nconns;
	uint32_t	 group;
	uint8_t		 addr[IPC_ADDRLEN];	/* of the last connection */
	int		 mesh;
	int		 revoked;	/* its worker was told; it goes */
};

TAILQ_HEAD(admit_clients, admit_client);

struct admit_worker {
	struct admit_bykey *table;	/* NULL: nothing was reported */
	struct admit_clients due;
	uint32_t	 nconns;
	unsigned int	 asking;	/* checks that wait */
	uint64_t	 credit;	/* of checks, in clients times us */
};

struct admit_connected {
	const struct admit_connected_ops *ops;
	void		*arg;
	struct admit_worker worker[IPC_MAXWORKERS];
	uint32_t	 change;	/* number of the last one, from 1 */
	uint32_t	 ask;		/* the last one with new questions */
	uint64_t	 every_us;
	uint64_t	 last_us;	/* of the last turn */
};

struct admit_connected *
admit_connected_new(const struct admit_connected_ops *ops, void *arg)
{
	struct admit_connected *c;
	unsigned int i;

	if ((c = calloc(1, sizeof(*c))) == NULL)
		return (NULL);
	c->ops = ops;
	c->arg = arg;
	c->change = 1;
	for (i = 0; i < IPC_MAXWORKERS; i++)
		TAILQ_INIT(&c->worker[i].due);
	return (c);
}

void
admit_connected_gone(struct admit_connected *c, unsigned int worker)
{
	struct admit_worker *k = &c->worker[worker];

	admit_bykey_free(k->table);
	memset(k, 0, sizeof(*k));
	TAILQ_INIT(&k->due);
}

void
admit_connected_free(struct admit_connected *c)
{
	unsigned int i;

	if (c == NULL)
		return;
	for (i = 0; i < IPC_MAXWORKERS; i++)
		admit_connected_gone(c, i);
	free(c);
}

/* Sources */

static void
push_due(struct admit_worker *k, struct admit_client *e)
{
	if (e->is_due)
		return;
	e->is_due = 1;
	TAILQ_INSERT_TAIL(&k->due, e, due);
}

static void
pop_due(struct admit_worker *k, struct admit_client *e)
{
	if (!e->is_due)
		return;
	e->is_due = 0;
	TAILQ_REMOVE(&k->due, e, due);
}

/* Groups */

static unsigned int
number_of(const struct admit_connected *c, const struct admit_worker *k)
{
	return ((unsigned int)(k - c->worker));
}

/* Move the connections of a client to this group. */
static void
move(struct admit_connected *c, struct admit_worker *k,
    struct admit_client *e, uint32_t group)
{
	const unsigned int worker = number_of(c, k);
	uint32_t i;

	if (e->group == group)
		return;
	for (i = 1; e->group != 0 && i <= e->nconns; i++)
		c->ops->ended(c->arg, e->group, worker, i == e->nconns);
	for (i = 1; group != 0 && i <= e->nconns; i++)
		c->ops->began(c->arg, group, worker, i == 1);
	e->group = group;
}

static void
grant_of(struct admit_connected *c, const struct admit_client *e,
    struct admit_grant *g)
{
	memset(g, 0, sizeof(*g));
	g->group_name = g->name = "";
	c->ops->grant_of(c->arg, e->entry.key, g);
	if (e->mesh) {
		g->group = 0;
		g->rate = g->burst = 0;
		g->group_name = "";
	}
}

/* What a grant says, as a number; 0: nothing. */
static uint64_t
grant_hash(const struct admit_grant *g)
{
	static const unsigned char key[crypto_shorthash_KEYBYTES];
	unsigned char h[crypto_shorthash_BYTES];
	uint8_t text[2 * IPC_ADMIT_NAMESIZE + 64];
	struct ipc_wr w;
	uint64_t v;

	if (g->group == 0 && *g->name == '\0')
		return (0);
	ipc_wr_fixed(&w, text, sizeof(text));
	ipc_wr_u32(&w, g->group);
	ipc_wr_u64(&w, g->rate);
	ipc_wr_u64(&w, g->burst);
	ipc_wr_str(&w, g->group_name);
	ipc_wr_str(&w, g->name);
	crypto_shorthash(h, w.p, w.len, key);
	memcpy(&v, h, sizeof(v));
	return (v | 1);
}

/* What relay workers report */

/* The entry of a key at a worker, made if it is new; NULL without memory. */
static struct admit_client *
client_of(struct admit_worker *k, const uint8_t *key)
{
	struct admit_client *e;

	if (k->table == NULL && (k->table = admit_bykey_new(sizeof(*e),
	    ADMIT_CONNECTED_MAX)) == NULL)
		return (NULL);
	if ((e = admit_bykey_find(k->table, key)) != NULL)
		return (e);
	return (admit_bykey_add(k->table, key));
}

int
admit_connected_began(struct admit_connected *c, unsigned int worker,
    const uint8_t key[IPC_KEYLEN], const uint8_t addr[IPC_ADDRLEN], int mesh)
{
	struct admit_worker *k = &c->worker[worker];
	struct admit_client *e;
	struct admit_grant g;

	if (k->nconns == ADMIT_CONNECTED_MAX ||
	    (e = client_of(k, key)) == NULL)
		return (-1);
	e->mesh |= mesh;
	grant_of(c, e, &g);
	move(c, k, e, g.group);
	k->nconns++;
	e->nconns++;
	if (e->group != 0)
		c->ops->began(c->arg, e->group, worker, e->nconns == 1);
	memcpy(e->addr, addr, sizeof(e->addr));
	e->told = 0;
	e->looked = 0;
	e->revoked = 0;
	admit_bykey_first(k->table, e);
	return (0);
}

int
admit_connected_ended(struct admit_connected *c, unsigned int worker,
    const uint8_t key[IPC_KEYLEN])
{
	struct admit_worker *k = &c->worker[worker];
	struct admit_client *e;

	if (k->table == NULL || (e = admit_bykey_find(k->table, key)) == NULL)
		return (-1);
	k->nconns--;
	e->nconns--;
	if (e->group != 0)
		c->ops->ended(c->arg, e->group, worker, e->nconns == 0);
	if (e->nconns > 0)
		return (0);
	pop_due(k, e);
	admit_bykey_remove(k->table, e);
	return (0);
}

/* Whether clients may stay */

/* A client that stays whatever is decided, or goes already. */
static int
is_settled(const struct admit_client *e)
{
	return (e->mesh || e->revoked);
}

/* Revoke a client unless the decision, if it was made, admits it. */
static void
obey(struct admit_connected *c, struct admit_worker *k,
    struct admit_client *e, const struct admit_decision *d)
{
	if (!d->made || d->verdict == IPC_ADMIT_YES || is_settled(e))
		return;
	e->revoked = 1;
	c->ops->revoke(c->arg, number_of(c, k), e->entry.key, d->verdict);
}

void
admit_connected_decided(struct admit_connected *c, unsigned int worker,
    const uint8_t key[IPC_KEYLEN], const struct admit_decision *d)
{
	struct admit_worker *k = &c->worker[worker];
	struct admit_client *e;

	if (k->asking > 0)
		k->asking--;
	if (k->table != NULL && (e = admit_bykey_find(k->table, key)) != NULL)
		obey(c, k, e, d);
}

/* Decide by what is known; if that is not enough, sources may be asked. */
static void
judge(struct admit_connected *c, struct admit_worker *k,
    struct admit_client *e)
{
	const struct admit_decision over = { 1, IPC_ADMIT_QUOTA,
	    ADMIT_BY_ANSWER };
	enum admit_listed listed;
	struct admit_decision d;

	if (is_settled(e))
		return;
	d = c->ops->judge(c->arg, e->entry.key, 0, &listed);
	if (d.made && d.verdict == IPC_ADMIT_YES && e->group != 0 &&
	    c->ops->over(c->arg, e->group))
		d = over;
	obey(c, k, e, &d);
	if (!d.made && (e->looked == 0 || e->looked < c->ask ||
	    e->listed != listed))
		push_due(k, e);
	e->listed = listed;
}

/* Look at a client: its group, what is to be told, whether it may stay. */
static void
look(struct admit_connected *c, struct admit_worker *k,
    struct admit_client *e)
{
	struct admit_grant g;
	uint64_t told;

	grant_of(c, e, &g);
	move(c, k, e, g.group);
	told = grant_hash(&g);
	if (told != e->told)
		c->ops->grant(c->arg, number_of(c, k), e->entry.key, &g);
	e->told = told;
	judge(c, k, e);
	e->looked = c->change;
	admit_bykey_last(k->table, e);
}

/* A client's turn to be checked has come. */
static void
check(struct admit_connected *c, struct admit_worker *k,
    struct admit_client *e)
{
	enum admit_listed listed;

	if (!is_settled(e) && !c->ops->judge(c->arg, e->entry.key, 1,
	    &listed).made)
		push_due(k, e);
	admit_bykey_last(k->table, e);
}

static int
has_room(const struct admit_connected *c, const struct admit_worker *k)
{
	return (c->ops->unread(c->arg, number_of(c, k)) <
	    ADMIT_CONNECTED_UNREAD);
}

/* Is the first client of the ring one to look at? */
static int
is_stale(const struct admit_connected *c, const struct admit_client *e)
{
	return (e != NULL && e->looked != c->change);
}

/* Ask about those that are due. */
static void
ask(struct admit_connected *c, struct admit_worker *k)
{
	struct admit_decision d;
	struct admit_client *e;

	while (k->asking < ADMIT_CONNECTED_ASKS &&
	    (e = TAILQ_FIRST(&k->due)) != NULL && has_room(c, k)) {
		switch (c->ops->ask(c->arg, number_of(c, k), e->entry.key,
		    e->addr, &d)) {
		case ADMIT_JOIN_BUSY:
			return;
		case ADMIT_JOIN_WAITS:
			k->asking++;
			break;
		case ADMIT_JOIN_DECIDED:
			obey(c, k, e, &d);
			break;
		}
		pop_due(k, e);
	}
}

/* One turn of a worker, `us' after the last one.  Returns 1 if more waits. */
static int
turn(struct admit_connected *c, struct admit_worker *k, uint64_t us)
{
	const uint64_t n = admit_bykey_count(k->table);
	struct admit_client *e;
	unsigned int i;

	for (i = 0; i < LOOKS && has_room(c, k) &&
	    is_stale(c, e = admit_bykey_head(k->table)); i++)
		look(c, k, e);
	if (c->every_us == 0)
		k->credit = 0;
	else
		k->credit += n * us;
	for (; i < LOOKS && c->every_us != 0 && k->credit >= c->every_us &&
	    (e = admit_bykey_head(k->table)) != NULL && !is_stale(c, e); i++) {
		check(c, k, e);
		k->credit -= c->every_us;
	}
	/* What could not be done in time is not done twice later. */
	if (k->credit > c->every_us)
		k->credit = c->every_us;
	ask(c, k);
	return (!TAILQ_EMPTY(&k->due) ||
	    is_stale(c, admit_bykey_head(k->table)));
}

void
admit_connected_ask(struct admit_connected *c)
{
	unsigned int i;

	for (i = 0; i < IPC_MAXWORKERS; i++)
		ask(c, &c->worker[i]);
}

int
admit_connected_turn(struct admit_connected *c, uint64_t now_us)
{
	uint64_t us = now_us - c->last_us;
	unsigned int i;
	int more = 0;

	if (c->last_us == 0)
		us = 0;
	if (us > LATE_US)
		us = LATE_US;
	c->last_us = now_us;
	for (i = 0; i < IPC_MAXWORKERS; i++)
		if (c->worker[i].table != NULL)
			more |= turn(c, &c->worker[i], us);
	return (more);
}

void
admit_connected_changed(struct admit_connected *c, int new_questions)
{
	c->change++;
	if (new_questions)
		c->ask = c->change;
}

void
admit_connected_every(struct admit_connected *c, uint64_t us)
{
	c->every_us = us;
}

size_t
admit_connected_of(const struct admit_connected *c, unsigned int worker)
{
	const struct admit_bykey *t = c->worker[worker].table;

	return (t == NULL ? 0 : admit_bykey_count(t));
}

size_t
admit_connected_count(const struct admit_connected *c)
{
	unsigned int i;
	size_t n = 0;

	for (i = 0; i < IPC_MAXWORKERS; i++)
		n += admit_connected_of(c, i);
	return (n);
}
