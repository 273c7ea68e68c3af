/*
 * dialproxy: see dialproxy.h.  Called by dial.c and by the owners of nodes.
 */
#include <sodium.h>
#include <stdio.h>
#include <string.h>

#include "dialproxy.h"
#include "hex.h"
#include "http.h"
#include "url.h"

#define SCHEME	"http://"

/* Decode "%40" and the like within `p'.  Returns the bytes, or -1. */
static int
decode(char *p)
{
	uint8_t byte;
	int n = 0, i;

	for (i = 0; p[i] != '\0'; i++) {
		byte = (uint8_t)p[i];
		if (byte == '%') {
			if (p[i + 1] == '\0' ||
			    base_hex_get(&byte, 1, p + i + 1) == -1)
				return (-1);
			i += 2;
		}
		p[n++] = (char)byte;
	}
	return (n);
}

/* Store the `n' bytes of user information at `s'. */
static int
set_login(struct dial_proxy *p, const char *s, size_t n)
{
	char plain[DIAL_PROXY_LOGIN * 3 / 4];
	int len, rv = -1;

	if (n >= sizeof(plain))
		return (-1);
	memcpy(plain, s, n);
	plain[n] = '\0';
	if (strchr(plain, ':') != NULL && (len = decode(plain)) > 0 &&
	    sodium_base64_encoded_len((size_t)len,
	    sodium_base64_VARIANT_ORIGINAL) <= sizeof(p->login)) {
		sodium_bin2base64(p->login, sizeof(p->login),
		    (const unsigned char *)plain, (size_t)len,
		    sodium_base64_VARIANT_ORIGINAL);
		rv = 0;
	}
	explicit_bzero(plain, sizeof(plain));
	return (rv);
}

int
dial_proxy_set(struct dial_proxy *p, const char *url)
{
	const char *host, *at, *end;
	char bare[IPC_URLSIZE];
	struct net_url u;

	memset(p, 0, sizeof(*p));
	if (url[0] == '\0')
		return (0);
	if (strncmp(url, SCHEME, sizeof(SCHEME) - 1) != 0)
		return (-1);
	host = url + sizeof(SCHEME) - 1;
	end = host + strcspn(host, "/");
	at = memchr(host, '@', (size_t)(end - host));
	if (at != NULL && set_login(p, host, (size_t)(at - host)) == -1)
		return (-1);
	if ((size_t)snprintf(bare, sizeof(bare), SCHEME "%s", at != NULL ?
	    at + 1 : host) >= sizeof(bare) ||
	    net_url_parse_plain(bare, &u) == -1 || strcmp(u.path, "/") != 0)
		return (-1);
	strlcpy(p->port, u.port, sizeof(p->port));
	return (strlcpy(p->host, u.host, sizeof(p->host)) >= sizeof(p->host) ?
	    -1 : 0);
}

int
dial_proxy_request(const struct dial_proxy *p, const char *host,
    const char *port, char *buf, size_t size)
{
	const int v6 = strchr(host, ':') != NULL;
	const char *open = v6 ? "[" : "", *close = v6 ? "]" : "";
	const int login = p->login[0] != '\0';
	int n;

	if (strpbrk(host, " \r\n") != NULL)
		return (-1);
	n = snprintf(buf, size, "CONNECT %s%s%s:%s HTTP/1.1\r\n"
	    "Host: %s%s%s:%s\r\n%s%s%s\r\n", open, host, close, port, open,
	    host, close, port, login ? "Proxy-Authorization: Basic " : "",
	    p->login, login ? "\r\n" : "");
	return (n < 0 || (size_t)n >= size ? -1 : n);
}

int
dial_proxy_response(const char *p, size_t n, char *why, size_t size)
{
	struct net_http_head h;
	int used;

	used = net_http_parse_response(&h, p, n);
	if (used == HTTP_MORE && n < HTTP_MAX_HEAD)
		return (0);
	if (used <= 0) {
		(void)snprintf(why, size, "the proxy's answer is not HTTP/1.1");
		return (-1);
	}
	if (h.status < 200 || h.status > 299) {
		(void)snprintf(why, size, "the proxy answered HTTP status %d%s",
		    h.status, h.status == 407 ? " (it wants a login)" : "");
		return (-1);
	}
	if ((size_t)used < n) {
		(void)snprintf(why, size, "the proxy sent bytes before TLS "
		    "began");
		return (-1);
	}
	return (1);
}
