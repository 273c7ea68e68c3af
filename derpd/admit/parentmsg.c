/*
 * parentmsg: the parent's messages; see admitd.h.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "admitd.h"

static int
on_settings(void *arg, const struct ipc_msg_admit_settings *v)
{
	struct admit_proc *a = arg;

	admit_settings_free(a->staged);
	a->staged_id = 0;
	if ((a->staged = admit_settings_new(v)) == NULL && errno != EINVAL)
		fatal("out of memory for settings");
	return (a->staged == NULL ? -1 : 0);
}

static int
on_file(void *arg, const struct ipc_msg_admit_file *v, int *fd)
{
	struct admit_proc *a = arg;

	if (a->staged == NULL)
		return (-1);
	admit_settings_file(a->staged, v->kind, v->path, *fd);
	return (0);
}

static void
drop_staged(struct admit_proc *a)
{
	admit_settings_free(a->staged);
	a->staged = NULL;
	a->staged_id = 0;
}

static void
put_in_force(struct admit_proc *a)
{
	struct admit_settings *s = a->staged;

	a->staged = NULL;
	a->staged_id = 0;
	admit_inforce(a, s);
}

/* Send the result; `why' NULL: it went well. */
static void
result(struct admit_proc *a, uint32_t id, const char *why)
{
	const struct ipc_msg_admit_result v = { .id = id, .ok = why == NULL,
	    .why = why == NULL ? "" : why };

	if (ipc_send_admit_result(a->child->parent, &v) == -1)
		fatal("can't report to the parent whether settings are in "
		    "force (sendmsg)");
}

static int
on_commit(void *arg, const struct ipc_msg_admit_commit *v)
{
	struct admit_proc *a = arg;
	const char *why = NULL;

	if (v->how == SETTINGS_DROP) {
		drop_staged(a);
		return (0);
	}
	if (a->staged == NULL ||
	    (v->how == SETTINGS_USE && v->id != a->staged_id))
		return (-1);
	if (v->how != SETTINGS_USE)
		why = admit_settings_check(a->staged);
	if (why == NULL && v->how == SETTINGS_STAGE)
		a->staged_id = v->id;
	else if (why == NULL)
		put_in_force(a);
	result(a, v->id, why);
	if (why != NULL)
		drop_staged(a);
	return (0);
}

static int
on_chan(void *arg, const struct ipc_msg_admit_chan *v, int *fd)
{
	return (admit_ends_open(arg, v->kind, v->number, fd));
}

static int
on_secret(void *arg, const struct ipc_msg_admit_secret *v)
{
	struct admit_proc *a = arg;

	ipc_ticket_key_set(&a->keys[v->worker], v->worker, v->secret);
	a->have_key[v->worker] = 1;
	return (0);
}

static int
on_health(void *arg, const struct ipc_msg_admit_health *v)
{
	struct admit_proc *a = arg;

	memcpy(a->health, v->key, sizeof(a->health));
	a->have_health = 1;
	return (0);
}

static int
on_state(void *arg, const struct ipc_msg_admit_state *v, int *fd)
{
	admit_state_read(arg, v->which, *fd);
	return (0);
}

static int
on_saved(void *arg, const struct ipc_msg_admit_saved *v)
{
	admit_state_saved(arg, v->which);
	return (0);
}

static int
on_query(void *arg, const struct ipc_msg_admit_query *v)
{
	admit_report_query(arg, v->request);
	return (0);
}

static int
on_stop(void *arg, const struct ipc_msg_stop *v)
{
	admit_state_end(arg, v->ms);
	exit(0);
}

const struct ipc_handlers admit_parent_handlers = {
	.admit_settings = on_settings,
	.admit_file = on_file,
	.admit_commit = on_commit,
	.admit_chan = on_chan,
	.admit_secret = on_secret,
	.admit_health = on_health,
	.admit_state = on_state,
	.admit_saved = on_saved,
	.admit_query = on_query,
	.stop = on_stop
};
