/*
 * run: what the checks of one node share.  Used only in this folder.
 */
#ifndef RUN_H
#define RUN_H

#include <sys/types.h>
#include <sys/socket.h>

#include "check.h"

#define RUN_ADDRESSES	8	/* of a node that are checked */

/* An address of the node, and what is known of it. */
struct check_addr {
	struct sockaddr_storage	 ss;		/* the port is not set */
	socklen_t		 len;
	char			 text[64];
	int			 connects;	/* TCP */
	int			 speaks_tls;	/* a handshake ends, whatever
						   the certificate */
	int			 serves;	/* DERP: a client logged in */
};

struct check_run {
	const struct check_node	*node;
	const struct check_opts	*opts;
	const struct check_sink	*sink;
	struct check_addr	 addrs[RUN_ADDRESSES];
	size_t			 naddrs;
	unsigned int		 faults;	/* reported so far, without
						   notes */
	unsigned char		 has[CHECK_NFAULTS]; /* reported so far */
	int			 stopped;	/* by opts->watch */
	char			 local[256];	/* why this machine can't check;
						   "": it can */
};

/*
 * Report a fault at address `a' (NULL: at none) and `port' (0: none).  A fault
 * that the same place has is reported once.
 */
void	 check_found(struct check_run *r, const struct check_addr *a,
	    unsigned int port, enum check_fault id, const char *fmt, ...)
	    __attribute__((format(printf, 5, 6)));

/* Report a number or a text that was measured. */
void	 check_number(struct check_run *r, const struct check_addr *a,
	    enum check_fact id, int64_t n);
void	 check_text(struct check_run *r, const struct check_addr *a,
	    enum check_fact id, const char *text);

/* Tell what is checked now. */
void	 check_step(struct check_run *r, const char *what);

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
void	 check_port80(struct check_run *r);
void	 check_stun(struct check_run *r);

/*
 * Connect to `port' of an address, from opts->source if it is set.  Returns a
 * non-blocking descriptor, or -1 with errno: ETIMEDOUT after the deadline.
 */
int	 check_dial(struct check_run *r, const struct check_addr *a,
	    unsigned int port, long long until);

/*
 * A stream to an address with TLS (or plain): for all checks behind
 * check_tls(), which has judged the certificate; this accepts any.  Returns
 * NULL with one line in `why'.
 */
struct net_stream *check_stream(struct check_run *r,
	    const struct check_addr *a, char *why, size_t size);

/* The server name that clients of the node send and expect. */
const char *check_server_name(const struct check_run *r);

#endif
