/*
 * signer_test: a signer within its sandbox, driven by its parent, keys and its
 * front.
 */
#include <sys/resource.h>
#include <openssl/evp.h>
#include <signal.h>

#include "childpeer.h"
#include "keyhash.h"
#include "keymake.h"
#include "signer.h"

static struct ipc_chan	*keys, *front;	/* the other ends */
static EVP_PKEY		*pkey[2];
static uint8_t		 hash[2][IPC_KEYHASH_LEN];
static uint64_t		 cookie;

/* Give the signer a channel by the message `type'; returns the other end. */
static struct ipc_chan *
channel(uint32_t type, enum ipc_role role)
{
	struct ipc_chan *c;
	int sv[2];

	ATF_REQUIRE_EQ(0, socketpair(AF_UNIX, SOCK_STREAM, 0, sv));
	ATF_REQUIRE_EQ(0, ipc_chan_send(child, type, NULL, sv[1]));
	ATF_REQUIRE_EQ(0, ipc_chan_flush(child, WAIT_MS));
	c = ipc_chan_new(NULL, sv[0], role, ROLE_SIGNER, NULL, NULL, NULL);
	ATF_REQUIRE(c != NULL);
	return (c);
}

static void
new_keys(void)
{
	keys = channel(MSG_SIGNER_KEYS, ROLE_KEYS);
}

static void
new_front(void)
{
	front = channel(MSG_SIGNER_FRONT, ROLE_FRONT);
}

/* Start a signer with both channels, and make two keys. */
static void
start(void)
{
	int i;

	child_fork(ROLE_SIGNER, signer_main, 0);
	child_is_ready();
	for (i = 0; i < 2; i++) {
		pkey[i] = base_test_make(EVP_PKEY_EC, NID_X9_62_prime256v1);
		ATF_REQUIRE_EQ(0, base_keyhash_pkey(pkey[i], hash[i]));
	}
	new_keys();
	new_front();
}

static void
stop(void)
{
	ipc_chan_free(keys);
	ipc_chan_free(front);
	child_stop();
}

/* Send key `i' from keys. */
static void
give(int i)
{
	struct ipc_msg_signer_key v;
	unsigned char *der = NULL;
	int n = i2d_PrivateKey(pkey[i], &der);

	ATF_REQUIRE(n > 0);
	v.der = der;
	v.len = (size_t)n;
	ATF_REQUIRE_EQ(0, ipc_send_signer_key(keys, &v));
	ATF_REQUIRE_EQ(0, ipc_chan_flush(keys, WAIT_MS));
	OPENSSL_free(der);
}

/* Send the list of the first `n' keys. */
static void
retain(uint32_t n)
{
	struct ipc_msg_signer_retain v = { n, hash[0] };

	ATF_REQUIRE_EQ(0, ipc_send_signer_retain(keys, &v));
	ATF_REQUIRE_EQ(0, ipc_chan_flush(keys, WAIT_MS));
}

/* Request a signature with key `i', as the front does. */
static void
ask(int i)
{
	static const uint8_t digest[32] = { 3 };
	struct ipc_msg_sign v = { .hash = hash[i], .alg = SIGN_ECDSA,
	    .in = digest, .len = sizeof(digest) };

	v.cookie = ++cookie;
	ATF_REQUIRE_EQ(0, ipc_send_sign(front, &v));
	ATF_REQUIRE_EQ(0, ipc_chan_flush(front, WAIT_MS));
}

/* Receive the answer within `ms'.  1: key `i' signed, 0: refused, -1: none. */
static int
answered(int i, int ms)
{
	static const uint8_t digest[32] = { 3 };
	struct ipc_msg_signature v;
	struct ipc_msg m;
	EVP_PKEY_CTX *ctx;
	int rv;

	if (ipc_chan_recv(front, &m, ms) == -1) {
		ATF_REQUIRE_EQ(ETIMEDOUT, errno);
		return (-1);
	}
	ATF_REQUIRE_EQ(MSG_SIGNED, m.type);
	ATF_REQUIRE_EQ(0, ipc_get_signature(&m.rd, &v));
	ATF_CHECK_EQ(cookie, v.cookie);
	if ((rv = v.ok) != 0) {
		ATF_REQUIRE((ctx = EVP_PKEY_CTX_new(pkey[i], NULL)) != NULL);
		ATF_REQUIRE_EQ(1, EVP_PKEY_verify_init(ctx));
		ATF_CHECK_EQ(1, EVP_PKEY_verify(ctx, v.bytes, v.len, digest,
		    sizeof(digest)));
		EVP_PKEY_CTX_free(ctx);
	}
	ipc_msg_free(&m);
	return (rv);
}

/* The signer reports that it has no channel to keys. */
static void
keyless(void)
{
	struct ipc_msg m;

	ATF_REQUIRE_EQ(0, ipc_chan_recv(child, &m, WAIT_MS));
	ATF_CHECK_EQ(MSG_SIGNER_KEYLESS, m.type);
	ipc_msg_free(&m);
}

/* The signer has closed the channel. */
static void
closed(struct ipc_chan *c)
{
	struct ipc_msg m;

	ATF_CHECK_EQ(-1, ipc_chan_recv(c, &m, WAIT_MS));
	ATF_CHECK_EQ(EPIPE, errno);
	ipc_chan_free(c);
}

ATF_TC_WITHOUT_HEAD(signs);
ATF_TC_BODY(signs, tc)
{
	start();
	give(0);
	give(1);
	retain(2);
	ask(1);
	ATF_CHECK_EQ(1, answered(1, WAIT_MS));
	ask(0);
	ATF_CHECK_EQ(1, answered(0, WAIT_MS));
	retain(1);
	ask(1);
	ATF_CHECK_EQ(0, answered(1, WAIT_MS));
	ask(0);
	ATF_CHECK_EQ(1, answered(0, WAIT_MS));
	stop();
}

/* A key that was sent before a request is found, also when both wait. */
ATF_TC_WITHOUT_HEAD(in_order);
ATF_TC_BODY(in_order, tc)
{
	int i, status;

	start();
	retain(0);
	ask(0);
	ATF_CHECK_EQ(0, answered(0, WAIT_MS));
	for (i = 0; i < 20; i++) {
		ATF_REQUIRE_EQ(0, kill(child_pid, SIGSTOP));
		ATF_REQUIRE_EQ(child_pid, waitpid(child_pid, &status,
		    WUNTRACED));
		give(i % 2);
		ask(i % 2);
		ATF_REQUIRE_EQ(0, kill(child_pid, SIGCONT));
		ATF_CHECK_EQ(1, answered(i % 2, WAIT_MS));
		retain(0);
		ask(i % 2);
		ATF_CHECK_EQ(0, answered(i % 2, WAIT_MS));
	}
	stop();
}

/*
 * A request with an unknown key waits until keys has sent all; known ones are
 * used meanwhile, and while keys is away.
 */
ATF_TC_WITHOUT_HEAD(waits);
ATF_TC_BODY(waits, tc)
{
	start();
	ask(0);
	ATF_CHECK_EQ(-1, answered(0, 200));
	give(1);
	ATF_CHECK_EQ(-1, answered(0, 200));
	give(0);
	ATF_CHECK_EQ(1, answered(0, WAIT_MS));
	retain(1);
	ask(1);
	ATF_CHECK_EQ(0, answered(1, WAIT_MS));

	/* keys ends: what is here stays. */
	ipc_chan_free(keys);
	keyless();
	ask(0);
	ATF_CHECK_EQ(1, answered(0, WAIT_MS));
	ask(1);
	ATF_CHECK_EQ(-1, answered(1, 200));
	/* The next keys drops what is not retained. */
	new_keys();
	ATF_CHECK_EQ(-1, answered(1, 200));
	give(1);
	ATF_CHECK_EQ(1, answered(1, WAIT_MS));
	ask(0);
	ATF_CHECK_EQ(1, answered(0, WAIT_MS));
	retain(0);
	ask(0);
	ATF_CHECK_EQ(0, answered(0, WAIT_MS));
	stop();
}

/* A new front has nothing of the old one, and gets its own answers. */
ATF_TC_WITHOUT_HEAD(workers);
ATF_TC_BODY(workers, tc)
{
	struct ipc_chan *old;

	start();
	give(0);
	ask(1);
	ATF_CHECK_EQ(-1, answered(1, 200));
	old = front;
	new_front();
	closed(old);
	ask(0);
	ATF_CHECK_EQ(1, answered(0, WAIT_MS));
	/* One that ends while it waits. */
	ask(1);
	ATF_CHECK_EQ(-1, answered(1, 200));
	ipc_chan_free(front);
	new_front();
	ask(0);
	ATF_CHECK_EQ(1, answered(0, WAIT_MS));
	stop();
}

/* Whoever breaks the protocol loses its channel, and nothing else ends. */
ATF_TC_WITHOUT_HEAD(rubbish);
ATF_TC_BODY(rubbish, tc)
{
	struct ipc_msg_signer_key bad = { "rubbish", 7 };
	struct ipc_wr w;

	start();
	give(0);
	ipc_wr_init(&w);
	ipc_wr_u64(&w, 1);
	ATF_REQUIRE_EQ(0, ipc_chan_send(front, MSG_SIGN, &w, -1));
	ipc_wr_free(&w);
	ATF_REQUIRE_EQ(0, ipc_chan_flush(front, WAIT_MS));
	closed(front);
	new_front();
	ask(0);
	ATF_CHECK_EQ(1, answered(0, WAIT_MS));

	ATF_REQUIRE_EQ(0, ipc_send_signer_key(keys, &bad));
	ATF_REQUIRE_EQ(0, ipc_chan_flush(keys, WAIT_MS));
	closed(keys);
	keyless();
	new_keys();
	give(1);
	ask(1);
	ATF_CHECK_EQ(1, answered(1, WAIT_MS));
	ask(0);
	ATF_CHECK_EQ(1, answered(0, WAIT_MS));
	stop();
}

/* A front that reads nothing: no more is read from it until it does. */
ATF_TC_WITHOUT_HEAD(stuck_worker);
ATF_TC_BODY(stuck_worker, tc)
{
	static const uint8_t digest[32] = { 3 };
	struct ipc_msg_sign v = { .hash = hash[0], .alg = SIGN_ECDSA,
	    .in = digest, .len = sizeof(digest) };
	const uint64_t many = 5000;
	struct ipc_msg_signature a;
	struct ipc_msg m;
	uint64_t i;

	start();
	give(0);
	for (i = 1; i <= many; i++) {
		v.cookie = i;
		ATF_REQUIRE_EQ(0, ipc_send_sign(front, &v));
	}
	ATF_CHECK_EQ(-1, ipc_chan_flush(front, 1000));
	ATF_CHECK_EQ(ETIMEDOUT, errno);
	/* The signer is not held up by it. */
	ATF_REQUIRE_EQ(0, ipc_chan_ping(child));
	ATF_REQUIRE_EQ(0, ipc_chan_flush(child, WAIT_MS));
	ATF_CHECK_EQ(-1, ipc_chan_recv(child, &m, 200));
	ATF_CHECK_EQ(0, ipc_chan_owes_pong(child));
	for (i = 1; i <= many; i++) {
		(void)ipc_chan_flush(front, 0);
		ATF_REQUIRE_EQ(0, ipc_chan_recv(front, &m, WAIT_MS));
		ATF_REQUIRE_EQ(0, ipc_get_signature(&m.rd, &a));
		ATF_REQUIRE_EQ(i, a.cookie);
		ipc_msg_free(&m);
	}
	stop();
}

/* Sessions come first. */
ATF_TC_WITHOUT_HEAD(priority);
ATF_TC_BODY(priority, tc)
{
	int own = getpriority(PRIO_PROCESS, 0);

	start();
	ATF_CHECK_EQ(own > 14 ? 19 : own + 5,
	    getpriority(PRIO_PROCESS, (id_t)child_pid));
	stop();
}

ATF_TC_WITHOUT_HEAD(parent_gone);
ATF_TC_BODY(parent_gone, tc)
{
	start();
	child_leave();
}

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, signs);
	ATF_TP_ADD_TC(tp, in_order);
	ATF_TP_ADD_TC(tp, waits);
	ATF_TP_ADD_TC(tp, workers);
	ATF_TP_ADD_TC(tp, rubbish);
	ATF_TP_ADD_TC(tp, stuck_worker);
	ATF_TP_ADD_TC(tp, priority);
	ATF_TP_ADD_TC(tp, parent_gone);
	return (atf_no_error());
}
