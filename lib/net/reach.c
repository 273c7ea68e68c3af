/*
 * reach: see reach.h.  Opens the given files, and closes them again.
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "reach.h"
#include "url.h"

#define PORT_DNS	53
#define PORT_HTTPS	443

/* The port of a URL; an invalid URL fails later. */
static uint16_t
port_of(const char *url)
{
	struct net_url u;

	if (net_url_parse_plain(url, &u) == -1)
		return (PORT_HTTPS);
	return ((uint16_t)strtoul(u.port, NULL, 10));
}

static int
has_port(const struct net_reach *r, uint16_t port)
{
	size_t i;

	for (i = 0; i < r->net.nports; i++)
		if (r->ports[i] == port)
			return (1);
	return (0);
}

static int
has_path(const struct net_reach *r, const char *path)
{
	size_t i;

	for (i = 0; i < r->net.npaths; i++)
		if (strcmp(r->paths[i], path) == 0)
			return (1);
	return (0);
}

static int
add_port(struct net_reach *r, uint16_t port)
{
	uint16_t *v;

	if (has_port(r, port))
		return (0);
	v = reallocarray(r->ports, r->net.nports + 1, sizeof(*v));
	if (v == NULL)
		return (-1);
	v[r->net.nports++] = port;
	r->net.ports = r->ports = v;
	return (0);
}

static int
add_path(struct net_reach *r, const char *path)
{
	const char **v;

	if (path[0] == '\0' || has_path(r, path))
		return (0);
	v = reallocarray(r->paths, r->net.npaths + 1, sizeof(*v));
	if (v == NULL)
		return (-1);
	r->net.read_paths = r->paths = v;
	/* Copy the path: the settings may change. */
	if ((v[r->net.npaths] = strdup(path)) == NULL)
		return (-1);
	r->net.npaths++;
	return (0);
}

int
net_reach_init(struct net_reach *r)
{
	char dir[PATH_MAX], *slash;

	memset(r, 0, sizeof(*r));
	if (realpath("/etc/resolv.conf", dir) == NULL ||
	    (slash = strrchr(dir, '/')) == NULL || slash == dir)
		slash = dir;
	*slash = '\0';
	return (add_port(r, PORT_DNS) == -1 || add_path(r, dir) == -1 ? -1 : 0);
}

int
net_reach_https(struct net_reach *r)
{
	return (add_port(r, PORT_HTTPS));
}

int
net_reach_add(struct net_reach *r, const char *url, const char *cafile)
{
	return (add_port(r, port_of(url)) == -1 || add_path(r, cafile) == -1 ?
	    -1 : 0);
}

static int
can_read(const char *path)
{
	int fd;

	if ((fd = open(path, O_RDONLY | O_CLOEXEC)) != -1)
		close(fd);
	return (fd != -1 || errno != EACCES);
}

int
net_reach_covers(const struct net_reach *r, const char *url,
    const char *cafile)
{
	return (has_port(r, port_of(url)) && (cafile[0] == '\0' ||
	    (has_path(r, cafile) && can_read(cafile))));
}

int
net_resolver_limit(unsigned int seconds)
{
	char options[64];

	snprintf(options, sizeof(options), "timeout:%u attempts:2 "
	    "single-request", seconds);
	return (setenv("RES_OPTIONS", options, 1));
}
