/*
 * survey_test: Rounds over regions whose nodes listen on 127.0.0.1, refuse, or
 * are never found.
 */
#include <sys/socket.h>
#include <netinet/in.h>
#include <arpa/inet.h>
#include <atf-c.h>
#include <event2/event.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "survey.h"

#define MAXREGIONS	40

static struct event_base *base;
static struct worker_survey *survey;
static struct map_places map;
static struct map_places_region regions[MAXREGIONS];
static struct map_places_node nodes[MAXREGIONS * 2];
static int listener = -1;
static uint16_t port;
static uint64_t chosen;
static unsigned int asked, lent, times;
static int answers = 1, lends = 1;
static uint32_t last_cookie;
static struct dial_proxy proxy;

static void
find(struct worker_survey *s, uint32_t cookie, const struct map_places_node *n,
    void *arg)
{
	struct net_place v[2];
	struct sockaddr_in in = { .sin_family = AF_INET };

	ATF_CHECK_EQ(&asked, arg);
	asked++;
	last_cookie = cookie;
	if (strcmp(n->host, "nowhere") == 0) {
		worker_survey_addrs(s, cookie, NULL, 0);
		return;
	}
	if (!answers)
		return;
	memset(v, 0, sizeof(v));
	in.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	memcpy(&v[0].ss, &in, sizeof(in));
	v[0].len = v[1].len = sizeof(in);
	v[1].ss = v[0].ss;
	worker_survey_addrs(s, cookie, v, 2);
	worker_survey_addrs(s, cookie, v, 2);	/* once too often */
}

static void
lend(struct worker_survey *s, uint32_t cookie, int family, void *arg)
{
	(void)arg;
	ATF_CHECK_EQ(AF_INET, family);
	lent++;
	worker_survey_socket(s, cookie, !lends ? -1 :
	    socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
}

static void
on_chosen(struct worker_survey *s, uint64_t region, void *arg)
{
	(void)s;
	(void)arg;
	chosen = region;
	times++;
	event_base_loopbreak(base);
}

static const struct worker_survey_ops ops = { find, lend, on_chosen };

static void
listen_somewhere(void)
{
	struct sockaddr_in in = { .sin_family = AF_INET };
	socklen_t len = sizeof(in);

	in.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	listener = socket(AF_INET, SOCK_STREAM, 0);
	ATF_REQUIRE(listener != -1);
	ATF_REQUIRE_EQ(0, bind(listener, (struct sockaddr *)&in, sizeof(in)));
	ATF_REQUIRE_EQ(0, listen(listener, 128));
	ATF_REQUIRE_EQ(0, getsockname(listener, (struct sockaddr *)&in, &len));
	port = ntohs(in.sin_port);
}

/* A map of `n' regions, each with two nodes that refuse. */
static void
make_map(size_t n)
{
	size_t i;

	memset(&map, 0, sizeof(map));
	memset(regions, 0, sizeof(regions));
	memset(nodes, 0, sizeof(nodes));
	for (i = 0; i < 2 * n; i++) {
		strlcpy(nodes[i].host, "here", sizeof(nodes[i].host));
		nodes[i].port = 1;
	}
	for (i = 0; i < n; i++) {
		regions[i].id = 900 + i;
		regions[i].nodes = &nodes[2 * i];
		regions[i].n = 2;
	}
	map.regions = regions;
	map.nregions = n;
}

static void
begin(size_t n)
{
	base = event_base_new();
	ATF_REQUIRE(base != NULL);
	survey = worker_survey_new(base, &ops, &asked, 1);
	ATF_REQUIRE(survey != NULL);
	listen_somewhere();
	make_map(n);
}

static void
end(void)
{
	worker_survey_free(survey);
	event_base_free(base);
	close(listener);
}

/* Run until a region is chosen. */
static void
run(void)
{
	unsigned int before = times;
	struct timeval tv = { 5, 0 };

	if (times != before)
		return;
	event_base_loopexit(base, &tv);
	event_base_dispatch(base);
}

ATF_TC_WITHOUT_HEAD(answers_one);
ATF_TC_BODY(answers_one, tc)
{
	begin(20);
	nodes[2 * 7].port = nodes[2 * 7 + 1].port = port;
	worker_survey_map(survey, &map, &proxy);
	run();
	ATF_CHECK_EQ(907, chosen);
	ATF_CHECK_EQ(20, asked);
	ATF_CHECK_EQ(39, lent);
	end();
}

/* Each round takes another node of a region. */
ATF_TC_WITHOUT_HEAD(nodes_in_turn);
ATF_TC_BODY(nodes_in_turn, tc)
{
	begin(3);
	nodes[3].port = port;
	nodes[4].port = nodes[5].port = port;
	regions[2].avoid = 1;
	worker_survey_map(survey, &map, &proxy);
	run();
	if (chosen != 901) {
		worker_survey_hurry(survey);
		run();
	}
	ATF_CHECK_EQ(901, chosen);
	end();
}

/* To be avoided, all of them: one is taken all the same. */
ATF_TC_WITHOUT_HEAD(avoid);
ATF_TC_BODY(avoid, tc)
{
	begin(2);
	regions[0].avoid = regions[1].avoid = 1;
	nodes[2].port = nodes[3].port = port;
	worker_survey_map(survey, &map, &proxy);
	run();
	ATF_CHECK_EQ(901, chosen);
	end();
}

/* Nothing answers, nothing is lent, names are not found: the first region. */
ATF_TC_WITHOUT_HEAD(nothing);
ATF_TC_BODY(nothing, tc)
{
	begin(MAXREGIONS);
	worker_survey_map(survey, &map, &proxy);
	run();
	ATF_CHECK_EQ(900, chosen);
	lends = 0;
	make_map(3);
	regions[0].id = 5;
	strlcpy(nodes[2].host, "nowhere", sizeof(nodes[2].host));
	strlcpy(nodes[3].host, "nowhere", sizeof(nodes[3].host));
	worker_survey_map(survey, &map, &proxy);
	run();
	ATF_CHECK_EQ(5, chosen);
	times = 0;
	worker_survey_map(survey, NULL, &proxy);
	worker_survey_hurry(survey);
	event_base_loop(base, EVLOOP_NONBLOCK);
	ATF_CHECK_EQ(0, times);
	end();
}

/* At boot there may be no network: the next round does not wait long. */
ATF_TC_WITHOUT_HEAD(again);
ATF_TC_BODY(again, tc)
{
	int i;

	begin(2);
	worker_survey_map(survey, &map, &proxy);
	run();
	ATF_CHECK_EQ(900, chosen);
	nodes[2].port = nodes[3].port = port;
	for (i = 0; i < 4 && chosen != 901; i++)
		run();
	ATF_CHECK_EQ(901, chosen);
	end();
}

/* Answers that do not come, and those that come too late. */
ATF_TC_WITHOUT_HEAD(late);
ATF_TC_BODY(late, tc)
{
	struct net_place v;
	int fd;

	begin(2);
	answers = 0;
	worker_survey_map(survey, &map, &proxy);
	ATF_CHECK_EQ(2, asked);
	run();
	ATF_CHECK_EQ(900, chosen);
	memset(&v, 0, sizeof(v));
	worker_survey_addrs(survey, last_cookie, &v, 1);
	worker_survey_addrs(survey, 0, &v, 1);
	ATF_CHECK_EQ(0, lent);
	fd = dup(0);
	worker_survey_socket(survey, last_cookie, fd);
	ATF_CHECK_EQ(-1, close(fd));
	/* It is ended while it runs. */
	worker_survey_map(survey, &map, &proxy);
	end();
}

/* A proxy is what is found and connected to; its answer decides. */
static unsigned int requests;
static char request[1024];

static void
on_request(evutil_socket_t fd, short events, void *arg)
{
	char text[sizeof(request)];
	const char *reply;
	ssize_t n = read(fd, text, sizeof(text) - 1);
	int good;

	(void)events;
	(void)arg;
	ATF_REQUIRE(n > 0);
	text[n] = '\0';
	requests++;
	good = strncmp(text, "CONNECT here:7002 ", 18) == 0;
	if (good)
		strlcpy(request, text, sizeof(request));
	reply = good ? "HTTP/1.1 200 OK\r\n\r\n" :
	    "HTTP/1.1 502 Bad Gateway\r\n\r\n";
	ATF_CHECK_EQ((ssize_t)strlen(reply), write(fd, reply, strlen(reply)));
	close(fd);
}

static void
on_accept(evutil_socket_t fd, short events, void *arg)
{
	int c = accept(fd, NULL, NULL);

	(void)events;
	(void)arg;
	ATF_REQUIRE(c != -1);
	ATF_REQUIRE_EQ(0, event_base_once(base, c, EV_READ, on_request, NULL,
	    NULL));
}

ATF_TC_WITHOUT_HEAD(through_a_proxy);
ATF_TC_BODY(through_a_proxy, tc)
{
	struct event *e;
	size_t i;

	begin(6);
	for (i = 0; i < 12; i++)
		nodes[i].port = (uint16_t)(7000 + i / 2);
	strlcpy(proxy.host, "proxy", sizeof(proxy.host));
	strlcpy(proxy.login, "eDp5", sizeof(proxy.login));
	snprintf(proxy.port, sizeof(proxy.port), "%u", port);
	e = event_new(base, listener, EV_READ | EV_PERSIST, on_accept, NULL);
	ATF_REQUIRE(e != NULL);
	ATF_REQUIRE_EQ(0, event_add(e, NULL));
	worker_survey_map(survey, &map, &proxy);
	run();
	ATF_CHECK_EQ(902, chosen);
	ATF_CHECK_EQ(6, requests);
	ATF_CHECK_EQ(6, lent);
	ATF_CHECK(strstr(request, "\r\nProxy-Authorization: Basic eDp5\r\n") !=
	    NULL);
	event_free(e);
	end();
}

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, answers_one);
	ATF_TP_ADD_TC(tp, nodes_in_turn);
	ATF_TP_ADD_TC(tp, avoid);
	ATF_TP_ADD_TC(tp, nothing);
	ATF_TP_ADD_TC(tp, again);
	ATF_TP_ADD_TC(tp, late);
	ATF_TP_ADD_TC(tp, through_a_proxy);
	return (atf_no_error());
}
