/*
 * certcheck_test: what is wrong with the certificates of a configuration, which
 * certificate a client gets, and the self-signed pair.
 */
#include <sys/stat.h>
#include <atf-c.h>
#include <openssl/evp.h>
#include <sodium.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "certcheck.h"
#include "certpick.h"
#include "keys.h"
#include "parent.h"

#define NOW	1800000000	/* 2027-01-15 08:00 UTC */
#define DAY	86400
#define A	"certificate \"/a.crt\" key \"/a.key\""
#define B	"certificate \"/b.crt\" key \"/b.key\""
#define SELF	"certificate self-signed"
#define MAXCERTS 3

static struct conf		*conf;
static struct parent_cert	 cert[MAXCERTS];
static struct parent_cert	*certs[MAXCERTS];
static struct parent_loaded	 loaded;
static char			 lists[MAXCERTS][256];
static char			*names[MAXCERTS][8];
static char			 found[4096];
static char			 dir[1024];

/* A configuration with these statements. */
static void
config(const char *text)
{
	FILE *f;

	ATF_REQUIRE((f = fopen("derpd.conf", "w")) != NULL);
	ATF_REQUIRE(getcwd(dir, sizeof(dir)) != NULL);
	fprintf(f, "%s\nrelay { }\nstatedir \"%s\"\n", text, dir);
	ATF_REQUIRE_EQ(0, fclose(f));
	conf_free(conf);
	ATF_REQUIRE((conf = conf_load("derpd.conf")) != NULL);
	memset(&loaded, 0, sizeof(loaded));
	loaded.certs = certs;
}

/* Add the certificate of a file for these names, separated by spaces. */
static struct parent_cert *
add(const char *path, const char *list)
{
	size_t i = loaded.ncerts++;
	struct parent_cert *c = certs[i] = &cert[i];
	char *p = lists[i], *name;

	memset(c, 0, sizeof(*c));
	c->path = (char *)(uintptr_t)path;
	c->names = names[i];
	c->not_before = NOW - 10 * DAY;
	c->not_after = NOW + 80 * DAY;
	strlcpy(p, list, sizeof(lists[i]));
	while ((name = strsep(&p, " ")) != NULL)
		if (*name != '\0')
			names[i][c->nnames++] = name;
	return (c);
}

static void
note(void *arg, enum parent_certlevel level, const struct conf_cert *k,
    const char *text)
{
	static const char *const levels[] = { "error", "invalid", "warning",
	    "note" };

	(void)arg;
	(void)k;
	strlcat(found, levels[level], sizeof(found));
	strlcat(found, ": ", sizeof(found));
	strlcat(found, text, sizeof(found));
	strlcat(found, "\n", sizeof(found));
}

static unsigned int
check_beside(const struct parent_loaded *old)
{
	found[0] = '\0';
	return (parent_certcheck(conf, &loaded, old, NOW, note, NULL));
}

static void
good(void)
{
	ATF_CHECK_EQ(0, check_beside(NULL));
	ATF_CHECK_STREQ("", found);
}

/* One fault of this level, which begins and goes on like this. */
static void
finds(const char *begin, const char *more)
{
	unsigned int errors = check_beside(NULL);

	ATF_CHECK_EQ(strncmp(begin, "error", 5) == 0, errors);
	ATF_CHECK_MSG(strncmp(found, begin, strlen(begin)) == 0, "%s", found);
	ATF_CHECK_MSG(strstr(found, more) != NULL, "%s", found);
	ATF_CHECK_MSG(strchr(found, '\n') == strrchr(found, '\n'), "%s",
	    found);
}

ATF_TC_WITHOUT_HEAD(covered);
ATF_TC_BODY(covered, tc)
{
	config("hostname \"a.test\"\n" A);
	add("/a.crt", "a.test");
	good();
	config("hostname \"A.test\"\nhostname \"b.c.test\"\n" A "\n" B);
	add("/a.crt", "a.test");
	add("/b.crt", "*.c.test");
	good();
}

ATF_TC_WITHOUT_HEAD(uncovered);
ATF_TC_BODY(uncovered, tc)
{
	struct parent_cert *c;

	config("hostname \"a.test\"\nhostname \"b.test\"\n" A);
	add("/a.crt", "a.test x.test");
	finds("error: derpd.conf:3: cert-name: certificate /a.crt is not valid "
	    "for b.test (line 2), nor is another", "it has a.test x.test");
	config("hostname \"a.test\"\nhostname \"b.test\"\n" A " allow");
	add("/a.crt", "a.test");
	finds("warning: derpd.conf:3: cert-name: "
	    "certificate /a.crt is not valid for",
	    "");
	/* Clients ignore the common name. */
	config("hostname \"a.test\"\n" A);
	c = add("/a.crt", "a.test");
	c->cn_only = 1;
	finds("error: derpd.conf:2: cert-name: "
	    "certificate /a.crt has no subjectAltName",
	    "a.test (line 1)");
	/* DERP clients validate no address. */
	config("hostname \"a.test\"\nhostname \"192.0.2.1\"\n" A);
	add("/a.crt", "a.test");
	finds("warning: derpd.conf:3: cert-address: certificate /a.crt is not "
	    "valid for the address 192.0.2.1", "curl");
	/* Nor does anybody see a certificate without TLS. */
	config("hostname \"b.test\"\nlisten on 127.0.0.1 port 8080 derp\n" A);
	add("/a.crt", "a.test");
	good();
}

/* acme and self-signed get the names that they lack. */
ATF_TC_WITHOUT_HEAD(missing);
ATF_TC_BODY(missing, tc)
{
	config("hostname \"a.test\"\nacme { contact \"a@b.test\" }");
	good();
	config("hostname \"a.test\"\nhostname \"b.test\"\n" A "\n" SELF);
	add("/a.crt", "a.test");
	good();
	add("/s.crt", "b.test")->selfsigned = 1;
	cert[1].not_after = NOW + 3000L * DAY;
	good();
}

ATF_TC_WITHOUT_HEAD(twice);
ATF_TC_BODY(twice, tc)
{
	config("hostname \"a.test\"\n" A "\n" B);
	add("/a.crt", "a.test");
	add("/b.crt", "*.test");
	finds("warning: derpd.conf:3: certificate /b.crt and that of line 2 "
	    "both are for a.test: clients get that of line 2, and none gets "
	    "this one", "left over");
	config("hostname \"a.test\"\n" A "\n" B " allow");
	add("/a.crt", "a.test");
	add("/b.crt", "*.test");
	finds("note: ", "");
	/* A line that is served for another name. */
	config("hostname \"a.test\"\nhostname \"b.test\"\n" A "\n" B);
	add("/a.crt", "a.test");
	add("/b.crt", "a.test b.test");
	finds("warning: derpd.conf:4: certificate /b.crt and that of line 3 "
	    "both are for a.test: clients get that of line 3: ", "");
	config("hostname \"a.test\"\n" A "\nacme { contact \"a@b.test\" }");
	add("/a.crt", "a.test");
	finds("warning: derpd.conf:3: certificate of acme and that of line 2 "
	    "both are for a.test", "");
	config("hostname \"a.test\"\n" A "\n" B);
	add("/a.crt", "a.test");
	add("/b.crt", "b.test");
	finds("warning: derpd.conf:3: certificate /b.crt is for no host name",
	    "it has b.test");
}

ATF_TC_WITHOUT_HEAD(times);
ATF_TC_BODY(times, tc)
{
	struct parent_cert *c, before;
	struct parent_cert *olds[] = { &before };
	struct parent_loaded old = { .certs = olds, .ncerts = 1 };

	config("hostname \"a.test\"\n" A);
	c = add("/a.crt", "a.test");
	before = *c;
	c->not_after = NOW;
	c->not_before = NOW - DAY;
	finds("warning: derpd.conf:2: cert-ends: "
	    "certificate /a.crt has 0 days left", "");
	c->not_after = NOW - 1;
	finds("invalid: derpd.conf:2: cert-expired: certificate /a.crt has "
	    "expired on 2027-01-15 07:59 UTC, and the clock of this machine "
	    "says 2027-01-15 08:00 UTC", "renew it");
	/* It does not replace a valid one. */
	ATF_CHECK_EQ(1, check_beside(&old));
	ATF_CHECK_MSG(strstr(found, "is in force stays") != NULL, "%s", found);
	before.not_after = NOW - 1;
	ATF_CHECK_EQ(0, check_beside(&old));
	c->not_after = NOW + 80 * DAY;
	c->not_before = NOW + 60;
	finds("invalid: derpd.conf:2: cert-early: certificate /a.crt is not "
	    "valid before 2027-01-15 08:01 UTC", "set the clock");
}

ATF_TC_WITHOUT_HEAD(chain);
ATF_TC_BODY(chain, tc)
{
	config("hostname \"a.test\"\n" A);
	add("/a.crt", "a.test")->chain = (char *)(uintptr_t)"no chain";
	finds("warning: derpd.conf:2: cert-incomplete: "
	    "certificate /a.crt: no chain", "");
}

/* A self-signed certificate ends in time, and its pin changes then. */
ATF_TC_WITHOUT_HEAD(selfsigned);
ATF_TC_BODY(selfsigned, tc)
{
	struct parent_certself s;
	struct parent_cert *c;

	config("hostname \"a.test\"\n" SELF);
	c = add("self.crt", "a.test");
	c->selfsigned = 1;
	memset(&s, 0, sizeof(s));
	c->not_before = NOW - 3600L * DAY;
	c->not_after = NOW + 91 * DAY;
	good();
	c->not_after = NOW + 89 * DAY;
	finds("warning: derpd.conf:2: certificate self.crt ends on 2027-04-14",
	    "makes a new one after 2027-03-15");
	ATF_CHECK_EQ(0, parent_certself_look(&s, &loaded, "self.crt", NOW));
	/* Twice in a row: a clock may be wrong for a while. */
	c->not_after = NOW + 29 * DAY;
	ATF_CHECK_EQ(0, parent_certself_look(&s, &loaded, "self.crt", NOW));
	ATF_CHECK_EQ(0, parent_certself_look(&s, &loaded, "self.crt",
	    NOW - 2 * DAY));
	ATF_CHECK_EQ(0, parent_certself_look(&s, &loaded, "self.crt", NOW));
	ATF_CHECK_EQ(1, parent_certself_look(&s, &loaded, "self.crt", NOW));
	memset(&s, 0, sizeof(s));
	ATF_CHECK_EQ(0, parent_certself_look(&s, &loaded, "x.crt", NOW));
	ATF_CHECK_EQ(0, parent_certself_look(&s, &loaded, "x.crt", NOW));
	/* The old pin is shown for a while. */
	c->not_after = NOW + 3000L * DAY;
	strlcpy(c->was, "sha256-raw:01", sizeof(c->was));
	strlcpy(c->pin, "sha256-raw:02", sizeof(c->pin));
	c->was_until = NOW - DAY;
	finds("warning: derpd.conf:2: certificate self.crt was made anew on "
	    "2027-01-14 08:00 UTC: its CertName was sha256-raw:01 and is "
	    "sha256-raw:02", "derpctl node");
	c->was_until = NOW - 31 * DAY;
	good();
	/* Nobody pins the temporary one. */
	config("hostname \"a.test\"\nacme { contact \"a@b.test\" }");
	c = add("self.crt", "a.test");
	c->selfsigned = 1;
	c->not_after = NOW + 3000L * DAY;
	strlcpy(c->was, "sha256-raw:01", sizeof(c->was));
	c->was_until = NOW - DAY;
	good();
}

ATF_TC_WITHOUT_HEAD(pick);
ATF_TC_BODY(pick, tc)
{
	memset(&loaded, 0, sizeof(loaded));
	ATF_CHECK_EQ(-1, parent_certpick(&loaded, "a.test"));
	loaded.certs = certs;
	add("/s.crt", "a.test b.test c.test")->selfsigned = 1;
	add("/a.crt", "a.test");
	add("/b.crt", "*.test")->nnames = 1;
	/* The first line, but a self-signed one last. */
	ATF_CHECK_EQ(1, parent_certpick(&loaded, "a.test"));
	ATF_CHECK_EQ(2, parent_certpick(&loaded, "b.test"));
	ATF_CHECK_EQ(0, parent_certpick(&loaded, "x.y.test"));
	ATF_CHECK_EQ(0, parent_certpick(&loaded, NULL));
	ATF_CHECK_EQ(0, parent_certpick(&loaded, "192.0.2.1"));
	ATF_CHECK_EQ(1, parent_certpick_order(&loaded, 0));
	ATF_CHECK_EQ(2, parent_certpick_order(&loaded, 1));
	ATF_CHECK_EQ(0, parent_certpick_order(&loaded, 2));
	ATF_CHECK_EQ(-1, parent_certpick_order(&loaded, 3));
}

/* The pair of files */

/* Write a new certificate for a name to `file'. */
static void
put_cert(const char *file, const char *name)
{
	char pem[KEYS_PEMSIZE], err[256], *list[] = {
	    (char *)(uintptr_t)name };
	EVP_PKEY *key;
	FILE *f;

	ATF_REQUIRE(sodium_init() != -1);
	ATF_REQUIRE((key = keys_cert_new_key()) != NULL);
	ATF_REQUIRE(keys_cert_selfsign(key, list, 1, pem, err,
	    sizeof(err)) > 0);
	ATF_REQUIRE((f = fopen(file, "w")) != NULL);
	fputs(pem, f);
	ATF_REQUIRE_EQ(0, fclose(f));
	EVP_PKEY_free(key);
}

static void
put_text(const char *file, const char *text)
{
	FILE *f;

	ATF_REQUIRE((f = fopen(file, "w")) != NULL);
	fputs(text, f);
	ATF_REQUIRE_EQ(0, fclose(f));
}

static int
there(const char *file)
{
	return (access(file, F_OK) == 0);
}

/* A pair in force, and a new one that waits. */
static void
two_pairs(void)
{
	config("hostname \"a.test\"\n" SELF);
	put_cert("self-signed.crt", "old.test");
	put_text("self-signed.key", "old");
	put_cert("self-signed-new.crt", "a.test");
	put_text("self-signed-new.key", "new");
}

/* The new pair has the names of the old one. */
static void
is_new(void)
{
	char err[256];
	struct parent_cert *c;

	c = parent_cert_load("self-signed.crt", err, sizeof(err));
	ATF_REQUIRE_MSG(c != NULL, "%s", err);
	ATF_CHECK(parent_cert_covers(c, "a.test"));
	parent_cert_free(c);
	ATF_CHECK(atf_utils_compare_file("self-signed.key", "new"));
	ATF_CHECK(!there("self-signed-new.crt"));
	ATF_CHECK(!there("self-signed-new.key"));
}

ATF_TC_WITHOUT_HEAD(commit);
ATF_TC_BODY(commit, tc)
{
	static struct parent d;
	struct parent_certself_pair new;
	struct parent_cert *c, *v[1];
	char err[256];

	two_pairs();
	d.conf = conf;
	d.loaded.certs = v;
	d.loaded.ncerts = 1;
	ATF_REQUIRE_EQ(0, parent_certself_paths(conf, 1, &new));
	ATF_REQUIRE((c = v[0] = parent_cert_load(new.crt, err,
	    sizeof(err))) != NULL);
	ATF_CHECK(c->selfsigned);
	parent_certself_commit(&d);
	is_new();
	ATF_CHECK(there("self-signed-old.crt"));
	ATF_CHECK(strstr(c->path, "/self-signed.crt") != NULL);
	ATF_CHECK(strncmp(c->was, "sha256-raw:", 11) == 0);
	ATF_CHECK(strcmp(c->was, c->pin) != 0);
	/* A new pair that none uses is removed. */
	put_text("self-signed-new.crt", "");
	put_text("self-signed-new.key", "");
	parent_certself_commit(&d);
	is_new();
	parent_cert_free(c);
}

/* A crash at any point leaves a pair. */
ATF_TC_WITHOUT_HEAD(crash);
ATF_TC_BODY(crash, tc)
{
	two_pairs();
	ATF_REQUIRE_EQ(0, parent_certself_mend(conf));
	ATF_CHECK(atf_utils_compare_file("self-signed.key", "old"));
	ATF_REQUIRE_EQ(0, rename("self-signed.crt", "self-signed-old.crt"));
	ATF_REQUIRE_EQ(0, parent_certself_mend(conf));
	is_new();
	two_pairs();
	ATF_REQUIRE_EQ(0, rename("self-signed.crt", "self-signed-old.crt"));
	ATF_REQUIRE_EQ(0, rename("self-signed-new.key", "self-signed.key"));
	ATF_REQUIRE_EQ(0, parent_certself_mend(conf));
	is_new();
	/* The operator has removed the pair. */
	two_pairs();
	ATF_REQUIRE_EQ(0, unlink("self-signed.crt"));
	ATF_REQUIRE_EQ(0, unlink("self-signed-old.crt"));
	ATF_REQUIRE_EQ(0, parent_certself_mend(conf));
	ATF_CHECK(!there("self-signed.crt"));
}

/* The host names that no file covers. */
ATF_TC_WITHOUT_HEAD(wanted);
ATF_TC_BODY(wanted, tc)
{
	char text[2048];
	const char *v[CONF_MAXNAMES];
	struct parent_cert *c;
	char err[256];

	ATF_REQUIRE(getcwd(dir, sizeof(dir)) != NULL);
	put_cert("a.crt", "a.test");
	snprintf(text, sizeof(text), "hostname \"a.test\"\nhostname \"b.test\""
	    "\ncertificate \"%s/a.crt\" key \"/a.key\"\n" SELF, dir);
	config(text);
	ATF_CHECK_EQ(1, parent_certself_names(conf,
	    TAILQ_LAST(&conf->certs, conf_certs), v));
	ATF_CHECK_STREQ("b.test", v[0]);
	ATF_REQUIRE((c = parent_cert_load("a.crt", err, sizeof(err))) != NULL);
	ATF_CHECK_STREQ("b.test", parent_certself_lacks(c, v, 1));
	v[0] = "A.test";
	ATF_CHECK(parent_certself_lacks(c, v, 1) == NULL);
	parent_cert_free(c);
	snprintf(text, sizeof(text), "hostname \"a.test\"\n"
	    "certificate \"%s/a.crt\" key \"/a.key\"\n" SELF, dir);
	config(text);
	ATF_CHECK_EQ(0, parent_certself_names(conf,
	    TAILQ_LAST(&conf->certs, conf_certs), v));
	config("hostname \"a.test\"\nhostname \"b.test\"\n"
	    "acme { contact \"a@b.test\" }");
	ATF_CHECK_EQ(2, parent_certself_names(conf, TAILQ_FIRST(&conf->certs),
	    v));
}

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, covered);
	ATF_TP_ADD_TC(tp, uncovered);
	ATF_TP_ADD_TC(tp, missing);
	ATF_TP_ADD_TC(tp, twice);
	ATF_TP_ADD_TC(tp, times);
	ATF_TP_ADD_TC(tp, chain);
	ATF_TP_ADD_TC(tp, selfsigned);
	ATF_TP_ADD_TC(tp, pick);
	ATF_TP_ADD_TC(tp, commit);
	ATF_TP_ADD_TC(tp, crash);
	ATF_TP_ADD_TC(tp, wanted);
	return (atf_no_error());
}
