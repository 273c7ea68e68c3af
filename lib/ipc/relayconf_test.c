/*
 * relayconf_test: the settings of a relay worker arrive as they were sent, and
 * nothing else is taken for them.
 */
#include <atf-c.h>
#include <string.h>

#include "conf.h"
#include "parent.h"
#include "relayconf.h"

static void
fill(struct relay_conf *c)
{
	memset(c, 0, sizeof(*c));
	memset(c->node_key, 0xa5, sizeof(c->node_key));
	c->worker = 2;
	c->nworkers = 3;
	c->relay = 1;
	c->home = HOME_REDIRECT;
	strlcpy(c->redirect, "https://www.example.org/", sizeof(c->redirect));
	c->queue_bytes = 1024 * 1024;
	c->queue_packets = 1024;
	c->codel_target = 20;
	c->codel_interval = 100;
	c->notsent_lowat = 128 * 1024;
	c->write_timeout = 2000;
	c->accept_rate = 5;
	c->accept_burst = 50;
	c->client_rate = 1ULL << 40;
	c->client_burst = (1ULL << 33) + 1;
	c->max_clients = 100000;
	c->max_unfinished = 2000;
	c->max_per_source = 300;
}

/* Sent and read again: 0, or -1 as relay_conf_get() says. */
static int
pass(const struct relay_conf *c, struct relay_conf *back)
{
	struct wr	w;
	struct rd	r;
	int		rv;

	wr_init(&w);
	relay_conf_put(&w, c);
	ATF_REQUIRE(wr_ok(&w));
	rd_init(&r, w.p, w.len);
	rv = relay_conf_get(&r, back);
	wr_free(&w);
	return (rv);
}

ATF_TC_WITHOUT_HEAD(whole);
ATF_TC_BODY(whole, tc)
{
	struct relay_conf	c, back;

	fill(&c);
	memset(&back, 0xff, sizeof(back));
	ATF_REQUIRE_EQ(0, pass(&c, &back));
	ATF_CHECK_EQ(0, memcmp(c.node_key, back.node_key, 32));
	ATF_CHECK_EQ(c.worker, back.worker);
	ATF_CHECK_EQ(c.nworkers, back.nworkers);
	ATF_CHECK_EQ(c.relay, back.relay);
	ATF_CHECK_EQ(c.home, back.home);
	ATF_CHECK_STREQ(c.redirect, back.redirect);
	ATF_CHECK_EQ(c.queue_bytes, back.queue_bytes);
	ATF_CHECK_EQ(c.queue_packets, back.queue_packets);
	ATF_CHECK_EQ(c.codel_target, back.codel_target);
	ATF_CHECK_EQ(c.codel_interval, back.codel_interval);
	ATF_CHECK_EQ(c.notsent_lowat, back.notsent_lowat);
	ATF_CHECK_EQ(c.write_timeout, back.write_timeout);
	ATF_CHECK_EQ(c.accept_rate, back.accept_rate);
	ATF_CHECK_EQ(c.accept_burst, back.accept_burst);
	ATF_CHECK_EQ(c.client_rate, back.client_rate);
	ATF_CHECK_EQ(c.client_burst, back.client_burst);
	ATF_CHECK_EQ(c.max_clients, back.max_clients);
	ATF_CHECK_EQ(c.max_unfinished, back.max_unfinished);
	ATF_CHECK_EQ(c.max_per_source, back.max_per_source);
}

ATF_TC_WITHOUT_HEAD(cut_or_longer);
ATF_TC_BODY(cut_or_longer, tc)
{
	struct relay_conf	c, back;
	struct wr		w;
	struct rd		r;
	size_t			n;

	fill(&c);
	wr_init(&w);
	relay_conf_put(&w, &c);
	for (n = 0; n < w.len; n++) {
		rd_init(&r, w.p, n);
		ATF_CHECK_EQ_MSG(-1, relay_conf_get(&r, &back),
		    "taken with %zu of %zu bytes", n, w.len);
	}
	wr_u8(&w, 0);
	rd_init(&r, w.p, w.len);
	ATF_CHECK_EQ(-1, relay_conf_get(&r, &back));
	wr_free(&w);
}

ATF_TC_WITHOUT_HEAD(ranges);
ATF_TC_BODY(ranges, tc)
{
	struct relay_conf	c, back;

	fill(&c);
	c.worker = c.nworkers;
	ATF_CHECK_EQ(-1, pass(&c, &back));
	fill(&c);
	c.nworkers = MAXWORKERS;
	ATF_CHECK_EQ(0, pass(&c, &back));
	c.nworkers = MAXWORKERS + 1;
	ATF_CHECK_EQ(-1, pass(&c, &back));
	fill(&c);
	c.relay = 0;
	ATF_CHECK_EQ(0, pass(&c, &back));
	ATF_CHECK_EQ(0, back.relay);
	c.relay = 2;
	ATF_CHECK_EQ(-1, pass(&c, &back));
	fill(&c);
	c.home = HOME_REDIRECT + 1;
	ATF_CHECK_EQ(-1, pass(&c, &back));
	fill(&c);
	c.queue_packets = 0;
	ATF_CHECK_EQ(-1, pass(&c, &back));
}

ATF_TC_WITHOUT_HEAD(from_configuration);
ATF_TC_BODY(from_configuration, tc)
{
	static char		redirect[] = "https://www.example.org/";
	struct relay_conf	r;
	struct conf		c;
	uint8_t			key[32];

	memset(key, 7, sizeof(key));
	memset(&c, 0, sizeof(c));
	c.relay.enabled = 1;
	c.relay.home = HOME_REDIRECT;
	c.relay.redirect = redirect;
	c.relay.queue_bytes = 1;
	c.relay.queue_packets = 2;
	c.relay.codel_target = 3;
	c.relay.codel_interval = 4;
	c.relay.notsent_lowat = 5;
	c.relay.write_timeout = 6;
	c.relay.accept_rate = 7;
	c.relay.accept_burst = 8;
	c.relay.client_rate = 9;
	c.relay.client_burst = 10;
	c.relay.max_clients = 11;
	c.relay.max_unfinished = 12;
	c.relay.max_per_source = 13;
	relay_conf_from(&r, &c, key, 1, 4);
	ATF_CHECK_EQ(0, memcmp(key, r.node_key, sizeof(key)));
	ATF_CHECK_EQ(1, r.worker);
	ATF_CHECK_EQ(4, r.nworkers);
	ATF_CHECK_EQ(1, r.relay);
	ATF_CHECK_EQ(HOME_REDIRECT, r.home);
	ATF_CHECK_STREQ(redirect, r.redirect);
	ATF_CHECK_EQ(1, r.queue_bytes);
	ATF_CHECK_EQ(2, r.queue_packets);
	ATF_CHECK_EQ(3, r.codel_target);
	ATF_CHECK_EQ(4, r.codel_interval);
	ATF_CHECK_EQ(5, r.notsent_lowat);
	ATF_CHECK_EQ(6, r.write_timeout);
	ATF_CHECK_EQ(7, r.accept_rate);
	ATF_CHECK_EQ(8, r.accept_burst);
	ATF_CHECK_EQ(9, r.client_rate);
	ATF_CHECK_EQ(10, r.client_burst);
	ATF_CHECK_EQ(11, r.max_clients);
	ATF_CHECK_EQ(12, r.max_unfinished);
	ATF_CHECK_EQ(13, r.max_per_source);
}

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, whole);
	ATF_TP_ADD_TC(tp, cut_or_longer);
	ATF_TP_ADD_TC(tp, ranges);
	ATF_TP_ADD_TC(tp, from_configuration);
	return (atf_no_error());
}
