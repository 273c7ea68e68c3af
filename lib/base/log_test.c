/*
 * log_test: Tests the format of lines on standard error, the escaping of
 * untrusted text in them, and the limit of lines of one kind.
 */
#include <sys/stat.h>
#include <sys/wait.h>
#include <atf-c.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "log.h"

static char	text[16384];	/* the captured log */
static int	saved;		/* the real standard error */

/* Redirect standard error to a file until caught(). */
static void
catch(void)
{
	int	fd;

	ATF_REQUIRE((saved = dup(STDERR_FILENO)) != -1);
	ATF_REQUIRE((fd = open("log", O_RDWR | O_CREAT | O_TRUNC,
	    0600)) != -1);
	ATF_REQUIRE(dup2(fd, STDERR_FILENO) != -1);
	close(fd);
}

static void
caught(void)
{
	ssize_t	n;

	ATF_REQUIRE(lseek(STDERR_FILENO, 0, SEEK_SET) == 0);
	n = read(STDERR_FILENO, text, sizeof(text) - 1);
	ATF_REQUIRE(dup2(saved, STDERR_FILENO) != -1);
	close(saved);
	ATF_REQUIRE(n >= 0);
	text[n] = '\0';
}

static size_t
count_lines(void)
{
	size_t	 n = 0;
	char	*p;

	for (p = text; (p = strchr(p, '\n')) != NULL; p++)
		n++;
	return n;
}

ATF_TC_WITHOUT_HEAD(looks);
ATF_TC_BODY(looks, tc)
{
	char	want[128];

	log_init("relay 2", 1, 0);
	catch();
	errno = ENOENT;
	log_warn("open %s", "x");
	log_info("plain");
	caught();
	snprintf(want, sizeof(want),
	    "%s relay 2: open x: %s\n%s relay 2: plain\n", getprogname(),
	    strerror(ENOENT), getprogname());
	ATF_CHECK_STREQ(want, text);
}

ATF_TC_WITHOUT_HEAD(keeps_errno);
ATF_TC_BODY(keeps_errno, tc)
{
	log_init("", 1, 1);
	catch();
	errno = EPROTO;
	log_warn("a");
	log_info("b");
	log_debug("c");
	ATF_CHECK_EQ(EPROTO, errno);
	caught();
}

ATF_TC_WITHOUT_HEAD(forgery);
ATF_TC_BODY(forgery, tc)
{
	log_init("", 1, 0);
	catch();
	log_info("name %s", "a\nb\r\x1b[2J\x7f\x9b\xc2\x85");
	caught();
	ATF_CHECK_EQ(1, count_lines());
	ATF_CHECK_MSG(strstr(text,
	    "name a\\x0ab\\x0d\\x1b[2J\\x7f\\x9b\\xc2\\x85\n") != NULL,
	    "got %s", text);
}

ATF_TC_WITHOUT_HEAD(too_long);
ATF_TC_BODY(too_long, tc)
{
	char	big[5000];

	memset(big, '\n', sizeof(big));
	big[sizeof(big) - 1] = '\0';
	log_init("", 1, 0);
	catch();
	log_info("%s", big);
	memset(big, 'x', sizeof(big) - 1);
	errno = EIO;
	log_warn("%s", big);
	caught();
	ATF_CHECK_EQ(2, count_lines());
	ATF_CHECK_MSG(strlen(text) <= 2048, "%zu bytes", strlen(text));
}

ATF_TC_WITHOUT_HEAD(verbosity);
ATF_TC_BODY(verbosity, tc)
{
	log_init("", 1, 0);
	catch();
	log_debug("hidden");
	log_setverbose(1);
	log_debug("shown");
	caught();
	ATF_CHECK_EQ(1, log_getverbose());
	ATF_CHECK(strstr(text, "hidden") == NULL);
	ATF_CHECK(strstr(text, "shown") != NULL);
}

ATF_TC_WITHOUT_HEAD(limited);
ATF_TC_BODY(limited, tc)
{
	struct log_limit	l = { 0, 0, 0, 0 };
	int			i;

	log_init("", 1, 0);
	catch();
	for (i = 0; i < 5; i++)
		log_limited(&l, "line %d", i);
	l.at += 3600 * 1000LL;	/* the window does not end in this test */
	for (; i < 100; i++)
		log_limited(&l, "line %d", i);
	caught();
	ATF_CHECK_MSG(count_lines() == 5, "%zu lines", count_lines());
	ATF_CHECK_EQ(95, l.suppressed);
	l.at -= 2 * 3600 * 1000LL;	/* the window has ended */
	catch();
	log_limited(&l, "again");
	caught();
	ATF_CHECK_EQ(0, l.suppressed);
	ATF_CHECK(strstr(text, "again") != NULL);
	ATF_CHECK_MSG(strstr(text, "95 ") != NULL, "got %s", text);
	ATF_CHECK_EQ(4, l.tokens);
}

ATF_TC_WITHOUT_HEAD(fatal_exits);
ATF_TC_BODY(fatal_exits, tc)
{
	pid_t	pid;
	int	st;

	log_init("", 1, 0);
	catch();
	ATF_REQUIRE((pid = fork()) != -1);
	if (pid == 0) {
		errno = ENOSPC;
		fatal("key file");
	}
	ATF_REQUIRE_EQ(pid, waitpid(pid, &st, 0));
	caught();
	ATF_CHECK(WIFEXITED(st) && WEXITSTATUS(st) == 1);
	ATF_CHECK(strstr(text, strerror(ENOSPC)) != NULL);
}

ATF_TC_WITHOUT_HEAD(captured);
ATF_TC_BODY(captured, tc)
{
	char	buf[128], small[8];

	log_init("", 1, 1);
	catch();
	log_capture(buf, sizeof(buf));
	ATF_CHECK_STREQ("", buf);
	log_info("all is well");
	log_debug("a detail");
	ATF_CHECK_STREQ("", buf);
	errno = ENOSPC;
	log_warn("key %s", "a\nb");
	log_warnx("the second");
	log_capture(small, sizeof(small));
	log_warnx("longer than that");
	log_capture(NULL, 0);
	log_warnx("after it");
	caught();
	ATF_CHECK_STREQ("key a\\x0ab: No space left on device; make room on "
	    "the file system", buf);
	ATF_CHECK_STREQ("longer ", small);
	ATF_CHECK_EQ(6, count_lines());
}

/* Levels are shown to the journal, and to nobody else. */
ATF_TC_WITHOUT_HEAD(levels);
ATF_TC_BODY(levels, tc)
{
	static const uint8_t	 addr[16];
	const struct log_about	 about = { addr, 1, NULL };
	struct log_limit	 l = { 0, 0, 0, 0 };
	struct stat		 st;
	char			 stream[64];
	pid_t			 pid;

	catch();
	ATF_REQUIRE(fstat(STDERR_FILENO, &st) == 0);
	snprintf(stream, sizeof(stream), "%llu:%llu",
	    (unsigned long long)st.st_dev, (unsigned long long)st.st_ino);
	setenv("JOURNAL_STREAM", stream, 1);
	log_init("relay 2", 1, 1);
	log_debug("a");
	log_info("b");
	log_warnx("c");
	log_limited(&l, "d");
	log_limited_warnx(&l, "e");
	log_client(LOG_INFO, &l, &about, "f");
	log_client(LOG_WARNING, NULL, &about, "g");
	log_errx("h");
	if ((pid = fork()) == 0)
		fatalx("h");
	ATF_REQUIRE_EQ(pid, waitpid(pid, NULL, 0));
	setenv("JOURNAL_STREAM", "1:1", 1);
	log_init("", 1, 0);
	log_client(LOG_DEBUG, NULL, &about, "hidden");
	log_warnx("i");
	caught();
	ATF_CHECK_MSG(strncmp("<7>relay 2: a\n<6>relay 2: b\n<4>relay 2: c\n"
	    "<6>relay 2: d\n<4>relay 2: e\n<6>relay 2: f client=[::]:1\n"
	    "<4>relay 2: g client=[::]:1\n<3>relay 2: h\n<3>relay 2: h\n", text,
	    150) == 0,
	    "got %s", text);
	ATF_CHECK_MSG(strstr(text, "hidden") == NULL, "got %s", text);
	ATF_CHECK_MSG(strstr(text, ": i\n") != NULL &&
	    strstr(text, "<4>i") == NULL && strstr(text, ">i") == NULL,
	    "got %s", text);
}

ATF_TC_WITHOUT_HEAD(json);
ATF_TC_BODY(json, tc)
{
	char	buf[64];

	log_init("relay 2", 1, 0);
	log_setjson(1);
	catch();
	log_capture(buf, sizeof(buf));
	errno = ENOENT;
	log_warn("open \"%s\"", "a\n\xff");
	log_capture(NULL, 0);
	log_setjson(0);
	log_info("text again");
	caught();
	ATF_CHECK_STREQ("open \"a\\x0a\\xff\": No such file or directory",
	    buf);
	ATF_CHECK_EQ(2, count_lines());
	ATF_CHECK_MSG(strncmp(text, "{\"time\":\"20", 11) == 0, "got %s", text);
	ATF_CHECK_MSG(strstr(text, ",\"level\":\"warning\",\"process\":\"relay "
	    "2\",\"pid\":") != NULL, "got %s", text);
	ATF_CHECK_MSG(strstr(text, ",\"message\":\"open \\\"a\\\\x0a\\\\xff\\\""
	    ": No such file or directory\"}\n") != NULL, "got %s", text);
	ATF_CHECK_MSG(strstr(text, "relay 2: text again\n") != NULL, "got %s",
	    text);
}

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, looks);
	ATF_TP_ADD_TC(tp, keeps_errno);
	ATF_TP_ADD_TC(tp, forgery);
	ATF_TP_ADD_TC(tp, too_long);
	ATF_TP_ADD_TC(tp, verbosity);
	ATF_TP_ADD_TC(tp, limited);
	ATF_TP_ADD_TC(tp, fatal_exits);
	ATF_TP_ADD_TC(tp, captured);
	ATF_TP_ADD_TC(tp, levels);
	ATF_TP_ADD_TC(tp, json);
	return atf_no_error();
}
