/*
 * verifyproc: the processes verify as the parent's children: each asks one
 * source of admission; see admitset.h.
 */
#include <string.h>

#include "ipcsend.h"
#include "parent.h"

/* The source with this number; NULL: there are fewer. */
static const struct conf_verify *
source(const struct conf *c, unsigned int n)
{
	const struct conf_verify *s;

	TAILQ_FOREACH(s, &c->admit.sources, entry)
		if (n-- == 0)
			return (s);
	return (NULL);
}

int
admitset_verify_wanted(const struct parent_proc *p)
{
	const struct conf *c = p->d->conf;

	return (admitset_wanted(c) && source(c, p->c.worker) != NULL);
}

static int
send_conf(struct parent_proc *p)
{
	const struct conf_verify *s = source(p->d->conf, p->c.worker);
	struct ipc_msg_verify_conf v;

	if (s == NULL)
		return (-1);
	v.source.kind = s->kind;
	v.source.cleartext = s->cleartext;
	v.source.name = s->name;
	v.source.cafile = s->cafile == NULL ? "" : s->cafile;
	return (ipc_send_verify_conf(p->c.chan, &v));
}

static int
set_up(struct parent_proc *p)
{
	return (send_conf(p) == -1 ? -1 : admitset_connect(p));
}

int
admitset_verify_start(struct parent_proc *p)
{
	return (parent_start_quiet(p, set_up));
}

/* Are the settings of both sources the same? */
static int
same(const struct conf_verify *a, const struct conf_verify *b)
{
	return (a != NULL && b != NULL && a->kind == b->kind &&
	    strcmp(a->name, b->name) == 0 && a->cleartext == b->cleartext &&
	    (a->cafile == NULL) == (b->cafile == NULL) &&
	    (a->cafile == NULL || strcmp(a->cafile, b->cafile) == 0));
}

/* Send the source; a channel, too, if it is not that of `old'.  0, or -1. */
static int
send_source(struct parent_proc *p, const struct conf_verify *old)
{
	const struct conf_verify *s = source(p->d->conf, p->c.worker);

	if (!same(old, s))
		/* What it answers from here on is of the new source. */
		return (send_conf(p) == -1 ? -1 : admitset_connect(p));
	/* Another CA file may have the name: it ends, and reads that. */
	return (s->cafile == NULL ? 0 : send_conf(p));
}

void
admitset_verify_configure(struct parent *d, const struct conf *old)
{
	struct parent_proc *p;
	unsigned int i;

	for (i = 0; i < IPC_MAXVERIFY; i++) {
		p = &d->verifies[i];
		if (super_adjust(&p->c) == 0 && p->c.chan != NULL &&
		    super_wanted(&p->c) &&
		    send_source(p, source(old, i)) == -1)
			super_fail(&p->c, "could not be sent new settings");
	}
}
