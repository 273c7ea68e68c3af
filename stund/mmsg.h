/*
 * mmsg: recvmmsg(2) and sendmmsg(2) for systems that have neither, such as
 * OpenBSD before 7.2.  Where configure found them, the system's are used.
 */
#ifndef MMSG_H
#define MMSG_H

#include <sys/socket.h>

#ifndef HAVE_MMSG
struct mmsghdr {
	struct msghdr	 msg_hdr;
	unsigned int	 msg_len;	/* bytes received or sent */
};

#define recvmmsg(fd, v, n, flags, timeout) stund_mmsg_receive(fd, v, n, flags)
#define sendmmsg(fd, v, n, flags) stund_mmsg_send(fd, v, n, flags)
#endif

/*
 * Receive up to `n' datagrams into `v', with the flags of recvmsg(2).  How many
 * there were, or -1 with errno when the first one failed; an error behind the
 * first one ends it.
 */
int	 stund_mmsg_receive(int fd, struct mmsghdr *v, unsigned int n,
	    int flags);

/* Send up to `n' datagrams of `v', with the flags of sendmsg(2); likewise. */
int	 stund_mmsg_send(int fd, struct mmsghdr *v, unsigned int n, int flags);

#endif
