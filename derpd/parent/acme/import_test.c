/*
 * import_test: what is taken over of derper's directory, and what is not.
 */
#include <sys/stat.h>
#include <atf-c.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "parent.h"
#include "testcert.h"

#define KEY	"-----BEGIN EC PRIVATE KEY-----\ndW5yZWFk\n" \
		"-----END EC PRIVATE KEY-----\n"

#define HALF	"-----BEGIN EC PRIVATE KEY-----\ndW5y"

static char dir[PATH_MAX], state[PATH_MAX];
static struct gram_name name = { .name = (char *)(uintptr_t)"Relay.test" };
static struct gram_name other = { .name = (char *)(uintptr_t)"other.test" };
static struct conf conf;

static void
put(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);

	ATF_REQUIRE(fd != -1);
	ATF_REQUIRE_EQ(write(fd, text, strlen(text)), (ssize_t)strlen(text));
	close(fd);
}

/* The file has this text; NULL: there is none. */
static void
check(const char *path, const char *text)
{
	static char got[8192];
	FILE *f = fopen(path, "r");
	size_t n;

	ATF_CHECK_MSG((f == NULL) == (text == NULL), "%s", path);
	if (f == NULL || text == NULL)
		return;
	n = fread(got, 1, sizeof(got) - 1, f);
	got[n] = '\0';
	fclose(f);
	ATF_CHECK_STREQ(got, text);
}

/* derper's directory and an empty state directory. */
static void
begin(void)
{
	char cwd[PATH_MAX - 16];

	ATF_REQUIRE(getcwd(cwd, sizeof(cwd)) != NULL);
	snprintf(dir, sizeof(dir), "%s/certs", cwd);
	snprintf(state, sizeof(state), "%s/state", cwd);
	ATF_REQUIRE(mkdir(dir, 0700) == 0);
	TAILQ_INIT(&conf.names);
	TAILQ_INSERT_TAIL(&conf.names, &other, entry);
	TAILQ_INSERT_TAIL(&conf.names, &name, entry);
	conf.acme.enabled = 1;
	conf.acme.import = dir;
	conf.statedir = state;
}

ATF_TC_WITHOUT_HEAD(autocert);
ATF_TC_BODY(autocert, tc)
{
	struct stat st;

	begin();
	put("certs/relay.test", KEY ACME_TEST_CERT);
	put("certs/acme_account+key", KEY);
	renew_import(&conf, 1);		/* derpd -n changes nothing */
	check("state/acme.crt", NULL);
	check("state/acme-account.key", NULL);
	renew_import(&conf, 0);
	check("state/acme.crt", ACME_TEST_CERT);
	check("state/acme-import.key", KEY ACME_TEST_CERT);
	check("state/acme-account.key", KEY);
	ATF_REQUIRE(stat("state/acme-import.key", &st) == 0);
	ATF_CHECK_EQ(st.st_mode & 0777, 0600);
	check("certs/relay.test", KEY ACME_TEST_CERT);
	/* Once: not again when the certificate was retired. */
	ATF_REQUIRE(unlink("state/acme.crt") == 0);
	renew_import(&conf, 0);
	check("state/acme.crt", NULL);
}

/* A pair of files, and an account key that is there already. */
ATF_TC_WITHOUT_HEAD(pair);
ATF_TC_BODY(pair, tc)
{
	begin();
	name.name = (char *)(uintptr_t)"192.0.2.1";
	put("certs/192.0.2.1.crt", ACME_TEST_CERT);
	put("certs/192.0.2.1.key", KEY);
	put("certs/acme-account.key", KEY);
	ATF_REQUIRE(mkdir(state, 0700) == 0);
	put("state/acme-account.key", "own\n");
	renew_import(&conf, 0);
	check("state/acme.crt", ACME_TEST_CERT);
	check("state/acme-import.key", KEY);
	check("state/acme-account.key", "own\n");
}

/* What keeps the state directory's own. */
ATF_TC_WITHOUT_HEAD(has_own);
ATF_TC_BODY(has_own, tc)
{
	static const char *const own[] = { "state/acme.crt",
	    "state/acme-revoked.crt", "state/acme.imported" };
	size_t i;

	begin();
	put("certs/relay.test", KEY ACME_TEST_CERT);
	ATF_REQUIRE(mkdir(state, 0700) == 0);
	for (i = 0; i < 3; i++) {
		put(own[i], "own\n");
		renew_import(&conf, 0);
		check(own[i], "own\n");
		check("state/acme-import.key", NULL);
		ATF_REQUIRE(unlink(own[i]) == 0);
	}
	renew_import(&conf, 0);
	check("state/acme.crt", ACME_TEST_CERT);
}

/* Files that are of no use. */
ATF_TC_WITHOUT_HEAD(unfit);
ATF_TC_BODY(unfit, tc)
{
	begin();
	renew_import(&conf, 0);		/* an empty directory */
	put("certs/other.test", KEY ACME_TEST_CERT);	/* of another name */
	put("certs/relay.test", "no certificate\n");
	put("certs/relay.test+rsa", KEY ACME_TEST_CERT);
	ATF_REQUIRE(chmod("certs/relay.test+rsa", 0644) == 0);
	renew_import(&conf, 0);		/* others can read the key */
	check("state/acme.crt", NULL);
	check("state/acme.imported", NULL);
	ATF_REQUIRE(chmod("certs/relay.test+rsa", 0600) == 0);
	renew_import(&conf, 0);
	check("state/acme.crt", ACME_TEST_CERT);
	ATF_REQUIRE(unlink("state/acme.crt") == 0);
	ATF_REQUIRE(unlink("state/acme.imported") == 0);
	/* Half-written keys. */
	ATF_REQUIRE(unlink("certs/relay.test+rsa") == 0);
	put("certs/relay.test", ACME_TEST_CERT HALF);
	put("certs/acme_account+key", HALF);
	renew_import(&conf, 0);
	check("state/acme.crt", NULL);
	check("state/acme-account.key", NULL);
	conf.acme.import = (char *)(uintptr_t)"/nonexistent";
	renew_import(&conf, 0);
	check("state/acme.crt", NULL);
	conf.acme.import = NULL;
	renew_import(&conf, 0);
	check("state/acme.crt", NULL);
}

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, autocert);
	ATF_TP_ADD_TC(tp, pair);
	ATF_TP_ADD_TC(tp, has_own);
	ATF_TP_ADD_TC(tp, unfit);
	return atf_no_error();
}
