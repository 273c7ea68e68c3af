/*
 * certs: loads certificate files.  Called by the parent at start and reload;
 * reads only the files whose paths it gets.
 */

#include <sys/socket.h>
#include <sys/stat.h>
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "bom.h"
#include "certchain.h"
#include "certs.h"
#include "hex.h"
#include "keyhash.h"
#include "pemcert.h"
#include "readall.h"

static void	complain(char *, size_t, const char *, const char *, ...)
		    __attribute__((format(printf, 4, 5)));

/* Write "path: what" into `err'; libcrypto's own errors are dropped. */
static void
complain(char *err, size_t errsize, const char *path, const char *fmt, ...)
{
	va_list	 ap;
	int	 n;

	ERR_clear_error();
	n = snprintf(err, errsize, "%s: ", path);
	if (n < 0 || (size_t)n >= errsize)
		return;
	va_start(ap, fmt);
	(void)vsnprintf(err + n, errsize - (size_t)n, fmt, ap);
	va_end(ap);
}

static int
add_name(struct parent_cert *c, const char *name)
{
	char	**names;

	names = reallocarray(c->names, c->nnames + 1, sizeof(*names));
	if (names == NULL)
		return (-1);
	c->names = names;
	if ((c->names[c->nnames] = strdup(name)) == NULL)
		return (-1);
	c->nnames++;
	return (0);
}

/*
 * Add a string of the certificate to the names; one with odd bytes is skipped.
 */
static int
add_asn1(struct parent_cert *c, const ASN1_STRING *s)
{
	const unsigned char	*p = ASN1_STRING_get0_data(s);
	int			 i, len = ASN1_STRING_length(s);
	char			 name[256];

	if (len <= 0 || (size_t)len >= sizeof(name))
		return (0);
	for (i = 0; i < len; i++)
		if (p[i] <= ' ' || p[i] >= 0x7f)
			return (0);
	memcpy(name, p, (size_t)len);
	name[len] = '\0';
	return (add_name(c, name));
}

static int
add_address(struct parent_cert *c, const ASN1_OCTET_STRING *s)
{
	const unsigned char	*p = ASN1_STRING_get0_data(s);
	char			 name[INET6_ADDRSTRLEN];
	int			 af;

	switch (ASN1_STRING_length(s)) {
	case 4:
		af = AF_INET;
		break;
	case 16:
		af = AF_INET6;
		break;
	default:
		return (0);
	}
	if (inet_ntop(af, p, name, sizeof(name)) == NULL)
		return (0);
	return (add_name(c, name));
}

/* Collect the alternative names of one type (GEN_DNS or GEN_IPADD). */
static int
add_altnames(struct parent_cert *c, GENERAL_NAMES *gens, int type)
{
	GENERAL_NAME	*g;
	int		 i, rv = 0;

	for (i = 0; rv == 0 && i < sk_GENERAL_NAME_num(gens); i++) {
		g = sk_GENERAL_NAME_value(gens, i);
		if (g->type != type)
			continue;
		if (type == GEN_DNS)
			rv = add_asn1(c, g->d.dNSName);
		else
			rv = add_address(c, g->d.iPAddress);
	}
	return (rv);
}

static int
add_common_name(struct parent_cert *c, X509 *leaf)
{
	X509_NAME_ENTRY	*e;
	X509_NAME	*subject = X509_get_subject_name(leaf);
	int		 i;

	i = X509_NAME_get_index_by_NID(subject, NID_commonName, -1);
	if (i < 0 || (e = X509_NAME_get_entry(subject, i)) == NULL)
		return (0);
	return (add_asn1(c, X509_NAME_ENTRY_get_data(e)));
}

static int
collect_names(struct parent_cert *c, X509 *leaf)
{
	GENERAL_NAMES	*gens;
	int		 rv = 0;

	gens = X509_get_ext_d2i(leaf, NID_subject_alt_name, NULL, NULL);
	if (gens != NULL) {
		rv = add_altnames(c, gens, GEN_DNS);
		if (rv == 0)
			rv = add_altnames(c, gens, GEN_IPADD);
		GENERAL_NAMES_free(gens);
	}
	if (rv == 0 && c->nnames == 0) {
		c->cn_only = 1;
		rv = add_common_name(c, leaf);
	}
	return (rv);
}

static int
to_time(const ASN1_TIME *t, time_t *out)
{
	struct tm	 tm;

	memset(&tm, 0, sizeof(tm));
	if (ASN1_TIME_to_tm(t, &tm) != 1)
		return (-1);
	*out = timegm(&tm);
	return (0);
}

static int
make_pin(struct parent_cert *c, X509 *leaf)
{
	unsigned char	 md[EVP_MAX_MD_SIZE];
	unsigned int	 len;

	if (X509_digest(leaf, EVP_sha256(), md, &len) != 1 || len != 32)
		return (-1);
	memcpy(c->pin, "sha256-raw:", 11);
	base_hex_put(c->pin + 11, md, len);
	return (0);
}

/* The issuer's common name, or its organization. */
static void
read_issuer(struct parent_cert *c, X509 *leaf)
{
	X509_NAME	*name = X509_get_issuer_name(leaf);

	if (X509_NAME_get_text_by_NID(name, NID_commonName, c->issuer,
	    sizeof(c->issuer)) <= 0 && X509_NAME_get_text_by_NID(name,
	    NID_organizationName, c->issuer, sizeof(c->issuer)) <= 0)
		c->issuer[0] = '\0';
}

/* Fill in all that is read from the leaf.  NULL, or what is wrong with it. */
static const char *
read_leaf(struct parent_cert *c, X509 *leaf)
{
	EVP_PKEY	*pkey;
	const char	*bad;

	if ((pkey = X509_get0_pubkey(leaf)) == NULL)
		return ("the public key of the certificate can't be read");
	if ((bad = base_keyhash_usable(pkey)) != NULL)
		return (bad);
	if (base_keyhash_pkey(pkey, c->hash) == -1)
		return ("the public key of the certificate can't be hashed");
	if (to_time(X509_get0_notBefore(leaf), &c->not_before) == -1 ||
	    to_time(X509_get0_notAfter(leaf), &c->not_after) == -1)
		return ("the validity of the certificate can't be read");
	read_issuer(c, leaf);
	if (make_pin(c, leaf) == -1 || collect_names(c, leaf) == -1)
		return ("out of memory");
	return (NULL);
}

/*
 * Copy the certificates of `in' to `out', and nothing else: a private key in
 * the same file never reaches a front.
 */
static const char *
read_chain(struct parent_cert *c, BIO *in, BIO *out)
{
	const char	*bad;
	X509		*x;
	unsigned long	 e;
	int		 n;

	for (n = 0;; n++) {
		x = net_pem_cert(in);
		if (x == NULL)
			break;
		bad = NULL;
		if (n == CERT_MAXCHAIN)
			bad = "there are more than 16 certificates in it";
		else if (n == 0)
			bad = read_leaf(c, x);
		if (bad == NULL && PEM_write_bio_X509(out, x) != 1)
			bad = "out of memory";
		X509_free(x);
		if (bad != NULL)
			return (bad);
	}
	e = ERR_peek_last_error();
	if (ERR_GET_LIB(e) != ERR_LIB_PEM ||
	    ERR_GET_REASON(e) != PEM_R_NO_START_LINE)
		return ("a certificate in it is malformed");
	if (n == 0)
		return ("there is no PEM certificate in it");
	return (NULL);
}

/* Keep what is wrong with the chain; it is served all the same. */
static const char *
check_chain(struct parent_cert *c)
{
	char what[1024];

	if (parent_certchain_check(c->pem, c->pem_len, &c->selfsigned, what,
	    sizeof(what)) == 1 && (c->chain = strdup(what)) == NULL)
		return ("out of memory");
	return (NULL);
}

static const char *
keep_pem(struct parent_cert *c, BIO *out)
{
	char	*p;
	long	 len;

	if ((len = BIO_get_mem_data(out, &p)) <= 0)
		return ("out of memory");
	if ((c->pem = malloc((size_t)len + 1)) == NULL)
		return ("out of memory");
	memcpy(c->pem, p, (size_t)len);
	c->pem[len] = '\0';
	c->pem_len = (size_t)len;
	return (NULL);
}

struct parent_cert *
parent_cert_parse(const char *path, const char *pem, size_t len, char *err,
    size_t errsize)
{
	struct parent_cert	*c;
	BIO			*in = NULL, *out = NULL;
	const char		*bad;

	if (len > CERT_MAXFILE) {
		complain(err, errsize, path, "larger than %d bytes, is this"
		    " a certificate file?", CERT_MAXFILE);
		return (NULL);
	}
	/* libcrypto would skip the first certificate, the server's own. */
	if ((bad = base_bom_found(pem, len)) != NULL) {
		complain(err, errsize, path, "%s", bad);
		return (NULL);
	}
	ERR_clear_error();
	bad = "out of memory";
	if ((c = calloc(1, sizeof(*c))) != NULL &&
	    (c->path = strdup(path)) != NULL &&
	    (in = BIO_new_mem_buf(pem, (int)len)) != NULL &&
	    (out = BIO_new(BIO_s_mem())) != NULL &&
	    (bad = read_chain(c, in, out)) == NULL &&
	    (bad = keep_pem(c, out)) == NULL)
		bad = check_chain(c);
	BIO_free(in);
	BIO_free(out);
	ERR_clear_error();
	if (bad != NULL) {
		complain(err, errsize, path, "%s", bad);
		parent_cert_free(c);
		return (NULL);
	}
	return (c);
}

struct parent_cert *
parent_cert_load(const char *path, char *err, size_t errsize)
{
	struct parent_cert	*c = NULL;
	struct stat		 st;
	char			*buf;
	ssize_t			 len;
	int			 fd;

	/* O_NONBLOCK: opening a FIFO must not block. */
	fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	if (fd == -1) {
		complain(err, errsize, path, "can't open the certificate: %s",
		    strerror(errno));
		return (NULL);
	}
	if (fstat(fd, &st) == -1 || !S_ISREG(st.st_mode)) {
		complain(err, errsize, path, "the certificate is not a regular"
		    " file");
		close(fd);
		return (NULL);
	}
	if ((buf = malloc(CERT_MAXFILE + 1)) == NULL)
		complain(err, errsize, path, "out of memory");
	else if ((len = base_read_all(fd, buf, CERT_MAXFILE + 1)) == -1)
		complain(err, errsize, path, "can't read the certificate: %s",
		    strerror(errno));
	else
		c = parent_cert_parse(path, buf, (size_t)len, err, errsize);
	if (buf != NULL)	/* the file may hold a key as well */
		explicit_bzero(buf, CERT_MAXFILE + 1);
	free(buf);
	close(fd);
	return (c);
}

int
parent_cert_days_left(const struct parent_cert *c, time_t now)
{
	time_t	 left = c->not_after - now;

	if (left < 0)
		return ((int)((left - 86399) / 86400));
	return ((int)(left / 86400));
}

/*
 * Match a name with a pattern whose first label may be `*' (RFC 6125, 6.4.3).
 */
static int
name_matches(const char *pattern, const char *name)
{
	const char	*dot;

	if (strcasecmp(pattern, name) == 0)
		return (1);
	if (pattern[0] != '*' || pattern[1] != '.')
		return (0);
	dot = strchr(name, '.');
	return (dot != NULL && dot != name &&
	    strcasecmp(pattern + 1, dot) == 0);
}

int
parent_cert_has(const struct parent_cert *c, const char *name)
{
	char		 text[INET6_ADDRSTRLEN];
	struct in6_addr	 addr;
	size_t	 i;

	/* Those of the certificate are in this form, see add_address(). */
	if (inet_pton(AF_INET6, name, &addr) == 1 &&
	    inet_ntop(AF_INET6, &addr, text, sizeof(text)) != NULL)
		name = text;
	for (i = 0; i < c->nnames; i++)
		if (name_matches(c->names[i], name))
			return (1);
	return (0);
}

int
parent_cert_covers(const struct parent_cert *c, const char *name)
{
	return (!c->cn_only && parent_cert_has(c, name));
}

struct parent_cert *
parent_cert_ref(struct parent_cert *c)
{
	c->refs++;
	return (c);
}

void
parent_cert_free(struct parent_cert *c)
{
	size_t	 i;

	if (c == NULL || c->refs-- > 0)
		return;
	for (i = 0; i < c->nnames; i++)
		free(c->names[i]);
	free(c->names);
	free(c->path);
	free(c->pem);
	free(c->chain);
	free(c);
}
