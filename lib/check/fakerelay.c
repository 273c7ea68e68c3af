/*
 * fakerelay: see fakerelay.h.  A child process serves its connections in turn.
 */
#include <sys/socket.h>
#include <sys/wait.h>
#include <netinet/in.h>
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <sodium.h>
#include <tls.h>

#include "fakerelay.h"
#include "frame.h"

#define INSIZE	(256 * 1024)

enum stage { REQUEST, LOGIN, INSIDE };

struct fake_conn {
	int		 fd, node, nth;
	struct tls	*tls;
	enum stage	 stage;
	uint8_t		 key[FRAME_KEY_LEN];
	uint8_t		 pub[FRAME_KEY_LEN], sec[FRAME_KEY_LEN];
	uint8_t		*in;
	size_t		 len;
	uint8_t		*held;		/* a frame that waits */
	size_t		 heldlen;
	unsigned int	 sent;		/* packets */
	int		 stuck;		/* takes no more */
};

/* The state of the child. */
static struct {
	const struct fake_relay	*f;
	int			 lfd[FAKE_NODES];
	uint8_t			 sec[FAKE_NODES][FRAME_KEY_LEN];
	struct fake_conn		 c[FAKE_CONNS];
	int			 n;		/* of all connections */
	struct tls		*tls;
} s;

static void
end(struct fake_conn *c)
{
	uint8_t gone[FRAME_HDR_LEN + FRAME_KEY_LEN + 1] = { 0 };
	int i;

	if (c->fd == -1)
		return;
	tls_free(c->tls);
	(void)close(c->fd);
	free(c->in);
	free(c->held);
	c->fd = -1;
	net_frame_put_hdr(gone, FRAME_PEER_GONE, FRAME_KEY_LEN + 1);
	memcpy(gone + FRAME_HDR_LEN, c->key, FRAME_KEY_LEN);
	for (i = 0; i < FAKE_CONNS && c->stage == INSIDE &&
	    s.f->flaw != FAKE_NO_GONE; i++)
		if (s.c[i].fd != -1 && s.c[i].stage == INSIDE) {
			if (s.c[i].tls != NULL)
				(void)tls_write(s.c[i].tls, gone,
				    sizeof(gone));
			else
				(void)send(s.c[i].fd, gone, sizeof(gone), 0);
		}
}

/* Write all, while the socket blocks. */
static void
put(struct fake_conn *c, const void *buf, size_t len)
{
	const uint8_t *p = buf;
	struct pollfd pfd = { .fd = c->fd, .events = POLLOUT };
	ssize_t n;

	for (; len > 0 && c->fd != -1; p += n, len -= (size_t)n) {
		n = c->tls != NULL ? tls_write(c->tls, p, len) :
		    send(c->fd, p, len, 0);
		if (n > 0)
			continue;
		if (n == -1 && (c->tls != NULL || errno != EAGAIN)) {
			end(c);
			return;
		}
		n = 0;
		if (poll(&pfd, 1, 5000) != 1)
			_exit(3);
	}
}

static void
put_frame(struct fake_conn *c, uint8_t type, const void *a, size_t alen,
    const void *b, size_t blen)
{
	uint8_t *buf = malloc(FRAME_HDR_LEN + alen + blen);

	net_frame_put_hdr(buf, type, (uint32_t)(alen + blen));
	memcpy(buf + FRAME_HDR_LEN, a, alen);
	memcpy(buf + FRAME_HDR_LEN + alen, b, blen);
	put(c, buf, FRAME_HDR_LEN + alen + blen);
	free(buf);
}

/* The request: 101 or nothing, and ServerKey. */
static void
request(struct fake_conn *c, int fast)
{
	static const char ok[] = "HTTP/1.1 101 Switching Protocols\r\n"
	    "Upgrade: DERP\r\nConnection: Upgrade\r\n\r\n";

	if ((s.f->flaw == FAKE_END_AT_REQUEST && c->nth <= (int)s.f->arg) ||
	    (s.f->flaw == FAKE_ONE_CLIENT && c->nth > 1)) {
		end(c);
		return;
	}
	if (!fast)
		put(c, ok, sizeof(ok) - 1);
	if (s.f->flaw == FAKE_NO_KEY && s.f->arg != 0)
		(void)poll(NULL, 0, (int)s.f->arg);
	if (s.f->flaw == FAKE_END_AT_UPGRADE ||
	    (s.f->flaw == FAKE_NO_KEY && s.f->arg != 0) ||
	    (s.f->flaw == FAKE_NO_FAST && fast))
		end(c);
	else if (s.f->flaw != FAKE_NO_KEY)
		put_frame(c, FRAME_SERVER_KEY, s.f->flaw == FAKE_BAD_KEY ?
		    "DERPderp" : FRAME_MAGIC, FRAME_MAGIC_LEN, c->pub,
		    sizeof(c->pub));
	c->stage = LOGIN;
}

/* Does ClientInfo say that the client is a prober? */
static int
is_prober(const struct fake_conn *c, const uint8_t *p, size_t len)
{
	const size_t n = len - FRAME_KEY_LEN - FRAME_NONCE_LEN;
	char text[1024];

	if (n >= sizeof(text) || crypto_box_open_easy((uint8_t *)text,
	    p + FRAME_KEY_LEN + FRAME_NONCE_LEN, n, p + FRAME_KEY_LEN, p,
	    c->sec) == -1)
		_exit(4);
	text[n - FRAME_BOX_OVERHEAD] = '\0';
	return (strstr(text, "\"IsProber\":true") != NULL);
}

/* ClientInfo: ServerInfo, or what is wrong with it. */
static void
login(struct fake_conn *c, const uint8_t *p, size_t len)
{
	uint8_t out[256], sec[FRAME_KEY_LEN];
	char info[128];
	size_t n;

	if (len < 72)
		_exit(4);
	memcpy(c->key, p, FRAME_KEY_LEN);
	memcpy(sec, c->sec, sizeof(sec));
	if (s.f->flaw == FAKE_SLOW)
		(void)poll(NULL, 0, (int)s.f->arg);
	if (s.f->flaw == FAKE_BAD_INFO)
		sec[7] ^= 0x55;
	if (s.f->flaw == FAKE_END_AT_LOGIN) {
		end(c);
		return;
	}
	if (s.f->flaw == FAKE_NO_INFO)
		return;
	if (s.f->flaw == FAKE_REFUSE || (s.f->flaw == FAKE_PROBERS &&
	    !is_prober(c, p, len))) {
		put_frame(c, FRAME_HEALTH, "not admitted", 12, "", 0);
		return;
	}
	n = (size_t)snprintf(info, sizeof(info), "{\"version\":2,"
	    "\"TokenBucketBytesPerSecond\":%llu}",
	    (unsigned long long)s.f->rate);
	randombytes_buf(out, FRAME_NONCE_LEN);
	if (crypto_box_easy(out + FRAME_NONCE_LEN, (const uint8_t *)info, n,
	    out, c->key, sec) == -1)
		_exit(4);
	put_frame(c, FRAME_SERVER_INFO, out, FRAME_NONCE_LEN +
	    FRAME_BOX_OVERHEAD + n, "", 0);
	c->stage = INSIDE;
	if (s.f->flaw == FAKE_HEALTH)
		put_frame(c, FRAME_HEALTH, "disk full", 9, "", 0);
}

/* Is a packet of this length from `c' to `to' lost? */
static int
lost(struct fake_conn *c, const struct fake_conn *to, size_t len)
{
	switch (s.f->flaw) {
	case FAKE_DEAF:
		return (1);
	case FAKE_ONE_WAY:
		return (c->nth == 1);
	case FAKE_DROP_LARGER:
		return (len > s.f->arg);
	case FAKE_STICK_AT_LARGER:
		return (c->stuck = len > s.f->arg);
	case FAKE_DROP_FIRST:
		return (c->sent <= s.f->arg);
	case FAKE_DROP_SOME:
		return (len == 200 && c->sent % 2 == 0);
	default:
		break;
	}
	return (c->node != to->node && (s.f->unmeshed ||
	    (c->node == s.f->deaf_from && to->node == s.f->deaf_to)));
}

/* Write a packet: as it is, or wrong. */
static void
deliver(struct fake_conn *c, struct fake_conn *to, uint8_t *pkt, size_t len)
{
	uint8_t from[FRAME_KEY_LEN];

	memcpy(from, c->key, sizeof(from));
	if (s.f->flaw == FAKE_NARROW)
		(void)poll(NULL, 0, (int)(len * 1000 / s.f->arg));
	if (s.f->flaw == FAKE_OTHER_SENDER)
		from[3] ^= 0x01;
	if (s.f->flaw == FAKE_CHANGE && len > 0)
		pkt[len - 1] ^= 0x20;
	if (s.f->flaw == FAKE_CUT && len > 0)
		len--;
	if (s.f->flaw == FAKE_SWAP && len == 200 && c->held == NULL) {
		c->held = malloc(len);
		memcpy(c->held, pkt, len);
		return;
	}
	put_frame(to, FRAME_RECV_PACKET, from, sizeof(from), pkt, len);
	if (s.f->flaw == FAKE_DOUBLE)
		put_frame(to, FRAME_RECV_PACKET, from, sizeof(from), pkt, len);
	if (c->held != NULL)
		put_frame(to, FRAME_RECV_PACKET, from, sizeof(from), c->held,
		    200);
	free(c->held);
	c->held = NULL;
}

static void
packet(struct fake_conn *c, uint8_t *p, size_t len)
{
	static const uint8_t restarting[8];
	struct fake_conn *to = NULL;
	int i;

	if (len < FRAME_KEY_LEN)
		_exit(5);
	len -= FRAME_KEY_LEN;
	c->sent++;
	if (s.f->flaw == FAKE_RESTART)
		put_frame(c, FRAME_RESTARTING, restarting, sizeof(restarting),
		    "", 0);
	if (s.f->flaw == FAKE_RESTART ||
	    (s.f->flaw == FAKE_END_LARGER && len > s.f->arg)) {
		end(c);
		return;
	}
	for (i = 0; i < FAKE_CONNS; i++)
		if (s.c[i].fd != -1 && s.c[i].stage == INSIDE &&
		    memcmp(s.c[i].key, p, FRAME_KEY_LEN) == 0 &&
		    (to == NULL || s.c[i].node == c->node ||
		    to->node != c->node))
			to = &s.c[i];
	if (to != NULL && !lost(c, to, len))
		deliver(c, to, p + FRAME_KEY_LEN, len);
}

static void
flood(struct fake_conn *c)
{
	uint8_t frames[10000 * FRAME_HDR_LEN];
	size_t i;

	for (i = 0; i < sizeof(frames); i += FRAME_HDR_LEN)
		net_frame_put_hdr(frames + i, FRAME_KEEP_ALIVE, 0);
	while (c->fd != -1)
		put(c, frames, sizeof(frames));
}

/* Handle one frame. */
static void
frame(struct fake_conn *c, uint8_t type, uint8_t *p, size_t len)
{
	if (c->stuck)
		return;
	if (c->stage == LOGIN && type == FRAME_CLIENT_INFO)
		login(c, p, len);
	else if (c->stage == INSIDE && type == FRAME_SEND_PACKET)
		packet(c, p, len);
	else if (c->stage == INSIDE && type == FRAME_PING &&
	    s.f->flaw == FAKE_FLOOD)
		flood(c);
	else if (c->stage == INSIDE && type == FRAME_PING &&
	    s.f->flaw != FAKE_NO_PONG)
		put_frame(c, FRAME_PONG, p, FRAME_PING_LEN, "", 0);
}

/* Handle what has come.  Returns the bytes that are used up. */
static size_t
handle(struct fake_conn *c)
{
	uint32_t len;
	uint8_t type;
	size_t n;
	char *e;

	if (c->stage == REQUEST) {
		c->in[c->len] = '\0';
		if ((e = strstr((char *)c->in, "\r\n\r\n")) == NULL)
			return (0);
		*e = '\0';
		n = (size_t)(e + 4 - (char *)c->in);
		request(c, strstr((char *)c->in, "Derp-Fast-Start") != NULL);
		return (n);
	}
	if (c->len < FRAME_HDR_LEN)
		return (0);
	net_frame_get_hdr(c->in, &type, &len);
	if (c->len < FRAME_HDR_LEN + len)
		return (0);
	frame(c, type, c->in + FRAME_HDR_LEN, len);
	return (FRAME_HDR_LEN + len);
}

static void
readable(struct fake_conn *c)
{
	ssize_t n;
	size_t used;

	for (;;) {
		n = c->tls != NULL ?
		    tls_read(c->tls, c->in + c->len, INSIZE - 1 - c->len) :
		    recv(c->fd, c->in + c->len, INSIZE - 1 - c->len, 0);
		if (n <= 0)
			break;
		c->len += (size_t)n;
		while (c->fd != -1 && (used = handle(c)) > 0 && c->fd != -1) {
			memmove(c->in, c->in + used, c->len - used);
			c->len -= used;
		}
		if (c->fd == -1 || c->tls == NULL)
			return;
	}
	if (n == 0 || (c->tls != NULL && n == -1))
		end(c);
}

/* Take a connection to a node. */
static void
arrive(int node)
{
	struct fake_conn *c = s.c;
	int fd;

	if ((fd = accept(s.lfd[node], NULL, NULL)) == -1)
		return;
	if (write(s.f->report[1], "c", 1) != 1)
		_exit(6);
	while (c->fd != -1)
		if (++c == s.c + FAKE_CONNS)
			_exit(7);
	memset(c, 0, sizeof(*c));
	c->fd = fd;
	c->node = node;
	c->nth = ++s.n;
	c->in = malloc(INSIZE);
	memcpy(c->sec, s.sec[s.f->same_key ? 0 : node], FRAME_KEY_LEN);
	if (s.f->flaw == FAKE_TWO_KEYS && c->nth == 2)
		c->sec[9] ^= 0x10;
	(void)crypto_scalarmult_base(c->pub, c->sec);
	if (s.tls != NULL && (tls_accept_socket(s.tls, &c->tls, fd) == -1 ||
	    tls_handshake(c->tls) == -1))
		end(c);
	else if (fcntl(fd, F_SETFL, O_NONBLOCK) == -1)
		_exit(8);
}

/* In the child: serve until it is killed. */
static void
serve(int nodes)
{
	struct pollfd p[FAKE_NODES + FAKE_CONNS];
	int i;

	(void)alarm(120);
	for (;;) {
		for (i = 0; i < nodes + FAKE_CONNS; i++) {
			p[i].fd = i < nodes ? s.lfd[i] : s.c[i - nodes].fd;
			p[i].events = POLLIN;
			p[i].revents = 0;
		}
		if (poll(p, (nfds_t)(nodes + FAKE_CONNS), 60000) <= 0)
			_exit(9);
		for (i = 0; i < nodes; i++)
			if (p[i].revents != 0)
				arrive(i);
		for (i = 0; i < FAKE_CONNS; i++)
			if (s.c[i].fd != -1 && p[nodes + i].revents != 0 &&
			    p[nodes + i].fd == s.c[i].fd)
				readable(&s.c[i]);
	}
}

/* In the child: prepare TLS. */
static void
prepare(void)
{
	struct tls_config *conf;

	if (s.f->cert == NULL)
		return;
	conf = tls_config_new();
	s.tls = tls_server();
	if (tls_config_set_keypair_mem(conf, (const uint8_t *)s.f->cert,
	    strlen(s.f->cert), (const uint8_t *)s.f->key,
	    strlen(s.f->key)) == -1 || tls_configure(s.tls, conf) == -1)
		_exit(2);
}

static int
listener(int *port)
{
	struct sockaddr_in sin = { .sin_family = AF_INET };
	socklen_t len = sizeof(sin);
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	sin.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	if (fd == -1 || bind(fd, (struct sockaddr *)&sin, len) == -1 ||
	    listen(fd, 16) == -1 ||
	    getsockname(fd, (struct sockaddr *)&sin, &len) == -1)
		abort();
	*port = ntohs(sin.sin_port);
	return (fd);
}

void
fake_relay_start(struct fake_relay *f)
{
	int i, nodes = f->nodes == 0 ? 1 : f->nodes;

	(void)signal(SIGPIPE, SIG_IGN);
	memset(&s, 0, sizeof(s));
	s.f = f;
	if (sodium_init() == -1 || pipe(f->report) == -1)
		abort();
	for (i = 0; i < nodes; i++) {
		s.lfd[i] = listener(&f->port[i]);
		randombytes_buf(s.sec[i], FRAME_KEY_LEN);
		if (f->secret != NULL)
			memcpy(s.sec[i], f->secret, FRAME_KEY_LEN);
	}
	for (i = 0; i < FAKE_CONNS; i++)
		s.c[i].fd = -1;
	if ((f->pid = fork()) == 0) {
		prepare();
		serve(nodes);
	}
	for (i = 0; i < nodes; i++)
		(void)close(s.lfd[i]);
	(void)close(f->report[1]);
}

void
fake_relay_stop(struct fake_relay *f)
{
	(void)kill(f->pid, SIGTERM);
	(void)waitpid(f->pid, NULL, 0);
}

int
fake_relay_connections(const struct fake_relay *f)
{
	char c;
	int n = 0;

	while (read(f->report[0], &c, 1) == 1)
		n++;
	(void)close(f->report[0]);
	return (n);
}
