/*
 * Fuzz target: requests to derpd-metrics, and what the parent tells it.
 *
 * Input: a request head, a NUL, the JSON of a state.  Checked: the answer is a
 * whole head with a body of the length that it says; the metrics of any state
 * have no line but comments and values.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "prom.h"
#include "reply.h"
#include "viewstate.h"

int	LLVMFuzzerTestOneInput(const uint8_t *, size_t);

static struct metrics_view	view;
static struct metrics_samples	samples;
static struct net_http_head	h, again;

static void
check(int ok)
{
	if (!ok)
		abort();
}

/* Each line of the metrics is a comment, or a name with a value. */
static void
check_lines(const char *p, size_t len)
{
	const char *end = p + len, *eol;

	for (; p < end; p = eol + 1) {
		check((eol = memchr(p, '\n', (size_t)(end - p))) != NULL);
		check(eol - p > 2);
		if (strncmp(p, "# ", 2) != 0)
			check(*p >= 'a' && *p <= 'z' && memchr(p, ' ',
			    (size_t)(eol - p)) != NULL);
	}
}

static void
check_metrics(void)
{
	struct ipc_wr w;

	ipc_wr_init(&w);
	metrics_prom(&view, &w);
	if (ipc_wr_ok(&w))
		check_lines((const char *)w.p, w.len);
	ipc_wr_free(&w);
}

static void
check_answer(const char *p, size_t len)
{
	struct ipc_wr w;
	int parsed = net_http_parse_request(&h, p, len), n;

	if (parsed == HTTP_MORE)
		return;
	ipc_wr_init(&w);
	(void)metrics_reply(&view, &h, parsed, &w);
	if (ipc_wr_ok(&w)) {
		n = net_http_parse_response(&again, (const char *)w.p, w.len);
		check(n > 0 && again.content_length >= 0);
		check(w.len - (size_t)n == (parsed > 0 &&
		    net_http_eq(h.method, "HEAD") ? 0 :
		    (size_t)again.content_length));
	}
	ipc_wr_free(&w);
}

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t len)
{
	const uint8_t *nul = memchr(p, 0, len);
	size_t n = nul == NULL ? len : (size_t)(nul - p);
	struct metrics_state *s = NULL;
	const char *why;

	if (nul != NULL)
		s = metrics_state_parse((const char *)nul + 1, len - n - 1,
		    &why);
	view.now = 1800000000;
	view.now_ms = 5000;
	view.samples = &samples;
	view.state = s;
	check_metrics();
	check_answer((const char *)p, n);
	metrics_state_free(s);
	return (0);
}
