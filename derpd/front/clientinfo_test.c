/*
 * Tests of clientinfo.c: what the reference accepts and rejects, and the mesh
 * key.
 */
#include <atf-c.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "clientinfo.h"

#define Z32	"00000000000000000000000000000000"
#define Z64	Z32 Z32
#define A32	"aBaBaBaBaBaBaBaBaBaBaBaBaBaBaBaB"
#define A64	A32 A32
#define A63	A32 "aBaBaBaBaBaBaBaBaBaBaBaBaBaBaBa"

static struct front_clientinfo	ci;

static int
parse(const char *s, uint32_t mesh_off)
{
	size_t	 len = strlen(s);
	char	*copy;
	int	 error;

	/* A buffer of its own, so that an overread is detected. */
	ATF_REQUIRE((copy = malloc(len + 1)) != NULL);
	memcpy(copy, s, len);
	memset(&ci, 0xff, sizeof(ci));
	error = front_clientinfo_parse(copy, len, mesh_off, &ci);
	free(copy);
	return error;
}

ATF_TC_WITHOUT_HEAD(accepts);
ATF_TC_BODY(accepts, tc)
{
	static const struct {
		const char	*text;
		int		 version, ack, prober;
		const char	*app;
	} t[] = {
		{ "{\"version\":2,\"CanAckPings\":true,\"IsProber\":true,"
		    "\"AppName\":\"x\"}", 2, 1, 1, "x" },
		{ "null", 0, 0, 0, "" },
		{ " {} ", 0, 0, 0, "" },
		{ "{\"VERSION\":3,\"canackpings\":true}", 3, 1, 0, "" },
		{ "{\"ver\\u017fion\":3}", 3, 0, 0, "" },
		{ "{\"ver\xc5\xbfion\":4}", 4, 0, 0, "" },
		{ "{\"CanAc\xe2\x84\xaaPings\":true}", 0, 1, 0, "" },
		{ "{\"version\":-0}", 0, 0, 0, "" },
		{ "{\"version\":-7}", -7, 0, 0, "" },
		{ "{\"version\":null}", 0, 0, 0, "" },
		{ "{\"CanAckPings\":null,\"IsProber\":null,\"AppName\":null}",
		    0, 0, 0, "" },
		{ "{\"CanAckPings\":true,\"CanAckPings\":null}", 0, 1, 0, "" },
		{ "{\"CanAckPings\":true,\"CanAckPings\":false}", 0, 0, 0, "" },
		{ "{\"version\":1,\"version\":2}", 2, 0, 0, "" },
		{ "{\"version\":2,\"Version\":7}", 7, 0, 0, "" },
		{ "{\"a\":{\"b\":[1,{\"version\":null}]},\"version\":5}",
		    5, 0, 0, "" },
		{ "{\"-\":1,\"version \":\"x\",\"versio\":[],\"a\\u0000\":1}",
		    0, 0, 0, "" },
		{ "{\"AppName\":\"a\\u0000b\"}", 0, 0, 0, "" },
		{ "{\"AppName\":\"" A64 "\"}", 0, 0, 0, "" },
		{ "{\"AppName\":\"" A63 "\"}", 0, 0, 0, A63 },
		{ "{\"meshKey\":\"" Z64 "\"}", 0, 0, 0, "" },
		{ "{\"meshKey\":\"" A64 "\",\"version\":2}", 2, 0, 0, "" },
		{ "{\"meshKey\":\"\\u0061" A63 "\"}", 0, 0, 0, "" },
	};
	size_t	i;

	for (i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		ATF_CHECK_EQ_MSG(parse(t[i].text, UINT32_MAX), 0, "%s",
		    t[i].text);
		ATF_CHECK_EQ(ci.version, t[i].version);
		ATF_CHECK_EQ_MSG(ci.can_ack_pings, t[i].ack, "%s", t[i].text);
		ATF_CHECK_EQ(ci.is_prober, t[i].prober);
		ATF_CHECK_STREQ(ci.app_name, t[i].app);
		ATF_CHECK_EQ(ci.mesh, 0);
	}
}

ATF_TC_WITHOUT_HEAD(refuses);
ATF_TC_BODY(refuses, tc)
{
	static const char	*t[] = { "", "[]", "1", "\"x\"", "true", "{",
	    "{\"version\":2.0}", "{\"version\":1e1}", "{\"version\":\"2\"}",
	    "{\"version\":{}}", "{\"version\":9223372036854775808}",
	    "{\"version\":2,\"version\":[]}", "{\"CanAckPings\":1}",
	    "{\"CanAckPings\":\"true\"}", "{\"IsProber\":0}", "{\"AppName\":1}",
	    "{\"AppName\":[]}", "{\"meshKey\":\"\"}", "{\"meshKey\":null}",
	    "{\"meshKey\":5}", "{\"meshKey\":{}}", "{\"meshKey\":\"" A63 "\"}",
	    "{\"meshKey\":\"" A64 "0\"}", "{\"meshKey\":\"" A64 "00\"}",
	    "{\"meshKey\":\"" A63 "g\"}", "{\"meshKey\":\"" A63 " \"}",
	    "{\"meshKey\":\"x\",\"meshKey\":\"" A64 "\"}",
	    "{\"meshKey\":\"" A64 "\",\"meshKey\":\"x\"}",
	    "{\"me\xc5\xbfhKey\":\"zz\"}", "{\"mesh\xe2\x84\xaa" "ey\":\"z\"}",
	    "{\"version\":2} x", "{\"version\":2}{}", "{\"version\":2,}",
	    "{\"version\":2\"}", "{'version':2}", NULL };
	int			 i;

	for (i = 0; t[i] != NULL; i++)
		ATF_CHECK_EQ_MSG(parse(t[i], UINT32_MAX), -1, "%s", t[i]);
	ATF_CHECK_EQ(front_clientinfo_parse("{}\0", 3, UINT32_MAX, &ci), -1);
}

/* Only the meshKey in force makes a mesh peer, and only in its place. */
ATF_TC_WITHOUT_HEAD(mesh);
ATF_TC_BODY(mesh, tc)
{
	const char	*one = "{\"meshKey\":\"" Z64 "\",\"version\":2}";
	const char	*two = "{\"meshKey\":\"" Z64 "\",\"meshkey\":\"" A64
			    "\"}";
	const char	*app = "{\"AppName\":\"" Z64 "\",\"meshKey\":\"" A64
			    "\"}";
	const char	*deep = "{\"x\":{\"meshKey\":\"" Z64 "\"}}";

	ATF_CHECK_EQ(parse(one, 12), 0);
	ATF_CHECK_EQ(ci.mesh, 1);
	ATF_CHECK_EQ(parse(one, 11), 0);
	ATF_CHECK_EQ(ci.mesh, 0);
	ATF_CHECK_EQ(parse(one, UINT32_MAX), 0);
	ATF_CHECK_EQ(ci.mesh, 0);
	ATF_CHECK_EQ(parse(two, 12), 0);
	ATF_CHECK_EQ(ci.mesh, 0);
	ATF_CHECK_EQ(parse(two, 89), 0);
	ATF_CHECK_EQ(ci.mesh, 1);
	ATF_CHECK_EQ(parse(app, 12), 0);
	ATF_CHECK_EQ(ci.mesh, 0);
	ATF_CHECK_EQ(parse(deep, 17), 0);
	ATF_CHECK_EQ(ci.mesh, 0);
	ATF_CHECK_EQ(parse("{}", 0), 0);
	ATF_CHECK_EQ(ci.mesh, 0);
}

ATF_TC_WITHOUT_HEAD(bounds);
ATF_TC_BODY(bounds, tc)
{
	enum { SIZE = 256 * 1024 };
	char	*s;

	ATF_REQUIRE((s = malloc(SIZE)) != NULL);
	memset(s, '[', SIZE);
	ATF_CHECK_EQ(front_clientinfo_parse(s, SIZE, UINT32_MAX, &ci), -1);
	/* One long unknown string is permitted. */
	memset(s, 'x', SIZE);
	memcpy(s, "{\"version\":2,\"a\":\"", 18);
	memcpy(s + SIZE - 2, "\"}", 2);
	ATF_CHECK_EQ(front_clientinfo_parse(s, SIZE, UINT32_MAX, &ci), 0);
	ATF_CHECK_EQ(ci.version, 2);
	free(s);
}

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, accepts);
	ATF_TP_ADD_TC(tp, refuses);
	ATF_TP_ADD_TC(tp, mesh);
	ATF_TP_ADD_TC(tp, bounds);

	return atf_no_error();
}
