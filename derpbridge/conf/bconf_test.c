/*
 * bconf_test: configurations of derpbridged that are accepted, and what they
 * mean.
 */
#include <arpa/inet.h>
#include <netinet/in.h>

#include "bconf_fixture.h"

static struct bconf_iface *
first(struct bconf *c)
{
	struct bconf_iface *f = TAILQ_FIRST(&c->ifaces);

	ATF_REQUIRE(f != NULL);
	return (f);
}

/* The prefix as text, static. */
static const char *
prefix(const struct bconf_iface *f)
{
	static char text[NET_PREFIX_TEXT];

	net_prefix_text(&f->network, text);
	return (text);
}

ATF_TC_WITHOUT_HEAD(defaults);
ATF_TC_BODY(defaults, tc)
{
	struct bconf *c = good(MAP "interface wg0\n");
	struct bconf_iface *f = first(c);

	ATF_CHECK_STREQ("/etc/map.json", c->map.file);
	ATF_CHECK(c->map.url == NULL);
	ATF_CHECK(c->proxy == NULL && c->dns.server == NULL && !c->dry_run);
	ATF_CHECK_STREQ("/var/run/derpbridge.sock", c->control);
	ATF_CHECK_STREQ("/var/db/derpbridge/endpoints", c->state_file);
	ATF_CHECK_STREQ("/var/db/derpbridge/map.json", c->map_file);
	ATF_CHECK_STREQ("_derpbridge", c->user);
	ATF_CHECK_STREQ("_derpbridge_keys", c->keys_user);
	ATF_CHECK_STREQ("/var/empty", c->chroot);
	ATF_CHECK_EQ(1, c->sandbox);
	ATF_CHECK_EQ(10, c->child_timeout);
	ATF_CHECK_EQ(0, c->log_json);
	ATF_CHECK_STREQ("wg0", f->name);
	ATF_CHECK_EQ(BCONF_RENDEZVOUS, f->region);
	ATF_CHECK_EQ(1, f->all_peers);
	ATF_CHECK_EQ(IPC_DIRECT_AUTO, f->direct);
	ATF_CHECK_EQ(IPC_ENDPOINTS_RESPECT, f->endpoints);
	ATF_CHECK_EQ(BCONF_MARK_DEVICE, f->fwmark);
	ATF_CHECK_EQ(0, f->idle);
	ATF_CHECK_STREQ("127.128.0.0/9", prefix(f));
	ATF_CHECK_EQ(0, f->port);
	ATF_CHECK(f->netns == NULL && f->uapi == NULL && f->cafile == NULL);
	ATF_CHECK_EQ(2, f->pos.line);
	bconf_free(c);
}

ATF_TC_WITHOUT_HEAD(top);
ATF_TC_BODY(top, tc)
{
	struct bconf *c = good(WG0 "map url \"https://m.example/x\" every 60 "
	    "ca file \"/ca.pem\"\nproxy \"http://u:p@192.0.2.1:3128\"\n"
	    "dry run\nchroot off\nsandbox off\nuser u\nkeys user v\n"
	    "statedir /s\ncontrol /c.sock\nlog format json\n"
	    "dns server 2001:db8::53 port 5353\n");
	const struct sockaddr_in6 *sin6 =
	    (const struct sockaddr_in6 *)&c->dns.ss;

	ATF_CHECK_STREQ("https://m.example/x", c->map.url);
	ATF_CHECK_EQ(60, c->map.every);
	ATF_CHECK_STREQ("/ca.pem", c->map.cafile);
	ATF_CHECK_EQ(2, c->map.pos.line);
	ATF_CHECK_STREQ("http://u:p@192.0.2.1:3128", c->proxy);
	ATF_CHECK(c->dry_run && c->log_json);
	ATF_CHECK_STREQ("", c->chroot);
	ATF_CHECK_STREQ("/s/endpoints", c->state_file);
	ATF_CHECK_STREQ("/s/map.json", c->map_file);
	ATF_CHECK_STREQ("/c.sock", c->control);
	ATF_REQUIRE_EQ(sizeof(*sin6), c->dns.sslen);
	ATF_CHECK_EQ(AF_INET6, sin6->sin6_family);
	ATF_CHECK_EQ(5353, ntohs(sin6->sin6_port));
	ATF_CHECK_EQ(0x53, sin6->sin6_addr.s6_addr[15]);
	bconf_free(c);
	c = good(MAP WG0 "dns server 192.0.2.53\n");
	ATF_CHECK_EQ(AF_INET, c->dns.ss.ss_family);
	ATF_CHECK_EQ(53, ntohs(((struct sockaddr_in *)&c->dns.ss)->sin_port));
	ATF_CHECK_EQ(sizeof(struct sockaddr_in), c->dns.sslen);
	bconf_free(c);
}

ATF_TC_WITHOUT_HEAD(interface);
ATF_TC_BODY(interface, tc)
{
	struct bconf *c = good(MAP "interface \"wg0\" {\n"
	    "region nearest direct never endpoints assert\nfwmark 0xca6c\n"
	    "idle never\nlocal network 127.64.0.0/16 local port 9\n"
	    "uapi \"/var/run/wireguard/wg0.sock\"\nca file \"/ca.pem\"\n}\n"
	    "interface \"wg1\" { region 901 fwmark none idle 5\n"
	    "namespace /run/netns/x }\n");
	struct bconf_iface *f = first(c);

	ATF_CHECK_EQ(BCONF_NEAREST, f->region);
	ATF_CHECK_EQ(IPC_DIRECT_NEVER, f->direct);
	ATF_CHECK_EQ(IPC_ENDPOINTS_ASSERT, f->endpoints);
	ATF_CHECK_EQ(0xca6c, f->fwmark);
	ATF_CHECK_EQ(0, f->idle);
	ATF_CHECK_STREQ("127.64.0.0/16", prefix(f));
	ATF_CHECK_EQ(9, f->port);
	ATF_CHECK_STREQ("/var/run/wireguard/wg0.sock", f->uapi);
	ATF_CHECK_STREQ("/ca.pem", f->cafile);
	f = TAILQ_NEXT(f, entry);
	ATF_REQUIRE(f != NULL);
	ATF_CHECK_STREQ("wg1", f->name);
	ATF_CHECK_EQ(901, f->region);
	ATF_CHECK_EQ(BCONF_MARK_NONE, f->fwmark);
	ATF_CHECK_EQ(5, f->idle);
	ATF_CHECK_STREQ("/run/netns/x", f->netns);
	ATF_CHECK_STREQ("127.128.0.0/9", prefix(f));
	bconf_free(c);
}

ATF_TC_WITHOUT_HEAD(peers);
ATF_TC_BODY(peers, tc)
{
	struct bconf *c = good(MAP "interface wg0 {\n"
	    "peer \"" KEY "\" name \"laptop\" region 902\n"
	    "peer \"" KEY2 "\" region nearest\n}\n");
	struct bconf_iface *f = first(c);
	struct bconf_peer *p = TAILQ_FIRST(&f->peers);

	ATF_CHECK_EQ(0, f->all_peers);
	ATF_REQUIRE(p != NULL);
	ATF_CHECK_EQ(0x1c, p->key[0]);
	ATF_CHECK_EQ(0x4c, p->key[31]);
	ATF_CHECK_STREQ("laptop", p->name);
	ATF_CHECK_EQ(902, p->region);
	p = TAILQ_NEXT(p, entry);
	ATF_REQUIRE(p != NULL);
	ATF_CHECK(p->name == NULL);
	ATF_CHECK_EQ(BCONF_NEAREST, p->region);
	ATF_CHECK(TAILQ_NEXT(p, entry) == NULL);
	bconf_free(c);
	c = good(MAP "interface wg0 { peers all peer \"" KEY "\" }\n");
	ATF_CHECK_EQ(1, first(c)->all_peers);
	ATF_CHECK_EQ(BCONF_INHERIT, TAILQ_FIRST(&first(c)->peers)->region);
	bconf_free(c);
}

ATF_TC_WITHOUT_HEAD(regions);
ATF_TC_BODY(regions, tc)
{
	enum ipc_region_policy policy;
	uint64_t id;

	bconf_region(BCONF_RENDEZVOUS, &policy, &id);
	ATF_CHECK(policy == IPC_REGION_RENDEZVOUS && id == 0);
	bconf_region(BCONF_NEAREST, &policy, &id);
	ATF_CHECK(policy == IPC_REGION_NEAREST && id == 0);
	bconf_region(901, &policy, &id);
	ATF_CHECK(policy == IPC_REGION_FIXED && id == 901);
}

/* With -i a configuration is that of one interface. */
ATF_TC_WITHOUT_HEAD(one_interface);
ATF_TC_BODY(one_interface, tc)
{
	struct bconf *c;

	only = "wg1";
	c = good(MAP WG0 "interface wg1 { region 5 }\n");
	ATF_CHECK_STREQ("wg1", first(c)->name);
	ATF_CHECK_EQ(5, first(c)->region);
	ATF_CHECK(TAILQ_NEXT(first(c), entry) == NULL);
	ATF_CHECK_STREQ("/var/run/derpbridge-wg1.sock", c->control);
	ATF_CHECK_STREQ("/var/db/derpbridge/endpoints-wg1", c->state_file);
	ATF_CHECK_STREQ("/var/db/derpbridge/map-wg1.json", c->map_file);
	bconf_free(c);
	c = good(MAP "control /run/bridge\n");
	ATF_CHECK_STREQ("wg1", first(c)->name);
	ATF_CHECK_EQ(BCONF_RENDEZVOUS, first(c)->region);
	ATF_CHECK_EQ(1, first(c)->all_peers);
	ATF_CHECK_STREQ("127.128.0.0/9", prefix(first(c)));
	ATF_CHECK(first(c)->pos.file == NULL);
	ATF_CHECK_STREQ("/run/bridge-wg1", c->control);
	bconf_free(c);
	only = "../x";
	ATF_CHECK(load(MAP) == NULL);
	ATF_CHECK_MSG(strstr(errs, "-i ../x: expected the name of an "
	    "interface") != NULL, "%s", errs);
}

ATF_TC_WITHOUT_HEAD(macros);
ATF_TC_BODY(macros, tc)
{
	struct bconf *c;

	ATF_CHECK_EQ(-1, bconf_macro("x"));
	ATF_CHECK_EQ(1, bconf_macro("interface=wg9"));
	ATF_CHECK_EQ(0, bconf_macro("device=") == 0);
	ATF_REQUIRE_EQ(0, bconf_macro("if0=wg7"));
	c = good(MAP "if0 = \"wg8\"\nre = 7\n"
	    "interface $if0 { region $re }\n");
	ATF_CHECK_STREQ("wg7", first(c)->name);
	ATF_CHECK_EQ(7, first(c)->region);
	bconf_free(c);
}

ATF_TC_WITHOUT_HEAD(restart);
ATF_TC_BODY(restart, tc)
{
	struct bconf *a = good(MAP WG0);
	struct bconf *b = good(MAP "dry run\ninterface wg1 { direct never }\n");
	const char *what;

	ATF_CHECK(bconf_needs_restart(a, a) == NULL);
	what = bconf_needs_restart(a, b);
	ATF_CHECK_MSG(what == NULL, "%s", what);
	ATF_CHECK_STREQ("interface", bconf_differs(a, b));
	bconf_free(b);
	b = good(MAP WG0 "keys user x\n");
	ATF_CHECK_STREQ("keys user", bconf_needs_restart(a, b));
	bconf_free(b);
	bconf_free(a);
}

/* Each field of an interface counts. */
ATF_TC_WITHOUT_HEAD(differs);
ATF_TC_BODY(differs, tc)
{
	static const char *const t[] = { "region 5", "direct never",
	    "endpoints assert", "fwmark none", "idle never", "local port 7",
	    "local network 127.1.0.0/16", "namespace /n", "uapi /u",
	    "ca file /c", "peers all peer \"" KEY "\"",
	    "peers all peer \"" KEY2 "\"",
	    "peers all peer \"" KEY "\" name x",
	    "peers all peer \"" KEY "\" region 6" };
	struct bconf *a, *b;
	char text[512];
	size_t i, j;

	for (i = 0; i < sizeof(t) / sizeof(t[0]); i++)
		for (j = 0; j < sizeof(t) / sizeof(t[0]); j++) {
			snprintf(text, sizeof(text), MAP "interface w { %s }\n",
			    t[i]);
			a = good(text);
			snprintf(text, sizeof(text), MAP "interface w { %s }\n",
			    t[j]);
			b = good(text);
			ATF_CHECK_MSG((bconf_differs(a, b) == NULL) ==
			    (i == j), "%s and %s", t[i], t[j]);
			bconf_free(a);
			bconf_free(b);
		}
}

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, defaults);
	ATF_TP_ADD_TC(tp, top);
	ATF_TP_ADD_TC(tp, interface);
	ATF_TP_ADD_TC(tp, peers);
	ATF_TP_ADD_TC(tp, regions);
	ATF_TP_ADD_TC(tp, one_interface);
	ATF_TP_ADD_TC(tp, macros);
	ATF_TP_ADD_TC(tp, restart);
	ATF_TP_ADD_TC(tp, differs);
	return (atf_no_error());
}
