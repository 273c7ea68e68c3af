/*
 * relayconf_test: Tests of the settings of a front and of a relay worker, made
 * from the configuration; contradictory settings are refused.
 */
#include <atf-c.h>
#include <string.h>

#include "conf.h"
#include "parent.h"
#include "relayconf.h"

static void
fill_relay(struct ipc_relay_conf *c)
{
	memset(c, 0, sizeof(*c));
	memset(c->node_key, 0xa5, sizeof(c->node_key));
	c->worker = 2;
	c->nworkers = 3;
	c->nfronts = 1;
	c->queue_packets = 1024;
}

static void
fill_front(struct ipc_front_conf *c)
{
	memset(c, 0, sizeof(*c));
	memset(c->node_key, 0xa5, sizeof(c->node_key));
	c->front = 2;
	c->nfronts = 3;
	c->nworkers = 3;
	c->relay = 1;
	c->home = HOME_REDIRECT;
	strlcpy(c->redirect, "https://www.example.org/", sizeof(c->redirect));
	c->max_unfinished = 2000;
	c->max_per_source = 300;
	c->source_v4 = 24;
	c->source_v6 = 56;
}

/* Encode and decode the settings.  Returns 0, or -1 if either side refuses. */
static int
pass_relay(const struct ipc_relay_conf *c)
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
	ipc_wr_free(&w);
	return (rv);
}

static int
pass_front(const struct ipc_front_conf *c)
{
	struct ipc_msg_front_conf	v = { *c };
	struct ipc_wr			w;
	struct ipc_rd			r;
	int				rv = -1;

	ipc_wr_init(&w);
	ipc_put_front_conf(&w, &v);
	ipc_rd_init(&r, w.p, w.len);
	if (ipc_wr_ok(&w) && ipc_get_front_conf(&r, &v) == 0 &&
	    ipc_front_conf_valid(&v.conf))
		rv = 0;
	ipc_wr_free(&w);
	return (rv);
}

ATF_TC_WITHOUT_HEAD(relay_ranges);
ATF_TC_BODY(relay_ranges, tc)
{
	struct ipc_relay_conf	c;

	fill_relay(&c);
	ATF_CHECK_EQ(0, pass_relay(&c));
	c.worker = c.nworkers;
	ATF_CHECK_EQ(-1, pass_relay(&c));
	fill_relay(&c);
	c.nworkers = IPC_MAXWORKERS;
	ATF_CHECK_EQ(0, pass_relay(&c));
	c.nworkers = IPC_MAXWORKERS + 1;
	ATF_CHECK_EQ(-1, pass_relay(&c));
	fill_relay(&c);
	c.queue_packets = 0;
	ATF_CHECK_EQ(-1, pass_relay(&c));
}

ATF_TC_WITHOUT_HEAD(front_ranges);
ATF_TC_BODY(front_ranges, tc)
{
	struct ipc_front_conf	c;

	fill_front(&c);
	ATF_CHECK_EQ(0, pass_front(&c));
	/* There may be more fronts than relay workers. */
	c.front = IPC_MAXWORKERS - 1;
	ATF_CHECK_EQ(-1, pass_front(&c));
	c.nfronts = IPC_MAXWORKERS;
	ATF_CHECK_EQ(0, pass_front(&c));
	c.front = IPC_MAXWORKERS;
	c.nfronts = IPC_MAXWORKERS + 1;
	ATF_CHECK_EQ(-1, pass_front(&c));
	fill_front(&c);
	c.nworkers = 0;
	ATF_CHECK_EQ(-1, pass_front(&c));
	fill_front(&c);
	c.home = HOME_REDIRECT + 1;
	ATF_CHECK_EQ(-1, pass_front(&c));
	fill_front(&c);
	c.redirect[0] = '\0';
	ATF_CHECK_EQ(-1, pass_front(&c));
	c.home = HOME_BLANK;
	ATF_CHECK_EQ(0, pass_front(&c));
	c.max_unfinished = 0;
	ATF_CHECK_EQ(-1, pass_front(&c));
	fill_front(&c);
	c.source_v4 = 32;
	c.source_v6 = 128;
	ATF_CHECK_EQ(0, pass_front(&c));
	c.source_v4 = 33;
	ATF_CHECK_EQ(-1, pass_front(&c));
	c.source_v4 = 32;
	c.source_v6 = 129;
	ATF_CHECK_EQ(-1, pass_front(&c));
}

static uint8_t	 key[32], secret[IPC_SLOT_SECRETLEN];

static void
configure(struct conf *c)
{
	memset(key, 7, sizeof(key));
	memset(secret, 8, sizeof(secret));
	memset(c, 0, sizeof(*c));
	c->relay.enabled = 1;
	c->front.home = HOME_REDIRECT;
	strlcpy(c->front.redirect, "https://www.example.org/",
	    sizeof(c->front.redirect));
	c->worker.queue_bytes = 1;
	c->worker.queue_packets = 2;
	c->worker.codel_target = 3;
	c->worker.codel_interval = 4;
	c->worker.notsent_lowat = 5;
	c->worker.write_timeout = 6;
	c->front.accept_rate = 7;
	c->front.accept_burst = 8;
	c->worker.client_rate = 9;
	c->worker.client_burst = 10;
	c->worker.max_clients = 11;
	c->front.max_unfinished = 12;
	c->front.max_per_source = 13;
	c->front.source_v4 = 14;
	c->front.source_v6 = 15;
	c->front.admit = c->worker.admit = 1;
}

ATF_TC_WITHOUT_HEAD(relay_from_configuration);
ATF_TC_BODY(relay_from_configuration, tc)
{
	struct ipc_relay_conf	r;
	struct conf		c;

	configure(&c);
	parent_relay_conf(&r, &c, key, secret, 1, 4, 5);
	ATF_CHECK_EQ(0, memcmp(secret, r.slot_secret, sizeof(secret)));
	ATF_CHECK_EQ(0, memcmp(key, r.node_key, sizeof(key)));
	ATF_CHECK_EQ(1, r.worker);
	ATF_CHECK_EQ(4, r.nworkers);
	ATF_CHECK_EQ(5, r.nfronts);
	ATF_CHECK_EQ(1, r.queue_bytes);
	ATF_CHECK_EQ(2, r.queue_packets);
	ATF_CHECK_EQ(3, r.codel_target);
	ATF_CHECK_EQ(4, r.codel_interval);
	ATF_CHECK_EQ(5, r.notsent_lowat);
	ATF_CHECK_EQ(6, r.write_timeout);
	ATF_CHECK_EQ(9, r.client_rate);
	ATF_CHECK_EQ(10, r.client_burst);
	ATF_CHECK_EQ(11, r.max_clients);
	ATF_CHECK_EQ(1, r.admit);
}

ATF_TC_WITHOUT_HEAD(front_from_configuration);
ATF_TC_BODY(front_from_configuration, tc)
{
	struct ipc_front_conf	f;
	struct conf		c;

	configure(&c);
	parent_front_conf(&f, &c, key, secret, 1, 2, 4);
	ATF_CHECK_EQ(0, memcmp(secret, f.slot_secret, sizeof(secret)));
	ATF_CHECK_EQ(0, memcmp(key, f.node_key, sizeof(key)));
	ATF_CHECK_EQ(1, f.front);
	ATF_CHECK_EQ(2, f.nfronts);
	ATF_CHECK_EQ(4, f.nworkers);
	ATF_CHECK_EQ(1, f.relay);
	ATF_CHECK_EQ(HOME_REDIRECT, f.home);
	ATF_CHECK_STREQ("https://www.example.org/", f.redirect);
	ATF_CHECK_EQ(5, f.notsent_lowat);
	ATF_CHECK_EQ(6, f.write_timeout);
	ATF_CHECK_EQ(7, f.accept_rate);
	ATF_CHECK_EQ(8, f.accept_burst);
	ATF_CHECK_EQ(1, f.rate_limited);
	ATF_CHECK_EQ(11, f.max_clients);
	ATF_CHECK_EQ(12, f.max_unfinished);
	ATF_CHECK_EQ(13, f.max_per_source);
	ATF_CHECK_EQ(14, f.source_v4);
	ATF_CHECK_EQ(15, f.source_v6);
	ATF_CHECK_EQ(1, f.admit);
	/* Maps alone, and no rate. */
	c.relay.enabled = 0;
	c.worker.client_rate = 0;
	parent_front_conf(&f, &c, key, secret, 0, 1, 0);
	ATF_CHECK_EQ(0, f.relay);
	ATF_CHECK_EQ(0, f.rate_limited);
	ATF_CHECK_EQ(0, pass_front(&f));
}

/* The numbers of processes for a configuration and a number of CPUs. */
ATF_TC_WITHOUT_HEAD(numbers);
ATF_TC_BODY(numbers, tc)
{
	static const struct {
		int		 relay;
		unsigned int	 workers, fronts;	/* configured */
		long		 ncpus;
		unsigned int	 want_workers, want_fronts;
	} v[] = {
		{ 1, 0, 0, 1, 1, 1 },
		{ 1, 0, 0, 2, 2, 1 },
		{ 1, 0, 0, 3, 3, 2 },
		{ 1, 0, 0, 4, 4, 2 },
		{ 1, 0, 0, -1, 1, 1 },	/* sysconf(3) does not know */
		{ 1, 0, 0, 200, 64, 32 },
		{ 1, 5, 0, 1, 5, 3 },
		{ 1, 1, 7, 4, 1, 7 },
		{ 1, 0, 64, 2, 2, 64 },
		{ 0, 0, 0, 4, 0, 4 },
		{ 0, 0, 0, 200, 0, 64 }
	};
	struct conf_listen	 l;
	struct conf		 c;
	size_t			 i;

	memset(&c, 0, sizeof(c));
	TAILQ_INIT(&c.listens);
	/* STUN alone. */
	ATF_CHECK_EQ(0, parent_count_fronts(&c, 4));
	ATF_CHECK_EQ(0, parent_count_workers(&c, 4));
	TAILQ_INSERT_TAIL(&c.listens, &l, entry);
	for (i = 0; i < sizeof(v) / sizeof(v[0]); i++) {
		c.relay.enabled = v[i].relay;
		c.relay.workers = v[i].workers;
		c.relay.fronts = v[i].fronts;
		ATF_CHECK_EQ_MSG(v[i].want_workers,
		    parent_count_workers(&c, v[i].ncpus), "row %zu", i);
		ATF_CHECK_EQ_MSG(v[i].want_fronts,
		    parent_count_fronts(&c, v[i].ncpus), "row %zu", i);
	}
}

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, relay_ranges);
	ATF_TP_ADD_TC(tp, front_ranges);
	ATF_TP_ADD_TC(tp, relay_from_configuration);
	ATF_TP_ADD_TC(tp, front_from_configuration);
	ATF_TP_ADD_TC(tp, numbers);
	return (atf_no_error());
}
