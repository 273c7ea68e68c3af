/*
 * ipcdispatch: decodes messages and calls their handlers; see ipcdispatch.h.
 */
#include <stddef.h>

#include "ipcdispatch.h"

static const char unexpected[] = "sent an unexpected message";
static const char malformed[] = "sent a malformed message";

#define PASS_NOFD
#define PASS_FD			, &m->fd
#define PASS_MAYFD		, &m->fd
#define STRUCT(tag, fields)
#define MSG(TYPE, name, from, to, fd, fields)				\
	static const char *						\
	on_##name(const struct ipc_handlers *h, struct ipc_msg *m, void *arg) \
	{								\
		struct ipc_msg_##name v;				\
									\
		if (h->name == NULL)					\
			return (unexpected);				\
		if (ipc_get_##name(&m->rd, &v) == -1 ||			\
		    h->name(arg, &v PASS_##fd) == -1)			\
			return (malformed);				\
		return (NULL);						\
	}
#define MSG0(TYPE, name, from, to, fd)					\
	static const char *						\
	on_##name(const struct ipc_handlers *h, struct ipc_msg *m, void *arg) \
	{								\
		if (h->name == NULL)					\
			return (unexpected);				\
		if (ipc_get_##name(&m->rd) == -1 ||			\
		    h->name(arg PASS_##fd) == -1)			\
			return (malformed);				\
		return (NULL);						\
	}
#include "messages.def"

const char *
ipc_dispatch(const struct ipc_handlers *h, struct ipc_msg *m, void *arg)
{
	static const char *(*const table[MSG_MAX])(const struct ipc_handlers *,
	    struct ipc_msg *, void *) = {
#define STRUCT(tag, fields)
#define MSG(TYPE, name, from, to, fd, fields)	[MSG_##TYPE] = on_##name,
#define MSG0(TYPE, name, from, to, fd)		[MSG_##TYPE] = on_##name,
#include "messages.def"
	};

	if (m->type >= MSG_MAX || table[m->type] == NULL)
		return (unexpected);
	return (table[m->type](h, m, arg));
}
