/*
 * names: the addresses of a node, by its map and by DNS.
 */
#include <netdb.h>
#include <string.h>

#include "run.h"

int
check_names(struct check_run *r)
{
	struct addrinfo hints = { .ai_socktype = SOCK_STREAM }, *list, *ai;
	struct check_addr *a;
	int rv;

	check_step(r, "names");
	if ((rv = getaddrinfo(r->node->host, NULL, &hints, &list)) != 0) {
		check_found(r, NULL, 0, CHECK_NAME_UNKNOWN, "%s: %s",
		    r->node->host, gai_strerror(rv));
		return (0);
	}
	for (ai = list; ai != NULL && r->naddrs < RUN_ADDRESSES;
	    ai = ai->ai_next) {
		a = &r->addrs[r->naddrs++];
		memcpy(&a->ss, ai->ai_addr, ai->ai_addrlen);
		a->len = ai->ai_addrlen;
		(void)getnameinfo(ai->ai_addr, ai->ai_addrlen, a->text,
		    sizeof(a->text), NULL, 0, NI_NUMERICHOST);
	}
	freeaddrinfo(list);
	return (r->naddrs > 0);
}
