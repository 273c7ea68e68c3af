/*
 * order: directory, account, order, authorization and renewal information from
 * their JSON; see order.h.  Pure.
 */
#include <stdio.h>
#include <string.h>

#include "base64url.h"
#include "https.h"
#include "order_json.h"

static const char *const statuses[] = {
	[HELPER_PENDING] = "pending",
	[HELPER_PROCESSING] = "processing",
	[HELPER_READY] = "ready",
	[HELPER_VALID] = "valid",
	[HELPER_INVALID] = "invalid",
	[HELPER_DEACTIVATED] = "deactivated",
	[HELPER_EXPIRED] = "expired",
	[HELPER_REVOKED] = "revoked"
};

#define NSTATUSES	(sizeof(statuses) / sizeof(statuses[0]))

const char *
helper_status_name(enum helper_status s)
{
	return ((unsigned int)s < NSTATUSES ? statuses[s] : "?");
}

struct json *
helper_json(const char *text, size_t len, const char *what, char *err,
    size_t errsize)
{
	struct json_error	 e;
	struct json		*j;

	j = json_parse(text, len, HELPER_MAXDEPTH, HELPER_MAXTOKENS, &e);
	if (j == NULL) {
		snprintf(err, errsize, "the %s is not JSON: line %u, column"
		    " %u: %s", what, e.line, e.column, e.what);
		return (NULL);
	}
	if (json_type(j, 0) == JSON_OBJECT)
		return (j);
	snprintf(err, errsize, "the %s is not a JSON object", what);
	json_free(j);
	return (NULL);
}

/* Set the error about a member; always -1. */
static int
bad(const char *what, const char *member, char *err, size_t errsize)
{
	snprintf(err, errsize, "the %s has no usable \"%s\"", what, member);
	return (-1);
}

/*
 * Copy the URL `name' of the object `r' to `dst' (IPC_ACME_URLSIZE); "" if it
 * is missing.  0, or -1: it is not an https URL.
 */
static int
get_url(const struct json *j, json_ref r, const char *name, char *dst)
{
	struct net_url	 u;
	json_ref	 v = json_get(j, r, name);

	dst[0] = '\0';
	if (v == -1 || json_type(j, v) == JSON_NULL)
		return (0);
	if (json_str(j, v, dst, IPC_ACME_URLSIZE) == -1 ||
	    net_url_parse(dst, &u) == -1) {
		dst[0] = '\0';
		return (-1);
	}
	return (0);
}

/* The same for a required URL. */
static int
need_url(const struct json *j, json_ref r, const char *name, char *dst)
{
	return (get_url(j, r, name, dst) == -1 || dst[0] == '\0' ? -1 : 0);
}

/* The character of the escape after the backslash at *p, which is skipped. */
static char
unescape(const char **p)
{
	char	 c = *++*p;

	if (c == 'u') {
		*p += 4;
		return ('?');
	}
	return (strchr("\"\\/", c) != NULL ? c : ' ');
}

void
helper_text(const struct json *j, json_ref v, char *dst, size_t size)
{
	const char	*p, *end;
	size_t		 n;
	char		 c;

	dst[0] = '\0';
	if (json_type(j, v) != JSON_STRING || size == 0)
		return;
	/* Too long a string is cut, unlike in json_str(). */
	p = json_raw(j, v, &n);
	for (end = p + n; p < end && size > 1; p++, size--) {
		if ((c = *p) == '\\')
			c = unescape(&p);
		*dst++ = c >= ' ' && c <= '~' ? c : '?';
	}
	*dst = '\0';
}

/* Read the member "status".  0, or -1. */
static int
get_status(const struct json *j, json_ref r, enum helper_status *s)
{
	char	 text[32];
	size_t	 i;

	if (json_str(j, json_get(j, r, "status"), text, sizeof(text)) == -1)
		return (-1);
	for (i = 0; i < NSTATUSES; i++)
		if (strcmp(text, statuses[i]) == 0) {
			*s = (enum helper_status)i;
			return (0);
		}
	return (-1);
}

/* Read "meta"; its members are optional, and wrong types are ignored. */
static void
get_meta(const struct json *j, json_ref meta, struct helper_directory *d)
{
	json_ref	 profiles, k;

	helper_text(j, json_get(j, meta, "termsOfService"), d->terms,
	    sizeof(d->terms));
	if (json_bool(j, json_get(j, meta, "externalAccountRequired"),
	    &d->needs_eab) == -1)
		d->needs_eab = 0;
	profiles = json_get(j, meta, "profiles");
	if (json_type(j, profiles) != JSON_OBJECT)
		return;
	for (k = json_first(j, profiles); k != -1; k = json_next(j, k)) {
		if (d->nprofiles == HELPER_MAXPROFILES)
			break;
		if (json_str(j, k, d->profiles[d->nprofiles],
		    IPC_ACME_PROFILESIZE) > 0)
			d->nprofiles++;
	}
}

int
helper_directory_parse(const char *text, size_t len, struct helper_directory *d,
    char *err, size_t errsize)
{
	static const struct {
		const char	*name;
		size_t		 offset;
		int		 needed;
	} urls[] = {
#define AT(f)	offsetof(struct helper_directory, f)
		{ "newNonce", AT(new_nonce), 1 },
		{ "newAccount", AT(new_account), 1 },
		{ "newOrder", AT(new_order), 1 },
		{ "revokeCert", AT(revoke), 0 },
		{ "keyChange", AT(key_change), 0 },
		{ "renewalInfo", AT(renewal_info), 0 },
#undef AT
	};
	struct json	*j;
	size_t		 i;
	char		*dst;
	int		 rv = 0;

	memset(d, 0, sizeof(*d));
	if ((j = helper_json(text, len, "directory", err, errsize)) == NULL)
		return (-1);
	for (i = 0; rv == 0 && i < sizeof(urls) / sizeof(urls[0]); i++) {
		dst = (char *)d + urls[i].offset;
		if (get_url(j, 0, urls[i].name, dst) == -1 ||
		    (urls[i].needed && dst[0] == '\0'))
			rv = bad("directory", urls[i].name, err, errsize);
	}
	get_meta(j, json_get(j, 0, "meta"), d);
	json_free(j);
	return (rv);
}

int
helper_account_parse(const char *text, size_t len, enum helper_status *status,
    char *err, size_t errsize)
{
	struct json	*j;
	int		 rv = 0;

	if ((j = helper_json(text, len, "account", err, errsize)) == NULL)
		return (-1);
	if (get_status(j, 0, status) == -1)
		rv = bad("account", "status", err, errsize);
	json_free(j);
	return (rv);
}

/* Read the value of an identifier object.  0, or -1. */
static int
get_identifier(const struct json *j, json_ref id, char name[IPC_ACME_NAMESIZE])
{
	char	 type[8];

	name[0] = '\0';
	if (json_str(j, json_get(j, id, "type"), type, sizeof(type)) == -1 ||
	    (strcmp(type, "dns") != 0 && strcmp(type, "ip") != 0) ||
	    json_str(j, json_get(j, id, "value"), name, IPC_ACME_NAMESIZE) < 1)
		return (-1);
	return (0);
}

static int
get_identifiers(const struct json *j, struct helper_order *o)
{
	json_ref	 a = json_get(j, 0, "identifiers"), r;

	if (json_type(j, a) != JSON_ARRAY)
		return (-1);
	for (r = json_first(j, a); r != -1; r = json_next(j, r)) {
		if (o->nnames == IPC_ACME_MAXNAMES ||
		    get_identifier(j, r, o->names[o->nnames]) == -1)
			return (-1);
		o->nnames++;
	}
	return (o->nnames == 0 ? -1 : 0);
}

static int
get_authzs(const struct json *j, struct helper_order *o)
{
	json_ref	 a = json_get(j, 0, "authorizations"), r;
	struct net_url	 u;

	if (json_type(j, a) != JSON_ARRAY)
		return (-1);
	for (r = json_first(j, a); r != -1; r = json_next(j, r)) {
		if (o->nauthz == IPC_ACME_MAXNAMES || json_str(j, r,
		    o->authz[o->nauthz], IPC_ACME_URLSIZE) == -1 ||
		    net_url_parse(o->authz[o->nauthz], &u) == -1)
			return (-1);
		o->nauthz++;
	}
	return (0);
}

int
helper_order_parse(const char *text, size_t len, struct helper_order *o,
    char *err, size_t errsize)
{
	struct json	*j;
	int		 rv = 0;

	memset(o, 0, sizeof(*o));
	if ((j = helper_json(text, len, "order", err, errsize)) == NULL)
		return (-1);
	if (get_status(j, 0, &o->status) == -1)
		rv = bad("order", "status", err, errsize);
	else if (need_url(j, 0, "finalize", o->finalize) == -1)
		rv = bad("order", "finalize", err, errsize);
	else if (get_url(j, 0, "certificate", o->certificate) == -1)
		rv = bad("order", "certificate", err, errsize);
	else if (get_identifiers(j, o) == -1)
		rv = bad("order", "identifiers", err, errsize);
	else if (get_authzs(j, o) == -1)
		rv = bad("order", "authorizations", err, errsize);
	/* The certificate is issued, but not available yet. */
	if (rv == 0 && o->status == HELPER_VALID && o->certificate[0] == '\0')
		o->status = HELPER_PROCESSING;
	helper_problem_get(j, json_get(j, 0, "error"), &o->problem);
	json_free(j);
	return (rv);
}

/* Read the challenge `r' if it is of `kind'.  0 also for others, or -1. */
static int
get_challenge(const struct json *j, json_ref r, enum ipc_acme_challenge kind,
    struct helper_authz *a)
{
	char	 type[32];

	if (json_str(j, json_get(j, r, "type"), type, sizeof(type)) == -1 ||
	    strcmp(type, kind == ACMECHALLENGE_HTTP ? "http-01" :
	    "tls-alpn-01") != 0 || a->url[0] != '\0')
		return (0);
	if (need_url(j, r, "url", a->url) == -1 ||
	    get_status(j, r, &a->challenge) == -1 ||
	    json_str(j, json_get(j, r, "token"), a->token,
	    sizeof(a->token)) == -1 ||
	    !base64url_is(a->token, sizeof(a->token) - 1))
		return (-1);
	return (0);
}

int
helper_authz_parse(const char *text, size_t len, enum ipc_acme_challenge kind,
    struct helper_authz *a, char *err, size_t errsize)
{
	struct json	*j;
	json_ref	 c, r;
	int		 rv = 0;

	memset(a, 0, sizeof(*a));
	a->problem.error = HELPER_E_NONE;
	if ((j = helper_json(text, len, "authorization", err, errsize)) == NULL)
		return (-1);
	c = json_get(j, 0, "challenges");
	if (get_status(j, 0, &a->status) == -1)
		rv = bad("authorization", "status", err, errsize);
	else if (get_identifier(j, json_get(j, 0, "identifier"), a->name) ==
	    -1)
		rv = bad("authorization", "identifier", err, errsize);
	else if (json_type(j, c) != JSON_ARRAY)
		rv = bad("authorization", "challenges", err, errsize);
	for (r = json_first(j, c); rv == 0 && r != -1; r = json_next(j, r)) {
		if (get_challenge(j, r, kind, a) == -1)
			rv = bad("authorization", "challenges", err, errsize);
		/* Any failed challenge gives the reason. */
		else if (a->problem.error == HELPER_E_NONE)
			helper_problem_get(j, json_get(j, r, "error"),
			    &a->problem);
	}
	json_free(j);
	return (rv);
}

int
helper_ari_parse(const char *text, size_t len, struct acme_ari *ari, char *err,
    size_t errsize)
{
	struct json	*j;
	json_ref	 w;
	char		 start[40], end[40];
	int		 rv = 0;

	memset(ari, 0, sizeof(*ari));
	j = helper_json(text, len, "renewal information", err, errsize);
	if (j == NULL)
		return (-1);
	w = json_get(j, 0, "suggestedWindow");
	if (json_str(j, json_get(j, w, "start"), start, sizeof(start)) == -1 ||
	    json_str(j, json_get(j, w, "end"), end, sizeof(end)) == -1 ||
	    (ari->start = helper_date(start)) == -1 ||
	    (ari->end = helper_date(end)) == -1 || ari->end <= ari->start)
		rv = bad("renewal information", "suggestedWindow", err,
		    errsize);
	helper_text(j, json_get(j, 0, "explanationURL"), ari->why,
	    sizeof(ari->why));
	json_free(j);
	return (rv);
}

/* Parse `n' digits at *s and skip them; -1: malformed. */
static int
digits(const char **s, int n)
{
	int	 v = 0;

	for (; n > 0; n--, (*s)++) {
		if (**s < '0' || **s > '9')
			return (-1);
		v = v * 10 + (**s - '0');
	}
	return (v);
}

/* Parse `n' digits between `lo' and `hi', and the character after them. */
static int
field(const char **s, int n, int lo, int hi, char behind, int *v)
{
	*v = digits(s, n);
	if (*v < lo || *v > hi || (behind != '\0' && *(*s)++ != behind))
		return (-1);
	return (0);
}

/* Days from 1970-01-01 to a date of the Gregorian calendar. */
static int64_t
days(int y, int m, int d)
{
	static const int before[] = { 0, 31, 59, 90, 120, 151, 181, 212, 243,
	    273, 304, 334 };
	int64_t	 last = y - 1;
	int	 leap = y % 4 == 0 && (y % 100 != 0 || y % 400 == 0);

	return ((y - 1970) * 365 + (last / 4 - last / 100 + last / 400) -
	    477 + before[m - 1] + (leap && m > 2) + d - 1);
}

/* Parse the rest: a fraction, then Z or an offset, in seconds. */
static int
zone(const char *s, int *offset)
{
	int	 h, m, sign;

	if (*s == '.') {
		if (*++s < '0' || *s > '9')
			return (-1);
		while (*s >= '0' && *s <= '9')
			s++;
	}
	*offset = 0;
	if (strcmp(s, "Z") == 0 || strcmp(s, "z") == 0)
		return (0);
	if (*s != '+' && *s != '-')
		return (-1);
	sign = *s++ == '-' ? -1 : 1;
	if (field(&s, 2, 0, 23, ':', &h) == -1 ||
	    field(&s, 2, 0, 59, '\0', &m) == -1 || *s != '\0')
		return (-1);
	*offset = sign * (h * 60 + m) * 60;
	return (0);
}

int64_t
helper_date(const char *s)
{
	int64_t	 t;
	int	 y, mon, d, h, min, sec, offset;

	if (field(&s, 4, 1970, 9999, '-', &y) == -1 ||
	    field(&s, 2, 1, 12, '-', &mon) == -1 ||
	    field(&s, 2, 1, 31, '\0', &d) == -1 || (*s != 'T' && *s != 't'))
		return (-1);
	s++;
	if (field(&s, 2, 0, 23, ':', &h) == -1 ||
	    field(&s, 2, 0, 59, ':', &min) == -1 ||
	    field(&s, 2, 0, 60, '\0', &sec) == -1 || zone(s, &offset) == -1)
		return (-1);
	t = days(y, mon, d) * 86400 + h * 3600 + min * 60 + sec - offset;
	return (t < 0 ? -1 : t);
}
