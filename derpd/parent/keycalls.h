/*
 * keycalls: calls of the keys process that do not block the parent.
 *
 * keys answers the parent's calls in the order in which it gets them, so a call
 * is a row in a queue.  Each has an owner, which gets exactly one call back
 * from the event loop, never from within the function that made the call.
 *
 * Each answer is due PARENT_CALL_MS, or the `child timeout' if that is less,
 * after the one before.  A keys that is late is killed and started again.  When
 * keys ends, all calls that wait for it fail.
 */
#ifndef KEYCALLS_H
#define KEYCALLS_H

#include <stddef.h>
#include <stdint.h>

#include "chan.h"

struct parent;

/*
 * The end of a call.  `why' NULL: good, and the result is the `len' bytes at
 * `res', valid during the call back.  Else why not, a line that begins with the
 * object of the call ("PATH: what is wrong"), which has been logged; `res' is
 * NULL then.
 */
typedef void (*parent_keys_cb)(void *arg, const uint8_t *res, size_t len,
	    const char *why);

TAILQ_HEAD(parent_keycalls_head, parent_keycall);

/* The calls of struct parent; zero-initialised. */
struct parent_keycalls {
	struct parent_keycalls_head sent;	/* in the order of answers */
	struct parent_keycalls_head done;	/* to be told to their owners */
	struct event	*ev_done;
	struct event	*ev_late;
};

/*
 * Call keys: message `type' with the payload `w' (NULL none; copied) and a
 * descriptor `fd' (-1 none; taken).  `path' is the object of the call, for
 * messages.  `done' is called with `arg' when it has ended.
 */
void	 parent_keys_call(struct parent *d, uint32_t type,
	    const struct ipc_wr *w, int fd, const char *path,
	    parent_keys_cb done, void *arg);

/*
 * The same for a call that has keys write a new key into a file that becomes
 * `path'; its directory is made.  The file gets its name when keys has written
 * it and before `done' is called.  No file is left when the call fails.
 */
void	 parent_keys_make(struct parent *d, uint32_t type,
	    const struct ipc_wr *w, const char *path, parent_keys_cb done,
	    void *arg);

/*
 * Forget the owner `arg': none of its call backs is called any more.  The file
 * of a key that keys is still to make for it is removed.
 */
void	 parent_keys_cancel(struct parent *d, const void *arg);

/* MSG_KEY_RESULT has come.  0, or -1: malformed, or nobody waits for it. */
int	 parent_keys_result(struct parent *d, struct ipc_msg *m);

/* keys has gone: all calls that wait for it fail. */
void	 parent_keys_gone(struct parent *d);

/* Cancel all calls and free what the queue holds. */
void	 parent_keys_end(struct parent *d);

#endif
