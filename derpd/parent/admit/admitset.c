/*
 * admitset: the settings and files of admission, from reading until they are in
 * force; see admitset.h.  Called by the steps of a generation, by procs.c, and
 * when a file has changed.
 *
 * admit checks the settings beside those in force (SETTINGS_STAGE), and puts
 * them in force with all other processes (SETTINGS_USE).  One that is started
 * meanwhile gets what is in force at once (SETTINGS_FIRST), and the stage.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ipcsend.h"
#include "parent.h"

struct admitset_stage {
	struct parent	*d;
	const struct conf *conf;
	struct admitset_files files;
	uint32_t	 id;
	enum {
		UNSENT,			/* no admit runs yet */
		SENT,
		GOOD			/* checked */
	} state;
	admitset_staged_cb cb;
	void		*arg;
};

int
admitset_wanted(const struct conf *c)
{
	return (c->relay.enabled &&
	    (c->admit.conf.on || !TAILQ_EMPTY(&c->clientnames)));
}

/* Send settings and files, and what to do with them.  0, or -1. */
static int
send_settings(struct parent_proc *p, const struct conf *c,
    const struct admitset_files *files, uint32_t id, enum ipc_settings how)
{
	struct ipc_verify_source sources[IPC_MAXVERIFY];
	struct ipc_msg_admit_settings v = { .conf = c->admit.conf,
	    .sources = sources };
	struct ipc_msg_admit_commit commit = { id, how };
	const struct conf_verify *s;

	TAILQ_FOREACH(s, &c->admit.sources, entry) {
		sources[v.nsources].kind = s->kind;
		sources[v.nsources].name = s->name;
		sources[v.nsources].cleartext = s->cleartext;
		sources[v.nsources++].cafile = s->cafile == NULL ? "" :
		    s->cafile;
	}
	if (ipc_send_admit_settings(p->c.chan, &v) == -1 ||
	    admitset_files_send(p, files) == -1 ||
	    ipc_send_admit_commit(p->c.chan, &commit) == -1)
		return (-1);
	p->commits++;
	return (0);
}

/* Send a stage to be checked.  0, or -1. */
static int
send_stage(struct parent_proc *p, struct admitset_stage *st)
{
	if (st->state == UNSENT)
		st->state = SENT;
	return (send_settings(p, st->conf, &st->files, st->id,
	    SETTINGS_STAGE));
}

int
admitset_send(struct parent_proc *p)
{
	const struct parent *d = p->d;
	const struct admitset *a = &d->admitset;

	if (a->in_force && admitset_wanted(d->conf) && send_settings(p,
	    d->conf, &a->files, 0, SETTINGS_FIRST) == -1)
		return (-1);
	return (a->stage == NULL ? 0 : send_stage(p, a->stage));
}

/* Have a running admit check the stage, or start one.  0, or -1 (logged). */
static int
begin_check(struct admitset_stage *st)
{
	struct parent *d = st->d;

	d->admitset.stage = st;
	if (d->admit.c.chan == NULL)
		return (admitset_run(d));
	if (send_stage(&d->admit, st) == 0)
		return (0);
	/* Its end fails the stage. */
	super_fail(&d->admit.c, "could not be sent new settings");
	return (0);
}

struct admitset_stage *
admitset_stage(struct parent *d, const struct conf *conf, uint32_t id,
    admitset_staged_cb cb, void *arg)
{
	struct admitset_stage *st;

	if ((st = calloc(1, sizeof(*st))) == NULL)
		fatal("no memory for the settings of admit");
	st->d = d;
	st->conf = conf;
	st->id = id;
	st->cb = cb;
	st->arg = arg;
	if (!admitset_wanted(conf)) {
		st->state = GOOD;
		return (st);
	}
	if (admitset_files_read(d, conf, &st->files) == 0 &&
	    begin_check(st) == 0)
		return (st);
	admitset_drop(st);
	return (NULL);
}

int
admitset_staged(const struct admitset_stage *st)
{
	return (st->state == GOOD);
}

/* Forget the stage, whose files are kept or empty. */
static void
forget(struct admitset_stage *st)
{
	if (st->d->admitset.stage == st)
		st->d->admitset.stage = NULL;
	admitset_files_free(&st->files);
	free(st);
}

/* Have admit put the stage in force.  1: it will confirm that; else 0. */
static int
use(struct admitset_stage *st)
{
	struct ipc_msg_admit_commit v = { st->id, SETTINGS_USE };
	struct parent *d = st->d;

	if (d->admit.c.chan == NULL)
		return (0);		/* the next one starts with it */
	if (ipc_send_admit_commit(d->admit.c.chan, &v) == -1) {
		super_fail(&d->admit.c, "could not be sent new settings");
		return (0);
	}
	d->admit.commits++;
	d->admitset.using = st->id;
	return (1);
}

int
admitset_commit(struct admitset_stage *st)
{
	struct parent *d = st->d;
	struct admitset *a = &d->admitset;
	const int was = a->in_force;
	int rv = 0;

	admitset_files_free(&a->files);
	a->files = st->files;
	memset(&st->files, 0, sizeof(st->files));
	a->error[0] = '\0';
	a->in_force = admitset_wanted(d->conf);
	if (a->in_force) {
		rv = use(st);
		/* They ask admit, or report to it, when it has settings. */
		if (!was)
			admitset_connect_all(d);
	} else
		a->summary[0] = a->metrics[0] = '\0';
	forget(st);
	return (rv);
}

void
admitset_drop(struct admitset_stage *st)
{
	struct ipc_msg_admit_commit v = { .how = SETTINGS_DROP };
	struct parent *d;

	if (st == NULL)
		return;
	d = st->d;
	v.id = st->id;
	if (d->admitset.stage == st && d->admit.c.chan != NULL &&
	    ipc_send_admit_commit(d->admit.c.chan, &v) == -1)
		super_fail(&d->admit.c, "could not be sent new settings");
	forget(st);
	if (!d->checking && !super_wanted(&d->admit.c))
		(void)super_adjust(&d->admit.c);
}

/* The verdict on the stage. */
static void
checked(struct admitset_stage *st, int ok, const char *why)
{
	if (st->state == GOOD)
		return;			/* another admit has checked it */
	if (ok) {
		st->state = GOOD;
		st->cb(NULL, 0, st->arg);
	} else {
		log_warnx("%s", why);
		st->cb(why, 0, st->arg);
	}
}

int
admitset_result(struct parent_proc *p, uint32_t id, int ok, const char *why)
{
	struct admitset *a = &p->d->admitset;

	if (p->commits == 0)
		return (-1);
	p->commits--;
	if (id == 0 && !ok) {
		/* A starting process has no older settings to go on with. */
		log_warnx("admit: %s", why);
		return (-1);
	}
	if (a->stage != NULL && id == a->stage->id)
		checked(a->stage, ok, why);
	else if (id != 0 && id == a->using) {
		a->using = 0;
		parent_gen_done(&p->d->gens, 0, NULL);
	}
	return (0);
}

void
admitset_gone(struct parent *d)
{
	static const char why[] = "admit ended while it checked the new "
	    "settings";
	struct admitset_stage *st = d->admitset.stage;

	admitset_state_gone(d);
	parent_control_admit_gone();
	if (d->admitset.using != 0) {
		d->admitset.using = 0;
		parent_gen_done(&d->gens, 0, NULL);
	}
	if (st != NULL && st->state == SENT && !d->super.stopping) {
		log_warnx("%s", why);
		st->cb(why, 1, st->arg);
	}
}

/* The generation that a changed file has begun has ended. */
static void
reread(void *arg, const char *why)
{
	struct parent *d = arg;

	if (d->super.stopping)
		return;
	strlcpy(d->admitset.error, why == NULL ? "" : why,
	    sizeof(d->admitset.error));
	if (why == NULL)
		log_info("changed files of clients and names are in force");
	else
		log_warnx("the clients and names that were read before stay in "
		    "force");
}

void
admitset_file_changed(void *arg)
{
	struct parent *d = arg;

	if (!d->super.stopping)
		parent_gen_request(&d->gens, GEN_ADMIT, reread, d);
}
