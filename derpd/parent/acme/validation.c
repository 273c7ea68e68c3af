/*
 * validation: the certificates that validate names by TLS-ALPN-01 (RFC 8737),
 * from keys to the fronts; see renew.h.  Called by tokens.c.
 *
 * keys signs them with the key of the certificate in force, which the signers
 * have: so there is no further key, and none to remove.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "log.h"
#include "parent.h"

/* The certificate of the acme section, or the temporary one; NULL: none. */
static const struct parent_cert *
served(const struct parent *d)
{
	const struct conf_cert *k;
	size_t i = 0;

	TAILQ_FOREACH(k, &d->conf->certs, entry) {
		if (k->acme && i < d->loaded.ncerts)
			return (d->loaded.certs[i]);
		i++;
	}
	return (NULL);
}

/* 1 when a certificate is ordered for the name. */
static int
is_configured(const struct parent *d, const char *name)
{
	char text[IPC_ACME_NAMESIZE];
	const struct gram_name *n;

	TAILQ_FOREACH(n, &d->conf->names, entry)
		if (acme_name(n->name, text) == NULL &&
		    strcmp(text, name) == 0)
			return (1);
	return (0);
}

static void
put(struct ipc_wr *w, const struct renew_validation *v)
{
	struct ipc_msg_front_validation m = { .token = v->token,
	    .server = v->server, .hash = v->hash, .pem = v->pem,
	    .len = v->len };

	ipc_wr_init(w);
	ipc_put_front_validation(w, &m);
}

int
renew_send_validations(struct parent_proc *front)
{
	const struct renew *r = &front->d->acme;
	struct ipc_wr w;
	size_t i;
	int rv = 0;

	for (i = 0; rv == 0 && i < r->nvalidations; i++) {
		put(&w, &r->validations[i]);
		rv = ipc_chan_send(front->c.chan, MSG_FRONT_VALIDATION, &w, -1);
		ipc_wr_free(&w);
	}
	return (rv);
}

/* Keep the certificate of the pending token; NULL: no memory. */
static struct renew_validation *
keep(struct renew *r, const uint8_t *pem, size_t len)
{
	struct renew_validation *v;

	v = reallocarray(r->validations, r->nvalidations + 1, sizeof(*v));
	if (v == NULL)
		return (NULL);
	r->validations = v;
	v += r->nvalidations;
	if ((v->pem = malloc(len)) == NULL)
		return (NULL);
	memcpy(v->pem, pem, len);
	v->len = len;
	strlcpy(v->token, r->pending, sizeof(v->token));
	acme_server_name(r->validating.name, v->server);
	memcpy(v->hash, r->validating.hash, sizeof(v->hash));
	r->nvalidations++;
	return (v);
}

static void
made(void *arg, const uint8_t *res, size_t len, const char *why)
{
	struct renew_validating *p = arg;
	struct parent *d = p->d;
	struct renew_validation *v = NULL;
	struct ipc_wr w;

	/* Without an answer to the token acme-helper ends the order. */
	if (why != NULL || len == 0 || (v = keep(&d->acme, res, len)) == NULL) {
		log_warnx("no certificate that validates %s: %s", p->name,
		    why != NULL ? why : "out of memory");
		return;
	}
	put(&w, v);
	renew_publish(d, MSG_FRONT_VALIDATION, &w);
	ipc_wr_free(&w);
}

int
renew_validate(struct parent *d, const char *name, const char *auth)
{
	const struct parent_cert *c = served(d);
	struct renew_validating *p = &d->acme.validating;
	struct ipc_msg_key_acme_validation v = { .hash = p->hash,
	    .name = p->name, .auth = auth };
	struct ipc_wr w;

	if (c == NULL || !is_configured(d, name) ||
	    d->acme.nvalidations == IPC_ACME_MAXNAMES)
		return (-1);
	p->d = d;
	strlcpy(p->name, name, sizeof(p->name));
	memcpy(p->hash, c->hash, sizeof(p->hash));
	ipc_wr_init(&w);
	ipc_put_key_acme_validation(&w, &v);
	parent_keys_call(d, MSG_KEY_ACME_VALIDATION, &w, -1,
	    "validation certificate", made, p);
	ipc_wr_free(&w);
	return (0);
}

void
renew_forget_validations(struct parent *d)
{
	struct renew *r = &d->acme;
	size_t i;

	parent_keys_cancel(d, &r->validating);
	for (i = 0; i < r->nvalidations; i++)
		free(r->validations[i].pem);
	free(r->validations);
	r->validations = NULL;
	r->nvalidations = 0;
}
