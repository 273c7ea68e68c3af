/*
 * conf_fixture: loads a configuration from a string and keeps the log.  For the
 * tests of the configuration, each of which runs in a directory of its own.
 */
#ifndef CONF_FIXTURE_H
#define CONF_FIXTURE_H

#include <atf-c.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "conf_option.h"

/* What a valid configuration requires, a line each. */
#define NAME	"hostname \"relay.example.org\"\n"
#define CERT	"certificate self-signed\n"
#define RELAY	"relay { }\n"
#define CONF	"t.conf"

/* Behind the last row of the table. */
#define ROWS_END	(conf_grammar.rows + conf_grammar.n)

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

/* conf_load() with standard error in errs. */
static inline struct conf *
load_file(const char *name)
{
	struct conf *c;
	ssize_t n;
	int saved = dup(2);
	int fd = open("stderr", O_RDWR | O_CREAT | O_TRUNC, 0600);

	ATF_REQUIRE(saved != -1 && fd != -1);
	ATF_REQUIRE(dup2(fd, 2) == 2);
	c = conf_load(name);
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
static inline struct conf *
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
static inline struct conf *
good(const char *text)
{
	struct conf *c = load(text);

	if (c == NULL || errs[0] != '\0')
		atf_tc_fail("%s\nwas refused: %s", text, errs);
	return (c);
}

/* The text is refused, with one error, on `line'. */
static inline void
bad(const char *text, int line, const char *error)
{
	struct conf *c = load(text);
	char want[1200];

	snprintf(want, sizeof(want), ": " CONF ":%d: %s\n", line, error);
	if (c != NULL)
		atf_tc_fail_nonfatal("accepted: %s", text);
	if (strstr(errs, want) == NULL || lines() != 1)
		atf_tc_fail_nonfatal("%s\nexpected%sbut said %s", text, want,
		    errs);
	conf_free(c);
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
	    gram_statements(&conf_grammar, block));
	bad(text, line, error);
}

#endif
