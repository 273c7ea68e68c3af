/*
 * mmsg_test: many datagrams in one call on systems without such a system call.
 */
#include <sys/socket.h>
#include <sys/uio.h>
#include <atf-c.h>
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "mmsg.h"

#define N	4

struct many {
	struct mmsghdr	 v[N];
	struct iovec	 iov[N];
	char		 text[N][8];
};

/* Messages of `len' bytes; the first begins with `first', others count up. */
static void
prepare(struct many *m, char first, size_t len)
{
	int i;

	memset(m, 0, sizeof(*m));
	for (i = 0; i < N; i++) {
		memset(m->text[i], first + i, sizeof(m->text[i]));
		m->iov[i].iov_base = m->text[i];
		m->iov[i].iov_len = len;
		m->v[i].msg_hdr.msg_iov = &m->iov[i];
		m->v[i].msg_hdr.msg_iovlen = 1;
	}
}

static void
pair(int fd[2])
{
	ATF_REQUIRE_EQ(0, socketpair(AF_UNIX, SOCK_DGRAM, 0, fd));
}

/* All waiting messages are received; the next call fails. */
ATF_TC_WITHOUT_HEAD(all);
ATF_TC_BODY(all, tc)
{
	struct many out, in;
	int fd[2], i;

	pair(fd);
	prepare(&out, 'a', 5);
	out.iov[2].iov_len = 3;
	ATF_CHECK_EQ(3, net_mmsg_send(fd[0], out.v, 3, 0));
	ATF_CHECK_EQ(5, out.v[0].msg_len);
	ATF_CHECK_EQ(3, out.v[2].msg_len);
	prepare(&in, '-', sizeof(in.text[0]));
	ATF_CHECK_EQ(3, net_mmsg_receive(fd[1], in.v, N, MSG_DONTWAIT));
	for (i = 0; i < 3; i++) {
		ATF_CHECK_EQ(i == 2 ? 3 : 5, in.v[i].msg_len);
		ATF_CHECK_EQ(0, memcmp(in.text[i], out.text[i],
		    in.v[i].msg_len));
	}
	ATF_CHECK_EQ(-1, net_mmsg_receive(fd[1], in.v, N, MSG_DONTWAIT));
	ATF_CHECK_EQ(EAGAIN, errno);
	close(fd[0]);
	close(fd[1]);
}

/* No more messages than there is room for; the next call gets the rest. */
ATF_TC_WITHOUT_HEAD(some);
ATF_TC_BODY(some, tc)
{
	struct many out, in;
	int fd[2];

	pair(fd);
	prepare(&out, 'a', 1);
	ATF_CHECK_EQ(N, net_mmsg_send(fd[0], out.v, N, 0));
	prepare(&in, '-', 1);
	ATF_CHECK_EQ(3, net_mmsg_receive(fd[1], in.v, 3, MSG_DONTWAIT));
	ATF_CHECK_EQ('c', in.text[2][0]);
	ATF_CHECK_EQ('-' + 3, in.text[3][0]);
	ATF_CHECK_EQ(1, net_mmsg_receive(fd[1], in.v, 3, MSG_DONTWAIT));
	ATF_CHECK_EQ('d', in.text[0][0]);
	close(fd[0]);
	close(fd[1]);
}

/* An error ends the call; earlier messages are sent, the next call fails. */
ATF_TC_WITHOUT_HEAD(error);
ATF_TC_BODY(error, tc)
{
	static char large[4 * 1024 * 1024];
	struct many out, in;
	int fd[2];

	pair(fd);
	prepare(&out, 'a', 1);
	out.iov[2].iov_base = large;
	out.iov[2].iov_len = sizeof(large);
	ATF_CHECK_EQ(2, net_mmsg_send(fd[0], out.v, N, 0));
	ATF_CHECK_EQ(-1, net_mmsg_send(fd[0], out.v + 2, N - 2, 0));
	ATF_CHECK_EQ(EMSGSIZE, errno);
	prepare(&in, '-', 1);
	ATF_CHECK_EQ(2, net_mmsg_receive(fd[1], in.v, N, MSG_DONTWAIT));
	close(fd[0]);
	close(fd[1]);
}

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, all);
	ATF_TP_ADD_TC(tp, some);
	ATF_TP_ADD_TC(tp, error);
	return (atf_no_error());
}
