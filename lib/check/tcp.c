/*
 * tcp: whether the relay's port takes connections.
 */
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "run.h"

int
check_tcp(struct check_run *r, struct check_addr *a)
{
	const long long began = net_stream_until(0);
	const unsigned int port = r->node->port;
	int fd;

	check_step(r, "TCP");
	if ((fd = check_dial(r, a, port, check_until(r))) != -1) {
		check_number(r, a, CHECK_FACT_CONNECT,
		    (net_stream_until(0) - began) * 1000);
		(void)close(fd);
		return (1);
	}
	check_found(r, a, port, errno == ETIMEDOUT ? CHECK_PORT_SILENT :
	    CHECK_PORT_CLOSED, "%s", strerror(errno));
	return (0);
}
