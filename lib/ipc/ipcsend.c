/*
 * ipcsend: one send function per message, made from messages.def; see
 * ipcsend.h.
 */
#include <errno.h>

#include "ipcsend.h"

/* Send the payload `w', which is freed. */
static int
send_payload(struct ipc_chan *c, uint32_t type, struct ipc_wr *w, int fd)
{
	int error, rv;

	rv = ipc_chan_send(c, type, w, fd);
	error = errno;
	ipc_wr_free(w);
	errno = error;
	return (rv);
}

#define PARAM_NOFD
#define PARAM_FD		, int fd_
#define PARAM_MAYFD		, int fd_
#define PASS_NOFD		-1
#define PASS_FD			fd_
#define PASS_MAYFD		fd_
#define STRUCT(tag, fields)
#define MSG(TYPE, name, from, to, fd, fields) \
	int \
	ipc_send_##name(struct ipc_chan *c, const struct ipc_msg_##name *v \
	    PARAM_##fd) \
	{ \
		struct ipc_wr w; \
									\
		ipc_wr_init(&w);					\
		ipc_put_##name(&w, v);					\
		return (send_payload(c, MSG_##TYPE, &w, PASS_##fd));	\
	}
#define MSG0(TYPE, name, from, to, fd)					\
	int								\
	ipc_send_##name(struct ipc_chan *c PARAM_##fd)			\
	{								\
		return (ipc_chan_send(c, MSG_##TYPE, NULL, PASS_##fd));	\
	}
#include "messages.def"
