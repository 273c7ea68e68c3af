/*
 * ipcsend: one send function per message, made from messages.def.
 *
 *	int ipc_send_NAME(struct ipc_chan *c, const struct ipc_msg_NAME *v);
 *	int ipc_send_NAME(struct ipc_chan *c, const struct ipc_msg_NAME *v,
 *	    int fd);
 *
 * The second form is for rows with a descriptor (FD, MAYFD), which is taken,
 * and closed when sent, also on error.  Rows MSG0 have no `v'.  Returns 0 when
 * queued, or -1 with errno as ipc_chan_send(): EINVAL when a value is out of
 * its bounds.
 */
#ifndef IPCSEND_H
#define IPCSEND_H

#include "chan.h"
#include "messages.h"

#define SEND_NOFD
#define SEND_FD			, int
#define SEND_MAYFD		, int
#define STRUCT(tag, fields)
#define MSG(TYPE, name, from, to, fd, fields)				\
	int ipc_send_##name(struct ipc_chan *, const struct ipc_msg_##name * \
	    SEND_##fd);
#define MSG0(TYPE, name, from, to, fd)					\
	int ipc_send_##name(struct ipc_chan * SEND_##fd);
#include "messages.def"
#undef SEND_NOFD
#undef SEND_FD
#undef SEND_MAYFD

#endif
