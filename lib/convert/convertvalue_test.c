/*
 * convertvalue_test: Tests of booleans, and of a file of variables.
 */
#include <atf-c.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "convertfixture.h"

/* The values of a boolean flag are Go's. */
ATF_TC_WITHOUT_HEAD(flags);
ATF_TC_BODY(flags, tc)
{
	static const char *const values[] = { "1", "t", "T", "TRUE", "true",
	    "True", "0", "f", "F", "FALSE", "false", "False" };
	char words[64], *text;
	size_t i;

	for (i = 0; i < sizeof(values) / sizeof(values[0]); i++) {
		snprintf(words, sizeof(words), "-stun=%s", values[i]);
		ATF_REQUIRE_MSG((text = convert(CONVERT_FLAGS, words)) != NULL,
		    "%s: %s", words, said);
		ATF_CHECK_EQ_MSG(i < 6, strstr(text, "stun {") != NULL, "%s",
		    words);
		ATF_CHECK_STREQ("", said);
		free(text);
	}
}

/* A boolean variable that is neither true nor false: derper's default. */
ATF_TC_WITHOUT_HEAD(booleans);
ATF_TC_BODY(booleans, tc)
{
	static const char *const values[] = { "1", "0", "yes", "no", "True",
	    "FALSE", "false ", "off" };
	static const struct {
		const char	*name;
		const char	*yes;	/* in the text when it is true */
		int		 unset;
	} t[] = {
		{ "DERP_ENABLE_STUN", "stun {\n", 1 },
		{ "DERP_STUN", "stun {\n", 1 },
		{ "DERP_ENABLE_DERP", "relay {\n", 1 },
		{ "DERP_VERIFY_CLIENTS", "admit {\n", 0 },
		{ "DERP_DEV_MODE", " port 3340 ", 0 },
		{ "DERP_PRINT_VERSION", "shows the version", 0 },
	};
	char note[128], *text;
	size_t i, j;

	present = NULL;
	for (i = 0; i < sizeof(t) / sizeof(t[0]); i++)
		for (j = 0; j < sizeof(values) / sizeof(values[0]); j++) {
			text = one(t[i].name, values[j]);
			ATF_REQUIRE_MSG(text != NULL, "%s", said);
			ATF_CHECK_EQ_MSG(t[i].unset, strstr(text, t[i].yes) !=
			    NULL, "%s=%s: %s", t[i].name, values[j], text);
			snprintf(note, sizeof(note), "%s: \"%s\" does not "
			    "count, and the default of derper holds: expected "
			    "exactly true or false\n", t[i].name, values[j]);
			ATF_CHECK_STREQ(note, said);
			ATF_CHECK_MSG(strstr(text, values[j]) != NULL, "%s",
			    text);
			free(text);
		}
}

static char *
from_file(const char *text, size_t len)
{
	struct convert *c = new(CONVERT_ENV);

	convert_env_file(c, ".env", text, len);
	return (end(c));
}

/* A file of variables, as docker compose reads it. */
ATF_TC_WITHOUT_HEAD(file);
ATF_TC_BODY(file, tc)
{
	static const char good[] = "# the relay\r\n\n"
	    "export DERP_HOSTNAME = 'a.example.org' # here\r\n"
	    "DERP_CONFIG_PATH=\"/a b\\\"\\$x\"\n  DERP_STUN=false # off\n"
	    "OTHER=${HOME} 'x\nDERP_HOME=\nDERP_MESH_PSK_FILE=/m#1$$2";
	static const char *const bad[][2] = {
		{ "DERP_HOSTNAME=${NAME}", ".env:1: expected the value" },
		{ "\nDERP_HOSTNAME=\"$NAME\"", ".env:2: expected the value" },
		{ "DERP_HOSTNAME='x", "the end of the quotes" },
		{ "DERP_HOSTNAME=\"x\ny\"", "the end of the quotes" },
		{ "DERP_HOSTNAME='x'y", "the end of the line" },
		{ "DERP_HOSTNAME", "a line NAME=VALUE" },
		{ "- DERP_HOSTNAME=x", "a line NAME=VALUE" },
	};
	char *text;
	size_t i;

	/* Variables of other programs may say what they like. */
	text = from_file(good, sizeof(good) - 1);
	ATF_REQUIRE_MSG(text != NULL, "%s", said);
	ATF_CHECK(strstr(text, "hostname \"a.example.org\"\n") != NULL);
	ATF_CHECK(strstr(text, "\tkey \"/a b\\\"$x\"\n") != NULL);
	ATF_CHECK(strstr(text, "stun {") == NULL);
	ATF_CHECK(strstr(text, "\tkey file \"/m#1$2\"\n") != NULL);
	free(text);
	text = from_file("DERP_HOSTNAME=a.example\nDERP_HOSTNAME=b.example",
	    47);
	ATF_REQUIRE_MSG(text != NULL, "%s", said);
	ATF_CHECK(strstr(text, "hostname \"b.example\"\n") != NULL);
	free(text);
	ATF_CHECK(from_file("DERP_HOSTNAME=a\0b", 17) == NULL);
	ATF_CHECK(strstr(said, ".env: a NUL") != NULL);
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		ATF_CHECK(from_file(bad[i][0], strlen(bad[i][0])) == NULL);
		ATF_CHECK_MSG(strstr(said, bad[i][1]) != NULL, "%s: %s",
		    bad[i][0], said);
	}
}

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, flags);
	ATF_TP_ADD_TC(tp, booleans);
	ATF_TP_ADD_TC(tp, file);
	return (atf_no_error());
}
