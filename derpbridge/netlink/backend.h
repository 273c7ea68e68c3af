/*
 * backend: requests to WireGuard, in the kernel or wireguard-go, over a
 * descriptor of the parent's making.  Each waits for its answer, within a
 * deadline; the kernel answers within the call.
 */
#ifndef BACKEND_H
#define BACKEND_H

#include <stddef.h>
#include <stdint.h>

#include "dump.h"
#include "genl.h"

#define WG_BACKEND_MS	500		/* limit of a request */
#define WG_BACKEND_BUF	(64 * 1024)	/* bytes; the kernel's messages have up
					   to 32 KiB */

struct wg_backend {
	char		 name[WG_IFNAMSIZE];	/* of the interface */
	int		 uapi;		/* the descriptor is wireguard-go's */
	int		 fd;		/* -1: none, or it was broken */
	uint8_t		*buf;		/* of WG_BACKEND_BUF bytes, zero between
					   calls; all may share it */
	uint16_t	 family;	/* of WireGuard; 0: not asked yet */
	uint32_t	 seq;		/* of the last request */
};

/* Prepare a backend without descriptor. */
void	 wg_backend_init(struct wg_backend *b, uint8_t *buf);

/* Use another descriptor, which is taken; an older one is closed. */
void	 wg_backend_open(struct wg_backend *b, int fd);

/* Close the descriptor, if there is one. */
void	 wg_backend_close(struct wg_backend *b);

/*
 * Read the device.  Returns 0 with *d filled in, or -1 with errno: ENODEV when
 * the interface does not exist, ENOTCONN without descriptor, EAGAIN when it
 * changed again and again meanwhile, and others.  When it is not the other
 * side's own word, the descriptor is closed, because its answers may be out of
 * step.
 */
int	 wg_backend_dump(struct wg_backend *b, struct wg_dump *d);

/*
 * Set the endpoint of the peer with this key, if there is one.  Returns 0, or
 * -1 as above.
 */
int	 wg_backend_set(struct wg_backend *b, const uint8_t key[WG_KEYLEN],
	    const struct wg_endpoint *e);

/*
 * What an operator can do about an error of a request, a static text such as
 * "there is no such interface".
 */
const char *wg_backend_why(const struct wg_backend *b, int error);

#endif
