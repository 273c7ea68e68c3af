/*
 * drive: shared by the files of acmedrive.
 */
#ifndef DRIVE_H
#define DRIVE_H

#include "acme.h"

struct drive {
	struct ipc_acme_conf conf;
	enum ipc_acme_job	 job;
	int			 manager;	/* port of
						   pebble-challtestsrv's */
	int			 verbose, lie, sandbox;
	long			 offset;	/* of the clock, seconds */
	const char		*old_file, *out_file;
	/* by enum ipc_acmekey */
	const char		*key_file[ACMEKEY_EAB + 1];
	char			*pem;		/* content of old_file */
	size_t			 pem_len;
	unsigned char		*der;		/* its first certificate */
	int			 der_len;
	char			 thumb[64];	/* of the account key */
	const char		*helper, *keys;	/* programs; NULL: all in one */
};

extern struct drive	 drive;

/* Make pebble-challtestsrv answer the token.  0, or -1. */
int	 drive_token(const char *token);

/* Open a key file; *make: it must be created.  Exits on failure. */
int	 drive_open_key(unsigned int which, int *make);

/* Run the job in this process, or with real ones.  Exits on failure. */
void	 drive_direct(struct helper_result *r);
void	 drive_procs(struct helper_result *r);

#endif
