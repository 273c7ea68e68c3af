/*
 * drive: what the files of acmedrive share.
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
	char			*pem;		/* what is in old_file */
	size_t			 pem_len;
	unsigned char		*der;		/* its first certificate */
	int			 der_len;
	char			 thumb[64];	/* of the account key */
	const char		*helper, *keys;	/* programs; NULL: all in one */
};

extern struct drive	 drive;

/* Have the token answered by pebble-challtestsrv.  0, or -1. */
int	 drive_token(const char *token);

/* Open a key file; *make says whether it is to be made.  Exits on failure. */
int	 drive_open_key(unsigned int which, int *make);

/* Do the job in this process, or with the real ones.  Exits on failure. */
void	 drive_direct(struct helper_result *r);
void	 drive_procs(struct helper_result *r);

#endif
