/*
 * list: see list.h.  Used by clients, kick and top.
 */
#include <sys/types.h>
#include <stdlib.h>
#include <string.h>

#include "list.h"

static const char *const orders[CTL_BY_MAX] = {
	[CTL_BY_RX] = "rx",
	[CTL_BY_TX] = "tx",
	[CTL_BY_AGE] = "age",
	[CTL_BY_DROPS] = "drops",
	[CTL_BY_NAME] = "name",
};

int
ctl_list_order(const char *name)
{
	int	i;

	for (i = CTL_BY_RX; i < CTL_BY_MAX; i++)
		if (strcmp(orders[i], name) == 0)
			return i;
	return -1;
}

int
ctl_list_read(struct ipc_msg *m, struct ipc_msg_ctl_listed *v)
{
	struct ipc_msg_ctl_client	old;

	if (m->type == MSG_CTL_LISTED)
		return ipc_get_ctl_listed(&m->rd, v);
	if (m->type != MSG_CTL_CLIENT || ipc_get_ctl_client(&m->rd, &old) == -1)
		return -1;
	v->client = old.client;
	v->name = v->group = "";
	return 0;
}

/* Passes the answer on. */
struct pass {
	ctl_list_cb	 cb;
	void		*arg;
};

static int
got_conn(struct ipc_msg *m, void *arg)
{
	const struct pass		*p = arg;
	struct ipc_msg_ctl_listed	 v;

	return ctl_list_read(m, &v) == -1 ? -1 : p->cb(&v, p->arg);
}

int
ctl_list_request(const struct ctl *ctl, struct ctl_server **s, ctl_list_cb cb,
    void *arg)
{
	struct pass	p = { cb, arg };
	int		rv;

	rv = ctl_ask_new(ctl, *s, MSG_CTL_LIST, NULL, got_conn, &p);
	if (rv != CTL_UNKNOWN)
		return rv;
	ctl_close(*s);
	if ((*s = ctl_open(ctl)) == NULL)
		return 1;
	return ctl_ask(ctl, *s, MSG_CTL_CLIENTS, NULL, got_conn, &p);
}

int
ctl_list_add(struct ctl_list *l, const struct ipc_msg_ctl_listed *v)
{
	size_t		 name = strlen(v->name) + 1;
	size_t		 group = strlen(v->group) + 1, cap;
	struct ctl_conn	*one, **p;

	if (l->n == l->cap) {
		cap = l->cap == 0 ? 64 : 2 * l->cap;
		if ((p = reallocarray(l->v, cap, sizeof(*p))) == NULL)
			return -1;
		l->v = p;
		l->cap = cap;
	}
	if ((one = malloc(sizeof(*one) + name + group)) == NULL)
		return -1;
	one->c = v->client;
	memcpy(one->name, v->name, name);
	memcpy(one->name + name, v->group, group);
	one->group = one->name + name;
	l->v[l->n++] = one;
	return 0;
}

void
ctl_list_free(struct ctl_list *l)
{
	size_t	i;

	for (i = 0; i < l->n; i++)
		free(l->v[i]);
	free(l->v);
	memset(l, 0, sizeof(*l));
}

int
ctl_list_more(uint64_t a, uint64_t b)
{
	return (a < b) - (a > b);
}

static int
by_key(const struct ctl_conn *a, const struct ctl_conn *b)
{
	int	d = memcmp(a->c.key, b->c.key, sizeof(a->c.key));

	return d != 0 ? d : ctl_list_more(a->c.age_ms, b->c.age_ms);
}

int
ctl_list_names(const char *a, const char *b)
{
	int	d;

	if ((a[0] == '\0') != (b[0] == '\0'))
		return a[0] == '\0' ? 1 : -1;
	d = strcasecmp(a, b);
	return d != 0 ? d : strcmp(a, b);
}

#define ORDER(name, expr)						\
static int								\
name(const void *va, const void *vb)					\
{									\
	const struct ctl_conn *a = *(struct ctl_conn *const *)va;	\
	const struct ctl_conn *b = *(struct ctl_conn *const *)vb;	\
	int d = (expr);							\
									\
	return d != 0 ? d : by_key(a, b);				\
}
ORDER(by_keys, 0)
ORDER(by_rx, ctl_list_more(a->c.rx_bytes, b->c.rx_bytes))
ORDER(by_tx, ctl_list_more(a->c.tx_bytes, b->c.tx_bytes))
ORDER(by_age, ctl_list_more(a->c.age_ms, b->c.age_ms))
ORDER(by_drops, ctl_list_more(a->c.drops, b->c.drops))
ORDER(by_name, ctl_list_names(a->name, b->name))
#undef ORDER

void
ctl_list_sort(struct ctl_list *l, enum ctl_order order, int reverse)
{
	static int (*const compare[CTL_BY_MAX])(const void *, const void *) = {
		[CTL_BY_KEY] = by_keys,
		[CTL_BY_RX] = by_rx,
		[CTL_BY_TX] = by_tx,
		[CTL_BY_AGE] = by_age,
		[CTL_BY_DROPS] = by_drops,
		[CTL_BY_NAME] = by_name,
	};
	struct ctl_conn	*one;
	size_t		 i;

	if (l->n > 1 && compare[order] != NULL)
		qsort(l->v, l->n, sizeof(*l->v), compare[order]);
	for (i = 0; reverse && i < l->n / 2; i++) {
		one = l->v[i];
		l->v[i] = l->v[l->n - 1 - i];
		l->v[l->n - 1 - i] = one;
	}
}
