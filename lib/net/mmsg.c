/*
 * mmsg: see mmsg.h.  Called where the system has no calls for many
 * datagrams at once; touches only the given socket.
 */
#include <sys/socket.h>
#include <sys/types.h>

#include "mmsg.h"

int
net_mmsg_receive(int fd, struct mmsghdr *v, unsigned int n, int flags)
{
	unsigned int i;
	ssize_t len;

	for (i = 0; i < n; i++) {
		if ((len = recvmsg(fd, &v[i].msg_hdr, flags)) == -1)
			return (i > 0 ? (int)i : -1);
		v[i].msg_len = (unsigned int)len;
	}
	return ((int)n);
}

int
net_mmsg_send(int fd, struct mmsghdr *v, unsigned int n, int flags)
{
	unsigned int i;
	ssize_t len;

	for (i = 0; i < n; i++) {
		if ((len = sendmsg(fd, &v[i].msg_hdr, flags)) == -1)
			return (i > 0 ? (int)i : -1);
		v[i].msg_len = (unsigned int)len;
	}
	return ((int)n);
}
