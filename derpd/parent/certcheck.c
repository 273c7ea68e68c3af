/*
 * certcheck: see certcheck.h.  Called by load.c, and for derpctl by status.c,
 * wellness.c and certstatus.c.  Pure.
 *
 * An error is what keeps all clients of a host name out, and what derper
 * refuses, too (cmd/derper/cert.go, NewManualCertManager).  With `allow' an
 * error is a warning, and a warning a note.
 */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "certcheck.h"
#include "certpick.h"
#include "certself.h"
#include "hostname.h"
#include "parent.h"

#define TEXTSIZE	768		/* bytes of what was found */
#define LISTSIZE	160		/* of a list of names in it */
#define DAY		86400

struct certcheck {
	const struct conf		*c;
	const struct parent_loaded	*l, *old;
	time_t				 now;
	parent_certcheck_cb		 cb;
	void				*arg;
	unsigned int			 errors;
};

static void	report(struct certcheck *, enum parent_certlevel,
		    enum check_fault, const struct conf_cert *,
		    const char *, ...) __attribute__((format(printf, 5, 6)));

/*
 * Report a fault that derpctl check finds as well, or CHECK_NFAULTS: its name
 * comes before the text.
 */
static void
report(struct certcheck *ck, enum parent_certlevel level, enum check_fault id,
    const struct conf_cert *k, const char *fmt, ...)
{
	char text[TEXTSIZE];
	va_list ap;
	int n;

	if (k->allow && level == CERT_ERROR)
		level = CERT_WARNING;
	else if (k->allow && level == CERT_WARNING)
		level = CERT_NOTE;
	n = snprintf(text, sizeof(text), "%s:%d: %s%s", k->pos.file,
	    k->pos.line, id == CHECK_NFAULTS ? "" : check_fault_row(id)->name,
	    id == CHECK_NFAULTS ? "" : ": ");
	if (n < 0 || (size_t)n >= sizeof(text))
		return;
	va_start(ap, fmt);
	(void)vsnprintf(text + n, sizeof(text) - (size_t)n, fmt, ap);
	va_end(ap);
	ck->errors += level == CERT_ERROR;
	ck->cb(ck->arg, level, k, text);
}

/* The certificate of a file; NULL: none. */
static struct parent_cert *
of_file(const struct parent_loaded *l, const char *path)
{
	size_t i;

	for (i = 0; i < l->ncerts; i++)
		if (strcmp(l->certs[i]->path, path) == 0)
			return (l->certs[i]);
	return (NULL);
}

static int
is_file(const struct conf *c, const char *path)
{
	const struct conf_cert *k;

	TAILQ_FOREACH(k, &c->certs, entry)
		if (k->cert != NULL && strcmp(k->cert, path) == 0)
			return (1);
	return (0);
}

struct parent_cert *
parent_certcheck_loaded(const struct conf *c, const struct parent_loaded *l,
    const struct conf_cert *k)
{
	size_t i;

	if (k->cert != NULL)
		return (of_file(l, k->cert));
	/* There is one line without a file, acme or self-signed. */
	for (i = 0; i < l->ncerts; i++)
		if (!is_file(c, l->certs[i]->path))
			return (l->certs[i]);
	return (NULL);
}

static const struct parent_cert *
loaded(const struct certcheck *ck, const struct conf_cert *k)
{
	return (parent_certcheck_loaded(ck->c, ck->l, k));
}

static const char *
when(time_t t, char *dst, size_t size)
{
	struct tm tm;

	if (gmtime_r(&t, &tm) == NULL ||
	    strftime(dst, size, "%Y-%m-%d %H:%M UTC", &tm) == 0)
		strlcpy(dst, "?", size);
	return (dst);
}

static int
is_valid(const struct parent_cert *c, time_t now)
{
	return (now >= c->not_before && now <= c->not_after);
}

/* Time */

/* A certificate that is valid, and that a file had before. */
static int
replaces_valid(const struct certcheck *ck, const struct conf_cert *k)
{
	const struct parent_cert *o;

	return (k->cert != NULL && ck->old != NULL &&
	    (o = of_file(ck->old, k->cert)) != NULL && is_valid(o, ck->now));
}

static void
invalid(struct certcheck *ck, const struct conf_cert *k,
    const struct parent_cert *c)
{
	const int error = replaces_valid(ck, k), late = ck->now > c->not_after;
	char then[32], now[32];

	when(late ? c->not_after : c->not_before, then, sizeof(then));
	when(ck->now, now, sizeof(now));
	report(ck, error ? CERT_ERROR : CERT_INVALID, late ?
	    CHECK_CERT_EXPIRED : CHECK_CERT_EARLY, k, "certificate %s %s "
	    "%s, and the clock of this machine says %s: clients refuse it: %s"
	    "%s", c->path, late ? "has expired on" : "is not valid before",
	    then, now, !late ? "set the clock if it is wrong, or wait" :
	    k->cert != NULL ? "renew it, or set the clock if it is wrong" :
	    k->acme ? "derpctl cert shows why it was not renewed; set the "
	    "clock if it is wrong" : "derpd makes a new one when this is so "
	    "for an hour; set the clock if it is wrong", error ? "; the valid "
	    "one that is in force stays" : "");
}

/* A self-signed certificate of ours is valid for years, and has a pin. */
static void
ends_selfsigned(struct certcheck *ck, const struct conf_cert *k,
    const struct parent_cert *c)
{
	char end[32], then[32];

	if (c->not_after - ck->now > CERT_SELF_WARN)
		return;
	report(ck, CERT_WARNING, CHECK_NFAULTS, k, "certificate %s ends on "
	    "%s, and derpd makes a new one after %s, with a new CertName: "
	    "clients that pin the old one stay out until their map has the new "
	    "one: to choose the time, remove the file, reload, and put into "
	    "the map what derpctl node prints", c->path, when(c->not_after, end,
	    sizeof(end)), when(c->not_after - CERT_SELF_RENEW, then,
	    sizeof(then)));
}

static void
check_time(struct certcheck *ck, const struct conf_cert *k,
    const struct parent_cert *c)
{
	if (!is_valid(c, ck->now))
		invalid(ck, k, c);
	else if (k->cert == NULL && c->selfsigned)
		ends_selfsigned(ck, k, c);
	else if (ck->now > c->not_after - (c->not_after - c->not_before) / 3)
		report(ck, CERT_WARNING, CHECK_CERT_ENDS, k, "certificate "
		    "%s has %d days left, less than a third of its lifetime: "
		    "derpctl cert shows who renews it", c->path,
		    parent_cert_days_left(c, ck->now));
}

/* The pin has changed not long ago.  Nobody pins the temporary one of acme. */
static void
check_pin(struct certcheck *ck, const struct conf_cert *k,
    const struct parent_cert *c)
{
	char then[32];

	if (k->acme || c->was[0] == '\0' ||
	    ck->now - c->was_until > CERT_SELF_RECENT)
		return;
	report(ck, CERT_WARNING, CHECK_NFAULTS, k, "certificate %s was made "
	    "anew on %s: its CertName was %s and is %s: clients whose map pins "
	    "the old one stay out: put into the map what derpctl node prints",
	    c->path, when(c->was_until, then, sizeof(then)), c->was, c->pin);
}

/* Names */

/* 1 when the certificate of the line has the name, or will have it. */
static int
has(const struct certcheck *ck, const struct conf_cert *k, const char *name)
{
	const struct parent_cert *c = loaded(ck, k);

	if (k->acme)
		return (1);
	/* A self-signed one is for the names that no other has. */
	return (k->cert != NULL && c != NULL && parent_cert_has(c, name));
}

static int
is_own(const struct certcheck *ck, const struct conf_cert *k)
{
	const struct parent_cert *c = loaded(ck, k);

	return (!k->acme && c != NULL && c->selfsigned);
}

/* The line whose certificate clients of the name get; NULL: the first. */
static const struct conf_cert *
winner(const struct certcheck *ck, const char *name)
{
	const struct conf_cert *k;
	int own;

	for (own = 0; own < 2 && net_hostname_is_name(name); own++)
		TAILQ_FOREACH(k, &ck->c->certs, entry)
			if (is_own(ck, k) == own && has(ck, k, name))
				return (k);
	return (NULL);
}

/* The names of a certificate, as many as fit. */
static const char *
names_of(const struct parent_cert *c, char dst[LISTSIZE])
{
	size_t i, n = 0, m;

	dst[0] = '\0';
	for (i = 0; i < c->nnames; i++) {
		m = strlen(c->names[i]);
		if (n + m + 6 > LISTSIZE) {
			strlcat(dst, " ...", LISTSIZE);
			break;
		}
		n = (size_t)snprintf(dst + n, LISTSIZE - n, "%s%s",
		    i == 0 ? "" : " ", c->names[i]) + n;
	}
	return (n == 0 ? "no name" : dst);
}

/* The certificate for a name is not valid for it. */
static void
uncovered(struct certcheck *ck, const struct conf_cert *k,
    const struct parent_cert *c, const struct gram_name *n, int host)
{
	char list[LISTSIZE];

	if (!net_hostname_is_name(n->name))
		report(ck, CERT_WARNING, CHECK_CERT_ADDRESS, k,
		    "certificate %s is not valid for the address %s (line %d): "
		    "browsers and curl refuse it there, DERP clients do not: "
		    "it has %s", c->path, n->name,
		    n->pos.line, names_of(c, list));
	else if (c->cn_only)
		report(ck, host ? CERT_ERROR : CERT_WARNING, CHECK_CERT_NAME,
		    k, "certificate %s has no subjectAltName, and clients "
		    "ignore its common name: clients of %s (line %d) refuse "
		    "it: get a certificate with the name in subjectAltName, or "
		    "write `allow' behind the key", c->path, n->name,
		    n->pos.line);
	else
		report(ck, host ? CERT_ERROR : CERT_WARNING, CHECK_CERT_NAME,
		    k, "certificate %s is not valid for %s (line %d), nor is "
		    "another: clients of that name refuse it: get a "
		    "certificate with the name, correct the name, or write "
		    "`allow' behind the key: it has %s", c->path, n->name,
		    n->pos.line, names_of(c, list));
}

/* Is there a valid certificate for the name?  `host': it is a host name. */
static void
check_name(struct certcheck *ck, const struct gram_name *n, int host)
{
	const struct conf_cert *k = winner(ck, n->name);
	const struct parent_cert *c;

	if (k == NULL)
		k = TAILQ_FIRST(&ck->c->certs);
	if (k != NULL && (c = loaded(ck, k)) != NULL &&
	    !parent_cert_covers(c, n->name))
		uncovered(ck, k, c, n, host);
}

/* A host name that another line serves, and this one has, too; NULL: none. */
static const struct gram_name *
shadowed(const struct certcheck *ck, const struct conf_cert *k)
{
	const struct gram_name *n;

	TAILQ_FOREACH(n, &ck->c->names, entry)
		if (net_hostname_is_name(n->name) && has(ck, k, n->name) &&
		    winner(ck, n->name) != k)
			return (n);
	return (NULL);
}

static int
serves_one(const struct certcheck *ck, const struct conf_cert *k,
    const struct gram_names *names)
{
	const struct gram_name *n;

	TAILQ_FOREACH(n, names, entry)
		if (winner(ck, n->name) == k)
			return (1);
	return (0);
}

/* 1 when some clients get the certificate of the line. */
static int
is_served(const struct certcheck *ck, const struct conf_cert *k)
{
	const struct conf_map *m;

	if (k == TAILQ_FIRST(&ck->c->certs) || serves_one(ck, k, &ck->c->names))
		return (1);
	TAILQ_FOREACH(m, &ck->c->maps, entry)
		if (serves_one(ck, k, &m->hosts))
			return (1);
	return (0);
}

/* A line that is left over, or one of two for a name. */
static void
check_line(struct certcheck *ck, const struct conf_cert *k)
{
	const struct gram_name *n = shadowed(ck, k);
	const char *what = k->acme ? "of acme" : k->cert;
	char list[LISTSIZE];
	int line;

	if (n != NULL) {
		line = winner(ck, n->name)->pos.line;
		report(ck, CERT_WARNING, CHECK_NFAULTS, k, "certificate %s and "
		    "that of line %d both are for %s: clients get that of line "
		    "%d%s: remove the line that is left over", what, line,
		    n->name, line,
		    is_served(ck, k) ? "" : ", and none gets this one");
	} else if (k->cert != NULL && loaded(ck, k) != NULL &&
	    !is_served(ck, k))
		report(ck, CERT_WARNING, CHECK_NFAULTS, k, "certificate %s is "
		    "for no host name, so no client gets it: write a hostname "
		    "line, or remove this one: it has %s", what,
		    names_of(loaded(ck, k), list));
}

/* The certificates of files are valid for all host names by now. */
static void
check_left_over(struct certcheck *ck, const struct conf_cert *k)
{
	const struct parent_cert *c;
	const struct gram_name *n;
	const struct conf_cert *w;

	TAILQ_FOREACH(n, &ck->c->names, entry) {
		TAILQ_FOREACH(w, &ck->c->certs, entry)
			if (w->cert != NULL && (c = loaded(ck, w)) != NULL &&
			    parent_cert_covers(c, n->name))
				break;
		if (w == NULL)
			return;
	}
	report(ck, CERT_WARNING, CHECK_NFAULTS, k, "certificate self-signed "
	    "is left over: the certificates of files are valid for all host "
	    "names by now: remove this line, with which no reload succeeds");
}

/* acme and self-signed get the names that they lack by themselves. */
static int
only_files(const struct conf *c)
{
	const struct conf_cert *k;

	TAILQ_FOREACH(k, &c->certs, entry)
		if (k->cert == NULL)
			return (0);
	return (1);
}

static void
check_names(struct certcheck *ck)
{
	const struct conf_map *m;
	const struct gram_name *n;

	TAILQ_FOREACH(n, &ck->c->names, entry)
		check_name(ck, n, 1);
	TAILQ_FOREACH(m, &ck->c->maps, entry)
		TAILQ_FOREACH(n, &m->hosts, entry)
			check_name(ck, n, 0);
}

/* Without TLS no client sees a certificate. */
static int
has_tls(const struct conf *c)
{
	const struct conf_listen *l;

	TAILQ_FOREACH(l, &c->listens, entry)
		if (l->tls)
			return (1);
	return (0);
}

unsigned int
parent_certcheck(const struct conf *c, const struct parent_loaded *l,
    const struct parent_loaded *old, time_t now, parent_certcheck_cb cb,
    void *arg)
{
	struct certcheck ck = { .c = c, .l = l, .old = old, .now = now,
	    .cb = cb, .arg = arg };
	const struct parent_cert *cert;
	const struct conf_cert *k;

	if (!has_tls(c))
		return (0);
	if (only_files(c))
		check_names(&ck);
	TAILQ_FOREACH(k, &c->certs, entry) {
		check_line(&ck, k);
		if (k->cert == NULL && !k->acme)
			check_left_over(&ck, k);
		if ((cert = loaded(&ck, k)) == NULL)
			continue;
		check_time(&ck, k, cert);
		check_pin(&ck, k, cert);
		if (k->cert != NULL && cert->chain != NULL)
			report(&ck, CERT_WARNING, CHECK_CERT_INCOMPLETE,
			    k, "certificate %s: %s",
			    cert->path, cert->chain);
	}
	return (ck.errors);
}
