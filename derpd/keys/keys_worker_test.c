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

/* Queue a login for worker 1 with this nonce and box. */
static void
send_sealed(struct ipc_chan *c, uint64_t cookie, const uint8_t *with,
    const uint8_t *box, size_t len)
{
	struct ipc_msg_login	 v = { .cookie = cookie, .worker = 1,
				    .client = client_pub, .nonce = with,
				    .box = box, .box_len = len };

	ATF_REQUIRE_EQ(0, ipc_send_login(c, &v));
}

/* The same with `text' and the nonce in force. */
static void
send_box(struct ipc_chan *c, uint64_t cookie, const uint8_t *node_pub,
    const void *text, size_t len)
{
	uint8_t		*box;

	ATF_REQUIRE((box = malloc(len + 16)) != NULL);
	ATF_REQUIRE_EQ(0, crypto_box_easy(box, text, len, nonce, node_pub,
	    client_sec));
	send_sealed(c, cookie, nonce, box, len + 16);
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

/* Stage a mesh key; the length of its hash. */
static long
mesh_file(const char *text)
{
	uint8_t	 hash[IPC_MESHHASH_LEN];
	char	 err[256];

	return (key_ask(MSG_KEY_MESH, NULL, text_file("mesh", text), hash,
	    sizeof(hash), err));
}

ATF_TC_WITHOUT_HEAD(login);
ATF_TC_BODY(login, tc)
{
	const char	*text = "{\"meshKey\":\"" MESH "\"}";
	const char	*blank = "{\"meshKey\":\"" BLANK "\"}";
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
	check_login(c, 1, IPC_LOGIN_OK, KEYS_NOOFFSET, blank);

	ATF_REQUIRE_EQ(IPC_MESHHASH_LEN, mesh_file(MESH "\n"));
	send_login(c, 6, node_pub, text, strlen(text));
	ATF_REQUIRE_EQ(0, ipc_chan_flush(c, WAIT_MS));
	check_login(c, 6, IPC_LOGIN_OK, KEYS_NOOFFSET, blank);
	commit_mesh(0);
	commit_mesh(1);		/* nothing is staged */
	send_login(c, 7, node_pub, text, strlen(text));
	ATF_REQUIRE_EQ(0, ipc_chan_flush(c, WAIT_MS));
	check_login(c, 7, IPC_LOGIN_OK, KEYS_NOOFFSET, blank);
	ATF_REQUIRE_EQ(IPC_MESHHASH_LEN, mesh_file(MESH "\n"));
	commit_mesh(1);
	send_login(c, 2, node_pub, text, strlen(text));
	send_login(c, 3, client_pub, text, strlen(text));	/* not for us */
	send_login(c, 4, node_pub, "", 0);
	ATF_REQUIRE_EQ(0, ipc_chan_flush(c, WAIT_MS));
	check_login(c, 2, IPC_LOGIN_OK, 12, blank);
	check_login(c, 3, IPC_LOGIN_BAD, KEYS_NOOFFSET, "");
	check_login(c, 4, IPC_LOGIN_OK, KEYS_NOOFFSET, "");

	ATF_CHECK_EQ(-1, key_ask(MSG_KEY_MESH, NULL, text_file("bad", "1"),
	    err, 0, err));
	ATF_REQUIRE_EQ(0, key_ask(MSG_KEY_MESH, NULL, -1, err, 0, err));
	commit_mesh(1);
	send_login(c, 5, node_pub, text, strlen(text));
	ATF_REQUIRE_EQ(0, ipc_chan_flush(c, WAIT_MS));
	check_login(c, 5, IPC_LOGIN_OK, KEYS_NOOFFSET, blank);
	ipc_chan_free(c);
	child_stop();
}

#define INFO	"{\"version\":2}"

/*
 * Ask for a seal for that key, by the number of a ticket; nonce and box go to
 * `sealed'.  Returns their bytes.
 */
static size_t
get_seal(struct ipc_chan *c, const uint8_t *number, const uint8_t *client,
    uint8_t sealed[BOX_SEALEDSIZE])
{
	struct ipc_msg_seal	 ask = { .cookie = 77, .number = number,
				    .client = client, .info = INFO,
				    .info_len = strlen(INFO) };
	struct ipc_msg_sealed	 v;
	struct ipc_msg		 m;
	size_t			 n;

	ATF_REQUIRE_EQ(0, ipc_send_seal(c, &ask));
	ATF_REQUIRE_EQ(0, ipc_chan_flush(c, WAIT_MS));
	ATF_REQUIRE_EQ(0, ipc_chan_recv(c, &m, WAIT_MS));
	ATF_REQUIRE_EQ(MSG_SEALED, m.type);
	ATF_REQUIRE_EQ(0, ipc_get_sealed(&m.rd, &v));
	ATF_CHECK_EQ(77, v.cookie);
	ATF_CHECK_EQ(v.ok, v.box_len > 0);
	n = v.box_len;
	ATF_REQUIRE(n <= BOX_SEALEDSIZE);
	memcpy(sealed, v.box, n);
	ipc_msg_free(&m);
	return (n);
}

/* The same for the client, which must open it if it is sealed. */
static size_t
ask_seal(struct ipc_chan *c, const uint8_t *number, const uint8_t *node_pub)
{
	uint8_t	 sealed[BOX_SEALEDSIZE], text[BOX_MAXINFO];
	size_t	 n = get_seal(c, number, client_pub, sealed);

	if (n == 0)
		return (0);
	ATF_REQUIRE_EQ(0, crypto_box_open_easy(text, sealed + 24, n - 24,
	    sealed, node_pub, client_sec));
	ATF_CHECK(memcmp(text, INFO, strlen(INFO)) == 0);
	return (n);
}

/*
 * A box is opened once, for a ticket by which its worker has ServerInfo sealed;
 * the same request sent again gets the same ticket.
 */
ATF_TC_WITHOUT_HEAD(tickets);
ATF_TC_BODY(tickets, tc)
{
	uint8_t			 node_pub[32], a[IPC_TICKET_LEN],
				 b[IPC_TICKET_LEN], secret[32];
	char			 err[256];
	uint8_t			 low_order[IPC_KEYLEN] = { 0 },
				 sealed[BOX_SEALEDSIZE];
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
	ATF_CHECK_EQ(24 + 16 + 13, ask_seal(own, t.number, node_pub));
	/* Whoever asks without the ticket gets it for the key. */
	ATF_CHECK_EQ(24 + 16 + 13, ask_seal(other, t.number, node_pub));
	t.number[0] ^= 1;
	ATF_CHECK_EQ(24 + 16 + 13, ask_seal(own, t.number, node_pub));
	ATF_CHECK_EQ(0, get_seal(own, t.number, low_order, sealed));
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

/* The boxes that a client may send back are not opened: each is refused. */
static void
check_refused(uint8_t boxes[2][BOX_SEALEDSIZE], size_t n,
    const uint8_t *node_pub)
{
	struct ipc_chan	*c;
	unsigned int	 i;

	give_secret(1, 1);
	c = worker_channel(1, KEYCHAN_BOX);
	for (i = 0; i < 2; i++) {
		send_sealed(c, i, boxes[i], boxes[i] + 24, n - 24);
		ATF_REQUIRE_EQ(0, ipc_chan_flush(c, WAIT_MS));
		check_login(c, i, IPC_LOGIN_BAD, KEYS_NOOFFSET, "");
	}
	/* The same text in a box of the client's own is opened. */
	send_login(c, 2, node_pub, INFO, strlen(INFO));
	ATF_REQUIRE_EQ(0, ipc_chan_flush(c, WAIT_MS));
	check_login(c, 2, IPC_LOGIN_OK, KEYS_NOOFFSET, INFO);
	ipc_chan_free(c);
}

/*
 * ServerInfo that comes back as the ClientInfo of its client is no login, also
 * after a restart of keys.
 */
ATF_TC_WITHOUT_HEAD(sent_back);
ATF_TC_BODY(sent_back, tc)
{
	uint8_t			 node_pub[32], ticket[IPC_TICKET_LEN],
				 boxes[2][BOX_SEALEDSIZE];
	char			 err[256];
	struct ipc_chan		*c;
	size_t			 n;

	start();
	crypto_box_keypair(client_pub, client_sec);
	give_secret(1, 1);
	ATF_REQUIRE_EQ(32, key_ask(MSG_KEY_NODE_NEW, NULL, empty_file("node"),
	    node_pub, sizeof(node_pub), err));
	c = worker_channel(1, KEYCHAN_BOX);
	send_login(c, 9, node_pub, INFO, strlen(INFO));
	ATF_REQUIRE_EQ(0, ipc_chan_flush(c, WAIT_MS));
	check_ticket(c, 9, IPC_LOGIN_OK, KEYS_NOOFFSET, INFO, ticket);
	ipc_chan_free(c);
	c = worker_channel(1, KEYCHAN_SEAL);
	/* By the number of its ticket, which is behind start and time. */
	n = get_seal(c, ticket + 16, client_pub, boxes[0]);
	ATF_REQUIRE_EQ(n, get_seal(c, ticket, client_pub, boxes[1]));
	ATF_REQUIRE_EQ(24 + 16 + 13, n);
	ipc_chan_free(c);
	check_refused(boxes, n, node_pub);
	child_stop();

	start();
	ATF_REQUIRE_EQ(32, key_ask(MSG_KEY_NODE, NULL, reopen("node"), node_pub,
	    sizeof(node_pub), err));
	check_refused(boxes, n, node_pub);
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
	ATF_CHECK_EQ(0, ask_seal(c, number, NULL));
	d = worker_channel(1, KEYCHAN_SIGNER);
	ATF_CHECK_EQ(0, ask_seal(c, number, NULL));
	ipc_chan_free(d);
	d = worker_channel(2, KEYCHAN_SEAL);
	ATF_CHECK_EQ(0, ask_seal(c, number, NULL));
	ipc_chan_free(d);
	d = worker_channel(1, KEYCHAN_SEAL);
	check_closed(c);
	ATF_CHECK_EQ(0, ask_seal(d, number, NULL));
	ipc_chan_free(d);
	child_stop();
}

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, login);
	ATF_TP_ADD_TC(tp, tickets);
	ATF_TP_ADD_TC(tp, sent_back);
	ATF_TP_ADD_TC(tp, stuck_front);
	ATF_TP_ADD_TC(tp, bad_fronts);
	return (atf_no_error());
}
