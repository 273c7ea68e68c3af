/*
 * settings: see settings.h.  Called by parentmsg.c and judge.c.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "advice.h"
#include "readfd.h"
#include "settings.h"

#define MIB	(1024 * 1024)

/* Copy the sources of the message.  Returns 0, or -1 with errno. */
static int
copy_sources(struct admit_settings *s, const struct ipc_msg_admit_settings *v)
{
	struct ipc_rd left = v->sources_left;
	struct ipc_verify_source one;
	struct admit_source_name *to;

	while (s->nsources < v->nsources) {
		if (ipc_next_verify_source(&left, &one) == -1) {
			errno = EINVAL;
			return (-1);
		}
		to = &s->sources[s->nsources];
		to->kind = one.kind;
		if ((to->name = strdup(one.name)) == NULL)
			return (-1);
		s->nsources++;
	}
	return (0);
}

struct admit_settings *
admit_settings_new(const struct ipc_msg_admit_settings *v)
{
	struct admit_settings *s;
	int error;

	if ((s = calloc(1, sizeof(*s))) == NULL)
		return (NULL);
	s->conf = v->conf;
	if (copy_sources(s, v) == -1) {
		error = errno;
		admit_settings_free(s);
		errno = error;
		return (NULL);
	}
	return (s);
}

void
admit_settings_free(struct admit_settings *s)
{
	size_t i;

	if (s == NULL)
		return;
	for (i = 0; i < s->nsources; i++)
		free(s->sources[i].name);
	clients_file_free(s->file);
	clients_names_free(s->names);
	free(s);
}

static void
read_clients(struct admit_settings *s, const char *path, const char *text,
    size_t n)
{
	if (s->file != NULL)
		snprintf(s->why, sizeof(s->why), "%s: a second clients file",
		    path);
	else
		s->file = clients_file_parse(path, text, n, s->why,
		    sizeof(s->why));
}

static void
read_names(struct admit_settings *s, const char *path, const char *text,
    size_t n)
{
	if (s->names == NULL && (s->names = clients_names_new()) == NULL)
		snprintf(s->why, sizeof(s->why), "%s: out of memory", path);
	else
		(void)clients_names_add(s->names, path, text, n, s->why,
		    sizeof(s->why));
}

void
admit_settings_file(struct admit_settings *s, enum ipc_admit_file_kind kind,
    const char *path, int fd)
{
	const size_t max = kind == IPC_ADMIT_FILE_KEYS ? CLIENTS_MAX_SIZE :
	    CLIENTS_MAX_LIST;
	char *text;
	size_t n;

	if (s->why[0] != '\0')
		return;
	if ((text = admit_readfd(fd, max, &n)) == NULL) {
		if (errno == EFBIG)
			snprintf(s->why, sizeof(s->why), "%s: larger than %zu "
			    "MiB", path, max / MIB);
		else
			snprintf(s->why, sizeof(s->why), "%s: can't read it: "
			    "%s%s", path, strerror(errno),
			    base_advice_limit(errno));
		return;
	}
	if (kind == IPC_ADMIT_FILE_KEYS)
		read_clients(s, path, text, n);
	else
		read_names(s, path, text, n);
	free(text);
}

const char *
admit_settings_check(struct admit_settings *s)
{
	if (s->why[0] == '\0' && s->conf.keys && s->file == NULL)
		snprintf(s->why, sizeof(s->why), "the clients file of admit "
		    "did not arrive");
	return (s->why[0] == '\0' ? NULL : s->why);
}

int
admit_settings_same_sources(const struct admit_settings *a,
    const struct admit_settings *b)
{
	size_t i;

	if (a->nsources != b->nsources)
		return (0);
	for (i = 0; i < a->nsources; i++)
		if (a->sources[i].kind != b->sources[i].kind ||
		    strcmp(a->sources[i].name, b->sources[i].name) != 0)
			return (0);
	return (1);
}

int
admit_settings_differ(const struct admit_settings *a,
    const struct admit_settings *b)
{
	return (a->conf.on != b->conf.on || a->conf.all != b->conf.all ||
	    a->conf.keys != b->conf.keys ||
	    !admit_settings_same_sources(a, b));
}

enum admit_listed
admit_settings_listed(const struct admit_settings *s,
    const uint8_t key[IPC_KEYLEN])
{
	const struct clients_entry *e;

	if (s->file == NULL || (e = clients_file_find(s->file, key)) == NULL)
		return (ADMIT_UNLISTED);
	return (e->deny ? ADMIT_DENIES : ADMIT_LISTED);
}

const char *
admit_settings_name(const struct admit_settings *s,
    const uint8_t key[IPC_KEYLEN], uint32_t *group)
{
	const struct clients_entry *e = NULL;

	*group = 0;
	if (s->file != NULL && (e = clients_file_find(s->file, key)) != NULL) {
		*group = e->group;
		if (*e->name != '\0')
			return (e->name);
	}
	return (s->names == NULL ? "" : clients_names_find(s->names, key));
}
