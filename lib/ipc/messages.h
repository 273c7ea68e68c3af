/*
 * messages: the payload of every message as a struct, with its encoder and
 * decoder, made from the rows of messages.def.
 *
 * A row MSG(KEY_CHAN, key_chan, ...) defines MSG_KEY_CHAN (msg.h) and
 *
 *	struct ipc_msg_key_chan;
 *	void ipc_put_key_chan(struct ipc_wr *w,
 *	    const struct ipc_msg_key_chan *v);
 *	int ipc_get_key_chan(struct ipc_rd *r, struct ipc_msg_key_chan *v);
 *
 * ipc_put_NAME() appends the payload of `v'; a value out of its bounds makes
 * ipc_wr_ok() return 0.  ipc_get_NAME() reads the whole payload and returns 0,
 * or -1 when it is too short, too long or has a value out of its bounds.
 * Fields in place point into the message.  A row MSG0 has no struct; its
 * ipc_get_NAME() has no `v'.
 *
 * A row STRUCT(acme_conf, ...) defines struct ipc_acme_conf and
 *
 *	void ipc_add_acme_conf(struct ipc_wr *w, const struct ipc_acme_conf *v);
 *	int ipc_next_acme_conf(struct ipc_rd *r, struct ipc_acme_conf *v);
 *
 * which write and read one struct, for instance of a LIST.  ipc_next_NAME()
 * returns 0, or -1 when malformed.
 *
 * ipcsend.h sends messages, ipcdispatch.h passes them to handlers.
 */
#ifndef MESSAGES_H
#define MESSAGES_H

#include <stddef.h>
#include <stdint.h>

#include "codec.h"
#include "msg.h"

/* Fields as members. */
#define U8(f)			uint8_t f;
#define U16(f)			uint16_t f;
#define U32(f)			uint32_t f;
#define U64(f)			uint64_t f;
#define U32_IN(f, lo, hi)	uint32_t f;
#define BOOL(f)			int f;
#define ENUM(f, tag, first, last) enum ipc_##tag f;
#define BYTES(f, n)		uint8_t f[n];
#define AT(f, n)		const uint8_t *f;
#define TEXT(f, size)		char f[size];
#define STR(f, size)		const char *f;
#define TEXTS(n, f, max, size)	uint32_t n; char f[max][size];
#define STRS(n, f, max, size)	uint32_t n; const char *f[max];
#define BLOB(f, n)		const void *f; size_t n;
#define OPT(f, n)		const void *f; size_t n;
#define RECORDS(n, f, size)	uint32_t n; const uint8_t *f;
#define PART(f, tag)		struct ipc_##tag f;
/*
 * Encoded from the array, or, if that is NULL, from the decoded list: n items
 * that ipc_next_tag() reads from `f'_left.
 */
#define LIST(n, f, max, tag)						\
	uint32_t n; const struct ipc_##tag *f; struct ipc_rd f##_left;
#define REST(f, n, max)		const void *f; size_t n;

#define STRUCT(tag, fields)						\
	struct ipc_##tag { fields };					\
	void ipc_add_##tag(struct ipc_wr *, const struct ipc_##tag *);	\
	int ipc_next_##tag(struct ipc_rd *, struct ipc_##tag *);
#define MSG(TYPE, name, from, to, fd, fields)				\
	struct ipc_msg_##name { fields };				\
	void ipc_put_##name(struct ipc_wr *, const struct ipc_msg_##name *); \
	int ipc_get_##name(struct ipc_rd *, struct ipc_msg_##name *);
#define MSG0(TYPE, name, from, to, fd)					\
	int ipc_get_##name(struct ipc_rd *);
#include "messages.def"

#endif
