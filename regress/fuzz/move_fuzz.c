/*
 * move_fuzz: any messages from an old relay worker: sessions that come whole go
 * on, others end, and nothing is left.  Each message is a byte, its number
 * counted from MOVE_BEGIN, two bytes of its length, and its payload.  A session
 * gets a TCP socket, or with the top bit of the first byte a local one.
 */
#include <sys/socket.h>
#include <event2/event.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bigendian.h"
#include "move.h"
#include "relay.h"

int	LLVMFuzzerTestOneInput(const uint8_t *, size_t);

static void
must(int ok)
{
	if (!ok)
		abort();
}

static void
answered(struct ipc_chan *c, struct ipc_msg *m, void *arg)
{
	struct ipc_msg_relay_took v;
	int *took = arg;

	(void)c;
	must(m->type == MSG_RELAY_TOOK && ipc_get_relay_took(&m->rd, &v) == 0);
	*took = v.ok;
}

static void
ended(struct ipc_chan *c, const char *why, void *arg)
{
	(void)c;
	(void)why;
	(void)arg;
	abort();
}

/* A worker that never ends, whose parent is `took'. */
static struct relay *
worker(int *took)
{
	struct relay *r;
	int sv[2];

	must(sodium_init() != -1);
	must(socketpair(AF_UNIX, SOCK_STREAM, 0, sv) == 0);
	r = relay_new(NULL);
	r->conf.nworkers = 1;
	r->conf.queue_bytes = 100000;
	r->conf.queue_packets = 100;
	r->conf.codel_target = 20;
	r->conf.codel_interval = 100;
	r->conf.client_rate = r->conf.client_burst = 10000;
	r->files.max = 1024;
	derp_queue_set_limit(&r->queues, 1000000);
	r->parent = ipc_chan_new(r->set.base, sv[0], ROLE_RELAY, ROLE_PARENT,
	    answered, ended, took);
	must(r->parent != NULL && ipc_chan_new(r->set.base, sv[1], ROLE_PARENT,
	    ROLE_RELAY, answered, ended, took) != NULL);
	return (r);
}

static void
turns(struct relay *r)
{
	const struct timeval now = { 0, 0 };
	int i;

	for (i = 0; i < 5; i++) {
		must(event_base_loopexit(r->set.base, &now) == 0);
		relay_turn(r);
	}
}

/* Send the messages. */
static void
say(struct relay *r, struct ipc_chan *old, const uint8_t *p, size_t n)
{
	struct ipc_wr w;
	uint32_t type;
	size_t len;
	int fd;

	for (; n >= 3; p += 3 + len, n -= 3 + len) {
		type = MSG_MOVE_BEGIN + (p[0] & 0x7f);
		len = base_get16(p + 1);
		if (len > n - 3)
			len = n - 3;
		fd = -1;
		if (type == MSG_MOVE_SESSION || type == MSG_MOVE_LINK)
			fd = socket((p[0] & 0x80) != 0 ? AF_UNIX : AF_INET,
			    SOCK_STREAM, 0);
		ipc_wr_init(&w);
		ipc_wr_bytes(&w, p + 3, len);
		(void)ipc_chan_send(old, type, &w, fd);
		(void)ipc_chan_flush(old, 0);
		ipc_wr_free(&w);
		turns(r);
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const uint8_t secret[IPC_SLOT_SECRETLEN];
	const struct ipc_msg_relay_move_from from = { .nworkers = 1,
	    .slot_secret = secret };
	static struct relay *r;
	static int took;
	struct ipc_chan *old;
	struct conn *c;
	int sv[2];

	if (r == NULL)
		r = worker(&took);
	took = -1;
	must(socketpair(AF_UNIX, SOCK_STREAM, 0, sv) == 0);
	must(move_from_message(r, &from, &sv[0]) == 0);
	old = ipc_chan_new(NULL, sv[1], ROLE_RELAY, ROLE_RELAY, NULL, NULL,
	    NULL);
	must(old != NULL);
	say(r, old, data, size);
	ipc_chan_free(old);
	turns(r);
	must(took != -1);		/* the end was reported */
	move_take(r, 0);
	turns(r);
	must(r->move.taking == MOVE_TAKEN && r->move.in[0] == NULL);
	TAILQ_FOREACH(c, &r->set.conns, entry) {
		must(c->state != CONN_MOVED);
		conn_close(c, "the end of the input");
	}
	turns(r);
	must(TAILQ_EMPTY(&r->set.conns) && r->stats->connections == 0 &&
	    r->stats->watchers == 0 && r->queues.memory == 0 &&
	    r->set.outputs.ctl_memory == 0);
	r->move.taking = MOVE_WAITING;
	return (0);
}
