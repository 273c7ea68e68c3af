/*
 * frame_fuzz: any bytes as a stream of DERP frames, and as a message payload
 * that is read by any sequence of calls.  The first byte is the length of that
 * sequence, its calls follow.
 */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "codec.h"
#include "frame.h"

int	LLVMFuzzerTestOneInput(const uint8_t *, size_t);

static void
must(int ok)
{
	if (!ok)
		abort();
}

/* The verdict of frames.def on a header from a client. */
static enum net_frame_verdict
expected(enum net_frame_sender from, uint8_t type, uint32_t len)
{
	static const struct {
		uint8_t			type;
		enum net_frame_sender	sender;
		uint32_t		least, largest;
	} rows[] = {
#define FRAME(TYPE, number, name, title, sender, least, largest)	\
		{ number, FRAME_FROM_##sender, least, largest },
#include "frames.def"
	};
	size_t	i;
	int	login = from == FRAME_FROM_LOGIN;

	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		if (rows[i].type != type ||
		    rows[i].sender == FRAME_FROM_SERVER ||
		    login != (rows[i].sender == FRAME_FROM_LOGIN))
			continue;
		return len < rows[i].least || len > rows[i].largest ?
		    FRAME_BAD : FRAME_VALID;
	}
	return login ? FRAME_BAD : FRAME_SKIP;
}

/* Walk over frames as a session does. */
static void
frames(const uint8_t *p, size_t left, enum net_frame_sender from)
{
	uint8_t			hdr[FRAME_HDR_LEN], type;
	uint32_t		len;
	enum net_frame_verdict	v;

	while (left >= FRAME_HDR_LEN) {
		net_frame_get_hdr(p, &type, &len);
		net_frame_put_hdr(hdr, type, len);
		must(memcmp(hdr, p, sizeof(hdr)) == 0);
		v = net_frame_check(from, type, len);
		must(v == expected(from, type, len));
		if (v == FRAME_BAD)
			return;
		/* A collected payload is bounded. */
		must(v == FRAME_SKIP || len <= FRAME_MAX_CLIENTINFO);
		/* The length of a frame that a client may send is checked. */
		must(v == FRAME_VALID || !net_frame_allowed(from, type));
		p += FRAME_HDR_LEN;
		left -= FRAME_HDR_LEN;
		if (len > left)
			return;
		if (type == FRAME_SEND_PACKET)
			net_frame_is_disco(p + FRAME_KEY_LEN,
			    len - FRAME_KEY_LEN);
		p += len;
		left -= len;
	}
}

/* One read; its result must lie within the payload. */
static void
one_read(struct ipc_rd *r, uint8_t call, const uint8_t *p, size_t len)
{
	const uint8_t	*got = NULL;
	char		 s[16];
	uint8_t		 raw[8];
	size_t		 n = 0;

	switch (call % 8) {
	case 0:
		ipc_rd_u8(r);
		break;
	case 1:
		ipc_rd_u16(r);
		break;
	case 2:
		ipc_rd_u32(r);
		break;
	case 3:
		ipc_rd_u64(r);
		break;
	case 4:
		n = call;
		got = ipc_rd_ptr(r, n);
		break;
	case 5:
		ipc_rd_bytes(r, raw, sizeof(raw));
		break;
	case 6:
		got = ipc_rd_blob(r, &n);
		must(got != NULL || n == 0);
		break;
	default:
		ipc_rd_str(r, s, sizeof(s));
		must(memchr(s, '\0', sizeof(s)) != NULL);
		break;
	}
	must(r->left <= len);
	must(got == NULL || (ipc_rd_ok(r) && (n == 0 ||
	    (got >= p && n <= len && got <= p + len - n))));
}

static void
payload(const uint8_t *p, size_t len)
{
	struct ipc_rd	 r;
	uint8_t		*heap;
	size_t		 i, n;

	if (len == 0 || (n = p[0]) > len - 1)
		return;
	/* On the heap, so that an overread is detected. */
	if ((heap = malloc(len - 1 - n + 1)) == NULL)
		return;
	memcpy(heap, p + 1 + n, len - 1 - n);
	ipc_rd_init(&r, heap, len - 1 - n);
	for (i = 0; i < n; i++)
		one_read(&r, p[1 + i], heap, len - 1 - n);
	must(!ipc_rd_end(&r) || ipc_rd_ok(&r));
	free(heap);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	frames(data, size, FRAME_FROM_LOGIN);
	frames(data, size, FRAME_FROM_CLIENT);
	frames(data, size, FRAME_FROM_MESH);
	payload(data, size);
	return 0;
}
