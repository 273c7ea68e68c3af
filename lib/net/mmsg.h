/*
 * mmsg: recvmmsg(2) and sendmmsg(2) for systems without them, such as OpenBSD
 * before 7.2.  Where configure finds the system's, those are used.
 */
#ifndef MMSG_H
#define MMSG_H

#include <sys/socket.h>

#ifndef HAVE_MMSG
struct mmsghdr {
	struct msghdr	 msg_hdr;
	unsigned int	 msg_len;	/* bytes received or sent */
};

#define recvmmsg(fd, v, n, flags, timeout) net_mmsg_receive(fd, v, n, flags)
#define sendmmsg(fd, v, n, flags) net_mmsg_send(fd, v, n, flags)
#endif

/*
 * Receive up to `n' datagrams into `v', with the flags of recvmsg(2).  Returns
 * their number, or -1 with errno when the first one failed; a later error ends
 * the call.
 */
int	 net_mmsg_receive(int fd, struct mmsghdr *v, unsigned int n,
	    int flags);

/*
 * Send up to `n' datagrams of `v', with the flags of sendmsg(2).  Returns as
 * above.
 */
int	 net_mmsg_send(int fd, struct mmsghdr *v, unsigned int n, int flags);

#endif
