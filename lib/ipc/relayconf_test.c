/*
 * relayconf_test: Tests of the settings of a relay worker, made from the
 * configuration; contradictory settings are refused.
 */
#include <atf-c.h>
#include <string.h>

#include "conf.h"
#include "parent.h"
#include "relayconf.h"

static void
fill(struct ipc_relay_conf *c)
{
	memset(c, 0, sizeof(*c));
	memset(c->node_key, 0xa5, sizeof(c->node_key));
	c->worker = 2;
	c->nworkers = 3;
	memset(c->slot_secret, 0x5a, sizeof(c->slot_secret));
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

/* Encode and decode the settings.  Returns 0, or -1 if either side refuses. */
static int
pass(const struct ipc_relay_conf *c, struct ipc_relay_conf *back)
{
	struct ipc_msg_relay_conf	v = { *c };
	struct ipc_wr			w;
	struct ipc_rd			r;
	int				rv = -1;

	ipc_wr_init(&w);
	ipc_put_relay_conf(&w, &v);
	ipc_rd_init(&r, w.p, w.len);
	if (ipc_wr_ok(&w) && ipc_get_relay_conf(&r, &v) == 0 &&
	    ipc_relay_conf_valid(&v.conf))
		rv = 0;
	*back = v.conf;
	ipc_wr_free(&w);
	return (rv);
}

ATF_TC_WITHOUT_HEAD(ranges);
ATF_TC_BODY(ranges, tc)
{
	struct ipc_relay_conf	c, back;

	fill(&c);
	c.worker = c.nworkers;
	ATF_CHECK_EQ(-1, pass(&c, &back));
	fill(&c);
	c.nworkers = IPC_MAXWORKERS;
	ATF_CHECK_EQ(0, pass(&c, &back));
	c.nworkers = IPC_MAXWORKERS + 1;
	ATF_CHECK_EQ(-1, pass(&c, &back));
	fill(&c);
	c.relay = 0;
	ATF_CHECK_EQ(0, pass(&c, &back));
	ATF_CHECK_EQ(0, back.relay);
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
	static const char	redirect[] = "https://www.example.org/";
	struct ipc_relay_conf	r;
	struct conf		c;
	uint8_t			key[32], secret[IPC_SLOT_SECRETLEN];

	memset(key, 7, sizeof(key));
	memset(secret, 8, sizeof(secret));
	memset(&c, 0, sizeof(c));
	c.relay.enabled = 1;
	c.worker.home = HOME_REDIRECT;
	strlcpy(c.worker.redirect, redirect, sizeof(c.worker.redirect));
	c.worker.queue_bytes = 1;
	c.worker.queue_packets = 2;
	c.worker.codel_target = 3;
	c.worker.codel_interval = 4;
	c.worker.notsent_lowat = 5;
	c.worker.write_timeout = 6;
	c.worker.accept_rate = 7;
	c.worker.accept_burst = 8;
	c.worker.client_rate = 9;
	c.worker.client_burst = 10;
	c.worker.max_clients = 11;
	c.worker.max_unfinished = 12;
	c.worker.max_per_source = 13;
	parent_relay_conf(&r, &c, key, secret, 1, 4);
	ATF_CHECK_EQ(0, memcmp(secret, r.slot_secret, sizeof(secret)));
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
	ATF_TP_ADD_TC(tp, ranges);
	ATF_TP_ADD_TC(tp, from_configuration);
	return (atf_no_error());
}
