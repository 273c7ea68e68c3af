/*
 * run: what the checks of one node share.  Used only in this folder.
 */
#ifndef RUN_H
#define RUN_H

#include <sys/types.h>
#include <sys/socket.h>

#include "check.h"
#include "place.h"

#define RUN_ADDRESSES	8	/* of a node that are checked */
#define RUN_KEPT	64	/* findings of a node that are kept */

/* An address of the node, and what is known of it. */
struct check_addr {
	struct sockaddr_storage	 ss;		/* the port is not set */
	socklen_t		 len;
	char			 text[64];
	int			 connects;	/* TCP */
	int			 speaks_tls;	/* a handshake ends, whatever
						   the certificate */
	int			 h2_alone;	/* by ALPN: h2, not http/1.1 */
	int			 asks_cert;	/* for one of the client */
	int64_t			 cert_from;	/* its certificate is valid */
	int64_t			 cert_until;	/* seconds since 1970 */
	int			 has_meta;	/* a meta certificate came */
	uint8_t			 meta_key[32];	/* the server's, by it */
	int			 upgrades;	/* HTTP: to DERP */
	int			 serves;	/* DERP: a client logged in */
	int			 stuns;		/* STUN answers */
	int			 has_key;	/* login.c knows the key */
	uint8_t			 key[32];	/* of the server */
	int			 dns_only;	/* the map has another one:
						   nothing is reported of it
						   but by addresses.c */
	int			 skipped;	/* this machine has no way to
						   it */
};

/* A finding that waits until all addresses of the node are checked. */
struct check_kept {
	struct check_finding	 f;
	const struct check_addr	*a;		/* NULL: the node's */
	unsigned int		 port;
	int			 dropped;	/* another one says it */
};

struct check_run {
	const struct check_node	*node;
	const struct check_opts	*opts;
	const struct check_sink	*sink;
	struct check_addr	 addrs[RUN_ADDRESSES];
	size_t			 naddrs;
	struct check_kept	*kept;		/* RUN_KEPT of them; NULL:
						   findings are reported at
						   once */
	size_t			 nkept;
	unsigned int		 faults;	/* found so far, without
						   notes */
	unsigned char		 has[CHECK_NFAULTS]; /* found so far */
	int64_t			 clock_off;	/* seconds that the node's clock
						   is ahead */
	int			 stopped;	/* by opts->watch */
	char			 local[256];	/* why this machine can't check;
						   "": it can */
};

/*
 * Report a fault at address `a' (NULL: at none) and `port' (0: none).  The same
 * fault with the same text at several addresses of a node is reported once, for
 * all of them.
 */
void	 check_found(struct check_run *r, const struct check_addr *a,
	    unsigned int port, enum check_fault id, const char *fmt, ...)
	    __attribute__((format(printf, 5, 6)));

/*
 * Report what is kept: the same finding at several addresses once, for all of
 * them.
 */
void	 check_report_kept(struct check_run *r);

/* Note why this machine can't check; the first reason counts. */
void	 check_local(struct check_run *r, const char *fmt, ...)
	    __attribute__((format(printf, 2, 3)));

/* Report a number or a text that was measured. */
void	 check_number(struct check_run *r, const struct check_addr *a,
	    enum check_fact id, int64_t n);
void	 check_text(struct check_run *r, const struct check_addr *a,
	    enum check_fact id, const char *text);

/* Tell what is checked now. */
void	 check_step(struct check_run *r, const char *what);

/* Tell that all of addrs are connected to from now on.  May wait. */
void	 check_meet(const struct check_run *r);

/* The deadline of a step, for stream.h. */
long long check_until(const struct check_run *r);

/*
 * Each check reports what it finds.  It runs only after the checks before it,
 * and returns 1 when those that need it can go on.
 */
int	 check_names(struct check_run *r);	/* fills in addrs */
int	 check_tcp(struct check_run *r, struct check_addr *a);
int	 check_tls(struct check_run *r, struct check_addr *a);
int	 check_http(struct check_run *r, struct check_addr *a);
int	 check_login(struct check_run *r, struct check_addr *a);
void	 check_websocket(struct check_run *r, struct check_addr *a);
void	 check_addresses(struct check_run *r);	/* after all of them */
void	 check_cert_clock(struct check_run *r);	/* the same */
void	 check_port80(struct check_run *r);
void	 check_stun(struct check_run *r);
void	 check_sources(struct check_run *r);	/* from other local addresses */

/* check_names() with another resolver, for tests. */
int	 check_names_by(struct check_run *r, const struct net_resolver *by);

/*
 * check_addresses() with another way to find out whether the relays at two
 * addresses forward packets to each other, for tests.
 */
void	 check_addresses_by(struct check_run *r, int (*meshed)(
	    const struct check_run *r, const struct check_addr *a,
	    const struct check_addr *b));

struct net_stun_result;

/* Ask the STUN server at an address as Tailscale's clients do. */
void	 check_stun_ask(struct check_run *r, const struct check_addr *a,
	    struct net_stun_result *res);

/*
 * Find the address that packets to `a' leave from: opts->source, if it is set.
 * Sends nothing.  Returns 0, or -1 with errno.
 */
int	 check_leaves_from(const struct check_run *r,
	    const struct check_addr *a, struct check_addr *source);

/*
 * Returns why this machine can't send to the address, from opts->source if that
 * is set; NULL: it can.  Sends nothing.  The text is static.
 */
const char *check_obstacle(const struct check_run *r,
	    const struct check_addr *a);

/*
 * Set addrs[].skipped, with a note.  Returns 1 when one address is left, else 0
 * with the reason in r->local.
 */
int	 check_routes(struct check_run *r);

/* The address `a' with `port' as a socket address. */
void	 check_sockaddr(const struct check_addr *a, unsigned int port,
	    struct sockaddr_storage *ss);

/* Is it an address of a private network? */
int	 check_is_private(const struct check_addr *a);

/*
 * opts->source as a socket address of `family'.  Returns its length; 0: there
 * is none of this family.
 */
socklen_t check_source(const struct check_run *r, int family,
	    struct sockaddr_storage *ss);

/*
 * Connect to `port' of an address, from opts->source if it is set.  Returns a
 * non-blocking descriptor, or -1 with errno: ETIMEDOUT after the deadline.
 */
int	 check_dial(struct check_run *r, const struct check_addr *a,
	    unsigned int port, long long until);

/*
 * Report that check_dial() failed with `e' after a connection to the same place
 * had succeeded.
 */
void	 check_tcp_again(struct check_run *r, const struct check_addr *a,
	    int e);

/*
 * A stream to `port' of an address, with the trust and its argument of
 * net_stream_tls().  Returns NULL with one line in `why'.
 */
struct net_stream *check_open(struct check_run *r, const struct check_addr *a,
	    unsigned int port, enum net_stream_trust trust, const char *arg,
	    char *why, size_t size);

/*
 * The same for the node's port with TLS (or plain): for all checks behind
 * check_tls(), which has judged the certificate; this accepts any.
 */
struct net_stream *check_stream(struct check_run *r,
	    const struct check_addr *a, char *why, size_t size);

/* The server name that clients of the node send. */
const char *check_server_name(const struct check_run *r);

#endif
