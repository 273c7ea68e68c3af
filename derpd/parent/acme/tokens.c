/*
 * tokens: the tokens that the fronts answer while the directory validates a
 * name, by HTTP-01 or TLS-ALPN-01; see renew.h.  Called by renew.c, fronts.c
 * and procs.c.
 *
 * acme-helper names tokens.  Their key authorizations are made here, so that a
 * compromised helper can't publish anything else.  The helper waits for each
 * token, and their number is bounded: it can't fill the fronts' queues.
 */
#include <stdio.h>
#include <string.h>

#include "ipcsend.h"
#include "parent.h"

#define MAX_SAID	(4 * IPC_ACME_MAXNAMES)	/* MSG_ACME_TOKENs of a job */

static void
put_token(struct ipc_wr *w, const char *name, const char *auth)
{
	struct ipc_msg_front_token v = { name, auth };

	ipc_wr_init(w);
	ipc_put_front_token(w, &v);
}

int
renew_send_tokens(struct parent_proc *front)
{
	struct acme_tokens *t = &front->d->acme.tokens;
	struct ipc_wr w;
	size_t i;
	int rv = 0;

	for (i = 0; rv == 0 && i < t->n; i++) {
		put_token(&w, t->v[i].name, t->v[i].auth);
		rv = ipc_chan_send(front->c.chan, MSG_FRONT_TOKEN, &w, -1);
		ipc_wr_free(&w);
	}
	return (rv == 0 ? renew_send_validations(front) : rv);
}

void
renew_forget_tokens(struct parent *d)
{
	struct ipc_wr w;
	int none = d->acme.tokens.n == 0 && d->acme.nvalidations == 0;

	d->acme.pending[0] = '\0';
	renew_forget_validations(d);
	if (none)
		return;
	acme_tokens_free(&d->acme.tokens);
	put_token(&w, "", "");
	parent_fronts_send(d, MSG_FRONT_TOKEN, &w);
	ipc_wr_free(&w);
}

/* When all fronts answer the token, the helper may go on. */
static void
check_token(struct parent *d)
{
	struct ipc_msg_acme_token_set v;
	unsigned int i;

	if (d->acme.pending[0] == '\0' || d->acme.unsent)
		return;
	for (i = 0; i < d->nfronts; i++)
		if (d->acme.owes[i])
			return;
	v.token = d->acme.pending;
	if (d->helper.c.chan != NULL)
		(void)ipc_send_acme_token_set(d->helper.c.chan, &v);
	d->acme.pending[0] = '\0';
}

int
renew_token_set(struct parent_proc *front, struct ipc_msg *m)
{
	struct parent *d = front->d;
	struct ipc_msg_front_token_set v;

	if (ipc_get_front_token_set(&m->rd, &v) == -1)
		return (-1);
	if (strcmp(v.token, d->acme.pending) == 0) {
		d->acme.owes[front->c.worker] = 0;
		check_token(d);
	}
	return (0);
}

void
renew_front_gone(struct parent *d, unsigned int front)
{
	d->acme.owes[front] = 0;
	check_token(d);
}

void
renew_publish(struct parent *d, uint32_t type, struct ipc_wr *w)
{
	unsigned int i;

	d->acme.unsent = 0;
	for (i = 0; i < d->nfronts; i++)
		d->acme.owes[i] = d->fronts[i].c.chan != NULL;
	parent_fronts_send(d, type, w);
	check_token(d);
}

/* Answer the pending token by HTTP-01.  0, or -1: too many. */
static int
answer_token(struct parent *d, const char *auth)
{
	struct ipc_wr w;

	if (acme_tokens_add(&d->acme.tokens, d->acme.pending, auth) == -1)
		return (-1);
	put_token(&w, d->acme.pending, auth);
	renew_publish(d, MSG_FRONT_TOKEN, &w);
	ipc_wr_free(&w);
	return (0);
}

int
renew_handle_token(struct parent *d, struct ipc_rd *r)
{
	char auth[IPC_TOKEN_AUTHSIZE];
	struct ipc_msg_acme_token v;

	if (ipc_get_acme_token(r, &v) == -1 || ++d->acme.ntokens > MAX_SAID)
		return (-1);
	if (v.token[0] == '\0') {
		renew_forget_tokens(d);
		return (0);
	}
	if (d->acme.pending[0] != '\0')
		return (-1);
	snprintf(auth, sizeof(auth), "%s.%s", v.token, d->acme.thumb);
	strlcpy(d->acme.pending, v.token, sizeof(d->acme.pending));
	d->acme.unsent = 1;
	return (v.name[0] == '\0' ? answer_token(d, auth) :
	    renew_validate(d, v.name, auth));
}
