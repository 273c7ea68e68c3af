/*
 * conf_print_test: a printed configuration reads back as equal, and prints as
 * the same bytes: the samples, and one made from options.def without defaults.
 */
#include "conf_fixture.h"
#include "conf_types.h"
#include "gramstore.h"

/* A self-signed certificate does not stand beside acme. */
#define FIXTURE_SKIPS(o)	((o)->type == &conf_type_selfsigned)
#include "gramprintfixture.h"

/* A string with all characters that have a meaning outside of quotes. */
#define ODD	" \\\"#$x {}=*'\\\\\t\xc3\xbc\x7f\x01\r"

#define HEX "0123456789abcdef0123456789abcdef"

ATF_TC_WITHOUT_HEAD(samples);
ATF_TC_BODY(samples, tc)
{
	char path[1024];
	struct conf *c;

	each(tc, "derpd.conf", 1);
	each(tc, "examples/*.conf", 5);
	snprintf(path, sizeof(path), "%s/../../etc/derpd.conf",
	    atf_tc_get_config_var(tc, "srcdir"));
	copy_sample(path, 1);
	c = load_file(CONF);
	ATF_REQUIRE_MSG(c != NULL, "%s", errs);
	again(c);
}

/* Values for the statements of the table. */
static const struct fixture_value values[] = {
	{ &conf_type_path, "\"/p" ODD "\"" },
	{ &conf_type_root, "\"/r" ODD "\"" },
	{ &conf_type_user, "\"u" ODD "\"" },
	{ &conf_type_algorithm, "\"vegas\"" },
	{ &conf_type_text, "\"Any #1 {name}\"" },
	{ &conf_type_redirect, "\"http://r.example/?a=b&c='#d\"" },
	{ &conf_type_source, "\"https://s.example/m?x='$y'\"" },
	{ &conf_type_urlpath, "\"/m/$x\"" },
	{ &conf_type_directory, "\"https://ca.example:14000/dir\"" },
	{ &conf_type_host, "\"h.example.org\"" },
	{ &conf_type_sources, "\"https://c.example/m\"" },
	{ &conf_type_paths, "\"/n" ODD "\"" },
	{ &conf_type_contact, "\"x\tm@c.example\"" },
	{ &conf_type_verify_url, "\"http://v.example/verify?x='1\"" },
	{ &conf_type_verify_socket, "\"/t" ODD "\"" },
	{ &conf_type_node, "\"b.example.org\"" },
	{ &conf_type_address, "2001:db8::7" },
	{ &conf_type_certname, "\"sha256-raw:" HEX HEX "\"" },
	{ &conf_type_serverkey, "\"nodekey:" HEX HEX "\"" },
	{ &conf_type_debug, "{ 192.0.2.0/24\n2001:db8::1 }" },
	{ &conf_type_listen, "\"2001:db8::1\"" },
	{ &conf_type_stun_listen, "192.0.2.1" },
	{ &conf_type_metrics_listen, "192.0.2.2" },
	{ &conf_type_port, "80" },
	{ &conf_type_proxies, "{ 192.0.2.0/24\n2001:db8::1 }" },
	{ &conf_type_certificate, "\"/c" ODD "\"" },
	{ &conf_type_file, "\"/k" ODD "\"" },
	{ NULL, NULL }
};

/* No value is a default; `which' chooses among alternatives. */
static void
everything(int which)
{
	const struct gram_option *o, *head = NULL;
	struct conf *c, *plain = good(NAME CERT RELAY "map \"/a\"\n");
	char *text = NULL;
	size_t len;
	FILE *f = open_memstream(&text, &len);

	ATF_REQUIRE(f != NULL);
	put_block(f, CONF_TOP, which, values);
	/* Required by ACME, in both families. */
	fputs("listen on * port 80\nlisten on 192.0.2.7 port 443 tls\n", f);
	ATF_REQUIRE_EQ(0, fclose(f));
	c = good(text);
	for (o = conf_grammar.rows; o != ROWS_END; o++) {
		if (o->follows == GRAM_HEAD)
			head = o;
		/* Both configurations have a relay block. */
		if (o->type->store == GRAM_NONE || !chosen(head, which) ||
		    strcmp(o->keywords, "relay") == 0)
			continue;
		if (o->block != CONF_MAP)
			ATF_CHECK_MSG(!gram_same(o, plain, c), "%s is as by "
			    "default in %s", gram_name(o), text);
		else
			ATF_CHECK_MSG(!gram_same(o, TAILQ_FIRST(&plain->maps),
			    TAILQ_FIRST(&c->maps)), "%s is as by default in "
			    "%s", gram_name(o), text);
	}
	free(text);
	conf_free(plain);
	again(c);
}

ATF_TC_WITHOUT_HEAD(all);
ATF_TC_BODY(all, tc)
{
	everything(0);
	everything(1);
}

/* Statements that must not be lost or reordered. */
ATF_TC_WITHOUT_HEAD(order);
ATF_TC_BODY(order, tc)
{
	again(good(NAME "acme { }\ncertificate \"/c\" key \"/d\" allow\n"
	    "certificate \"/a\" key \"/b\"\n" RELAY));
	again(good(NAME "certificate \"/c\" key \"/d\"\n"
	    "acme { directory letsencrypt-staging }\n"
	    "certificate \"/a\" key \"/b\"\n" RELAY));
	again(good(NAME CERT "map \"/a\"\nmap { follow \"https://b/\"\n"
	    "path \"/b\" }\n"));
	again(good(NAME "stun { listen on * port 0\nlisten on :: port 1\n"
	    "listen on fe80::1%lo port 2 }\n"));
	again(good(NAME CERT "listen on 0.0.0.0 port 443 tls\n"
	    "listen on * port 80\nlisten on :: port 443 tls\n" RELAY
	    "mesh { }\n"));
	again(good(NAME CERT RELAY "mesh { key file /m with c.example.org\n"
	    "with b.example.org port 8443 with 2001:db8::1\n"
	    "with b.example.org address 192.0.2.1 certname x.example.org }\n"));
	again(good(NAME CERT "relay { max clients 5 client rate 3G burst 5M\n"
	    "queue packets 5 home blank codel off accept rate 9 burst 8 }\n"));
}

/* The words that leave out parts of the confinement. */
ATF_TC_WITHOUT_HEAD(words);
ATF_TC_BODY(words, tc)
{
	struct conf *c = good(NAME CERT RELAY "chroot off\nsandbox seccomp\n");
	char *printed = print(c);

	ATF_CHECK_STREQ("", c->chroot);
	ATF_CHECK_EQ(2, c->sandbox);
	ATF_CHECK_MSG(strstr(printed, "\nchroot off\n") != NULL, "%s", printed);
	ATF_CHECK_MSG(strstr(printed, "\nsandbox seccomp\n") != NULL, "%s",
	    printed);
	free(printed);
	again(c);
}

/* Every size within the bounds is printed without loss. */
ATF_TC_WITHOUT_HEAD(sizes);
ATF_TC_BODY(sizes, tc)
{
	static const char *const t[] = { "16384", "16385", "1048576", "1049600",
	    "1073741824", "1073741823", "65536" };
	char text[256], want[64], *printed;
	struct conf *c;
	size_t i;

	for (i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		snprintf(text, sizeof(text), NAME CERT "relay { unsent limit "
		    "%s }\n", t[i]);
		again(good(text));
	}
	c = good(NAME CERT RELAY "stun { }\n");
	printed = print(c);
	snprintf(want, sizeof(want), "\tunsent limit 32K\n");
	ATF_CHECK_MSG(strstr(printed, want) != NULL, "%s", printed);
	ATF_CHECK(strstr(printed, "\tqueue bytes 2M packets 2048\n") != NULL);
	ATF_CHECK(strstr(printed, "\n# acme: none\n") != NULL);
	ATF_CHECK(strstr(printed, "\t# workers: one per CPU\n") != NULL);
	ATF_CHECK(strstr(printed, "\t# fronts: half of the workers\n") !=
	    NULL);
	ATF_CHECK(strstr(printed, "\nlisten on * port 443 tls\n") != NULL);
	ATF_CHECK(strstr(printed, "\tlisten on * port 3478\n") != NULL);
	free(printed);
	conf_free(c);
}

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, samples);
	ATF_TP_ADD_TC(tp, all);
	ATF_TP_ADD_TC(tp, order);
	ATF_TP_ADD_TC(tp, words);
	ATF_TP_ADD_TC(tp, sizes);
	return (atf_no_error());
}
