/*
 * hello_fuzz: any bytes as the first flight of a TLS client, in one piece and
 * in many, and as a stream of records.
 */
#include <stdlib.h>
#include <string.h>

#include "hello.h"

int	LLVMFuzzerTestOneInput(const uint8_t *, size_t);

static void
must(int ok)
{
	if (!ok)
		abort();
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct front_hello_state st = { 0, 0, 0 }, fresh;
	enum front_hello was = HELLO_MORE, now;
	struct front_hello_wish w;
	size_t n, off;
	int rv;

	/* A verdict does not change with more bytes; MORE ends in time. */
	for (n = 0; n <= size; n += n < 300 ? 1 : 97) {
		now = front_hello_check(&st, data, n);
		memset(&fresh, 0, sizeof(fresh));
		must(now == front_hello_check(&fresh, data, n));
		must(was == HELLO_MORE || now != HELLO_MORE);
		must(now != HELLO_MORE || n < HELLO_STREAM);
		was = now;
	}
	rv = front_hello_wish(data, size, &w);
	must(memchr(w.server, '\0', sizeof(w.server)) != NULL);
	must(w.validates == 0 || w.validates == 1);
	must(rv == 0 || (w.server[0] == '\0' && !w.validates));
	for (off = 0; off < size; off += n) {
		n = front_hello_record(data + off, size - off);
		must(n <= size - off);
		if (n == 0)
			break;
	}
	return 0;
}
