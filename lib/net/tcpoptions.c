/*
 * tcpoptions: see tcpoptions.h.  Called by the parent and by mesh.
 */
#include <sys/socket.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <errno.h>
#include <stddef.h>

#include "tcpoptions.h"

/* What failed first. */
struct failure {
	const char	*name;
	int		 error;
};

static void
option(int fd, int level, int name, const char *text, int value,
    struct failure *f)
{
	if (setsockopt(fd, level, name, &value, sizeof(value)) == 0 ||
	    f->name != NULL)
		return;
	f->name = text;
	f->error = errno;
}

const char *
net_tcp_options(int fd, const struct net_tcp *o)
{
	struct failure f = { NULL, 0 };

	option(fd, IPPROTO_TCP, TCP_NODELAY, "TCP_NODELAY", 1, &f);
	option(fd, SOL_SOCKET, SO_KEEPALIVE, "SO_KEEPALIVE",
	    o->keepalive > 0, &f);
#ifdef TCP_KEEPIDLE
	if (o->keepalive > 0)
		option(fd, IPPROTO_TCP, TCP_KEEPIDLE, "TCP_KEEPIDLE",
		    (int)o->keepalive, &f);
#endif
#ifdef TCP_USER_TIMEOUT
	option(fd, IPPROTO_TCP, TCP_USER_TIMEOUT, "TCP_USER_TIMEOUT",
	    (int)o->user_timeout, &f);
#endif
#ifdef TCP_NOTSENT_LOWAT
	option(fd, IPPROTO_TCP, TCP_NOTSENT_LOWAT, "TCP_NOTSENT_LOWAT",
	    (int)o->unsent, &f);
#endif
	errno = f.error;
	return (f.name);
}
