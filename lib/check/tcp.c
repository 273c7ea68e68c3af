/*
 * tcp: whether the relay's port takes connections.
 */
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "clock.h"
#include "run.h"

/* Is it a failure of the connection, not of this machine? */
static int
is_remote(int e)
{
	return (e == ECONNREFUSED || e == ECONNRESET || e == ETIMEDOUT ||
	    e == EACCES || e == EHOSTDOWN || e == EHOSTUNREACH ||
	    e == ENETDOWN || e == ENETUNREACH);
}

/* A connection that arrives nowhere. */
static void
failed(struct check_run *r, const struct check_addr *a, int e)
{
	const unsigned int port = r->node->port;

	if (!is_remote(e))
		check_local(r, "connect to %s port %u: %s", a->text, port,
		    strerror(e));
	else if (e == ECONNREFUSED || e == ECONNRESET)
		check_found(r, a, port, CHECK_PORT_CLOSED,
		    "the answer to a TCP connection is: %s", strerror(e));
	else if (e == ETIMEDOUT)
		check_found(r, a, port, CHECK_PORT_SILENT,
		    "a TCP connection got no answer within %d seconds",
		    (r->opts->ms != 0 ? r->opts->ms : CHECK_STEP_MS) / 1000);
	else if (!(r->opts->what & CHECK_NAMES) || check_obstacle(r, a) == NULL)
		/* Health's sandbox has no socket to look for a route. */
		check_found(r, a, port, CHECK_PORT_UNREACHABLE,
		    "a router or firewall answers: %s", strerror(e));
	else
		check_found(r, a, 0, CHECK_NO_ROUTE,
		    "connecting fails at once: %s", strerror(e));
}

void
check_tcp_again(struct check_run *r, const struct check_addr *a, int e)
{
	if (is_remote(e))
		check_found(r, a, r->node->port, CHECK_PORT_UNSTEADY,
		    "one connection was taken, and the next one failed: %s",
		    strerror(e));
	else
		failed(r, a, e);
}

int
check_tcp(struct check_run *r, struct check_addr *a)
{
	const uint64_t began = base_clock_us();
	int fd;

	check_step(r, "TCP");
	fd = check_dial(r, a, r->node->port, check_until(r));
	if (fd == -1) {
		failed(r, a, errno);
		return (0);
	}
	check_number(r, a, CHECK_FACT_CONNECT,
	    (int64_t)(base_clock_us() - began));
	(void)close(fd);
	return (1);
}
