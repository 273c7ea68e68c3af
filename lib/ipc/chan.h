/*
 * chan: a channel between two processes: imsg over a socketpair, driven by
 * libevent. ipc_msg_allowed() is enforced on every received message.
 *
 * A peer that breaks the protocol (unknown or forbidden message, missing or
 * unexpected descriptor, oversized payload) is reported as lost: the error is
 * fatal to the sender, never to the receiver.  A peer that does not read is
 * lost, too: the queue of unwritten messages is bounded.  When the system takes
 * no descriptor, because too many of this user are in sockets, the queue is
 * held, and written some time later.
 *
 * The parent pings each child (MSG_PING); the child's channel answers by itself
 * whenever it is read.
 */
#ifndef CHAN_H
#define CHAN_H

#include <stddef.h>
#include <stdint.h>

#include "codec.h"
#include "msg.h"

/* Limit of queued bytes: the largest settings, with a reserve. */
#define CHAN_MAXQUEUED	(32 * 1024 * 1024)

/* What a queued descriptor counts there: a few hundred may be queued. */
#define CHAN_FD_COST	(64 * 1024)

/*
 * Descriptors that a peer can make this process hold, which came with messages
 * that are not complete yet.
 */
#define CHAN_MAXFDS	4

struct event_base;
struct ipc_chan;

/* One received message; valid during the callback or until ipc_msg_free(). */
struct ipc_msg {
	uint32_t	 type;	/* enum ipc_msg_type */
	struct ipc_rd	 rd;	/* its payload */
	int		 fd;	/* descriptor, -1 none; set to -1 to keep it */
	void		*priv;	/* private to chan.c */
};

/*
 * A message arrived.  A descriptor that is left in m->fd is closed afterwards.
 */
typedef void (*ipc_chan_cb)(struct ipc_chan *c, struct ipc_msg *m, void *arg);

/*
 * The peer is gone or broke the protocol (`why', one line).  Called once.  The
 * channel still exists and must be freed, by the callback or later.
 */
typedef void (*ipc_chan_gone_cb)(struct ipc_chan *c, const char *why,
	    void *arg);

/*
 * Make a channel of process `self' to `peer' from the socket `fd', which
 * becomes non-blocking and close-on-exec.  `base' NULL: a channel without
 * events, for ipc_chan_call() and ipc_chan_recv() only.  Returns NULL with
 * errno when out of memory; `fd' is then left open.
 */
struct ipc_chan *ipc_chan_new(struct event_base *base, int fd,
	    enum ipc_role self, enum ipc_role peer, ipc_chan_cb cb,
	    ipc_chan_gone_cb gone, void *arg);

/*
 * Attach a channel without events to an event loop, with its callbacks.
 * Messages that were read before are delivered from the loop.  Returns 0, or -1
 * with errno.
 */
int	 ipc_chan_attach(struct ipc_chan *c, struct event_base *base,
	    ipc_chan_cb cb, ipc_chan_gone_cb gone, void *arg);

/* From now on the callbacks get this argument. */
void	 ipc_chan_set_arg(struct ipc_chan *c, void *arg);

/*
 * Close and free the channel; NULL is allowed.  Safe inside its own callbacks.
 */
void	 ipc_chan_free(struct ipc_chan *c);

/* The descriptor of the channel, to wait on; -1 when the peer is gone. */
int	 ipc_chan_fd(const struct ipc_chan *c);

/*
 * Returns 1 when the peer was lost because it broke the protocol, so that it is
 * to blame; 0 while it is there, and when it has ended or does not read.
 */
int	 ipc_chan_broke(const struct ipc_chan *c);

/*
 * Returns 1 when the peer has closed its end, else 0.  A channel may also be
 * lost for want of memory, here or in the system, or because a queue is full.
 */
int	 ipc_chan_ended(const struct ipc_chan *c);

/*
 * Returns 1 when the peer has ended and surely had not read all that was
 * written; else 0.  Only Linux tells.
 */
int	 ipc_chan_unread(const struct ipc_chan *c);

/*
 * Queue a message with the payload `w' (NULL for none; not freed) and the
 * descriptor `fd' (-1 for none; taken, and closed when sent, also on error).
 * Returns 0, or -1 with errno: the error in `w' (EINVAL: a value out of its
 * bounds), ENOMEM, EMSGSIZE, EPERM from ipc_msg_allowed(), EPIPE when the peer
 * is gone, ENOBUFS when it has left too much unread (logged); the peer then
 * counts as lost, and the loop reports it.
 */
int	 ipc_chan_send(struct ipc_chan *c, uint32_t type,
	    const struct ipc_wr *w, int fd);

/*
 * Write all queued messages, waiting at most `ms' milliseconds.  Returns 0, or
 * -1 with errno (ETIMEDOUT, EPIPE).
 */
int	 ipc_chan_flush(struct ipc_chan *c, int ms);

/*
 * Memory of the queued messages in bytes.  A message counts until its last byte
 * is written.
 */
size_t	 ipc_chan_queued(const struct ipc_chan *c);

/* Set the limit of queued bytes.  The default is CHAN_MAXQUEUED. */
void	 ipc_chan_limit(struct ipc_chan *c, size_t bytes);

/*
 * Stop reading from a channel with events (1), or go on (0), both idempotent.
 * Meanwhile messages wait at the peer, whose end is noticed later.
 */
void	 ipc_chan_hold(struct ipc_chan *c, int on);

/*
 * In the parent: ping the child, unless a ping is unanswered.  Returns 0, or -1
 * as ipc_chan_send().
 */
int	 ipc_chan_ping(struct ipc_chan *c);

/*
 * Returns 1 while the last ipc_chan_ping() is unanswered, else 0; also 0 while
 * the queue is held because the system takes no descriptor.
 */
int	 ipc_chan_owes_pong(const struct ipc_chan *c);

/*
 * Wait at most `ms' milliseconds for one message, without the event loop.
 * Returns 0 with *m filled in (free it with ipc_msg_free()), or -1 with errno:
 * ETIMEDOUT, EPIPE when the peer is gone, EPROTO when it broke the protocol.
 */
int	 ipc_chan_recv(struct ipc_chan *c, struct ipc_msg *m, int ms);

/*
 * Returns 1 when ipc_chan_recv() has a message or an error without reading from
 * the socket (no event will announce it), else 0.
 */
int	 ipc_chan_pending(struct ipc_chan *c);

/*
 * For a process that waits for something else: read available data and answer
 * pings.  Returns 1 when ipc_chan_recv() has a message or an error, else 0.
 */
int	 ipc_chan_poll(struct ipc_chan *c);

/*
 * ipc_chan_send(), ipc_chan_flush() and ipc_chan_recv(), within `ms'
 * milliseconds in total.
 */
int	 ipc_chan_call(struct ipc_chan *c, uint32_t type,
	    const struct ipc_wr *w, int fd, struct ipc_msg *answer, int ms);

/*
 * Free a message from ipc_chan_recv() or ipc_chan_call() and zero its payload.
 */
void	 ipc_msg_free(struct ipc_msg *m);

#endif
