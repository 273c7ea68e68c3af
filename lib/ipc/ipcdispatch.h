/*
 * ipcdispatch: hands a message that came to the handler of its type, decoded.
 *
 * A process has a table of the messages that it handles; a message that is not
 * in it, or malformed, is refused in one place, by ipc_dispatch().
 *
 *	static const struct ipc_handlers handlers = {
 *		.verbose = on_verbose,
 *		.stun_socket = on_socket
 *	};
 */
#ifndef IPCDISPATCH_H
#define IPCDISPATCH_H

#include "chan.h"
#include "messages.h"

/*
 * A handler for each message, NULL: it is not expected.  A handler gets the
 * `arg' of ipc_dispatch(); `v', whose strings and blobs are in the message and
 * end with it; and, of messages with a descriptor, a pointer to that, which is
 * closed unless it is set to -1 (-1: none came).  Rows MSG0 have no `v'.  It
 * returns 0, or -1: the message makes no sense, and its sender is at fault.
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
 * Decode `m', which is not freed, and call its handler in `h' with `arg'.  NULL
 * when that returned 0; else what is wrong with the message, a static line such
 * as "sent a malformed message" or "sent an unexpected message".
 */
const char *ipc_dispatch(const struct ipc_handlers *h, struct ipc_msg *m,
	    void *arg);

#endif
