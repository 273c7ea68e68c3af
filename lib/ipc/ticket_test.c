/*
 * ticket_test: tickets are read as they were made; changed, of another kind,
 * worker or start they are not.
 */
#include <atf-c.h>
#include <sodium.h>
#include <string.h>

#include "ticket.h"

#define STARTLEN	IPC_TICKET_STARTLEN

static struct ipc_ticket_key	 key;
static struct ipc_ticket	 made;
static uint8_t			 secret[IPC_TICKET_SECRETLEN];

/* Write a ticket for worker 3 to `p'. */
static void
make(uint8_t p[IPC_TICKET_LEN])
{
	ATF_REQUIRE(sodium_init() != -1);
	memset(secret, 7, sizeof(secret));
	ipc_ticket_key_set(&key, 3, secret);
	memset(made.client, 0xc1, sizeof(made.client));
	memset(made.number, 0x4e, sizeof(made.number));
	made.us = 0x0102030405060708ULL;
	made.mesh = 1;
	ipc_ticket_put(&key, IPC_TICKET_LOGIN, &made, p);
}

static void
want(enum ipc_ticket_check result, const struct ipc_ticket_key *k,
    enum ipc_ticket_kind kind, const uint8_t *p)
{
	static const struct ipc_ticket none;
	struct ipc_ticket t;

	memset(&t, 0xff, sizeof(t));
	ATF_CHECK_EQ(result, ipc_ticket_get(k, kind, p, &t));
	if (result != IPC_TICKET_GOOD)
		ATF_CHECK(memcmp(&t, &none, sizeof(t)) == 0);
}

ATF_TC_WITHOUT_HEAD(as_made);
ATF_TC_BODY(as_made, tc)
{
	uint8_t p[IPC_TICKET_LEN], q[IPC_TICKET_LEN];
	struct ipc_ticket t;
	int mesh;

	for (mesh = 0; mesh < 2; mesh++) {
		make(p);
		made.mesh = mesh;
		ipc_ticket_put(&key, IPC_TICKET_LOGIN, &made, p);
		ATF_REQUIRE_EQ(IPC_TICKET_GOOD, ipc_ticket_get(&key,
		    IPC_TICKET_LOGIN, p, &t));
		ATF_CHECK(memcmp(t.client, made.client, sizeof(t.client)) == 0);
		ATF_CHECK(memcmp(t.number, made.number, sizeof(t.number)) == 0);
		ATF_CHECK_EQ(made.us, t.us);
		ATF_CHECK_EQ(mesh, t.mesh);
		ipc_ticket_put(&key, IPC_TICKET_LOGIN, &made, q);
		ATF_CHECK(memcmp(p, q, sizeof(p)) == 0);
	}
}

/* The layout is fixed, and the secret is not in it. */
ATF_TC_WITHOUT_HEAD(layout);
ATF_TC_BODY(layout, tc)
{
	uint8_t p[IPC_TICKET_LEN];
	size_t i;

	make(p);
	for (i = 0; i < 8; i++)
		ATF_CHECK_EQ(i + 1, p[STARTLEN + i]);
	ATF_CHECK(memcmp(p + 16, made.number, 16) == 0);
	ATF_CHECK(memcmp(p + 32, made.client, 32) == 0);
	ATF_CHECK_EQ(1, p[64]);
	for (i = 0; i + STARTLEN <= sizeof(p); i++)
		ATF_CHECK(memcmp(p + i, secret, STARTLEN) != 0);
}

/* Every bit counts. */
ATF_TC_WITHOUT_HEAD(changed);
ATF_TC_BODY(changed, tc)
{
	uint8_t p[IPC_TICKET_LEN];
	size_t i;

	make(p);
	for (i = 0; i < 8 * sizeof(p); i++) {
		p[i / 8] ^= (uint8_t)(1 << i % 8);
		want(i / 8 < STARTLEN ? IPC_TICKET_OTHER_START :
		    IPC_TICKET_FORGED, &key, IPC_TICKET_LOGIN, p);
		p[i / 8] ^= (uint8_t)(1 << i % 8);
	}
	want(IPC_TICKET_GOOD, &key, IPC_TICKET_LOGIN, p);
	want(IPC_TICKET_FORGED, &key, (enum ipc_ticket_kind)2, p);
}

/* A ticket for another worker, or an earlier start of it, is no forgery. */
ATF_TC_WITHOUT_HEAD(other_start);
ATF_TC_BODY(other_start, tc)
{
	uint8_t p[IPC_TICKET_LEN];
	struct ipc_ticket_key other;

	make(p);
	ipc_ticket_key_set(&other, 4, secret);
	want(IPC_TICKET_OTHER_START, &other, IPC_TICKET_LOGIN, p);
	/* Even under its name. */
	memcpy(p, other.start, sizeof(other.start));
	want(IPC_TICKET_FORGED, &other, IPC_TICKET_LOGIN, p);
	make(p);
	secret[31] ^= 1;
	ipc_ticket_key_set(&other, 3, secret);
	want(IPC_TICKET_OTHER_START, &other, IPC_TICKET_LOGIN, p);
	memcpy(p, other.start, sizeof(other.start));
	want(IPC_TICKET_FORGED, &other, IPC_TICKET_LOGIN, p);
}

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, as_made);
	ATF_TP_ADD_TC(tp, layout);
	ATF_TP_ADD_TC(tp, changed);
	ATF_TP_ADD_TC(tp, other_start);
	return (atf_no_error());
}
