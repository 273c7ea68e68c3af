/*
 * settings: the settings of admit, its sources and files: those in force, and
 * those that are staged beside them.
 */
#ifndef SETTINGS_H
#define SETTINGS_H

#include <stddef.h>

#include "clientsfile.h"
#include "decide.h"
#include "messages.h"
#include "names.h"
#include "inquiries.h"

struct admit_settings {
	struct ipc_admit_conf conf;
	struct admit_source_name sources[IPC_MAXVERIFY]; /* copies */
	size_t		 nsources;
	struct clients_file *file;	/* NULL: none */
	struct clients_names *names;	/* NULL: none */
	char		 why[IPC_ERRORSIZE];	/* what is wrong; "": nothing */
};

/*
 * Copy the settings of a message.  Returns NULL with errno: EINVAL when the
 * message is malformed, ENOMEM.
 */
struct admit_settings *admit_settings_new(
	    const struct ipc_msg_admit_settings *v);

/* Free settings and what they hold; NULL is allowed. */
void	 admit_settings_free(struct admit_settings *s);

/*
 * Read a file that belongs to the settings from the descriptor `fd', from its
 * beginning; `path' is for messages.  What is wrong with it goes to s->why,
 * unless something is there already.
 */
void	 admit_settings_file(struct admit_settings *s,
	    enum ipc_admit_file_kind kind, const char *path, int fd);

/*
 * The whole settings have come: returns NULL when they can be put in force, or
 * what is wrong.
 */
const char *admit_settings_check(struct admit_settings *s);

/* Returns 1 when both have the same sources with the same numbers, else 0. */
int	 admit_settings_same_sources(const struct admit_settings *a,
	    const struct admit_settings *b);

/*
 * Returns 1 when an answer of a source may mean another thing for a client
 * under these settings than under those, else 0.
 */
int	 admit_settings_differ(const struct admit_settings *a,
	    const struct admit_settings *b);

/* What the clients file says of a key. */
enum admit_listed admit_settings_listed(const struct admit_settings *s,
	    const uint8_t key[IPC_KEYLEN]);

/*
 * The name of a client, "" if none is known, and in *group the number of its
 * group in s->file, 0: none.  Valid as long as the settings.
 */
const char *admit_settings_name(const struct admit_settings *s,
	    const uint8_t key[IPC_KEYLEN], uint32_t *group);

#endif
