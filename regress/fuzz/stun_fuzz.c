/*
 * Fuzz target: a datagram at stund.  An answer, success or 420, is complete,
 * has the transaction of the request and the shortest possible length.
 */
#include <sys/socket.h>
#include <netinet/in.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "stun.h"

int	LLVMFuzzerTestOneInput(const uint8_t *, size_t);

static void
check(int ok)
{
	if (!ok)
		abort();
}

/* Header, length, and the transaction of the request. */
static void
check_header(const uint8_t *p, const uint8_t *answer, size_t len)
{
	check(len >= STUN_HEADER && len <= STUN_MAX_REPLY && len % 4 == 0);
	check(answer[0] == 0x01 && (answer[1] == 0x01 || answer[1] == 0x11));
	check(answer[2] == 0 && answer[3] == len - STUN_HEADER);
	check(memcmp(answer + 4, p + 4, 16) == 0);
}

static void
success(const uint8_t *p, const struct stund_request *q)
{
	struct sockaddr_in in;
	struct sockaddr_in6 in6;
	uint8_t answer[STUN_MAX_REPLY];

	memset(&in, 0, sizeof(in));
	in.sin_family = AF_INET;
	check(stund_success(q, (struct sockaddr *)&in, answer) == 32);
	check_header(p, answer, 32);
	memset(&in6, 0, sizeof(in6));
	in6.sin6_family = AF_INET6;
	check(stund_success(q, (struct sockaddr *)&in6, answer) == 44);
	check_header(p, answer, 44);
}

static void
refusal(const uint8_t *p, size_t len, const struct stund_request *q)
{
	uint8_t answer[STUN_MAX_REPLY];
	size_t i, k, size = stund_refusal(q, answer);

	check_header(p, answer, size);
	check(q->nunknown > 0 && q->nunknown <= STUN_MAX_UNKNOWN);
	/* Each of them is in the request, and listed once. */
	check(len >= STUN_HEADER + 4 * q->nunknown);
	for (i = 0; i < q->nunknown; i++) {
		check(q->unknown[i] < 0x8000);
		for (k = 0; k < i; k++)
			check(q->unknown[k] != q->unknown[i]);
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t len)
{
	struct stund_request q;

	switch (stund_parse(p, len, &q)) {
	case STUN_BINDING:
		check(q.nunknown == 0);
		success(p, &q);
		break;
	case STUN_REFUSED:
		refusal(p, len, &q);
		break;
	case STUN_JUNK:
		break;
	}
	return (0);
}
