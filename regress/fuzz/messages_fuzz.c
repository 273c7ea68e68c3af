/*
 * Fuzz target: the payload of any message of messages.def; the first two bytes
 * are its type, the low one first.  An accepted payload is written again with
 * the same bytes.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "messages.h"

#define HEAD	2		/* bytes of the type */

int	LLVMFuzzerTestOneInput(const uint8_t *, size_t);

static void
must(int ok)
{
	if (!ok)
		abort();
}

#define STRUCT(tag, fields)
#define MSG(TYPE, name, from, to, fd, fields)				\
	static void							\
	try_##name(struct ipc_rd *r, struct ipc_wr *w)			\
	{								\
		static struct ipc_msg_##name v;				\
									\
		if (ipc_get_##name(r, &v) == 0)				\
			ipc_put_##name(w, &v);				\
		else							\
			r->bad = 1;					\
	}
#define MSG0(TYPE, name, from, to, fd)					\
	static void							\
	try_##name(struct ipc_rd *r, struct ipc_wr *w)			\
	{								\
		(void)w;						\
		if (ipc_get_##name(r) == -1)				\
			r->bad = 1;					\
	}
#include "messages.def"

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t len)
{
	static void	(*const table[MSG_MAX])(struct ipc_rd *,
	    struct ipc_wr *) = {
#define STRUCT(tag, fields)
#define MSG(TYPE, name, from, to, fd, fields)	[MSG_##TYPE] = try_##name,
#define MSG0(TYPE, name, from, to, fd)		[MSG_##TYPE] = try_##name,
#include "messages.def"
	};
	struct ipc_rd	 r;
	struct ipc_wr	 w;
	unsigned int	 type;

	if (len < HEAD)
		return 0;
	type = p[0] | (unsigned int)p[1] << 8;
	if (type >= MSG_MAX || table[type] == NULL)
		return 0;
	ipc_rd_init(&r, p + HEAD, len - HEAD);
	ipc_wr_init(&w);
	table[type](&r, &w);
	must(!ipc_rd_ok(&r) || (ipc_wr_ok(&w) && w.len == len - HEAD &&
	    (w.len == 0 || memcmp(w.p, p + HEAD, w.len) == 0)));
	ipc_wr_free(&w);
	return 0;
}
