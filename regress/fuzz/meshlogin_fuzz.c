/*
 * Fuzz target: what a node says before the link is there.  The first byte is
 * the size of the pieces; the result does not depend on it.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "diallogin.h"

int	LLVMFuzzerTestOneInput(const uint8_t *, size_t);

/* What became of a login. */
struct login_outcome {
	enum dial_login_result rv;
	int		 keys;		/* number of DIAL_LOGIN_KEY */
	size_t		 behind;	/* bytes, read or not */
	struct dial_login l;
};

static void
read_by(struct login_outcome *o, const uint8_t *p, size_t len, size_t step)
{
	uint8_t *to;
	size_t n, room;

	memset(o, 0, sizeof(*o));
	dial_login_init(&o->l);
	o->rv = dial_login_next(&o->l, 0);
	while (o->rv == DIAL_LOGIN_KEY ||
	    (o->rv == DIAL_LOGIN_MORE && len > 0)) {
		if (o->rv == DIAL_LOGIN_KEY) {
			o->keys++;
			o->rv = dial_login_next(&o->l, 0);
			continue;
		}
		to = dial_login_room(&o->l, &room);
		if (room == 0 || to + room != o->l.buf + sizeof(o->l.buf))
			abort();
		n = len < step ? len : step;
		if (n > room)
			n = room;
		memcpy(to, p, n);
		p += n;
		len -= n;
		o->rv = dial_login_next(&o->l, n);
		if (o->l.len > sizeof(o->l.buf))
			abort();
	}
	o->behind = o->l.len + len;
}

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t len)
{
	static struct login_outcome whole, cut;

	if (len < 1)
		return (0);
	read_by(&whole, p + 1, len - 1, len);
	read_by(&cut, p + 1, len - 1, p[0] == 0 ? 1 : p[0]);
	if (whole.rv != cut.rv || whole.keys != cut.keys ||
	    (whole.rv == DIAL_LOGIN_IN && whole.behind != cut.behind))
		abort();
	if ((whole.rv == DIAL_LOGIN_FAILED) != (whole.l.why[0] != '\0') ||
	    (whole.rv == DIAL_LOGIN_IN && whole.keys != 1) || whole.keys > 1)
		abort();
	return (0);
}
