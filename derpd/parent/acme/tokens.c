/*
 * tokens: what the workers answer a directory that validates a name; see
 * renew.h.  Called by renew.c, relays.c and procs.c.
 *
 * acme-helper names tokens.  The key authorization of each is made here, so
 * that a helper that was taken over can't have anything else answered.  It
 * waits for each token and may want a bounded number of them: it can't fill the
 * workers' queues.
 */
#include <stdio.h>
#include <string.h>

#include "parent.h"

#define MAX_SAID	(4 * ACME_MAXNAMES)	/* MSG_ACME_TOKENs of a job */

static void
put_token(struct wr *w, const char *name, const char *auth)
{
	wr_init(w);
	wr_str(w, name);
	wr_str(w, auth);
}

int
acme_send_tokens(struct proc *relay)
{
	struct tokens *t = &relay->d->acme.tokens;
	struct wr w;
	size_t i;
	int rv = 0;

	for (i = 0; rv == 0 && i < t->n; i++) {
		put_token(&w, t->v[i].name, t->v[i].auth);
		rv = chan_send(relay->chan, MSG_RELAY_TOKEN, &w, -1);
		wr_free(&w);
	}
	return (rv);
}

void
acme_forget_tokens(struct derpd *d)
{
	struct wr w;

	d->acme.asked[0] = '\0';
	if (d->acme.tokens.n == 0)
		return;
	tokens_free(&d->acme.tokens);
	put_token(&w, "", "");
	relays_tell(d, MSG_RELAY_TOKEN, &w);
	wr_free(&w);
}

/* When all workers answer the token, the helper may go on. */
static void
check_token(struct derpd *d)
{
	struct wr w;
	unsigned int i;

	if (d->acme.asked[0] == '\0')
		return;
	for (i = 0; i < d->nworkers; i++)
		if (d->acme.owes[i])
			return;
	wr_init(&w);
	wr_str(&w, d->acme.asked);
	d->acme.asked[0] = '\0';
	if (d->helper.chan != NULL)
		(void)chan_send(d->helper.chan, MSG_ACME_TOKEN_SET, &w, -1);
	wr_free(&w);
}

int
acme_token_set(struct proc *relay, struct msg *m)
{
	struct derpd *d = relay->d;
	char name[TOKEN_SIZE];

	rd_str(&m->rd, name, sizeof(name));
	if (!rd_end(&m->rd))
		return (-1);
	if (strcmp(name, d->acme.asked) == 0) {
		d->acme.owes[relay->worker] = 0;
		check_token(d);
	}
	return (0);
}

void
acme_worker_gone(struct derpd *d, unsigned int worker)
{
	d->acme.owes[worker] = 0;
	check_token(d);
}

int
acme_take_token(struct derpd *d, struct rd *r)
{
	char name[TOKEN_SIZE], auth[TOKEN_AUTHSIZE], same[TOKEN_SIZE];
	struct wr w;
	struct rd back;
	unsigned int i;
	int rv;

	rd_str(r, name, sizeof(name));
	if (!rd_end(r) || ++d->acme.said > MAX_SAID)
		return (-1);
	if (name[0] == '\0') {
		acme_forget_tokens(d);
		return (0);
	}
	if (d->acme.asked[0] != '\0')
		return (-1);
	snprintf(auth, sizeof(auth), "%s.%s", name, d->acme.thumb);
	put_token(&w, name, auth);
	rd_init(&back, w.p, w.len);
	rv = tokens_take(&d->acme.tokens, &back, same);
	if (rv == 0) {
		strlcpy(d->acme.asked, name, sizeof(d->acme.asked));
		for (i = 0; i < d->nworkers; i++)
			d->acme.owes[i] = d->relays[i].chan != NULL;
		relays_tell(d, MSG_RELAY_TOKEN, &w);
		check_token(d);
	}
	wr_free(&w);
	return (rv);
}
