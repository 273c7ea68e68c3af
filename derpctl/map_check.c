/*
 * map_check: `derpctl map check': validate a DERP map in a file.
 *
 * For people and CI jobs.  Works without derpd.
 */
#include <sys/types.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "ctl.h"
#include "mapcheck.h"
#include "readall.h"

/* Findings, reported as they arrive. */
struct map_findings {
	const struct ctl *ctl;
	unsigned int	  errors, warnings;
	struct ctl_json	  doc;		/* with -j */
};

char *
ctl_read_file(const char *path, size_t max, size_t *len)
{
	char	*p;
	ssize_t	 n = -1;
	int	 fd, e;

	fd = strcmp(path, "-") == 0 ? STDIN_FILENO :
	    open(path, O_RDONLY | O_CLOEXEC);
	if (fd == -1)
		return NULL;
	if ((p = malloc(max + 1)) != NULL)
		n = base_read_all(fd, p, max + 1);
	e = errno;
	if (fd != STDIN_FILENO)
		close(fd);
	errno = e;
	if (n == -1) {
		free(p);
		return NULL;
	}
	*len = (size_t)n;
	return p;
}

/* Print a finding to standard error, or add it to the open JSON list. */
static void
found(int error, const char *line, void *arg)
{
	struct map_findings	*f = arg;
	unsigned int		*n = error ? &f->errors : &f->warnings;

	if (!f->ctl->json) {
		fprintf(stderr, "%s: ", error ? "error" : "warning");
		ctl_put_text(stderr, line, strlen(line));
		fputc('\n', stderr);
	} else {
		json_out_object(&f->doc.o, NULL);
		json_out_str(&f->doc.o, "kind", error ? "error" : "warning");
		json_out_str(&f->doc.o, "text", line);
		json_out_end(&f->doc.o);
		ctl_json_flush(&f->doc, stdout);
	}
	(*n)++;
}

/* Print the result after the findings. */
static void
put_verdict(struct map_findings *f, const char *name, int good, size_t regions,
    size_t nodes)
{
	if (f->ctl->json) {
		json_out_end(&f->doc.o);
		json_out_bool(&f->doc.o, "ok", good);
		json_out_uint(&f->doc.o, "regions", regions);
		json_out_uint(&f->doc.o, "nodes", nodes);
		ctl_json_end(&f->doc, stdout);
	} else if (good) {
		ctl_put_text(stdout, name, strlen(name));
		printf(": valid, %zu region%s, %zu node%s\n", regions,
		    regions == 1 ? "" : "s", nodes, nodes == 1 ? "" : "s");
	}
}

int
ctl_cmd_map_check(const struct ctl *ctl, const struct command_words *w)
{
	struct map_findings	 f = { .ctl = ctl };
	size_t			 len, regions, nodes;
	const char		*name;
	char			*text;
	int			 good;

	name = strcmp(w->arg[0], "-") == 0 ? "standard input" : w->arg[0];
	ctl_confine_file(w->arg[0]);
	if ((text = ctl_read_file(w->arg[0], MAP_MAX_SIZE, &len)) == NULL)
		return ctl_failed(ctl, "%s: %s", name, strerror(errno));
	if (ctl->json) {
		ctl_json_begin(&f.doc);
		json_out_array(&f.doc.o, "findings");
	}
	good = map_check(text, len, name, NULL, found, &f) == 0;
	map_count(text, good ? len : 0, &regions, &nodes);
	free(text);
	put_verdict(&f, name, good, regions, nodes);
	return good ? 0 : 1;
}
