/*
 * imsg_fuzz: any bytes on a channel's socket, in writes whose length is the
 * first byte.  Every fourth write passes a file descriptor.
 */
#include <sys/types.h>
#include <sys/queue.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <fcntl.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <imsg.h>

#define MAXSIZE	4096

int	LLVMFuzzerTestOneInput(const uint8_t *, size_t);

static void
must(int ok)
{
	if (!ok)
		abort();
}

static void
put(int fd, const uint8_t *p, size_t len, int pass)
{
	union {
		struct cmsghdr	hdr;
		char		buf[CMSG_SPACE(sizeof(int))];
	} ctl;
	struct iovec	 iov = { (void *)(uintptr_t)p, len };
	struct msghdr	 mh;
	struct cmsghdr	*cm;

	memset(&mh, 0, sizeof(mh));
	memset(&ctl, 0, sizeof(ctl));
	mh.msg_iov = &iov;
	mh.msg_iovlen = 1;
	if (pass != -1) {
		mh.msg_control = ctl.buf;
		mh.msg_controllen = CMSG_SPACE(sizeof(int));
		cm = CMSG_FIRSTHDR(&mh);
		cm->cmsg_len = CMSG_LEN(sizeof(int));
		cm->cmsg_level = SOL_SOCKET;
		cm->cmsg_type = SCM_RIGHTS;
		memcpy(CMSG_DATA(cm), &pass, sizeof(int));
	}
	must(sendmsg(fd, &mh, 0) == (ssize_t)len);
}

/* Read the whole messages; -1: the stream is malformed. */
static int
drain(struct imsgbuf *b)
{
	struct imsg	m;
	ssize_t		n;
	int		fd;

	if (imsgbuf_read(b) == -1)
		return -1;
	while ((n = imsg_get(b, &m)) > 0) {
		must(n <= MAXSIZE);
		must(imsg_get_len(&m) == (size_t)n - IMSG_HEADER_SIZE);
		if ((fd = imsg_get_fd(&m)) != -1)
			must(close(fd) == 0);
		imsg_free(&m);
	}
	return n == -1 ? -1 : 0;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct imsgbuf	b;
	size_t		step, n, i = 0;
	int		sv[2];

	if (size < 2)
		return 0;
	step = (size_t)data[0] + 1;
	data++;
	size--;
	must(socketpair(AF_UNIX, SOCK_STREAM, 0, sv) == 0);
	must(fcntl(sv[1], F_SETFL, O_NONBLOCK) == 0);
	must(imsgbuf_init(&b, sv[1]) == 0);
	imsgbuf_allow_fdpass(&b);
	must(imsgbuf_set_maxsize(&b, MAXSIZE) == 0);
	while (size > 0) {
		n = size < step ? size : step;
		put(sv[0], data, n, i++ % 4 == 3 ? sv[0] : -1);
		data += n;
		size -= n;
		if (drain(&b) == -1)
			break;
	}
	imsgbuf_clear(&b);
	close(sv[0]);
	close(sv[1]);
	return 0;
}
