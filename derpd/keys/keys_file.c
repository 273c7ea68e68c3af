/*
 * keys_file: reads and writes key files.  Called by keys.c at start and at
 * reload, with descriptors that the parent opened; touches only those.  File
 * contents pass through one locked buffer that is zeroed after each file.
 */

#include <errno.h>
#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <sodium.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "base64url.h"
#include "bom.h"
#include "hex.h"
#include "json.h"
#include "keyhash.h"
#include "keys.h"
#include "keys_acme.h"

#define NODE_MAXFILE	4096		/* bytes of derper's key file */
#define NODE_MAXDEPTH	32
#define MESH_MAXFILE	4096
#define PEM_MAXFILE	65536		/* may also hold a chain */
#define BUFSIZE		(PEM_MAXFILE + 1)

static char	*buf;			/* BUFSIZE bytes, locked */

static const char node_prefix[] = "privkey:";
static const char node_form[] = "not derper's key file, expected"
    " {\"PrivateKey\": \"privkey:<64 hex digits>\"}";

static int	fail(char *, size_t, const char *, ...)
		    __attribute__((format(printf, 3, 4)));

int
keys_file_preload(void)
{
	if (buf == NULL && (buf = sodium_malloc(BUFSIZE)) == NULL)
		return (-1);
	return (0);
}

/* Format the error.  Always returns -1. */
static int
fail(char *err, size_t errsize, const char *fmt, ...)
{
	va_list	 ap;

	ERR_clear_error();
	va_start(ap, fmt);
	(void)vsnprintf(err, errsize, fmt, ap);
	va_end(ap);
	return (-1);
}

static void
wipe(void)
{
	sodium_memzero(buf, BUFSIZE);
}

/*
 * Read the file on `fd', at most `max' bytes, into the buffer.  Returns bytes,
 * or -1.
 */
static int
slurp(int fd, size_t max, char *err, size_t errsize)
{
	const char	*bad;
	size_t		 got = 0;
	ssize_t		 n;

	while (got <= max) {
		n = read(fd, buf + got, max + 1 - got);
		if (n == -1 && errno == EINTR)
			continue;
		if (n == -1)
			return (fail(err, errsize, "can't read the key: %s",
			    strerror(errno)));
		if (n == 0) {
			if ((bad = base_bom_found(buf, got)) != NULL)
				return (fail(err, errsize, "%s", bad));
			return ((int)got);
		}
		got += (size_t)n;
	}
	return (fail(err, errsize, "larger than %zu bytes, this is no key"
	    " file", max));
}

/* Write all bytes and sync the file. */
static int
spill(int fd, const char *p, size_t len, char *err, size_t errsize)
{
	ssize_t	 n;

	while (len > 0) {
		n = write(fd, p, len);
		if (n == -1 && errno == EINTR)
			continue;
		if (n <= 0)
			return (fail(err, errsize, "can't write the key: %s",
			    n == 0 ? "nothing was written" : strerror(errno)));
		p += n;
		len -= (size_t)n;
	}
	if (fsync(fd) == -1)
		return (fail(err, errsize, "can't write the key to disk: %s",
		    strerror(errno)));
	return (0);
}

/* A position in a short text. */
struct keys_cursor {
	const char	*p;
	const char	*end;
};

static void
skip_space(struct keys_cursor *c)
{
	while (c->p < c->end && (*c->p == ' ' || *c->p == '\t' ||
	    *c->p == '\n' || *c->p == '\r'))
		c->p++;
}

/* Skip white space and `text'.  Returns 1 when `text' was there. */
static int
expect(struct keys_cursor *c, const char *text)
{
	size_t	 n = strlen(text);

	skip_space(c);
	if ((size_t)(c->end - c->p) < n || memcmp(c->p, text, n) != 0)
		return (0);
	c->p += n;
	return (1);
}

/*
 * Parse the value of a PrivateKey member.  Returns NULL, or what is wrong with
 * it.
 */
static const char *
node_value(const struct json *j, json_ref v, uint8_t sec[KEYS_NODELEN])
{
	char	 text[sizeof(node_prefix) + 2 * KEYS_NODELEN];
	size_t	 n = sizeof(node_prefix) - 1;
	int	 ok;

	ok = json_str(j, v, text, sizeof(text)) == (long)sizeof(text) - 1 &&
	    memcmp(text, node_prefix, n) == 0 &&
	    base_hex_get(sec, KEYS_NODELEN, text + n) == 0;
	sodium_memzero(text, sizeof(text));
	return (ok ? NULL : "the private key in it is malformed, expected"
	    " \"privkey:\" and 64 hex digits");
}

/*
 * Follows Go's encoding/json as derper uses it: names match case-insensitively,
 * the last of several members wins, null counts as absent, other members are
 * ignored.
 */
static const char *
node_members(const struct json *j, uint8_t sec[KEYS_NODELEN])
{
	char		 name[16];
	const char	*bad;
	json_ref	 key, v;
	int		 found = 0;

	if (json_type(j, 0) != JSON_OBJECT)
		return (node_form);
	for (key = json_first(j, 0); key != -1; key = json_next(j, key)) {
		v = json_value(j, key);
		if (json_str(j, key, name, sizeof(name)) == -1 ||
		    strcasecmp(name, "PrivateKey") != 0 ||
		    json_type(j, v) == JSON_NULL)
			continue;
		if ((bad = node_value(j, v, sec)) != NULL)
			return (bad);
		found = 1;
	}
	if (!found)
		return (node_form);
	if (sodium_is_zero(sec, KEYS_NODELEN))
		return ("the private key in it is all zeros, remove the file"
		    " to generate a new one");
	return (NULL);
}

const char *
keys_file_parse_node(const char *p, size_t len, uint8_t sec[KEYS_NODELEN])
{
	struct json_error	 e;
	struct json		*j;
	const char		*bad;

	sodium_memzero(sec, KEYS_NODELEN);
	if ((bad = base_bom_found(p, len)) != NULL)
		return (bad);
	if ((j = json_parse(p, len, NODE_MAXDEPTH, NODE_MAXFILE, &e)) == NULL)
		return (node_form);
	if ((bad = node_members(j, sec)) != NULL)
		sodium_memzero(sec, KEYS_NODELEN);
	json_free(j);
	return (bad);
}

const char *
keys_file_parse_mesh(const char *p, size_t len, uint8_t key[KEYS_MESHLEN])
{
	struct keys_cursor	 c = { p, p + len };

	sodium_memzero(key, KEYS_MESHLEN);
	skip_space(&c);
	if ((size_t)(c.end - c.p) < 2 * KEYS_MESHLEN ||
	    base_hex_get(key, KEYS_MESHLEN, c.p) == -1) {
		sodium_memzero(key, KEYS_MESHLEN);
		return ("not a mesh key, expected 64 hex digits");
	}
	c.p += 2 * KEYS_MESHLEN;
	skip_space(&c);
	if (c.p != c.end) {
		sodium_memzero(key, KEYS_MESHLEN);
		return ("something follows the mesh key, expected 64 hex"
		    " digits and nothing else");
	}
	if (sodium_is_zero(key, KEYS_MESHLEN))
		return ("the mesh key is all zeros, which means none: make one"
		    " with openssl rand -hex 32");
	return (NULL);
}

int
keys_file_read_node(int fd, uint8_t sec[KEYS_NODELEN], char *err,
    size_t errsize)
{
	const char	*bad;
	int		 n;

	sodium_memzero(sec, KEYS_NODELEN);
	if ((n = slurp(fd, NODE_MAXFILE, err, errsize)) != -1 &&
	    (bad = keys_file_parse_node(buf, (size_t)n, sec)) != NULL)
		n = fail(err, errsize, "%s", bad);
	wipe();
	return (n == -1 ? -1 : 0);
}

int
keys_file_read_mesh(int fd, uint8_t key[KEYS_MESHLEN], char *err,
    size_t errsize)
{
	const char	*bad;
	int		 n;

	sodium_memzero(key, KEYS_MESHLEN);
	if ((n = slurp(fd, MESH_MAXFILE, err, errsize)) != -1 &&
	    (bad = keys_file_parse_mesh(buf, (size_t)n, key)) != NULL)
		n = fail(err, errsize, "%s", bad);
	wipe();
	return (n == -1 ? -1 : 0);
}

int
keys_file_write_node(int fd, const uint8_t sec[KEYS_NODELEN], char *err,
    size_t errsize)
{
	char	*p = buf;
	int	 rv;

	p += snprintf(p, BUFSIZE, "{\n\t\"PrivateKey\": \"%s", node_prefix);
	base_hex_put(p, sec, KEYS_NODELEN);
	p += 2 * KEYS_NODELEN;
	memcpy(p, "\"\n}\n", 4);
	p += 4;
	rv = spill(fd, buf, (size_t)(p - buf), err, errsize);
	wipe();
	return (rv);
}

/* Never asks for a passphrase; sets the flag at `arg' when one was needed. */
static int
no_passphrase(char *pass, int size, int writing, void *arg)
{
	(void)pass;
	(void)size;
	(void)writing;
	*(int *)arg = 1;
	return (-1);
}

/* Sign a digest and verify it: this detects a private half of another key. */
static int
tried(EVP_PKEY *pkey)
{
	static const uint8_t	 digest[32] = { 1 };
	uint8_t			 sig[KEYHASH_MAXSIG];
	size_t			 len = sizeof(sig);
	EVP_PKEY_CTX		*ctx;
	int			 ok;

	if ((ctx = EVP_PKEY_CTX_new(pkey, NULL)) == NULL)
		return (0);
	ok = EVP_PKEY_sign_init(ctx) == 1 &&
	    EVP_PKEY_sign(ctx, sig, &len, digest, sizeof(digest)) == 1 &&
	    EVP_PKEY_verify_init(ctx) == 1 &&
	    EVP_PKEY_verify(ctx, sig, len, digest, sizeof(digest)) == 1;
	EVP_PKEY_CTX_free(ctx);
	return (ok);
}

/* Return `pkey' (taken over) if it is usable, else NULL. */
static EVP_PKEY *
check_key(EVP_PKEY *pkey, const char *bad, char *err, size_t errsize)
{
	if (pkey != NULL && (bad = base_keyhash_usable(pkey)) == NULL &&
	    !tried(pkey))
		bad = "the private key is damaged, its halves do not belong"
		    " together";
	if (bad == NULL)
		return (pkey);
	(void)fail(err, errsize, "%s", bad);
	EVP_PKEY_free(pkey);
	return (NULL);
}

static EVP_PKEY *
parse_pem(size_t len, char *err, size_t errsize)
{
	EVP_PKEY	*pkey;
	BIO		*bio;
	int		 encrypted = 0;

	if ((bio = BIO_new_mem_buf(buf, (int)len)) == NULL) {
		(void)fail(err, errsize, "out of memory");
		return (NULL);
	}
	pkey = PEM_read_bio_PrivateKey(bio, NULL, no_passphrase, &encrypted);
	BIO_free(bio);
	return (check_key(pkey, encrypted ?
	    "the private key is encrypted, which is not supported: write it"
	    " without a passphrase (openssl pkey)" :
	    "there is no readable private key in it, expected PEM",
	    err, errsize));
}

EVP_PKEY *
keys_file_read_pem(int fd, char *err, size_t errsize)
{
	EVP_PKEY	*pkey = NULL;
	int		 n;

	if ((n = slurp(fd, PEM_MAXFILE, err, errsize)) != -1)
		pkey = parse_pem((size_t)n, err, errsize);
	wipe();
	return (pkey);
}

EVP_PKEY *
keys_file_read_account(int fd, char *err, size_t errsize)
{
	EVP_PKEY		*pkey = NULL;
	struct keys_cursor	 c;
	int			 n;

	if ((n = slurp(fd, PEM_MAXFILE, err, errsize)) != -1) {
		c.p = buf;
		c.end = buf + n;
		if (expect(&c, "{"))
			pkey = check_key(keys_jwk_private(buf, (size_t)n),
			    "there is"
			    " no readable private key in it, expected"
			    " PEM or a JWK of kty RSA or EC", err, errsize);
		else
			pkey = parse_pem((size_t)n, err, errsize);
	}
	wipe();
	return (pkey);
}

const char *
keys_file_parse_mac(char *p, size_t len, uint8_t *mac, size_t min, size_t size,
    size_t *n)
{
	struct keys_cursor	 c = { p, p + len };
	size_t			 i;
	long			 got;

	sodium_memzero(mac, size);
	skip_space(&c);
	p += c.p - p;
	len = (size_t)(c.end - c.p);
	while (len > 0 && strchr(" \t\r\n", p[len - 1]) != NULL)
		len--;
	while (len > 0 && p[len - 1] == '=')
		len--;
	/* Some CAs issue it in the standard base64 alphabet. */
	for (i = 0; i < len; i++)
		p[i] = (char)(p[i] == '+' ? '-' : p[i] == '/' ? '_' : p[i]);
	if ((got = base64url_get(mac, size, p, len)) == -1)
		return ("not a MAC key, expected only base64");
	if ((size_t)got < min) {
		sodium_memzero(mac, size);
		return ("the MAC key is too short, expected the key that the CA"
		    " issued, in base64");
	}
	*n = (size_t)got;
	return (NULL);
}

int
keys_file_read_mac(int fd, uint8_t *mac, size_t min, size_t size, char *err,
    size_t errsize)
{
	const char	*bad;
	size_t		 len = 0;
	int		 n;

	sodium_memzero(mac, size);
	if ((n = slurp(fd, MESH_MAXFILE, err, errsize)) != -1 &&
	    (bad = keys_file_parse_mac(buf, (size_t)n, mac, min, size,
	    &len)) != NULL)
		n = fail(err, errsize, "%s", bad);
	wipe();
	return (n == -1 ? -1 : (int)len);
}

int
keys_file_write_pem(int fd, EVP_PKEY *pkey, char *err, size_t errsize)
{
	BIO	*bio;
	char	*p;
	long	 len;
	int	 rv;

	/* A memory BIO of this kind uses libcrypto's locked heap. */
#ifdef LIBRESSL_VERSION_NUMBER
	bio = BIO_new(BIO_s_mem());
#else
	bio = BIO_new(BIO_s_secmem());
#endif
	if (bio == NULL || PEM_write_bio_PKCS8PrivateKey(bio, pkey, NULL, NULL,
	    0, NULL, NULL) != 1 || (len = BIO_get_mem_data(bio, &p)) <= 0)
		rv = fail(err, errsize, "can't write the new key as PEM");
	else {
		rv = spill(fd, p, (size_t)len, err, errsize);
		explicit_bzero(p, (size_t)len);
	}
	BIO_free(bio);
	return (rv);
}
