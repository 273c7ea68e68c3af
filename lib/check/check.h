/*
 * check: check a relay from outside, as its clients meet it, and name what is
 * wrong (faults.def).  Used by derpctl (check) and by health for this machine's
 * own relay.
 *
 * A check blocks; each step has a deadline.  At most two connections to a node
 * are open at once.  Nothing that the node sends is trusted; texts may quote
 * arbitrary bytes.  SIGPIPE must be ignored.
 */
#ifndef CHECK_H
#define CHECK_H

#include <stddef.h>
#include <stdint.h>

#include "faults.h"
#include "stream.h"

#define CHECK_STRING	256	/* bytes of a name, with its NUL */
#define CHECK_WHERE	320
#define CHECK_WHAT	512
#define CHECK_STEP_MS	5000	/* limit for each step, by default */

struct ipc_chan;

/* A node: of a map, with its defaults filled in, or of the command line. */
struct check_node {
	unsigned int	 region;		/* 0: none */
	char		 code[CHECK_STRING];	/* of the region; "": none */
	char		 name[CHECK_STRING];	/* of the node; "": none */
	char		 host[CHECK_STRING];	/* a name or an address */
	char		 ipv4[CHECK_STRING];	/* "": by DNS; "none": not by
						   IPv4 */
	char		 ipv6[CHECK_STRING];
	char		 certname[CHECK_STRING]; /* as in a map; "": host */
	unsigned int	 port;			/* of TLS: 443 */
	unsigned int	 port80;		/* of HTTP; 0: not checked */
	int		 can_port80;		/* the map says so */
	int		 stun;			/* 3478; -1: off */
	int		 stun_only;
	int		 insecure;		/* InsecureForTests */
};

/* Which checks to run. */
#define CHECK_NAMES	0x01	/* names.c, addresses.c */
#define CHECK_TLS	0x02	/* tls.c, cert*.c */
#define CHECK_HTTP	0x04	/* http.c, websocket.c, clock.c */
#define CHECK_DERP	0x08	/* login.c, echo.c */
#define CHECK_STUN	0x10	/* stun.c */
#define CHECK_PORT80	0x20	/* port80.c */
#define CHECK_DETAILS	0x40	/* what costs connections of its own; not in
				   health's sandbox */
#define CHECK_ALL	0x7f

struct check_opts {
	unsigned int		 what;		/* CHECK_... */
	enum net_stream_trust	 trust;		/* STREAM_ROOTS: as the map
						   says, by the system's CAs */
	const char		*trust_arg;	/* see net_stream_tls() */
	const char		*source;	/* local address to check from;
						   NULL: each family's own */
	uint64_t		 throughput;	/* bytes to send; 0: none */
	int			 ms;		/* for a step; 0:
						   CHECK_STEP_MS */
	/* For health; all may be 0. */
	const uint8_t		*secret;	/* log in with this key */
	int			 no_issuer;	/* with STREAM_ANY: judge dates
						   and names of certificates,
						   not who issued them */
	const void		*prelude;	/* a PROXY header */
	size_t			 prelude_len;
	int			 plain;		/* a port with derp, without
						   TLS */
	struct ipc_chan		*watch;		/* see net_stream_watch() */
};

/* A fault that was found. */
struct check_finding {
	enum check_fault	 id;
	char			 where[CHECK_WHERE]; /* "192.0.2.1 port 443" */
	char			 what[CHECK_WHAT]; /* in this case: one line */
};

#define CHECK_MOST	(INT64_MAX / 2)	/* of what is measured, and below 0 */

/* Something that was measured: `text', or `n' in the unit of its row. */
struct check_measure {
	enum check_fact		 id;
	char			 where[CHECK_WHERE];
	int64_t			 n;
	char			 text[CHECK_WHAT];
};

/* Where findings and measures go to. */
struct check_sink {
	void	(*found)(const struct check_finding *f, void *arg);
	void	(*measured)(const struct check_measure *m, void *arg);
	void	(*step)(const char *what, void *arg); /* what is checked now;
							 NULL: no progress */
	void	(*meets)(const char *addresses, void *arg); /* before these are
							 connected to, with
							 blanks; may wait;
							 NULL: at once */
	void	*arg;
};

/*
 * Check one node.  Returns 0 when the node was checked, whatever was found; -1
 * when it could not be for a reason on this machine, in one line in `why' of
 * `size' bytes, or when `watch' had a message.
 */
int	 check_node(const struct check_node *n, const struct check_opts *o,
	    const struct check_sink *sink, char *why, size_t size);

/*
 * Check that the `n' nodes of one region are meshed: a packet from a client at
 * each node reaches a client at the next one.  Reports as check_node().
 */
int	 check_mesh(const struct check_node *nodes, size_t n,
	    const struct check_opts *o, const struct check_sink *sink,
	    char *why, size_t size);

/* A map that a server sent. */
struct check_map {
	char	*text;		/* heap; NULL: there is none */
	size_t	 len;
	int	 absent;	/* the server serves no map (404), which is no
				   fault of one that need not */
};

/*
 * Request the map at `url', by `address' in place of the name (NULL: resolve
 * it), check the response and validate the map.  `needed' 0: a server without a
 * map is fine.  Reports and returns as check_node(), with m->text only when the
 * map is valid.
 */
int	 check_map(const char *url, const char *address, int needed,
	    const struct check_opts *o, const struct check_sink *sink,
	    struct check_map *m, char *why, size_t size);

/*
 * Validate the map of `len' bytes at `text'.  Returns 0, or -1 with the first
 * error, where it is and how many more there are, in `why' of `size' bytes.
 */
int	 check_map_valid(const char *text, size_t len, char *why, size_t size);

#endif
