/*
 * msg: the message types and their permitted senders and receivers, from the
 * rows of messages.def, and the enums of their fields. messages.h has the
 * payloads.
 */
#ifndef MSG_H
#define MSG_H

#include <stdint.h>

#include "bounds.h"

/* Processes: one row each in roles.def. */
enum ipc_role {
#define OUTSIDE(ROLE, name)	ROLE_##ROLE,
#define CHILD(ROLE, member, name, program, folder, sandbox)		\
	ROLE_##ROLE,
#include "roles.def"
	ROLE_MAX
};

/* A number for each row of messages.def; 0 is unused. */
enum ipc_msg_type {
	MSG_NONE,
#define STRUCT(tag, fields)
#define MSG(TYPE, name, from, to, fd, fields)	MSG_##TYPE,
#define MSG0(TYPE, name, from, to, fd)		MSG_##TYPE,
#include "messages.def"
	MSG_MAX
};

/* Does a message carry a descriptor? */
enum ipc_fd {
	IPC_NOFD = 1,
	IPC_FD,
	IPC_MAYFD
};

/* What a front or relay worker does with the settings it received. */
enum ipc_settings {
	SETTINGS_STAGE,		/* check and keep them, not in force */
	SETTINGS_FIRST,		/* check them and put them in force: at the
				   start */
	SETTINGS_USE,		/* put the ones staged under this id in force */
	SETTINGS_DROP		/* drop the staged ones */
};

/* The channels of a front to its signer and to keys, and others to keys. */
enum ipc_keychan {
	KEYCHAN_SIGN = 1,	/* to the signer: one request at a time, the
				   front blocks */
	KEYCHAN_BOX,		/* login boxes of a front, many at a time */
	KEYCHAN_SEAL,		/* ServerInfo, of a relay worker */
	KEYCHAN_ACME,		/* acme-helper's: one request at a time */
	KEYCHAN_MESH,		/* login boxes of a mesh process: one request at
				   a time */
	KEYCHAN_SIGNER		/* a signer's: it gets keys, requests none */
};

/* What became of a login box. */
enum ipc_login_end {
	IPC_LOGIN_OK,
	IPC_LOGIN_BAD,		/* it does not open with the client's key */
	IPC_LOGIN_SEEN,		/* a box with this nonce was opened before */
	IPC_LOGIN_NO_SECRET	/* no tickets can be made for this worker */
};

/* What admit says of a client; the reasons are counted apart. */
enum ipc_admit_verdict {
	IPC_ADMIT_YES,
	IPC_ADMIT_UNKNOWN,	/* no source knows it */
	IPC_ADMIT_DENIED,	/* by the clients file */
	IPC_ADMIT_REFUSED,	/* by a URL or by tailscaled */
	IPC_ADMIT_FAILED,	/* sources could not be asked */
	IPC_ADMIT_QUOTA,	/* its group has used up its quota */
	IPC_ADMIT_CROWDED,	/* its group has all the connections it may */
	IPC_ADMIT_BUSY,		/* too many questions wait */
	IPC_ADMIT_NO_SECRET	/* no tickets can be made for this worker */
};

/* Which clients a query of a list is about. */
enum ipc_list_filter {
	IPC_LIST_ALL,
	IPC_LIST_PREFIX,	/* from these addresses */
	IPC_LIST_KEY		/* of this key */
};

/* Their order; the number of the connection decides between equal ones. */
enum ipc_list_sort {
	IPC_LIST_BY_KEY,
	IPC_LIST_BY_ADDR,	/* IPv4 first; and port */
	IPC_LIST_BY_CONN,	/* only that number */
	IPC_LIST_BY_SINCE,	/* time of login */
	IPC_LIST_BY_RX_BYTES,
	IPC_LIST_BY_TX_BYTES,
	IPC_LIST_BY_RX_PACKETS,
	IPC_LIST_BY_TX_PACKETS
};

/* Files of admission. */
enum ipc_admit_file_kind {
	IPC_ADMIT_FILE_KEYS = 1,	/* clients file, derpd-clients(5) */
	IPC_ADMIT_FILE_NAMES	/* JSON list of nodes */
};

/* The other ends of admit's channels. */
enum ipc_admit_chan_kind {
	IPC_ADMIT_CHAN_FRONT = 1,
	IPC_ADMIT_CHAN_RELAY,
	IPC_ADMIT_CHAN_VERIFY
};

/* What admit keeps over restarts. */
enum ipc_admit_state_kind {
	IPC_ADMIT_STATE_LATELY = 1,	/* keys that sources admitted, when */
	IPC_ADMIT_STATE_QUOTA	/* what groups used */
};

/* The kinds of sources that verify asks. */
enum ipc_verify_kind {
	IPC_VERIFY_URL = 1,		/* an admission controller */
	IPC_VERIFY_TAILSCALED	/* the local API of a tailscaled */
};

/* Its answers. */
enum ipc_verify_answer {
	IPC_VERIFY_NO,
	IPC_VERIFY_YES,
	IPC_VERIFY_FAILED	/* no valid answer in time */
};

/* The link to another node of the region. */
enum ipc_mesh_state {
	IPC_MESH_DOWN = 1,	/* it will be tried again */
	IPC_MESH_DIALING,
	IPC_MESH_UP,		/* a relay worker has it */
	IPC_MESH_SELF		/* that node is this one: no more tries */
};

/* Whose counters are in a page. */
enum ipc_counters_kind {
	IPC_COUNTERS_FRONT = 1,
	IPC_COUNTERS_RELAY,
	IPC_COUNTERS_STUND
};

/* Where the kernel sends the packets of a peer. */
enum ipc_endpoint {
	IPC_ENDPOINT_NONE,	/* nowhere: it has no endpoint */
	IPC_ENDPOINT_DIRECT,	/* an address outside this machine's bridge */
	IPC_ENDPOINT_RELAY	/* its loopback address */
};

/* What to do when another program sets the endpoint of a relayed peer. */
enum ipc_endpoints { IPC_ENDPOINTS_RESPECT, IPC_ENDPOINTS_ASSERT };

/* When the direct path is used. */
enum ipc_direct { IPC_DIRECT_NEVER, IPC_DIRECT_AUTO };

/* Which region relays the packets of a pair of peers. */
enum ipc_region_policy {
	IPC_REGION_RENDEZVOUS,
	IPC_REGION_NEAREST,
	IPC_REGION_FIXED
};

/* The ACME keys. */
enum ipc_acmekey {
	ACMEKEY_ACCOUNT = 1,	/* PEM, or a JWK (RFC 7517) as in certbot */
	ACMEKEY_NEXT,		/* PEM; new account key of a rollover */
	ACMEKEY_CERT,		/* PEM; of the requested certificate */
	ACMEKEY_EAB		/* base64; MAC key of the account binding */
};

/* What to do with the file of such a key. */
enum ipc_acmefile {
	ACMEFILE_READ,		/* read the key */
	ACMEFILE_MAKE,		/* the file is empty: write a new P-256 key */
	ACMEFILE_CHECK		/* test whether the key is readable */
};

/*
 * The request of MSG_ACME_SIGN.  Keys makes the payload from the parent's
 * settings.  Requests are signed with the account key and carry the account URL
 * unless noted otherwise.
 */
enum ipc_acmesign {
	ACMESIGN_LOOKUP = 1,	/* find the account (RFC 8555 7.3.1); no URL */
	ACMESIGN_LOOKUP_NEXT,	/* the same with ACMEKEY_NEXT */
	ACMESIGN_ACCOUNT,	/* create it (7.3), bind it (7.3.4); no URL */
	ACMESIGN_ACCOUNT_BARE,	/* the same without contacts */
	ACMESIGN_CONTACT,	/* update the contacts (7.3.2) */
	ACMESIGN_ORDER,		/* request a certificate (7.4) */
	ACMESIGN_ORDER_BARE,	/* the same without profile */
	ACMESIGN_GET,		/* POST-as-GET (6.3) */
	ACMESIGN_CHALLENGE,	/* start validation (7.5.1) */
	ACMESIGN_FINALIZE,	/* with the CSR (7.4) */
	ACMESIGN_REVOKE,	/* allowed by MSG_KEY_ACME_REVOKE (7.6) */
	ACMESIGN_REVOKE_BARE,	/* the same without reason */
	ACMESIGN_REVOKE_KEY,	/* the same with the certificate's key; no
				   URL */
	ACMESIGN_ROLL		/* roll over to ACMEKEY_NEXT (7.3.5) */
};

/* Jobs of acme-helper. */
enum ipc_acme_job {
	ACMEJOB_ISSUE = 1,	/* request a certificate */
	ACMEJOB_ARI,		/* request the renewal window (RFC 9773) */
	ACMEJOB_REVOKE,
	ACMEJOB_ROLL,		/* account key rollover */
	ACMEJOB_CONTACT		/* update the contacts */
};

/* How a directory validates names. */
enum ipc_acme_challenge {
	ACMECHALLENGE_HTTP,	/* HTTP-01 (RFC 8555 8.3) */
	ACMECHALLENGE_TLS_ALPN	/* TLS-ALPN-01 (RFC 8737) */
};

/* Result of a job: errors that need different reactions. */
enum ipc_acme_outcome {
	ACMEEND_OK,
	ACMEEND_STOPPED,	/* stopped on request */
	ACMEEND_UNREACHABLE,	/* the directory is unreachable or broken */
	ACMEEND_CLOCK,		/* this machine's clock is wrong */
	ACMEEND_DNS,		/* a name does not resolve to this machine */
	ACMEEND_PORT,		/* the CA can't connect to the challenge's port,
				   or does not offer the challenge */
	ACMEEND_RATE,	/* rate limit of the CA */
	ACMEEND_REFUSED,	/* permanently: CAA, account, names,
				   configuration */
	ACMEEND_INTERNAL,	/* keys or the parent failed */
	ACMEEND_ACCOUNT,	/* the directory no longer accepts the account
				   key: another one is needed */
	ACMEEND_NEXT_KEY,	/* the account already has ACMEKEY_NEXT */
	ACMEEND_MAX
};

/* Result of a fetch. */
enum ipc_fetch_result {
	FETCH_FAILED,
	FETCH_SAME,		/* unchanged since the last FETCH_NEW */
	FETCH_NEW
};

/* Kind of signature that MSG_SIGN requests. */
enum ipc_signalg {
	SIGN_ECDSA = 1,		/* digest of 20, 32, 48 or 64 bytes */
	SIGN_RSA_PKCS1,		/* DigestInfo to be padded (PKCS #1 v1.5) */
	SIGN_RSA_PSS		/* block of modulus size, PSS encoded */
};

/* A front's answer for its home page. */
enum ipc_relay_home { HOME_PAGE, HOME_BLANK, HOME_REDIRECT };

/* A socket that one derpd gives to the next one (UP_SOCKET). */
enum ipc_up_socket {
	IPC_UP_LISTEN,			/* of `listen' */
	IPC_UP_STUN,
	IPC_UP_METRICS,
	IPC_UP_CONTROL			/* the control socket */
};

/* Bytes of a session that moves (MOVE_BYTES). */
enum ipc_move_bytes {
	IPC_MOVE_CIPHER,		/* input: records that wait */
	IPC_MOVE_PLAIN,			/* input: decrypted */
	IPC_MOVE_PART,			/* a cut frame */
	IPC_MOVE_PONGS,			/* data of pings whose pong is due */
	IPC_MOVE_OUT,			/* output: refused by the socket */
	IPC_MOVE_OWN			/* output: own frames */
};

/* Name of a role for log lines ("keys"); "?" when out of range. */
const char *ipc_role_name(enum ipc_role r);

/* 1 when processes of this role are numbered: a WORKERS row; else 0. */
int	 ipc_role_numbered(enum ipc_role r);

/* The role whose sandbox confines `r'; ROLE_MAX when `r' is no child. */
enum ipc_role ipc_role_sandbox(enum ipc_role r);

/* Name of a message for log lines ("MSG_START"); "?" when unknown. */
const char *ipc_msg_name(uint32_t type);

/*
 * May `from' send `type' to `to', and does the message carry a descriptor?
 * Returns 0 when forbidden, else enum ipc_fd.  This is the only such check:
 * chan.c refuses everything else.
 */
int	 ipc_msg_allowed(uint32_t type, enum ipc_role from, enum ipc_role to);

/*
 * Returns 1 when a message between `a' and `b', in either direction, may carry
 * a descriptor, else 0.
 */
int	 ipc_msg_passes_fd(enum ipc_role a, enum ipc_role b);

#endif
