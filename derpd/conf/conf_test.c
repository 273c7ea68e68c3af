/*
 * conf_test: the effect of each statement of derpd.conf(5), macros, includes,
 * and which changes a reload permits.
 */
#include <sys/types.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <netinet/in.h>
#include <arpa/inet.h>

#include "conf_fixture.h"

static void
address(const struct conf_listen *l, const char *want, int port)
{
	const struct sockaddr_in *in = (const void *)&l->ss;
	const struct sockaddr_in6 *in6 = (const void *)&l->ss;
	char text[INET6_ADDRSTRLEN];
	int six = l->ss.ss_family == AF_INET6;

	ATF_REQUIRE(inet_ntop(l->ss.ss_family, six ?
	    (const void *)&in6->sin6_addr : &in->sin_addr, text,
	    sizeof(text)) != NULL);
	ATF_CHECK_STREQ(text, want);
	ATF_CHECK_EQ(ntohs(six ? in6->sin6_port : in->sin_port), port);
	ATF_CHECK_EQ(l->sslen, six ? sizeof(*in6) : sizeof(*in));
}

ATF_TC_WITHOUT_HEAD(defaults);
ATF_TC_BODY(defaults, tc)
{
	struct conf *c = good(NAME CERT RELAY);
	const struct conf_listen *l = TAILQ_FIRST(&c->listens);
	int i;

	for (i = 0; i < 4; i++, l = TAILQ_NEXT(l, entry)) {
		ATF_REQUIRE(l != NULL);
		address(l, i % 2 == 0 ? "::" : "0.0.0.0", i < 2 ? 443 : 80);
		ATF_CHECK_EQ(l->tls, i < 2);
		ATF_CHECK_EQ(l->wildcard, 1);
	}
	ATF_CHECK(l == NULL);
	ATF_CHECK_STREQ(c->control, "/var/run/derpd.sock");
	ATF_CHECK_STREQ(c->user, "_derpd");
	ATF_CHECK_STREQ(c->keys_user, "_derpd_keys");
	ATF_CHECK_STREQ(c->chroot, "/var/empty");
	ATF_CHECK_STREQ(c->statedir, "/var/db/derpd");
	ATF_CHECK_EQ(c->child_timeout, 10);
	ATF_CHECK(c->mesh.key == NULL);
	ATF_CHECK_EQ(c->sandbox, 1);
	ATF_CHECK_EQ(c->relay.enabled, 1);
	ATF_CHECK_STREQ(c->relay.key, "/var/db/derpd/derper.key");
	ATF_CHECK_EQ(c->relay.workers, 0);
	ATF_CHECK_EQ(c->relay.fronts, 0);
	ATF_CHECK_EQ(c->front.home, HOME_PAGE);
	ATF_CHECK_STREQ(c->front.redirect, "");
	ATF_CHECK_EQ(c->worker.queue_bytes, 2097152);
	ATF_CHECK_EQ(c->worker.queue_packets, 2048);
	ATF_CHECK_EQ(c->worker.codel_target, 20);
	ATF_CHECK_EQ(c->worker.codel_interval, 100);
	ATF_CHECK_EQ(c->worker.notsent_lowat, 32768);
	ATF_CHECK_EQ(c->worker.write_timeout, 2000);
	ATF_CHECK(c->relay.congestion == NULL);
	ATF_CHECK_EQ(c->front.accept_rate, 0);
	ATF_CHECK_EQ(c->worker.client_rate, 0);
	ATF_CHECK_EQ(c->worker.max_clients, 0);
	ATF_CHECK_EQ(c->front.max_unfinished, 8192);
	ATF_CHECK_EQ(c->front.max_per_source, 4096);
	conf_free(c);
}

ATF_TC_WITHOUT_HEAD(top_statements);
ATF_TC_BODY(top_statements, tc)
{
	struct conf *c = good(
	    "hostname \"relay.example.org\"\n"
	    "hostname 192.0.2.1\n"
	    "hostname \"2001:db8::1\"\n"
	    "listen on 127.0.0.1 port 8443 tls\n"
	    "listen on ::1 port 0\n"
	    "listen on \"::1\" port 0\n"
	    "listen on * port 80\n"
	    "certificate \"/etc/a.crt\" key \"/etc/a.key\"\n"
	    "certificate self-signed\n"
	    "control \"/tmp/sock\"\n"
	    "user \"relay\"\n"
	    "keys user \"other\"\n"
	    "chroot \"/empty\"\n"
	    "statedir \"/state\"\n"
	    "child timeout 25\n"
	    "sandbox off\n"
	    "mesh { key file \"/etc/mesh.key\" }\n"
	    "relay { }\n");
	const struct gram_name *n = TAILQ_FIRST(&c->names);
	const struct conf_listen *l = TAILQ_FIRST(&c->listens);
	const struct conf_cert *k = TAILQ_FIRST(&c->certs);

	ATF_CHECK_STREQ(n->name, "relay.example.org");
	ATF_CHECK_EQ(n->pos.line, 1);
	n = TAILQ_NEXT(n, entry);
	ATF_CHECK_STREQ(n->name, "192.0.2.1");
	n = TAILQ_NEXT(n, entry);
	ATF_CHECK_STREQ(n->name, "2001:db8::1");
	ATF_CHECK(TAILQ_NEXT(n, entry) == NULL);
	address(l, "127.0.0.1", 8443);
	ATF_CHECK(l->tls && !l->wildcard);
	ATF_CHECK_EQ(l->pos.line, 4);
	l = TAILQ_NEXT(l, entry);
	address(l, "::1", 0);
	ATF_CHECK(!l->tls);
	l = TAILQ_NEXT(l, entry);
	address(l, "::1", 0);
	l = TAILQ_NEXT(l, entry);
	address(l, "::", 80);
	l = TAILQ_NEXT(l, entry);
	address(l, "0.0.0.0", 80);
	ATF_CHECK(l->wildcard && TAILQ_NEXT(l, entry) == NULL);
	ATF_CHECK_STREQ(k->cert, "/etc/a.crt");
	ATF_CHECK_STREQ(k->key, "/etc/a.key");
	ATF_CHECK_EQ(k->pos.line, 8);
	ATF_CHECK_STREQ(k->pos.file, CONF);
	k = TAILQ_NEXT(k, entry);
	ATF_CHECK(k->cert == NULL && k->key == NULL);
	ATF_CHECK_STREQ(c->control, "/tmp/sock");
	ATF_CHECK_STREQ(c->user, "relay");
	ATF_CHECK_STREQ(c->keys_user, "other");
	ATF_CHECK_STREQ(c->chroot, "/empty");
	ATF_CHECK_STREQ(c->statedir, "/state");
	ATF_CHECK_EQ(c->child_timeout, 25);
	ATF_CHECK_EQ(c->sandbox, 0);
	ATF_CHECK_STREQ(c->mesh.key, "/etc/mesh.key");
	conf_free(c);
}

static void
check_relay(const char *block)
{
	char text[1024];
	struct conf *c;

	snprintf(text, sizeof(text), NAME CERT "%s", block);
	c = good(text);
	ATF_CHECK_STREQ(c->relay.key, "/k");
	ATF_CHECK_EQ(c->relay.workers, 3);
	ATF_CHECK_EQ(c->relay.fronts, 5);
	ATF_CHECK_EQ(c->front.home, HOME_REDIRECT);
	ATF_CHECK_STREQ(c->front.redirect, "https://example.org/x");
	ATF_CHECK_EQ(c->worker.queue_bytes, 2097152);
	ATF_CHECK_EQ(c->worker.queue_packets, 10);
	ATF_CHECK_EQ(c->worker.codel_target, 7);
	ATF_CHECK_EQ(c->worker.codel_interval, 70);
	ATF_CHECK_EQ(c->worker.notsent_lowat, 65536);
	ATF_CHECK_EQ(c->worker.write_timeout, 0);
	ATF_CHECK_STREQ(c->relay.congestion, "bbr");
	ATF_CHECK_EQ(c->front.accept_rate, 100);
	ATF_CHECK_EQ(c->front.accept_burst, 200);
	ATF_CHECK_EQ(c->worker.client_rate, 4294967296);
	ATF_CHECK_EQ(c->worker.client_burst, 5368709120);
	ATF_CHECK_EQ(c->worker.max_clients, 9);
	ATF_CHECK_EQ(c->front.max_unfinished, 77);
	ATF_CHECK_EQ(c->front.max_per_source, 8);
	conf_free(c);
}

ATF_TC_WITHOUT_HEAD(relay_block);
ATF_TC_BODY(relay_block, tc)
{
	struct conf *c;

	check_relay("relay {\n\n  key \"/k\"\n\tworkers 3 # three\n"
	    "  fronts 5\n"
	    "  home redirect \"https://example.org/x\"\n"
	    "  queue bytes 2M packets 10\n"
	    "  codel target 7 interval 70\n  unsent limit 64k\n"
	    "  write timeout 0\n  congestion control \"bbr\"\n"
	    "  accept rate 100 burst 200\n"
	    "  client rate 4G burst 5G\n  max clients 9\n"
	    "  max unfinished 77 per source 8\n}\n");
	check_relay("relay { key \"/k\" workers 3 fronts 5 home redirect "
	    "\"https://example.org/x\" queue bytes 2048K packets 10 codel "
	    "target 7 interval 70 unsent limit 65536 write timeout 0 "
	    "congestion control bbr accept rate 100 burst 200 client rate "
	    "4G burst 5G max clients 9 max unfinished 77 per source 8 }");
	c = good(NAME CERT "relay { max unfinished 5 max clients 6 }\n");
	ATF_CHECK_EQ(c->front.max_unfinished, 5);
	ATF_CHECK_EQ(c->front.max_per_source, 4096);
	ATF_CHECK_EQ(c->worker.max_clients, 6);
	conf_free(c);
	c = good(NAME CERT "relay { home blank codel off }\n");
	ATF_CHECK_EQ(c->front.home, HOME_BLANK);
	ATF_CHECK_EQ(c->worker.codel_target, 0);
	conf_free(c);
	c = good(NAME CERT "relay { queue bytes 2M workers 1 }\n");
	ATF_CHECK_EQ(c->worker.queue_bytes, 2097152);
	ATF_CHECK_EQ(c->worker.queue_packets, 2048);
	conf_free(c);
	c = good(NAME CERT "relay {\nqueue packets 7\nworkers 1\n}\n");
	ATF_CHECK_EQ(c->worker.queue_bytes, 2097152);
	ATF_CHECK_EQ(c->worker.queue_packets, 7);
	conf_free(c);
	c = good(NAME CERT "relay { home page }\n");
	ATF_CHECK_EQ(c->front.home, HOME_PAGE);
	conf_free(c);
}

/* Check the user that a text sets. */
static void
user_is(const char *text, const char *want)
{
	struct conf *c = good(text);

	ATF_CHECK_STREQ(c->user, want);
	conf_free(c);
}

ATF_TC_WITHOUT_HEAD(macros);
ATF_TC_BODY(macros, tc)
{
	struct conf *c;

	c = good("dir = \"/var/x\"\nwho = anna\nport_1 = 8443\n"
	    "line = \"user $who\"\ntwo = \"listen on ::1 port 1 tls\"\n"
	    NAME CERT RELAY "control $dir/sock\nuser $who\n"
	    "listen on ::1 port $port_1 tls\n$two\n"
	    "who = berta\nkeys user $who\n");
	ATF_CHECK_STREQ(c->control, "/var/x/sock");
	ATF_CHECK_STREQ(c->user, "anna");
	ATF_CHECK_STREQ(c->keys_user, "berta");
	address(TAILQ_FIRST(&c->listens), "::1", 8443);
	address(TAILQ_NEXT(TAILQ_FIRST(&c->listens), entry), "::1", 1);
	conf_free(c);
	bad(NAME CERT RELAY "user $none\n", 4, "macro none is not defined: "
	    "expected a line none = \"VALUE\" before, or -D");
	bad(NAME CERT RELAY "user $\n", 4,
	    "$ without a name: expected $NAME");
	bad(NAME CERT RELAY "x = \"$y\"\nuser $x\n", 5,
	    "$ in the value of a macro: expected plain text");
	bad(NAME CERT RELAY "a-b = c\n", 4, "macro \"a-b\": expected a name "
	    "of letters, digits and _");
	bad_word(NAME CERT RELAY "a =\n", 4, "a", CONF_TOP);
	/* A macro of one file is not defined in the next load. */
	bad(NAME CERT RELAY "user $who\n", 4, "macro who is not defined: "
	    "expected a line who = \"VALUE\" before, or -D");
	/* A quote that opens in a value may close after it. */
	user_is("q = \"\\\"an\"\n" NAME CERT RELAY "user $q\"\n", "an");
	user_is("q = \"\"\n" NAME CERT RELAY "user $q x$q\n", "x");
	user_is("q = \"a \\\\\"\n" NAME CERT RELAY "user $q\n\n", "a");
	/* A name that is a keyword as well. */
	user_is("name = anna\nwho=$name\n" NAME CERT RELAY "user $who\n",
	    "anna");
	user_is("name\t=x\n" NAME CERT RELAY "user $name\n", "x");
	bad("port = 5\n" NAME CERT RELAY, 1, "port is a keyword, so it can't "
	    "be the name of a macro: expected another name before =");
	bad("relay=x\n" NAME CERT RELAY, 1, "relay is a keyword, so it can't "
	    "be the name of a macro: expected another name before =");
	bad_word("name a.test\n" NAME CERT RELAY, 1, "name", CONF_TOP);
}

ATF_TC_WITHOUT_HEAD(macros_of_the_command_line);
ATF_TC_BODY(macros_of_the_command_line, tc)
{
	ATF_CHECK_EQ(conf_macro("who"), -1);
	ATF_CHECK_EQ(conf_macro("=x"), -1);
	ATF_CHECK_EQ(conf_macro("a b=x"), -1);
	ATF_CHECK_EQ(conf_macro("a=x\ny"), -1);
	ATF_CHECK_EQ(conf_macro("port=443"), 1);
	ATF_CHECK_EQ(conf_macro("acme=x"), 1);
	ATF_CHECK_EQ(conf_macro("who=first"), 0);
	ATF_CHECK_EQ(conf_macro("who=dora"), 0);
	user_is(NAME CERT RELAY "user $who\n", "dora");
	/* -D overrides the file, at every load. */
	user_is("who = emil\n" NAME CERT RELAY "user $who\n", "dora");
	user_is("who = emil\n" NAME CERT RELAY "user $who\n", "dora");
	ATF_CHECK_EQ(conf_macro("empty="), 0);
	user_is(NAME CERT RELAY "user $empty frieda\n", "frieda");
}

ATF_TC_WITHOUT_HEAD(include);
ATF_TC_BODY(include, tc)
{
	struct conf *c;

	ATF_REQUIRE_EQ(mkdir("sub", 0700), 0);
	ATF_REQUIRE_EQ(mkdir("sub/deep", 0700), 0);
	put("sub/a.conf", "who = gustav\ndir = /var\ninclude \"deep/b.conf\"\n"
	    "user $who");
	put("sub/deep/b.conf", "keys user hanna # no newline");
	c = good("include \"sub/a.conf\" # beside\n" NAME CERT
	    "statedir $dir/x\n" RELAY);
	ATF_CHECK_STREQ(c->user, "gustav");
	ATF_CHECK_STREQ(c->keys_user, "hanna");
	ATF_CHECK_STREQ(c->statedir, "/var/x");
	ATF_CHECK_EQ(TAILQ_FIRST(&c->names)->pos.line, 2);
	ATF_CHECK_STREQ(TAILQ_FIRST(&c->names)->pos.file, CONF);
	conf_free(c);
	bad(NAME CERT RELAY "include \"none.conf\"\n", 4,
	    "none.conf: No such file or directory");
	bad(NAME CERT RELAY "include \"sub\"\n", 4, "sub: not a "
	    "configuration: expected a regular file of at most 1 MiB");
	bad(NAME CERT RELAY "include \"" CONF "\"\n", 4,
	    "include \"" CONF "\": it includes itself");
	bad(NAME CERT RELAY "include \"sub/../" CONF "\"\n", 4,
	    "include \"sub/../" CONF "\": it includes itself");
	put("sub/loop", "user x\n\ninclude \"deep/../loop\"\nuser");
	ATF_CHECK(load(NAME CERT RELAY "include \"sub/loop\"\nuser z\n") ==
	    NULL);
	ATF_CHECK(strstr(errs, ": sub/loop:3: include \"sub/deep/../loop\": "
	    "it includes itself\n") != NULL);
	ATF_CHECK(strstr(errs, ": sub/loop:4: at the end of the line: expected "
	    "user \"NAME\"\n") != NULL);
	ATF_CHECK(strstr(errs, ": " CONF ":5: user is set a second time") !=
	    NULL);
	ATF_CHECK_EQ(lines(), 3);
	put("sub/open", "mesh {\n");
	ATF_CHECK(load(NAME CERT "include \"sub/open\"\n" RELAY) == NULL);
	ATF_CHECK(strstr(errs, ": sub/open:1: mesh { is not closed: expected "
	    "} in the same file\n") != NULL);
	ATF_CHECK_EQ(lines(), 1);
}

ATF_TC_WITHOUT_HEAD(include_bounds);
ATF_TC_BODY(include_bounds, tc)
{
	char name[32], text[64];
	struct conf *c;
	int i;

	for (i = 0; i < 20; i++) {
		snprintf(name, sizeof(name), "%d.conf", i);
		snprintf(text, sizeof(text), "include \"%d.conf\"\n", i + 1);
		put(name, text);
	}
	put("15.conf", "");
	c = good(NAME CERT RELAY "include \"1.conf\"\n");
	conf_free(c);
	put("15.conf", "include \"16.conf\"\n");
	ATF_CHECK(load(NAME CERT RELAY "include \"1.conf\"\n") == NULL);
	ATF_CHECK(strstr(errs, ": 15.conf:1: include \"16.conf\": expected at "
	    "most 16 files within each other, and 256 in all\n") != NULL);
	ATF_CHECK_EQ(lines(), 1);
	/* Many files that each include many. */
	put("0.conf", "");
	for (i = 1; i < 10; i++) {
		snprintf(name, sizeof(name), "%d.conf", i);
		snprintf(text, sizeof(text), "include \"%d.conf\"\n"
		    "include \"%d.conf\"\n", i - 1, i - 1);
		put(name, text);
	}
	ATF_CHECK(load(NAME CERT RELAY "include \"9.conf\"\n") == NULL);
	ATF_CHECK(strstr(errs, "and 256 in all\n") != NULL);
	ATF_CHECK(lines() <= 21);
}

/* The installed sample is valid, and shows the defaults. */
ATF_TC_WITHOUT_HEAD(sample);
ATF_TC_BODY(sample, tc)
{
	struct conf *c, *all, *want = good(NAME CERT RELAY "stun { }\n");
	char path[1024];
	FILE *fp;

	snprintf(path, sizeof(path), "%s/../../etc/derpd.conf",
	    atf_tc_get_config_var(tc, "srcdir"));
	copy_sample(path, 0);
	c = load_file(CONF);
	ATF_REQUIRE_MSG(c != NULL, "%s", errs);
	ATF_CHECK(conf_needs_restart(want, c) == NULL);
	ATF_CHECK_STREQ(TAILQ_FIRST(&c->names)->name, "relay.example.org");
	conf_free(c);
	/* All but what needs a restart. */
	ATF_REQUIRE((fp = fopen(CONF, "a")) != NULL);
	fprintf(fp, "metrics { listen on 127.0.0.1 port 9090 }\n");
	ATF_REQUIRE_EQ(0, fclose(fp));
	ATF_REQUIRE_MSG((c = load_file(CONF)) != NULL, "%s", errs);
	copy_sample(path, 1);
	all = load_file(CONF);
	ATF_REQUIRE_MSG(all != NULL, "%s", errs);
	ATF_CHECK_STREQ(conf_needs_restart(c, all), "workers");
	all->relay.workers = 0;
	ATF_CHECK_STREQ(conf_needs_restart(c, all), "fronts");
	all->relay.fronts = 0;
	ATF_CHECK(conf_needs_restart(c, all) == NULL);
	ATF_CHECK(all->mesh.key != NULL && all->worker.client_rate != 0 &&
	    all->front.accept_rate != 0 && all->worker.max_clients != 0);
	ATF_CHECK(!TAILQ_EMPTY(&all->maps) && all->stun.always &&
	    all->stun.source_rate != 0);
	ATF_CHECK_EQ(all->stun.workers, want->stun.workers);
	ATF_CHECK_EQ(all->stun.probe_every, want->stun.probe_every);
	ATF_CHECK_EQ(all->front.home, want->front.home);
	ATF_CHECK_EQ(all->worker.queue_bytes, want->worker.queue_bytes);
	ATF_CHECK_EQ(all->worker.queue_packets, want->worker.queue_packets);
	ATF_CHECK_EQ(all->worker.codel_target, want->worker.codel_target);
	ATF_CHECK_EQ(all->worker.codel_interval, want->worker.codel_interval);
	ATF_CHECK_EQ(all->worker.notsent_lowat, want->worker.notsent_lowat);
	ATF_CHECK_EQ(all->worker.write_timeout, want->worker.write_timeout);
	ATF_CHECK_EQ(all->front.max_unfinished, want->front.max_unfinished);
	ATF_CHECK_EQ(all->front.max_per_source, want->front.max_per_source);
	conf_free(c);
	conf_free(all);
	conf_free(want);
	/* With the host name of the operator. */
	ATF_CHECK_EQ(conf_macro("name=derp.example.net"), 0);
	c = load_file(path);
	ATF_REQUIRE_MSG(c != NULL, "%s", errs);
	ATF_CHECK_STREQ(TAILQ_FIRST(&c->names)->name, "derp.example.net");
	conf_free(c);
}

ATF_TC_WITHOUT_HEAD(restart);
ATF_TC_BODY(restart, tc)
{
	static const struct {
		const char *text, *what;
	} t[] = {
		{ RELAY, NULL },
		{ "hostname \"other.example.org\"\n" RELAY, NULL },
		{ "certificate \"/c\" key \"/k\"\n" RELAY, NULL },
		{ "mesh { key file \"/m\" }\n" RELAY, NULL },
		{ "mesh { key file \"/m\" with b.example.org }\n" RELAY, NULL },
		{ "relay { home blank queue bytes 1M packets 9 codel off "
		    "unsent limit 64K write timeout 1 congestion control bbr "
		    "accept rate 1 burst 1 client rate 1 burst 128K max "
		    "clients 3 }\n", NULL },
		{ "listen on * port 443 tls\nlisten on * port 80\n" RELAY,
		    NULL },
		{ "listen on * port 443 tls\n" RELAY, "listen" },
		{ "listen on * port 443 tls\nlisten on * port 81\n" RELAY,
		    "listen" },
		{ "listen on * port 443 tls\nlisten on * port 80 tls\n" RELAY,
		    "listen" },
		{ "relay { workers 7 }\n", "workers" },
		{ "relay { fronts 7 }\n", "fronts" },
		{ "relay { key \"/k\" }\n", "relay key" },
		{ "user x\n" RELAY, "user" },
		{ "keys user x\n" RELAY, "keys user" },
		{ "chroot /x\n" RELAY, "chroot" },
		{ "control /x\n" RELAY, "control" },
		{ "statedir /x\n" RELAY, "statedir" },
		{ "sandbox off\n" RELAY, "sandbox" }
	};
	struct conf *old = good(NAME CERT RELAY), *new;
	const char *what;
	char text[512];
	size_t i;

	for (i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		snprintf(text, sizeof(text), NAME CERT "%s", t[i].text);
		new = good(text);
		what = conf_needs_restart(old, new);
		if (t[i].what == NULL ? what != NULL : what == NULL ||
		    strcmp(what, t[i].what) != 0)
			atf_tc_fail_nonfatal("%s needs a restart for %s",
			    t[i].text, what == NULL ? "nothing" : what);
		conf_free(new);
	}
	conf_free(old);
	conf_free(NULL);
}

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, defaults);
	ATF_TP_ADD_TC(tp, top_statements);
	ATF_TP_ADD_TC(tp, relay_block);
	ATF_TP_ADD_TC(tp, macros);
	ATF_TP_ADD_TC(tp, macros_of_the_command_line);
	ATF_TP_ADD_TC(tp, include);
	ATF_TP_ADD_TC(tp, include_bounds);
	ATF_TP_ADD_TC(tp, restart);
	ATF_TP_ADD_TC(tp, sample);
	return (atf_no_error());
}
