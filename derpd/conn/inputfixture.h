/*
 * inputfixture: for tests of input.c and records.c: a connection whose owner
 * notes its input, and does what some letters say.
 */
#ifndef INPUTFIXTURE_H
#define INPUTFIXTURE_H

#include <event2/event.h>

#include "records.h"
#include "wirefixture.h"

#define GOT	(1024 * 1024)

/*
 * Letters of the input:
 *	P	pause
 *	N	continue in the next turn
 *	W	the stream is wrapped from now on
 *	D	drain
 *	X	close
 *	R	handle `nested' as ciphertext, within this input
 */
struct input_client {
	struct conn	 conn;		/* the first member */
	char		 got[GOT + 1];	/* the input; < and > around what was
					   unwrapped */
	size_t		 n;
};

static struct conn_set *set;
static struct conn_stats stats;
static struct conn	*c;
static size_t		 bite;		/* most bytes of one call */
static unsigned int	 calls;
static uint8_t		 nested[100];
static size_t		 nnested;
static size_t		 read_most;

static inline struct input_client *
client_of(struct conn *k)
{
	return ((struct input_client *)(void *)k);
}

static void
note(struct conn *k, const void *p, size_t n)
{
	struct input_client *cl = client_of(k);

	ATF_REQUIRE(cl->n + n <= GOT);
	memcpy(cl->got + cl->n, p, n);
	cl->n += n;
	cl->got[cl->n] = '\0';
}

static size_t
fake_input(struct conn *k, const uint8_t *p, size_t n)
{
	size_t i;

	ATF_REQUIRE(n > 0);
	calls++;
	for (i = 0; i < n && i < bite; ) {
		note(k, p + i, 1);
		switch (p[i++]) {
		case 'P':
			conn_pause(k, PAUSE_LOGIN);
			return (i);
		case 'N':
			conn_next_turn(k);
			return (i);
		case 'W':
			k->wrapped = 1;
			return (i);
		case 'D':
			conn_drain(k);
			return (i);
		case 'X':
			conn_close(k, "test");
			return (i);
		case 'R':
			conn_records(k, nested, nnested);
			return (i);
		}
	}
	return (i);
}

/* What is wrapped is fed in twos. */
static void
fake_unwrap(struct conn *k, const uint8_t *p, size_t n)
{
	size_t i;

	note(k, "<", 1);
	for (i = 0; i < n && !k->dead; i += 2)
		(void)conn_feed(k, p + i, n - i < 2 ? n - i : 2);
	note(k, ">", 1);
}

static void
fake_received(struct conn *k, uint8_t *p, size_t n)
{
	if (k->plain)
		conn_plain(k, p, n);
	else
		conn_records_received(k, p, n);
}

static void
fake_work(struct conn *k)
{
	conn_work_plain(k);
	if (!k->dead && k->paused == 0 && !k->plain)
		conn_work_records(k);
}

static size_t
fake_read_size(const struct conn *k)
{
	(void)k;
	return (read_most);
}

static int
fake_pending(const struct conn *k)
{
	(void)k;
	return (0);
}

static size_t
fake_gather(struct conn *k, size_t n, size_t max)
{
	(void)k;
	(void)max;
	return (n);
}

static void
fake_expired(struct conn *k)
{
	conn_close(k, "timed out");
}

static void
fake_leave(struct conn *k)
{
	(void)k;
}

static void
fake_free(struct conn *k)
{
	conn_end(k);
	free(client_of(k));
}

static struct conn_ops ops = {
	.received = fake_received,
	.input = fake_input,
	.work = fake_work,
	.read_size = fake_read_size,
	.unwrap = fake_unwrap,
	.encrypt = conn_records_write,
	.encrypt_pieces = conn_records_write_pieces,
	.end = conn_records_close,
	.pending = fake_pending,
	.gather = fake_gather,
	.expired = fake_expired,
	.leave = fake_leave,
	.free = fake_free
};

/* Add a connection on the descriptor `fd', -1 for none. */
static inline struct conn *
client(int fd)
{
	static const uint8_t addr[16];
	struct input_client *cl = calloc(1, sizeof(*cl));

	ATF_REQUIRE(cl != NULL);
	conn_begin(set, &cl->conn, fd, addr, 0);
	cl->conn.state = CONN_UP;
	cl->conn.plain = 1;
	ATF_REQUIRE_EQ(conn_input_begin(&cl->conn), 0);
	conn_add(&cl->conn);
	return (&cl->conn);
}

/* Begin with one connection, on `fd'. */
static inline void
set_up(int fd)
{
	ATF_REQUIRE((set = calloc(1, sizeof(*set))) != NULL);
	ATF_REQUIRE((set->base = event_base_new()) != NULL);
	conn_set_init(set, &ops, &wire_ops, &stats, 16, NULL);
	wire_begin();
	bite = SIZE_MAX;
	read_most = CONN_IN_SIZE;
	calls = 0;
	c = client(fd);
}

static inline void
tear_down(void)
{
	struct conn *k;

	TAILQ_FOREACH(k, &set->conns, entry)
		conn_close(k, "test");
	conn_reap(set);
	ATF_CHECK(!conn_more(set));
	net_record_cache_free(&set->records);
	event_base_free(set->base);
	free(set);
}

static inline const char *
got(void)
{
	return (client_of(c)->got);
}

#endif
