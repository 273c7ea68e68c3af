/*
 * conf_man_test: the defaults of a configuration that says nothing are those
 * that derpd.conf(5) names.
 */
#include <regex.h>

#include "conf_fixture.h"

static char	*page;		/* the manual's source, its lines joined */

/* The manual's text; a blank for each end of a line, but before a macro. */
static void
read_page(const atf_tc_t *tc)
{
	char path[1024], *p;
	long size;
	FILE *f;

	snprintf(path, sizeof(path), "%s/../../man/derpd.conf.5",
	    atf_tc_get_config_var(tc, "srcdir"));
	ATF_REQUIRE_MSG((f = fopen(path, "r")) != NULL, "%s", path);
	ATF_REQUIRE(fseek(f, 0, SEEK_END) == 0 && (size = ftell(f)) > 0);
	rewind(f);
	ATF_REQUIRE((page = calloc(1, (size_t)size + 1)) != NULL);
	ATF_REQUIRE_EQ((size_t)size, fread(page, 1, (size_t)size, f));
	fclose(f);
	for (p = page; (p = strchr(p, '\n')) != NULL; p++)
		if (p[1] != '.')
			*p = ' ';
}

/*
 * The description of the statement that begins with `item', within the
 * section `ss' (up to the next statement): its length, 0 when there is none.
 */
static size_t
find_item(const char *ss, const char *item, const char **start)
{
	char want[64];
	const char *p, *end;

	snprintf(want, sizeof(want), "\n.Ss %s", ss);
	if ((p = strstr(page, want)) == NULL)
		return (0);
	snprintf(want, sizeof(want), "\n.It Ic %s", item);
	if ((p = strstr(p, want)) == NULL)
		return (0);
	*start = p + strlen(want);
	if ((end = strstr(*start, "\n.It ")) == NULL)
		end = *start + strlen(*start);
	return ((size_t)(end - *start));
}

/* The manual says that this is a default of the statement. */
static void
says(const char *ss, const char *item, const char *value)
{
	const char *start;
	char *text, expr[256];
	regex_t re;
	size_t n;

	n = find_item(ss, item, &start);
	ATF_REQUIRE_MSG(n > 0, "%s: no statement %s", ss, item);
	ATF_REQUIRE((text = strndup(start, n)) != NULL);
	snprintf(expr, sizeof(expr), "[Dd]efault( is|:)?( |\n\\.[A-Z][a-z] )"
	    "%s([^0-9A-Za-z_/-]|$)", value);
	ATF_REQUIRE_EQ(0, regcomp(&re, expr, REG_EXTENDED | REG_NOSUB));
	ATF_CHECK_MSG(regexec(&re, text, 0, NULL, 0) == 0,
	    "%s: the default is %s, the manual says:%s", item, value, text);
	regfree(&re);
	free(text);
}

/* The same of a number, as it is, or as bytes in the largest unit. */
static void
says_number(const char *ss, const char *item, unsigned int n)
{
	char value[32];

	snprintf(value, sizeof(value), "%u", n);
	says(ss, item, value);
}

static void
says_size(const char *ss, const char *item, unsigned int n)
{
	char value[32];

	ATF_REQUIRE(n >= 1024 && n % 1024 == 0);
	if (n % 1048576 == 0)
		snprintf(value, sizeof(value), "%uM", n / 1048576);
	else
		snprintf(value, sizeof(value), "%uK", n / 1024);
	says(ss, item, value);
}

#define TOP	"Statements"
#define IN_RELAY "The relay block"

ATF_TC_WITHOUT_HEAD(top);
ATF_TC_BODY(top, tc)
{
	struct conf *c = good(NAME CERT RELAY);

	read_page(tc);
	says(TOP, "control", c->control);
	says(TOP, "user", c->user);
	says(TOP, "keys user", c->keys_user);
	says(TOP, "chroot", c->chroot);
	says(TOP, "statedir", c->statedir);
	says(TOP, "sandbox", c->sandbox ? "on" : "off");
	says_number(TOP, "child timeout", c->child_timeout);
	conf_free(c);
}

ATF_TC_WITHOUT_HEAD(relay);
ATF_TC_BODY(relay, tc)
{
	struct conf *c = good(NAME CERT RELAY);
	const struct conf_relay *r = &c->relay;
	char both[32];

	read_page(tc);
	says(IN_RELAY, "key", r->key);
	ATF_CHECK_EQ(0, r->workers);
	says(IN_RELAY, "workers", "one a CPU");
	ATF_CHECK_EQ(HOME_PAGE, r->home);
	says(IN_RELAY, "home", "page");
	says_size(IN_RELAY, "queue", r->queue_bytes);
	says_number(IN_RELAY, "queue", r->queue_packets);
	says_number(IN_RELAY, "codel target", r->codel_target);
	says_number(IN_RELAY, "codel target", r->codel_interval);
	says_size(IN_RELAY, "unsent limit", r->notsent_lowat);
	says_number(IN_RELAY, "write timeout", r->write_timeout);
	ATF_CHECK(r->congestion == NULL);
	says(IN_RELAY, "congestion control", "the system's");
	ATF_CHECK_EQ(0, r->accept_rate);
	says(IN_RELAY, "accept rate", "no limit");
	ATF_CHECK_EQ(0, r->client_rate);
	says(IN_RELAY, "client rate", "no limit");
	says_number(IN_RELAY, "max unfinished", r->max_unfinished);
	snprintf(both, sizeof(both), "%u per source %u", r->max_unfinished,
	    r->max_per_source);
	says(IN_RELAY, "max unfinished", both);
	conf_free(c);
}

ATF_TC_WITHOUT_HEAD(others);
ATF_TC_BODY(others, tc)
{
	struct conf *c = good(NAME CERT "stun { }\n"
	    "map { follow \"https://a.example/m\" }\n");
	const struct conf_map *m = TAILQ_FIRST(&c->maps);

	read_page(tc);
	says_number("The stun block", "workers", c->stun.workers);
	says_number("The stun block", "probe every", c->stun.probe_every);
	ATF_CHECK_EQ(0, c->stun.source_rate);
	says("The stun block", "source rate", "no limit");
	says_number("The map block", "follow", m->every);
	says("The map block", "path", m->path);
	says_number("The map block", "max age", m->max_age);
	conf_free(c);
}

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, top);
	ATF_TP_ADD_TC(tp, relay);
	ATF_TP_ADD_TC(tp, others);
	return (atf_no_error());
}
