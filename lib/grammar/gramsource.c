/*
 * gramsource: see gramsource.h.  Called by gram.c and gramlex.c.
 */
#include <sys/types.h>
#include <sys/stat.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bom.h"
#include "gramparse.h"
#include "gramsource.h"
#include "gramstore.h"
#include "gramtypes.h"
#include "log.h"

#define PATH_SIZE	1024
#define DEPTH_MAX	16		/* of includes */
#define FILES_MAX	256		/* in total */
#define FILE_MAX_SIZE	(1024 * 1024)	/* bytes */

struct lex_source {
	struct lex_source	*up;	/* the including file */
	char			*text;
	size_t			 len, at;
	char			*name;	/* owned by the configuration */
	dev_t			 dev;
	ino_t			 ino;
	int			 line;
	int			 begin;	/* end the include line first */
};

static struct lex_source	*source;

/* Keep a file name for the life of the configuration. */
static char *
keep_name(const char *path)
{
	struct gram_files *files = gram_reading.files;
	char **v;

	if ((v = reallocarray(files->v, files->n + 1, sizeof(*v))) == NULL)
		fatal("can't remember the file %s of the configuration", path);
	files->v = v;
	return (v[files->n++] = gram_dup(path));
}

/* An include is relative to the file that names it. */
static int
resolve(char *dst, size_t size, const char *path)
{
	const char *slash;
	int n;

	if (source == NULL || *path == '/' ||
	    (slash = strrchr(source->name, '/')) == NULL)
		n = snprintf(dst, size, "%s", path);
	else
		n = snprintf(dst, size, "%.*s%s",
		    (int)(slash + 1 - source->name), source->name, path);
	return (n < 0 || (size_t)n >= size ? -1 : 0);
}

/* Read a whole file.  NULL, or the error. */
static const char *
slurp(struct lex_source *s, int fd)
{
	struct stat st;
	ssize_t n;

	if (fstat(fd, &st) == -1)
		return (strerror(errno));
	if (!S_ISREG(st.st_mode) || st.st_size > FILE_MAX_SIZE)
		return ("not a configuration: expected a regular file of at "
		    "most 1 MiB");
	s->dev = st.st_dev;
	s->ino = st.st_ino;
	if ((s->text = malloc((size_t)st.st_size + 1)) == NULL)
		return (strerror(errno));
	while (s->len < (size_t)st.st_size) {
		n = read(fd, s->text + s->len, (size_t)st.st_size - s->len);
		if (n == -1)
			return (strerror(errno));
		if (n == 0)
			break;
		s->len += (size_t)n;
	}
	return (base_bom_found(s->text, s->len));
}

/* Check that one more file may be read, and this one. */
static int
may_push(const struct lex_source *new, const char *path,
    const struct gram_pos *from)
{
	const struct lex_source *s;
	int depth = 0;

	for (s = source; s != NULL; s = s->up, depth++)
		if (s->dev == new->dev && s->ino == new->ino) {
			gram_error(from, "include \"%s\": it includes itself",
			    path);
			return (0);
		}
	if (depth >= DEPTH_MAX || gram_reading.files->n >= FILES_MAX) {
		gram_error(from, "include \"%s\": expected at most %d files "
		    "within each other, and %d in all", path, DEPTH_MAX,
		    FILES_MAX);
		return (0);
	}
	return (1);
}

/* Read on from this source. */
static void
begin(struct lex_source *s, const char *name)
{
	s->name = keep_name(name);
	s->line = 1;
	s->begin = source != NULL;
	s->up = source;
	source = s;
}

int
gram_source_push(const char *path, const struct gram_pos *from)
{
	struct lex_source *s = gram_alloc(sizeof(*s));
	const char *wrong;
	char full[PATH_SIZE];
	int fd = -1;

	if (resolve(full, sizeof(full), path) == -1)
		wrong = "the path is too long";
	else if ((fd = open(full, O_RDONLY | O_CLOEXEC | O_NONBLOCK)) == -1)
		wrong = strerror(errno);
	else
		wrong = slurp(s, fd);
	if (fd != -1)
		close(fd);
	if (wrong != NULL)
		gram_error(from, "%s: %s", full, wrong);
	if (wrong != NULL || !may_push(s, full, from)) {
		free(s->text);
		free(s);
		return (-1);
	}
	begin(s, full);
	return (0);
}

void
gram_source_push_text(const char *name, const char *text)
{
	struct lex_source *s = gram_alloc(sizeof(*s));

	s->text = gram_dup(text);
	s->len = strlen(text);
	begin(s, name);
}

int
gram_source_pop(void)
{
	struct lex_source *s = source;

	source = s->up;
	free(s->text);
	free(s);
	return (source != NULL);
}

void
gram_source_reset(void)
{
	while (source != NULL)
		(void)gram_source_pop();
}

void
gram_source_pos(struct gram_pos *pos)
{
	pos->file = source->name;
	pos->line = source->line;
}

int
gram_source_is_included(void)
{
	return (source->up != NULL);
}

int
gram_source_begins(void)
{
	const int begins = source->begin;

	source->begin = 0;
	return (begins);
}

int
gram_source_get(void)
{
	int ch;

	if (source->at == source->len)
		return (EOF);
	ch = (unsigned char)source->text[source->at++];
	source->line += ch == '\n';
	return (ch);
}

void
gram_source_put_back(int ch)
{
	if (source->at == 0)
		return;
	source->at--;
	source->line -= ch == '\n';
}
