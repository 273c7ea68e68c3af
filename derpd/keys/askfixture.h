/*
 * askfixture: sends requests to a keys process, as its parent, as a front and
 * as a relay worker, and receives the results, and what it sends to signers.
 * For tests of the whole process.
 */
#ifndef ASKFIXTURE_H
#define ASKFIXTURE_H

#include <sys/socket.h>
#include <atf-c.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "certs.h"
#include "chan.h"
#include "keyhash.h"
#include "keys.h"
#include "keysfixture.h"

/* An empty file, open for reading and writing. */
static inline int
empty_file(const char *name)
{
	int	 fd;

	ATF_REQUIRE((fd = open(name, O_RDWR | O_CREAT | O_TRUNC, 0600)) != -1);
	return (fd);
}

static inline int
reopen(const char *name)
{
	int	 fd;

	ATF_REQUIRE((fd = open(name, O_RDONLY)) != -1);
	return (fd);
}

static inline int
text_file(const char *name, const char *text)
{
	int	 fd = empty_file(name);

	ATF_REQUIRE_EQ((ssize_t)strlen(text), write(fd, text, strlen(text)));
	close(fd);
	return (reopen(name));
}

/*
 * Send a request and receive its MSG_KEY_RESULT: the length of the result in
 * `out', or -1 with `err' filled in.  Frees `w'.
 */
static inline long
key_ask(uint32_t type, struct ipc_wr *w, int fd, void *out, size_t size,
    char *err)
{
	struct ipc_msg	 m;
	const uint8_t	*p;
	uint8_t		 ok;
	size_t		 n;

	ATF_REQUIRE_EQ(0, ipc_chan_call(child, type, w, fd, &m, WAIT_MS));
	if (w != NULL)
		ipc_wr_free(w);
	ATF_REQUIRE_EQ(MSG_KEY_RESULT, m.type);
	ok = ipc_rd_u8(&m.rd);
	ipc_rd_str(&m.rd, err, 256);
	p = ipc_rd_blob(&m.rd, &n);
	ATF_REQUIRE(ipc_rd_end(&m.rd));
	ATF_REQUIRE(n <= size);
	ATF_CHECK_EQ(ok != 0, err[0] == '\0');
	memcpy(out, p, n);
	ipc_msg_free(&m);
	return (ok ? (long)n : -1);
}

/* A channel of this kind. */
static inline struct ipc_chan *
worker_channel(unsigned int worker, enum ipc_keychan kind)
{
	struct ipc_chan	*c;
	struct ipc_wr	 w;
	int		 sv[2];

	ATF_REQUIRE_EQ(0, socketpair(AF_UNIX, SOCK_STREAM, 0, sv));
	ipc_wr_init(&w);
	ipc_wr_u32(&w, worker);
	ipc_wr_u8(&w, (uint8_t)kind);
	ATF_REQUIRE_EQ(0, ipc_chan_send(child, MSG_KEY_CHAN, &w, sv[1]));
	ATF_REQUIRE_EQ(0, ipc_chan_flush(child, WAIT_MS));
	ipc_wr_free(&w);
	c = ipc_chan_new(NULL, sv[0], kind == KEYCHAN_ACME ? ROLE_ACME :
	    kind == KEYCHAN_SEAL ? ROLE_RELAY :
	    kind == KEYCHAN_MESH ? ROLE_MESH :
	    kind == KEYCHAN_SIGNER ? ROLE_SIGNER : ROLE_FRONT, ROLE_KEYS, NULL,
	    NULL, NULL);
	ATF_REQUIRE(c != NULL);
	return (c);
}

static inline struct parent_cert *
selfsign(char *err)
{
	char			 pem[KEYS_PEMSIZE];
	struct parent_cert	*c;
	struct ipc_wr		 w;
	long			 n;

	ipc_wr_init(&w);
	ipc_wr_u32(&w, 2);
	ipc_wr_str(&w, "relay.example.org");
	ipc_wr_str(&w, "192.0.2.1");
	n = key_ask(MSG_KEY_SELFSIGN, &w, empty_file("tls"), pem, sizeof(pem),
	    err);
	ATF_REQUIRE_MSG(n > 0, "%s", err);
	c = parent_cert_parse("self-signed", pem, (size_t)n, err, 256);
	ATF_REQUIRE_MSG(c != NULL, "%s", err);
	return (c);
}

/*
 * The next message to a signer, which must be there already, is a key; its hash
 * goes to `hash'.
 */
static inline void
signer_key(struct ipc_chan *c, uint8_t hash[IPC_KEYHASH_LEN])
{
	struct ipc_msg_signer_key v;
	const unsigned char	*p;
	struct ipc_msg		 m;
	EVP_PKEY		*pkey;

	ATF_REQUIRE_EQ(0, ipc_chan_recv(c, &m, 0));
	ATF_REQUIRE_EQ(MSG_SIGNER_KEY, m.type);
	ATF_REQUIRE_EQ(0, ipc_get_signer_key(&m.rd, &v));
	p = v.der;
	pkey = d2i_AutoPrivateKey(NULL, &p, (long)v.len);
	ATF_REQUIRE(pkey != NULL);
	ATF_REQUIRE_EQ(0, base_keyhash_pkey(pkey, hash));
	EVP_PKEY_free(pkey);
	ipc_msg_free(&m);
}

/* The same for the list of keys to retain, which has these `n' hashes. */
static inline void
signer_list(struct ipc_chan *c, const uint8_t *hashes, uint32_t n)
{
	struct ipc_msg_signer_retain v;
	struct ipc_msg		 m;

	ATF_REQUIRE_EQ(0, ipc_chan_recv(c, &m, 0));
	ATF_REQUIRE_EQ(MSG_SIGNER_RETAIN, m.type);
	ATF_REQUIRE_EQ(0, ipc_get_signer_retain(&m.rd, &v));
	ATF_REQUIRE_EQ(n, v.nhashes);
	ATF_CHECK(memcmp(hashes, v.hashes, (size_t)n * IPC_KEYHASH_LEN) == 0);
	ipc_msg_free(&m);
}

/* Nothing more is there for a signer. */
static inline void
signer_none(struct ipc_chan *c)
{
	struct ipc_msg	 m;

	ATF_CHECK_EQ(-1, ipc_chan_recv(c, &m, 0));
	ATF_CHECK(ipc_chan_fd(c) != -1);
}

/* Tell keys to drop all TLS keys but one. */
static inline void
retain(const uint8_t hash[IPC_KEYHASH_LEN])
{
	struct ipc_wr	 w;
	char		 err[256];

	ipc_wr_init(&w);
	ipc_wr_u8(&w, 0);
	ipc_wr_u32(&w, 1);
	ipc_wr_bytes(&w, hash, IPC_KEYHASH_LEN);
	ATF_CHECK_EQ(0, key_ask(MSG_KEY_RETAIN, &w, -1, err, 0, err));
}

/* The other end has closed the channel. */
static inline void
check_closed(struct ipc_chan *c)
{
	struct ipc_msg	 m;

	ATF_CHECK_EQ(-1, ipc_chan_recv(c, &m, WAIT_MS));
	ATF_CHECK_EQ(-1, ipc_chan_fd(c));
	ipc_chan_free(c);
}

#endif
