/*
 * chan: a channel between two processes: imsg over a socketpair, driven by
 * libevent, with msg_allowed() enforced on everything that arrives.
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
struct chan;

/* One received message; valid during the call back or until msg_free(). */
struct msg {
	uint32_t	 type;	/* enum msg_type */
	struct rd	 rd;	/* its payload */
	int		 fd;	/* descriptor, -1 none; take it by setting -1 */
	void		*priv;	/* chan.c's own */
};

/* A message arrived.  A descriptor that is left in m->fd is closed after. */
typedef void (*chan_cb)(struct chan *c, struct msg *m, void *arg);

/*
 * The peer is gone or broke the rules (`why', one line).  The channel is
 * still there and must be freed by the call back or later.  Not called again.
 */
typedef void (*chan_gone_cb)(struct chan *c, const char *why, void *arg);

/*
 * Take over the socket `fd' as a channel of process `self' to `peer'.  The
 * socket is made non-blocking and close-on-exec.  `base' NULL: a channel for
 * chan_call() and chan_recv() only, without events.  NULL with errno set when
 * there is no memory; `fd' is then left open.
 */
struct chan *chan_new(struct event_base *base, int fd, enum role self,
	    enum role peer, chan_cb cb, chan_gone_cb gone, void *arg);

/*
 * Give a channel without events its event loop and call backs; messages that
 * came already are delivered from the loop.  0, or -1 with errno.
 */
int	 chan_attach(struct chan *c, struct event_base *base, chan_cb cb,
	    chan_gone_cb gone, void *arg);

/* Close and free; NULL is fine.  Safe inside its own call backs. */
void	 chan_free(struct chan *c);

/* The descriptor of the channel (to wait on); -1 when the peer is gone. */
int	 chan_fd(const struct chan *c);

/*
 * Queue a message: `w' is its payload (NULL none; not freed), `fd' a
 * descriptor to pass (-1 none; taken and closed when sent, also on error).
 * 0 queued, -1 with errno: what is wrong with `w' (EINVAL a value out of its
 * bounds), no memory, EMSGSIZE, EPERM by msg_allowed(),
 * EPIPE when the peer is gone, ENOBUFS when it has left too much unread
 * (logged): then it is gone too, which the loop tells.
 */
int	 chan_send(struct chan *c, uint32_t type, const struct wr *w, int fd);

/*
 * Write what is queued and wait until it is out, at most `ms' milliseconds.
 * 0 all out, -1 with errno (ETIMEDOUT, EPIPE).
 */
int	 chan_flush(struct chan *c, int ms);

/*
 * Bytes of memory that queued messages take; one counts until its last byte is
 * written.
 */
size_t	 chan_queued(const struct chan *c);

/* Set how many bytes may be queued; CHAN_MAXQUEUED unless set. */
void	 chan_limit(struct chan *c, size_t bytes);

/*
 * Of the parent: ask the child for a sign of life, unless it owes one.  0, or
 * -1 as chan_send().
 */
int	 chan_ping(struct chan *c);

/* 1 while the last chan_ping() is not answered, else 0. */
int	 chan_owes(const struct chan *c);

/*
 * Wait at most `ms' milliseconds for one message, without the event loop.
 * 0 and *m filled in (free with msg_free()), -1 with errno: ETIMEDOUT,
 * EPIPE when the peer is gone, EPROTO when it broke the rules.
 */
int	 chan_recv(struct chan *c, struct msg *m, int ms);

/*
 * 1 when chan_recv() has a message, or an error, without reading anything: no
 * event will tell of it.  Else 0.
 */
int	 chan_more(struct chan *c);

/*
 * Of a process that waits for something else: read what is there, give the
 * sign of life that is asked for, and return 1 when chan_recv() has a message
 * or an error, else 0.
 */
int	 chan_heed(struct chan *c);

/* chan_send(), chan_flush() and chan_recv() in one, within `ms' altogether. */
int	 chan_call(struct chan *c, uint32_t type, const struct wr *w, int fd,
	    struct msg *answer, int ms);

/* Release a message from chan_recv() or chan_call(); its payload is zeroed. */
void	 msg_free(struct msg *m);

#endif
