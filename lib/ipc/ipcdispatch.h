/*
 * ipcdispatch: decodes a received message and calls the handler of its type.
 *
 * Each process has a table of handlers.  ipc_dispatch() refuses malformed
 * messages and those without a handler.
 *
 *	static const struct ipc_handlers handlers = {
 *		.log = on_log,
 *		.stun_socket = on_socket
 *	};
 */
#ifndef IPCDISPATCH_H
#define IPCDISPATCH_H

#include "chan.h"
#include "messages.h"

/*
 * One handler per message; NULL: the message is not expected.  A handler gets
 * the `arg' of ipc_dispatch(); `v', whose strings and blobs point into the
 * message and are valid as long as it is; and, for messages with a descriptor,
 * a pointer to the descriptor, which is closed afterwards unless the handler
 * sets it to -1 (-1: none was sent).  Rows MSG0 have no `v'.  Returns 0, or -1
 * when the message is invalid through a fault of its sender.
 */
#define TAKE_NOFD
#define TAKE_FD			, int *
#define TAKE_MAYFD		, int *
struct ipc_handlers {
#define STRUCT(tag, fields)
#define MSG(TYPE, name, from, to, fd, fields)				\
	int	(*name)(void *, const struct ipc_msg_##name * TAKE_##fd);
#define MSG0(TYPE, name, from, to, fd)					\
	int	(*name)(void * TAKE_##fd);
#include "messages.def"
};
#undef TAKE_NOFD
#undef TAKE_FD
#undef TAKE_MAYFD

/*
 * Decode `m', which is not freed, and call its handler in `h' with `arg'.
 * Returns NULL when the handler returned 0, else what is wrong with the
 * message, a static line such as "sent a malformed message" or "sent an
 * unexpected message".
 */
const char *ipc_dispatch(const struct ipc_handlers *h, struct ipc_msg *m,
	    void *arg);

#endif
