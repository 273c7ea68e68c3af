/*
 * imsg_test: messages and descriptors over a socketpair, split in every way
 * that a stream can be split, and streams that violate the protocol.  The
 * latter use our own wire format, and apply to compat/imsg.c alone.
 */
#include <sys/types.h>
#include <sys/queue.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <atf-c.h>
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <imsg.h>

#define MAXSIZE	(300 * 1024)

static int		sv[2];
static struct imsgbuf	a, b;	/* of sv[0] and sv[1] */

static void
setup(void)
{
	int	i;

	ATF_REQUIRE(socketpair(AF_UNIX, SOCK_STREAM, 0, sv) == 0);
	for (i = 0; i < 2; i++)
		ATF_REQUIRE(fcntl(sv[i], F_SETFL, O_NONBLOCK) == 0);
	ATF_REQUIRE(imsgbuf_init(&a, sv[0]) == 0);
	ATF_REQUIRE(imsgbuf_init(&b, sv[1]) == 0);
	imsgbuf_allow_fdpass(&a);
	imsgbuf_allow_fdpass(&b);
	ATF_REQUIRE(imsgbuf_set_maxsize(&a, MAXSIZE) == 0);
	ATF_REQUIRE(imsgbuf_set_maxsize(&b, MAXSIZE) == 0);
}

static void
teardown(void)
{
	imsgbuf_clear(&a);
	imsgbuf_clear(&b);
	close(sv[0]);
	close(sv[1]);
}

/* A byte of the payload of message `type'; each type has other bytes. */
static unsigned char
byte(uint32_t type, size_t i)
{
	return (unsigned char)(type * 31 + i * 7 + i / 251);
}

static void
compose(uint32_t type, size_t len, int fd)
{
	unsigned char	*p;
	size_t		 i;

	ATF_REQUIRE((p = malloc(len + 1)) != NULL);
	for (i = 0; i < len; i++)
		p[i] = byte(type, i);
	ATF_REQUIRE_EQ(1, imsg_compose(&a, type, 0, 0, fd, p, len));
	free(p);
}

/* Did compose() make `m' of these arguments? */
static void
check(struct imsg *m, uint32_t type, size_t len)
{
	unsigned char	*p = m->data;
	size_t		 i;

	ATF_REQUIRE_EQ(type, imsg_get_type(m));
	ATF_REQUIRE_EQ(len, imsg_get_len(m));
	for (i = 0; i < len; i++)
		ATF_REQUIRE_EQ(byte(type, i), p[i]);
}

/* An open file, recognizable by its size. */
static int
sized_file(off_t size)
{
	char	name[] = "fdXXXXXX";
	int	fd;

	ATF_REQUIRE((fd = mkstemp(name)) != -1);
	ATF_REQUIRE(unlink(name) == 0 && ftruncate(fd, size) == 0);
	return fd;
}

static void
check_file(int fd, off_t size)
{
	struct stat	st;

	ATF_REQUIRE_MSG(fd != -1, "the descriptor got lost");
	ATF_REQUIRE(fstat(fd, &st) == 0);
	ATF_CHECK_EQ(size, st.st_size);
	ATF_CHECK_MSG(fcntl(fd, F_GETFD) & FD_CLOEXEC,
	    "would be inherited by a program");
	close(fd);
}

/* Receive messages 1 to `n', of the sizes of compose_many(), as they arrive. */
static void
exchange(uint32_t n, size_t (*size)(uint32_t), int (*has_fd)(uint32_t))
{
	struct imsg	m;
	ssize_t		got;
	uint32_t	next = 1;
	int		rounds = 0;

	while (next <= n) {
		ATF_REQUIRE_MSG(rounds++ < 100000, "nothing comes any more");
		ATF_REQUIRE(imsgbuf_write(&a) == 0);
		ATF_REQUIRE_EQ(1, imsgbuf_read(&b));
		while ((got = imsg_get(&b, &m)) > 0) {
			check(&m, next, size(next));
			if (has_fd(next))
				check_file(imsg_get_fd(&m), (off_t)next);
			else
				ATF_CHECK_EQ(-1, imsg_get_fd(&m));
			imsg_free(&m);
			next++;
		}
		ATF_REQUIRE_EQ(0, got);
	}
	ATF_CHECK_EQ(0, imsgbuf_queuelen(&a));
}

static size_t
mixed_size(uint32_t type)
{
	static const size_t	sizes[] = { 0, 1, 100, 20000, 250000 };

	return sizes[type % 5];
}

static int
every_third(uint32_t type)
{
	return type % 3 == 0;
}

ATF_TC_WITHOUT_HEAD(many);
ATF_TC_BODY(many, tc)
{
	uint32_t	i;

	setup();
	for (i = 1; i <= 60; i++)
		compose(i, mixed_size(i), every_third(i) ?
		    sized_file((off_t)i) : -1);
	exchange(60, mixed_size, every_third);
	teardown();
}

/* Small buffers in the kernel: every message is written in many parts. */
ATF_TC_WITHOUT_HEAD(partial_writes);
ATF_TC_BODY(partial_writes, tc)
{
	int		small = 2048;
	uint32_t	i;

	setup();
	ATF_REQUIRE(setsockopt(sv[0], SOL_SOCKET, SO_SNDBUF, &small,
	    sizeof(small)) == 0);
	for (i = 1; i <= 15; i++)
		compose(i, mixed_size(i), every_third(i) ?
		    sized_file((off_t)i) : -1);
	exchange(15, mixed_size, every_third);
	teardown();
}

ATF_TC_WITHOUT_HEAD(full);
ATF_TC_BODY(full, tc)
{
	uint32_t	i;

	setup();
	for (i = 1; i <= 20; i++)
		compose(i, 250000, -1);
	ATF_CHECK_MSG(imsgbuf_write(&a) == 0, "a full socket is no error");
	ATF_CHECK(imsgbuf_queuelen(&a) > 0);
	teardown();
}

ATF_TC_WITHOUT_HEAD(nothing_yet);
ATF_TC_BODY(nothing_yet, tc)
{
	struct imsg	m;

	setup();
	ATF_CHECK_EQ(1, imsgbuf_read(&b));
	ATF_CHECK_EQ(0, imsg_get(&b, &m));
	teardown();
}

ATF_TC_WITHOUT_HEAD(closed);
ATF_TC_BODY(closed, tc)
{
	struct imsg	m;

	setup();
	compose(1, 10, -1);
	ATF_REQUIRE(imsgbuf_write(&a) == 0);
	shutdown(sv[0], SHUT_WR);
	ATF_CHECK_EQ(1, imsgbuf_read(&b));
	ATF_CHECK(imsg_get(&b, &m) > 0);
	imsg_free(&m);
	ATF_CHECK_EQ(0, imsgbuf_read(&b));
	teardown();
}

ATF_TC_WITHOUT_HEAD(write_to_closed);
ATF_TC_BODY(write_to_closed, tc)
{
	setup();
	close(sv[1]);
	compose(1, 10, sized_file(1));
	ATF_CHECK_EQ(-1, imsgbuf_write(&a));
	ATF_CHECK_EQ(EPIPE, errno);
	teardown();
}

ATF_TC_WITHOUT_HEAD(too_large);
ATF_TC_BODY(too_large, tc)
{
	static unsigned char	big[MAXSIZE];
	struct imsg		m;
	int			fd;

	setup();
	fd = sized_file(1);
	ATF_CHECK_EQ(-1, imsg_compose(&a, 1, 0, 0, fd, big, sizeof(big)));
	ATF_CHECK_EQ(ERANGE, errno);
	ATF_CHECK_MSG(fcntl(fd, F_GETFD) != -1,
	    "closed the descriptor of a refused message");
	close(fd);
	ATF_REQUIRE(imsgbuf_set_maxsize(&b, 1000) == 0);
	compose(1, 2000, -1);
	ATF_REQUIRE(imsgbuf_write(&a) == 0);
	ATF_REQUIRE_EQ(1, imsgbuf_read(&b));
	ATF_CHECK_EQ(-1, imsg_get(&b, &m));
	ATF_CHECK_EQ(ERANGE, errno);
	teardown();
}

/* An unclaimed descriptor is closed. */
ATF_TC_WITHOUT_HEAD(untaken);
ATF_TC_BODY(untaken, tc)
{
	struct imsg	m;
	char		c;
	int		p[2];

	setup();
	ATF_REQUIRE(pipe(p) == 0);
	compose(1, 3, p[1]);
	ATF_REQUIRE(imsgbuf_write(&a) == 0);
	ATF_REQUIRE_EQ(1, imsgbuf_read(&b));
	ATF_REQUIRE(imsg_get(&b, &m) > 0);
	imsg_free(&m);
	ATF_CHECK_MSG(read(p[0], &c, 1) == 0, "the pipe is still open");
	compose(2, 3, sized_file(1));
	ATF_REQUIRE(imsgbuf_write(&a) == 0);
	ATF_REQUIRE_EQ(1, imsgbuf_read(&b));
	close(p[0]);
	teardown();
}

/* Write `len' bytes together with `n' copies of standard input. */
static void
write_raw(const void *data, size_t len, size_t n)
{
	union {
		struct cmsghdr	hdr;
		char		buf[CMSG_SPACE(sizeof(int) * 64)];
	} ctl;
	struct iovec	 iov = { (void *)(uintptr_t)data, len };
	struct msghdr	 mh;
	struct cmsghdr	*cm;
	int		 fds[64], fd = sized_file(1);
	size_t		 i;

	memset(&mh, 0, sizeof(mh));
	memset(&ctl, 0, sizeof(ctl));
	mh.msg_iov = &iov;
	mh.msg_iovlen = 1;
	if (n > 0) {
		for (i = 0; i < n; i++)
			fds[i] = fd;
		mh.msg_control = ctl.buf;
		mh.msg_controllen = CMSG_SPACE(sizeof(int) * n);
		cm = CMSG_FIRSTHDR(&mh);
		cm->cmsg_len = CMSG_LEN(sizeof(int) * n);
		cm->cmsg_level = SOL_SOCKET;
		cm->cmsg_type = SCM_RIGHTS;
		memcpy(CMSG_DATA(cm), fds, sizeof(int) * n);
	}
	ATF_REQUIRE(sendmsg(sv[0], &mh, 0) == (ssize_t)len);
	close(fd);
}

#define FD_MARK	0x80000000U

ATF_TC_WITHOUT_HEAD(short_length);
ATF_TC_BODY(short_length, tc)
{
	struct imsg_hdr	hdr = { 1, IMSG_HEADER_SIZE - 1, 0, 0 };
	struct imsg	m;

	setup();
	write_raw(&hdr, sizeof(hdr), 0);
	ATF_REQUIRE_EQ(1, imsgbuf_read(&b));
	ATF_CHECK_EQ(-1, imsg_get(&b, &m));
	teardown();
}

ATF_TC_WITHOUT_HEAD(missing_fd);
ATF_TC_BODY(missing_fd, tc)
{
	struct imsg_hdr	hdr = { 1, IMSG_HEADER_SIZE | FD_MARK, 0, 0 };
	struct imsg	m;

	setup();
	write_raw(&hdr, sizeof(hdr), 0);
	ATF_REQUIRE_EQ(1, imsgbuf_read(&b));
	ATF_CHECK_EQ(-1, imsg_get(&b, &m));
	ATF_CHECK_EQ(EBADMSG, errno);
	teardown();
}

/* More descriptors than our control message has room for: some are lost. */
ATF_TC_WITHOUT_HEAD(truncated_control);
ATF_TC_BODY(truncated_control, tc)
{
	struct imsg_hdr	hdr = { 1, IMSG_HEADER_SIZE | FD_MARK, 0, 0 };

	setup();
	write_raw(&hdr, sizeof(hdr), 64);
	ATF_CHECK_EQ(-1, imsgbuf_read(&b));
	ATF_CHECK_EQ(EMFILE, errno);
	teardown();
}

/* Descriptors of no message must not accumulate. */
ATF_TC_WITHOUT_HEAD(hoard);
ATF_TC_BODY(hoard, tc)
{
	struct imsg_hdr	hdr = { 1, IMSG_HEADER_SIZE, 0, 0 };
	struct imsg	m;
	int		i, rv = 1;

	setup();
	for (i = 0; i < 100 && rv == 1; i++) {
		write_raw(&hdr, sizeof(hdr), 1);
		if ((rv = imsgbuf_read(&b)) == 1) {
			ATF_REQUIRE(imsg_get(&b, &m) > 0);
			imsg_free(&m);
		}
	}
	ATF_CHECK_EQ(-1, rv);
	ATF_CHECK_EQ(EBADMSG, errno);
	ATF_CHECK_MSG(i <= 5, "%d descriptors are kept", i - 1);
	teardown();
}

ATF_TC_WITHOUT_HEAD(unwanted_fd);
ATF_TC_BODY(unwanted_fd, tc)
{
	struct imsg_hdr	hdr = { 1, IMSG_HEADER_SIZE, 0, 0 };

	setup();
	imsgbuf_clear(&b);
	ATF_REQUIRE(imsgbuf_init(&b, sv[1]) == 0);
	write_raw(&hdr, sizeof(hdr), 1);
	ATF_CHECK_EQ(-1, imsgbuf_read(&b));
	ATF_CHECK_EQ(-1, imsg_compose(&b, 1, 0, 0, 0, NULL, 0));
	teardown();
}

/* Byte by byte. */
ATF_TC_WITHOUT_HEAD(dribble);
ATF_TC_BODY(dribble, tc)
{
	unsigned char	raw[3 * (IMSG_HEADER_SIZE + 5)];
	struct imsg_hdr	hdr = { 0, IMSG_HEADER_SIZE + 5, 0, 0 };
	struct imsg	m;
	size_t		i, k, size = IMSG_HEADER_SIZE + 5;
	uint32_t	seen = 0;

	setup();
	for (i = 0; i < 3; i++) {
		hdr.type = (uint32_t)i + 1;
		memcpy(raw + i * size, &hdr, sizeof(hdr));
		for (k = 0; k < 5; k++)
			raw[i * size + IMSG_HEADER_SIZE + k] =
			    byte(hdr.type, k);
	}
	for (i = 0; i < sizeof(raw); i++) {
		write_raw(raw + i, 1, 0);
		ATF_REQUIRE_EQ(1, imsgbuf_read(&b));
		while (imsg_get(&b, &m) > 0) {
			check(&m, ++seen, 5);
			ATF_CHECK_EQ((i + 1) % size, 0);
			imsg_free(&m);
		}
	}
	ATF_CHECK_EQ(3, seen);
	teardown();
}

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, many);
	ATF_TP_ADD_TC(tp, partial_writes);
	ATF_TP_ADD_TC(tp, full);
	ATF_TP_ADD_TC(tp, nothing_yet);
	ATF_TP_ADD_TC(tp, closed);
	ATF_TP_ADD_TC(tp, write_to_closed);
	ATF_TP_ADD_TC(tp, too_large);
	ATF_TP_ADD_TC(tp, untaken);
	ATF_TP_ADD_TC(tp, short_length);
	ATF_TP_ADD_TC(tp, missing_fd);
	ATF_TP_ADD_TC(tp, truncated_control);
	ATF_TP_ADD_TC(tp, hoard);
	ATF_TP_ADD_TC(tp, unwanted_fd);
	ATF_TP_ADD_TC(tp, dribble);
	return atf_no_error();
}
