/*
 * counters_test: counters of a process in shared memory, which others can only
 * read and which outlive their writer.
 */
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <atf-c.h>
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <string.h>
#include <unistd.h>

#include "counters.h"

#define BYTES	((IPC_MAXCOUNTERS + 1) * sizeof(uint64_t))

static struct ipc_counters *parent;
static uint64_t v[IPC_MAXCOUNTERS];

static struct ipc_counters *
new_writer(void)
{
	struct ipc_counters *c;
	int fd;

	ATF_REQUIRE((fd = ipc_counters_share_write(parent)) != -1);
	ATF_REQUIRE((c = ipc_counters_map_write(fd)) != NULL);
	/* The descriptor was taken. */
	ATF_CHECK_EQ(fcntl(fd, F_GETFD), -1);
	return (c);
}

static struct ipc_counters *
new_reader(void)
{
	struct ipc_counters *c;
	int fd;

	ATF_REQUIRE((fd = ipc_counters_share_read(parent)) != -1);
	ATF_REQUIRE((c = ipc_counters_map_read(fd)) != NULL);
	return (c);
}

/* Readers see each counter as the writer has it. */
ATF_TC_WITHOUT_HEAD(values);
ATF_TC_BODY(values, tc)
{
	struct ipc_counters *w, *r;
	unsigned int i;

	ATF_REQUIRE((parent = ipc_counters_new()) != NULL);
	r = new_reader();
	ATF_CHECK_EQ(ipc_counters_read(r, v, IPC_MAXCOUNTERS), 0);
	for (i = 0; i < IPC_MAXCOUNTERS; i++)
		ATF_CHECK_EQ(v[i], 0);
	w = new_writer();
	for (i = 0; i < IPC_MAXCOUNTERS; i++)
		ipc_counters_values(w)[i] = UINT64_MAX - i;
	ATF_CHECK_EQ(ipc_counters_read(r, v, IPC_MAXCOUNTERS), 0);
	ipc_counters_begin(w);
	ATF_CHECK_EQ(ipc_counters_read(r, v, IPC_MAXCOUNTERS), 1);
	for (i = 0; i < IPC_MAXCOUNTERS; i++)
		ATF_CHECK_EQ(v[i], UINT64_MAX - i);
	ipc_counters_values(w)[1]++;
	memset(v, 0, sizeof(v));
	ATF_CHECK_EQ(ipc_counters_read(r, v, 2), 1);
	ATF_CHECK_EQ(v[1], UINT64_MAX);
	ATF_CHECK_EQ(v[2], 0);
	/* The parent reads them as well, and all outlives the parent. */
	ATF_CHECK_EQ(ipc_counters_read(parent, v, 2), 1);
	ATF_CHECK_EQ(v[1], UINT64_MAX);
	ipc_counters_free(parent);
	ATF_CHECK_EQ(ipc_counters_read(r, v, 2), 1);
	ipc_counters_free(r);
	ipc_counters_free(w);
	ipc_counters_free(NULL);
}

/* A writer that was killed leaves its counters to readers and its successor. */
ATF_TC_WITHOUT_HEAD(survive);
ATF_TC_BODY(survive, tc)
{
	struct ipc_counters *w, *r;
	pid_t pid;
	int status;

	ATF_REQUIRE((parent = ipc_counters_new()) != NULL);
	r = new_reader();
	ATF_REQUIRE((pid = fork()) != -1);
	if (pid == 0) {
		w = new_writer();
		ipc_counters_values(w)[7] = 4711;
		ipc_counters_begin(w);
		_exit(0);
	}
	ATF_REQUIRE_EQ(waitpid(pid, &status, 0), pid);
	ATF_REQUIRE(WIFEXITED(status) && WEXITSTATUS(status) == 0);
	ATF_CHECK_EQ(ipc_counters_read(r, v, 8), 1);
	ipc_counters_ended(parent);
	ATF_CHECK_EQ(ipc_counters_read(r, v, 8), 0);
	ATF_CHECK_EQ(v[7], 4711);
	w = new_writer();
	ATF_CHECK_EQ(ipc_counters_values(w)[7]++, 4711);
	ATF_CHECK_EQ(ipc_counters_read(r, v, 8), 0);
	ipc_counters_begin(w);
	ATF_CHECK_EQ(ipc_counters_read(r, v, 8), 1);
	ATF_CHECK_EQ(v[7], 4712);
}

/* What a reader has allows no change. */
ATF_TC_WITHOUT_HEAD(read_only);
ATF_TC_BODY(read_only, tc)
{
	void *p;
	int fd;

	ATF_REQUIRE((parent = ipc_counters_new()) != NULL);
	ATF_REQUIRE((fd = ipc_counters_share_read(parent)) != -1);
	ATF_CHECK_EQ(fcntl(fd, F_GETFL) & O_ACCMODE, O_RDONLY);
	ATF_CHECK_EQ(fcntl(fd, F_GETFD) & FD_CLOEXEC, FD_CLOEXEC);
	ATF_CHECK(mmap(NULL, BYTES, PROT_READ | PROT_WRITE, MAP_SHARED, fd,
	    0) == MAP_FAILED);
	ATF_CHECK_EQ(write(fd, "x", 1), -1);
	ATF_CHECK_EQ(ftruncate(fd, 0), -1);
	p = mmap(NULL, BYTES, PROT_READ, MAP_SHARED, fd, 0);
	ATF_REQUIRE(p != MAP_FAILED);
	ATF_CHECK_EQ(mprotect(p, BYTES, PROT_READ | PROT_WRITE), -1);
	ATF_CHECK(ipc_counters_map_write(fd) == NULL);
}

/* A writer that shortens its memory, or tries to, harms nobody. */
ATF_TC_WITHOUT_HEAD(shortened);
ATF_TC_BODY(shortened, tc)
{
	struct ipc_counters *r, *w;
	struct stat st;
	int fd;

	ATF_REQUIRE((parent = ipc_counters_new()) != NULL);
	w = new_writer();
	ipc_counters_begin(w);
	ATF_REQUIRE((fd = ipc_counters_share_write(parent)) != -1);
	ATF_CHECK_EQ(fcntl(fd, F_GETFD) & FD_CLOEXEC, FD_CLOEXEC);
#ifdef HAVE_MEMFD
	ATF_CHECK_EQ(ftruncate(fd, 0), -1);
	ATF_CHECK_EQ(ftruncate(fd, 2 * BYTES), -1);
#else
	ATF_CHECK_EQ(ftruncate(fd, 0), 0);
#endif
	r = new_reader();
	(void)ipc_counters_read(r, v, IPC_MAXCOUNTERS);
	ATF_CHECK_EQ(v[IPC_MAXCOUNTERS - 1], 0);
	w = new_writer();
	ipc_counters_values(w)[IPC_MAXCOUNTERS - 1] = 1;
	(void)ipc_counters_read(r, v, IPC_MAXCOUNTERS);
	ATF_CHECK_EQ(v[IPC_MAXCOUNTERS - 1], 1);
	ATF_REQUIRE_EQ(fstat(fd, &st), 0);
	ATF_CHECK_EQ(st.st_size, (off_t)BYTES);
}

/* A file that is too short is refused. */
ATF_TC_WITHOUT_HEAD(short_file);
ATF_TC_BODY(short_file, tc)
{
	int fd;

	ATF_REQUIRE((fd = open("page", O_RDWR | O_CREAT, 0600)) != -1);
	ATF_REQUIRE_EQ(ftruncate(fd, BYTES - 1), 0);
	ATF_CHECK(ipc_counters_map_write(fd) == NULL);
	ATF_CHECK_EQ(errno, EINVAL);
	ATF_CHECK_EQ(fcntl(fd, F_GETFD), -1);
	ATF_CHECK(ipc_counters_map_write(fd) == NULL);
	ATF_CHECK_EQ(errno, EBADF);
}

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, values);
	ATF_TP_ADD_TC(tp, survive);
	ATF_TP_ADD_TC(tp, read_only);
	ATF_TP_ADD_TC(tp, shortened);
	ATF_TP_ADD_TC(tp, short_file);
	return (atf_no_error());
}
