/*
 * map_edit: `derpctl map add', `remove' and `set': edit a map file.
 *
 * Called by map.c.  Works without derpd; a derpd that serves the file reloads
 * it by itself.  The file is written only if the result is a valid map.
 */
#include <sys/types.h>
#include <sys/stat.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "atomicfile.h"
#include "ctl.h"
#include "mapcheck.h"
#include "mapedit.h"

#define MAX_REGION	((1LL << 53) - 1)
#define MAX_NODE	(64 * 1024)	/* bytes of a node */

static const char	empty_map[] = "{\n  \"Regions\": {}\n}\n";

/* A map file that is being edited. */
struct edit {
	const struct ctl *ctl;
	char		 path[PATH_MAX]; /* with symbolic links resolved */
	char		*text;
	size_t		 len;
	struct stat	 st;		/* when it was read */
	int		 is_new;
	char		 error[256];	/* first error in the result */
};

/*
 * Read the file, or start an empty map if it is missing and `make' is 1.
 * Returns 0, or 1 with an error reported.
 */
static int
edit_open(struct edit *e, const struct ctl *ctl, const char *file, int make)
{
	memset(e, 0, sizeof(*e));
	e->ctl = ctl;
	/* A symbolic link stays; its target is replaced. */
	if (realpath(file, e->path) == NULL) {
		if (errno != ENOENT || !make)
			return ctl_failed(ctl, "%s: %s", file, strerror(errno));
		e->is_new = 1;
		strlcpy(e->path, file, sizeof(e->path));
		e->len = sizeof(empty_map) - 1;
		if ((e->text = strdup(empty_map)) == NULL)
			return ctl_failed(ctl, "out of memory");
		return 0;
	}
	if (stat(e->path, &e->st) == -1 ||
	    (e->text = ctl_read_file(e->path, MAP_MAX_SIZE, &e->len)) == NULL)
		return ctl_failed(ctl, "%s: %s", file, strerror(errno));
	if (e->len <= MAP_MAX_SIZE)
		return 0;
	free(e->text);
	return ctl_failed(ctl, "%s: expected at most %d bytes", file,
	    MAP_MAX_SIZE);
}

/* Collect errors and warnings about the result. */
static void
found(int error, const char *line, void *arg)
{
	struct edit	*e = arg;

	if (error && e->error[0] == '\0')
		strlcpy(e->error, line, sizeof(e->error));
	if (e->ctl->json)
		return;
	fprintf(stderr, "%s: ", error ? "error" : "warning");
	ctl_put_text(stderr, line, strlen(line));
	fputc('\n', stderr);
}

/* Has the file changed on disk since it was read? */
static int
changed(const struct edit *e)
{
	struct stat	st;

	if (stat(e->path, &st) == -1)
		return !e->is_new || errno != ENOENT;
	return e->is_new || st.st_ino != e->st.st_ino ||
	    st.st_size != e->st.st_size ||
	    st.st_mtim.tv_sec != e->st.st_mtim.tv_sec ||
	    st.st_mtim.tv_nsec != e->st.st_mtim.tv_nsec;
}

/*
 * Replace the file with the new text if that is a valid map.  Returns 0 or 1.
 */
static int
edit_write(struct edit *e, const struct ipc_wr *w)
{
	struct base_file_attr attr = { e->st.st_mode, e->st.st_uid,
	    e->st.st_gid };
	char		 err[PATH_MAX + 256];

	if (map_check((const char *)w->p, w->len, e->path, NULL, found,
	    e) == -1)
		return ctl_failed(e->ctl,
		    "nothing was changed: the result is not a "
		    "valid map: %s", e->error);
	if (changed(e))
		return ctl_failed(e->ctl,
		    "nothing was changed: another process has "
		    "just modified %s; try again", e->path);
	if (base_file_replace(e->path, w->p, w->len, e->is_new ? NULL : &attr,
	    err, sizeof(err)) == -1)
		return ctl_failed(e->ctl, "%s", err);
	if (e->ctl->json)
		ctl_json_ok(stdout, NULL, NULL);
	return 0;
}

/* Finish a command; `rv' is the result of the edit. */
static int
finish(struct edit *e, int rv, const char *err, struct ipc_wr *w)
{
	rv = rv == -1 ? ctl_failed(e->ctl, "nothing was changed: %s", err) :
	    edit_write(e, w);
	ipc_wr_free(w);
	free(e->text);
	return rv;
}

int
ctl_cmd_map_add(const struct ctl *ctl, int argc, char **argv)
{
	struct map_edit_region r = { 0, NULL, NULL };
	struct edit	 e;
	struct ipc_wr	 w;
	const char	*errstr, *from;
	char		 err[MAPEDIT_ERROR], *node;
	size_t		 nlen;
	int		 ch, replace = 0, rv;

	optind = 1;
#ifdef __OpenBSD__
	optreset = 1;
#endif
	while ((ch = getopt(argc, argv, "+c:fn:")) != -1)
		switch (ch) {
		case 'c':
			r.code = optarg;
			break;
		case 'f':
			replace = 1;
			break;
		case 'n':
			r.name = optarg;
			break;
		default:
			ctl_usage();
		}
	argc -= optind;
	argv += optind;
	if (argc != 2 && argc != 3)
		ctl_usage();
	r.id = strtonum(argv[1], 1, MAX_REGION, &errstr);
	if (errstr != NULL)
		return ctl_failed(ctl,
		    "region %s: expected a number, 900 to 999 "
		    "for a region of your own", argv[1]);
	from = argc == 3 ? argv[2] : "-";
	if ((node = ctl_read_file(from, MAX_NODE, &nlen)) == NULL)
		return ctl_failed(ctl, "%s: %s", from, strerror(errno));
	if (nlen > MAX_NODE || edit_open(&e, ctl, argv[0], 1) != 0) {
		free(node);
		return nlen > MAX_NODE ? ctl_failed(ctl,
		    "%s: expected a node of "
		    "at most %d bytes", from, MAX_NODE) : 1;
	}
	ipc_wr_init(&w);
	rv = map_edit_add(e.text, e.len, &r, node, nlen, replace, &w, err);
	free(node);
	return finish(&e, rv, err, &w);
}

int
ctl_cmd_map_remove(const struct ctl *ctl, int argc, char **argv)
{
	struct edit	e;
	struct ipc_wr	w;
	char		err[MAPEDIT_ERROR];
	int		rv;

	if (argc != 3)
		ctl_usage();
	if (edit_open(&e, ctl, argv[1], 0) != 0)
		return 1;
	ipc_wr_init(&w);
	rv = map_edit_remove(e.text, e.len, argv[2], &w, err);
	return finish(&e, rv, err, &w);
}

int
ctl_cmd_map_set(const struct ctl *ctl, int argc, char **argv)
{
	struct edit	e;
	struct ipc_wr	w;
	char		err[MAPEDIT_ERROR];
	int		rv, as_text = 0;

	/* getopt is not used: a value may begin with a minus. */
	if (argc > 1 && strcmp(argv[1], "-s") == 0) {
		as_text = 1;
		argc--;
		argv++;
	}
	if (argc != 4)
		ctl_usage();
	if (edit_open(&e, ctl, argv[1], 0) != 0)
		return 1;
	ipc_wr_init(&w);
	rv = map_edit_set(e.text, e.len, argv[2], argv[3], as_text, &w, err);
	return finish(&e, rv, err, &w);
}
