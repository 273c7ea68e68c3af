/*
 * signers: the signers as the parent's children; see parent.h.  Each signs the
 * TLS handshakes of the front of its number, with keys that it gets from
 * keys.
 */
#include <sys/socket.h>
#include <unistd.h>

#include "clock.h"
#include "ipcsend.h"
#include "log.h"
#include "parent.h"

unsigned int
parent_signers_count(const struct parent *d)
{
	return (d->nfronts);
}

int
parent_signers_connect_front(struct parent *d, unsigned int n)
{
	struct parent_proc *signer = &d->signers[n], *front = &d->fronts[n];
	struct ipc_msg_server_keys v = { KEYCHAN_SIGN };
	int sv[2];

	if (signer->c.chan == NULL || front->c.chan == NULL)
		return (0);		/* connected when both run */
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, sv) == -1) {
		log_warn("no channel from front %u to its signer (socketpair)",
		    n);
		return (-1);
	}
	if (ipc_send_signer_front(signer->c.chan, sv[0]) == -1) {
		close(sv[1]);
		return (-1);
	}
	return (ipc_send_server_keys(front->c.chan, &v, sv[1]));
}

/* Make a channel between keys and a signer.  0, or -1 (logged). */
static int
connect_keys(struct parent *d, struct parent_proc *signer)
{
	int fd;

	if (!d->keys.c.ready || signer->c.chan == NULL)
		return (0);		/* connected when both run */
	signer->connected_ms = base_clock_ms();
	if ((fd = parent_keys_channel(signer, KEYCHAN_SIGNER)) == -1) {
		log_warn("no channel from signer %u to keys (socketpair)",
		    signer->c.worker);
		return (-1);
	}
	return (ipc_send_signer_keys(signer->c.chan, fd));
}

void
parent_signers_keys_ready(struct parent *d)
{
	unsigned int i;

	for (i = 0; i < parent_signers_count(d); i++)
		(void)connect_keys(d, &d->signers[i]);
}

/*
 * A signer reports that it has no channel to keys.  Ignored while keys does not
 * run, and more than about once a second.  0, or -1: not permitted.
 */
static int
handle(struct parent_proc *p, struct ipc_msg *m)
{
	if (m->type != MSG_SIGNER_KEYLESS || !ipc_rd_end(&m->rd))
		return (-1);
	if (base_clock_ms() - p->connected_ms >= PARENT_REQUEST_MS)
		(void)connect_keys(p->d, p);
	return (0);
}

static void
from_signer(struct ipc_chan *c, struct ipc_msg *m, void *arg)
{
	(void)c;
	parent_child_message(arg, m, handle);
}

static int
set_up(struct parent_proc *p)
{
	if (connect_keys(p->d, p) == -1)
		return (-1);
	return (parent_signers_connect_front(p->d, p->c.worker));
}

int
parent_signers_start_one(struct parent_proc *p)
{
	return (parent_start_child(p, set_up, from_signer));
}
