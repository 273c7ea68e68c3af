/*
 * moves: see moves.h.
 */
#include <unistd.h>

#include "parent.h"

void
parent_moves_init(struct parent *d)
{
	(void)d;
}

static const char	not_made[] = "sessions can't move";

static void
no_chans(const struct parent_moves_chan *v, size_t n)
{
	while (n > 0)
		close(v[--n].fd);
}

void
parent_moves_hold(struct parent *d, parent_moves_cb done, void *arg)
{
	(void)d;
	done(arg, not_made, 0);
}

int
parent_moves_held(const struct parent *d)
{
	(void)d;
	return (0);
}

void
parent_moves_send(struct parent *d, const struct parent_moves_chan *v, size_t n,
    unsigned int nworkers, const uint8_t *secret, parent_moves_cb done,
    void *arg)
{
	(void)d;
	(void)nworkers;
	(void)secret;
	no_chans(v, n);
	done(arg, not_made, 0);
}

void
parent_moves_receive(struct parent *d, const struct parent_moves_chan *v,
    size_t n, unsigned int nworkers, const uint8_t *secret,
    parent_moves_cb done, void *arg)
{
	parent_moves_send(d, v, n, nworkers, secret, done, arg);
}

void
parent_moves_cancel(struct parent *d)
{
	(void)d;
}

int
parent_moves_take(struct parent_proc *p)
{
	(void)p;
	return (-1);
}

int
parent_moves_leave(struct parent_proc *p)
{
	(void)p;
	return (-1);
}

void
parent_moves_connect(struct parent *d)
{
	(void)d;
}

void
parent_moves_thaw(struct parent *d)
{
	(void)d;
}

int
parent_moves_message(struct parent_proc *p, struct ipc_msg *m)
{
	(void)p;
	(void)m;
	return (-1);
}

void
parent_moves_gone(const struct parent_proc *p)
{
	(void)p;
}

void
parent_moves_stop(struct parent *d)
{
	(void)d;
}
