/*
 * route: whether this machine has a way to the addresses of a node.  What it
 * can't reach is no fault of the node.
 */
#include <errno.h>
#include <netinet/in.h>
#include <string.h>
#include <unistd.h>

#include "run.h"

int
check_leaves_from(const struct check_run *r, const struct check_addr *a,
    struct check_addr *source)
{
	const int fd = socket(a->ss.ss_family, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	struct sockaddr *from = (struct sockaddr *)&source->ss;
	struct sockaddr_storage to;
	int e, rv = 0;

	memset(source, 0, sizeof(*source));
	if (fd == -1)
		return (-1);
	check_sockaddr(a, r->node->port, &to);
	source->len = check_source(r, a->ss.ss_family, &source->ss);
	if (source->len != 0)
		rv = bind(fd, from, source->len);
	if (rv == 0)
		rv = connect(fd, (struct sockaddr *)&to, a->len);
	source->len = sizeof(source->ss);
	if (rv == 0)
		rv = getsockname(fd, from, &source->len);
	e = errno;
	(void)close(fd);
	errno = e;
	return (rv);
}

const char *
check_obstacle(const struct check_run *r, const struct check_addr *a)
{
	struct check_addr source;

	if (check_leaves_from(r, a, &source) == -1)
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
