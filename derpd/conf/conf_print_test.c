/*
 * conf_print_test: a printed configuration reads back as equal, and prints as
 * the same bytes: the samples, and one made from options.def without defaults.
 */
#include <glob.h>

#include "conf_fixture.h"
#include "conf_option.h"
#include "gramstore.h"
#include "conf_types.h"
#include "size.h"

/* A string with all characters that have a meaning outside of quotes. */
#define ODD	" \\\"#$x {}=*'\\\\\t\xc3\xbc\x7f\x01\r"

#define HEX "0123456789abcdef0123456789abcdef"

/* The configuration in its own grammar; free() it. */
static char *
print(const struct conf *c)
{
	char *text = NULL;
	size_t len;
	FILE *f = open_memstream(&text, &len);

	ATF_REQUIRE(f != NULL);
	conf_print(f, c);
	ATF_REQUIRE_EQ(0, fclose(f));
	ATF_REQUIRE_EQ(len, strlen(text));
	return (text);
}

/* Print, load the output, print again; frees `c'. */
static void
again(struct conf *c)
{
	const char *what;
	char *text = print(c), *text2;
	struct conf *back = load(text);

	if (back == NULL) {
		atf_tc_fail_nonfatal("%s\nis refused: %s", text, errs);
		free(text);
		conf_free(c);
		return;
	}
	what = conf_differs(c, back);
	ATF_CHECK_MSG(what == NULL, "%s is another in\n%s", what, text);
	text2 = print(back);
	if (strcmp(text, text2) != 0)
		atf_tc_fail_nonfatal("%s\nwas printed again as\n%s", text,
		    text2);
	free(text);
	free(text2);
	conf_free(back);
	conf_free(c);
}

static void
each(const atf_tc_t *tc, const char *pattern, size_t least)
{
	char path[1024];
	struct conf *c;
	glob_t g;
	size_t i;

	snprintf(path, sizeof(path), "%s/../../etc/%s",
	    atf_tc_get_config_var(tc, "srcdir"), pattern);
	if (glob(path, 0, NULL, &g) != 0) {
		ATF_REQUIRE_EQ_MSG(0, least, "%s: none", path);
		return;
	}
	ATF_CHECK(g.gl_pathc >= least);
	for (i = 0; i < g.gl_pathc; i++) {
		c = load_file(g.gl_pathv[i]);
		ATF_REQUIRE_MSG(c != NULL, "%s: %s", g.gl_pathv[i], errs);
		again(c);
	}
	globfree(&g);
}

ATF_TC_WITHOUT_HEAD(samples);
ATF_TC_BODY(samples, tc)
{
	char path[1024];
	struct conf *c;

	each(tc, "*.conf", 1);
	each(tc, "examples/*.conf", 5);
	snprintf(path, sizeof(path), "%s/../../etc/derpd.conf",
	    atf_tc_get_config_var(tc, "srcdir"));
	copy_sample(path, 1);
	c = load_file(CONF);
	ATF_REQUIRE_MSG(c != NULL, "%s", errs);
	again(c);
}

/* Values for the statements of the table. */
static const struct {
	const struct gram_type	*type;
	const char		*value;
} values[] = {
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
	{ &conf_type_file, "\"/k" ODD "\"" }
};

/* A word that is not the default. */
static const char *
other_word(const struct gram_option *o)
{
	static char word[32];
	const char *w;
	size_t n;
	int64_t i;

	for (i = 0; (w = gram_word_at(gram_words(o), i, &n)) != NULL; i++) {
		snprintf(word, sizeof(word), "%.*s", (int)n, w);
		if (o->def == NULL || strcmp(word, o->def) != 0)
			return (word);
	}
	atf_tc_fail("%s: has one word", o->keywords);
}

/* A value of the row that is not its default. */
static void
put_value(FILE *f, const struct gram_option *o)
{
	size_t i;

	if (o->type->accepts == 0)
		return;
	putc(' ', f);
	if (o->type->accepts == GRAM_WORD) {
		fputs(other_word(o), f);
		return;
	}
	if (o->type->store == GRAM_INT) {
		fprintf(f, "%lld", (long long)(o->def != NULL &&
		    base_size(o->def) == o->max ? o->min : o->max));
		return;
	}
	for (i = 0; values[i].type != o->type; i++)
		ATF_REQUIRE_MSG(i + 1 < sizeof(values) / sizeof(values[0]),
		    "%s: no value for its type in this test", o->keywords);
	fputs(values[i].value, f);
}

/* 1 when only one of the two statements may be set. */
static int
alternatives(const struct gram_option *o, const struct gram_option *p)
{
	return (o->block == p->block && p->follows == GRAM_HEAD &&
	    (strcmp(o->once != NULL ? o->once : gram_name(o),
	    p->once != NULL ? p->once : gram_name(p)) == 0 ||
	    (o->check != NULL && o->check == p->check)));
}

/* 1 when it is the `which'th row of its alternatives. */
static int
chosen(const struct gram_option *o, int which)
{
	const struct gram_option *p;
	int before = 0, all = 0;

	for (p = conf_grammar.rows; p != ROWS_END; p++)
		if (p == o || alternatives(o, p)) {
			before += p < o;
			all++;
		}
	return (before == which % all);
}

/* All statements of a block. */
static void
put_block(FILE *f, int block, int which)
{
	const struct gram_option *head, *o, *end;

	end = ROWS_END;
	for (o = conf_grammar.rows; o != end; o++) {
		/* A self-signed certificate does not stand beside acme. */
		if (o->block != block || o->follows != GRAM_HEAD ||
		    strcmp(o->keywords, "include") == 0 ||
		    o->type == &conf_type_selfsigned || !chosen(o, which))
			continue;
		fputs(o->keywords, f);
		if (o->opens != CONF_TOP) {
			fputs(" {\n", f);
			put_block(f, o->opens, which);
			fputs("}\n", f);
			continue;
		}
		put_value(f, o);
		for (head = o; o + 1 != end && o[1].follows != GRAM_HEAD;) {
			o++;
			if (!o->bare)
				fprintf(f, " %s", gram_suffix(head, o));
			put_value(f, o);
		}
		putc('\n', f);
	}
}

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
	put_block(f, CONF_TOP, which);
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
