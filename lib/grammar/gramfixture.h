/*
 * gramfixture: loads a configuration from a string and keeps the log.  For the
 * tests of the configuration of a daemon, each of which runs in a directory of
 * its own.  Who includes it defines before: FIXTURE_CONF, the structure;
 * FIXTURE_TABLE, its grammar; FIXTURE_LOAD(file), FIXTURE_FREE(conf),
 * FIXTURE_PRINT(f, conf), FIXTURE_DIFFERS(a, b).
 */
#ifndef GRAMFIXTURE_H
#define GRAMFIXTURE_H

#include <atf-c.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "gramoption.h"

#define CONF	"t.conf"

/* Behind the last row of the table. */
#define ROWS_END	(FIXTURE_TABLE.rows + FIXTURE_TABLE.n)

static char	 errs[16384];	/* log of the last load() */

/* Make the file `name' of the `n' bytes at `text'. */
static inline void
put_file(const char *name, const char *text, size_t n)
{
	FILE *f = fopen(name, "w");

	ATF_REQUIRE(f != NULL);
	ATF_REQUIRE_EQ(fwrite(text, 1, n, f), n);
	ATF_REQUIRE_EQ(fclose(f), 0);
}

/* The same with a string. */
static inline void
put(const char *name, const char *text)
{
	put_file(name, text, strlen(text));
}

/* FIXTURE_LOAD() with standard error in errs. */
static inline FIXTURE_CONF *
load_file(const char *name)
{
	FIXTURE_CONF *c;
	ssize_t n;
	int saved = dup(2);
	int fd = open("stderr", O_RDWR | O_CREAT | O_TRUNC, 0600);

	ATF_REQUIRE(saved != -1 && fd != -1);
	ATF_REQUIRE(dup2(fd, 2) == 2);
	c = FIXTURE_LOAD(name);
	fflush(stderr);
	ATF_REQUIRE(dup2(saved, 2) == 2);
	close(saved);
	n = pread(fd, errs, sizeof(errs) - 1, 0);
	ATF_REQUIRE(n >= 0);
	errs[n] = '\0';
	close(fd);
	return (c);
}

/* The configuration `text', or NULL; the log is in errs. */
static inline FIXTURE_CONF *
load(const char *text)
{
	put(CONF, text);
	return (load_file(CONF));
}

/* Number of lines logged. */
static inline unsigned int
lines(void)
{
	unsigned int n = 0;
	const char *p;

	for (p = errs; (p = strchr(p, '\n')) != NULL; p++)
		n++;
	return (n);
}

/* The same; it must be accepted without messages. */
static inline FIXTURE_CONF *
good(const char *text)
{
	FIXTURE_CONF *c = load(text);

	if (c == NULL || errs[0] != '\0')
		atf_tc_fail("%s\nwas refused: %s", text, errs);
	return (c);
}

/* The text is refused, with one error, on `line'. */
static inline void
bad(const char *text, int line, const char *error)
{
	FIXTURE_CONF *c = load(text);
	char want[1200];

	snprintf(want, sizeof(want), ": " CONF ":%d: %s\n", line, error);
	if (c != NULL)
		atf_tc_fail_nonfatal("accepted: %s", text);
	if (strstr(errs, want) == NULL || lines() != 1)
		atf_tc_fail_nonfatal("%s\nexpected%sbut said %s", text, want,
		    errs);
	FIXTURE_FREE(c);
}

/*
 * Copy the sample; with `all' its commented statements (no blank after the #),
 * except for includes, become active.
 */
static inline void
copy_sample(const char *from, int all)
{
	FILE *in = fopen(from, "r"), *out = fopen(CONF, "w");
	char line[256], *p;

	ATF_REQUIRE(in != NULL && out != NULL);
	while (fgets(line, sizeof(line), in) != NULL) {
		p = line + strspn(line, "\t");
		if (all && p[0] == '#' && p[1] >= 'a' && p[1] <= 'z' &&
		    strncmp(p, "#include", 8) != 0)
			p++;
		ATF_REQUIRE(fputs(p, out) != EOF);
	}
	ATF_REQUIRE_EQ(fclose(in), 0);
	ATF_REQUIRE_EQ(fclose(out), 0);
}

/*
 * The text is refused on `line', because no statement of the block begins with
 * the word.
 */
static inline void
bad_word(const char *text, int line, const char *word, int block)
{
	char error[1100];

	snprintf(error, sizeof(error), "near `%s': expected %s", word,
	    gram_statements(&FIXTURE_TABLE, block));
	bad(text, line, error);
}

#endif
