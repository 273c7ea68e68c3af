/*
 * route: whether this machine has a way to the addresses of a node.  What it
 * can't reach is no fault of the node.
 */
#include <errno.h>
#include <netinet/in.h>
#include <string.h>
#include <unistd.h>

#include "run.h"

/*
 * Find the address that packets to `a' leave from; no packet is sent.  Returns
 * 0, or -1 with errno.
 */
static int
find_source(const struct check_run *r, const struct check_addr *a,
    struct sockaddr_storage *source)
{
	const int fd = socket(a->ss.ss_family, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	socklen_t len = check_source(r, a->ss.ss_family, source);
	struct sockaddr_storage to;
	int e, rv;

	if (fd == -1)
		return (-1);
	check_sockaddr(a, r->node->port, &to);
	if ((rv = len == 0 ? 0 : bind(fd, (struct sockaddr *)source, len)) ==
	    0 && (rv = connect(fd, (struct sockaddr *)&to, a->len)) == 0) {
		len = sizeof(*source);
		rv = getsockname(fd, (struct sockaddr *)source, &len);
	}
	e = errno;
	(void)close(fd);
	errno = e;
	return (rv);
}

const char *
check_obstacle(const struct check_run *r, const struct check_addr *a)
{
	struct check_addr source;

	if (find_source(r, a, &source.ss) == -1)
		return (strerror(errno));
	if (a->ss.ss_family == AF_INET6 && !check_is_private(a) &&
	    check_is_private(&source))
		return ("this machine has no public IPv6 address");
	return (NULL);
}

int
check_routes(struct check_run *r)
{
	const char *why, *first = NULL;
	struct check_addr *a;
	size_t i, left = 0;

	for (i = 0; i < r->naddrs; i++) {
		a = &r->addrs[i];
		if ((why = check_obstacle(r, a)) == NULL) {
			left += !a->dns_only;
			continue;
		}
		a->skipped = 1;
		check_found(r, a, 0, CHECK_NO_ROUTE, "%s", why);
		if (first == NULL)
			first = why;
	}
	if (left == 0)
		check_local(r, "can't reach %s from this machine: %s",
		    r->addrs[0].text, first);
	return (left > 0);
}
