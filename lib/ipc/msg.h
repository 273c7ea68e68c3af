/*
 * msg: every message of the suite, who sends it, who may get it, what it holds.
 *
 * A payload is written and read with codec.h in the order that is given here
 * (`str' and `blob' have a 32-bit length in front; fd: one descriptor goes
 * along).  msg_allowed() is the one table of who may send what: chan.c refuses
 * everything else.
 */
#ifndef MSG_H
#define MSG_H

#include <stdint.h>

enum role {
	ROLE_PARENT,		/* derpd's privileged parent */
	ROLE_KEYS,		/* holds the private keys */
	ROLE_RELAY,		/* a relay worker */
	ROLE_CTL,		/* derpctl on the control socket */
	ROLE_STUN,		/* answers STUN */
	ROLE_MAP,		/* checks DERP maps */
	ROLE_FETCH,		/* asks other servers for their maps */
	ROLE_HEALTH,		/* probes the relay as a client would */
	ROLE_ACME,		/* gets certificates from an ACME directory */
	ROLE_MAX
};

/* Largest payload, bytes: a map, the same packed, and what is said of it. */
#define MSG_MAXPAYLOAD	(1200 * 1024)

/* Most relay workers. */
#define MAXWORKERS	64

/* SHA-256 of a certificate's public key, as X509_pubkey_digest() makes it. */
#define KEYHASH_LEN	32

enum msg_type {
	MSG_NONE,

	/* Every child.  Parent to child. */
	MSG_START,	/* str build_id(), u32 worker (0 for keys),
			   u8 verbose, u8 sandbox on, u8 log to stderr,
			   str user, str chroot ("" none); the first message
			   to a child */
	MSG_VERBOSE,	/* u8 verbose */
	MSG_STOP,	/* u32 ms to finish in; the child exits 0 */
	MSG_PING,	/* u32 number: a sign of life, please; chan.c answers */
	/* Child to parent. */
	MSG_PONG,	/* u32 number of the MSG_PING */
	MSG_READY,	/* str sandbox level in force; all settings are taken */

	/* Parent to keys; each is answered by MSG_KEY_RESULT, in order. */
	MSG_KEY_TLS,	/* fd: PEM private key, to read */
	MSG_KEY_NODE,	/* fd: derper's key file, to read */
	MSG_KEY_NODE_NEW, /* fd: empty file, to write a new node key into */
	MSG_KEY_MESH,	/* fd: mesh key file, to read; no fd: forget it */
	MSG_KEY_RETAIN,	/* u32 n, n times 32 bytes key hash: forget all other
			   TLS keys */
	MSG_KEY_SELFSIGN, /* fd: empty file to write a new P-256 key into;
			   u32 n, n times str: names and addresses of the
			   certificate, the first is the common name */
	MSG_KEY_METACERT, /* nothing: a fresh meta certificate */
	MSG_KEY_ACME_FILE, /* fd: key file; u8 enum acmekey, u8 enum acmefile;
			   no fd: forget that key */
	MSG_KEY_ACME_CONF, /* what acme-helper may have signed: see
			   acme_conf_put() in acmeconf.h */
	MSG_KEY_ACME_REVOKE, /* u8 reason (RFC 5280 5.3.1), blob DER: this one
			   certificate may be revoked; empty: none */
	/* Parent to keys, no answer. */
	MSG_KEY_CHAN,	/* fd: a channel of relay worker or acme-helper; u32
			   worker (0 for acme-helper), u8 kind (enum keychan) */
	/* Keys to parent. */
	MSG_KEY_RESULT,	/* u8 ok, str what is wrong and what to do ("" when
			   ok), blob result: TLS key hash; node key's public
			   half (32); certificate PEM; meta certificate PEM */

	/* Relay to keys (on the sign channel) and the answer. */
	MSG_SIGN,	/* u64 cookie, 32 bytes key hash, u8 enum signalg,
			   blob digest or padded block */
	MSG_SIGNED,	/* u64 cookie, u8 ok, blob signature */

	/* Relay to keys (on the box channel) and the answer. */
	MSG_LOGIN,	/* u64 cookie, 32 bytes client key, 24 nonce, blob box,
			   blob ServerInfo to seal */
	MSG_LOGIN_RESULT, /* u64 cookie, u8 ok, u32 offset of the mesh key in
			   the text (~0: none), blob ClientInfo text with the
			   mesh key blanked out, blob nonce and box of
			   ServerInfo */

	/* Acme-helper to keys and the answer. */
	MSG_ACME_SIGN,	/* u64 cookie, u8 enum acmesign, str URL, str nonce,
			   str account URL ("" none), str certificate that is
			   replaced (RFC 9773 4.1, "" none; of ACMESIGN_ORDER
			   and ACMESIGN_ORDER_BARE) */
	MSG_ACME_SIGNED, /* u64 cookie, u8 ok, str what is wrong, blob JWS */

	/* Parent to relay. */
	MSG_RELAY_CONF,	/* relayconf.h, see relay_conf_put() */
	MSG_RELAY_CERT,	/* 32 bytes key hash, blob PEM chain, meta certificate
			   last; the first one is the default certificate */
	MSG_RELAY_LISTEN, /* fd: listening socket; u8 TLS or not */
	MSG_RELAY_KEYS,	/* fd: channel to keys; u8 kind (enum keychan) */
	MSG_RELAY_LINK,	/* fd: stream to another worker; u32 its number */
	MSG_RELAY_COMMIT, /* u8 first: put what was sent in force; the worker
			   answers MSG_RELAY_RESULT, and MSG_READY if first */
	MSG_RELAY_TOKEN, /* str token, str key authorization: answer it on
			   plain HTTP (RFC 8555 8.3); "" "": forget all */
	/* Relay to parent. */
	MSG_RELAY_RESULT, /* u8 ok, str what is wrong */
	MSG_RELAY_TOKEN_SET, /* str token: it is answered now */
	MSG_RELAY_KEYLESS, /* nothing: a channel to keys is gone; new ones */
	MSG_RELAY_DEAF,	/* nothing: a listening socket does not listen */
	MSG_RELAY_UNLINKED, /* u64 workers that a new link is wanted to, a bit
			   each */

	/* Parent to relay: DERP maps.  A map is in force at once, but those
	   of a new set all together, when the last one is there. */
	MSG_RELAY_MAPS,	/* u32 n: a set of n maps, numbered from 0, follows and
			   takes the place of all that were there */
	MSG_RELAY_MAP,	/* map document, see map_doc_put() in mapdoc.h */
	/* Parent to relay: what the metrics say of the other processes. */
	MSG_RELAY_METRICS, /* str lines in the text format of Prometheus */

	/* Parent to stund; sockets first, the first MSG_STUN_CONF ends the
	   start: stund answers MSG_READY. */
	MSG_STUN_SOCKET, /* fd: a bound UDP socket */
	MSG_STUN_CONF,	/* u32 requests a second a source (0 no limit),
			   u32 burst */
	MSG_STUN_ANSWER, /* u8 answer, or be silent; silent until told */
	/* Stund to parent, every few seconds when there is something new. */
	MSG_STUN_STATS,	/* see stun_stats_put() in stunstats.h */

	/* Parent to derpmapd, and the answer, in order. */
	MSG_MAP_CHECK,	/* str what it is called in messages, map_self (see
			   map_self_put() in mapcheck.h), blob the map */
	MSG_MAP_RESULT,	/* u8 ok, str errors and warnings, a line each ("" none;
			   each "error: ..." or "warning: ..."), str summary as
			   JSON ("" not ok) */

	/* Parent to fetch: replaces all that was to be fetched; the first one
	   ends the start: fetch answers MSG_READY. */
	MSG_FETCH_CONF,	/* u32 n, n times: u32 id, str URL, u32 seconds between
			   two, u8 body wanted, str file of authorities
			   ("" the system's) */
	MSG_FETCH_NOW,	/* nothing: fetch all once, now */
	/* Fetch to parent, after every try. */
	MSG_FETCH_RESULT, /* u32 id, u8 enum fetch_result, str what is wrong,
			   32 bytes SHA-256, u64 Last-Modified (seconds since
			   1970, 0 unknown), blob body (of FETCH_NEW, when
			   wanted) */

	/* Parent to health; the first one ends the start: MSG_READY. */
	MSG_HEALTH_CONF, /* str address, str port, str server name, u32 seconds
			   between two probes */
	MSG_HEALTH_NOW,	/* nothing: probe at once */
	/* Health to parent, after every probe. */
	MSG_HEALTH_RESULT, /* u8 ok, str what is wrong */

	/* Parent to acme-helper.  The first MSG_ACME_CONF ends the start:
	   acme-helper answers MSG_READY. */
	MSG_ACME_KEYS,	/* fd: channel to keys */
	MSG_ACME_CONF,	/* see acme_conf_put() in acmeconf.h */
	MSG_ACME_DO,	/* u32 id, u8 enum acme_job, u8 1: keys has an
			   ACMEKEY_NEXT, blob PEM of the certificate that is
			   renewed, asked about or revoked (empty: none); one at
			   a time */
	MSG_ACME_TOKEN_SET, /* str token: all workers answer it */
	/* Acme-helper to parent. */
	MSG_ACME_TOKEN,	/* str token: have it answered, and say when; "":
			   forget all, no answer */
	MSG_ACME_RESULT, /* u32 id, u8 enum acme_outcome, str what is wrong,
			   u64 do not come back before (seconds since 1970, 0
			   unsaid), blob PEM chain (of ACME_JOB_ISSUE), u64
			   start and u64 end of the window for renewal, str
			   page that explains it (of ACME_JOB_ARI) */

	/* Control socket.  Derpctl to parent. */
	MSG_CTL_STATUS,	/* nothing */
	MSG_CTL_RELOAD,	/* nothing */
	MSG_CTL_VERBOSE, /* u8 verbose */
	MSG_CTL_CLIENTS, /* nothing; parent to relay: u32 request id */
	MSG_CTL_NODE,	/* nothing: this machine's map node */
	MSG_CTL_MAP,	/* nothing: the maps that are served */
	MSG_CTL_CERT,	/* nothing: the certificates, and who renews them */
	MSG_CTL_CERT_DO, /* u8 enum acme_job (ACME_JOB_ISSUE, _REVOKE, _ROLL),
			   u8 reason (of _REVOKE, RFC 5280 5.3.1): do it; the
			   answer comes when it has ended */
	/* Parent to derpctl. */
	MSG_CTL_TEXT,	/* str: one JSON object or a line, see control.h */
	MSG_CTL_CLIENT,	/* one client, see client_info_put(); relay to parent
			   first, with u32 request id in front */
	MSG_CTL_CLIENTS_END, /* relay to parent: u32 request id, u8 the list is
			   whole */
	MSG_CTL_DONE,	/* u8 ok, str what is wrong; ends every answer */

	MSG_MAX
};

/* The two channels a worker has to the keys process, and acme-helper's. */
enum keychan {
	KEYCHAN_SIGN = 1,	/* one request at a time, worker waits */
	KEYCHAN_BOX,		/* many requests, answered as they come */
	KEYCHAN_ACME		/* one request at a time */
};

/* The keys that ACME needs. */
enum acmekey {
	ACMEKEY_ACCOUNT = 1,	/* PEM, or a JWK (RFC 7517) as certbot has it */
	ACMEKEY_NEXT,		/* PEM; what the account key is changed to */
	ACMEKEY_CERT,		/* PEM; of the certificate to be had */
	ACMEKEY_EAB		/* base64; MAC key of the account binding */
};

/* What is done with the file of such a key. */
enum acmefile {
	ACMEFILE_READ,		/* take the key */
	ACMEFILE_MAKE,		/* it is empty: write a new P-256 key into it */
	ACMEFILE_JUDGE		/* say whether the key could be taken */
};

/*
 * What MSG_ACME_SIGN asks for.  The payload is made by keys, of what the
 * parent said; all are signed by the account key, and for the account URL but
 * where it says otherwise.
 */
enum acmesign {
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
enum acme_job {
	ACME_JOB_ISSUE = 1,	/* get a certificate */
	ACME_JOB_ARI,		/* ask when it should be renewed (RFC 9773) */
	ACME_JOB_REVOKE,
	ACME_JOB_ROLL,		/* change the account key */
	ACME_JOB_CONTACT	/* tell the directory the contacts anew */
};

/* How it ended: the kinds of errors that need something else done. */
enum acme_outcome {
	ACME_END_OK,
	ACME_END_STOPPED,	/* told to end */
	ACME_END_UNREACHABLE,	/* the directory can't be had or is broken */
	ACME_END_CLOCK,		/* this machine's clock is wrong */
	ACME_END_DNS,		/* a name does not lead here */
	ACME_END_PORT80,	/* the directory does not get through */
	ACME_END_RATE,	/* too much was asked for */
	ACME_END_REFUSED,	/* for a reason that time does not mend: CAA,
				   account, names, configuration */
	ACME_END_INTERNAL,	/* keys or the parent did not do their part */
	ACME_END_ACCOUNT,	/* the directory has no use for the account
				   key any more: another one is wanted */
	ACME_END_NEXT_KEY,	/* the account has ACMEKEY_NEXT already */
	ACME_END_MAX
};

/* What became of a fetch. */
enum fetch_result {
	FETCH_FAILED,
	FETCH_SAME,		/* nothing new since the last FETCH_NEW */
	FETCH_NEW
};

/* What MSG_SIGN asks for. */
enum signalg {
	SIGN_ECDSA = 1,		/* digest of 20, 32, 48 or 64 bytes */
	SIGN_RSA_PKCS1,		/* DigestInfo to be padded (PKCS #1 v1.5) */
	SIGN_RSA_PSS		/* block of modulus size, PSS encoded */
};

/* Name of a role for log lines ("keys"); "?" when out of range. */
const char *role_name(enum role r);

/* Name of a message for log lines ("MSG_START"); "?" when unknown. */
const char *msg_name(uint32_t type);

/*
 * May `from' send `type' to `to', and does a descriptor go along?
 * 0 no, 1 yes, without a descriptor, 2 yes, with one, 3 yes, with or without.
 */
int	 msg_allowed(uint32_t type, enum role from, enum role to);

#endif
