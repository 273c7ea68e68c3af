/*
 * helper_reach: what the sandbox of acme-helper leaves within reach; see
 * helper.h.
 */
#include <sys/types.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "helper.h"
#include "https.h"

#define PORT_DNS	53
#define PORT_HTTPS	443

static char			 resolver[PATH_MAX];
static char			 ca_file[sizeof(((struct acme_conf *)0)->
				    ca_file)];
static const char		*paths[2];
static uint16_t			 ports[3] = { PORT_DNS, PORT_HTTPS, 0 };
static struct sandbox_net	 net = { paths, 0, ports, 2 };

/* The directory where resolv.conf is in truth; "" when there is none. */
static void
find_resolver(void)
{
	char	*slash;

	if (realpath("/etc/resolv.conf", resolver) == NULL ||
	    (slash = strrchr(resolver, '/')) == NULL || slash == resolver)
		resolver[0] = '\0';
	else
		*slash = '\0';
}

/* The port of the directory; one that is no URL fails later. */
static uint16_t
port_of(const struct acme_conf *c)
{
	struct url	 u;

	if (url_parse(c->directory, &u) == -1)
		return (PORT_HTTPS);
	return ((uint16_t)strtoul(u.port, NULL, 10));
}

const struct sandbox_net *
reach_set(const struct acme_conf *c)
{
	find_resolver();
	if (resolver[0] != '\0')
		paths[net.npaths++] = resolver;
	snprintf(ca_file, sizeof(ca_file), "%s", c->ca_file);
	if (ca_file[0] != '\0')
		paths[net.npaths++] = ca_file;
	if (port_of(c) != PORT_HTTPS)
		ports[net.nports++] = port_of(c);
	return (&net);
}

int
reach_covers(const struct acme_conf *c)
{
	size_t	 i;
	int	 fd;

	for (i = 0; i < net.nports && ports[i] != port_of(c); i++)
		;
	if (i == net.nports || strcmp(c->ca_file, ca_file) != 0)
		return (0);
	if (ca_file[0] == '\0')
		return (1);
	/* A file that was replaced is another one for the sandbox. */
	if ((fd = open(ca_file, O_RDONLY | O_CLOEXEC)) != -1)
		close(fd);
	return (fd != -1 || errno != EACCES);
}
