/*
 * servers: what the parent does for fronts and relay workers alike: their
 * numbers, channels to keys, channels for hand-overs, and results of settings;
 * see parent.h.  Called by fronts.c, relays.c, reload.c, procs.c and parent.c.
 *
 * In generations, fronts have the first numbers and relay workers the next.
 */
#include <sys/socket.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "clock.h"
#include "ipcsend.h"
#include "log.h"
#include "parent.h"

unsigned int
parent_servers_count(const struct parent *d)
{
	return (d->nfronts + d->nworkers);
}

struct parent_proc *
parent_servers_at(struct parent *d, unsigned int n)
{
	return (n < d->nfronts ? &d->fronts[n] : &d->relays[n - d->nfronts]);
}

unsigned int
parent_servers_number(const struct parent_proc *p)
{
	return (p->c.role == ROLE_FRONT ? p->c.worker : p->d->nfronts +
	    p->c.worker);
}

const char *
parent_servers_name(const struct parent_proc *p)
{
	static char name[32];

	snprintf(name, sizeof(name), "%s %u", ipc_role_name(p->c.role),
	    p->c.worker);
	return (name);
}

int
parent_servers_send_slots(struct parent_proc *p)
{
	int fd = ipc_slots_share(p->d->slots);

	return (fd == -1 ? -1 : ipc_send_server_slots(p->c.chan, fd));
}

int
parent_servers_send_counters(struct parent_proc *p)
{
	int fd = ipc_counters_share_write(
	    p->d->counters[parent_servers_number(p)]);

	return (fd == -1 ? -1 : ipc_send_server_counters(p->c.chan, fd));
}

void
parent_servers_gone(const struct parent_proc *p)
{
	const struct ipc_counters *c =
	    p->d->counters[parent_servers_number(p)];

	if (c != NULL)
		ipc_counters_ended(c);
}

/* Channels to keys */

/* Make one channel to keys, of one kind. */
static int
connect_kind(struct parent_proc *p, enum ipc_keychan kind)
{
	struct ipc_msg_server_keys v = { kind };
	int fd = parent_keys_channel(p, kind);

	return (fd == -1 ? -1 : ipc_send_server_keys(p->c.chan, &v, fd));
}

/* Tell keys the secret of a relay worker, before it is asked for tickets. */
static int
send_secret(struct parent_proc *relay)
{
	struct ipc_msg_key_secret v = { relay->c.worker, relay->secret };

	return (ipc_send_key_secret(relay->d->keys.c.chan, &v));
}

static int
connect_to_keys(struct parent_proc *p)
{
	if (p->c.role == ROLE_RELAY)
		return (send_secret(p) == -1 ? -1 :
		    connect_kind(p, KEYCHAN_SEAL));
	return (connect_kind(p, KEYCHAN_BOX));
}

int
parent_servers_connect_keys(struct parent_proc *p)
{
	if (!p->d->keys_loaded || p->c.chan == NULL)
		return (0);	/* connected after the restart */
	p->connected_ms = base_clock_ms();
	if (connect_to_keys(p) == 0)
		return (0);
	log_warn("no channel from %s to keys (socketpair)",
	    parent_servers_name(p));
	return (-1);
}

/*
 * A process reports that it has no channel to its signer or to keys.  Ignored
 * while that does not run, and more than about once a second.  0, or -1
 * malformed.
 */
static int
renew_channels(struct parent_proc *p, struct ipc_msg *m)
{
	struct ipc_msg_server_keyless v;
	uint64_t now = base_clock_ms();

	if (ipc_get_server_keyless(&m->rd, &v) == -1 ||
	    (v.sign && p->c.role != ROLE_FRONT))
		return (-1);
	if (now - p->connected_ms < PARENT_REQUEST_MS)
		return (0);
	p->connected_ms = now;
	if (v.sign)
		(void)parent_signers_connect_front(p->d, p->c.worker);
	if (v.keys)
		(void)parent_servers_connect_keys(p);
	return (0);
}

/* Channels for hand-overs */

/* The other ends: relay workers for a front, fronts for a relay worker. */
static struct parent_proc *
others(struct parent_proc *p, unsigned int *n)
{
	struct parent *d = p->d;

	*n = p->c.role == ROLE_FRONT ? d->nworkers : d->nfronts;
	return (p->c.role == ROLE_FRONT ? d->relays : d->fronts);
}

static int
send_hand(struct parent_proc *p, unsigned int other, int fd)
{
	struct ipc_msg_server_hand v = { other };

	return (ipc_send_server_hand(p->c.chan, &v, fd));
}

/*
 * Make a channel between a front and a relay worker, which replaces an older
 * one.
 */
static int
connect_hands(struct parent_proc *a, struct parent_proc *b)
{
	int sv[2];

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, sv) == -1)
		return (-1);
	if (send_hand(a, b->c.worker, sv[0]) == -1) {
		close(sv[1]);
		return (-1);
	}
	return (send_hand(b, a->c.worker, sv[1]));
}

int
parent_servers_connect_hands(struct parent_proc *p)
{
	unsigned int i, n;
	struct parent_proc *other = others(p, &n);

	/* parent_moves_connect() makes them afterwards. */
	if (p->d->waiting || parent_moves_held(p->d))
		return (0);
	for (i = 0; i < n; i++)
		if (other[i].c.chan != NULL && connect_hands(p, &other[i]) ==
		    -1)
			return (-1);
	return (0);
}

/* Connect `p' again to those that the bitmap names and that run. */
static void
mend_hands(struct parent_proc *p, uint64_t hands)
{
	/* Who requests it without need can't fill the log. */
	static struct log_limit mended, failed;
	unsigned int i, n;
	struct parent_proc *other = others(p, &n);

	if (p->d->waiting)
		return;
	for (i = 0; i < n; i++) {
		if ((hands & 1ULL << i) == 0 || p->c.chan == NULL ||
		    other[i].c.chan == NULL)
			continue;
		if (connect_hands(p, &other[i]) == -1)
			log_limited_warnx(&failed, "can't connect %s and %s %u "
			    "again (socketpair): %s", parent_servers_name(p),
			    ipc_role_name(other[i].c.role), i, strerror(errno));
		else
			log_limited(&mended, "connected %s and %s %u again",
			    parent_servers_name(p),
			    ipc_role_name(other[i].c.role), i);
	}
}

/*
 * A process dropped links or channels for hand-overs, and requests new ones.
 * Both ends are replaced, or the other one would write where nobody reads.  0,
 * or -1 malformed.
 */
static int
mend(struct parent_proc *p, struct ipc_msg *m)
{
	struct ipc_msg_server_unlinked v;
	uint64_t now = base_clock_ms();

	if (ipc_get_server_unlinked(&m->rd, &v) == -1 ||
	    (p->c.role == ROLE_FRONT && v.links != 0))
		return (-1);
	if (now - p->linked_ms < PARENT_REQUEST_MS || parent_moves_held(p->d))
		return (0);		/* it will request again */
	p->linked_ms = now;
	parent_relays_mend(p, v.links);
	mend_hands(p, v.hands);
	return (0);
}

/* Settings */

/* The answer to MSG_SERVER_COMMIT.  0, or -1: malformed, or not pending. */
static int
handle_result(struct parent_proc *p, struct ipc_msg *m)
{
	struct ipc_msg_server_result v;

	if (ipc_get_server_result(&m->rd, &v) == -1 || p->commits == 0)
		return (-1);
	p->commits--;
	/* A starting process has no older settings to go on with. */
	if (!v.ok && v.id == 0) {
		log_warnx("%s: %s", parent_servers_name(p), v.why);
		return (-1);
	}
	parent_gen_answer(&p->d->gens, parent_servers_number(p), v.id, v.ok,
	    v.why);
	return (0);
}

int
parent_servers_message(struct parent_proc *p, struct ipc_msg *m)
{
	switch (m->type) {
	case MSG_SERVER_RESULT:
		return (handle_result(p, m));
	case MSG_SERVER_UNLINKED:
		return (mend(p, m));
	case MSG_SERVER_KEYLESS:
		return (renew_channels(p, m));
	case MSG_SERVER_ADMITLESS:
		return (admitset_renew(p, m));
	default:
		return (-1);
	}
}

int
parent_servers_start(struct parent_proc *p, int (*set_up)(struct parent_proc *),
    ipc_chan_cb cb)
{
	if (parent_start_child(p, set_up, cb) == -1)
		return (-1);
	/* A generation under way is staged in the new process as well. */
	parent_gen_server_up(&p->d->gens, parent_servers_number(p));
	return (0);
}
