/*
 * Fuzz target: what a device says of a peer, and packets of its relay, in any
 * order.  Whatever came before, a path that works is found afterwards, and is
 * kept.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "path.h"

#define POLL_MS		1000
#define POLLS		1500	/* longer than any back-off */
#define BYTES		160

int	LLVMFuzzerTestOneInput(const uint8_t *, size_t);

static struct worker_path path;
static struct worker_path_policy policy;
static struct ipc_wg_stats stats;
static unsigned int keepalive;
static uint64_t now;

static void
check(int ok)
{
	if (!ok)
		abort();
}

/* A poll; with `obey' the endpoint is where it is ordered to be. */
static enum worker_path_order
poll_path(int obey)
{
	struct worker_path_step s;

	s = worker_path_poll(&path, &policy, &stats, keepalive, now);
	check(s.order == WORKER_PATH_KEEP || !policy.dry);
	check(s.switched || !s.quiet);
	check(worker_path_reason_text(path.reason)[0] != '?');
	if (obey && s.order != WORKER_PATH_KEEP)
		stats.endpoint = s.order == WORKER_PATH_TO_RELAY ?
		    IPC_ENDPOINT_RELAY : IPC_ENDPOINT_DIRECT;
	return (s.order);
}

/* What one byte of input, and the next ones, let happen. */
static void
step(uint8_t op, const uint8_t v[3])
{
	uint8_t packet[148] = { (uint8_t)(v[0] & 3) };

	switch (op % 8) {
	case 0:
		stats.endpoint = v[0] % 3;
		stats.remembered = v[1] & 1;
		break;
	case 1:
		stats.tx += (uint64_t)v[0] << (v[1] & 31);
		stats.rx += (uint64_t)v[2] << (v[1] >> 4);
		break;
	case 2:
		stats.tx += 148;
		stats.rx += v[0] & 1 ? 92 : 0;
		stats.handshake = v[1];
		break;
	case 3:
		stats.rx = v[0];
		stats.tx = v[1];
		break;
	case 4:
		if (worker_path_admit(&path, packet, v[1] % 149, now))
			worker_path_delivered(&path, v[2]);
		break;
	case 5:
		worker_path_hurry(&path, now);
		break;
	default:
		now += (uint64_t)v[0] * 40 + 1;
		(void)poll_path(v[1] & 1);
		break;
	}
}

/* Pings both ways, of which some arrive; returns how many of the last 500. */
static int
exchange(int direct, int relay)
{
	uint8_t packet[BYTES] = { 4 };
	int i, n = 0, arrives;

	for (i = 0; i < POLLS; i++) {
		now += POLL_MS;
		stats.tx += BYTES;
		arrives = stats.endpoint == IPC_ENDPOINT_DIRECT ? direct :
		    stats.endpoint == IPC_ENDPOINT_RELAY && relay &&
		    worker_path_admit(&path, packet, BYTES, now);
		if (arrives && stats.endpoint == IPC_ENDPOINT_RELAY)
			worker_path_delivered(&path, BYTES);
		stats.rx += arrives ? BYTES : 0;
		stats.handshake += arrives && i % 120 == 0;
		if (i >= POLLS - 500)
			n += arrives;
		(void)poll_path(1);
	}
	return (n);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	memset(&stats, 0, sizeof(stats));
	if (size < 4)
		return (0);
	policy.direct = IPC_DIRECT_AUTO;
	policy.endpoints = data[0] & 1 ? IPC_ENDPOINTS_ASSERT :
	    IPC_ENDPOINTS_RESPECT;
	policy.dry = (data[0] & 6) == 6;
	keepalive = data[1];
	now = 1000000;
	worker_path_init(&path, data[2]);
	for (; size >= 4; data += 4, size -= 4)
		step(data[0], data + 1);
	if (policy.dry)
		return (0);
	stats.remembered = 1;
	check(exchange(0, 1) > 450);
	check(exchange(1, 0) == 500);
	check(exchange(0, 1) > 450);
	check(exchange(1, 1) == 500);
	check(path.state == WORKER_PATH_DIRECT);
	policy.direct = IPC_DIRECT_NEVER;
	check(exchange(0, 1) == 500);
	return (0);
}
