/*
 * raw_group: cases about groups of clients, each limit by its value.  Clients 1
 * to 4 are in the group that groups_test.sh configures, 8 to 10 in none.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "raw.h"

#define RATE		65536	/* bytes a second, */
#define BURST		65568	/* as groups_test.sh configures them */
#define FRAME		1024	/* bytes, so that no TLS record splits one */
#define PACKET		(FRAME - FRAME_HDR_LEN - FRAME_KEY_LEN)
#define NUMBER		256	/* frames of each client */

/* Print the lines of the keys file for these clients. */
void
group_keys(void)
{
	static const unsigned int clients[] = { 1, 2, 3, 4, 8, 9, 10 };
	uint8_t pub[32], sec[32];
	unsigned int i, k;

	for (i = 0; i < sizeof(clients) / sizeof(clients[0]); i++) {
		fixed_keys(clients[i], pub, sec);
		printf("nodekey:");
		for (k = 0; k < sizeof(pub); k++)
			printf("%02x", pub[k]);
		printf("%s # client %u\n", clients[i] < 8 ? " group staff" :
		    "", clients[i]);
	}
}

static void
send_packets(struct sess *s, const uint8_t *key, unsigned int n)
{
	const uint8_t zeros[PACKET] = { 0 };
	uint8_t *all = calloc(n, FRAME);
	unsigned int i;

	if (all == NULL)
		fail("out of memory");
	for (i = 0; i < n; i++) {
		uint8_t *p = all + (size_t)i * FRAME;

		net_frame_put_hdr(p, FRAME_SEND_PACKET, FRAME - FRAME_HDR_LEN);
		memcpy(p + FRAME_HDR_LEN, key, FRAME_KEY_LEN);
		memcpy(p + FRAME_HDR_LEN + FRAME_KEY_LEN, zeros, PACKET);
	}
	conn_write(s->c, all, (size_t)n * FRAME);
	free(all);
}

/* Receive the next packet.  Return 0 if it is of `a', 1 if it is of `b'. */
static int
next_of(struct sess *s, const struct sess *a, const struct sess *b)
{
	const struct frame *f = sess_next(s);

	if (f->type != FRAME_RECV_PACKET || f->len != FRAME_KEY_LEN + PACKET)
		fail("got frame type %#x of %u bytes", f->type, f->len);
	if (memcmp(f->p, a->pub, FRAME_KEY_LEN) == 0)
		return (0);
	if (memcmp(f->p, b->pub, FRAME_KEY_LEN) != 0)
		fail("a packet from another key");
	return (1);
}

/*
 * Two clients of a group, at two workers or one, share its rate in equal parts;
 * others are not held up.  All send no more than `burst' bytes at once.
 */
static void
share(uint64_t burst)
{
	struct sess *a = sess_login_fixed(1), *b = sess_login_fixed(2);
	struct sess *to = sess_login_fixed(9), *other = sess_login_fixed(8);
	struct sess *third = sess_login_fixed(10);
	unsigned int n[2] = { 0, 0 }, i, less = 0;
	int64_t start = now_ms(), age;
	uint64_t most;

	if (strstr(a->info, "\"TokenBucketBytesPerSecond\":65536,"
	    "\"TokenBucketBytesBurst\":65568") == NULL)
		fail("ServerInfo does not contain the rate: %s", a->info);
	if (strstr(other->info, "TokenBucket") != NULL)
		fail("ServerInfo of another client: %s", other->info);
	ready();
	send_packets(a, to->pub, NUMBER);
	send_packets(b, to->pub, NUMBER);
	for (i = 0; i < 2 * NUMBER; i++) {
		n[next_of(to, a, b)]++;
		age = now_ms() - start + 1;
		most = burst + (uint64_t)age * RATE / 1000;
		if ((i + 1) * (uint64_t)FRAME > most)
			fail("%llu bytes after %lld ms", (i + 1) *
			    (unsigned long long)FRAME, (long long)age);
		if (less == 0 && (n[0] == NUMBER || n[1] == NUMBER))
			less = n[n[0] == NUMBER];
		if (i % 64 == 0)
			exchange(other, third);
	}
	if (less < NUMBER / 2)
		fail("one client had sent %d frames when the other one had "
		    "sent %u", NUMBER, less);
	report("%d frames each; when one had sent all, the other %u", NUMBER,
	    less);
	want_alive(a);
	want_alive(b);
}

/* The burst may be used at one worker, and for a moment at another one, too. */
void
group_rate(void)
{
	share(BURST + BURST / 2);
}

/* A new admit permits a burst. */
void
group_rate_again(void)
{
	share(2 * BURST + BURST / 2);
}

/* A client in no group is admitted. */
void
group_none(void)
{
	sess_close(sess_login_fixed(8), 0);
}

/*
 * A group may send 1 MiB a month: then its clients are closed, and not admitted
 * any more, but others are.
 */
void
group_quota(void)
{
	struct sess *a = sess_login_fixed(1), *idle = sess_login_fixed(2);
	struct sess *to = sess_login_fixed(9);
	unsigned int i;

	/* Slowly, as the use is known every 100 ms. */
	for (i = 0; i < 900; i += 100) {
		send_packets(a, to->pub, 100);
		want_alive(a);
		usleep(100000);
	}
	sess_close(sess_login_fixed(3), 0);
	send_packets(a, to->pub, 200);
	want_end_why(a, "quota");
	want_end_why(idle, "quota");
	group_over();
	while (sess_try_next(to, 200) != NULL)
		continue;
	want_alive(to);
}

/* It stays so. */
void
group_over(void)
{
	want_login_refused(1, "quota");
	want_login_refused(3, "quota");
	group_none();
}

/* Its clients are admitted. */
void
group_open(void)
{
	sess_close(sess_login_fixed(1), 0);
	sess_close(sess_login_fixed(3), 0);
}

/* A group may have two connections. */
void
group_connections(void)
{
	struct sess *a = sess_login_fixed(1), *b = sess_login_fixed(2);
	int64_t until = now_ms() + WAIT_MS;
	struct sess *s;

	want_login_refused(3, "connections");
	want_login_refused(1, "connections");
	group_none();
	sess_close(a, 0);
	/* The server sees the end, and keeps no place for long. */
	while ((s = sess_try_login_fixed(3)) == NULL)
		if (now_ms() > until)
			fail("no login after another client has left");
	want_login_refused(4, "connections");
	want_alive(b);
	want_alive(s);
}

/* Clients 1 and 2 speak to each other until SIGTERM; 3 and 8 may be closed. */
void
group_stay(void)
{
	struct sess *a = sess_login_fixed(1), *b = sess_login_fixed(2);

	sess_login_fixed(3);
	sess_login_fixed(8);
	wait_term(a, b);
}
