/*
 * wan: a wide-area link between two network namespaces, in user space.
 *
 *	wan ns1 dev1 addr1/len ns2 dev2 addr2/len
 *	    delay_ms mbit12 mbit21 loss_percent queue_ms
 *
 * Creates a TUN device in each namespace and transfers IP packets between
 * them; each direction has a rate, a queue of queue_ms that drops at its tail,
 * a one-way delay and random loss (the same in every run).  Prints "up" when
 * it works and runs until it is killed.  Started by tailnet.sh as root, runs
 * ip(8).  For Linux.
 */
#include <sys/types.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <net/if.h>
#include <linux/if_tun.h>
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define SLOTS	(1 << 15)	/* packets under way in a direction */
#define MTU	1500
#define PKT_MAX	2048

struct pkt {
	double	 due;		/* time of delivery */
	size_t	 len;
	char	*data;
};

struct wan_way {
	int		 in, out;	/* TUN devices */
	double		 rate;		/* bytes a second */
	double		 free_at;	/* time when the link is idle */
	struct pkt	 pkts[SLOTS];
	unsigned int	 head, tail;
};

struct wan {
	struct wan_way	 ways[2];
	double		 delay, loss, queue;	/* seconds, share, seconds */
};

static double
now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return ((double)t.tv_sec + (double)t.tv_nsec / 1e9);
}

static double
value(const char *s, double max)
{
	char	*end;
	double	 v;

	v = strtod(s, &end);
	if (end == s || *end != '\0' || !(v >= 0 && v <= max))
		errx(1, "%s: not a number from 0 to %g", s, max);
	return (v);
}

/* Run ip(8) with these arguments; NULL ends them. */
static void
run_ip(char *const argv[])
{
	pid_t	pid;
	int	st;

	switch (pid = fork()) {
	case -1:
		err(1, "fork");
	case 0:
		execvp("ip", argv);
		err(127, "ip");
	}
	if (waitpid(pid, &st, 0) == -1 || st != 0)
		errx(1, "ip %s %s failed", argv[1], argv[2]);
}

static void
set_up(char *dev, char *addr)
{
	char	mtu[16], *add[] = { "ip", "addr", "add", addr, "dev", dev,
	    NULL }, *up[] = { "ip", "link", "set", dev, "mtu", mtu,
	    "txqueuelen", "10000", "up", NULL };

	snprintf(mtu, sizeof(mtu), "%d", MTU);
	run_ip(add);
	run_ip(up);
}

/* A TUN device in the namespace. */
static int
open_tun(const char *ns, char *dev, char *addr)
{
	struct ifreq	 ifr;
	char		 path[256];
	int		 fd, other, self;

	snprintf(path, sizeof(path), "/var/run/netns/%s", ns);
	if ((self = open("/proc/self/ns/net", O_RDONLY)) == -1)
		err(1, "/proc/self/ns/net");
	if ((other = open(path, O_RDONLY)) == -1 ||
	    setns(other, CLONE_NEWNET) == -1)
		err(1, "namespace %s", ns);
	memset(&ifr, 0, sizeof(ifr));
	ifr.ifr_flags = IFF_TUN | IFF_NO_PI;
	if (strlcpy(ifr.ifr_name, dev, sizeof(ifr.ifr_name)) >=
	    sizeof(ifr.ifr_name))
		errx(1, "%s: device name too long", dev);
	if ((fd = open("/dev/net/tun", O_RDWR | O_NONBLOCK)) == -1 ||
	    ioctl(fd, TUNSETIFF, &ifr) == -1)
		err(1, "/dev/net/tun: %s", dev);
	set_up(dev, addr);
	if (setns(self, CLONE_NEWNET) == -1)
		err(1, "back to the own namespace");
	close(self);
	close(other);
	return (fd);
}

/* Add a packet to the link, or lose it. */
static void
enter(const struct wan *w, struct wan_way *d, const char *buf, size_t len,
    double t)
{
	struct pkt	*p;

	if (d->free_at < t)
		d->free_at = t;
	if (drand48() < w->loss || d->free_at - t > w->queue ||
	    d->tail - d->head >= SLOTS)
		return;
	d->free_at += (double)len / d->rate;
	p = &d->pkts[d->tail % SLOTS];
	if ((p->data = malloc(len)) == NULL)
		return;
	memcpy(p->data, buf, len);
	p->len = len;
	p->due = d->free_at + w->delay;
	d->tail++;
}

/* Move packets in and out; when the next is due, at most `next'. */
static double
turn(const struct wan *w, struct wan_way *d, double t, double next)
{
	char		 buf[PKT_MAX];
	struct pkt	*p;
	ssize_t		 n;

	while ((n = read(d->in, buf, sizeof(buf))) > 0)
		enter(w, d, buf, (size_t)n, t);
	for (; d->head != d->tail; d->head++) {
		p = &d->pkts[d->head % SLOTS];
		if (p->due > t)
			return (p->due < next ? p->due : next);
		/* A packet that the device refuses is lost. */
		if (write(d->out, p->data, p->len) == -1 && errno != EAGAIN &&
		    errno != EINVAL && errno != EIO && errno != ENOBUFS)
			err(1, "write to the device");
		free(p->data);
	}
	return (next);
}

int
main(int argc, char *argv[])
{
	static struct wan w;
	struct pollfd	 p[2];
	struct timespec	 ts;
	double		 t, next, wait;

	if (argc != 12)
		errx(1, "usage: wan ns1 dev1 addr1 ns2 dev2 addr2 delay_ms "
		    "mbit12 mbit21 loss_percent queue_ms");
	w.delay = value(argv[7], 1e5) / 1e3;
	w.ways[0].rate = value(argv[8], 1e6) * 1e6 / 8;
	w.ways[1].rate = value(argv[9], 1e6) * 1e6 / 8;
	w.loss = value(argv[10], 100) / 100;
	w.queue = value(argv[11], 1e5) / 1e3;
	srand48(1);
	w.ways[0].in = w.ways[1].out = open_tun(argv[1], argv[2], argv[3]);
	w.ways[0].out = w.ways[1].in = open_tun(argv[4], argv[5], argv[6]);
	p[0].fd = w.ways[0].in;
	p[1].fd = w.ways[1].in;
	p[0].events = p[1].events = POLLIN;
	printf("up\n");
	fflush(stdout);
	for (;;) {
		t = now();
		next = turn(&w, &w.ways[0], t, t + 0.9);
		next = turn(&w, &w.ways[1], t, next);
		wait = next - now();
		ts.tv_sec = 0;
		ts.tv_nsec = wait <= 0 ? 0 : (long)(wait * 1e9);
		(void)ppoll(p, 2, &ts, NULL);
	}
}
