/*
 * convertweb: the statements of derpd.conf(5) for host names, ports,
 * certificates and maps; see convertset.h.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "acmeconf.h"
#include "bounds.h"
#include "convertset.h"

#define CERTS_BELOW_HOME	"/.cache/tailscale/derper-certs"
#define GCP	"https://dv.acme-v02.api.pki.goog/directory"
#define PORTS	"a port from 1 to 65535"
#define DEV_PORT	3340
#define KEYID_MAX	255
#define SAFE	"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ" \
		"0123456789-."

/* Settings */

/* Split "HOST:PORT" as Go does.  0, or -1. */
static int
split(const char *addr, char *host, size_t size, const char **port)
{
	const char *colon = strrchr(addr, ':');
	size_t n;

	if (colon == NULL)
		return (-1);
	n = (size_t)(colon - addr);
	*port = colon + 1;
	if (n > 1 && addr[0] == '[' && addr[n - 1] == ']') {
		addr++;
		n -= 2;
	} else if (memchr(addr, ':', n) != NULL)
		return (-1);
	if (n >= size)
		return (-1);
	memcpy(host, addr, n);
	host[n] = '\0';
	return (0);
}

/* The address that Go listens on; its wildcards are of both families. */
static int
get_address(struct convert_web *w, const char *host)
{
	if (*host == '\0' || strcmp(host, "0.0.0.0") == 0 ||
	    strcmp(host, "::") == 0)
		host = "*";
	else if (strcmp(host, "localhost") == 0)
		host = "127.0.0.1";
	else if (!convert_is_address(host))
		return (-1);
	return (strlcpy(w->host, host, sizeof(w->host)) < sizeof(w->host) ?
	    0 : -1);
}

static void
get_addr(struct convert *c, struct convert_web *w)
{
	const char *addr = convert_get(c, CONVERT_ADDR), *port, *errstr = "";
	char host[256];

	if (addr == NULL)
		addr = ":443";
	if (split(addr, host, sizeof(host), &port) == 0 &&
	    get_address(w, host) == 0)
		w->port = (unsigned int)strtonum(strcmp(port, "https") == 0 ?
		    "443" : port, 1, 65535, &errstr);
	if (errstr != NULL)
		convert_bad(c, CONVERT_ADDR, "\":PORT\", \"ADDRESS:PORT\" or "
		    "\"[IPV6-ADDRESS]:PORT\"");
}

static void
get_mode(struct convert *c, struct convert_web *w)
{
	w->mode = convert_get(c, CONVERT_CERT_MODE);
	if (w->mode == NULL)
		w->mode = "letsencrypt";
	else if (strcmp(w->mode, "letsencrypt") != 0 &&
	    strcmp(w->mode, "manual") != 0 && strcmp(w->mode, "gcp") != 0)
		convert_bad(c, CONVERT_CERT_MODE, "letsencrypt, manual or "
		    "gcp");
	w->tls = w->port == 443 || strcmp(w->mode, "manual") == 0;
}

/* derper -dev: without TLS, for this machine. */
static void
set_dev(struct convert *c, struct convert_web *w)
{
	convert_note(c, "%s: port %d of this machine alone, without TLS; "
	    "derper has it on all addresses", convert_name(c, CONVERT_DEV),
	    DEV_PORT);
	w->port = DEV_PORT;
	w->tls = 0;
	strlcpy(w->host, "127.0.0.1", sizeof(w->host));
	if (w->name == NULL)
		w->name = "localhost";
}

static void
get_names(struct convert *c, struct convert_web *w)
{
	w->name_id = CONVERT_HOSTNAME;
	w->name = convert_host(c, w->name_id);
	w->mapname = convert_host(c, CONVERT_MAP_HOSTNAME);
	if (convert_get(c, CONVERT_HOSTNAME) == NULL && w->mapname != NULL) {
		w->map_only = 1;
		w->name = w->mapname;
		w->name_id = CONVERT_MAP_HOSTNAME;
	}
	if (w->mapname != NULL && w->name != NULL &&
	    strcasecmp(w->mapname, w->name) == 0)
		w->mapname = NULL;
}

static void
get_map(struct convert *c, struct convert_web *w)
{
	w->map = c->from == CONVERT_ENV &&
	    c->ops->exists(c->ops->arg, CONVERT_MAP);
	if (w->map || convert_get(c, CONVERT_MAP_HOSTNAME) == NULL)
		return;
	if (w->map_only)
		convert_error(c, "%s is set, but there is no map: expected a "
		    "DERP map in " CONVERT_MAP, convert_name(c,
		    CONVERT_MAP_HOSTNAME));
	else
		convert_note(c, "%s is set, but there is no map in "
		    CONVERT_MAP ": none is served", convert_name(c,
		    CONVERT_MAP_HOSTNAME));
}

void
convert_web_begin(struct convert *c, struct convert_web *w)
{
	const int dev = convert_bool(c, CONVERT_DEV, 0);

	get_names(c, w);
	get_addr(c, w);
	get_mode(c, w);
	get_map(c, w);
	w->ips = convert_bool(c, CONVERT_ACME_IP_CERTS, 0);
	w->relay = convert_bool(c, CONVERT_DERP, !w->map_only);
	w->stun = convert_bool(c, CONVERT_STUN, !w->map_only);
	if (dev)
		set_dev(c, w);
	if (w->name == NULL && convert_get(c, CONVERT_HOSTNAME) == NULL)
		convert_bad(c, CONVERT_HOSTNAME, "the name of this machine "
		    "that clients use, such as relay.example.org");
}

/* Ports */

static void
put_listen(struct convert *c, const struct convert_web *w)
{
	const int64_t http = convert_number(c, CONVERT_HTTP_PORT, 80, -1,
	    65535, PORTS ", or -1");

	convert_put(c, "listen on %s port %u %s\n", w->host, w->port,
	    w->tls ? "tls" : "derp");
	if (!w->tls) {
		convert_comment(c, "As derper, this port is without TLS. "
		    "Behind a reverse proxy add: proxy from { ITS-ADDRESS }");
		return;
	}
	if (http == 0 || http == w->port)
		convert_bad(c, CONVERT_HTTP_PORT, PORTS
		    " that is not the one of TLS, or -1");
	if (http > 0)
		convert_put(c, "listen on %s port %lld\n", w->host,
		    (long long)http);
	else if (strcmp(w->mode, "manual") != 0)
		convert_comment(c, "Without port 80 the CA validates names at "
		    "port 443 (challenge tls-alpn).");
}

/* Certificates */

/* The path DIR/NAME.SUFFIX as derper makes it.  0, or -1: too long. */
static int
cert_path(char *dst, size_t size, const char *dir, const char *name,
    const char *suffix)
{
	size_t n = strlcpy(dst, dir, size);

	n += n > 0 && n < size && dst[n - 1] == '/' ? 0 :
	    strlcat(dst, "/", size) < size;
	for (; *name != '\0' && n + 1 < size; name++)
		if (strchr(SAFE, *name) != NULL) {
			dst[n++] = *name;
			dst[n] = '\0';
		}
	return (strlcat(dst, suffix, size) < size ? 0 : -1);
}

/* The directory of certificates in `dst'; "": none. */
static void
cert_dir(struct convert *c, char *dst, size_t size)
{
	const char *dir = convert_path(c, CONVERT_CERT_DIR, size - 1);
	int n = 0;

	*dst = '\0';
	if (dir != NULL)
		strlcpy(dst, dir, size);
	else if (convert_get(c, CONVERT_CERT_DIR) == NULL &&
	    c->ops->home != NULL && c->ops->home[0] == '/')
		n = snprintf(dst, size, "%s" CERTS_BELOW_HOME, c->ops->home);
	if (n < 0 || (size_t)n >= size || strpbrk(dst, "\r\n") != NULL)
		*dst = '\0';
}

/* The certificate of one name.  1, or 0: derper has none and makes one. */
static int
put_pair(struct convert *c, const char *dir, const char *name)
{
	char cert[CONVERT_MAXSTRING + 1], key[CONVERT_MAXSTRING + 1];

	if (cert_path(cert, sizeof(cert), dir, name, ".crt") == -1 ||
	    cert_path(key, sizeof(key), dir, name, ".key") == -1) {
		convert_bad(c, CONVERT_CERT_DIR, "a shorter path");
		return (1);
	}
	if (convert_is_address(name) && !c->ops->exists(c->ops->arg, cert))
		return (0);
	convert_put(c, "certificate ");
	convert_quote(c, cert);
	convert_put(c, " key ");
	convert_quote(c, key);
	convert_put(c, "\n");
	return (1);
}

static void
put_manual(struct convert *c, const struct convert_web *w)
{
	char dir[CONVERT_MAXSTRING + 1];

	cert_dir(c, dir, sizeof(dir));
	if (*dir == '\0') {
		if (convert_get(c, CONVERT_CERT_DIR) == NULL)
			convert_bad(c, CONVERT_CERT_DIR, "the directory of "
			    "the certificate");
		return;
	}
	if (!put_pair(c, dir, w->name)) {
		convert_note(c, "no certificate of %s in %s: derpd makes one, "
		    "and derpctl node prints its pin", w->name, dir);
		convert_put(c, "certificate self-signed\n");
	}
	if (w->mapname == NULL || !w->map)
		return;
	if (!put_pair(c, dir, w->mapname))
		convert_note(c, "no certificate of %s in %s: the one of %s "
		    "must hold it", w->mapname, dir, w->name);
}

/* 1 when a certificate can be issued for the name, else 0. */
static int
may_issue(struct convert *c, enum convert_id id, const char *name)
{
	const char *why;
	char canonical[IPC_ACME_NAMESIZE];

	if ((why = acme_name(name, canonical)) == NULL)
		return (1);
	convert_error(c, "%s: \"%s\": no certificate can be issued for it: "
	    "%s: expected a public name, or certificates in files (%s "
	    "manual)", convert_name(c, id), name, why,
	    convert_name(c, CONVERT_CERT_MODE));
	return (0);
}

/* Is the setting of certificates for addresses one that derper takes? */
static void
check_addresses(struct convert *c, const struct convert_web *w)
{
	if (convert_is_address(w->name) && (!w->ips ||
	    strcmp(w->mode, "gcp") == 0))
		convert_error(c, "%s: \"%s\" is an address: expected a name, "
		    "or %s with certificates of letsencrypt, or %s manual",
		    convert_name(c, w->name_id), w->name,
		    convert_name(c, CONVERT_ACME_IP_CERTS),
		    convert_name(c, CONVERT_CERT_MODE));
	else if (w->ips && strcmp(w->mode, "letsencrypt") != 0)
		convert_error(c, "%s: expected it with certificates of "
		    "letsencrypt alone, not with %s %s", convert_name(c,
		    CONVERT_ACME_IP_CERTS), convert_name(c, CONVERT_CERT_MODE),
		    w->mode);
}

static void
put_contact(struct convert *c)
{
	const char *s = convert_get(c, CONVERT_ACME_EMAIL);

	if (s == NULL)
		return;
	if (strchr(s, '@') == NULL || strpbrk(s, " \"\\<>") != NULL ||
	    strlen(s) + sizeof("mailto:") > IPC_ACME_NAMESIZE)
		convert_bad(c, CONVERT_ACME_EMAIL, "a mail address");
	else
		convert_line(c, "\tcontact", s, "");
}

/* 1 when the ID of an external account is text of ASCII without quotes. */
static int
is_key_id(const char *s)
{
	const char *p;

	for (p = s; *p >= ' ' && *p <= '~' && *p != '"' && *p != '\\'; p++)
		;
	return (*p == '\0' && p - s <= KEYID_MAX);
}

/* Choose the file of the MAC key. */
static void
eab_file(struct convert *c)
{
	const char *dir = c->from == CONVERT_ENV ? c->statedir : "/etc/derpd";
	int n = snprintf(c->eab_file, sizeof(c->eab_file), "%s/acme-eab.key",
	    dir);

	if (n < 0 || (size_t)n >= sizeof(c->eab_file))
		convert_bad(c, CONVERT_STATE_DIR, "a shorter path");
}

/* External account binding; the key itself goes into a file. */
static void
put_eab(struct convert *c)
{
	const char *kid = convert_get(c, CONVERT_EAB_KID);

	if (kid == NULL || convert_get(c, CONVERT_EAB_KEY) == NULL ||
	    convert_get(c, CONVERT_ACME_EMAIL) == NULL) {
		convert_error(c, "%s gcp: expected %s, %s and %s, too",
		    convert_name(c, CONVERT_CERT_MODE),
		    convert_name(c, CONVERT_EAB_KID),
		    convert_name(c, CONVERT_EAB_KEY),
		    convert_name(c, CONVERT_ACME_EMAIL));
		return;
	}
	if (!is_key_id(kid)) {
		convert_bad(c, CONVERT_EAB_KID, "at most 255 characters of "
		    "ASCII without quotes");
		return;
	}
	eab_file(c);
	convert_comment(c, "This file, mode 600, holds the value of %s.",
	    convert_name(c, CONVERT_EAB_KEY));
	convert_put(c, "\teab ");
	convert_quote(c, kid);
	convert_put(c, " key file ");
	convert_quote(c, c->eab_file);
	convert_put(c, "\n");
}

/* Take over derper's certificate and account. */
static void
put_import(struct convert *c)
{
	char dir[CONVERT_MAXSTRING + 1];

	cert_dir(c, dir, sizeof(dir));
	if (*dir != '\0' && (convert_get(c, CONVERT_CERT_DIR) != NULL ||
	    c->ops->exists(c->ops->arg, dir)))
		convert_line(c, "\timport", dir, "");
}

static void
put_acme(struct convert *c, const struct convert_web *w)
{
	const int gcp = strcmp(w->mode, "gcp") == 0;

	check_addresses(c, w);
	if (!may_issue(c, w->name_id, w->name) || (w->mapname != NULL &&
	    !may_issue(c, CONVERT_MAP_HOSTNAME, w->mapname)))
		return;
	convert_put(c, "acme {\n");
	put_contact(c);
	convert_put(c, "\tdirectory %s\n", gcp ? "\"" GCP "\"" :
	    "letsencrypt");
	put_import(c);
	if (gcp)
		put_eab(c);
	convert_put(c, "}\n");
}

/* The whole */

/*
 * derper requests a certificate for each address at which a connection arrives.
 * One that it listens on alone is known.
 */
static void
put_addresses(struct convert *c, const struct convert_web *w)
{
	const char *name = convert_name(c, CONVERT_ACME_IP_CERTS);

	if (!w->ips || !w->tls || strcmp(w->mode, "letsencrypt") != 0 ||
	    strcmp(w->host, w->name) == 0)
		return;
	if (!convert_is_public(w->host)) {
		convert_note(c, "%s: derpd requests no certificate for an "
		    "address that is not named: write a line hostname for "
		    "each address that clients use%s", name,
		    convert_is_address(w->name) ? ", too" : "");
		return;
	}
	convert_note(c, "%s: one certificate is for all host names and "
	    "addresses, and all of them must be valid", name);
	convert_line(c, "hostname", w->host, "");
}

void
convert_web_text(struct convert *c, const struct convert_web *w)
{
	if (w->name == NULL)
		return;
	convert_line(c, "hostname", w->name, "");
	if (w->mapname != NULL && w->map)
		convert_line(c, "hostname", w->mapname, "");
	put_addresses(c, w);
	if (!w->relay && !w->map && convert_get(c, CONVERT_DNS_NAMES) ==
	    NULL && convert_get(c, CONVERT_UNPUBLISHED) == NULL) {
		convert_note(c, "%s is false: nothing is served over TCP",
		    convert_name(c, CONVERT_DERP));
		return;
	}
	put_listen(c, w);
	if (w->tls && strcmp(w->mode, "manual") == 0)
		put_manual(c, w);
	else if (w->tls)
		put_acme(c, w);
	if (w->map)
		convert_put(c, "map \"" CONVERT_MAP "\"\n");
}
