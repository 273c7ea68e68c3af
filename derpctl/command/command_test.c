/*
 * command_test: the words of a command line against a table: which command,
 * which options and arguments, what is wrong, help, and completion.
 */
#include <atf-c.h>
#include <stdlib.h>
#include <string.h>

#include "command.h"

#define NONE	{ { 0, NULL, 0, NULL } }

static const struct command rows[] = {
	{ "", NULL, "command [argument...]", 0, "test", {
		{ 'h', NULL, 0, "print help" },
		{ 's', "file", 0, "socket" },
		{ 'V', NULL, 0, "print the version" } } },
	{ "cp", NULL, "[flag...]", COMMAND_VERBATIM, "copy", NONE },
	{ "key add", NULL, "key [name:name] [group:name]", 0, "add", {
		{ 'f', "file", 0, "the file" } } },
	{ "key list", NULL, "", 0, "list keys", NONE },
	{ "log", NULL, "on|off", COMMAND_SOCKET, "log", NONE },
	{ "map", NULL, "", 0, "show maps", NONE },
	{ "map check", NULL, "file", 0, "check a map", NONE },
	{ "probe", NULL, "host [port]", 0, "probe a relay", {
		{ 'c', "file", 1, "trust the file" },
		{ 'k', NULL, 1, "trust all" },
		{ 'n', "count", 0, "packets" },
		{ 's', "order", 0, "sort" } } },
	{ "wake", NULL, "target...", 0, "wake some", {
		{ 'q', NULL, 1, "quiet" },
		{ 'P', NULL, 1, "in colours" } } },
};

static const struct command_value values[] = {
	{ "count", COMMAND_NUMBER, NULL, 1, 20 },
	{ "file", COMMAND_FILE, NULL, 0, 0 },
	{ "order", COMMAND_WORD, "rx tx", 0, 0 },
	{ "port", COMMAND_NUMBER, NULL, 1, 65535 },
};

static const struct command_long longs[] = {
	{ "colours", 'P' },
	{ "help", 'h' },
	{ "version", 'V' },
};

static const struct command_set set = { "prog", rows,
    sizeof(rows) / sizeof(rows[0]), values,
    sizeof(values) / sizeof(values[0]), longs,
    sizeof(longs) / sizeof(longs[0]) };

static char			 why[COMMAND_WHY];
static struct command_words	 words;
static char			 line[256], *argv[32];

/* Split a line into argv, at blanks; "''" is an empty word.  Returns argc. */
static int
split(const char *text)
{
	char	*p, *word;
	int	 argc = 0;

	strlcpy(line, text, sizeof(line));
	for (p = line; (word = strsep(&p, " ")) != NULL;)
		argv[argc++] = strcmp(word, "''") == 0 ? word + 2 : word;
	argv[argc] = NULL;
	return argc;
}

/* The command of a line; "": none. */
static const char *
found(const char *text)
{
	const struct command	*c;
	int			 used, argc = split(text);

	c = command_find(&set, argc, argv, &used, why);
	return c == NULL ? "" : c->words;
}

/* Read a line with its command.  Returns as command_read(). */
static int
take(const char *text)
{
	const struct command	*c;
	int			 used, argc = split(text);

	c = command_find(&set, argc, argv, &used, why);
	ATF_REQUIRE_MSG(c != NULL, "%s: %s", text, why);
	why[0] = '\0';
	return command_read(&set, c, argc - used, argv + used, &words, why);
}

/* A wrong line and the reason. */
static void
wrong(const char *text, const char *reason)
{
	ATF_CHECK_EQ_MSG(-1, take(text), "%s: is read", text);
	ATF_CHECK_STREQ_MSG(reason, why, "%s", text);
}

ATF_TC_WITHOUT_HEAD(find);
ATF_TC_BODY(find, tc)
{
	ATF_CHECK_STREQ("log", found("log"));
	ATF_CHECK_STREQ("log", found("log on"));
	ATF_CHECK_STREQ("map", found("map"));
	ATF_CHECK_STREQ("map", found("map -x"));
	ATF_CHECK_STREQ("map check", found("map check"));
	ATF_CHECK_STREQ("key add", found("key add log"));
}

ATF_TC_WITHOUT_HEAD(unknown);
ATF_TC_BODY(unknown, tc)
{
	ATF_CHECK_STREQ("", found("banana"));
	ATF_CHECK_STREQ("unknown command \"banana\"", why);
	ATF_CHECK_STREQ("", found("prbe host"));
	ATF_CHECK_STREQ("unknown command \"prbe\": did you mean probe?", why);
	ATF_CHECK_STREQ("", found("key"));
	ATF_CHECK_STREQ("key: expected add or list", why);
	ATF_CHECK_STREQ("", found("key lst"));
	ATF_CHECK_STREQ("key: unknown command \"lst\": did you mean list?",
	    why);
	ATF_CHECK_STREQ("", found("map banana"));
	ATF_CHECK_STREQ("map: unknown command \"banana\": expected check",
	    why);
	ATF_CHECK_STREQ("", found("''"));
	ATF_CHECK_STREQ("unknown command \"\"", why);
}

ATF_TC_WITHOUT_HEAD(options);
ATF_TC_BODY(options, tc)
{
	ATF_REQUIRE_EQ(0, take("probe -kn 7 host"));
	ATF_CHECK_STREQ("", words.option['k']);
	ATF_CHECK_EQ(7, command_number(words.option['n'], 3));
	ATF_CHECK(words.option['c'] == NULL);
	ATF_CHECK_STREQ("host", words.arg[0]);
	ATF_REQUIRE_EQ(0, take("probe -cfile -- -host"));
	ATF_CHECK_STREQ("file", words.option['c']);
	ATF_CHECK_STREQ("-host", words.arg[0]);
	ATF_CHECK_EQ(3, command_number(words.option['n'], 3));
	ATF_REQUIRE_EQ(0, take("map check -"));
	ATF_CHECK_STREQ("-", words.arg[0]);
	wrong("probe -x host", "unknown option -x");
	wrong("probe --long host", "unknown option --long");
	wrong("probe host -n", "port \"-n\": expected 1 to 65535");
	wrong("probe -n", "-n: count is missing");
	wrong("probe -n 0 host", "-n \"0\": expected 1 to 20");
	wrong("probe -n21 host", "-n \"21\": expected 1 to 20");
	wrong("probe -n 1x host", "-n \"1x\": expected 1 to 20");
	wrong("probe -s size host", "-s \"size\": expected rx or tx");
	wrong("probe -k -c a host", "-c and -k exclude each other");
	wrong("map check -s", "-s stands before the command");
}

ATF_TC_WITHOUT_HEAD(arguments);
ATF_TC_BODY(arguments, tc)
{
	ATF_REQUIRE_EQ(0, take("probe host 65535"));
	ATF_CHECK_STREQ("65535", words.arg[1]);
	ATF_REQUIRE_EQ(0, take("probe host"));
	ATF_CHECK(words.arg[1] == NULL);
	ATF_REQUIRE_EQ(0, take("log off"));
	ATF_REQUIRE_EQ(0, take("key add k group g name n"));
	ATF_CHECK_STREQ("k", words.arg[0]);
	ATF_CHECK_STREQ("n", words.arg[1]);
	ATF_CHECK_STREQ("g", words.arg[2]);
	wrong("probe", "host is missing");
	wrong("probe host 65536", "port \"65536\": expected 1 to 65535");
	wrong("probe host 0", "port \"0\": expected 1 to 65535");
	wrong("probe host https", "port \"https\": expected 1 to 65535");
	wrong("probe host 443 more", "unexpected argument \"more\"");
	wrong("log", "on or off is missing");
	wrong("log loud", "\"loud\": expected on or off");
	wrong("key add k nane n", "\"nane\": expected name or group");
	wrong("key add k name", "name: name is missing");
	wrong("key add k name a name b", "name is given twice");
}

ATF_TC_WITHOUT_HEAD(rest);
ATF_TC_BODY(rest, tc)
{
	ATF_REQUIRE_EQ(0, take("cp"));
	ATF_CHECK_EQ(0, words.argc);
	ATF_REQUIRE_EQ(0, take("cp -- -a --help b"));
	ATF_CHECK_EQ(3, words.argc);
	ATF_CHECK_STREQ("-a", words.argv[0]);
	ATF_CHECK_STREQ("--help", words.argv[1]);
	ATF_REQUIRE_EQ(0, take("cp a -b"));
	ATF_CHECK_EQ(2, words.argc);
	wrong("cp -a", "-- is missing before -a");
	ATF_REQUIRE_EQ(0, take("wake a b"));
	ATF_CHECK_EQ(2, words.argc);
	ATF_CHECK_STREQ("a", words.argv[0]);
	wrong("wake", "target is missing");
}

ATF_TC_WITHOUT_HEAD(long_options);
ATF_TC_BODY(long_options, tc)
{
	ATF_REQUIRE_EQ(0, take("wake --colours a"));
	ATF_CHECK_STREQ("", words.option['P']);
	ATF_CHECK_EQ(1, words.argc);
	wrong("wake -q --colours a", "-q and -P exclude each other");
	wrong("wake --colour a", "unknown option --colour");
	wrong("wake --version a", "unknown option --version");
	wrong("probe --colours a", "unknown option --colours");
}

/* What a function prints. */
static const char *
printed(void (*print)(FILE *, const struct command_set *,
    const struct command *), const char *command)
{
	static char	*text;
	size_t		 size, i;
	FILE		*fp;

	free(text);
	ATF_REQUIRE((fp = open_memstream(&text, &size)) != NULL);
	for (i = 0; strcmp(rows[i].words, command) != 0; i++)
		;
	print(fp, &set, &rows[i]);
	fclose(fp);
	return text;
}

ATF_TC_WITHOUT_HEAD(help);
ATF_TC_BODY(help, tc)
{
	ATF_CHECK_EQ(1, take("probe -k --help"));
	ATF_CHECK_EQ(1, take("probe -h"));
	ATF_CHECK_EQ(1, take("map -h"));
	ATF_CHECK_EQ(1, take("cp --help"));
	ATF_CHECK_STREQ("usage: prog [-j] probe [-c file | -k] [-n count] "
	    "[-s order] host [port]\n\nProbe a relay.\n\n"
	    "  -c file                   trust the file\n"
	    "  -k                        trust all\n"
	    "  -n count                  packets\n"
	    "  -s order                  sort\n"
	    "  count                     1 to 20\n"
	    "  order                     rx or tx\n"
	    "  port                      1 to 65535\n",
	    printed(command_help, "probe"));
	ATF_CHECK_STREQ("usage: prog [-j] [-s socket] log on | off\n",
	    printed(command_usage, "log"));
	ATF_CHECK_STREQ("usage: prog [-j] cp -- [flag ...]\n",
	    printed(command_usage, "cp"));
	ATF_CHECK_STREQ("usage: prog [-j] key add [-f file] key [name name] "
	    "[group name]\n", printed(command_usage, "key add"));
}

/* Complete a line; the candidates with a blank between them, without help. */
static void
completes(const char *text, const char *want)
{
	char	 got[512] = "", *out, *p, *word;
	size_t	 size;
	FILE	*fp;

	ATF_REQUIRE((fp = open_memstream(&out, &size)) != NULL);
	command_complete(fp, &set, split(text), argv);
	fclose(fp);
	for (p = out; (word = strsep(&p, "\n")) != NULL && *word != '\0';) {
		if (got[0] != '\0')
			strlcat(got, " ", sizeof(got));
		if (*word == '\t')
			strlcat(got, "<file>", sizeof(got));
		word[strcspn(word, "\t")] = '\0';
		strlcat(got, word, sizeof(got));
	}
	free(out);
	ATF_CHECK_STREQ_MSG(want, got, "%s", text);
}

ATF_TC_WITHOUT_HEAD(complete);
ATF_TC_BODY(complete, tc)
{
	completes("''", "cp key log map probe wake");
	completes("p", "probe");
	completes("x", "");
	completes("key ''", "add list");
	completes("key l", "list");
	completes("-s sock m", "map");
	completes("-s ''", "<file>");
	completes("-", "-h -s -V --help --version");
	completes("--v", "--version");
	completes("map ''", "check");
	completes("map check ''", "<file>");
	completes("map check a ''", "");
	completes("log ''", "on off");
	completes("log o", "on off");
	completes("log of", "off");
	completes("log on ''", "");
	completes("probe -", "-c -k -n -s --help");
	completes("probe -s ''", "rx tx");
	completes("probe -ks t", "tx");
	completes("probe -c ''", "<file>");
	completes("probe ''", "");
	completes("key add ''", "");
	completes("key add k ''", "name group");
	completes("key add k name ''", "");
	completes("key add k name x g", "group");
	completes("wake -", "-q -P --colours --help");
	completes("wake --c", "--colours");
	completes("nothing ''", "");
}

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, find);
	ATF_TP_ADD_TC(tp, unknown);
	ATF_TP_ADD_TC(tp, options);
	ATF_TP_ADD_TC(tp, arguments);
	ATF_TP_ADD_TC(tp, rest);
	ATF_TP_ADD_TC(tp, long_options);
	ATF_TP_ADD_TC(tp, help);
	ATF_TP_ADD_TC(tp, complete);
	return atf_no_error();
}
