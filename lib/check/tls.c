/*
 * tls: whether the relay speaks TLS as its clients need it; the certificate is
 * cert.c's.
 */
#include <stdio.h>
#include <string.h>

#include "alert.h"
#include "banner.h"
#include "cert.h"
#include "handshake.h"
#include "hostname.h"

/* The server name that clients send: none for an address. */
static const char *
server_name(const struct check_run *r)
{
	const char *name = check_server_name(r);

	return (net_hostname_is_ipv4(name) || net_hostname_is_ipv6(name) ?
	    NULL : name);
}

/* A handshake that a server without TLS answered. */
static void
foreign(struct check_run *r, const struct check_addr *a, uint8_t *first,
    size_t n)
{
	uint8_t more[CHECK_FIRST];
	enum check_service k;
	char what[384], server[2];
	size_t m;

	k = check_banner(first, n, what, sizeof(what));
	check_banner_field(first, n, "Server:", server, sizeof(server));
	/* An error is often answered without the server's name. */
	if (k == CHECK_SERVICE_HTTP && server[0] == '\0' &&
	    (m = check_hear(r, a, more)) > 0)
		k = check_banner(more, m, what, sizeof(what));
	check_found(r, a, r->node->port, k == CHECK_SERVICE_HTTP ||
	    k == CHECK_SERVICE_H2 ? CHECK_PLAIN_HTTP : CHECK_OTHER_SERVICE,
	    "it answers a TLS handshake without TLS, as %s", what);
}

/* Does a handshake of this kind succeed? */
static int
succeeds(struct check_run *r, const struct check_addr *a,
    const struct check_hello *h, struct check_shake *s)
{
	check_handshake(r, a, h, s);
	check_shake_free(s);
	return (s->end == CHECK_SHAKE_DONE);
}

/* Does it want a PROXY header?  Some servers know one version alone. */
static int
wants_proxy(struct check_run *r, const struct check_addr *a)
{
	struct check_hello h = { .name = server_name(r), .proxied = 1 };
	struct check_shake t;

	if (!(r->opts->what & CHECK_DETAILS))
		return (0);
	if (succeeds(r, a, &h, &t))
		return (1);
	h.proxied = 2;
	return (succeeds(r, a, &h, &t));
}

/* Does it answer a client that sends no name, be it with an alert? */
static int
answers_nameless(struct check_run *r, const struct check_addr *a)
{
	const struct check_hello h = { 0 };
	struct check_shake s;

	check_handshake(r, a, &h, &s);
	check_shake_free(&s);
	return (s.end == CHECK_SHAKE_DONE || s.end == CHECK_SHAKE_ALERT);
}

/* Servers of TLS say so to HTTP: Go, nginx, Apache. */
static int
speaks_tls(const uint8_t *first, size_t n)
{
	return (memmem(first, n, " 400 ", 5) != NULL &&
	    memmem(first, n, "HTTPS", 5) != NULL);
}

/* The server says nothing in TLS: find out what it wants. */
static void
mute(struct check_run *r, const struct check_addr *a,
    const struct check_shake *s)
{
	const int closed = s->end == CHECK_SHAKE_CLOSED;
	const unsigned int port = r->node->port;
	const char *name = server_name(r);
	uint8_t first[CHECK_FIRST];
	size_t n;

	if (name != NULL && answers_nameless(r, a))
		check_found(r, a, port, CHECK_TLS_NAME_CUT, "a client that "
		    "asks for \"%s\" %s, one that sends no name is answered",
		    name, closed ? "is cut off" : "gets no answer");
	else if ((n = check_hear(r, a, first)) > 0 && !speaks_tls(first, n))
		foreign(r, a, first, n);
	else if (closed && wants_proxy(r, a))
		check_found(r, a, port, CHECK_WANTS_PROXY, "a TLS handshake is "
		    "cut off, and succeeds behind a PROXY header");
	else if (!r->stopped)
		check_found(r, a, port, closed ? CHECK_TLS_CLOSED :
		    CHECK_TLS_SILENT, closed ? "it closes the connection "
		    "without an answer to the TLS handshake" :
		    "it takes the connection and does not answer the TLS "
		    "handshake");
}

/* The server offers HTTP/2 by ALPN, which is no DERP. */
static int
offers_h2(struct check_run *r, const struct check_addr *a)
{
	const struct check_hello h = { .name = server_name(r), .h2 = 1 };
	struct check_shake t;

	return (succeeds(r, a, &h, &t) && strcmp(t.alpn, "h2") == 0);
}

/* The server refuses the handshake, for a reason that it tells. */
static void
alerted(struct check_run *r, const struct check_addr *a,
    const struct check_shake *s)
{
	const int alert = s->alert;
	const struct check_hello nameless = { 0 };
	const char *name = server_name(r);
	const unsigned int port = r->node->port;
	struct check_shake t;

	if (name == NULL && (alert == CHECK_ALERT_NAME ||
	    alert == CHECK_ALERT_INTERNAL))
		check_found(r, a, port, CHECK_TLS_NAME, "it answers with the "
		    "alert %d (%s) a client that sends no name, as for an "
		    "address: it wants its name, in HostName of the map too",
		    alert, check_alert_name(alert));
	else if (alert == CHECK_ALERT_NAME || alert == CHECK_ALERT_INTERNAL ||
	    (alert == CHECK_ALERT_FAILURE && !s->asks_cert && name != NULL &&
	    succeeds(r, a, &nameless, &t)))
		check_found(r, a, port, CHECK_TLS_NAME, "it answers a client "
		    "that asks for \"%s\" with the alert %d (%s): %s", name,
		    alert, check_alert_name(alert), check_alert_meaning(alert));
	else if (alert == CHECK_ALERT_ALPN && offers_h2(r, a))
		check_found(r, a, port, CHECK_H2_ALONE, "it refuses clients "
		    "that offer http/1.1 by ALPN, and takes h2");
	else if (s->asks_cert)
		check_found(r, a, port, CHECK_CLIENT_CERT, "it asks for one, "
		    "and then sends the alert %d (%s)", alert,
		    check_alert_name(alert));
	else
		check_found(r, a, port, CHECK_TLS_ALERT, "it answers with the "
		    "alert %d (%s): %s", alert, check_alert_name(alert),
		    check_alert_meaning(alert));
}

/* What the server says is wrong. */
static void
broken(struct check_run *r, const struct check_addr *a,
    const struct check_shake *s)
{
	if (!s->bad_signature || s->ncerts == 0)
		check_found(r, a, r->node->port, CHECK_TLS_BROKEN, "%s",
		    s->why);
	else if (s->ncerts > 1 && check_cert_is_ca(s->certs[0]))
		check_cert_misordered(r, a, s);
	else
		check_found(r, a, r->node->port, CHECK_CERT_KEY, "the server "
		    "signs the handshake, and not with the key of the "
		    "certificate that it sends");
}

/* There was no handshake. */
static void
failed(struct check_run *r, const struct check_addr *a, struct check_shake *s)
{
	switch (s->end) {
	case CHECK_SHAKE_UNDIALED:
		check_tcp_again(r, a, s->error);
		break;
	case CHECK_SHAKE_FOREIGN:
		foreign(r, a, s->first, s->nfirst);
		break;
	case CHECK_SHAKE_CLOSED:
	case CHECK_SHAKE_SILENT:
		mute(r, a, s);
		break;
	case CHECK_SHAKE_ALERT:
		alerted(r, a, s);
		break;
	case CHECK_SHAKE_BROKEN:
		broken(r, a, s);
		break;
	default:
		check_local(r, "%s", s->why);
		break;
	}
}

/* What clients without a server name get. */
static void
without_name(struct check_run *r, const struct check_addr *a,
    const struct check_shake *s)
{
	const struct check_hello h = { 0 };
	struct check_shake t;
	const char *text;

	check_handshake(r, a, &h, &t);
	if (t.end == CHECK_SHAKE_ALERT || t.end == CHECK_SHAKE_CLOSED)
		text = "refused";
	else if (t.end != CHECK_SHAKE_DONE || t.ncerts == 0)
		text = "failed";
	else
		text = X509_cmp(t.certs[0], s->certs[0]) == 0 ?
		    "the same certificate" : "another certificate";
	check_text(r, a, CHECK_FACT_NO_NAME, text);
	check_shake_free(&t);
}

/* Which versions of TLS, and which protocols behind it, the server speaks. */
static void
versions(struct check_run *r, struct check_addr *a, const struct check_shake *s)
{
	const struct check_hello h = { .name = server_name(r), .only_12 = 1,
	    .h2 = 1 };
	struct check_shake t;
	const int both = strcmp(s->version, "TLSv1.2") != 0 &&
	    succeeds(r, a, &h, &t), h2 = both && strcmp(t.alpn, "h2") == 0;
	char text[48];

	(void)snprintf(text, sizeof(text), "%s%s", s->version, both ?
	    " TLSv1.2" : "");
	check_text(r, a, CHECK_FACT_TLS_VERSIONS, text);
	(void)snprintf(text, sizeof(text), "%s%s%s", s->alpn,
	    s->alpn[0] != '\0' && h2 ? " " : "", h2 ? "h2" : "");
	check_text(r, a, CHECK_FACT_ALPN, text[0] == '\0' ? "none" : text);
	a->h2_alone = h2 && s->alpn[0] == '\0';
}

/* A handshake that ended well: is it one that clients take? */
static int
judge(struct check_run *r, struct check_addr *a, const struct check_shake *s)
{
	if (s->old) {
		check_found(r, a, r->node->port, CHECK_TLS_OLD, "the newest "
		    "version that it speaks is %s", s->version);
		return (0);
	}
	if (s->ncerts == 0) {
		check_found(r, a, r->node->port, CHECK_TLS_BROKEN,
		    "the server sends no certificate");
		return (0);
	}
	a->asks_cert = s->asks_cert;
	check_number(r, a, CHECK_FACT_TLS, s->us);
	check_cert(r, a, s);
	if (r->opts->what & CHECK_DETAILS) {
		versions(r, a, s);
		if (server_name(r) != NULL)
			without_name(r, a, s);
	}
	return (1);
}

int
check_tls(struct check_run *r, struct check_addr *a)
{
	const struct check_hello h = { .name = server_name(r) };
	struct check_shake s;
	int rv = 0;

	if (r->opts->plain)
		return (1);
	check_step(r, "TLS");
	check_handshake(r, a, &h, &s);
	if (s.end == CHECK_SHAKE_DONE)
		rv = judge(r, a, &s);
	else
		failed(r, a, &s);
	check_shake_free(&s);
	return (rv);
}
