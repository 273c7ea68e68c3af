/*
 * status: what derpctl is told of the service, as JSON; see control.h.  Called
 * by control.c.
 */
#include <netdb.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "clock.h"
#include "hex.h"
#include "parent.h"

static void
put(struct wr *w, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

/* Text that needs no escaping. */
static void
put(struct wr *w, const char *fmt, ...)
{
	char text[256];
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	if (n < 0 || (size_t)n >= sizeof(text))
		w->bad = 1;
	else
		wr_bytes(w, text, (size_t)n);
}

/* What is no printable ASCII is escaped byte by byte: it may be no UTF-8. */
static void
put_string(struct wr *w, const char *s)
{
	unsigned char ch;

	put(w, "\"");
	for (; (ch = (unsigned char)*s) != '\0'; s++) {
		if (ch == '"' || ch == '\\')
			put(w, "\\%c", ch);
		else if (ch < 0x20 || ch >= 0x7f)
			put(w, "\\u%04x", ch);
		else
			wr_bytes(w, s, 1);
	}
	put(w, "\"");
}

static void
put_process(struct wr *w, const char *role, const struct proc *p, int worker,
    int *n)
{
	put(w, "%s{\"role\":\"%s\",", (*n)++ > 0 ? "," : "", role);
	if (worker >= 0)
		put(w, "\"worker\":%d,", worker);
	put(w, "\"pid\":%d,\"sandbox\":", (int)p->pid);
	put_string(w, p->ready ? p->level : "not running");
	put(w, ",\"restarts\":%u,\"uptime\":%llu}", p->restarts,
	    p->ready ? (unsigned long long)(clock_ms() -
	    p->started_ms) / 1000 : 0ULL);
}

static void
put_processes(const struct derpd *d, struct wr *w)
{
	unsigned int i;
	int n = 1;

	put(w, "\"processes\":[{\"role\":\"parent\",\"pid\":%d,\"sandbox\":"
	    "\"none\",\"restarts\":0,\"uptime\":%llu}", (int)getpid(),
	    (unsigned long long)(clock_ms() - d->started_ms) / 1000);
	put_process(w, "keys", &d->keys, -1, &n);
	for (i = 0; i < d->nworkers; i++)
		put_process(w, "relay", &d->relays[i], (int)i, &n);
	put(w, "]");
}

static void
put_time(struct wr *w, time_t t)
{
	struct tm tm;
	char text[32];

	if (gmtime_r(&t, &tm) == NULL ||
	    strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%SZ", &tm) == 0)
		text[0] = '\0';
	put_string(w, text);
}

static void
put_cert(struct wr *w, const struct cert *c)
{
	size_t i;

	put(w, "{\"names\":[");
	for (i = 0; i < c->nnames; i++) {
		put(w, "%s", i > 0 ? "," : "");
		put_string(w, c->names[i]);
	}
	put(w, "],\"not_after\":");
	put_time(w, c->not_after);
	put(w, ",\"pin\":");
	put_string(w, c->pin);
	put(w, ",\"days_left\":%d}", cert_days_left(c, time(NULL)));
}

void
status_text(const struct derpd *d, struct wr *w)
{
	char key[65];
	size_t i;

	hex_put(key, d->loaded.node_key, 32);
	put(w, "{\"version\":\"" DERPD_VERSION "\",\"uptime\":%llu,"
	    "\"pid\":%d,\"config\":", (unsigned long long)(clock_ms() -
	    d->started_ms) / 1000, (int)getpid());
	put_string(w, d->conf_path);
	put(w, ",\"nodekey\":\"nodekey:%s\",", key);
	put_processes(d, w);
	put(w, ",\"listen\":[");
	for (i = 0; i < d->listens.n; i++) {
		put(w, "%s", i > 0 ? "," : "");
		put(w, "\"%s %s\"", d->listens.v[i].text,
		    d->listens.v[i].tls ? "tls" : "plain");
	}
	put(w, "],\"certificates\":[");
	for (i = 0; i < d->loaded.ncerts; i++) {
		put(w, "%s", i > 0 ? "," : "");
		put_cert(w, d->loaded.certs[i]);
	}
	put(w, "]}");
}

/* The address of a listening line when it is a specific one of `family'. */
static int
specific(const struct conf_listen *l, int family, char *host, size_t size)
{
	if (l->ss.ss_family != family || l->wildcard || !l->tls ||
	    getnameinfo((const struct sockaddr *)&l->ss, l->sslen, host,
	    (socklen_t)size, NULL, 0, NI_NUMERICHOST) != 0)
		return (0);
	return (strcmp(host, "::") != 0 && strcmp(host, "0.0.0.0") != 0);
}

static void
put_address(const struct derpd *d, struct wr *w, int family, const char *name)
{
	const struct conf_listen *l;
	char host[64];

	TAILQ_FOREACH(l, &d->conf->listens, entry)
		if (specific(l, family, host, sizeof(host))) {
			put(w, ",\"%s\":\"%s\"", name, host);
			return;
		}
}

void
status_node(const struct derpd *d, struct wr *w)
{
	const char *name = TAILQ_FIRST(&d->conf->names)->name;
	int port = 0, port80 = 0;
	size_t i;

	for (i = 0; i < d->listens.n; i++) {
		if (d->listens.v[i].tls && port == 0)
			port = d->listens.v[i].port;
		port80 |= !d->listens.v[i].tls && d->listens.v[i].port == 80;
	}
	put(w, "{\"Name\":");
	put_string(w, name);
	put(w, ",\"RegionID\":900,\"HostName\":");
	put_string(w, name);
	/* Only the first certificate is what clients without a name get. */
	if (d->loaded.selfsigned == 0) {
		put(w, ",\"CertName\":");
		put_string(w, d->loaded.certs[0]->pin);
	}
	put_address(d, w, AF_INET, "IPv4");
	put_address(d, w, AF_INET6, "IPv6");
	if (port != 443)
		put(w, ",\"DERPPort\":%d", port);
	put(w, ",\"STUNPort\":-1%s}", port80 ? ",\"CanPort80\":true" : "");
}
