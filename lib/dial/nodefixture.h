/*
 * nodefixture: Shared by tests that dial: a node, whose connections are
 * processes of their own that do what the test says.
 */
#ifndef NODEFIXTURE_H
#define NODEFIXTURE_H

#include <limits.h>

#include "frame.h"
#include "tlspeer.h"

/* What the node says, in pieces. */
#define SWITCH	"HTTP/1.1 101 Switching Protocols\r\nUpgrade: DERP\r\n"	\
		"Connection: Upgrade\r\nDerp-Version: 2\r\n"
#define NODE_KEY	0x4e	/* each byte of the node's key */
#define INFO_SIZE	96	/* bytes of the payload of ServerInfo */

/* A connection of the node, in a process of its own. */
struct visit {
	int		 fd;
	int		 nth;		/* number of the connection, from 0 */
	struct tls	*tls;		/* NULL: without TLS */
	char		 request[4096];
	uint8_t		 info[1024];	/* payload of ClientInfo */
	uint32_t	 info_len;
};

struct node_server {
	pid_t		 pid;
	int		 port;
	uint32_t	 protocols;	/* 0: libtls's default */
	const char	*alpn;		/* NULL: none */
	int		 plain;		/* without TLS */
};

/* Send `len' bytes; ends the process when the client is gone. */
static inline void
node_send(struct visit *v, const void *buf, size_t len)
{
	const char *p = buf;
	ssize_t n;

	for (; len > 0; p += n, len -= (size_t)n) {
		n = v->tls != NULL ? tls_write(v->tls, p, len) :
		    write(v->fd, p, len);
		if (n <= 0)
			_exit(0);
	}
}

/* Read `len' bytes; ends the process when the client is gone. */
static inline void
node_read(struct visit *v, void *buf, size_t len)
{
	uint8_t *p = buf;
	ssize_t n;

	for (; len > 0; p += n, len -= (size_t)n) {
		n = v->tls != NULL ? tls_read(v->tls, p, len) :
		    read(v->fd, p, len);
		if (n <= 0)
			_exit(0);
	}
}

static inline void
node_hear(struct visit *v)
{
	size_t got = 0;

	do {
		node_read(v, v->request + got, 1);
		v->request[++got] = '\0';
	} while (strstr(v->request, "\r\n\r\n") == NULL &&
	    got < sizeof(v->request) - 1);
}

/* Write a frame of `n' bytes of `fill' to `p'.  Returns its bytes. */
static inline size_t
node_frame(uint8_t *p, uint8_t type, const char *start, uint8_t fill, size_t n)
{
	size_t k = strlen(start);

	net_frame_put_hdr(p, type, (uint32_t)n);
	memset(p + FRAME_HDR_LEN, fill, n);
	memcpy(p + FRAME_HDR_LEN, start, k < n ? k : n);
	return (FRAME_HDR_LEN + n);
}

/* Answer the upgrade with the node's key in a frame. */
static inline void
node_answer(struct visit *v)
{
	uint8_t f[128];

	node_send(v, SWITCH "\r\n", sizeof(SWITCH "\r\n") - 1);
	node_send(v, f, node_frame(f, FRAME_SERVER_KEY, FRAME_MAGIC, NODE_KEY,
	    FRAME_MAGIC_LEN + FRAME_KEY_LEN));
}

static inline void
node_client_info(struct visit *v)
{
	uint8_t hdr[FRAME_HDR_LEN], type;

	node_read(v, hdr, sizeof(hdr));
	net_frame_get_hdr(hdr, &type, &v->info_len);
	if (type != FRAME_CLIENT_INFO || v->info_len > sizeof(v->info))
		_exit(5);
	node_read(v, v->info, v->info_len);
}

/* Log the client in; `behind' of `n' bytes comes in the same record. */
static inline void
node_login(struct visit *v, const void *behind, size_t n)
{
	uint8_t f[1024];
	size_t k;

	node_hear(v);
	node_answer(v);
	node_client_info(v);
	k = node_frame(f, FRAME_SERVER_INFO, "", 0x11, INFO_SIZE);
	memcpy(f + k, behind, n);
	node_send(v, f, k + n);
}

/* Send back what comes. */
static inline void
node_echo(struct visit *v)
{
	char c;

	for (;;) {
		node_read(v, &c, 1);
		node_send(v, &c, 1);
	}
}

/* Wait until the client closes. */
static inline void
node_linger(struct visit *v)
{
	char c;

	for (;;)
		node_read(v, &c, 1);
}

static inline void
node_visit(const struct node_server *s, int fd, int nth, struct tls *srv,
    void (*serve)(struct visit *))
{
	struct visit v = { .fd = fd, .nth = nth };

	alarm(60);
	if (s->plain || (tls_accept_socket(srv, &v.tls, fd) == 0 &&
	    tls_handshake(v.tls) == 0))
		serve(&v);
	if (v.tls != NULL)
		tls_close(v.tls);
	_exit(0);
}

static inline void
node_run(const struct node_server *s, int lfd, const struct made *m,
    void (*serve)(struct visit *))
{
	struct tls_config *conf = tls_config_new();
	struct tls *srv = tls_server();
	int fd, nth;

	signal(SIGPIPE, SIG_IGN);
	signal(SIGCHLD, SIG_IGN);
	setpgid(0, 0);
	alarm(120);
	if (tls_config_set_keypair_mem(conf, (const uint8_t *)m->cert,
	    strlen(m->cert), (const uint8_t *)m->key, strlen(m->key)) == -1 ||
	    (s->protocols != 0 &&
	    tls_config_set_protocols(conf, s->protocols) == -1) ||
	    (s->alpn != NULL && tls_config_set_alpn(conf, s->alpn) == -1) ||
	    tls_configure(srv, conf) == -1)
		_exit(2);
	for (nth = 0; (fd = accept(lfd, NULL, NULL)) != -1; nth++) {
		if (fork() == 0) {
			close(lfd);
			node_visit(s, fd, nth, srv, serve);
		}
		close(fd);
	}
	_exit(3);
}

/*
 * Start a node on a free port of 127.0.0.1, with the certificate `m'; each
 * connection is served by serve().
 */
static inline void
node_start(struct node_server *s, const struct made *m,
    void (*serve)(struct visit *))
{
	struct sockaddr_in sin = { .sin_family = AF_INET };
	socklen_t len = sizeof(sin);
	int lfd;

	signal(SIGPIPE, SIG_IGN);
	sin.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	ATF_REQUIRE((lfd = socket(AF_INET, SOCK_STREAM, 0)) != -1);
	ATF_REQUIRE_EQ(0, bind(lfd, (struct sockaddr *)&sin, len));
	ATF_REQUIRE_EQ(0, listen(lfd, 16));
	ATF_REQUIRE_EQ(0, getsockname(lfd, (struct sockaddr *)&sin, &len));
	s->port = ntohs(sin.sin_port);
	ATF_REQUIRE((s->pid = fork()) != -1);
	if (s->pid == 0)
		node_run(s, lfd, m, serve);
	close(lfd);
}

/* End the node with all its connections. */
static inline void
node_stop(struct node_server *s)
{
	(void)setpgid(s->pid, s->pid);
	kill(-s->pid, SIGKILL);
	ATF_REQUIRE_EQ(s->pid, waitpid(s->pid, NULL, 0));
}

/* Make a certificate for 127.0.0.1 and its CA file; returns the file's path. */
static inline const char *
node_cert(struct made *m)
{
	static char path[PATH_MAX + 16];
	char dir[PATH_MAX];

	make_cert(m, "localhost", "DNS:localhost,IP:127.0.0.1", -DAY, DAY);
	atf_utils_create_file("ca.pem", "%s", m->cert);
	ATF_REQUIRE(getcwd(dir, sizeof(dir)) != NULL);
	snprintf(path, sizeof(path), "%s/ca.pem", dir);
	return (path);
}

#endif
