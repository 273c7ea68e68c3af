/*
 * admitproc_test: the channels of admit to fronts, relay workers and verify,
 * the key of health, and processes verify that get another source.
 */
#include <unistd.h>

#include "admitsetfixture.h"

static struct ipc_chan	*end_front, *end_relay, *end_verify[2];

/* Are these the two ends of one channel? */
static void
check_pair(int a, int b)
{
	char	 c = 0;

	ATF_REQUIRE(a != -1 && b != -1);
	ATF_CHECK_EQ(1, write(a, "x", 1));
	ATF_CHECK_EQ(1, read(b, &c, 1));
	ATF_CHECK_EQ('x', c);
}

/* admit gets a channel of this end; returns its descriptor. */
static int
expect_chan(enum ipc_admit_chan_kind kind, unsigned int number)
{
	struct ipc_msg_admit_chan	 v;
	struct ipc_msg			 m;
	int				 fd;

	next(&d.admit, end_admit, &m, MSG_ADMIT_CHAN);
	ATF_REQUIRE_EQ(0, ipc_get_admit_chan(&m.rd, &v));
	ATF_CHECK_EQ(kind, v.kind);
	ATF_CHECK_EQ(number, v.number);
	fd = m.fd;
	m.fd = -1;
	ipc_msg_free(&m);
	return (fd);
}

static void
expect_secret(unsigned int worker)
{
	struct ipc_msg_admit_secret	 v;
	struct ipc_msg			 m;

	next(&d.admit, end_admit, &m, MSG_ADMIT_SECRET);
	ATF_REQUIRE_EQ(0, ipc_get_admit_secret(&m.rd, &v));
	ATF_CHECK_EQ(worker, v.worker);
	ATF_CHECK_EQ(0, memcmp(v.secret, d.relays[worker].admit_secret,
	    IPC_TICKET_SECRETLEN));
	ipc_msg_free(&m);
}

/* The other end of a channel. */
static int
expect_end(struct parent_proc *p, struct ipc_chan *end, uint32_t type)
{
	struct ipc_msg	 m;
	int		 fd;

	next(p, end, &m, type);
	fd = m.fd;
	m.fd = -1;
	ipc_msg_free(&m);
	return (fd);
}

/* admit runs and has settings; no other process runs. */
static void
set_up(const char *text)
{
	begin(text);
	end_admit = run(&d.admit);
	d.admitset.in_force = 1;
	memset(d.relays[1].admit_secret, 0x5a, IPC_TICKET_SECRETLEN);
}

ATF_TC_WITHOUT_HEAD(channels);
ATF_TC_BODY(channels, tc)
{
	int	 fd;

	set_up("admit { url https://h/v }\n");
	/* Nobody else runs. */
	admitset_connect_all(&d);
	expect_nothing(&d.admit, end_admit);
	end_front = run(&d.fronts[0]);
	end_relay = run(&d.relays[1]);
	end_verify[0] = run(&d.verifies[0]);
	admitset_connect_all(&d);
	fd = expect_chan(IPC_ADMIT_CHAN_VERIFY, 0);
	check_pair(fd, expect_end(&d.verifies[0], end_verify[0],
	    MSG_VERIFY_CHAN));
	/* The secret comes before the channel, relay workers before fronts. */
	expect_secret(1);
	fd = expect_chan(IPC_ADMIT_CHAN_RELAY, 1);
	check_pair(fd, expect_end(&d.relays[1], end_relay, MSG_SERVER_ADMIT));
	fd = expect_chan(IPC_ADMIT_CHAN_FRONT, 0);
	check_pair(fd, expect_end(&d.fronts[0], end_front, MSG_SERVER_ADMIT));
	expect_nothing(&d.admit, end_admit);
	/* An admit without settings does not know what to answer. */
	d.admitset.in_force = 0;
	admitset_connect_all(&d);
	expect_nothing(&d.admit, end_admit);
	expect_nothing(&d.fronts[0], end_front);
}

/* Who has no channel gets one, but not any number of them. */
ATF_TC_WITHOUT_HEAD(renewed);
ATF_TC_BODY(renewed, tc)
{
	struct ipc_msg	 m = { .type = MSG_SERVER_ADMITLESS, .fd = -1 };
	uint8_t		 more = 0;
	int		 fd;

	set_up("admit { url https://h/v }\n");
	end_front = run(&d.fronts[0]);
	ipc_rd_init(&m.rd, NULL, 0);
	ATF_CHECK_EQ(0, parent_fronts_message(&d.fronts[0], &m));
	fd = expect_chan(IPC_ADMIT_CHAN_FRONT, 0);
	check_pair(fd, expect_end(&d.fronts[0], end_front, MSG_SERVER_ADMIT));
	ATF_CHECK_EQ(0, parent_fronts_message(&d.fronts[0], &m));
	expect_nothing(&d.admit, end_admit);
	d.fronts[0].admit_ms -= PARENT_REQUEST_MS;
	ATF_CHECK_EQ(0, parent_fronts_message(&d.fronts[0], &m));
	close(expect_chan(IPC_ADMIT_CHAN_FRONT, 0));
	ipc_rd_init(&m.rd, &more, 1);
	ATF_CHECK_EQ(-1, parent_fronts_message(&d.fronts[0], &m));
	/* Nothing is sent while admit does not run. */
	end_of_admit();
	d.fronts[0].admit_ms -= PARENT_REQUEST_MS;
	ipc_rd_init(&m.rd, NULL, 0);
	ATF_CHECK_EQ(0, parent_fronts_message(&d.fronts[0], &m));
}

ATF_TC_WITHOUT_HEAD(health);
ATF_TC_BODY(health, tc)
{
	static const uint8_t		 key[IPC_KEYLEN] = { 9, 8, 7 };
	struct ipc_msg_admit_health	 v;
	struct ipc_msg			 m;

	set_up("admit { url https://h/v }\n");
	admitset_set_health(&d, key);
	next(&d.admit, end_admit, &m, MSG_ADMIT_HEALTH);
	ATF_REQUIRE_EQ(0, ipc_get_admit_health(&m.rd, &v));
	ATF_CHECK_EQ(0, memcmp(key, v.key, sizeof(key)));
	ipc_msg_free(&m);
	/* It is known before admit runs. */
	end_of_admit();
	memset(&d.admitset.health, 0, sizeof(d.admitset.health));
	d.admitset.has_health = 0;
	admitset_set_health(&d, key);
	ATF_CHECK_EQ(1, d.admitset.has_health);
	ATF_CHECK_EQ(0, memcmp(key, d.admitset.health, sizeof(key)));
}

static void
expect_source(unsigned int n, const char *name)
{
	struct ipc_msg_verify_conf	 v;
	struct ipc_msg			 m;

	next(&d.verifies[n], end_verify[n], &m, MSG_VERIFY_CONF);
	ATF_REQUIRE_EQ(0, ipc_get_verify_conf(&m.rd, &v));
	ATF_CHECK_STREQ(name, v.source.name);
	ipc_msg_free(&m);
}

static int
start_verify(struct parent_proc *p)
{
	end_verify[p->c.worker] = run(p);
	return (0);
}

/* A process whose source changes gets the new one, then a new channel. */
ATF_TC_WITHOUT_HEAD(sources);
ATF_TC_BODY(sources, tc)
{
	struct conf	*old;
	struct ipc_msg	 m;
	int		 fd, i;

	set_up("admit { url https://h/v tailscaled /t }\n");
	ATF_CHECK(super_wanted(&d.verifies[1].c));
	ATF_CHECK(!super_wanted(&d.verifies[2].c));
	for (i = 0; i < 2; i++)
		end_verify[i] = run(&d.verifies[i]);
	old = d.conf;
	d.conf = conf_with("admit { url https://h/v tailscaled /t sources "
	    "all }\n");
	admitset_verify_configure(&d, old);
	for (i = 0; i < 2; i++)
		expect_nothing(&d.verifies[i], end_verify[i]);
	d.conf = conf_with("admit { url https://h/v tailscaled /u }\n");
	admitset_verify_configure(&d, old);
	expect_nothing(&d.verifies[0], end_verify[0]);
	expect_source(1, "/u");
	fd = expect_chan(IPC_ADMIT_CHAN_VERIFY, 1);
	check_pair(fd, expect_end(&d.verifies[1], end_verify[1],
	    MSG_VERIFY_CHAN));
	/* One source less. */
	old = d.conf;
	d.conf = conf_with("admit { tailscaled /u }\n");
	admitset_verify_configure(&d, old);
	expect_source(0, "/u");
	close(expect_end(&d.verifies[0], end_verify[0], MSG_VERIFY_CHAN));
	next(&d.verifies[1], end_verify[1], &m, MSG_STOP);
	ipc_msg_free(&m);
	/* And one more. */
	d.verifies[1].c.pid = 0;
	super_forget(&d.verifies[1].c);
	d.verifies[1].start = start_verify;
	old = d.conf;
	d.conf = conf_with("admit { tailscaled /u url https://h/v ca file /c "
	    "}\n");
	admitset_verify_configure(&d, old);
	ATF_CHECK(d.verifies[1].c.pid != 0);
	expect_nothing(&d.verifies[0], end_verify[0]);
	/* Another file of certificate authorities is another source, too. */
	old = d.conf;
	d.conf = conf_with("admit { tailscaled /u url https://h/v }\n");
	admitset_verify_configure(&d, old);
	expect_source(1, "https://h/v");
}

/* A reload reads a CA file again, which may have been renewed. */
ATF_TC_WITHOUT_HEAD(ca_file);
ATF_TC_BODY(ca_file, tc)
{
	struct conf	*old;

	set_up("admit { url https://h/v ca file /c }\n");
	end_verify[0] = run(&d.verifies[0]);
	old = d.conf;
	d.conf = conf_with("admit { url https://h/v ca file /c }\n");
	admitset_verify_configure(&d, old);
	expect_source(0, "https://h/v");
	/* It has its channel until it ends. */
	expect_nothing(&d.verifies[0], end_verify[0]);
	expect_nothing(&d.admit, end_admit);
}

/*
 * A source that a reload replaces is not asked for the new one, however long
 * the other processes take: verify has the new source with admit.
 */
ATF_TC_WITHOUT_HEAD(at_once);
ATF_TC_BODY(at_once, tc)
{
	struct parent_generation	 g = { .kind = GEN_RELOAD, .id = 7 };

	set_up("admit { url https://h/v }\n");
	end_verify[0] = run(&d.verifies[0]);
	parent_reload_init(&d);
	g.conf = conf_with("admit { tailscaled /u }\n");
	d.gens.ops->commit(&d, &g);
	expect_source(0, "/u");
	close(expect_end(&d.verifies[0], end_verify[0], MSG_VERIFY_CHAN));
	close(expect_chan(IPC_ADMIT_CHAN_VERIFY, 0));
}

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, ca_file);
	ATF_TP_ADD_TC(tp, at_once);
	ATF_TP_ADD_TC(tp, channels);
	ATF_TP_ADD_TC(tp, renewed);
	ATF_TP_ADD_TC(tp, health);
	ATF_TP_ADD_TC(tp, sources);
	return (atf_no_error());
}
