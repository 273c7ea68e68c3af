/*
 * keyfiles_test: which key files are accepted, how new ones are written, and a
 * self-signed pair of which one half is missing.
 */
#include <sys/stat.h>
#include <sys/socket.h>
#include <limits.h>

#include "keyfiles.h"
#include "keysfixture.h"
#include "parent.h"
#include "synctrace.h"
#include "conf_fixture.h"	/* last: openssl defines CONF, too */

#define CRT	"state/self-signed.crt"
#define KEY	"state/self-signed.key"
#define MADE	"write sync rename syncdir "

static struct parent	 d;
static int		 saved_stderr = -1;

/* Collect the log in errs, until end_log(). */
static void
begin_log(void)
{
	int	 fd = open("stderr", O_RDWR | O_CREAT | O_TRUNC | O_APPEND,
		    0600);

	ATF_REQUIRE(fd != -1 && (saved_stderr = dup(2)) != -1);
	ATF_REQUIRE(dup2(fd, 2) == 2);
	close(fd);
}

static void
end_log(void)
{
	ssize_t	 n;
	int	 fd = open("stderr", O_RDONLY);

	fflush(stderr);
	ATF_REQUIRE(fd != -1 && dup2(saved_stderr, 2) == 2);
	close(saved_stderr);
	ATF_REQUIRE((n = read(fd, errs, sizeof(errs) - 1)) >= 0);
	errs[n] = '\0';
	close(fd);
}

/* 1 when a key file is accepted, else 0; the log is in errs. */
static int
accepted(const char *path)
{
	int	 fd;

	begin_log();
	fd = parent_keyfile_open(path, "test key");
	end_log();
	if (fd == -1)
		return (0);
	close(fd);
	return (1);
}

#define SAYS(text)							\
	ATF_CHECK_MSG(strstr(errs, (text)) != NULL, "\"%s\" is not in: %s", \
	    (text), errs)

/* A key file may be writable for its owner and readable for its group only. */
ATF_TC_WITHOUT_HEAD(modes);
ATF_TC_BODY(modes, tc)
{
	static const mode_t	 good[] = { 0400, 0600, 0700 };
	static const mode_t	 group[] = { 0440, 0640, 0750 };
	static const mode_t	 bad[] = { 0604, 0602, 0606, 0620, 0660, 0644,
				    0622, 0666, 0664, 0777 };
	size_t			 i;

	put("k", "key");
	for (i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		ATF_REQUIRE_EQ(0, chmod("k", good[i]));
		ATF_CHECK_MSG(accepted("k"), "%o: %s", good[i], errs);
		ATF_CHECK_STREQ("", errs);
	}
	for (i = 0; i < sizeof(group) / sizeof(group[0]); i++) {
		ATF_REQUIRE_EQ(0, chmod("k", group[i]));
		ATF_CHECK_MSG(accepted("k"), "%o: %s", group[i], errs);
		SAYS("test key k: its group can read it\n");
	}
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		ATF_REQUIRE_EQ(0, chmod("k", bad[i]));
		ATF_CHECK_MSG(!accepted("k"), "%o was taken", bad[i]);
		SAYS("test key k: others can read or change it: chmod 600 k\n");
	}
}

/* Only a regular file of a key's size; opening it never blocks. */
ATF_TC_WITHOUT_HEAD(kinds);
ATF_TC_BODY(kinds, tc)
{
	ATF_CHECK(!accepted("none"));
	SAYS("test key none: No such file or directory; create it, or correct "
	    "the path\n");
	ATF_REQUIRE_EQ(0, mkdir("dir", 0700));
	ATF_CHECK(!accepted("dir"));
	SAYS("test key dir: not a key file: expected a regular file");
	ATF_REQUIRE_EQ(0, mkfifo("fifo", 0600));
	(void)alarm(20);		/* ends the test if it blocks */
	ATF_CHECK(!accepted("fifo"));
	(void)alarm(0);
	SAYS("test key fifo: not a key file: expected a regular file");
	ATF_CHECK(!accepted("/dev/null"));
	SAYS("test key /dev/null: not a key file: expected a regular file");
	put("big", "");
	ATF_REQUIRE_EQ(0, chmod("big", 0600));
	ATF_REQUIRE_EQ(0, truncate("big", 64 * 1024));
	ATF_CHECK_MSG(accepted("big"), "%s", errs);
	ATF_REQUIRE_EQ(0, truncate("big", 64 * 1024 + 1));
	ATF_CHECK(!accepted("big"));
	SAYS("expected a regular file of at most 64 KiB");
	/* A symbolic link is followed: its target counts. */
	put("k", "key");
	ATF_REQUIRE_EQ(0, chmod("k", 0600));
	ATF_REQUIRE_EQ(0, symlink("k", "link"));
	ATF_CHECK_MSG(accepted("link"), "%s", errs);
	ATF_REQUIRE_EQ(0, chmod("k", 0620));
	ATF_CHECK(!accepted("link"));
	ATF_REQUIRE_EQ(0, symlink("nowhere", "dangling"));
	ATF_CHECK(!accepted("dangling"));
	SAYS("test key dangling: No such file or directory");
}

static void
from_keys(struct ipc_chan *c, struct ipc_msg *m, void *arg)
{
	(void)c;
	(void)arg;
	ATF_REQUIRE_EQ(0, parent_keys_result(&d, m));
}

static void
turn(void *arg)
{
	(void)arg;
}

/* A parent with keys, and a configuration with the directory `state'. */
static struct conf *
start_parent(void)
{
	static const struct parent_gen_ops ops = { .turn = turn };

	char		 text[PATH_MAX + 256], cwd[PATH_MAX];

	ATF_REQUIRE(getcwd(cwd, sizeof(cwd)) != NULL);
	snprintf(text, sizeof(text), NAME CERT RELAY "statedir \"%s/state\"\n",
	    cwd);
	/* Before keys is forked: its calls are recorded, too. */
	synctrace_begin();
	(void)synctrace_end();
	start();
	d.keys.d = &d;
	d.keys.c.pid = child_pid;
	d.keys.c.role = ROLE_KEYS;
	d.keys.c.ready = 1;
	d.keys.c.chan = child;
	ATF_REQUIRE((d.super.base = event_base_new()) != NULL);
	ATF_REQUIRE_EQ(0, ipc_chan_attach(child, d.super.base, from_keys, NULL,
	    &d));
	parent_gens_init(&d.gens, &ops, &d, 0);
	d.conf = good(text);
	return (d.conf);
}

static void
stop_parent(void)
{
	parent_keys_end(&d);
	child_stop();
	conf_free(d.conf);
}

static void
loop(void)
{
	ATF_REQUIRE(event_base_loop(d.super.base, EVLOOP_ONCE) != -1);
}

static void
check_mode(const char *path, mode_t want)
{
	struct stat	 st;

	ATF_REQUIRE_MSG(stat(path, &st) == 0, "%s", path);
	ATF_CHECK_EQ_MSG(want, st.st_mode & 07777, "%s: %o", path,
	    (unsigned int)st.st_mode);
}

static int
node(const char *path, uint8_t pub[32])
{
	struct parent_generation g;

	memset(&g, 0, sizeof(g));
	g.kind = GEN_START;
	g.state = GEN_AT_NODE;
	d.gens.now = &g;
	free(d.conf->relay.key);
	ATF_REQUIRE((d.conf->relay.key = strdup(path)) != NULL);
	begin_log();
	parent_load_step(&d, &g);
	while (!g.done)
		loop();
	end_log();
	d.gens.now = NULL;
	memcpy(pub, g.loaded.node_key, 32);
	return (g.failed ? -1 : 0);
}

ATF_TC_WITHOUT_HEAD(node_key);
ATF_TC_BODY(node_key, tc)
{
	static const char	*fails[] = { "write", "sync", "rename" };
	static const uint8_t	 none[32];
	uint8_t			 pub[32], again[32];
	size_t			 i;

	(void)umask(022);
	(void)start_parent();
	/* derpd -n accepts a missing key, and makes none. */
	d.checking = 1;
	ATF_CHECK_EQ(0, node("a/b/node", pub));
	ATF_CHECK(memcmp(pub, none, 32) == 0);
	ATF_CHECK(access("a", F_OK) == -1);
	d.checking = 0;
	/* The file is synced before it gets its name. */
	synctrace_begin();
	ATF_CHECK_EQ_MSG(0, node("a/b/node", pub), "%s", errs);
	ATF_CHECK_STREQ(MADE, synctrace_end());
	ATF_CHECK(memcmp(pub, none, 32) != 0);
	check_mode("a/b/node", 0600);
	check_mode("a/b", 0700);
	check_mode("a", 0755);
	/* An existing key is not made again. */
	synctrace_begin();
	ATF_CHECK_EQ_MSG(0, node("a/b/node", again), "%s", errs);
	ATF_CHECK_STREQ("", synctrace_end());
	ATF_CHECK(memcmp(pub, again, 32) == 0);
	/* A failure leaves no file. */
	for (i = 0; i < 3; i++) {
		synctrace_begin();
		strlcpy(sync_trace->fails, fails[i],
		    sizeof(sync_trace->fails));
		ATF_CHECK_EQ_MSG(-1, node("c/node", pub), "%s", fails[i]);
		(void)synctrace_end();
		SAYS("No space left");
		ATF_CHECK_MSG(rmdir("c") == 0, "%s: the directory is not empty",
		    fails[i]);
	}
	/* A key is not made through a dangling symbolic link. */
	ATF_REQUIRE_EQ(0, mkdir("e", 0700));
	put("e/node", "");
	ATF_REQUIRE_EQ(0, chmod("e/node", 0600));
	ATF_CHECK_EQ(-1, node("e/node", pub));
	SAYS("not derper's key file");
	stop_parent();
}

struct loaded_cert {
	int			 done, rv;
	struct parent_cert	*cert;
};

static void
cert_loaded(void *arg, int rv, struct parent_cert *cert, const char *why)
{
	struct loaded_cert	*l = arg;

	ATF_CHECK_EQ(rv == -1, why != NULL && why[0] != '\0');
	l->done = 1;
	l->rv = rv;
	l->cert = cert;
}

/* Load the self-signed pair; the certificate, or NULL. */
static struct parent_cert *
selfsigned(int want)
{
	static struct parent_certload	 load;
	struct conf_cert		 k = { 0 };
	struct loaded_cert		 l = { 0 };

	begin_log();
	parent_certload(&load, &d, d.conf, &k, cert_loaded, &l);
	while (!l.done)
		loop();
	end_log();
	ATF_CHECK_EQ_MSG(want, l.rv, "%s", errs);
	return (l.cert);
}

ATF_TC_WITHOUT_HEAD(selfsigned_pair);
ATF_TC_BODY(selfsigned_pair, tc)
{
	struct parent_cert	*first, *c;

	(void)start_parent();
	d.checking = 1;
	ATF_CHECK(selfsigned(0) == NULL);
	ATF_CHECK(access("state", F_OK) == -1);
	d.checking = 0;
	/* The key is written and synced first, then the certificate. */
	synctrace_begin();
	ATF_REQUIRE((first = selfsigned(0)) != NULL);
	ATF_CHECK_STREQ(MADE MADE, synctrace_end());
	check_mode(KEY, 0600);
	check_mode(CRT, 0644);
	ATF_CHECK(parent_cert_covers(first, "relay.example.org"));
	synctrace_begin();
	ATF_REQUIRE((c = selfsigned(0)) != NULL);
	ATF_CHECK_STREQ("", synctrace_end());
	ATF_CHECK_STREQ(first->pin, c->pin);
	parent_cert_free(c);
	/* A crash may leave a key alone: a new pair is made. */
	ATF_REQUIRE_EQ(0, unlink(CRT));
	ATF_REQUIRE((c = selfsigned(0)) != NULL);
	ATF_CHECK(strcmp(first->pin, c->pin) != 0);
	parent_cert_free(first);
	ATF_REQUIRE((first = selfsigned(0)) != NULL);
	ATF_CHECK_STREQ(first->pin, c->pin);
	parent_cert_free(c);
	parent_cert_free(first);
	stop_parent();
}

/* The file as a string. */
static void
slurp(const char *path, char *dst, size_t size)
{
	ssize_t	 n;
	int	 fd = open(path, O_RDONLY);

	ATF_REQUIRE(fd != -1 && (n = read(fd, dst, size - 1)) > 0);
	dst[n] = '\0';
	close(fd);
}

/* Clients know the certificate by its pin, so it is never remade alone. */
ATF_TC_WITHOUT_HEAD(selfsigned_half);
ATF_TC_BODY(selfsigned_half, tc)
{
	struct parent_cert	*c;
	char			 before[8192], after[8192];

	(void)start_parent();
	ATF_REQUIRE((c = selfsigned(0)) != NULL);
	parent_cert_free(c);
	ATF_REQUIRE_EQ(0, rename(CRT, "crt"));
	ATF_REQUIRE_EQ(0, rename(KEY, "key"));
	ATF_REQUIRE((c = selfsigned(0)) != NULL);
	parent_cert_free(c);
	/* A valid key, of another pair. */
	ATF_REQUIRE_EQ(0, rename(KEY, "other"));
	atf_utils_copy_file("key", KEY);
	ATF_CHECK(selfsigned(-1) == NULL);
	SAYS(CRT " does not belong to ");
	SAYS(KEY ": remove both to have a new pair made");
	/* No key. */
	ATF_REQUIRE_EQ(0, unlink(KEY));
	slurp(CRT, before, sizeof(before));
	synctrace_begin();
	ATF_CHECK(selfsigned(-1) == NULL);
	ATF_CHECK_STREQ("", synctrace_end());
	SAYS(KEY ": No such file or directory: restore it, or remove ");
	SAYS(CRT " as well to have a new pair made");
	slurp(CRT, after, sizeof(after));
	ATF_CHECK_STREQ(before, after);
	ATF_CHECK(access(KEY, F_OK) == -1);
	/* The right key repairs the pair. */
	ATF_REQUIRE_EQ(0, rename("other", KEY));
	ATF_REQUIRE((c = selfsigned(0)) != NULL);
	parent_cert_free(c);
	/* The key's mode is checked here, too. */
	ATF_REQUIRE_EQ(0, chmod(KEY, 0620));
	ATF_CHECK(selfsigned(-1) == NULL);
	SAYS(KEY ": others can read or change it");
	stop_parent();
}

/* When the certificate can't be written, its key is removed. */
ATF_TC_WITHOUT_HEAD(selfsigned_full);
ATF_TC_BODY(selfsigned_full, tc)
{
	(void)start_parent();
	synctrace_begin();
	strlcpy(sync_trace->fails, "write", sizeof(sync_trace->fails));
	ATF_CHECK(selfsigned(-1) == NULL);
	(void)synctrace_end();
	SAYS("No space left");
	ATF_CHECK(rmdir("state") == 0);
	synctrace_begin();
	strlcpy(sync_trace->fails, "write", sizeof(sync_trace->fails));
	sync_trace->passes = 1;
	ATF_CHECK(selfsigned(-1) == NULL);
	ATF_CHECK_STREQ(MADE "write ", synctrace_end());
	SAYS(CRT ": can't be replaced, and is unchanged: No space left");
	ATF_CHECK(rmdir("state") == 0);
	stop_parent();
}

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, modes);
	ATF_TP_ADD_TC(tp, kinds);
	ATF_TP_ADD_TC(tp, node_key);
	ATF_TP_ADD_TC(tp, selfsigned_pair);
	ATF_TP_ADD_TC(tp, selfsigned_half);
	ATF_TP_ADD_TC(tp, selfsigned_full);
	return (atf_no_error());
}
