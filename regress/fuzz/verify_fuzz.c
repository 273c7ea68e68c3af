/*
 * Fuzz target: responses of an admission controller or of tailscaled.  The
 * first byte is the kind and the size of the pieces.  The answer does not
 * depend on the size; only status 200 is a yes; each failure has a reason, of
 * one line.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "answer.h"

int	LLVMFuzzerTestOneInput(const uint8_t *, size_t);

/*
 * Read it by `step' bytes, then the end, and judge it.  Returns the answer, -1
 * when there is no response.
 */
static int
judge(enum ipc_verify_kind kind, const uint8_t *p, size_t len, size_t step,
    char why[IPC_WHYSIZE])
{
	struct net_http_reader r;
	size_t n;
	int rv = 0, a = -1;

	if (net_http_reader_init(&r, 0, kind == IPC_VERIFY_URL ?
	    VERIFY_MAX_BODY : VERIFY_MAX_WHOIS) == -1)
		abort();
	for (; rv == 0 && len > 0; p += n, len -= n) {
		n = len < step ? len : step;
		rv = net_http_reader_feed(&r, p, n);
	}
	if (rv == 0)
		rv = net_http_reader_end(&r) == 0 ? 1 : -1;
	if (rv == 1) {
		a = (int)verify_answer_of(kind, &r, why, IPC_WHYSIZE);
		if (a == IPC_VERIFY_YES && (r.head.status != 200 ||
		    why[0] != '\0'))
			abort();
		if (a == IPC_VERIFY_FAILED && why[0] == '\0')
			abort();
		for (n = 0; why[n] != '\0'; n++)
			if (why[n] < ' ' || why[n] > '~')
				abort();
	}
	net_http_reader_free(&r);
	return (a);
}

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t len)
{
	char a[IPC_WHYSIZE] = "", b[IPC_WHYSIZE] = "";
	enum ipc_verify_kind kind;
	size_t step;

	if (len < 1)
		return (0);
	kind = (*p & 0x80) != 0 ? IPC_VERIFY_TAILSCALED : IPC_VERIFY_URL;
	step = 1U + (*p++ & 0x7f);
	len--;
	if (judge(kind, p, len, step, a) != judge(kind, p, len, SIZE_MAX, b) ||
	    strcmp(a, b) != 0)
		abort();
	return (0);
}
