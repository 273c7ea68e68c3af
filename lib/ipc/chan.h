/*
 * chan: a channel between two processes: imsg over a socketpair, driven by
 * libevent, with ipc_msg_allowed() enforced on everything that arrives.
 *
 * A channel whose peer breaks the rules (unknown or forbidden message, missing
 * or unexpected descriptor, oversized payload) is reported as gone: fatal to
 * the sender, never to the receiver.  So is one whose peer does not read: what
 * waits to be written is bounded.
 *
 * The parent asks each child for a sign of life (MSG_PING), which the child's
 * channel answers by itself whenever it is read from.
 */
#ifndef CHAN_H
#define CHAN_H

#include <stddef.h>
#include <stdint.h>

#include "codec.h"
#include "msg.h"

/* Bytes that may wait to be written, of the largest settings with reserve. */
#define CHAN_MAXQUEUED	(32 * 1024 * 1024)

struct event_base;
struct ipc_chan;

/* One received message; valid during the call back or until ipc_msg_free(). */
struct ipc_msg {
	uint32_t	 type;	/* enum ipc_msg_type */
	struct ipc_rd	 rd;	/* its payload */
	int		 fd;	/* descriptor, -1 none; take it by setting -1 */
	void		*priv;	/* chan.c's own */
};

/* A message arrived.  A descriptor that is left in m->fd is closed after. */
typedef void (*ipc_chan_cb)(struct ipc_chan *c, struct ipc_msg *m, void *arg);

/*
 * The peer is gone or broke the rules (`why', one line).  The channel is
 * still there and must be freed by the call back or later.  Not called again.
 */
typedef void (*ipc_chan_gone_cb)(struct ipc_chan *c, const char *why,
	    void *arg);

/*
 * Take over the socket `fd' as a channel of process `self' to `peer'.  The
 * socket is made non-blocking and close-on-exec.  `base' NULL: a channel for
 * ipc_chan_call() and ipc_chan_recv() only, without events.  NULL with errno
 * set when there is no memory; `fd' is then left open.
 */
struct ipc_chan *ipc_chan_new(struct event_base *base, int fd,
	    enum ipc_role self, enum ipc_role peer, ipc_chan_cb cb,
	    ipc_chan_gone_cb gone, void *arg);

/*
 * Give a channel without events its event loop and call backs; messages that
 * came already are delivered from the loop.  0, or -1 with errno.
 */
int	 ipc_chan_attach(struct ipc_chan *c, struct event_base *base,
	    ipc_chan_cb cb, ipc_chan_gone_cb gone, void *arg);

/* Close and free; NULL is fine.  Safe inside its own call backs. */
void	 ipc_chan_free(struct ipc_chan *c);

/* The descriptor of the channel (to wait on); -1 when the peer is gone. */
int	 ipc_chan_fd(const struct ipc_chan *c);

/*
 * Queue a message: `w' is its payload (NULL none; not freed), `fd' a
 * descriptor to pass (-1 none; taken and closed when sent, also on error).
 * 0 queued, -1 with errno: what is wrong with `w' (EINVAL a value out of its
 * bounds), no memory, EMSGSIZE, EPERM by ipc_msg_allowed(),
 * EPIPE when the peer is gone, ENOBUFS when it has left too much unread
 * (logged): then it is gone too, which the loop tells.
 */
int	 ipc_chan_send(struct ipc_chan *c, uint32_t type,
	    const struct ipc_wr *w, int fd);

/*
 * Write what is queued and wait until it is out, at most `ms' milliseconds.
 * 0 all out, -1 with errno (ETIMEDOUT, EPIPE).
 */
int	 ipc_chan_flush(struct ipc_chan *c, int ms);

/*
 * Bytes of memory that queued messages take; one counts until its last byte is
 * written.
 */
size_t	 ipc_chan_queued(const struct ipc_chan *c);

/* Set how many bytes may be queued; CHAN_MAXQUEUED unless set. */
void	 ipc_chan_limit(struct ipc_chan *c, size_t bytes);

/*
 * Of the parent: ask the child for a sign of life, unless it owes one.  0, or
 * -1 as ipc_chan_send().
 */
int	 ipc_chan_ping(struct ipc_chan *c);

/* 1 while the last ipc_chan_ping() is not answered, else 0. */
int	 ipc_chan_owes_pong(const struct ipc_chan *c);

/*
 * Wait at most `ms' milliseconds for one message, without the event loop.
 * 0 and *m filled in (free with ipc_msg_free()), -1 with errno: ETIMEDOUT,
 * EPIPE when the peer is gone, EPROTO when it broke the rules.
 */
int	 ipc_chan_recv(struct ipc_chan *c, struct ipc_msg *m, int ms);

/*
 * 1 when ipc_chan_recv() has a message, or an error, without reading anything:
 * no event will tell of it.  Else 0.
 */
int	 ipc_chan_pending(struct ipc_chan *c);

/*
 * Of a process that waits for something else: read what is there, give the
 * sign of life that is asked for, and return 1 when ipc_chan_recv() has a
 * message or an error, else 0.
 */
int	 ipc_chan_poll(struct ipc_chan *c);

/*
 * ipc_chan_send(), ipc_chan_flush() and ipc_chan_recv() in one, within `ms'
 * altogether.
 */
int	 ipc_chan_call(struct ipc_chan *c, uint32_t type,
	    const struct ipc_wr *w, int fd, struct ipc_msg *answer, int ms);

/*
 * Release a message from ipc_chan_recv() or ipc_chan_call(); its payload is
 * zeroed.
 */
void	 ipc_msg_free(struct ipc_msg *m);

#endif
