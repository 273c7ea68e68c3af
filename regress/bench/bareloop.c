/*
 * bareloop: a minimal DERP relay over libtls: one thread, epoll,
 * tls_accept_cbs(3), a table of keys, a buffer for each client.  No limits, no
 * deadlines, no queue management, no second process.  It shows the cost of the
 * rest of derpd; it must not be used for anything else.
 *
 *	bareloop -c cert -k key port
 *
 * Called by bench.sh.  Linux alone.
 */
#include <sys/types.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <arpa/inet.h>
#include <err.h>
#include <errno.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <sodium.h>
#include <tls.h>
#include <uthash.h>

#define KEYLEN		32
#define HEADLEN		5
#define EVENTS		256
#define RELAY_IN_SIZE	(128 * 1024)
#define OUT_MAX		(2 * 1024 * 1024)
#define FRAME_MAX	(256 * 1024)

enum { F_SERVERKEY = 1, F_CLIENTINFO, F_SERVERINFO, F_SEND, F_RECV };

enum bareloop_state { HANDSHAKE, HTTP, INFO, UP };

struct bareloop_client {
	int			 fd;
	struct tls		*tls;
	enum bareloop_state	 state;
	uint8_t			 key[KEYLEN];
	uint8_t			*part;	/* partial plaintext */
	size_t			 npart, cpart;
	uint8_t			*out;	/* ciphertext for the socket */
	size_t			 off, nout, cout;
	int			 dirty;	/* on the list */
	int			 full;	/* EPOLLOUT is enabled */
	struct bareloop_client	*next;
	UT_hash_handle		 hh;
};

static struct bareloop_client	*table, *dirty;
static struct tls		*server;
static uint8_t			 pk[KEYLEN], sk[KEYLEN];
static const uint8_t		*in;	/* data read from the socket */
static size_t			 nin;

static void
grow(uint8_t **p, size_t *cap, size_t want)
{
	if (*cap >= want)
		return;
	if ((*p = realloc(*p, want * 2)) == NULL)
		err(1, "%zu bytes", want * 2);
	*cap = want * 2;
}

static ssize_t
read_cb(struct tls *t, void *buf, size_t n, void *arg)
{
	(void)t;
	(void)arg;
	if (nin == 0)
		return (TLS_WANT_POLLIN);
	if (n > nin)
		n = nin;
	memcpy(buf, in, n);
	in += n;
	nin -= n;
	return ((ssize_t)n);
}

static ssize_t
write_cb(struct tls *t, const void *buf, size_t n, void *arg)
{
	struct bareloop_client	*c = arg;

	(void)t;
	grow(&c->out, &c->cout, c->nout + n);
	memcpy(c->out + c->nout, buf, n);
	c->nout += n;
	if (!c->dirty) {
		c->dirty = 1;
		c->next = dirty;
		dirty = c;
	}
	return ((ssize_t)n);
}

static void
put(struct bareloop_client *c, const void *p, size_t n)
{
	const uint8_t	*s = p;
	ssize_t		 k;

	for (; n > 0; s += k, n -= (size_t)k)
		if ((k = tls_write(c->tls, s, n)) <= 0) {
			warnx("tls_write: %s", tls_error(c->tls));
			return;
		}
}

static void
head(uint8_t *f, uint8_t type, size_t n)
{
	f[0] = type;
	f[1] = (uint8_t)(n >> 24);
	f[2] = (uint8_t)(n >> 16);
	f[3] = (uint8_t)(n >> 8);
	f[4] = (uint8_t)n;
}

static void
greet(struct bareloop_client *c)
{
	uint8_t	f[HEADLEN + 8 + KEYLEN];

	head(f, F_SERVERKEY, 8 + KEYLEN);
	memcpy(f + HEADLEN, "DERP\xf0\x9f\x94\x91", 8);
	memcpy(f + HEADLEN + 8, pk, KEYLEN);
	put(c, f, sizeof(f));
}

static void
login(struct bareloop_client *c, const uint8_t *p)
{
	static const char	 info[] = "{\"version\":2}";
	uint8_t			 f[256], *nonce = f + HEADLEN;
	size_t			 n = crypto_box_NONCEBYTES +
	    crypto_box_MACBYTES + sizeof(info) - 1;

	memcpy(c->key, p, KEYLEN);
	randombytes_buf(nonce, crypto_box_NONCEBYTES);
	if (crypto_box_easy(nonce + crypto_box_NONCEBYTES,
	    (const uint8_t *)info, sizeof(info) - 1, nonce, c->key, sk) != 0)
		errx(1, "a box can't be sealed");
	head(f, F_SERVERINFO, n);
	put(c, f, HEADLEN + n);
	HASH_ADD(hh, table, key, KEYLEN, c);
	c->state = UP;
}

static void
relay(struct bareloop_client *c, const uint8_t *p, size_t n)
{
	static uint8_t		 f[HEADLEN + FRAME_MAX];
	struct bareloop_client	*d;

	HASH_FIND(hh, table, p, KEYLEN, d);
	if (d == NULL || d->nout - d->off > OUT_MAX)
		return;
	head(f, F_RECV, n);
	memcpy(f + HEADLEN, c->key, KEYLEN);
	memcpy(f + HEADLEN + KEYLEN, p + KEYLEN, n - KEYLEN);
	put(d, f, HEADLEN + n);
}

/* Handle the complete frames in the plaintext at `p'; the bytes used. */
static size_t
plaintext(struct bareloop_client *c, const uint8_t *p, size_t n)
{
	static const char	 upgrade[] = "HTTP/1.1 101 Switching Protocols"
	    "\r\nUpgrade: DERP\r\nConnection: Upgrade\r\n\r\n";
	const uint8_t		*end;
	size_t			 len, used = 0;

	if (c->state == HTTP) {
		if ((end = memmem(p, n, "\r\n\r\n", 4)) == NULL)
			return (0);
		put(c, upgrade, sizeof(upgrade) - 1);
		greet(c);
		c->state = INFO;
		used = (size_t)(end - p) + 4;
	}
	while (n - used >= HEADLEN) {
		len = (size_t)p[used + 1] << 24 | (size_t)p[used + 2] << 16 |
		    (size_t)p[used + 3] << 8 | p[used + 4];
		if (len > FRAME_MAX)
			return (SIZE_MAX);
		if (n - used < HEADLEN + len)
			break;
		if (c->state == INFO && p[used] == F_CLIENTINFO &&
		    len >= KEYLEN)
			login(c, p + used + HEADLEN);
		else if (c->state == UP && p[used] == F_SEND && len >= KEYLEN)
			relay(c, p + used + HEADLEN, len);
		used += HEADLEN + len;
	}
	return (used);
}

static void
client_free(struct bareloop_client *c)
{
	struct bareloop_client	**p;

	for (p = &dirty; *p != NULL; p = &(*p)->next)
		if (*p == c) {
			*p = c->next;
			break;
		}
	if (c->state == UP)
		HASH_DELETE(hh, table, c);
	tls_free(c->tls);
	close(c->fd);
	free(c->part);
	free(c->out);
	free(c);
}

/* Read once from a client.  Return 0, or -1: it has ended. */
static int
input(struct bareloop_client *c)
{
	static uint8_t	buf[RELAY_IN_SIZE], text[16384];
	ssize_t		n;
	size_t		used;

	if ((n = recv(c->fd, buf, sizeof(buf), 0)) == -1)
		return (errno == EAGAIN ? 0 : -1);
	if (n == 0)
		return (-1);
	in = buf;
	nin = (size_t)n;
	if (c->state == HANDSHAKE) {
		if ((n = tls_handshake(c->tls)) == TLS_WANT_POLLIN)
			return (0);
		if (n != 0)
			return (-1);
		c->state = HTTP;
	}
	while ((n = tls_read(c->tls, text, sizeof(text))) > 0) {
		if (c->npart == 0) {
			if ((used = plaintext(c, text, (size_t)n)) == SIZE_MAX)
				return (-1);
			grow(&c->part, &c->cpart, (size_t)n - used);
			memcpy(c->part, text + used, (size_t)n - used);
			c->npart = (size_t)n - used;
			continue;
		}
		grow(&c->part, &c->cpart, c->npart + (size_t)n);
		memcpy(c->part + c->npart, text, (size_t)n);
		c->npart += (size_t)n;
		if ((used = plaintext(c, c->part, c->npart)) == SIZE_MAX)
			return (-1);
		memmove(c->part, c->part + used, c->npart - used);
		c->npart -= used;
	}
	return (n == TLS_WANT_POLLIN ? 0 : -1);
}

static void
events(int ep, struct bareloop_client *c, int full)
{
	struct epoll_event e = { .events = EPOLLIN, .data.ptr = c };

	if (c->full == full)
		return;
	c->full = full;
	if (full)
		e.events |= EPOLLOUT;
	if (epoll_ctl(ep, EPOLL_CTL_MOD, c->fd, &e) == -1)
		err(1, "epoll_ctl");
}

static void
flush(int ep, struct bareloop_client *c)
{
	ssize_t	n;

	n = send(c->fd, c->out + c->off, c->nout - c->off, MSG_NOSIGNAL);
	if (n > 0)
		c->off += (size_t)n;
	if (c->off == c->nout)
		c->off = c->nout = 0;
	else if (n == -1 && errno != EAGAIN)
		c->off = c->nout = 0;	/* the next read reports the end */
	else {
		memmove(c->out, c->out + c->off, c->nout - c->off);
		c->nout -= c->off;
		c->off = 0;
	}
	events(ep, c, c->nout > 0);
}

static void
flush_dirty(int ep)
{
	struct bareloop_client	*c;

	while ((c = dirty) != NULL) {
		dirty = c->next;
		c->dirty = 0;
		flush(ep, c);
	}
}

static void
take(int ep, int lfd)
{
	struct epoll_event	 e = { .events = EPOLLIN };
	struct bareloop_client	*c;
	int			 fd, one = 1;

	if ((fd = accept4(lfd, NULL, NULL, SOCK_NONBLOCK)) == -1)
		return;
	(void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
	if ((c = calloc(1, sizeof(*c))) == NULL)
		err(1, "a client");
	c->fd = fd;
	if (tls_accept_cbs(server, &c->tls, read_cb, write_cb, c) == -1)
		errx(1, "tls_accept_cbs: %s", tls_error(server));
	e.data.ptr = c;
	if (epoll_ctl(ep, EPOLL_CTL_ADD, fd, &e) == -1)
		err(1, "epoll_ctl");
}

static int
listen_on(const char *port)
{
	struct sockaddr_in	 sin = { .sin_family = AF_INET };
	const char		*why;
	int			 fd, one = 1;

	sin.sin_port = htons((uint16_t)strtonum(port, 1, 65535, &why));
	if (why != NULL)
		errx(1, "port %s: %s", port, why);
	sin.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	if ((fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0)) == -1 ||
	    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one,
	    sizeof(one)) == -1 ||
	    bind(fd, (struct sockaddr *)&sin, sizeof(sin)) == -1 ||
	    listen(fd, 1024) == -1)
		err(1, "port %s", port);
	return (fd);
}

static void
serve(int lfd)
{
	struct epoll_event	 ev[EVENTS], e = { .events = EPOLLIN };
	struct bareloop_client	*c;
	int			 ep, i, n;

	if ((ep = epoll_create1(EPOLL_CLOEXEC)) == -1 ||
	    epoll_ctl(ep, EPOLL_CTL_ADD, lfd, &e) == -1)
		err(1, "epoll");
	for (;;) {
		if ((n = epoll_wait(ep, ev, EVENTS, -1)) == -1 &&
		    errno != EINTR)
			err(1, "epoll_wait");
		for (i = 0; i < n; i++) {
			if ((c = ev[i].data.ptr) == NULL)
				take(ep, lfd);
			else if (ev[i].events & ~(uint32_t)EPOLLOUT &&
			    input(c) == -1)
				client_free(c);
			else if (ev[i].events & EPOLLOUT)
				flush(ep, c);
		}
		flush_dirty(ep);
	}
}

int
main(int argc, char *argv[])
{
	struct tls_config	*cfg;
	const char		*cert = NULL, *key = NULL;
	int			 ch;

	while ((ch = getopt(argc, argv, "c:k:")) != -1)
		switch (ch) {
		case 'c': cert = optarg; break;
		case 'k': key = optarg; break;
		default: argc = 0;
		}
	if (argc - optind != 1 || cert == NULL || key == NULL) {
		fprintf(stderr, "usage: bareloop -c cert -k key port\n");
		return (2);
	}
	signal(SIGPIPE, SIG_IGN);
	if (sodium_init() == -1 || (cfg = tls_config_new()) == NULL ||
	    (server = tls_server()) == NULL)
		errx(1, "a library can't start");
	if (tls_config_set_keypair_file(cfg, cert, key) == -1 ||
	    tls_configure(server, cfg) == -1)
		errx(1, "%s: %s", cert, tls_config_error(cfg));
	crypto_box_keypair(pk, sk);
	serve(listen_on(argv[optind]));
	return (0);
}
