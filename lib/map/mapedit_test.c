/*
 * mapedit_test: Tests of edits of a map, byte for byte.
 */
#include <atf-c.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "mapedit.h"

/* Unusual formatting, all of which must be preserved. */
#define PRETTY								\
	"{\n"								\
	"  \"Regions\" : {\n"						\
	"    \"900\": {\n"						\
	"      \"RegionID\": 900,   \"RegionCode\":\"a\",\n"		\
	"      \"Zoom\": 1.50e0,\n"					\
	"      \"Nodes\": [\n"						\
	"        {\n"							\
	"          \"Name\": \"900a\",\n"				\
	"          \"HostName\": \"a.example\"\n"			\
	"        }\n"							\
	"      ]\n"							\
	"    }\n"							\
	"  }\n"								\
	"}\n"

#define COMPACT	"{\"Regions\":{\"900\":{\"RegionID\":900,\"Nodes\":["	\
		"{\"Name\":\"900a\"},{\"Name\":\"900b\"}]}}}"

static char	 err[MAPEDIT_ERROR];

static void
expect(const char *want, int rv, struct ipc_wr *w)
{
	if (want == NULL) {
		ATF_CHECK_EQ(-1, rv);
		ATF_CHECK(err[0] != '\0');
	} else {
		ATF_CHECK_EQ_MSG(0, rv, "%s", err);
		ATF_CHECK_MSG(w->len == strlen(want) &&
		    memcmp(w->p, want, w->len) == 0, "expected %s, got %.*s",
		    want, (int)w->len, (const char *)w->p);
	}
	ipc_wr_free(w);
}

static void
set(const char *text, const char *path, const char *value, int as_text,
    const char *want)
{
	struct ipc_wr w;

	ipc_wr_init(&w);
	err[0] = '\0';
	expect(want, map_edit_set(text, strlen(text), path, value, as_text, &w,
	    err), &w);
}

static void
del(const char *text, const char *path, const char *want)
{
	struct ipc_wr w;

	ipc_wr_init(&w);
	err[0] = '\0';
	expect(want, map_edit_remove(text, strlen(text), path, &w, err), &w);
}

static void
add(const char *text, long long region, const char *code, const char *name,
    const char *node, int replace, const char *want)
{
	struct map_edit_region r = { region, code, name };
	struct ipc_wr w;

	ipc_wr_init(&w);
	err[0] = '\0';
	expect(want, map_edit_add(text, strlen(text), &r, node, strlen(node),
	    replace, &w, err), &w);
}

/* Return `text' with the first `from' replaced by `to', in a static buffer. */
static const char *
with(const char *text, const char *from, const char *to)
{
	static char buf[4096];
	const char *p = strstr(text, from);

	ATF_REQUIRE(p != NULL);
	snprintf(buf, sizeof(buf), "%.*s%s%s", (int)(p - text), text, to,
	    p + strlen(from));
	return (buf);
}

ATF_TC_WITHOUT_HEAD(set_value);
ATF_TC_BODY(set_value, tc)
{
	set(PRETTY, "Regions.900.RegionCode", "b", 0,
	    with(PRETTY, "\"a\",", "\"b\","));
	set(PRETTY, "Regions.900.Zoom", "2", 0, with(PRETTY, "1.50e0", "2"));
	set(PRETTY, "Regions.900.Zoom", "2", 1,
	    with(PRETTY, "1.50e0", "\"2\""));
	set(PRETTY, "Regions.900.Nodes[0].HostName", "b.example", 0,
	    with(PRETTY, "a.example", "b.example"));
	set(PRETTY, "Regions.900.Nodes[900a].HostName", "b \"q\"\n", 0,
	    with(PRETTY, "a.example", "b \\\"q\\\"\\u000a"));
	set(COMPACT, "Regions.900.Nodes[1].Name", "x", 0,
	    with(COMPACT, "900b", "x"));
	set(COMPACT, "900a", "{}", 0,
	    with(COMPACT, "{\"Name\":\"900a\"}", "{}"));
}

ATF_TC_WITHOUT_HEAD(set_new);
ATF_TC_BODY(set_new, tc)
{
	set(PRETTY, "Regions.900.Nodes[0].DERPPort", "8443", 0,
	    with(PRETTY, "\"a.example\"\n", "\"a.example\",\n"
	    "          \"DERPPort\": 8443\n"));
	set(COMPACT, "Regions.900.RegionCode", "x", 0,
	    with(COMPACT, "]}", "],\"RegionCode\":\"x\"}"));
	set("{}", "Regions", "{}", 0, "{\"Regions\":{}}");
	set("{ \"a\": 1 }\r\n", "b", "[1]", 0,
	    "{ \"a\": 1, \"b\": [1] }\r\n");
	set("{\r\n\t\"a\": 1\r\n}", "b", "2", 0,
	    "{\r\n\t\"a\": 1,\r\n\t\"b\": 2\r\n}");
}

ATF_TC_WITHOUT_HEAD(set_errors);
ATF_TC_BODY(set_errors, tc)
{
	set(PRETTY, "Regions.901.RegionCode", "x", 0, NULL);
	set(PRETTY, "Regions.900.Nodes[1].Name", "x", 0, NULL);
	set(PRETTY, "Regions.900.Nodes[0", "x", 0, NULL);
	set(PRETTY, "", "x", 0, NULL);
	set(PRETTY, ".", "x", 0, NULL);
	set(PRETTY, "Regions.900.RegionCode.x", "x", 0, NULL);
	set("{", "a", "x", 0, NULL);
	set(PRETTY, "Regions.900.RegionCode", "\xff", 0, NULL);
	set(PRETTY, "Regions.\xff", "x", 0, NULL);
	set("", "a", "x", 0, NULL);
}

ATF_TC_WITHOUT_HEAD(remove_entry);
ATF_TC_BODY(remove_entry, tc)
{
	del(PRETTY, "Regions.900.Zoom",
	    with(PRETTY, ",\n      \"Zoom\": 1.50e0", ""));
	del(PRETTY, "Regions.900.RegionID",
	    with(PRETTY, "\"RegionID\": 900,   ", ""));
	del(PRETTY, "Regions.900.Nodes[0].HostName",
	    with(PRETTY, ",\n          \"HostName\": \"a.example\"", ""));
	del(COMPACT, "Regions.900.Nodes[0]",
	    with(COMPACT, "{\"Name\":\"900a\"},", ""));
	del(COMPACT, "900b", with(COMPACT, ",{\"Name\":\"900b\"}", ""));
	del(COMPACT, "900", "{\"Regions\":{}}");
	del(COMPACT, "Regions.900.Nodes[900c]", NULL);
	del(COMPACT, "Regions.900.Other", NULL);
}

ATF_TC_WITHOUT_HEAD(add_node);
ATF_TC_BODY(add_node, tc)
{
	add(PRETTY, 900, NULL, NULL, "{\"Name\":\"900b\",\"RegionID\":7}", 0,
	    with(PRETTY, "        }\n      ]", "        },\n"
	    "        {\n"
	    "          \"Name\": \"900b\",\n"
	    "          \"RegionID\": 900\n"
	    "        }\n      ]"));
	add(COMPACT, 900, NULL, NULL, "{ \"Name\" : \"900c\" }", 0,
	    with(COMPACT, "}]}", "},{\"Name\":\"900c\",\"RegionID\":900}]}"));
	add(COMPACT, 900, NULL, NULL, "{\"Name\":\"900b\"}", 0, NULL);
	add(COMPACT, 900, NULL, NULL, "{\"Name\":\"900b\",\"X\":[1, 2]}", 1,
	    with(COMPACT, "{\"Name\":\"900b\"}",
	    "{\"Name\":\"900b\",\"X\":[1, 2],\"RegionID\":900}"));
	add(COMPACT, 900, NULL, NULL, "[]", 0, NULL);
	add(COMPACT, 900, NULL, NULL, "{", 0, NULL);
	add("{}", 900, NULL, NULL, "{}", 0, NULL);
}

ATF_TC_WITHOUT_HEAD(add_region);
ATF_TC_BODY(add_region, tc)
{
	add(PRETTY, 901, "two", "Second", "{\"Name\":\"901a\"}", 0,
	    with(PRETTY, "    }\n  }\n", "    },\n"
	    "    \"901\": {\n"
	    "      \"RegionID\": 901,\n"
	    "      \"RegionCode\": \"two\",\n"
	    "      \"RegionName\": \"Second\",\n"
	    "      \"Nodes\": [\n"
	    "        {\n"
	    "          \"Name\": \"901a\",\n"
	    "          \"RegionID\": 901\n"
	    "        }\n"
	    "      ]\n"
	    "    }\n  }\n"));
	add("{\"Regions\":{}}", 9, NULL, NULL, "{\"Name\":\"n\"}", 0,
	    "{\"Regions\":{\"9\":{\"RegionID\":9,\"RegionCode\":\"9\","
	    "\"RegionName\":\"9\",\"Nodes\":[{\"Name\":\"n\","
	    "\"RegionID\":9}]}}}");
}

/* Adding and then removing an item restores the text. */
ATF_TC_WITHOUT_HEAD(inverse);
ATF_TC_BODY(inverse, tc)
{
	static const char *const texts[] = { PRETTY, COMPACT };
	struct map_edit_region r = { 901, "x", "y" };
	struct ipc_wr w;
	size_t i;

	for (i = 0; i < 2; i++) {
		ipc_wr_init(&w);
		ATF_REQUIRE_EQ(0, map_edit_add(texts[i], strlen(texts[i]), &r,
		    "{\"Name\":\"901a\"}", 15, 0, &w, err));
		ipc_wr_u8(&w, 0);
		del((char *)w.p, "901", texts[i]);
		ipc_wr_free(&w);
		ATF_REQUIRE_EQ(0, map_edit_set(texts[i], strlen(texts[i]),
		    "Regions.900.New", "[ {} ]", 0, &w, err));
		ipc_wr_u8(&w, 0);
		del((char *)w.p, "Regions.900.New", texts[i]);
		ipc_wr_free(&w);
	}
}

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, set_value);
	ATF_TP_ADD_TC(tp, set_new);
	ATF_TP_ADD_TC(tp, set_errors);
	ATF_TP_ADD_TC(tp, remove_entry);
	ATF_TP_ADD_TC(tp, add_node);
	ATF_TP_ADD_TC(tp, add_region);
	ATF_TP_ADD_TC(tp, inverse);
	return (atf_no_error());
}
