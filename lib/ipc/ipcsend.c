/*
 * ipcsend: sends each message, from messages.def; see ipcsend.h.
 */
#include <errno.h>

#include "ipcsend.h"

/* Send the payload `w', which is freed. */
static int
send_payload(struct chan *c, uint32_t type, struct wr *w, int fd)
{
	int error, rv;

	rv = chan_send(c, type, w, fd);
	error = errno;
	wr_free(w);
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
#define MSG(TYPE, name, from, to, fd, fields)				\
	int								\
	ipc_send_##name(struct chan *c, const struct ipc_msg_##name *v	\
	    PARAM_##fd)							\
	{								\
		struct wr w;						\
									\
		wr_init(&w);						\
		ipc_put_##name(&w, v);					\
		return (send_payload(c, MSG_##TYPE, &w, PASS_##fd));	\
	}
#define MSG0(TYPE, name, from, to, fd)					\
	int								\
	ipc_send_##name(struct chan *c PARAM_##fd)			\
	{								\
		return (chan_send(c, MSG_##TYPE, NULL, PASS_##fd));	\
	}
#include "messages.def"
