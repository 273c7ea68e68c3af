/*
 * readfd_test: files of all sizes, from their beginning, up to a bound.
 */
#include <atf-c.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "readfd.h"

#define MAX	200000

/* A file of `n' bytes whose offset is at its end. */
static int
file_of(size_t n)
{
	char *p;
	int fd;

	ATF_REQUIRE((fd = open("file", O_RDWR | O_CREAT | O_TRUNC,
	    0600)) != -1);
	ATF_REQUIRE((p = malloc(n + 1)) != NULL);
	memset(p, 'x', n);
	ATF_REQUIRE_EQ((ssize_t)n, write(fd, p, n));
	free(p);
	return (fd);
}

ATF_TC_WITHOUT_HEAD(sizes);
ATF_TC_BODY(sizes, tc)
{
	static const size_t sizes[] = { 0, 1, 65535, 65536, 65537, MAX };
	size_t i, n;
	char *p;
	int fd;

	for (i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		fd = file_of(sizes[i]);
		ATF_REQUIRE((p = admit_readfd(fd, MAX, &n)) != NULL);
		ATF_CHECK_EQ(sizes[i], n);
		ATF_CHECK(n == 0 || (p[0] == 'x' && p[n - 1] == 'x'));
		free(p);
		/* Once more, by another process. */
		ATF_REQUIRE((p = admit_readfd(fd, MAX, &n)) != NULL);
		ATF_CHECK_EQ(sizes[i], n);
		free(p);
		close(fd);
	}
}

ATF_TC_WITHOUT_HEAD(refused);
ATF_TC_BODY(refused, tc)
{
	size_t n;
	int fd, sv[2];

	fd = file_of(MAX + 1);
	ATF_CHECK(admit_readfd(fd, MAX, &n) == NULL);
	ATF_CHECK_EQ(EFBIG, errno);
	close(fd);
	/* What is no file is not waited for. */
	ATF_REQUIRE_EQ(0, pipe(sv));
	ATF_CHECK(admit_readfd(sv[0], MAX, &n) == NULL);
	ATF_CHECK_EQ(ESPIPE, errno);
}

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, sizes);
	ATF_TP_ADD_TC(tp, refused);
	return (atf_no_error());
}
