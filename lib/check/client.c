/*
 * client: see client.h.  Called by login.c, echo.c, latency.c, throughput.c and
 * mesh.c.  Touches the network through check_stream() alone.
 */
#include <stdio.h>
#include <string.h>

#include "client.h"
#include "clock.h"

#define FLOOD_MS	500	/* after a deadline: for what is there already,
				   unless that has no end */

int
check_step_ms(const struct check_run *r)
{
	return (r->opts->ms != 0 ? r->opts->ms : CHECK_STEP_MS);
}

/* Clients give up a login after 10 seconds: two steps. */
static int
login_ms(const struct check_run *r)
{
	return (2 * check_step_ms(r));
}

int
check_client_enter(struct check_client *c, struct check_run *r,
    const struct check_addr *a, int fast, char *why, size_t size)
{
	const struct net_derpclient_opts o = { .host = check_server_name(r),
	    .start = fast ? DERPCLIENT_FAST : DERPCLIENT_HTTP, .prober = 1 };
	struct net_stream *s;
	uint64_t began;
	int rv;

	c->fast = fast;
	if ((s = check_stream(r, a, why, size)) == NULL)
		return (0);
	if ((c->d = net_derpclient_new()) == NULL) {
		net_stream_free(s);
		(void)snprintf(r->local, sizeof(r->local), "out of memory");
		return (0);
	}
	if (r->opts->secret != NULL)
		net_derpclient_use_key(c->d, r->opts->secret);
	began = base_clock_us();
	rv = net_derpclient_open_stream(c->d, s, &o, login_ms(r));
	c->login = (int64_t)(base_clock_us() - began);
	if (rv == -1)
		(void)snprintf(why, size, "%s", net_derpclient_error(c->d));
	return (rv == 0);
}

void
check_client_leave(struct check_client *c)
{
	net_derpclient_free(c->d);
	c->d = NULL;
}

int
check_client_waited(const struct check_client *c, const struct check_run *r)
{
	return (c->d != NULL && (net_derpclient_cause(c->d) ==
	    DERPCLIENT_TIMEOUT || c->login >= check_step_ms(r) * 1000));
}

/* The server owes an answer that has not come. */
static void
silent(const struct check_client *c, struct check_run *r,
    const struct check_addr *a)
{
	static const char *const owed[] = {
		[DERPCLIENT_UPGRADE] = "the response to the upgrade to DERP",
		[DERPCLIENT_SERVER_KEY] = "the ServerKey frame",
		[DERPCLIENT_SERVER_INFO] = "the ServerInfo frame, which ends "
		    "the login,"
	};
	const enum net_derpclient_phase p = net_derpclient_phase(c->d);

	check_found(r, a, r->node->port, CHECK_LOGIN_SILENT, "%s does not come "
	    "within %d s", p >= DERPCLIENT_UPGRADE && p < DERPCLIENT_OPEN ?
	    owed[p] : "an answer", (int)((c->login + 500000) / 1000000));
}

void
check_client_blame(struct check_client *c, struct check_run *r,
    const struct check_addr *a, const char *why)
{
	const unsigned int port = r->node->port;
	const char *says;

	if (c->d != NULL && net_derpclient_interrupted(c->d))
		r->stopped = 1;
	if (r->stopped || r->local[0] != '\0')
		return;
	if (c->d == NULL)
		check_found(r, a, port, CHECK_PORT_UNSTEADY, "connections "
		    "were taken, and then one failed: %s", why);
	else if ((says = net_derpclient_refusal(c->d)) != NULL)
		check_found(r, a, port, CHECK_LOGIN_REFUSED, "the relay says: "
		    "%s", says);
	else if (net_derpclient_cause(c->d) == DERPCLIENT_CLOSED &&
	    net_derpclient_phase(c->d) == DERPCLIENT_SERVER_INFO)
		check_found(r, a, port, CHECK_LOGIN_REFUSED, "the relay closes "
		    "the connection without a word when it has received the "
		    "client's key, as derper does to a client that it does "
		    "not admit");
	else if (check_client_waited(c, r))
		silent(c, r, a);
	else if (net_derpclient_cause(c->d) == DERPCLIENT_CLOSED &&
	    net_derpclient_phase(c->d) == DERPCLIENT_SERVER_KEY)
		check_found(r, a, port, CHECK_LOGIN_BROKEN, "the connection "
		    "ends after the upgrade to DERP, before the ServerKey "
		    "frame");
	else
		check_found(r, a, port, CHECK_LOGIN_BROKEN, "%s", why);
}

/* Note a text of the server for its operator. */
static void
take_health(struct check_client *c, const struct net_derpclient_frame *f)
{
	(void)snprintf(c->health, sizeof(c->health), "%.*s",
	    f->len < RUN_HEALTH ? (int)f->len : RUN_HEALTH,
	    (const char *)f->p);
}

int
check_client_next(struct check_client *c, uint8_t type,
    struct net_derpclient_frame *f, long long until)
{
	long long left;
	int rv;

	do {
		if ((left = until - net_stream_until(0)) < -FLOOD_MS)
			return (0);
		rv = net_derpclient_recv(c->d, f, left > 0 ? (int)left : 0);
		if (rv != 1)
			return (rv);
		if (f->type == FRAME_HEALTH)
			take_health(c, f);
		if (f->type == FRAME_RESTARTING) {
			c->restarting = 1;
			return (-1);
		}
	} while (f->type != type);
	return (1);
}

void
check_client_ended(const struct check_client *c, struct check_run *r,
    const struct check_addr *a, const char *doing)
{
	const unsigned int port = r->node->port;

	if (net_derpclient_interrupted(c->d))
		r->stopped = 1;
	else if (c->restarting)
		check_found(r, a, port, CHECK_SERVER_RESTARTING, "the relay "
		    "sends that it restarts, and ends the session");
	else
		check_found(r, a, port, CHECK_SESSION_ENDS, "the session of %s "
		    "ends after %s: %s", c->name, doing,
		    net_derpclient_error(c->d));
}
