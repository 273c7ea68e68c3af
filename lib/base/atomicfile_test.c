/*
 * atomicfile_test: Tests that a file is replaced as a whole or not at all, also
 * when the machine crashes at any moment or the disk is full.
 */
#include <sys/stat.h>
#include <atf-c.h>
#include <dirent.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "atomicfile.h"
#include "synctrace.h"

#define FILE_NAME	"d/file"

static char	 err[512];

/* Replace the file's content with `text'; result as base_file_replace(). */
static int
replace(const char *text, const struct base_file_attr *attr)
{
	err[0] = '\0';
	return (base_file_replace(FILE_NAME, text, strlen(text), attr, err,
	    sizeof(err)));
}

static void
make_old(void)
{
	ATF_REQUIRE_EQ(0, mkdir("d", 0755));
	atf_utils_create_file(FILE_NAME, "old");
}

/* Check that the directory holds no other file. */
static void
check_alone(void)
{
	const struct dirent	*e;
	DIR			*d = opendir("d");
	int			 n = 0;

	ATF_REQUIRE(d != NULL);
	while ((e = readdir(d)) != NULL)
		if (e->d_name[0] != '.') {
			ATF_CHECK_STREQ("file", e->d_name);
			n++;
		}
	closedir(d);
	ATF_CHECK_EQ(1, n);
}

static void
check_mode(mode_t want)
{
	struct stat	 st;

	ATF_REQUIRE_EQ(0, stat(FILE_NAME, &st));
	ATF_CHECK_EQ_MSG(want, st.st_mode & 07777, "%o",
	    (unsigned int)st.st_mode);
}

/*
 * The data is on the disk before the rename, and the rename is on the disk
 * before the call returns.
 */
ATF_TC_WITHOUT_HEAD(order);
ATF_TC_BODY(order, tc)
{
	make_old();
	synctrace_begin();
	sync_trace->max_write = 2;
	ATF_CHECK_EQ_MSG(0, replace("the new text", NULL), "%s", err);
	ATF_CHECK_STREQ("write sync rename syncdir ", synctrace_end());
	ATF_CHECK(atf_utils_compare_file(FILE_NAME, "the new text"));
	check_alone();
	check_mode(0644);
	/* A new file; then a path without a directory. */
	ATF_REQUIRE_EQ(0, unlink(FILE_NAME));
	synctrace_begin();
	ATF_CHECK_EQ_MSG(0, replace("new", NULL), "%s", err);
	ATF_CHECK_STREQ("write sync rename syncdir ", synctrace_end());
	ATF_CHECK(atf_utils_compare_file(FILE_NAME, "new"));
	synctrace_begin();
	ATF_CHECK_EQ(0, base_file_replace("here", "x", 1, NULL, err,
	    sizeof(err)));
	ATF_CHECK_STREQ("write sync rename syncdir ", synctrace_end());
	/* An empty file is synced and renamed as any other. */
	synctrace_begin();
	ATF_CHECK_EQ(0, replace("", NULL));
	ATF_CHECK_STREQ("sync rename syncdir ", synctrace_end());
	ATF_CHECK(atf_utils_compare_file(FILE_NAME, ""));
}

/* A failure up to the rename leaves the old file and no temporary file. */
ATF_TC_WITHOUT_HEAD(failures);
ATF_TC_BODY(failures, tc)
{
	static const char *const	 calls[] = { "write", "sync",
					    "rename" };
	size_t				 i;

	make_old();
	for (i = 0; i < sizeof(calls) / sizeof(calls[0]); i++) {
		synctrace_begin();
		strlcpy(sync_trace->fails, calls[i],
		    sizeof(sync_trace->fails));
		ATF_CHECK_EQ_MSG(-1, replace("new", NULL), "%s", calls[i]);
		ATF_CHECK_MSG(strstr(synctrace_end(), "syncdir") == NULL,
		    "%s", calls[i]);
		ATF_CHECK_MSG(strstr(err, FILE_NAME ": can't be replaced, and "
		    "is unchanged: No space left") != NULL, "%s", err);
		ATF_CHECK_MSG(atf_utils_compare_file(FILE_NAME, "old"), "%s",
		    calls[i]);
		check_alone();
	}
	/* A later failure leaves the new file, which a crash may undo. */
	synctrace_begin();
	strlcpy(sync_trace->fails, "syncdir", sizeof(sync_trace->fails));
	ATF_CHECK_EQ(-1, replace("new", NULL));
	ATF_CHECK_STREQ("write sync rename syncdir ", synctrace_end());
	ATF_CHECK_MSG(strstr(err, FILE_NAME ": replaced, but its directory "
	    "can't be synced: No space left") != NULL, "%s", err);
	ATF_CHECK(atf_utils_compare_file(FILE_NAME, "new"));
	check_alone();
}

ATF_TC_WITHOUT_HEAD(attributes);
ATF_TC_BODY(attributes, tc)
{
	struct base_file_attr	 attr = { 0640, getuid(), getgid() };
	struct stat		 st;

	make_old();
	ATF_CHECK_EQ_MSG(0, replace("new", &attr), "%s", err);
	check_mode(0640);
	attr.mode = S_IFREG | 04600;
	ATF_CHECK_EQ(0, replace("new", &attr));
	check_mode(0600);
	if (geteuid() != 0)
		return;
	attr.uid = 1;
	attr.gid = 2;
	attr.mode = 0664;
	ATF_CHECK_EQ(0, replace("new", &attr));
	check_mode(0664);
	ATF_REQUIRE_EQ(0, stat(FILE_NAME, &st));
	ATF_CHECK_EQ(1, st.st_uid);
	ATF_CHECK_EQ(2, st.st_gid);
}

ATF_TC_WITHOUT_HEAD(bad_paths);
ATF_TC_BODY(bad_paths, tc)
{
	char	 path[PATH_MAX];

	ATF_CHECK_EQ(-1, base_file_replace("none/file", "x", 1, NULL, err,
	    sizeof(err)));
	ATF_CHECK_MSG(strstr(err, "none/file: can't create a temporary file "
	    "beside it (mkstemp): No such file") != NULL, "%s", err);
	memset(path, 'x', sizeof(path) - 1);
	path[sizeof(path) - 1] = '\0';
	ATF_CHECK_EQ(-1, base_file_replace(path, "x", 1, NULL, err,
	    sizeof(err)));
	ATF_CHECK_MSG(strstr(err, "the path is too long") != NULL, "%s", err);
	/* A directory is not replaced. */
	ATF_REQUIRE_EQ(0, mkdir("d", 0755));
	ATF_REQUIRE_EQ(0, mkdir(FILE_NAME, 0755));
	ATF_CHECK_EQ(-1, replace("new", NULL));
	check_alone();
	ATF_CHECK_EQ(0, rmdir(FILE_NAME));
}

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, order);
	ATF_TP_ADD_TC(tp, failures);
	ATF_TP_ADD_TC(tp, attributes);
	ATF_TP_ADD_TC(tp, bad_paths);
	return (atf_no_error());
}
