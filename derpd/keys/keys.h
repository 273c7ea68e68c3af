/*
 * keys: the process that holds every private key, and its two interfaces.
 *
 *	keys.c          the process: channels of fronts, relay workers, signers,
 *	                mesh, acme-helper
 *	keys_parent.c   the parent's requests
 *	keys_file.c     reads and writes key files on open descriptors
 *	keys_tls.c      the TLS keys, of which signers get copies
 *	keys_box.c      opens and seals login boxes, finds the mesh key
 *	keys_seen.c     the boxes that were opened before (keys_seen.h)
 *	keys_ticket.c   signs what was found in a box (keys_ticket.h)
 *	keys_mesh.c     logins of this node at others (keys_mesh.h)
 *	keys_cert.c     self-signed, meta and validation certificates
 *	keys_acme.c     signs for acme-helper (keys_acme.h)
 *
 * A function with the arguments `err' and `errsize' returns -1 or NULL on
 * failure, with a line in `err' that says what is wrong and what to do.  The
 * parent prepends the name of the file.
 */
#ifndef KEYS_H
#define KEYS_H

#include <openssl/evp.h>
#include <openssl/x509v3.h>
#include <stddef.h>
#include <stdint.h>

#include "childrun.h"

#define KEYS_NODELEN	32	/* bytes of a node key, either half */
#define KEYS_MESHLEN	32	/* bytes of a mesh key */
#define KEYS_NOOFFSET	UINT32_MAX	/* MSG_LOGIN_RESULT: no mesh key */

/* Run the keys process; starts with ipc_child_init(), never returns. */
void	keys_main(void) __attribute__((noreturn));

/*
 * Before confinement, acquire the random bytes, files and locked memory that
 * are needed later.  Exits with an error line on failure.
 */
void	keys_preload(void);

/*
 * Add a channel of a front, a relay worker, a signer, a mesh process or
 * acme-helper (worker 0), on *fd, which is set to -1 on success.  An older
 * channel of its kind and number is closed.
 */
void	keys_add_channel(enum ipc_keychan kind, unsigned int worker, int *fd);

/* keys_parent.c */

/* Handlers of the parent's messages; `arg' is the struct ipc_child. */
extern const struct ipc_handlers keys_parent_handlers;

/* keys_file.c */

/*
 * Allocate the locked buffer for file contents; part of keys_preload().
 * Returns 0, or -1.
 */
int	 keys_file_preload(void);

/* Read derper's key file on `fd' into `sec'.  0, or -1. */
int	 keys_file_read_node(int fd, uint8_t sec[KEYS_NODELEN], char *err,
	    size_t errsize);

/*
 * Write `sec' to the empty file `fd' in derper's form and sync it.  Returns 0,
 * or -1.
 */
int	 keys_file_write_node(int fd, const uint8_t sec[KEYS_NODELEN],
	    char *err, size_t errsize);

/*
 * Read a mesh key file on `fd' into `key': 64 hex digits, optionally surrounded
 * by white space.  Returns 0, or -1.
 */
int	 keys_file_read_mesh(int fd, uint8_t key[KEYS_MESHLEN], char *err,
	    size_t errsize);

/*
 * Read the first private key in the PEM file on `fd' and test that its public
 * half verifies its signature.  Free with EVP_PKEY_free().
 */
EVP_PKEY *keys_file_read_pem(int fd, char *err, size_t errsize);

/* The same for an ACME account key, which may also be a JWK (RFC 7517). */
EVP_PKEY *keys_file_read_account(int fd, char *err, size_t errsize);

/*
 * Read the MAC key of an account binding on `fd' into `mac' of `size' bytes:
 * base64 in either alphabet, optionally surrounded by white space.  Returns the
 * bytes, or -1 when the key is missing, shorter than `min' or longer than
 * `size' bytes.
 */
int	 keys_file_read_mac(int fd, uint8_t *mac, size_t min, size_t size,
	    char *err, size_t errsize);

/*
 * Write `pkey' to the empty file `fd' as PEM (PKCS #8) and sync it.  Returns 0,
 * or -1.
 */
int	 keys_file_write_pem(int fd, EVP_PKEY *pkey, char *err, size_t errsize);

/*
 * Parse `len' bytes at `p'.  Returns NULL with the key filled in, or a static
 * line that says what is wrong.
 */
const char *keys_file_parse_node(const char *p, size_t len,
	    uint8_t sec[KEYS_NODELEN]);
const char *keys_file_parse_mesh(const char *p, size_t len,
	    uint8_t key[KEYS_MESHLEN]);

/*
 * The same for a MAC key, decoded in place over the `len' bytes; *n is set to
 * its bytes.
 */
const char *keys_file_parse_mac(char *p, size_t len, uint8_t *mac, size_t min,
	    size_t size, size_t *n);

/*
 * Send the signers a key that was added, or the hashes of those to retain.  A
 * signer that does not read is left without a channel; it requests another.
 */
void	keys_signers_key(EVP_PKEY *pkey);
void	keys_signers_retain(const uint8_t *hashes, size_t n);

/* keys_tls.c */

/*
 * Add a TLS key under the hash of its public half, which is stored in `hash';
 * an older key with that hash is replaced.  Takes ownership of the key, also on
 * failure.  Returns 0, or -1 when out of memory.
 */
int	 keys_tls_add(EVP_PKEY *pkey, uint8_t hash[IPC_KEYHASH_LEN]);

/*
 * Drop all keys except those of the `n' hashes of IPC_KEYHASH_LEN bytes each at
 * `hashes'.  Returns 0, or -1 when out of memory.
 */
int	 keys_tls_retain(const uint8_t *hashes, size_t n);

/* The key with this hash, owned by this module; NULL when there is none. */
EVP_PKEY *keys_tls_find(const uint8_t hash[IPC_KEYHASH_LEN]);

/*
 * Queue a key for a signer.  Returns 0, or -1: the channel can't be used any
 * more.
 */
int	 keys_tls_send(struct ipc_chan *c, EVP_PKEY *pkey);

/*
 * Queue all keys for a signer with a new channel and, if keys_tls_retain() was
 * called before, the hashes of all that it is to retain.  The same results.
 */
int	 keys_tls_send_all(struct ipc_chan *c);

/* keys_box.c */

#define BOX_NONCELEN	24
#define BOX_MACLEN	16

/*
 * Allocate locked memory for keys and plaintext; part of keys_preload().
 * Returns 0, or -1.
 */
int	 keys_box_preload(void);

/* Set the node key to `sec'; its public half is stored in `pub'. */
void	 keys_box_set_node(const uint8_t sec[KEYS_NODELEN],
	    uint8_t pub[KEYS_NODELEN]);

/*
 * Copy the public half of the node key to `pub'.  Returns 0, or -1 when there
 * is none.
 */
int	 keys_box_node(uint8_t pub[KEYS_NODELEN]);

/*
 * Stage a mesh key beside the current one.  NULL or all zeros means no key:
 * nothing matches.
 */
void	 keys_box_stage_mesh(const uint8_t *key);

/*
 * Make a hash of a mesh key: it tells keys apart, also over restarts of this
 * process, and for a derpd of another build (UP_BEGIN): it must not change.
 */
void	 keys_box_hash_mesh(const uint8_t key[KEYS_MESHLEN],
	    uint8_t hash[IPC_MESHHASH_LEN]);

/* With `use' 1, put the staged mesh key, if any, in force; with 0, drop it. */
void	 keys_box_commit_mesh(int use);

struct keys_box_login {			/* arguments of keys_box_open() */
	const uint8_t	*client;	/* public key, 32 bytes */
	const uint8_t	*nonce;		/* 24 bytes */
	const uint8_t	*box;
	size_t		 boxlen;	/* 16 bytes to FRAME_MAX_CLIENTINFO */
};

struct keys_box_opened {		/* valid until keys_box_forget() */
	const uint8_t	*text;		/* ClientInfo without the mesh key */
	size_t		 textlen;
	uint32_t	 mesh;		/* offset of the mesh key in it, or
					   KEYS_NOOFFSET */
	const uint8_t	*shared;	/* secret with that client, 32 bytes */
};

/*
 * Open a login box.  Returns 0, or -1 when the box was not sealed by that
 * client for this node, lengths are wrong, or there is no node key.
 *
 * The secret of client and server seals boxes in both directions: ServerInfo,
 * sent back, would open as ClientInfo of that client.  So the nonces of
 * keys_box_seal() bear a mark, a MAC under a key made of that secret, and a box
 * with such a nonce is not opened: not after a restart either, nor by another
 * server that has the node key and knows the mark (derper does not).  The same
 * holds for boxes of keys_box_login().
 */
int	 keys_box_open(const struct keys_box_login *l,
	    struct keys_box_opened *o);

/* Zero what the last login left. */
void	 keys_box_forget(void);

#define BOX_MAXINFO	4096	/* bytes of ServerInfo */
#define BOX_SEALEDSIZE	(BOX_NONCELEN + BOX_MACLEN + BOX_MAXINFO)

/*
 * Seal the `len' bytes of ServerInfo at `info' for the client with this shared
 * secret.  Returns the bytes of nonce and box in `sealed', or 0 when `len' is
 * above BOX_MAXINFO.
 */
size_t	 keys_box_seal(const uint8_t shared[32], const void *info, size_t len,
	    uint8_t sealed[BOX_SEALEDSIZE]);

/*
 * The same for the client with this public key, as its secret is not known;
 * also 0 when there is no node key, or the public key is of low order.
 */
size_t	 keys_box_seal_for(const uint8_t client[32], const void *info,
	    size_t len, uint8_t sealed[BOX_SEALEDSIZE]);

#define BOX_LOGINTEXT	160	/* bytes of a login's JSON, at most */
#define BOX_LOGINSIZE	(KEYS_NODELEN + BOX_NONCELEN + BOX_MACLEN +	\
			    BOX_LOGINTEXT)

/*
 * Make the payload of the ClientInfo of this node at the server with this
 * public key, with the mesh key in its box.  Returns its bytes in `info', or 0
 * with a reason in *why (static): there is no node key or no mesh key, the
 * server is this node, or its key is of low order.
 *
 * The server opens the box with the same secret, and could send it back as a
 * login of its own: so its nonce bears a mark, too, made with the public key of
 * the sender, and keys_box_open() opens no box that bears this node's.  A node
 * with this software opens that of the other.
 */
size_t	 keys_box_login(const uint8_t server[KEYS_NODELEN],
	    uint8_t info[BOX_LOGINSIZE], const char **why);

/*
 * Find `key' (all zeros: never found) in the `len' bytes at `text': every
 * string of exactly 64 hex digits in double quotes is compared in constant
 * time, and overwritten with zeros, because it may be a mesh key that is not in
 * force here, yet or any longer.  Returns the offset of the last match's first
 * digit, or KEYS_NOOFFSET.
 */
uint32_t keys_box_find_mesh(uint8_t *text, size_t len,
	    const uint8_t key[KEYS_MESHLEN]);

/* keys_cert.c */

#define KEYS_PEMSIZE	8192	/* bytes: room for a certificate as PEM */

/*
 * The `n' DNS names and addresses at `names' as GENERAL_NAMES; NULL when out of
 * memory.
 */
GENERAL_NAMES *keys_cert_alt_names(const char *const *names, size_t n);

/* Make a P-256 key; NULL when libcrypto fails. */
EVP_PKEY *keys_cert_new_key(void);

/*
 * Make a self-signed certificate for `pkey', valid for ten years, with the `n'
 * names and addresses at `names'.  Returns the bytes of PEM in `pem', or -1.
 */
int	 keys_cert_selfsign(EVP_PKEY *pkey, char **names, size_t n,
	    char pem[KEYS_PEMSIZE], char *err, size_t errsize);

/*
 * Make the self-signed certificate that validates `name', a DNS name or an
 * address, by TLS-ALPN-01 (RFC 8737 3) with the key authorization `auth'.
 * Returns the bytes of PEM in `pem', or -1.
 */
int	 keys_cert_validation(EVP_PKEY *pkey, const char *name,
	    const char *auth, char pem[KEYS_PEMSIZE], char *err,
	    size_t errsize);

/*
 * Make the meta certificate of the node key `pub' (derp(7), section 2).
 * Returns the bytes of PEM in `pem', or -1.
 */
int	 keys_cert_meta(const uint8_t pub[KEYS_NODELEN], char pem[KEYS_PEMSIZE],
	    char *err, size_t errsize);

#endif
