/*
 * tcpstate: see tcpstate.h.
 */
#include <sys/socket.h>
#include <netinet/in.h>
#include <netinet/tcp.h>

#include "tcpstate.h"

#ifdef __linux__
/* 0, or -1: `fd' is not TCP. */
static int
get(int fd, struct tcp_info *ti)
{
	socklen_t len = sizeof(*ti);

	return (getsockopt(fd, IPPROTO_TCP, TCP_INFO, ti, &len));
}
#endif

int
net_tcpstate_get(int fd, struct net_tcpstate *s)
{
#ifdef __linux__
	struct tcp_info ti;

	if (get(fd, &ti) == -1)
		return (-1);
	s->closed = ti.tcpi_state != TCP_ESTABLISHED;
	s->quiet_ms = ti.tcpi_last_data_recv;
	return (0);
#else
	(void)fd;
	(void)s;
	return (-1);
#endif
}

int
net_tcpstate_backlog(int fd)
{
#ifdef __linux__
	struct tcp_info ti;

	if (get(fd, &ti) == -1 || ti.tcpi_state != TCP_LISTEN)
		return (-1);
	return ((int)ti.tcpi_sacked);	/* its meaning in that state */
#else
	(void)fd;
	return (-1);
#endif
}
