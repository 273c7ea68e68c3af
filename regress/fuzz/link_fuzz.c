/*
 * link_fuzz: any bytes from a relay, at once and in pieces, give the bridge's
 * worker the same packets and news, and packets stay where they are until the
 * end of a read.  The first byte is the size of a piece.  A seed may be text:
 * "hex:" and digits.
 */
#include <sys/socket.h>
#include <event2/event.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "hex.h"
#include "linkpriv.h"

int	LLVMFuzzerTestOneInput(const uint8_t *, size_t);

#define MAX_HELD	(WORKER_LINK_IN / (FRAME_HDR_LEN + FRAME_KEY_LEN) + 1)
#define PIECE		16384	/* bytes that the socket takes in any case */

static struct held {
	const uint8_t	*p;
	size_t		 n;
} held[MAX_HELD];
static size_t	 nheld;
static uint64_t	 sum;		/* of all calls */

static void
must(int ok)
{
	if (!ok)
		abort();
}

static void
note(char what, const void *p, size_t n)
{
	const uint8_t *b = p;

	sum = sum * 31 + (uint64_t)what + n;
	while (n-- > 0)
		sum = sum * 31 + *b++;
}

static void
on_packet(struct worker_link *l, const uint8_t src[FRAME_KEY_LEN], uint8_t *p,
    size_t n, void *arg)
{
	(void)arg;
	must(!l->dead && n <= FRAME_MAX_PACKET && nheld < MAX_HELD);
	note('k', src, FRAME_KEY_LEN);
	held[nheld].p = p;
	held[nheld++].n = n;
}

/* Packets of a read count at its end: so news is not noted between them. */
static void
on_read_over(struct worker_link *l, void *arg)
{
	uint64_t packets = 0;
	size_t i, j;

	(void)l;
	(void)arg;
	for (i = 0; i < nheld; i++)
		for (j = 0; j < held[i].n; j++)
			packets += held[i].p[j] * (uint64_t)(j + 1);
	*(uint64_t *)arg += packets;
	nheld = 0;
}

static void
on_gone(struct worker_link *l, const uint8_t key[FRAME_KEY_LEN], uint8_t reason,
    void *arg)
{
	(void)arg;
	must(!l->dead);
	note('g', key, FRAME_KEY_LEN);
	note('r', &reason, 1);
}

static void
on_health(struct worker_link *l, void *arg)
{
	size_t n = strlen(l->health), i;

	(void)arg;
	must(n < sizeof(l->health));
	for (i = 0; i < n; i++)
		must(l->health[i] >= ' ' && l->health[i] <= '~');
	note('h', l->health, n);
}

static void
on_ended(struct worker_link *l, void *arg)
{
	(void)arg;
	must(l->dead);
}

static const struct worker_link_ops ops = {
	.packet = on_packet,
	.read_over = on_read_over,
	.gone = on_gone,
	.health = on_health,
	.ended = on_ended
};

/* All of it, up to `piece' bytes at a time. */
static uint64_t
run(struct worker_links *links, const uint8_t *p, size_t n, size_t piece)
{
	static struct worker_outqueue queue;
	struct net_transport t;
	struct worker_link l;
	uint64_t packets = 0;
	size_t k;
	int sv[2];

	sum = 0;
	memset(&l, 0, sizeof(l));
	worker_outqueue_init(&queue);
	l.shared = links;
	l.ops = &ops;
	l.arg = &packets;
	l.queue = &queue;
	must(socketpair(AF_UNIX, SOCK_STREAM, 0, sv) == 0);
	must(fcntl(sv[0], F_SETFL, O_NONBLOCK) == 0);
	net_transport_init(&t);
	t.fd = sv[0];
	must(worker_link_begin(&l, &t, p, 0, 1) == 0);
	worker_link_read(&l, 1);
	for (; n > 0 && !l.dead; p += k, n -= k) {
		k = n < piece ? n : piece;
		if (k > PIECE)
			k = PIECE;
		must(write(sv[1], p, k) == (ssize_t)k);
		worker_link_read(&l, 1);
	}
	must(l.control_len <= sizeof(l.control));
	must(l.saved.size <= WORKER_LINK_FRAME);
	note('w', l.why, strlen(l.why));
	note('m', &l.reconnect_ms, sizeof(l.reconnect_ms));
	worker_link_end(&l);
	close(sv[1]);
	return (sum + packets * 7);
}

static void
all(struct worker_links *links, const uint8_t *data, size_t size)
{
	uint64_t whole;

	if (size < 1)
		return;
	whole = run(links, data + 1, size - 1, size);
	must(whole == run(links, data + 1, size - 1, 1 + data[0] % 64u));
	must(whole == run(links, data + 1, size - 1, 1 + data[0] * 16u));
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct worker_links *links;
	static struct event_base *base;
	uint8_t bytes[8192];
	char hex[2 * sizeof(bytes) + 1];
	size_t n;

	if (base == NULL) {
		must((base = event_base_new()) != NULL);
		links = worker_links_new(base);
	}
	if (size < 4 || memcmp(data, "hex:", 4) != 0) {
		all(links, data, size);
		return 0;
	}
	n = (size - 4) / 2;
	if (n > sizeof(bytes))
		return 0;
	memcpy(hex, data + 4, 2 * n);
	hex[2 * n] = '\0';
	if (base_hex_get(bytes, n, hex) == 0)
		all(links, bytes, n);
	return 0;
}
