/*
 * bridge_uapi: the socket by which derpbridged asks a WireGuard for its state
 * and sets endpoints, as wireguard-go has it (wireguard.com/xplatform).  Called
 * by bridge_end.c; touches the end's peers.
 */
#include <sys/types.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <arpa/inet.h>
#include <err.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <sodium.h>

#include "bridgeload.h"

#define CONNS	7

struct uapi_conn {
	int		 fd;		/* -1: none */
	char		 line[256];
	size_t		 n;
	int		 get;		/* the request is get=1 */
	unsigned int	 peer;		/* npeers: none */
};

struct bridge_uapi {
	int		 fd;
	struct bridge_end *end;
	time_t		 handshake;
	struct uapi_conn conns[CONNS];
};

struct bridge_uapi *
bridge_uapi_new(struct bridge_end *e, const char *path)
{
	struct sockaddr_un sun = { .sun_family = AF_UNIX };
	struct bridge_uapi *u;
	int i;

	if ((u = calloc(1, sizeof(*u))) == NULL)
		err(1, "memory");
	if (strlen(path) >= sizeof(sun.sun_path))
		errx(1, "%s: too long", path);
	strcpy(sun.sun_path, path);
	(void)unlink(path);
	u->fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0);
	if (u->fd == -1 ||
	    bind(u->fd, (struct sockaddr *)&sun, sizeof(sun)) == -1 ||
	    listen(u->fd, CONNS) == -1)
		err(1, "%s", path);
	u->end = e;
	u->handshake = time(NULL);
	for (i = 0; i < CONNS; i++)
		u->conns[i].fd = -1;
	return (u);
}

int
bridge_uapi_poll(const struct bridge_uapi *u, struct pollfd *v)
{
	int i, n = 0;

	v[n].fd = u->fd;
	v[n++].events = POLLIN;
	for (i = 0; i < CONNS; i++, n++) {
		v[n].fd = u->conns[i].fd;
		v[n].events = POLLIN;
	}
	return (n);
}

static void
put_hex(FILE *f, const char *name, const uint8_t key[KEYLEN])
{
	char hex[2 * KEYLEN + 1];

	fprintf(f, "%s=%s\n", name, sodium_bin2hex(hex, sizeof(hex), key,
	    KEYLEN));
}

static void
put_peer(FILE *f, const struct bridge_uapi *u, const struct bridge_peer *p)
{
	put_hex(f, "public_key", p->pk);
	fprintf(f, "protocol_version=1\n");
	if (p->to.sin_family == AF_INET)
		fprintf(f, "endpoint=%s:%u\n", inet_ntoa(p->to.sin_addr),
		    ntohs(p->to.sin_port));
	fprintf(f, "last_handshake_time_sec=%lld\nlast_handshake_time_nsec=1\n"
	    "tx_bytes=%llu\nrx_bytes=%llu\npersistent_keepalive_interval=0\n",
	    (long long)u->handshake, (unsigned long long)p->tx,
	    (unsigned long long)p->rx);
}

static void
give_state(const struct bridge_uapi *u, struct uapi_conn *c)
{
	const struct bridge_end *e = u->end;
	struct sockaddr_in sin;
	socklen_t len = sizeof(sin);
	uint8_t pk[KEYLEN], sk[KEYLEN];
	unsigned int i;
	FILE *f;

	if ((f = fdopen(dup(c->fd), "w")) == NULL)
		err(1, "UAPI");
	bridge_key(0, pk, sk);
	put_hex(f, "private_key", sk);
	(void)getsockname(e->fd, (struct sockaddr *)&sin, &len);
	fprintf(f, "listen_port=%u\n", ntohs(sin.sin_port));
	for (i = 0; i < e->npeers; i++)
		put_peer(f, u, &e->peers[i]);
	fprintf(f, "errno=0\n\n");
	fclose(f);
}

static void
find_peer(const struct bridge_end *e, struct uapi_conn *c, const char *hex)
{
	uint8_t pk[KEYLEN];

	if (sodium_hex2bin(pk, sizeof(pk), hex, strlen(hex), NULL, NULL,
	    NULL) != 0)
		errx(1, "UAPI: no key: %s", hex);
	for (c->peer = 0; c->peer < e->npeers; c->peer++)
		if (memcmp(e->peers[c->peer].pk, pk, sizeof(pk)) == 0)
			return;
}

/* A line without its newline; an empty one ends a request. */
static void
take_line(struct bridge_uapi *u, struct uapi_conn *c)
{
	struct bridge_end *e = u->end;

	c->line[c->n] = '\0';
	if (c->n == 0) {
		if (c->get)
			give_state(u, c);
		else if (write(c->fd, "errno=0\n\n", 9) != 9)
			err(1, "UAPI");
	} else if (strncmp(c->line, "get=", 4) == 0)
		c->get = 1;
	else if (strncmp(c->line, "set=", 4) == 0)
		c->get = 0;
	else if (strncmp(c->line, "public_key=", 11) == 0)
		find_peer(e, c, c->line + 11);
	else if (strncmp(c->line, "endpoint=", 9) == 0 &&
	    c->peer < e->npeers &&
	    bridge_udp_parse(c->line + 9, &e->peers[c->peer].to) == 0)
		bridge_udp_moved(e, c->peer);
	c->n = 0;
}

static void
read_conn(struct bridge_uapi *u, struct uapi_conn *c)
{
	char buf[4096];
	ssize_t i, n;

	n = recv(c->fd, buf, sizeof(buf), MSG_DONTWAIT);
	if (n == 0) {
		close(c->fd);
		c->fd = -1;
	}
	for (i = 0; i < n; i++)
		if (buf[i] == '\n')
			take_line(u, c);
		else if (c->n < sizeof(c->line) - 1)
			c->line[c->n++] = buf[i];
}

void
bridge_uapi_handle(struct bridge_uapi *u)
{
	int fd, i;

	for (i = 0; i < CONNS; i++)
		if (u->conns[i].fd != -1)
			read_conn(u, &u->conns[i]);
	for (i = 0; i < CONNS && u->conns[i].fd != -1; i++)
		;
	if (i == CONNS)
		return;
	if ((fd = accept4(u->fd, NULL, NULL, SOCK_CLOEXEC)) == -1)
		return;
	memset(&u->conns[i], 0, sizeof(u->conns[i]));
	u->conns[i].fd = fd;
}
