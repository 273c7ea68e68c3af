/*
 * clientsfile: the clients file (derpd-clients(5)): who may use the relay,
 * names and groups.  Read as a whole from memory into a table; about 80 bytes a
 * key.  Pure.
 */
#ifndef CLIENTSFILE_H
#define CLIENTSFILE_H

#include <stddef.h>
#include <stdint.h>

#include "clientsline.h"

#define CLIENTS_MAX_SIZE	(64 * 1024 * 1024)	/* bytes of a file */
#define CLIENTS_MAX_GROUPS	65536

struct clients_file;

/* A key in the file. */
struct clients_entry {
	uint8_t		 key[CLIENTS_KEYLEN];
	const char	*name;		/* or the line's comment; "" none */
	uint32_t	 group;		/* 1 to the number of groups; 0 none */
	unsigned int	 line : 31;	/* where it is listed */
	unsigned int	 deny : 1;	/* 1: never admitted */
};

/* A group that a line is about, or that a key is in. */
struct clients_group {
	const char	*name;
	uint64_t	 rate;		/* bytes a second; 0: no limit */
	uint64_t	 burst;		/* bytes; 0: not set */
	uint64_t	 quota;		/* bytes a month; 0: no limit */
	uint32_t	 connections;	/* at a time; 0: no limit */
	uint32_t	 line;		/* its own; 0: none, and no limits */
};

/*
 * Read the text of `len' bytes (NULL for none), which need not outlive the
 * call.  `path' is for messages.  Returns the file, to be freed by
 * clients_file_free(), or NULL with the first error in `why' of `whysize'
 * bytes: "path:line:column: expected ..., found ..."; a column counts bytes.
 * libsodium must be initialised.
 */
struct clients_file *clients_file_parse(const char *path, const char *text,
	    size_t len, char *why, size_t whysize);

/* Free a file; NULL is allowed. */
void	 clients_file_free(struct clients_file *f);

/* The entry of this key, or NULL. */
const struct clients_entry *clients_file_find(const struct clients_file *f,
	    const uint8_t key[CLIENTS_KEYLEN]);

/*
 * Walk through all entries in the order of the file: `i' from 0 up, until NULL.
 */
const struct clients_entry *clients_file_entry(const struct clients_file *f,
	    size_t i);

/* Number of keys that are admitted: entries without `deny'. */
size_t	 clients_file_count(const struct clients_file *f);

/* Number of groups. */
uint32_t clients_file_ngroups(const struct clients_file *f);

/* The group of number `n', 1 to clients_file_ngroups(); NULL for others. */
const struct clients_group *clients_file_group(const struct clients_file *f,
	    uint32_t n);

/* The number of the group with this name; 0 when there is none. */
uint32_t clients_file_find_group(const struct clients_file *f,
	    const char *name);

/* Bytes of memory that the file takes. */
size_t	 clients_file_memory(const struct clients_file *f);

#endif
