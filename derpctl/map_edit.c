/*
 * map_edit: `derpctl map add', `remove' and `set': edit a map file.
 *
 * Works without derpd; a derpd that serves the file reloads
 * it by itself.  The file is written only if the result is a valid map.
 */
#include <sys/types.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "ctl.h"
#include "edit.h"
#include "mapcheck.h"
#include "mapedit.h"

#define MAX_REGION	((1LL << 53) - 1)
#define MAX_NODE	(64 * 1024)	/* bytes of a node */

static const char	empty_map[] = "{\n  \"Regions\": {}\n}\n";

/* A map file that is being edited. */
struct map_edit_file {
	struct ctl_edit	 file;
	char		 error[256];	/* first error in the result */
};

/*
 * Read the file, or start an empty map if it is missing and `make' is 1.
 * Returns 0, or 1 with an error reported.
 */
static int
edit_open(struct map_edit_file *e, const struct ctl *ctl, const char *file,
    int make)
{
	e->error[0] = '\0';
	if (ctl_edit_open(&e->file, ctl, file, MAP_MAX_SIZE,
	    make ? empty_map : NULL) == 0)
		return 0;
	ctl_edit_close(&e->file);
	return 1;
}

/* Collect errors and warnings about the result. */
static void
found(int error, const char *line, void *arg)
{
	struct map_edit_file	*e = arg;

	if (error && e->error[0] == '\0')
		strlcpy(e->error, line, sizeof(e->error));
	if (e->file.ctl->json)
		return;
	fprintf(stderr, "%s: ", error ? "error" : "warning");
	ctl_put_text(stderr, line, strlen(line));
	fputc('\n', stderr);
}

/*
 * Replace the file with the new text if that is a valid map.  Returns 0 or 1.
 */
static int
edit_write(struct map_edit_file *e, const struct ipc_wr *w)
{
	const struct ctl	*ctl = e->file.ctl;

	if (map_check((const char *)w->p, w->len, e->file.path, NULL, found,
	    e) == -1)
		return ctl_failed(ctl, "nothing was changed: the result is not "
		    "a valid map: %s", e->error);
	if (ctl_edit_write(&e->file, w->p, w->len, 0644) != 0)
		return 1;
	if (ctl->json)
		ctl_json_ok(stdout, NULL, NULL);
	return 0;
}

/* Finish a command; `rv' is the result of the edit. */
static int
finish(struct map_edit_file *e, int rv, const char *err, struct ipc_wr *w)
{
	rv = rv == -1 ? ctl_failed(e->file.ctl, "nothing was changed: %s",
	    err) : edit_write(e, w);
	ipc_wr_free(w);
	ctl_edit_close(&e->file);
	return rv;
}

/* Read a node from a file.  Returns its text, or NULL (reported). */
static char *
read_node(const struct ctl *ctl, const char *from, size_t *len)
{
	char	*node;

	if ((node = ctl_read_file(from, MAX_NODE, len)) == NULL)
		(void)ctl_failed(ctl, "%s: %s", from, strerror(errno));
	else if (*len > MAX_NODE) {
		free(node);
		node = NULL;
		(void)ctl_failed(ctl, "%s: expected a node of at most %d bytes",
		    from, MAX_NODE);
	}
	return node;
}

int
ctl_cmd_map_add(const struct ctl *ctl, const struct command_words *w)
{
	struct map_edit_region r = { 0, w->option['c'], w->option['n'] };
	struct map_edit_file e;
	struct ipc_wr	 wr;
	const char	*errstr;
	char		 err[MAPEDIT_ERROR], *node;
	size_t		 nlen;
	int		 rv;

	r.id = strtonum(w->arg[1], 1, MAX_REGION, &errstr);
	if (errstr != NULL)
		return ctl_failed(ctl,
		    "region %s: expected a number, 900 to 999 "
		    "for a region of your own", w->arg[1]);
	node = read_node(ctl, w->arg[2] != NULL ? w->arg[2] : "-", &nlen);
	if (node == NULL)
		return 1;
	if (edit_open(&e, ctl, w->arg[0], 1) != 0) {
		free(node);
		return 1;
	}
	ipc_wr_init(&wr);
	rv = map_edit_add(e.file.text, e.file.len, &r, node, nlen,
	    w->option['f'] != NULL, &wr, err);
	free(node);
	return finish(&e, rv, err, &wr);
}

int
ctl_cmd_map_remove(const struct ctl *ctl, const struct command_words *w)
{
	struct map_edit_file e;
	struct ipc_wr	wr;
	char		err[MAPEDIT_ERROR];
	int		rv;

	if (edit_open(&e, ctl, w->arg[0], 0) != 0)
		return 1;
	ipc_wr_init(&wr);
	rv = map_edit_remove(e.file.text, e.file.len, w->arg[1], &wr, err);
	return finish(&e, rv, err, &wr);
}

int
ctl_cmd_map_set(const struct ctl *ctl, const struct command_words *w)
{
	struct map_edit_file e;
	struct ipc_wr	wr;
	char		err[MAPEDIT_ERROR];
	int		rv;

	if (edit_open(&e, ctl, w->arg[0], 0) != 0)
		return 1;
	ipc_wr_init(&wr);
	rv = map_edit_set(e.file.text, e.file.len, w->arg[1], w->arg[2],
	    w->option['s'] != NULL, &wr, err);
	return finish(&e, rv, err, &wr);
}
