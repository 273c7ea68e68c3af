/*
 * keys_ticket_test: which login boxes get a ticket, and for how long ServerInfo
 * can be sealed.
 */
#include <atf-c.h>
#include <sodium.h>
#include <string.h>

#include "keys_ticket.h"
#include "ticket.h"

#define SEC		1000000ULL
#define LIFE		(KEYS_TICKET_SECS * SEC)

static const uint8_t	 client[IPC_KEYLEN] = { 0xc1 };
static const uint8_t	 first_secret[IPC_TICKET_SECRETLEN] = { 1 };
static uint8_t		 ticket[IPC_TICKET_LEN];	/* the last one */
static uint64_t		 now = 1000 * SEC;

static void
set_up(void)
{
	ATF_REQUIRE(sodium_init() != -1);
	ATF_REQUIRE_EQ(0, keys_ticket_preload());
	keys_ticket_secret(3, first_secret);
}

/* Login number `n' for worker 3, as request `cookie' of process `from'. */
static enum ipc_login_end
login(uint32_t n, uint32_t from, uint64_t cookie)
{
	uint8_t nonce[IPC_NONCELEN] = { 0 }, shared[KEYS_SHAREDLEN];
	struct keys_ticket_login l = { .client = client, .nonce = nonce,
	    .shared = shared, .mesh = n % 2 != 0, .worker = 3, .from = from,
	    .cookie = cookie };

	memcpy(nonce, &n, sizeof(n));
	memset(shared, (int)(n % 255) + 1, sizeof(shared));
	return (keys_ticket_make(&l, now, ticket));
}

/* Read the last ticket. */
static struct ipc_ticket
made(const uint8_t *secret)
{
	struct ipc_ticket_key k;
	struct ipc_ticket t;

	ipc_ticket_key_set(&k, 3, secret);
	ATF_REQUIRE_EQ(IPC_TICKET_GOOD, ipc_ticket_get(&k, IPC_TICKET_LOGIN,
	    ticket, &t));
	return (t);
}

/* Is the shared secret of login `n' there? */
static int
has(uint32_t n, const struct ipc_ticket *t)
{
	const uint8_t *p = keys_ticket_shared(3, t->number, now);

	if (p == NULL)
		return (0);
	ATF_CHECK_EQ((uint8_t)(n % 255 + 1), p[0]);
	ATF_CHECK_EQ((uint8_t)(n % 255 + 1), p[KEYS_SHAREDLEN - 1]);
	return (1);
}

ATF_TC_WITHOUT_HEAD(once);
ATF_TC_BODY(once, tc)
{
	struct ipc_ticket a, b;

	set_up();
	ATF_REQUIRE_EQ(IPC_LOGIN_OK, login(1, 0, 1));
	a = made(first_secret);
	ATF_CHECK(memcmp(a.client, client, sizeof(client)) == 0);
	ATF_CHECK_EQ(1, a.mesh);
	ATF_CHECK_EQ(now, a.us);
	ATF_REQUIRE_EQ(IPC_LOGIN_OK, login(2, 0, 2));
	b = made(first_secret);
	ATF_CHECK_EQ(0, b.mesh);
	ATF_CHECK(memcmp(a.number, b.number, sizeof(a.number)) != 0);
	/* Sent by another client, process, or as another request. */
	ATF_CHECK_EQ(IPC_LOGIN_SEEN, login(1, 0, 3));
	ATF_CHECK_EQ(IPC_LOGIN_SEEN, login(1, 1, 1));
	now += 1000 * LIFE;
	ATF_CHECK_EQ(IPC_LOGIN_SEEN, login(1, 0, 1));
}

/* A request whose answer was lost gets the same ticket, of the same age. */
ATF_TC_WITHOUT_HEAD(again);
ATF_TC_BODY(again, tc)
{
	uint8_t first[IPC_TICKET_LEN];
	struct ipc_ticket t;

	set_up();
	ATF_REQUIRE_EQ(IPC_LOGIN_OK, login(1, 0, 1));
	memcpy(first, ticket, sizeof(first));
	t = made(first_secret);
	ATF_REQUIRE_EQ(IPC_LOGIN_OK, login(2, 0, 2));
	now += LIFE;
	ATF_REQUIRE_EQ(IPC_LOGIN_OK, login(1, 0, 1));
	ATF_CHECK(memcmp(first, ticket, sizeof(first)) == 0);
	ATF_CHECK(has(1, &t));
	now++;
	ATF_CHECK_EQ(IPC_LOGIN_SEEN, login(1, 0, 1));
	ATF_CHECK(!has(1, &t));
}

/* Each start of a worker has a secret; only the worker asks for its seals. */
ATF_TC_WITHOUT_HEAD(secrets);
ATF_TC_BODY(secrets, tc)
{
	static const uint8_t second[IPC_TICKET_SECRETLEN] = { 2 };
	struct ipc_ticket a, b;

	set_up();
	ATF_REQUIRE_EQ(IPC_LOGIN_OK, login(1, 0, 1));
	a = made(first_secret);
	keys_ticket_secret(3, first_secret);	/* of the same start */
	ATF_CHECK(has(1, &a));
	ATF_CHECK(keys_ticket_shared(4, a.number, now) == NULL);
	keys_ticket_secret(4, second);
	ATF_CHECK(has(1, &a));
	keys_ticket_secret(3, second);
	ATF_CHECK(!has(1, &a));
	ATF_REQUIRE_EQ(IPC_LOGIN_OK, login(2, 0, 2));
	b = made(second);
	ATF_CHECK(has(2, &b));
	a.number[0] ^= 1;
	ATF_CHECK(!has(1, &a));
}

/* A login that waited for a worker that was restarted gets a new ticket. */
ATF_TC_WITHOUT_HEAD(restarted);
ATF_TC_BODY(restarted, tc)
{
	static const uint8_t second[IPC_TICKET_SECRETLEN] = { 2 };
	uint8_t first[IPC_TICKET_LEN];
	struct ipc_ticket a, b;
	const uint8_t *p;

	set_up();
	ATF_REQUIRE_EQ(IPC_LOGIN_OK, login(1, 0, 1));
	a = made(first_secret);
	p = keys_ticket_shared(3, a.number, now);
	ATF_REQUIRE(p != NULL);
	keys_ticket_secret(3, second);
	ATF_CHECK(sodium_is_zero(p, KEYS_SHAREDLEN));
	now += LIFE - 1;
	ATF_CHECK(!has(1, &a));
	/* Another request with the box is still refused. */
	ATF_CHECK_EQ(IPC_LOGIN_SEEN, login(1, 0, 2));
	ATF_CHECK_EQ(IPC_LOGIN_SEEN, login(1, 1, 1));
	ATF_REQUIRE_EQ(IPC_LOGIN_OK, login(1, 0, 1));
	b = made(second);
	ATF_CHECK_EQ(now, b.us);
	ATF_CHECK_EQ(1, b.mesh);
	ATF_CHECK(memcmp(a.number, b.number, sizeof(a.number)) != 0);
	ATF_CHECK(has(1, &b));
	ATF_CHECK(!has(1, &a));
	/* Asked again, it is the same. */
	memcpy(first, ticket, sizeof(first));
	now++;
	ATF_REQUIRE_EQ(IPC_LOGIN_OK, login(1, 0, 1));
	ATF_CHECK(memcmp(first, ticket, sizeof(first)) == 0);
	/* All that counts from the first request. */
	now++;
	ATF_CHECK(!has(1, &b));
	ATF_CHECK_EQ(IPC_LOGIN_SEEN, login(1, 0, 1));
	ATF_CHECK_EQ(0, keys_ticket_expire(now));
	ATF_CHECK(sodium_is_zero(p, KEYS_SHAREDLEN));
}

/* Without a secret of the worker there is no ticket, and the box stays good. */
ATF_TC_WITHOUT_HEAD(no_secret);
ATF_TC_BODY(no_secret, tc)
{
	ATF_REQUIRE(sodium_init() != -1);
	ATF_REQUIRE_EQ(0, keys_ticket_preload());
	ATF_CHECK_EQ(IPC_LOGIN_NO_SECRET, login(1, 0, 1));
	set_up();
	ATF_CHECK_EQ(IPC_LOGIN_OK, login(1, 0, 9));
}

/* Shared secrets are zeroed when they are 10 s old. */
ATF_TC_WITHOUT_HEAD(zeroed);
ATF_TC_BODY(zeroed, tc)
{
	struct ipc_ticket t[3];
	const uint8_t *p[3];
	uint32_t i;

	set_up();
	ATF_CHECK_EQ(0, keys_ticket_expire(now));
	for (i = 0; i < 3; i++) {
		ATF_REQUIRE_EQ(IPC_LOGIN_OK, login(i, 0, i));
		t[i] = made(first_secret);
		p[i] = keys_ticket_shared(3, t[i].number, now);
		ATF_REQUIRE(p[i] != NULL);
		now += SEC;
	}
	now += LIFE - 3 * SEC;
	for (i = 0; i < 3; i++) {
		ATF_CHECK_EQ(1, keys_ticket_expire(now));
		ATF_CHECK(!sodium_is_zero(p[i], KEYS_SHAREDLEN));
		ATF_CHECK_EQ(i < 2, keys_ticket_expire(now + 1));
		ATF_CHECK(sodium_is_zero(p[i], KEYS_SHAREDLEN));
		now += SEC;
	}
}

/* A flood: the oldest give way, whatever the time. */
ATF_TC_WITHOUT_HEAD(bounded);
ATF_TC_BODY(bounded, tc)
{
	static struct ipc_ticket t[2 * KEYS_TICKET_KEPT];
	const uint32_t n = 2 * KEYS_TICKET_KEPT;
	uint32_t i;

	set_up();
	for (i = 0; i < n; i++) {
		ATF_REQUIRE_EQ(IPC_LOGIN_OK, login(i, 0, i));
		t[i] = made(first_secret);
		ATF_REQUIRE(has(i, &t[i]));
	}
	for (i = 0; i < n; i++)
		ATF_REQUIRE_EQ(i >= KEYS_TICKET_KEPT, has(i, &t[i]));
	/* An early one: its place has another one now. */
	ATF_CHECK_EQ(IPC_LOGIN_SEEN, login(5, 0, 5));
	ATF_CHECK_EQ(IPC_LOGIN_OK, login(n - 5, 0, n - 5));
	now += LIFE + 1;
	ATF_CHECK_EQ(0, keys_ticket_expire(now));
	ATF_CHECK_EQ(IPC_LOGIN_OK, login(n, 0, n));
	t[0] = made(first_secret);
	ATF_CHECK(has(n, &t[0]));
}

/*
 * A front that was taken over asks for logins with keys of its own until the
 * box of a mesh peer is not among the last ones any more.
 */
ATF_TC_WITHOUT_HEAD(flushed);
ATF_TC_BODY(flushed, tc)
{
	struct ipc_ticket t;
	uint32_t n;

	set_up();
	ATF_REQUIRE_EQ(IPC_LOGIN_OK, login(1, 0, 7));
	now += 3600 * SEC;
	for (n = 2; n < 2 + 2 * KEYS_TICKET_BOXES; n += 2)
		ATF_REQUIRE_EQ(IPC_LOGIN_OK, login(n, 1, n));
	ATF_CHECK_EQ(IPC_LOGIN_SEEN, login(1, 1, 9));
	ATF_CHECK_EQ(IPC_LOGIN_SEEN, login(1, 0, 7));
	/* A refused one does not disturb those that follow. */
	ATF_REQUIRE_EQ(IPC_LOGIN_OK, login(n, 1, n));
	t = made(first_secret);
	ATF_CHECK(has(n, &t));
	ATF_REQUIRE_EQ(IPC_LOGIN_OK, login(3, 1, 3));
	t = made(first_secret);
	ATF_CHECK_EQ(1, t.mesh);
	ATF_CHECK(has(3, &t));
}

/* One that is too old among mesh peers' boxes is known among all boxes. */
ATF_TC_WITHOUT_HEAD(mesh_boxes);
ATF_TC_BODY(mesh_boxes, tc)
{
	uint32_t n;

	set_up();
	for (n = 1; n < 1 + 2 * KEYS_TICKET_MESH_BOXES; n += 2)
		ATF_REQUIRE_EQ(IPC_LOGIN_OK, login(n, 0, n));
	now += LIFE + 1;
	ATF_CHECK_EQ(IPC_LOGIN_SEEN, login(1, 0, 1));
	ATF_REQUIRE_EQ(IPC_LOGIN_OK, login(n, 0, n));
	ATF_CHECK_EQ(IPC_LOGIN_SEEN, login(1, 0, 1));
}

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, once);
	ATF_TP_ADD_TC(tp, again);
	ATF_TP_ADD_TC(tp, secrets);
	ATF_TP_ADD_TC(tp, restarted);
	ATF_TP_ADD_TC(tp, no_secret);
	ATF_TP_ADD_TC(tp, zeroed);
	ATF_TP_ADD_TC(tp, bounded);
	ATF_TP_ADD_TC(tp, flushed);
	ATF_TP_ADD_TC(tp, mesh_boxes);
	return (atf_no_error());
}
