/*
 * keys_worker_test: the keys process within its sandbox, driven by fronts and
 * relay workers: logins, and fronts that flood it, stop reading or break the
 * protocol.
 */
#include <errno.h>
#include <sodium.h>
#include <stdlib.h>

#include "askfixture.h"
#include "ticket.h"

static uint8_t		 nonce[24];	/* of the next login */
static uint8_t		 client_pub[32], client_sec[32];

/* Queue a login for worker 1 with `text' and the nonce in force. */
static void
send_box(struct ipc_chan *c, uint64_t cookie, const uint8_t *node_pub,
    const void *text, size_t len)
{
	struct ipc_wr	 w;
	uint8_t		*box;

	ATF_REQUIRE((box = malloc(len + 16)) != NULL);
	ATF_REQUIRE_EQ(0, crypto_box_easy(box, text, len, nonce, node_pub,
	    client_sec));
	ipc_wr_init(&w);
	ipc_wr_u64(&w, cookie);
	ipc_wr_u32(&w, 1);
	ipc_wr_bytes(&w, client_pub, sizeof(client_pub));
	ipc_wr_bytes(&w, nonce, sizeof(nonce));
	ipc_wr_blob(&w, box, len + 16);
	ATF_REQUIRE_EQ(0, ipc_chan_send(c, MSG_LOGIN, &w, -1));
	ipc_wr_free(&w);
	free(box);
}

/* The same with a new nonce. */
static void
send_login(struct ipc_chan *c, uint64_t cookie, const uint8_t *node_pub,
    const void *text, size_t len)
{
	sodium_increment(nonce, sizeof(nonce));
	send_box(c, cookie, node_pub, text, len);
}

/* Receive a result; its ticket goes to `ticket'. */
static void
check_ticket(struct ipc_chan *c, uint64_t cookie, enum ipc_login_end end,
    uint32_t mesh, const char *text, uint8_t ticket[IPC_TICKET_LEN])
{
	struct ipc_msg	 m;
	const uint8_t	*p;
	size_t		 n;

	ATF_REQUIRE_EQ(0, ipc_chan_recv(c, &m, WAIT_MS));
	ATF_REQUIRE_EQ(MSG_LOGIN_RESULT, m.type);
	ATF_CHECK_EQ(cookie, ipc_rd_u64(&m.rd));
	ATF_CHECK_EQ(end, ipc_rd_u8(&m.rd));
	ipc_rd_bytes(&m.rd, ticket, IPC_TICKET_LEN);
	ATF_CHECK_EQ(mesh, ipc_rd_u32(&m.rd));
	p = ipc_rd_blob(&m.rd, &n);
	ATF_REQUIRE(p != NULL);
	if (text != NULL)
		ATF_CHECK(n == strlen(text) && memcmp(p, text, n) == 0);
	ATF_CHECK(ipc_rd_end(&m.rd));
	ipc_msg_free(&m);
}

static void
check_login(struct ipc_chan *c, uint64_t cookie, enum ipc_login_end end,
    uint32_t mesh, const char *text)
{
	uint8_t	 ticket[IPC_TICKET_LEN];

	check_ticket(c, cookie, end, mesh, text, ticket);
}

/* Give keys a secret for a worker: 32 times `byte'. */
static void
give_secret(uint32_t worker, int byte)
{
	uint8_t		 secret[IPC_TICKET_SECRETLEN];
	struct ipc_wr	 w;

	memset(secret, byte, sizeof(secret));
	ipc_wr_init(&w);
	ipc_wr_u32(&w, worker);
	ipc_wr_bytes(&w, secret, sizeof(secret));
	ATF_REQUIRE_EQ(0, ipc_chan_send(child, MSG_KEY_SECRET, &w, -1));
	ipc_wr_free(&w);
}

#define MESH	"00112233445566778899aabbccddeeff" \
		"00112233445566778899aabbccddeeff"
#define BLANK	"00000000000000000000000000000000" \
		"00000000000000000000000000000000"

/* Put the staged mesh key in force (`use' 1) or forget it (0). */
static void
commit_mesh(uint8_t use)
{
	struct ipc_wr	 w;
	char		 err[256];

	ipc_wr_init(&w);
	ipc_wr_u8(&w, use);
	ipc_wr_u32(&w, 0);
	ATF_CHECK_EQ(0, key_ask(MSG_KEY_RETAIN, &w, -1, err, 0, err));
}

ATF_TC_WITHOUT_HEAD(login);
ATF_TC_BODY(login, tc)
{
	const char	*text = "{\"meshKey\":\"" MESH "\"}";
	uint8_t		 node_pub[32];
	char		 err[256];
	struct ipc_chan	*c;

	start();
	crypto_box_keypair(client_pub, client_sec);
	give_secret(1, 1);
	ATF_REQUIRE_EQ(32, key_ask(MSG_KEY_NODE_NEW, NULL, empty_file("node"),
	    node_pub, sizeof(node_pub), err));
	c = worker_channel(1, KEYCHAN_BOX);
	send_login(c, 1, node_pub, text, strlen(text));
	ATF_REQUIRE_EQ(0, ipc_chan_flush(c, WAIT_MS));
	check_login(c, 1, IPC_LOGIN_OK, KEYS_NOOFFSET, text);

	ATF_REQUIRE_EQ(0, key_ask(MSG_KEY_MESH, NULL, text_file("mesh",
	    MESH "\n"), err, 0, err));
	send_login(c, 6, node_pub, text, strlen(text));
	ATF_REQUIRE_EQ(0, ipc_chan_flush(c, WAIT_MS));
	check_login(c, 6, IPC_LOGIN_OK, KEYS_NOOFFSET, text);
	commit_mesh(0);
	commit_mesh(1);		/* nothing is staged */
	send_login(c, 7, node_pub, text, strlen(text));
	ATF_REQUIRE_EQ(0, ipc_chan_flush(c, WAIT_MS));
	check_login(c, 7, IPC_LOGIN_OK, KEYS_NOOFFSET, text);
	ATF_REQUIRE_EQ(0, key_ask(MSG_KEY_MESH, NULL, text_file("mesh",
	    MESH "\n"), err, 0, err));
	commit_mesh(1);
	send_login(c, 2, node_pub, text, strlen(text));
	send_login(c, 3, client_pub, text, strlen(text));	/* not for us */
	send_login(c, 4, node_pub, "", 0);
	ATF_REQUIRE_EQ(0, ipc_chan_flush(c, WAIT_MS));
	check_login(c, 2, IPC_LOGIN_OK, 12, "{\"meshKey\":\"" BLANK "\"}");
	check_login(c, 3, IPC_LOGIN_BAD, KEYS_NOOFFSET, "");
	check_login(c, 4, IPC_LOGIN_OK, KEYS_NOOFFSET, "");

	ATF_CHECK_EQ(-1, key_ask(MSG_KEY_MESH, NULL, text_file("bad", "1"),
	    err, 0, err));
	ATF_REQUIRE_EQ(0, key_ask(MSG_KEY_MESH, NULL, -1, err, 0, err));
	commit_mesh(1);
	send_login(c, 5, node_pub, text, strlen(text));
	ATF_REQUIRE_EQ(0, ipc_chan_flush(c, WAIT_MS));
	check_login(c, 5, IPC_LOGIN_OK, KEYS_NOOFFSET, text);
	ipc_chan_free(c);
	child_stop();
}

/* Ask for a seal for the ticket on the channel; the bytes of the box. */
static size_t
ask_seal(struct ipc_chan *c, const uint8_t *number)
{
	struct ipc_msg_sealed	 v;
	struct ipc_msg		 m;
	struct ipc_wr		 w;
	size_t			 n;

	ipc_wr_init(&w);
	ipc_wr_u64(&w, 77);
	ipc_wr_bytes(&w, number, IPC_TICKET_NUMBERLEN);
	ipc_wr_blob(&w, "{\"version\":2}", 13);
	ATF_REQUIRE_EQ(0, ipc_chan_call(c, MSG_SEAL, &w, -1, &m, WAIT_MS));
	ipc_wr_free(&w);
	ATF_REQUIRE_EQ(MSG_SEALED, m.type);
	ATF_REQUIRE_EQ(0, ipc_get_sealed(&m.rd, &v));
	ATF_CHECK_EQ(77, v.cookie);
	ATF_CHECK_EQ(v.ok, v.box_len > 0);
	n = v.box_len;
	ipc_msg_free(&m);
	return (n);
}

/*
 * A box is opened once, for a ticket by which its worker, and no other, has
 * ServerInfo sealed; the same request sent again gets the same ticket.
 */
ATF_TC_WITHOUT_HEAD(tickets);
ATF_TC_BODY(tickets, tc)
{
	uint8_t			 node_pub[32], a[IPC_TICKET_LEN],
				 b[IPC_TICKET_LEN], secret[32];
	char			 err[256];
	struct ipc_chan		*c, *d, *own, *other;
	struct ipc_ticket_key	 k;
	struct ipc_ticket	 t;

	start();
	crypto_box_keypair(client_pub, client_sec);
	ATF_REQUIRE_EQ(32, key_ask(MSG_KEY_NODE_NEW, NULL, empty_file("node"),
	    node_pub, sizeof(node_pub), err));
	c = worker_channel(1, KEYCHAN_BOX);
	d = worker_channel(2, KEYCHAN_BOX);
	send_box(c, 5, node_pub, "{}", 2);
	ATF_REQUIRE_EQ(0, ipc_chan_flush(c, WAIT_MS));
	check_login(c, 5, IPC_LOGIN_NO_SECRET, KEYS_NOOFFSET, "");

	give_secret(1, 9);
	ATF_REQUIRE_EQ(0, ipc_chan_flush(child, WAIT_MS));
	ATF_CHECK_EQ(0, key_ask(MSG_KEY_MESH, NULL, -1, err, 0, err));
	send_box(c, 5, node_pub, "{}", 2);
	send_box(c, 5, node_pub, "{}", 2);
	send_box(d, 5, node_pub, "{}", 2);
	ATF_REQUIRE_EQ(0, ipc_chan_flush(c, WAIT_MS));
	ATF_REQUIRE_EQ(0, ipc_chan_flush(d, WAIT_MS));
	check_ticket(c, 5, IPC_LOGIN_OK, KEYS_NOOFFSET, "{}", a);
	check_ticket(c, 5, IPC_LOGIN_OK, KEYS_NOOFFSET, "{}", b);
	ATF_CHECK(memcmp(a, b, sizeof(a)) == 0);
	/* Its answer is lost with the channel: the front asks once more. */
	ipc_chan_free(c);
	c = worker_channel(1, KEYCHAN_BOX);
	send_box(c, 5, node_pub, "{}", 2);
	send_box(c, 6, node_pub, "{}", 2);
	ATF_REQUIRE_EQ(0, ipc_chan_flush(c, WAIT_MS));
	check_ticket(c, 5, IPC_LOGIN_OK, KEYS_NOOFFSET, "{}", b);
	ATF_CHECK(memcmp(a, b, sizeof(a)) == 0);
	check_ticket(c, 6, IPC_LOGIN_SEEN, KEYS_NOOFFSET, "", b);
	ATF_CHECK(sodium_is_zero(b, sizeof(b)));
	check_login(d, 5, IPC_LOGIN_SEEN, KEYS_NOOFFSET, "");
	memset(secret, 9, sizeof(secret));
	ipc_ticket_key_set(&k, 1, secret);
	ATF_REQUIRE_EQ(IPC_TICKET_GOOD, ipc_ticket_get(&k, IPC_TICKET_LOGIN, a,
	    &t));
	ATF_CHECK(memcmp(t.client, client_pub, sizeof(t.client)) == 0);
	ATF_CHECK_EQ(0, t.mesh);

	own = worker_channel(1, KEYCHAN_SEAL);
	other = worker_channel(2, KEYCHAN_SEAL);
	ATF_CHECK_EQ(0, ask_seal(other, t.number));
	ATF_CHECK_EQ(24 + 16 + 13, ask_seal(own, t.number));
	t.number[0] ^= 1;
	ATF_CHECK_EQ(0, ask_seal(own, t.number));
	/* Front 1 and relay worker 1 have nothing to do with each other. */
	send_login(c, 7, node_pub, "{}", 2);
	ATF_REQUIRE_EQ(0, ipc_chan_flush(c, WAIT_MS));
	check_login(c, 7, IPC_LOGIN_OK, KEYS_NOOFFSET, "{}");
	ipc_chan_free(c);
	ipc_chan_free(d);
	ipc_chan_free(own);
	ipc_chan_free(other);
	child_stop();
}

/*
 * A worker that does not read its results blocks neither itself nor the parent,
 * and does not fill keys' memory: keys stops reading its requests.
 */
ATF_TC_WITHOUT_HEAD(stuck_front);
ATF_TC_BODY(stuck_front, tc)
{
	const size_t		 size = 200 * 1024;
	const int		 many = 60;	/* three times keys' limit */
	uint8_t			 node_pub[32];
	char			 err[256], *text;
	struct ipc_chan		*box;
	int			 i;

	start();
	crypto_box_keypair(client_pub, client_sec);
	give_secret(1, 1);
	ATF_REQUIRE_EQ(32, key_ask(MSG_KEY_NODE_NEW, NULL, empty_file("node"),
	    node_pub, sizeof(node_pub), err));
	box = worker_channel(1, KEYCHAN_BOX);
	ATF_REQUIRE((text = calloc(1, size)) != NULL);
	for (i = 0; i < many; i++) {
		send_login(box, (uint64_t)i, node_pub, text, size);
		(void)ipc_chan_flush(box, 20);
		commit_mesh(0);
	}
	/* keys reads requests of these 12 MB up to its limit, then stops. */
	ATF_CHECK_EQ(-1, ipc_chan_flush(box, 500));
	ATF_CHECK_EQ(ETIMEDOUT, errno);
	commit_mesh(0);
	for (i = 0; i < many; i++) {
		(void)ipc_chan_flush(box, 0);
		check_login(box, (uint64_t)i, IPC_LOGIN_OK, KEYS_NOOFFSET,
		    NULL);
	}
	free(text);
	ipc_chan_free(box);
	child_stop();
}

ATF_TC_WITHOUT_HEAD(bad_fronts);
ATF_TC_BODY(bad_fronts, tc)
{
	uint8_t		 number[IPC_TICKET_NUMBERLEN] = { 0 };
	struct ipc_chan	*c, *d;
	struct ipc_wr	 w;

	start();
	crypto_box_keypair(client_pub, client_sec);
	/* A message of another kind of channel. */
	c = worker_channel(1, KEYCHAN_SIGNER);
	ATF_REQUIRE((d = ipc_chan_new(NULL, dup(ipc_chan_fd(c)), ROLE_FRONT,
	    ROLE_KEYS, NULL, NULL, NULL)) != NULL);
	send_login(d, 1, client_pub, "", 0);
	ATF_REQUIRE_EQ(0, ipc_chan_flush(d, WAIT_MS));
	check_closed(c);
	ipc_chan_free(d);
	/* A truncated message. */
	c = worker_channel(1, KEYCHAN_BOX);
	ipc_wr_init(&w);
	ipc_wr_u64(&w, 1);
	ATF_REQUIRE_EQ(0, ipc_chan_send(c, MSG_LOGIN, &w, -1));
	ipc_wr_free(&w);
	ATF_REQUIRE_EQ(0, ipc_chan_flush(c, WAIT_MS));
	check_closed(c);
	/* A new channel replaces only the old one of the same kind. */
	c = worker_channel(1, KEYCHAN_SEAL);
	ATF_CHECK_EQ(0, ask_seal(c, number));
	d = worker_channel(1, KEYCHAN_SIGNER);
	ATF_CHECK_EQ(0, ask_seal(c, number));
	ipc_chan_free(d);
	d = worker_channel(2, KEYCHAN_SEAL);
	ATF_CHECK_EQ(0, ask_seal(c, number));
	ipc_chan_free(d);
	d = worker_channel(1, KEYCHAN_SEAL);
	check_closed(c);
	ATF_CHECK_EQ(0, ask_seal(d, number));
	ipc_chan_free(d);
	child_stop();
}

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, login);
	ATF_TP_ADD_TC(tp, tickets);
	ATF_TP_ADD_TC(tp, stuck_front);
	ATF_TP_ADD_TC(tp, bad_fronts);
	return (atf_no_error());
}
