/*
 * frame_test: Tests of frame headers, the verdict on every type at the edges of
 * its length, the rows of frames.def, and, byte for byte, the frames that a
 * server writes.
 */
#include <atf-c.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "frame.h"
#include "manfixture.h"

ATF_TC_WITHOUT_HEAD(header);
ATF_TC_BODY(header, tc)
{
	const uint8_t	want[FRAME_HDR_LEN] = { 0x04, 0xfe, 0xdc, 0xba, 0x98 };
	uint8_t		got[FRAME_HDR_LEN], type;
	uint32_t	len;

	net_frame_put_hdr(got, FRAME_SEND_PACKET, 0xfedcba98);
	ATF_CHECK_EQ(0, memcmp(want, got, sizeof(want)));
	net_frame_get_hdr(want, &type, &len);
	ATF_CHECK_EQ(FRAME_SEND_PACKET, type);
	ATF_CHECK_EQ(0xfedcba98, len);
}

/* The rows of frames.def. */
static const struct frame_row {
	uint8_t			 type;
	const char		*title;
	enum net_frame_sender	 sender;
	uint32_t		 least, largest;
} rows[] = {
#define FRAME(TYPE, number, name, title, sender, least, largest)	\
	{ FRAME_##TYPE, title, FRAME_FROM_##sender, least, largest },
#include "frames.def"
};

#define NROWS	(sizeof(rows) / sizeof(rows[0]))

/* The verdict on a client's frame; a client with the mesh key gets the same. */
static enum net_frame_verdict
check(uint8_t type, uint32_t len)
{
	enum net_frame_verdict	v;

	v = net_frame_check(FRAME_FROM_CLIENT, type, len);
	ATF_CHECK_EQ(v, net_frame_check(FRAME_FROM_MESH, type, len));
	return v;
}

ATF_TC_WITHOUT_HEAD(check_edges);
ATF_TC_BODY(check_edges, tc)
{
	static const struct {
		uint8_t		type;
		uint32_t	min, max;
	} known[] = {
		{ FRAME_SEND_PACKET, 32, 65568 },
		{ FRAME_FORWARD_PACKET, 64, 65600 },
		{ FRAME_NOTE_PREFERRED, 1, 1 },
		{ FRAME_WATCH_CONNS, 0, 0 },
		{ FRAME_CLOSE_PEER, 32, 32 },
		{ FRAME_PING, 8, 1000 },
	};
	size_t	i;

	for (i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
		ATF_CHECK_EQ(FRAME_VALID,
		    check(known[i].type, known[i].min));
		ATF_CHECK_EQ(FRAME_VALID,
		    check(known[i].type, known[i].max));
		ATF_CHECK_EQ(FRAME_BAD,
		    check(known[i].type, known[i].max + 1));
		ATF_CHECK_EQ(FRAME_BAD, check(known[i].type,
		    UINT32_MAX));
		if (known[i].min > 0)
			ATF_CHECK_EQ(FRAME_BAD,
			    check(known[i].type, known[i].min - 1));
	}
}

ATF_TC_WITHOUT_HEAD(check_unknown);
ATF_TC_BODY(check_unknown, tc)
{
	unsigned int	t;
	size_t		i;

	for (t = 0; t < 256; t++) {
		for (i = 0; i < NROWS && (rows[i].type != t ||
		    (rows[i].sender != FRAME_FROM_CLIENT &&
		    rows[i].sender != FRAME_FROM_MESH)); i++)
			;
		if (i < NROWS)
			continue;
		ATF_CHECK_EQ_MSG(FRAME_SKIP, check((uint8_t)t, 0),
		    "type %u", t);
		ATF_CHECK_EQ_MSG(FRAME_SKIP,
		    check((uint8_t)t, UINT32_MAX), "type %u", t);
	}
}

ATF_TC_WITHOUT_HEAD(disco);
ATF_TC_BODY(disco, tc)
{
	uint8_t	p[80] = { 0x54, 0x53, 0xf0, 0x9f, 0x92, 0xac };
	int	i;

	ATF_CHECK_EQ(1, net_frame_is_disco(p, 62));
	ATF_CHECK_EQ(1, net_frame_is_disco(p, sizeof(p)));
	ATF_CHECK_EQ(0, net_frame_is_disco(p, 61));
	ATF_CHECK_EQ(0, net_frame_is_disco(p, 0));
	for (i = 0; i < 6; i++) {
		p[i] ^= 1;
		ATF_CHECK_EQ(0, net_frame_is_disco(p, sizeof(p)));
		p[i] ^= 1;
	}
}

/* The verdict on each row's header, for each sender and edge of length. */
ATF_TC_WITHOUT_HEAD(table);
ATF_TC_BODY(table, tc)
{
	static const enum net_frame_sender	from[] = {
		FRAME_FROM_LOGIN, FRAME_FROM_CLIENT, FRAME_FROM_MESH
	};
	enum net_frame_verdict			other, wrong;
	const struct frame_row			*r;
	size_t					i;
	int					login;

	for (r = rows; r < rows + NROWS; r++)
		for (i = 0; i < sizeof(from) / sizeof(from[0]); i++) {
			login = from[i] == FRAME_FROM_LOGIN;
			/* Belongs to another phase or to the server. */
			other = login ? FRAME_BAD : FRAME_SKIP;
			wrong = FRAME_BAD;
			if (r->sender != FRAME_FROM_SERVER &&
			    login == (r->sender == FRAME_FROM_LOGIN))
				other = FRAME_VALID;
			else
				wrong = other;
			ATF_CHECK_EQ_MSG(other, net_frame_check(from[i],
			    r->type, r->least), "%s", r->title);
			ATF_CHECK_EQ_MSG(other, net_frame_check(from[i],
			    r->type, r->largest), "%s", r->title);
			ATF_CHECK_EQ_MSG(wrong, net_frame_check(from[i],
			    r->type, r->largest + 1), "%s", r->title);
			ATF_CHECK_EQ_MSG(wrong, net_frame_check(from[i],
			    r->type, r->least - 1), "%s", r->title);
			ATF_CHECK_EQ_MSG(r->sender == from[i] ||
			    (r->sender == FRAME_FROM_CLIENT &&
			    from[i] == FRAME_FROM_MESH),
			    net_frame_allowed(from[i], r->type), "%s",
			    r->title);
		}
}

ATF_TC_WITHOUT_HEAD(names);
ATF_TC_BODY(names, tc)
{
	unsigned int	t;
	size_t		i, known = 0;

	for (i = 0; i < NROWS; i++)
		ATF_CHECK_STREQ(rows[i].title, net_frame_name(rows[i].type));
	for (t = 0; t < 256; t++)
		known += strcmp("unknown frame",
		    net_frame_name((uint8_t)t)) != 0;
	/* Each number is in one row only. */
	ATF_CHECK_EQ(NROWS, known);
}

/* derp(7) has a line for each frame with its number and its sender. */
ATF_TC_WITHOUT_HEAD(manual);
ATF_TC_BODY(manual, tc)
{
	static const char	 letters[] = { [FRAME_FROM_LOGIN] = 'C',
		[FRAME_FROM_CLIENT] = 'C', [FRAME_FROM_MESH] = 'M',
		[FRAME_FROM_SERVER] = 'S' };
	const struct frame_row	*r;
	char			*text, want[64], by[8];
	const char		*p;

	text = read_manual(tc, "../../man/derp.7");
	for (r = rows; r < rows + NROWS; r++) {
		snprintf(want, sizeof(want), "\n.It 0x%02x Ta %s Ta ", r->type,
		    r->title);
		p = strstr(text, want);
		ATF_CHECK_MSG(p != NULL && sscanf(p + strlen(want), "%7s",
		    by) == 1 && strchr(by, letters[r->sender]) != NULL,
		    "derp(7) does not list%s%c", want, letters[r->sender]);
	}
	free(text);
}

/* Check the type and the length in the header of the frame at `p'. */
static void
check_hdr(const uint8_t *p, size_t size, uint8_t want)
{
	uint8_t		type;
	uint32_t	len;
	size_t		i;

	net_frame_get_hdr(p, &type, &len);
	ATF_CHECK_EQ(want, type);
	ATF_CHECK_EQ(size, len + FRAME_HDR_LEN);
	for (i = 0; i < NROWS; i++)
		if (rows[i].type == want)
			ATF_CHECK(len >= rows[i].least &&
			    len <= rows[i].largest);
}

ATF_TC_WITHOUT_HEAD(server_key);
ATF_TC_BODY(server_key, tc)
{
	const uint8_t	magic[8] = { 0x44, 0x45, 0x52, 0x50, 0xf0, 0x9f, 0x94,
			    0x91 };
	uint8_t		p[FRAME_SERVER_KEY_SIZE], key[FRAME_KEY_LEN];

	memset(key, 0xa5, sizeof(key));
	ATF_REQUIRE_EQ(45, net_frame_put_server_key(p, key));
	check_hdr(p, sizeof(p), 0x01);
	ATF_CHECK_EQ(0, memcmp(p + 5, magic, 8));
	ATF_CHECK_EQ(0, memcmp(p + 13, key, 32));
}

ATF_TC_WITHOUT_HEAD(peer_gone);
ATF_TC_BODY(peer_gone, tc)
{
	uint8_t	p[FRAME_PEER_GONE_SIZE], key[FRAME_KEY_LEN];

	memset(key, 0x5a, sizeof(key));
	ATF_REQUIRE_EQ(38, net_frame_put_peer_gone(p, key, PEER_GONE_NOT_HERE));
	check_hdr(p, sizeof(p), 0x08);
	ATF_CHECK_EQ(0, memcmp(p + 5, key, 32));
	ATF_CHECK_EQ(1, p[37]);
}

ATF_TC_WITHOUT_HEAD(peer_present);
ATF_TC_BODY(peer_present, tc)
{
	uint8_t	p[FRAME_PEER_PRESENT_SIZE], key[FRAME_KEY_LEN], addr[16];

	memset(key, 0x11, sizeof(key));
	memset(addr, 0x22, sizeof(addr));
	ATF_REQUIRE_EQ(56, net_frame_put_peer_present(p, key, addr, 0x1234,
	    PEER_PROBER));
	check_hdr(p, sizeof(p), 0x09);
	ATF_CHECK_EQ(0, memcmp(p + 5, key, 32));
	ATF_CHECK_EQ(0, memcmp(p + 37, addr, 16));
	ATF_CHECK_EQ(0x12, p[53]);
	ATF_CHECK_EQ(0x34, p[54]);
	ATF_CHECK_EQ(4, p[55]);
}

ATF_TC_WITHOUT_HEAD(pong_restarting);
ATF_TC_BODY(pong_restarting, tc)
{
	const uint8_t	want[8] = { 0, 0, 0x03, 0xe8, 0, 0x01, 0x11, 0x70 };
	uint8_t		p[FRAME_RESTARTING_SIZE];

	ATF_REQUIRE_EQ(13, net_frame_put_pong(p, want));
	check_hdr(p, FRAME_PONG_SIZE, 0x13);
	ATF_CHECK_EQ(0, memcmp(p + 5, want, 8));
	memset(p, 0, sizeof(p));
	ATF_REQUIRE_EQ(13, net_frame_put_restarting(p, 1000, 70000));
	check_hdr(p, sizeof(p), 0x15);
	ATF_CHECK_EQ(0, memcmp(p + 5, want, 8));
}

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, header);
	ATF_TP_ADD_TC(tp, check_edges);
	ATF_TP_ADD_TC(tp, check_unknown);
	ATF_TP_ADD_TC(tp, table);
	ATF_TP_ADD_TC(tp, names);
	ATF_TP_ADD_TC(tp, manual);
	ATF_TP_ADD_TC(tp, disco);
	ATF_TP_ADD_TC(tp, server_key);
	ATF_TP_ADD_TC(tp, peer_gone);
	ATF_TP_ADD_TC(tp, peer_present);
	ATF_TP_ADD_TC(tp, pong_restarting);
	return atf_no_error();
}
