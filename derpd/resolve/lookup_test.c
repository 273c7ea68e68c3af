/*
 * lookup_test: which addresses of the resolver's answer are kept, and in which
 * order.
 */
#include <netinet/in.h>
#include <arpa/inet.h>
#include <atf-c.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lookup.h"
#include "prefix.h"

static struct sockaddr_in6	in[2 * IPC_DNS_MAXADDRS];
static struct addrinfo		list[2 * IPC_DNS_MAXADDRS];
static size_t			nlist;
static int			error;		/* of getaddrinfo(3), 0: none */
static int			released;
static uint32_t			chance;		/* of all draws */

static int
resolve(const char *host, const char *port, const struct addrinfo *hints,
    struct addrinfo **res)
{
	size_t i;

	ATF_CHECK_STREQ("relay.test", host);
	ATF_CHECK(port == NULL);
	ATF_CHECK_EQ(AF_UNSPEC, hints->ai_family);
	if (error != 0)
		return (error);
	for (i = 0; i + 1 < nlist; i++)
		list[i].ai_next = &list[i + 1];
	*res = list;
	return (0);
}

static void
release(struct addrinfo *res)
{
	ATF_CHECK(res == list);
	released++;
}

static uint32_t
below(uint32_t n)
{
	return (chance % n);
}

static const struct resolve_ops ops = { resolve, release, below };

/* Append an address to the resolver's answer. */
static void
answer(const char *text)
{
	struct addrinfo *ai = &list[nlist];
	struct sockaddr_in *v4 = (struct sockaddr_in *)&in[nlist];

	ai->ai_addr = (struct sockaddr *)&in[nlist];
	if (strchr(text, ':') != NULL) {
		ai->ai_family = in[nlist].sin6_family = AF_INET6;
		ATF_REQUIRE_EQ(1, inet_pton(AF_INET6, text,
		    &in[nlist].sin6_addr));
	} else {
		ai->ai_family = v4->sin_family = AF_INET;
		ATF_REQUIRE_EQ(1, inet_pton(AF_INET, text, &v4->sin_addr));
	}
	nlist++;
}

/* The addresses that are kept, each with a blank behind it. */
static const char *
kept(const struct resolve_answer *a)
{
	static char all[IPC_DNS_MAXADDRS * (NET_PREFIX_TEXT + 1) + 1];
	char text[NET_PREFIX_TEXT];
	size_t i;

	all[0] = '\0';
	for (i = 0; i < a->n; i++) {
		net_prefix_address(a->addrs[i], text);
		strlcat(all, text, sizeof(all));
		strlcat(all, " ", sizeof(all));
	}
	return (all);
}

ATF_TC_WITHOUT_HEAD(addresses);
ATF_TC_BODY(addresses, tc)
{
	struct resolve_answer a;

	chance = 5;			/* 5 % 3, 5 % 2 */
	answer("192.0.2.1");
	answer("2001:db8::1");
	answer("192.0.2.1");
	answer("::ffff:192.0.2.1");
	answer("192.0.2.2");
	resolve_lookup(&ops, "relay.test", &a);
	ATF_CHECK_STREQ("192.0.2.1 2001:db8::1 192.0.2.2 ", kept(&a));
	ATF_CHECK_STREQ("", a.why);
	ATF_CHECK_EQ(1, released);
	/* Another order: the first one changes. */
	chance = 0;
	resolve_lookup(&ops, "relay.test", &a);
	ATF_CHECK_STREQ("2001:db8::1 192.0.2.2 192.0.2.1 ", kept(&a));
}

ATF_TC_WITHOUT_HEAD(failure);
ATF_TC_BODY(failure, tc)
{
	struct resolve_answer a;

	answer("192.0.2.1");
	error = EAI_AGAIN;
	resolve_lookup(&ops, "relay.test", &a);
	ATF_CHECK_EQ(0, a.n);
	ATF_CHECK(strncmp(a.why, "can't resolve: ", 15) == 0);
	ATF_CHECK_EQ(0, released);
	/* Of no family that is of use. */
	error = 0;
	list[0].ai_family = AF_UNIX;
	resolve_lookup(&ops, "relay.test", &a);
	ATF_CHECK_EQ(0, a.n);
	ATF_CHECK_STREQ("it has no address", a.why);
	ATF_CHECK_EQ(1, released);
}

ATF_TC_WITHOUT_HEAD(many);
ATF_TC_BODY(many, tc)
{
	struct resolve_answer a;
	char text[32];
	int i;

	for (i = 0; i < 2 * IPC_DNS_MAXADDRS; i++) {
		snprintf(text, sizeof(text), "192.0.2.%d", i);
		answer(text);
	}
	resolve_lookup(&ops, "relay.test", &a);
	ATF_CHECK_EQ(IPC_DNS_MAXADDRS, a.n);
}

/* libc's own. */
ATF_TC_WITHOUT_HEAD(system);
ATF_TC_BODY(system, tc)
{
	struct resolve_answer a;

	resolve_lookup(NULL, "localhost", &a);
	ATF_CHECK_MSG(strstr(kept(&a), "127.0.0.1 ") != NULL ||
	    strstr(kept(&a), "::1 ") != NULL, "%s%s", kept(&a), a.why);
}

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, addresses);
	ATF_TP_ADD_TC(tp, failure);
	ATF_TP_ADD_TC(tp, many);
	ATF_TP_ADD_TC(tp, system);
	return (atf_no_error());
}
