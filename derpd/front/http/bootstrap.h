/*
 * bootstrap: the names of bootstrap-dns and their addresses, as the parent sent
 * them, and the answers to /bootstrap-dns (derp(7), section 5).
 */
#ifndef BOOTSTRAP_H
#define BOOTSTRAP_H

#include <stddef.h>

#include "messages.h"
#include "web.h"

struct web_dns_name {
	char		 name[IPC_HOSTSIZE];
	int		 published;
	size_t		 naddrs;	/* 0: not resolved yet */
	struct web_map_entry *own;	/* of an unpublished one that resolved:
					   the answer with it alone */
};

/* All zero initially: no names. */
struct web_dns {
	struct web_dns_name *v;
	size_t		 n;
	struct web_map_entry *published;	/* the answer with all that
					   resolved; NULL: none has */
};

/*
 * MSG_FRONT_DNS: replace the names.  Return 0, or -1: malformed, or no memory;
 * the older names then stay.
 */
int	web_dns_set(struct web_dns *d, const struct ipc_msg_front_dns *v);

/* Free the names; there are none then. */
void	web_dns_clear(struct web_dns *d);

/*
 * Answer a request for /bootstrap-dns as web_route() does.  With a parameter q
 * of the name of an unpublished one, the answer has that one alone, else all
 * published ones; r->dns says what was asked for.
 */
enum web_action	web_dns_page(const struct web_env *env,
		    const struct net_http_head *h, struct web_reply *r);

#endif
