/*
 * soak: many random clients of all kinds against a derpd; called by soak.sh.
 *
 *	soak -p port -P plainport -s seed -t seconds [-a actions] [-c slots]
 *	    [-m meshkeyfile] [-M map] ... [-n name] [-S] [-v] [-x script]
 *
 * Every choice depends on the seed; the interleaving of clients does not.  Each
 * client chooses its lifetime and how it ends; every packet contains its
 * source.  The run fails, with exit 1, as soon as a client sees a failure:
 * bytes that were not sent to it, a connection that others caused to end, an
 * answer that is missing.  It touches only the server; a script acts on the
 * daemon itself.
 */
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <sodium.h>

#include "soak.h"

/* longer pauses of this program excuse the daemon */
#define STALL_MS	1000

struct soak_options opt = {
	.host = "127.0.0.1",
	.name = "relay.test",
	.slots = 64,
	.ms = 5000
};
struct bot bots[MAX_SLOTS];
struct map_bytes maps[4];
unsigned int nmaps;
struct counts counts;
int64_t now;

static int64_t ends_until, fronts_until, handshakes_until;

void
fail(const char *fmt, ...)
{
	va_list ap;

	printf("soak: FAIL: ");
	va_start(ap, fmt);
	vprintf(fmt, ap);
	va_end(ap);
	printf(" (seed %llu)\n", (unsigned long long)opt.seed);
	fflush(stdout);
	_exit(1);
}

void
bot_fail(const struct bot *b, const char *fmt, ...)
{
	char what[512];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(what, sizeof(what), fmt, ap);
	va_end(ap);
	fail("%s %u.%u%s%s%s, %lld ms old: %s", b->kind->name, b->slot,
	    b->gen, b->derp != NULL && b->derp->ws ? ", WebSocket" : "",
	    b->derp != NULL && b->derp->busy ? ", busy" : "",
	    b->w.ssl != NULL && SSL_version(b->w.ssl) == TLS1_2_VERSION ?
	    ", TLS 1.2" : "", (long long)(now - b->born), what);
}

int64_t
base_clock_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ((int64_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000);
}

void
excuse_ends(int64_t ms)
{
	unsigned int i;

	if (ends_until < now + ms)
		ends_until = now + ms;
	/* HTTP clients read pending input first, and see the end much later. */
	for (i = 0; i < opt.slots; i++)
		if (bots[i].state != BOT_NONE && bots[i].kind == &kind_web)
			bots[i].may_end = 1;
}

void
excuse_front(int64_t ms)
{
	unsigned int i;

	if (fronts_until < now + ms)
		fronts_until = now + ms;
	for (i = 0; i < opt.slots; i++)
		if (bots[i].state != BOT_NONE && bots[i].kind == &kind_web)
			bots[i].may_end = 1;
}

void
excuse_handshakes(int64_t ms)
{
	if (handshakes_until < now + ms)
		handshakes_until = now + ms;
}

void
bot_leave(struct bot *b, enum soak_leave how)
{
	b->is_over = 1;
	b->leave = how;
}

void
bot_start(unsigned int slot, const struct soak_kind *kind)
{
	struct bot *b = &bots[slot];
	unsigned int gen = b->gen + 1;

	memset(b, 0, sizeof(*b));
	b->kind = kind;
	b->slot = slot;
	b->gen = gen;
	rnd_init(&b->rnd, opt.seed, slot, gen);
	b->state = BOT_CONNECT;
	b->born = b->act_at = b->owed_at = now;
	b->owed = "a handshake";
	kind->start(b);
}

/* Return the kind of client of the slot, which never changes. */
static const struct soak_kind *
kind_of(unsigned int slot)
{
	switch (slot % 16) {
	case 9:
		return (&kind_mesh);
	case 10:
	case 11:
	case 12:
	case 13:
		return (&kind_web);
	case 14:
	case 15:
		return (&kind_junk);
	default:
		return (&kind_derp);
	}
}

static void
reap(struct bot *b)
{
	wire_close(&b->w, b->leave);
	b->kind->free(b);
	b->state = BOT_NONE;
	b->act_at = now + rnd_below(&b->rnd, 300);
}

/* Return 1 if no front has the connection: a session that is not proxied. */
static int
is_handed(const struct bot *b)
{
	return (b->state > BOT_LOGIN && b->derp != NULL && !b->derp->ws &&
	    (b->w.ssl == NULL || SSL_version(b->w.ssl) > TLS1_2_VERSION));
}

/* Return 1 if the connection may have ended against the client's will. */
static int
excused(const struct bot *b)
{
	if (now < ends_until || (now < fronts_until && !is_handed(b)) ||
	    (b->state <= BOT_LOGIN && now < handshakes_until) ||
	    (b->derp != NULL && now < keys[b->derp->key].close_until)) {
		counts.excused++;
		return (1);
	}
	return (0);
}

static void
check_end(struct bot *b)
{
	b->is_over = 1;
	b->leave = LEAVE_FIN;
	if (b->kind == &kind_junk)
		return;
	if (b->w.broken && !(b->state == BOT_CONNECT && excused(b)))
		bot_fail(b, "its TLS was broken: %s", b->w.end);
	if (!b->may_end && !excused(b))
		bot_fail(b, "its connection ended: %s", b->w.end);
}

static void
check_patience(struct bot *b)
{
	if (b->owed_at == 0 || now - b->owed_at < PATIENCE_MS)
		return;
	if (ends_until < b->owed_at && fronts_until < b->owed_at &&
	    handshakes_until < b->owed_at)
		bot_fail(b, "waits for %s since %lld ms", b->owed,
		    (long long)(now - b->owed_at));
	bot_leave(b, LEAVE_RESET);
}

static void
got(const uint8_t *p, size_t n, void *arg)
{
	struct bot *b = arg;

	if (!b->is_over)
		b->kind->got(b, p, n);
}

static void
work(struct bot *b, short revents)
{
	if (revents != 0)
		wire_turn(&b->w, revents, got, b);
	if (b->w.end[0] != '\0' && !b->is_over)
		check_end(b);
	if (b->is_over)
		return;
	if (b->state == BOT_CONNECT ? b->w.connected && b->w.secure :
	    now >= b->act_at)
		b->kind->act(b);
	if (b->w.connected && !b->is_over)
		wire_flush(&b->w);
	check_patience(b);
}

/* Return how long to sleep: until the next action of a client. */
static int
next_act(int64_t most)
{
	int64_t at = now + most;
	unsigned int i;

	for (i = 0; i < opt.slots; i++) {
		if (bots[i].state > BOT_CONNECT && bots[i].act_at < at)
			at = bots[i].act_at;
		if (bots[i].w.sip != 0 && bots[i].w.sip_at < at)
			at = bots[i].w.sip_at;
	}
	return (at > now ? (int)(at - now) : 0);
}

static void
clock_turn(void)
{
	int64_t before = now;

	now = base_clock_ms();
	if (before != 0 && now - before > STALL_MS) {
		counts.stalls++;
		excuse_ends(4000);
	}
}

void
turn(int64_t ms, int fresh)
{
	static struct pollfd pfd[MAX_SLOTS];
	unsigned int i;

	for (i = 0; i < opt.slots; i++) {
		pfd[i].fd = bots[i].state == BOT_NONE ? -1 : bots[i].w.fd;
		pfd[i].events = bots[i].state == BOT_NONE ? 0 :
		    wire_events(&bots[i].w);
		pfd[i].revents = 0;
	}
	if (poll(pfd, opt.slots, next_act(ms)) == -1 && errno != EINTR)
		fail("poll: %s", strerror(errno));
	clock_turn();
	for (i = 0; i < opt.slots; i++) {
		if (bots[i].state != BOT_NONE) {
			work(&bots[i], pfd[i].revents);
			if (bots[i].is_over)
				reap(&bots[i]);
		} else if (fresh && now >= bots[i].act_at)
			bot_start(i, kind_of(i));
	}
}

static void
usage(void)
{
	fprintf(stderr, "usage: soak [-Sv] [-a actions] [-c slots] "
	    "[-m meshkeyfile] [-M map] [-n name]\n\t[-s seed] [-t seconds] "
	    "[-x script] -p port -P plainport\n");
	exit(2);
}

static void
read_map(const char *file)
{
	struct map_bytes *m = &maps[nmaps];
	FILE *f = fopen(file, "r");

	if (f == NULL || nmaps == sizeof(maps) / sizeof(maps[0]) ||
	    (m->p = malloc(1 << 20)) == NULL)
		fail("%s: can't be read", file);
	m->n = fread(m->p, 1, 1 << 20, f);
	fclose(f);
	nmaps++;
}

static void
read_mesh(const char *file)
{
	FILE *f = fopen(file, "r");

	if (f == NULL || fgets(opt.mesh, sizeof(opt.mesh), f) == NULL ||
	    strlen(opt.mesh) != 64)
		fail("%s: no mesh key in it", file);
	fclose(f);
}

static void
parse_options(int argc, char **argv)
{
	int ch;

	while ((ch = getopt(argc, argv, "a:c:m:M:n:p:P:s:St:vx:")) != -1) {
		switch (ch) {
		case 'a':
			chaos_actions = optarg;
			break;
		case 'c':
			opt.slots = (unsigned int)strtoul(optarg, NULL, 10);
			break;
		case 'm':
			read_mesh(optarg);
			break;
		case 'M':
			read_map(optarg);
			break;
		case 'n':
			opt.name = optarg;
			break;
		case 'p':
			snprintf(opt.port, sizeof(opt.port), "%s", optarg);
			break;
		case 'P':
			snprintf(opt.plain, sizeof(opt.plain), "%s", optarg);
			break;
		case 's':
			opt.seed = strtoull(optarg, NULL, 10);
			break;
		case 'S':
			opt.stop = 1;
			break;
		case 't':
			opt.ms = strtoll(optarg, NULL, 10) * 1000;
			break;
		case 'v':
			opt.verbose = 1;
			break;
		case 'x':
			opt.chaos = optarg;
			break;
		default:
			usage();
		}
	}
	if (opt.port[0] == '\0' || opt.plain[0] == '\0' || opt.slots < 32 ||
	    opt.slots > MAX_SLOTS)
		usage();
}

static void
summary(void)
{
	const struct counts *c = &counts;

	printf("soak: %lu connections, %lu logins, %lu junk; packets: "
	    "%lu sent, %lu received (%lu forgotten);\n"
	    "soak: %lu pongs, %lu answers, %lu maps, %lu counters, %lu resets, "
	    "%lu ClosePeer,\n"
	    "soak: %lu actions on the daemon, %lu ends excused by them, "
	    "%lu stalls here\n", c->conns, c->logins, c->junk, c->sent, c->got,
	    c->forgotten, c->pongs, c->answers, c->maps, c->varz,
	    c->resets, c->closed_peers, c->chaos, c->excused, c->stalls);
}

int
main(int argc, char **argv)
{
	unsigned int i;
	struct rnd r;
	int64_t end;

	setvbuf(stdout, NULL, _IOLBF, 0);
	parse_options(argc, argv);
	signal(SIGPIPE, SIG_IGN);
	if (sodium_init() == -1)
		fail("libsodium can't start");
	keys_init(opt.seed);
	rnd_init(&r, opt.seed, 0x736c6f74, 0);
	now = base_clock_ms();
	for (i = 0; i < MAX_SLOTS; i++) {
		bots[i].w.fd = -1;
		bots[i].act_at = now + rnd_below(&r, 500);
	}
	end = now + opt.ms;
	while (now < end) {
		turn(20, 1);
		chaos_turn();
	}
	if (opt.stop)
		end_stop();
	else
		end_quiet();
	summary();
	return (0);
}
