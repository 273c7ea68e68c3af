/*
 * handshake: one TLS handshake with a node, judged by tls.c.  Used only in this
 * folder.
 *
 * It offers the ciphers and curves of Tailscale's client (crypto/tls of Go),
 * accepts any certificate and any version of TLS, tells alerts, and keeps what
 * the server sent if that is not TLS.  libtls does not, so this is libssl's.
 */
#ifndef HANDSHAKE_H
#define HANDSHAKE_H

#include <openssl/x509.h>

#include "run.h"

#define CHECK_CERTS	32	/* of a chain that are looked at */
#define CHECK_FIRST	1024	/* bytes of a foreign answer */

/* What a ClientHello offers, and what goes before it. */
struct check_hello {
	const char	*name;		/* NULL: no server name */
	int		 only_12;	/* TLS 1.2 alone; else 1.0 to 1.3 */
	int		 h2;		/* h2 before http/1.1 by ALPN */
	int		 proxied;	/* 1 or 2: a PROXY header of this
					   version goes before it */
};

enum check_shake_end {
	CHECK_SHAKE_DONE,
	CHECK_SHAKE_ALERT,	/* the server sent `alert' */
	CHECK_SHAKE_FOREIGN,	/* it sent `first', which is not TLS */
	CHECK_SHAKE_CLOSED,	/* it closed, and said nothing */
	CHECK_SHAKE_SILENT,	/* it said nothing until the deadline */
	CHECK_SHAKE_BROKEN,	/* what it sent is wrong or not all: `why' */
	CHECK_SHAKE_UNDIALED,	/* no connection: `error' */
	CHECK_SHAKE_FAILED	/* on this machine: `why' */
};

/* What came of it. */
struct check_shake {
	enum check_shake_end	 end;
	int			 alert;
	int			 error;		/* errno of the connection */
	int			 bad_signature;	/* BROKEN: not by the key of
						   the first certificate */
	char			 why[256];
	uint8_t			 first[CHECK_FIRST];
	size_t			 nfirst;
	char			 version[16];	/* "TLSv1.3" */
	int			 old;		/* older than TLS 1.2 */
	char			 alpn[16];	/* chosen; "": none */
	int			 asks_cert;	/* for one of the client */
	int64_t			 us;		/* time of the handshake */
	X509			*certs[CHECK_CERTS]; /* as sent; also if the
						   handshake failed later */
	size_t			 ncerts;
};

/*
 * Connect to the node's port at `a' and shake hands.  *s is filled in whatever
 * happens, and must be freed with check_shake_free().  Sets r->stopped when
 * opts->watch had a message.
 */
void	 check_handshake(struct check_run *r, const struct check_addr *a,
	    const struct check_hello *h, struct check_shake *s);
void	 check_shake_free(struct check_shake *s);

/*
 * Connect to the node's port without TLS and hear what it says, at first
 * unasked and then to an HTTP request.  Returns the bytes in `first', 0 for
 * none.
 */
size_t	 check_hear(struct check_run *r, const struct check_addr *a,
	    uint8_t first[CHECK_FIRST]);

#endif
