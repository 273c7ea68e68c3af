/*
 * genlmsg: messages and attributes of netlink in a buffer (linux/netlink.h):
 * 32-bit lengths, all aligned to 4 bytes, in the byte order of the machine.
 * For genl.c and the fake kernel of tests.  Pure.
 */
#ifndef GENLMSG_H
#define GENLMSG_H

#include <stddef.h>
#include <stdint.h>

/* Types of messages, and their flags. */
#define WG_NL_NOOP	1
#define WG_NL_ERROR	2
#define WG_NL_DONE	3
#define WG_NL_CTRL	16		/* generic netlink's controller */
#define WG_NL_REQUEST	0x01
#define WG_NL_MULTI	0x02
#define WG_NL_ACK	0x04
#define WG_NL_DUMP_INTR	0x10
#define WG_NL_DUMP	0x300

#define WG_NL_HEADER	16		/* struct nlmsghdr */
#define WG_NL_GENL	4		/* struct genlmsghdr behind it */
#define WG_NL_NESTED	0x8000		/* flag of an attribute's type */

/* Commands and attributes of the controller and of WireGuard. */
enum wg_nl_ctrl { WG_NL_NEWFAMILY = 1, WG_NL_GETFAMILY = 3 };
enum wg_nl_ctrl_attr { WG_NL_FAMILY_ID = 1, WG_NL_FAMILY_NAME = 2 };
enum wg_nl_cmd { WG_NL_GET_DEVICE, WG_NL_SET_DEVICE };
enum wg_nl_device_attr {
	WG_NL_IFINDEX = 1, WG_NL_IFNAME, WG_NL_PRIVATE_KEY, WG_NL_PUBLIC_KEY,
	WG_NL_FLAGS, WG_NL_LISTEN_PORT, WG_NL_FWMARK, WG_NL_PEERS
};
enum wg_nl_peer_attr {
	WG_NL_PEER_KEY = 1, WG_NL_PEER_PSK, WG_NL_PEER_FLAGS,
	WG_NL_PEER_ENDPOINT, WG_NL_PEER_KEEPALIVE, WG_NL_PEER_HANDSHAKE,
	WG_NL_PEER_RX, WG_NL_PEER_TX, WG_NL_PEER_ALLOWEDIPS
};
#define WG_NL_UPDATE_ONLY 4		/* of WG_NL_PEER_FLAGS */
#define WG_NL_INET	2		/* Linux's AF_INET and AF_INET6 */
#define WG_NL_INET6	10
#define WG_NL_IN_LEN	16		/* bytes of their socket addresses */
#define WG_NL_IN6_LEN	28

/* One message, in place. */
struct wg_nl_msg {
	uint16_t	 type;
	uint16_t	 flags;
	uint32_t	 seq;
	const uint8_t	*body;		/* behind the header */
	size_t		 len;		/* of `body' */
};

/* One attribute, in place; `type' without flags. */
struct wg_nl_attr {
	uint16_t	 type;
	const uint8_t	*p;
	size_t		 len;
};

/*
 * Take the next message, or attribute, off the *left bytes at *p.  Returns 1, 0
 * when nothing is left, or -1 when malformed.
 */
int	 wg_nl_next_msg(const uint8_t **p, size_t *left, struct wg_nl_msg *m);
int	 wg_nl_next_attr(const uint8_t **p, size_t *left, struct wg_nl_attr *a);

/*
 * The integer that fills the attribute, or the bytes at `p' of a known length;
 * of an attribute of another length 0, with *bad set.
 */
uint16_t wg_nl_u16(const struct wg_nl_attr *a, int *bad);
uint32_t wg_nl_u32(const struct wg_nl_attr *a, int *bad);
uint64_t wg_nl_u64(const struct wg_nl_attr *a, int *bad);

/* Writes into a buffer; what does not fit sets `full' and is left out. */
struct wg_nl_out {
	uint8_t		*p;
	size_t		 size;
	size_t		 len;
	int		 full;
};

/*
 * Begin a message; returns where, for wg_nl_end(), which stores the length.
 * wg_nl_begin_genl() also writes the header of generic netlink.
 */
size_t	 wg_nl_begin(struct wg_nl_out *o, uint16_t type, uint16_t flags,
	    uint32_t seq);
size_t	 wg_nl_begin_genl(struct wg_nl_out *o, uint16_t type, uint16_t flags,
	    uint32_t seq, uint8_t cmd);
void	 wg_nl_end(struct wg_nl_out *o, size_t at);

/* Append bytes, aligned; or an attribute. */
void	 wg_nl_bytes(struct wg_nl_out *o, const void *p, size_t n);
void	 wg_nl_put(struct wg_nl_out *o, uint16_t type, const void *p, size_t n);

/* Begin a nested attribute; returns where, for wg_nl_close(). */
size_t	 wg_nl_open(struct wg_nl_out *o, uint16_t type);
void	 wg_nl_close(struct wg_nl_out *o, size_t at);

#endif
