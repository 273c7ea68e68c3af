/*
 * verifyfixture: Shared by tests of the process verify: a source whose
 * connections are processes of their own, and the process, whose parent and
 * admit the test plays.
 */
#ifndef VERIFYFIXTURE_H
#define VERIFYFIXTURE_H

#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <limits.h>
#include <stdatomic.h>

#include "childpeer.h"
#include "tlspeer.h"
#include "verify.h"

#define HEAD	"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
#define YES	HEAD "Content-Length: 14\r\n\r\n{\"Allow\":true}"
#define NO	HEAD "Content-Length: 15\r\n\r\n{\"Allow\":false}"

/* The source */

/* A connection of the source, in a process of its own. */
struct guest {
	int		 fd;
	int		 nth;		/* number of the connection, from 0 */
	struct tls	*tls;		/* NULL: without TLS */
	char		 request[8192];	/* the last one */
};

/* What the processes of a source count. */
struct source_counts {
	atomic_int	 connections;
	atomic_int	 at_once, most;	/* connections at a time */
	atomic_int	 requests;
};

struct source_server {
	pid_t		 pid;
	char		 name[256];	/* the URL, or the path */
};

static struct source_counts	*counts;

static inline ssize_t
guest_read(struct guest *g, void *buf, size_t size)
{
	return (g->tls != NULL ? tls_read(g->tls, buf, size) :
	    read(g->fd, buf, size));
}

/* Send `len' bytes; ends the process when the client is gone. */
static inline void
guest_send(struct guest *g, const void *buf, size_t len)
{
	const char *p = buf;
	ssize_t n;

	for (; len > 0; p += n, len -= (size_t)n) {
		n = g->tls != NULL ? tls_write(g->tls, p, len) :
		    write(g->fd, p, len);
		if (n <= 0)
			_exit(0);
	}
}

static inline void
guest_say(struct guest *g, const char *text)
{
	guest_send(g, text, strlen(text));
}

/* Wait until the client closes. */
static inline void
guest_linger(struct guest *g)
{
	char buf[512];

	while (guest_read(g, buf, sizeof(buf)) > 0)
		continue;
}

/* The bytes of a request that is complete, else 0. */
static inline size_t
request_length(const char *text)
{
	const char *end = strstr(text, "\r\n\r\n");
	const char *cl = strstr(text, "Content-Length: ");
	size_t n;

	if (end == NULL)
		return (0);
	n = (size_t)(end - text) + 4;
	if (cl != NULL)
		n += strtoul(cl + strlen("Content-Length: "), NULL, 10);
	return (strlen(text) >= n ? n : 0);
}

/*
 * Read one request into g->request.  Returns the first byte of the key that it
 * is about; ends the process when the client has closed.
 */
static inline unsigned int
guest_hear(struct guest *g)
{
	const char *key;
	size_t got = 0;
	unsigned int first = 0;
	ssize_t n;

	g->request[0] = '\0';
	while (request_length(g->request) == 0) {
		n = guest_read(g, g->request + got, sizeof(g->request) - 1 -
		    got);
		if (n <= 0)
			_exit(0);
		got += (size_t)n;
		g->request[got] = '\0';
	}
	atomic_fetch_add(&counts->requests, 1);
	if ((key = strstr(g->request, "nodekey")) != NULL)
		sscanf(key + (key[7] == '%' ? 10 : 8), "%2x", &first);
	return (first);
}

/* In the process of a connection. */
static inline void
guest_run(int fd, int nth, struct tls *srv, void (*serve)(struct guest *))
{
	struct guest g = { .fd = fd, .nth = nth };
	int now = atomic_fetch_add(&counts->at_once, 1) + 1;
	int most = atomic_load(&counts->most);

	alarm(60);
	while (most < now &&
	    !atomic_compare_exchange_weak(&counts->most, &most, now))
		continue;
	if (srv == NULL || (tls_accept_socket(srv, &g.tls, fd) == 0 &&
	    tls_handshake(g.tls) == 0))
		serve(&g);
	if (g.tls != NULL)
		tls_close(g.tls);
	_exit(0);
}

static inline void
server_run(int lfd, const struct made *m, void (*serve)(struct guest *))
{
	struct tls_config *conf = tls_config_new();
	struct tls *srv = m != NULL ? tls_server() : NULL;
	int fd, nth, st;
	pid_t pid;

	signal(SIGPIPE, SIG_IGN);
	setpgid(0, 0);
	alarm(120);
	if (m != NULL && (tls_config_set_keypair_mem(conf,
	    (const uint8_t *)m->cert, strlen(m->cert),
	    (const uint8_t *)m->key, strlen(m->key)) == -1 ||
	    tls_configure(srv, conf) == -1))
		_exit(2);
	for (nth = 0; (fd = accept(lfd, NULL, NULL)) != -1; nth++) {
		atomic_fetch_add(&counts->connections, 1);
		/* A process in between watches for the end. */
		if ((pid = fork()) == 0) {
			close(lfd);
			if ((pid = fork()) == 0)
				guest_run(fd, nth, srv, serve);
			close(fd);
			(void)waitpid(pid, &st, 0);
			atomic_fetch_sub(&counts->at_once, 1);
			_exit(0);
		}
		close(fd);
		while (waitpid(-1, NULL, WNOHANG) > 0)
			continue;
	}
	_exit(3);
}

/* Listen on a free port of 127.0.0.1, or at the path in `un'. */
static inline int
listen_at(struct sockaddr_in *sin, struct sockaddr_un *un)
{
	struct sockaddr *sa = un != NULL ? (struct sockaddr *)un :
	    (struct sockaddr *)sin;
	socklen_t len = un != NULL ? sizeof(*un) : sizeof(*sin);
	int lfd;

	ATF_REQUIRE((lfd = socket(sa->sa_family, SOCK_STREAM, 0)) != -1);
	ATF_REQUIRE_EQ(0, bind(lfd, sa, len));
	ATF_REQUIRE_EQ(0, listen(lfd, 64));
	ATF_REQUIRE_EQ(0, getsockname(lfd, sa, &len));
	return (lfd);
}

static inline void
make_counts(void)
{
	if (counts == NULL)
		counts = mmap(NULL, sizeof(*counts), PROT_READ | PROT_WRITE,
		    MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	ATF_REQUIRE(counts != MAP_FAILED);
	memset(counts, 0, sizeof(*counts));
}

/*
 * Start a source on a free port of 127.0.0.1, with TLS if `m' is not NULL; each
 * connection is served by serve().
 */
static inline void
source_start(struct source_server *s, const struct made *m,
    void (*serve)(struct guest *))
{
	struct sockaddr_in sin = { .sin_family = AF_INET };
	int lfd;

	sin.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	make_counts();
	lfd = listen_at(&sin, NULL);
	snprintf(s->name, sizeof(s->name), "%s://127.0.0.1:%d/verify",
	    m != NULL ? "https" : "http", ntohs(sin.sin_port));
	ATF_REQUIRE((s->pid = fork()) != -1);
	if (s->pid == 0)
		server_run(lfd, m, serve);
	close(lfd);
}

/* The same at a socket in the working directory. */
static inline void
source_start_local(struct source_server *s, void (*serve)(struct guest *))
{
	struct sockaddr_un un = { .sun_family = AF_UNIX };
	char dir[PATH_MAX];
	int lfd;

	make_counts();
	ATF_REQUIRE(getcwd(dir, sizeof(dir)) != NULL);
	ATF_REQUIRE((size_t)snprintf(s->name, sizeof(s->name),
	    "%s/tailscaled.sock", dir) < sizeof(un.sun_path));
	strlcpy(un.sun_path, s->name, sizeof(un.sun_path));
	lfd = listen_at(NULL, &un);
	ATF_REQUIRE((s->pid = fork()) != -1);
	if (s->pid == 0)
		server_run(lfd, NULL, serve);
	close(lfd);
}

/* End the source with all its connections. */
static inline void
source_stop(struct source_server *s)
{
	/* The server may not have its own group yet. */
	(void)setpgid(s->pid, s->pid);
	kill(-s->pid, SIGKILL);
	ATF_REQUIRE_EQ(s->pid, waitpid(s->pid, NULL, 0));
}

/* The process, its parent and admit */

static struct ipc_chan	*admit;		/* admit's end of the channel */

static inline void
tell_conf(enum ipc_verify_kind kind, const char *name, const char *cafile)
{
	struct ipc_msg_verify_conf m = { .source = {
	    .kind = kind, .name = name, .cafile = cafile } };

	ATF_REQUIRE_EQ(0, ipc_send_verify_conf(child, &m));
	ATF_REQUIRE_EQ(0, ipc_chan_flush(child, WAIT_MS));
}

/* Make a channel to admit; replaces an older one. */
static inline void
connect_admit(void)
{
	int sv[2];

	ipc_chan_free(admit);
	ATF_REQUIRE_EQ(0, socketpair(AF_UNIX, SOCK_STREAM, 0, sv));
	ATF_REQUIRE_EQ(0, ipc_send_verify_chan(child, sv[1]));
	ATF_REQUIRE_EQ(0, ipc_chan_flush(child, WAIT_MS));
	admit = ipc_chan_new(NULL, sv[0], ROLE_ADMIT, ROLE_VERIFY, NULL, NULL,
	    NULL);
	ATF_REQUIRE(admit != NULL);
}

static inline void
verify_start(enum ipc_verify_kind kind, const char *name, const char *cafile)
{
	child_fork(ROLE_VERIFY, verify_main, 0);
	tell_conf(kind, name, cafile);
	child_is_ready();
	connect_admit();
}

static inline void
verify_stop(void)
{
	ipc_chan_free(admit);
	admit = NULL;
	child_stop();
}

/* Ask about the key that begins with the byte `first'; it is the cookie too. */
static inline void
send_ask(unsigned int first)
{
	static const uint8_t addr[IPC_ADDRLEN] = {
		0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 192, 0, 2, 7
	};
	uint8_t key[IPC_KEYLEN] = { (uint8_t)first, 0xab };
	struct ipc_msg_verify_ask m = { first, key, addr };

	ATF_REQUIRE_EQ(0, ipc_send_verify_ask(admit, &m));
	ATF_REQUIRE_EQ(0, ipc_chan_flush(admit, WAIT_MS));
}

/* An answer as text: "yes", "no", or the reason of a failure. */
static inline const char *
answer_text(const struct ipc_msg_verify_answer *v)
{
	switch (v->answer) {
	case IPC_VERIFY_YES:
		ATF_CHECK_STREQ("", v->why);
		return ("yes");
	case IPC_VERIFY_NO:
		ATF_CHECK_STREQ("", v->why);
		return ("no");
	default:
		return (v->why);
	}
}

/* Receive the next answer; its text is valid until the next call. */
static inline const char *
next_answer(uint64_t *cookie)
{
	static char text[IPC_WHYSIZE];
	struct ipc_msg_verify_answer v;
	struct ipc_msg m;

	ATF_REQUIRE_EQ(0, ipc_chan_recv(admit, &m, WAIT_MS));
	ATF_REQUIRE_EQ(MSG_VERIFY_ANSWER, m.type);
	ATF_REQUIRE_EQ(0, ipc_get_verify_answer(&m.rd, &v));
	*cookie = v.cookie;
	strlcpy(text, answer_text(&v), sizeof(text));
	ipc_msg_free(&m);
	return (text);
}

/* Ask, and return the answer. */
static inline const char *
ask(unsigned int first)
{
	const char *text;
	uint64_t cookie;

	send_ask(first);
	text = next_answer(&cookie);
	ATF_CHECK_EQ(first, cookie);
	return (text);
}

/* Make a certificate for 127.0.0.1 and its CA file; returns the file's path. */
static inline const char *
make_ca(struct made *m)
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
