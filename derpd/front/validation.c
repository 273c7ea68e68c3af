/*
 * validation: see validation.h.  Called by front.c and fronttls.c.
 */
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "hello.h"
#include "log.h"
#include "tlsgen.h"
#include "validation.h"

static struct front_validation *
find(const struct front_validations *s, const char *server)
{
	size_t i;

	for (i = 0; i < s->n; i++)
		if (strcasecmp(s->v[i].server, server) == 0)
			return (&s->v[i]);
	return (NULL);
}

/* Room for one more, or that of the same name; NULL: none. */
static struct front_validation *
room(struct front_validations *s, const char *server)
{
	struct front_validation *v = find(s, server);

	if (v != NULL)
		return (v);
	if (s->n == IPC_ACME_MAXNAMES ||
	    (v = reallocarray(s->v, s->n + 1, sizeof(*v))) == NULL)
		return (NULL);
	s->v = v;
	v += s->n++;
	strlcpy(v->server, server, sizeof(v->server));
	v->gen = NULL;
	return (v);
}

int
front_validation_add(struct front_validations *s,
    const struct ipc_msg_front_validation *m)
{
	struct front_tlsctx_cert cert = { .pem = (const char *)m->pem,
	    .pem_len = m->len };
	struct front_tlsgen *g;
	struct front_validation *v;
	char why[256];

	memcpy(cert.hash, m->hash, sizeof(cert.hash));
	g = front_tlsgen_new(&cert, 1, 1, why, sizeof(why));
	if (g == NULL) {
		log_warnx("the certificate that validates %s can't be served: "
		    "%s", m->server, why);
		return (-1);
	}
	if ((v = room(s, m->server)) == NULL) {
		front_tlsgen_unref(g);
		return (-1);
	}
	front_tlsgen_unref(v->gen);
	v->gen = g;
	return (0);
}

struct front_tlsgen *
front_validation_find(const struct front_validations *s, const uint8_t *p,
    size_t n)
{
	const struct front_validation *v;
	struct front_hello_wish w;

	if (s->n == 0 || front_hello_wish(p, n, &w) == -1 || !w.validates ||
	    (v = find(s, w.server)) == NULL)
		return (NULL);
	v->gen->refs++;
	return (v->gen);
}

void
front_validation_free(struct front_validations *s)
{
	size_t i;

	for (i = 0; i < s->n; i++)
		front_tlsgen_unref(s->v[i].gen);
	free(s->v);
	memset(s, 0, sizeof(*s));
}
