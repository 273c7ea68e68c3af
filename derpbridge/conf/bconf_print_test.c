/*
 * bconf_print_test: a printed configuration reads back as equal, and prints as
 * the same bytes: the samples, and one made from options.def without defaults.
 */
#include "bconf_fixture.h"
#include "bconf_types.h"
#include "gramstore.h"

#define FIXTURE_SKIPS(o)	0
#include "gramprintfixture.h"

/* A string with all characters that have a meaning outside of quotes. */
#define ODD	" \\\"#$x {}=*'\\\\\t\xc3\xbc\x7f\x01\r"

/* Values for the statements of the table. */
static const struct fixture_value values[] = {
	{ &bconf_type_path, "\"/p" ODD "\"" },
	{ &bconf_type_root, "\"/r" ODD "\"" },
	{ &bconf_type_user, "\"u" ODD "\"" },
	{ &bconf_type_source, "\"https://s.example/m?x='$y'\"" },
	{ &bconf_type_proxy, "\"http://u:p%40@p.example:3128\"" },
	{ &bconf_type_address, "2001:db8::53" },
	{ &bconf_type_ifname, "\"w#$\\\"\\\\{}\"" },
	{ &bconf_type_network, "127.7.0.0/16" },
	{ &bconf_type_peer, "\"" KEY "\"" },
	{ &bconf_type_peer_name, "\"{ \xc3\xbc\\\"\\\\ }\"" },
	{ &bconf_type_peer_region, "nearest" },
	{ NULL, NULL }
};

ATF_TC_WITHOUT_HEAD(samples);
ATF_TC_BODY(samples, tc)
{
	char path[1024];
	struct bconf *c;

	each(tc, "derpbridge.conf", 1);
	each(tc, "examples/derpbridge/*.conf", 3);
	snprintf(path, sizeof(path), "%s/../../etc/derpbridge.conf",
	    atf_tc_get_config_var(tc, "srcdir"));
	copy_sample(path, 1);
	c = load_file(CONF);
	ATF_REQUIRE_MSG(c != NULL, "%s", errs);
	again(c);
}

/* No value is a default; `which' chooses among alternatives. */
static void
everything(int which)
{
	const struct gram_option *o, *head = NULL;
	struct bconf *c, *plain = good("map file /a\ninterface x\n");
	char *text = NULL;
	size_t len;
	FILE *f = open_memstream(&text, &len);

	ATF_REQUIRE(f != NULL);
	put_block(f, GRAM_TOP, which, values);
	ATF_REQUIRE_EQ(0, fclose(f));
	c = good(text);
	for (o = bconf_grammar.rows; o != ROWS_END; o++) {
		if (o->follows == GRAM_HEAD)
			head = o;
		if (o->type->store == GRAM_NONE || !chosen(head, which))
			continue;
		if (o->block == GRAM_TOP)
			ATF_CHECK_MSG(!gram_same(o, plain, c), "%s is as by "
			    "default in %s", gram_name(o), text);
		else if (strcmp(o->keywords, "peers all") != 0 &&
		    strcmp(o->keywords, "idle never") != 0)
			ATF_CHECK_MSG(!gram_same(o,
			    TAILQ_FIRST(&plain->ifaces),
			    TAILQ_FIRST(&c->ifaces)), "%s is as by default in "
			    "%s", gram_name(o), text);
	}
	free(text);
	bconf_free(plain);
	again(c);
}

ATF_TC_WITHOUT_HEAD(all);
ATF_TC_BODY(all, tc)
{
	everything(0);
	everything(1);
}

ATF_TC_WITHOUT_HEAD(text);
ATF_TC_BODY(text, tc)
{
	struct bconf *c = good(MAP "interface wg0 {\n"
	    "peer \"" KEY "\" name \"laptop\" region rendezvous\n"
	    "peer \"" KEY2 "\"\nregion nearest fwmark 0xca6c idle never }\n"
	    "interface wg1 { region 901 fwmark none }\ninterface wg2\n");
	char *printed = print(c);
	static const char *const t[] = {
		"interface \"wg0\" {\n\tregion nearest\n",
		"\t# peers all: all if there is no peer line\n",
		"\tpeer \"" KEY "\" name \"laptop\" region rendezvous\n"
		"\tpeer \"" KEY2 "\"\n\tdirect auto\n\tendpoints respect\n"
		"\tfwmark 51820\n\tidle never\n"
		"\tlocal network \"127.128.0.0/9\"\n",
		"\t# local port: one that is free\n", "\t# namespace: this one"
		"\n\t# uapi: WireGuard of the kernel\n", "\tpeers all\n",
		"\tregion 901\n", "\tfwmark none\n\tidle never\n",
		"\ninterface \"wg2\" {\n\tregion rendezvous\n\tpeers all\n",
		"\tfwmark device\n",
		"\nmap file \"/etc/map.json\"\n# proxy: none\n"
		"# dns server: those of the system\n# dry run: off\n"
	};
	size_t i;

	for (i = 0; i < sizeof(t) / sizeof(t[0]); i++)
		ATF_CHECK_MSG(strstr(printed, t[i]) != NULL, "%s is not in "
		    "%s", t[i], printed);
	free(printed);
	again(c);
	again(good(WG0 "map url \"https://m.example/\"\ndry run\n"
	    "chroot off\n"));
}

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, samples);
	ATF_TP_ADD_TC(tp, all);
	ATF_TP_ADD_TC(tp, text);
	return (atf_no_error());
}
