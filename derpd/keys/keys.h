/*
 * keys: the process that holds every private key, and the two ways into it.
 *
 * keys.c          the process: channels of workers and acme-helper
 * keys_parent.c   what the parent asks
 * keys_file.c     reads and makes key files on descriptors that it is given
 * keys_sign.c     signs for TLS
 * keys_box.c      opens and seals login boxes, finds the mesh key
 * keys_cert.c     self-signed and meta certificates
 * keys_acme.c     signs for acme-helper (keys_acme.h)
 *
 * Where a function takes `err' of `errsize' bytes, it returns -1 or NULL on
 * failure and has then said there what is wrong and what to do; the parent
 * puts the file's name in front.
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

/* The keys process; starts with ipc_child_init(), never returns. */
void	keys_main(void) __attribute__((noreturn));

/*
 * Take the random bytes, the files and the locked memory that are needed
 * later, before confinement.  Exits with a line on failure.
 */
void	keys_preload(void);

/*
 * A channel of a relay worker, or of acme-helper (worker 0), on *fd, which is
 * set to -1 when it was taken; it replaces an older one.
 */
void	keys_add_channel(enum ipc_keychan kind, unsigned int worker, int *fd);

/* keys_parent.c */

/* The parent's messages; their `arg' is the struct ipc_child. */
extern const struct ipc_handlers keys_parent_handlers;

/* keys_file.c */

/* The locked buffer for file contents; part of keys_preload().  0, or -1. */
int	 keys_file_preload(void);

/* Read derper's key file on `fd' into `sec'.  0, or -1. */
int	 keys_file_read_node(int fd, uint8_t sec[KEYS_NODELEN], char *err,
	    size_t errsize);

/* Write `sec' to the empty file `fd' in derper's form, sync it.  0, or -1. */
int	 keys_file_write_node(int fd, const uint8_t sec[KEYS_NODELEN],
	    char *err, size_t errsize);

/*
 * Read a mesh key file on `fd' into `key': 64 hex digits, white space around
 * them.  0, or -1.
 */
int	 keys_file_read_mesh(int fd, uint8_t key[KEYS_MESHLEN], char *err,
	    size_t errsize);

/*
 * Read the first private key in the PEM file on `fd'.  It has been tried: its
 * public half verifies what it signs.  Free with EVP_PKEY_free().
 */
EVP_PKEY *keys_file_read_pem(int fd, char *err, size_t errsize);

/* The same for an ACME account key, which may also be a JWK (RFC 7517). */
EVP_PKEY *keys_file_read_account(int fd, char *err, size_t errsize);

/*
 * Read the MAC key of an account binding on `fd' into `mac' of `size' bytes:
 * base64, in either alphabet, white space around it.  Bytes, or -1: none, or
 * fewer than `min' or more than `size' bytes.
 */
int	 keys_file_read_mac(int fd, uint8_t *mac, size_t min, size_t size,
	    char *err, size_t errsize);

/* Write `pkey' to the empty file `fd' as PEM (PKCS #8), sync it.  0, or -1. */
int	 keys_file_write_pem(int fd, EVP_PKEY *pkey, char *err, size_t errsize);

/*
 * The parsers behind them, for `len' bytes at `p'.  NULL and the key filled
 * in, or a static line that says what is wrong.
 */
const char *keys_file_parse_node(const char *p, size_t len,
	    uint8_t sec[KEYS_NODELEN]);
const char *keys_file_parse_mesh(const char *p, size_t len,
	    uint8_t key[KEYS_MESHLEN]);

/* The same for a MAC key, which overwrites the `len' bytes; *n its bytes. */
const char *keys_file_parse_mac(char *p, size_t len, uint8_t *mac, size_t min,
	    size_t size, size_t *n);

/* keys_sign.c */

#define KEYS_SIGN_MAXLEN	1024	/* bytes of a signature: RSA of 8192 \
					   bits */

/*
 * Add a TLS key (taken over; also on failure) under the hash of its public
 * half, which is stored in `hash'; an older one of that hash is replaced.  0,
 * or -1: no memory.
 */
int	 keys_sign_add(EVP_PKEY *pkey, uint8_t hash[IPC_KEYHASH_LEN]);

/*
 * Forget all keys but those of the `n' hashes, of IPC_KEYHASH_LEN bytes each,
 * that lie at `hashes'.
 */
void	 keys_sign_retain(const uint8_t *hashes, size_t n);

/* The key of `hash', which stays ours; NULL: there is none. */
EVP_PKEY *keys_sign_find(const uint8_t hash[IPC_KEYHASH_LEN]);

/*
 * Sign `in' with the key of `hash' as `alg' says (enum ipc_signalg), if TLS
 * could ask for that: a digest of 32, 48 or 64 bytes; a DigestInfo with such a
 * one; a block of modulus size that is a PSS encoding with salt and hash of one
 * such size (RFC 8446, 4.2.3).  Anything else would make the key a tool for
 * other ends, an RSA key even one to decrypt with.  Bytes of the signature in
 * `out' (KEYS_SIGN_MAXLEN), or -1: no such key, or refused.
 */
int	 keys_sign_digest(const uint8_t hash[IPC_KEYHASH_LEN], uint8_t alg,
	    const uint8_t *in, size_t inlen, uint8_t out[KEYS_SIGN_MAXLEN]);

/* 1 when the `len' bytes at `em' are a PSS encoding for `bits', else 0. */
int	 keys_sign_is_pss(const uint8_t *em, size_t len, int bits);

/* 1 when the `len' bytes at `p' are a DigestInfo with SHA-256, -384, -512. */
int	 keys_sign_is_digestinfo(const uint8_t *p, size_t len);

/* keys_box.c */

#define BOX_NONCELEN	24
#define BOX_MACLEN	16

/* Locked memory for keys and plaintext; part of keys_preload().  0, or -1. */
int	 keys_box_preload(void);

/* Use the node key `sec' from now on; its public half goes to `pub'. */
void	 keys_box_set_node(const uint8_t sec[KEYS_NODELEN],
	    uint8_t pub[KEYS_NODELEN]);

/* Public half of the node key into `pub'; 0, or -1 when there is none. */
int	 keys_box_node(uint8_t pub[KEYS_NODELEN]);

/*
 * Keep a mesh key beside the one in force; NULL or all zeros: none, nothing
 * matches.
 */
void	 keys_box_stage_mesh(const uint8_t *key);

/* Use the staged mesh key from now on, if there is one; `use' 0: forget it. */
void	 keys_box_commit_mesh(int use);

struct keys_box_login {			/* arguments of keys_box_login() */
	const uint8_t	*client;	/* public key, 32 bytes */
	const uint8_t	*nonce;		/* 24 bytes */
	const uint8_t	*box;
	size_t		 boxlen;	/* 16 bytes to FRAME_MAX_CLIENTINFO */
	const uint8_t	*info;		/* ServerInfo to be sealed */
	size_t		 infolen;	/* up to BOX_MAXINFO */
};

#define BOX_MAXINFO	4096

struct keys_box_result {
	const uint8_t	*text;		/* ClientInfo without the mesh key;
					   valid until the next call */
	size_t		 textlen;
	uint32_t	 mesh;		/* offset of the mesh key in it, or
					   KEYS_NOOFFSET */
	uint8_t		 reply[BOX_NONCELEN + BOX_MACLEN + BOX_MAXINFO];
	size_t		 replylen;	/* nonce and box of ServerInfo */
};

/*
 * Open a login box and seal the answer to it.  0, or -1: it was not sealed by
 * that client for this node, lengths are wrong, or there is no node key.
 */
int	 keys_box_login(const struct keys_box_login *l,
	    struct keys_box_result *r);

/* Zero the text of the last login. */
void	 keys_box_forget(void);

/*
 * Find `key' (all zeros: never) in the `len' bytes at `text': every string of
 * exactly 64 hex digits between double quotes is compared in constant time.
 * Equal ones are overwritten with zeros.  Offset of the last one's first digit,
 * or KEYS_NOOFFSET.
 */
uint32_t keys_box_find_mesh(uint8_t *text, size_t len,
	    const uint8_t key[KEYS_MESHLEN]);

/* keys_cert.c */

#define KEYS_PEMSIZE	8192	/* bytes: room for a certificate as PEM */

/* The `n' DNS names and addresses at `names'; NULL when there is no memory. */
GENERAL_NAMES *keys_cert_alt_names(const char *const *names, size_t n);

/* Make a P-256 key; NULL when libcrypto can't. */
EVP_PKEY *keys_cert_new_key(void);

/*
 * Make a certificate for `pkey' signed by itself, valid for ten years, for the
 * `n' names and addresses at `names'.  Bytes of PEM in `pem', or -1.
 */
int	 keys_cert_selfsign(EVP_PKEY *pkey, char **names, size_t n,
	    char pem[KEYS_PEMSIZE], char *err, size_t errsize);

/*
 * Make the meta certificate of the node key `pub' (derp(7), section 2).
 * Bytes of PEM in `pem', or -1.
 */
int	 keys_cert_meta(const uint8_t pub[KEYS_NODELEN], char pem[KEYS_PEMSIZE],
	    char *err, size_t errsize);

#endif
