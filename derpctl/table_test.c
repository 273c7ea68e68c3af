/*
 * Tests of table.c: which columns fit, and text in exact widths.
 */
#include <atf-c.h>
#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "table.h"

static char	*out;
static size_t	 outlen;

static const char *
cut(const char *s, unsigned int width, int right)
{
	FILE	*fp;

	free(out);
	out = NULL;
	ATF_REQUIRE((fp = open_memstream(&out, &outlen)) != NULL);
	ctl_table_text(fp, s, strlen(s), width, right);
	fclose(fp);
	return out;
}

static void
utf8(void)
{
	if (setlocale(LC_CTYPE, "C.UTF-8") == NULL)
		atf_tc_skip("no locale with UTF-8");
}

ATF_TC_WITHOUT_HEAD(text);
ATF_TC_BODY(text, tc)
{
	utf8();
	ATF_CHECK_STREQ(cut("abc", 5, 0), "abc  ");
	ATF_CHECK_STREQ(cut("abc", 5, 1), "  abc");
	ATF_CHECK_STREQ(cut("abc", 3, 0), "abc");
	ATF_CHECK_STREQ(cut("abcd", 3, 0), "ab+");
	ATF_CHECK_STREQ(cut("abcd", 1, 0), "+");
	ATF_CHECK_STREQ(cut("abcd", 0, 0), "");
	ATF_CHECK_STREQ(cut("", 2, 0), "  ");
	/* Two bytes and one column; three bytes and two columns. */
	ATF_CHECK_STREQ(cut("B\xc3\xbcro", 4, 0), "B\xc3\xbcro");
	ATF_CHECK_STREQ(cut("B\xc3\xbcro", 3, 0), "B\xc3\xbc+");
	ATF_CHECK_STREQ(cut("\xe6\x97\xa5\xe6\x9c\xac", 4, 0),
	    "\xe6\x97\xa5\xe6\x9c\xac");
	ATF_CHECK_STREQ(cut("\xe6\x97\xa5\xe6\x9c\xac", 3, 0),
	    "\xe6\x97\xa5+");
	/* Half of a wide character can't be shown. */
	ATF_CHECK_STREQ(cut("\xe6\x97\xa5\xe6\x9c\xac", 2, 0), "+ ");
	/* A combining accent has no width of its own. */
	ATF_CHECK_STREQ(cut("e\xcc\x81x", 2, 0), "e\xcc\x81x");
	ATF_CHECK_EQ(ctl_table_width("e\xcc\x81\xe6\x97\xa5", 6), 3);
}

ATF_TC_WITHOUT_HEAD(harmless);
ATF_TC_BODY(harmless, tc)
{
	utf8();
	ATF_CHECK_STREQ(cut("\033[2J", 9, 0), "\\x1b[2J  ");
	ATF_CHECK_STREQ(cut("a\033", 3, 0), "a+ ");
	ATF_CHECK_STREQ(cut("\xe2\x80\xae" "a", 13, 0),
	    "\\xe2\\x80\\xae" "a");
	ATF_CHECK_STREQ(cut("\xff", 4, 0), "\\xff");
	/* Without UTF-8, as the terminal may show bytes for characters. */
	ATF_REQUIRE(setlocale(LC_CTYPE, "C") != NULL);
	ATF_CHECK_STREQ(cut("\xc3\xbc", 8, 0), "\\xc3\\xbc");
}

static const struct ctl_column columns[] = {
	{ "KEY", 1, 4, 8, 0 },
	{ "NAME", 3, 5, 20, 0 },
	{ "IN", 2, 3, 3, 1 },
};

/* A head and a line of `width'. */
static const char *
lines(unsigned int width, const char *key, const char *name, const char *in)
{
	struct ctl_table	 t;
	FILE			*fp;

	free(out);
	out = NULL;
	ATF_REQUIRE((fp = open_memstream(&out, &outlen)) != NULL);
	ctl_table_init(&t, columns, 3, width);
	ctl_table_head(&t, fp);
	ctl_table_cell(&t, fp, 0, key);
	ctl_table_cell(&t, fp, 1, name);
	ctl_table_cell(&t, fp, 2, in);
	fclose(fp);
	return out;
}

ATF_TC_WITHOUT_HEAD(widths);
ATF_TC_BODY(widths, tc)
{
	/* The least that is shown, by rank, and nothing that does not fit. */
	ATF_CHECK_STREQ(lines(3, "k", "n", "1"), "\n");
	ATF_CHECK_STREQ(lines(4, "k", "n", "1"), "KEY\nk");
	ATF_CHECK_STREQ(lines(7, "keykeyk", "n", "1"), "KEY\nkeykeyk");
	ATF_CHECK_STREQ(lines(8, "keykey", "n", "1"), "KEY   IN\nkey+   1");
	ATF_CHECK_STREQ(lines(14, "k", "names", "1"),
	    "KEY  NAME   IN\nk    names   1");
	/* More room goes to the first rank, then to the next. */
	ATF_CHECK_STREQ(lines(19, "k", "namesnames", "1"),
	    "KEY      NAME    IN\nk        names+   1");
	ATF_CHECK_STREQ(lines(200, "k", "n", "1"),
	    "KEY      NAME                  IN\n"
	    "k        n                      1");
	/* A number is never cut; without a limit nothing is. */
	ATF_CHECK_STREQ(lines(14, "k", "n", "12345"),
	    "KEY  NAME   IN\nk    n     12345");
	ATF_CHECK_STREQ(lines(0, "k", "abcdefghijklmnopqrstu", "1"),
	    "KEY      NAME                  IN\n"
	    "k        abcdefghijklmnopqrstu   1");
}

ATF_TC_WITHOUT_HEAD(terminal);
ATF_TC_BODY(terminal, tc)
{
	setenv("COLUMNS", "132", 1);
	ATF_CHECK_EQ(ctl_table_columns(), 132);
	setenv("COLUMNS", "0", 1);
	ATF_REQUIRE(freopen("out", "w", stdout) != NULL);
	ATF_CHECK_EQ(ctl_table_columns(), 0);
	unsetenv("COLUMNS");
	ATF_CHECK_EQ(ctl_table_columns(), 0);
}

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, text);
	ATF_TP_ADD_TC(tp, harmless);
	ATF_TP_ADD_TC(tp, widths);
	ATF_TP_ADD_TC(tp, terminal);
	return atf_no_error();
}
