/*
 * readall_test: pieces of a pipe, a bound, and an error.
 */
#include <atf-c.h>
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "readall.h"

/* The end of a file is found behind short reads. */
ATF_TC_WITHOUT_HEAD(pieces);
ATF_TC_BODY(pieces, tc)
{
	char buf[16] = "";
	int p[2];
	pid_t pid;

	ATF_REQUIRE_EQ(0, pipe(p));
	ATF_REQUIRE((pid = fork()) != -1);
	if (pid == 0) {
		if (write(p[1], "abc", 3) != 3)
			_exit(1);
		usleep(50000);
		_exit(write(p[1], "de", 2) != 2);
	}
	close(p[1]);
	ATF_CHECK_EQ(5, base_read_all(p[0], buf, sizeof(buf)));
	ATF_CHECK_STREQ("abcde", buf);
	ATF_CHECK_EQ(0, base_read_all(p[0], buf, sizeof(buf)));
	close(p[0]);
}

/* No more than the bound; the rest stays. */
ATF_TC_WITHOUT_HEAD(bound);
ATF_TC_BODY(bound, tc)
{
	char buf[4] = "";
	int p[2];

	ATF_REQUIRE_EQ(0, pipe(p));
	ATF_REQUIRE_EQ(5, write(p[1], "abcde", 5));
	close(p[1]);
	ATF_CHECK_EQ(3, base_read_all(p[0], buf, 3));
	ATF_CHECK_STREQ("abc", buf);
	ATF_CHECK_EQ(2, base_read_all(p[0], buf, 3));
	close(p[0]);
}

ATF_TC_WITHOUT_HEAD(fails);
ATF_TC_BODY(fails, tc)
{
	char c;

	ATF_CHECK_ERRNO(EBADF, base_read_all(-1, &c, 1) == -1);
}

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, pieces);
	ATF_TP_ADD_TC(tp, bound);
	ATF_TP_ADD_TC(tp, fails);
	return (atf_no_error());
}
