/*
 * target: see target.h.  Called by verify.c and connection.c.  Reads the CA
 * file.
 */
#include <sys/types.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <netinet/in.h>
#include <arpa/inet.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "hex.h"
#include "target.h"

#define LOCAL_HOST	"local-tailscaled.sock"	/* tailscaled takes no other */
#define HEAD		"User-Agent: derpd\r\nAccept: application/json\r\n"

int
verify_target_set(struct verify_target *t, const struct ipc_verify_source *v)
{
	t->kind = v->kind;
	strlcpy(t->name, v->name, sizeof(t->name));
	strlcpy(t->cas.file, v->cafile, sizeof(t->cas.file));
	t->cleartext = v->cleartext;
	if (v->kind == IPC_VERIFY_URL)
		return (v->cleartext ? net_url_parse_plain(v->name, &t->url) :
		    net_url_parse_local(v->name, &t->url));
	return (v->name[0] == '/' && strlen(v->name) <
	    sizeof(((struct sockaddr_un *)NULL)->sun_path) ? 0 : -1);
}

int
verify_target_is(const struct verify_target *t,
    const struct ipc_verify_source *v)
{
	return (t->kind == v->kind && strcmp(t->name, v->name) == 0 &&
	    t->cleartext == v->cleartext &&
	    strcmp(t->cas.file, v->cafile) == 0 &&
	    net_cas_are_current(&t->cas));
}

static void	fail(struct verify_target *, const char *, ...)
		    __attribute__((format(printf, 2, 3)));

static void
fail(struct verify_target *t, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(t->why, sizeof(t->why), fmt, ap);
	va_end(ap);
}

/* Make the settings of TLS, and try them. */
static void
prepare_tls(struct verify_target *t)
{
	if ((t->tls = tls_config_new()) == NULL)
		fail(t, "out of memory for TLS");
	else if (tls_config_set_alpn(t->tls, "http/1.1") == -1)
		fail(t, "TLS set-up: %s", tls_config_error(t->tls));
	else
		(void)net_cas_use(&t->cas, t->tls, t->url.host, t->why,
		    sizeof(t->why));
}

const struct sandbox_net *
verify_target_reach(struct verify_target *t, struct net_reach *r)
{
	static struct sandbox_net local;

	if (t->kind == IPC_VERIFY_TAILSCALED) {
		local.socket = t->name;
		return (&local);
	}
	if (!t->url.plain)
		prepare_tls(t);
	if (net_reach_init(r) == -1 ||
	    net_reach_add(r, t->name, t->cas.file) == -1)
		return (NULL);
	return (&r->net);
}

/* Write an address as text, IPv4 if it is mapped. */
static void
address_text(const uint8_t addr[IPC_ADDRLEN], char text[INET6_ADDRSTRLEN])
{
	struct in6_addr a;

	memcpy(&a, addr, IPC_ADDRLEN);
	if (IN6_IS_ADDR_V4MAPPED(&a))
		inet_ntop(AF_INET, addr + 12, text, INET6_ADDRSTRLEN);
	else
		inet_ntop(AF_INET6, &a, text, INET6_ADDRSTRLEN);
}

size_t
verify_target_request(const struct verify_target *t,
    const uint8_t key[IPC_KEYLEN], const uint8_t addr[IPC_ADDRLEN], char *buf)
{
	char hex[2 * IPC_KEYLEN + 1], from[INET6_ADDRSTRLEN];
	char body[160], host[sizeof(t->url.host) + 16] = "";
	int n;

	base_hex_put(hex, key, IPC_KEYLEN);
	if (t->kind == IPC_VERIFY_TAILSCALED) {
		n = snprintf(buf, VERIFY_REQUESTSIZE, "GET /localapi/v0/whois"
		    "?addr=nodekey%%3A%s HTTP/1.1\r\nHost: %s\r\n" HEAD "\r\n",
		    hex, LOCAL_HOST);
		return ((size_t)n);
	}
	address_text(addr, from);
	snprintf(body, sizeof(body),
	    "{\"NodePublic\":\"nodekey:%s\",\"Source\":\"%s\"}", hex, from);
	(void)net_url_authority(&t->url, host, sizeof(host));
	n = snprintf(buf, VERIFY_REQUESTSIZE, "POST %s HTTP/1.1\r\n"
	    "Host: %s\r\n" HEAD "Content-Type: application/json\r\n"
	    "Content-Length: %zu\r\n\r\n%s", t->url.path, host, strlen(body),
	    body);
	return ((size_t)n);
}

void
verify_target_free(struct verify_target *t)
{
	tls_config_free(t->tls);
	net_cas_free(&t->cas);
	memset(t, 0, sizeof(*t));
}
