/*
 * msg: the types of messages and who may send which to whom, from the rows of
 * messages.def, and the enums that their fields hold.  messages.h has their
 * payloads.
 */
#ifndef MSG_H
#define MSG_H

#include <stdint.h>

#include "bounds.h"

/* Processes: a row each in roles.def. */
enum ipc_role {
#define OUTSIDE(ROLE, name)	ROLE_##ROLE,
#define CHILD(ROLE, member, name, program, folder, sandbox)		\
	ROLE_##ROLE,
#include "roles.def"
	ROLE_MAX
};

/* A number for each row of messages.def; 0 is none. */
enum ipc_msg_type {
	MSG_NONE,
#define STRUCT(tag, fields)
#define MSG(TYPE, name, from, to, fd, fields)	MSG_##TYPE,
#define MSG0(TYPE, name, from, to, fd)		MSG_##TYPE,
#include "messages.def"
	MSG_MAX
};

/* Does a descriptor go along with a message? */
enum ipc_fd {
	IPC_NOFD = 1,
	IPC_FD,
	IPC_MAYFD
};

/* What a worker does with the settings and certificates that it was sent. */
enum ipc_settings {
	SETTINGS_STAGE,		/* check and keep them, not in force */
	SETTINGS_FIRST,		/* check them and put them in force: a start */
	SETTINGS_USE,		/* put in force what is staged under this id */
	SETTINGS_DROP		/* forget what is staged */
};

/* The two channels a worker has to the keys process, and acme-helper's. */
enum ipc_keychan {
	KEYCHAN_SIGN = 1,	/* one request at a time, worker waits */
	KEYCHAN_BOX,		/* many requests, answered as they come */
	KEYCHAN_ACME		/* one request at a time */
};

/* The keys that ACME needs. */
enum ipc_acmekey {
	ACMEKEY_ACCOUNT = 1,	/* PEM, or a JWK (RFC 7517) as certbot has it */
	ACMEKEY_NEXT,		/* PEM; what the account key is changed to */
	ACMEKEY_CERT,		/* PEM; of the certificate to be had */
	ACMEKEY_EAB		/* base64; MAC key of the account binding */
};

/* What is done with the file of such a key. */
enum ipc_acmefile {
	ACMEFILE_READ,		/* take the key */
	ACMEFILE_MAKE,		/* it is empty: write a new P-256 key into it */
	ACMEFILE_CHECK		/* say whether the key could be taken */
};

/*
 * What MSG_ACME_SIGN asks for.  The payload is made by keys, of what the
 * parent said; all are signed by the account key, and for the account URL but
 * where it says otherwise.
 */
enum ipc_acmesign {
	ACMESIGN_LOOKUP = 1,	/* find the account (RFC 8555 7.3.1); no URL */
	ACMESIGN_LOOKUP_NEXT,	/* the same by ACMEKEY_NEXT */
	ACMESIGN_ACCOUNT,	/* make it (7.3), bind it (7.3.4); no URL */
	ACMESIGN_ACCOUNT_BARE,	/* the same without contacts */
	ACMESIGN_CONTACT,	/* say the contacts again (7.3.2) */
	ACMESIGN_ORDER,		/* ask for a certificate (7.4) */
	ACMESIGN_ORDER_BARE,	/* the same without profile */
	ACMESIGN_GET,		/* read (6.3) */
	ACMESIGN_CHALLENGE,	/* have it validated (7.5.1) */
	ACMESIGN_FINALIZE,	/* with the CSR (7.4) */
	ACMESIGN_REVOKE,	/* what MSG_KEY_ACME_REVOKE allows (7.6) */
	ACMESIGN_REVOKE_BARE,	/* the same without reason */
	ACMESIGN_REVOKE_KEY,	/* the same by the certificate's key; no URL */
	ACMESIGN_ROLL		/* to ACMEKEY_NEXT (7.3.5) */
};

/* What acme-helper is to do. */
enum ipc_acme_job {
	ACMEJOB_ISSUE = 1,	/* get a certificate */
	ACMEJOB_ARI,		/* ask when it should be renewed (RFC 9773) */
	ACMEJOB_REVOKE,
	ACMEJOB_ROLL,		/* change the account key */
	ACMEJOB_CONTACT		/* tell the directory the contacts anew */
};

/* How it ended: the kinds of errors that need something else done. */
enum ipc_acme_outcome {
	ACMEEND_OK,
	ACMEEND_STOPPED,	/* told to end */
	ACMEEND_UNREACHABLE,	/* the directory can't be had or is broken */
	ACMEEND_CLOCK,		/* this machine's clock is wrong */
	ACMEEND_DNS,		/* a name does not lead here */
	ACMEEND_PORT80,		/* the directory does not get through */
	ACMEEND_RATE,	/* too much was asked for */
	ACMEEND_REFUSED,	/* for a reason that time does not mend: CAA,
				   account, names, configuration */
	ACMEEND_INTERNAL,	/* keys or the parent did not do their part */
	ACMEEND_ACCOUNT,	/* the directory has no use for the account
				   key any more: another one is wanted */
	ACMEEND_NEXT_KEY,	/* the account has ACMEKEY_NEXT already */
	ACMEEND_MAX
};

/* What became of a fetch. */
enum ipc_fetch_result {
	FETCH_FAILED,
	FETCH_SAME,		/* nothing new since the last FETCH_NEW */
	FETCH_NEW
};

/* What MSG_SIGN asks for. */
enum ipc_signalg {
	SIGN_ECDSA = 1,		/* digest of 20, 32, 48 or 64 bytes */
	SIGN_RSA_PKCS1,		/* DigestInfo to be padded (PKCS #1 v1.5) */
	SIGN_RSA_PSS		/* block of modulus size, PSS encoded */
};

/* What a worker answers for its home page. */
enum ipc_relay_home { HOME_PAGE, HOME_BLANK, HOME_REDIRECT };

/* Name of a role for log lines ("keys"); "?" when out of range. */
const char *ipc_role_name(enum ipc_role r);

/* The role whose sandbox confines `r'; ROLE_MAX when `r' is no child. */
enum ipc_role ipc_role_sandbox(enum ipc_role r);

/* Name of a message for log lines ("MSG_START"); "?" when unknown. */
const char *ipc_msg_name(uint32_t type);

/*
 * May `from' send `type' to `to', and does a descriptor go along?  0 no, else
 * enum ipc_fd.  The one check of that: chan.c refuses everything else.
 */
int	 ipc_msg_allowed(uint32_t type, enum ipc_role from, enum ipc_role to);

#endif
