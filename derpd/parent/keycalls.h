/*
 * keycalls: calls of the keys process that do not block the parent.
 *
 * keys answers the parent's calls in order, so pending calls are a queue.  Each
 * call has an owner, which gets exactly one callback from the event loop, never
 * from within the function that made the call.
 *
 * Each answer is due PARENT_CALL_MS, or the `child timeout' if that is less,
 * after the one before.  If it is late, keys is killed and restarted.  When
 * keys ends, all pending calls fail.
 */
#ifndef KEYCALLS_H
#define KEYCALLS_H

#include <stddef.h>
#include <stdint.h>

#include "chan.h"

struct parent;
struct parent_proc;

/*
 * The end of a call.  `why' NULL: success; the result is the `len' bytes at
 * `res', valid during the callback.  Otherwise `why' is the error, a line that
 * begins with the object of the call ("PATH: what is wrong") and was logged;
 * `res' is NULL.
 */
typedef void (*parent_keys_cb)(void *arg, const uint8_t *res, size_t len,
	    const char *why);

TAILQ_HEAD(parent_keycalls_head, parent_keycall);

/* The calls of struct parent; zero-initialised. */
struct parent_keycalls {
	struct parent_keycalls_head sent;	/* in order of the answers */
	struct parent_keycalls_head done;	/* owners to be called back */
	struct event	*ev_done;
	struct event	*ev_late;
};

/*
 * Call keys: message `type' with the payload `w' (NULL: none; copied) and a
 * descriptor `fd' (-1: none; closed here).  `path' is the object of the call,
 * for messages.  `done' is called with `arg' at the end.
 */
void	 parent_keys_call(struct parent *d, uint32_t type,
	    const struct ipc_wr *w, int fd, const char *path,
	    parent_keys_cb done, void *arg);

/*
 * The same for a call that makes keys write a new key file `path'; its
 * directory is made if missing.  The file gets its name after keys has written
 * it and before `done' is called.  When the call fails, no file is left.
 */
void	 parent_keys_make(struct parent *d, uint32_t type,
	    const struct ipc_wr *w, const char *path, parent_keys_cb done,
	    void *arg);

/*
 * Cancel the callbacks of the owner `arg'.  A key file that keys is still
 * writing for it is removed.
 */
void	 parent_keys_cancel(struct parent *d, const void *arg);

/* Handle MSG_KEY_RESULT.  0, or -1: malformed, or no call is pending. */
int	 parent_keys_result(struct parent *d, struct ipc_msg *m);

/*
 * Make a channel of this kind between keys, which must run, and the process
 * `p', which replaces an older one.  The end of `p', or -1 with errno.
 */
int	 parent_keys_channel(const struct parent_proc *p,
	    enum ipc_keychan kind);

/* keys has ended: all pending calls fail. */
void	 parent_keys_gone(struct parent *d);

/* Cancel all calls and free the queue. */
void	 parent_keys_end(struct parent *d);

#endif
