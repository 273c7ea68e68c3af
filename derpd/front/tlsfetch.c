/*
 * tlsfetch: caches what libssl looks up in libcrypto by name in every
 * handshake.  Called by libssl and libcrypto; touches memory alone.
 *
 * OpenSSL 3.0 finds digests and key derivations by name a hundred times in a
 * handshake, each time through locks and hash tables, and walks the table of
 * all names to find those of a kind of key.  That is a tenth of the processor
 * time of a new connection.  So, as in tlsctx.c, our own definitions replace
 * libcrypto's, because the dynamic linker finds them first: the first result
 * comes from libcrypto and is returned again from then on.  No provider is
 * loaded or unloaded while a front runs, so that results do not change.  Where
 * the linker does not find these first, libcrypto's functions are used.
 *
 * The cache belongs to the process, not to struct front: libssl calls these
 * functions with only its own arguments, and a process has one default context
 * of libcrypto and one linker.  It is all in `process'.
 *
 * LibreSSL has none of these functions and does not need this.
 */

#include <openssl/evp.h>
#include <string.h>

#include "tlsctx.h"
#include "tlsfetch.h"

#if !defined(LIBRESSL_VERSION_NUMBER) && OPENSSL_VERSION_MAJOR >= 3

#include <openssl/kdf.h>

#define MAX_KEPT	16	/* of each kind; a handshake needs few */
#define NAME_SIZE	32
#define MAX_NAMES	16		/* of one kind of key */

/* One cached result. */
struct kept {
	OSSL_LIB_CTX	*ctx;
	char		 name[NAME_SIZE];
	void		*found;
};

struct cache {
	struct kept	 v[MAX_KEPT];
	size_t		 n;
};

/* The names of a kind of key; libcrypto owns them. */
struct names {
	const EVP_KEYMGMT *kind;
	const char	*v[MAX_NAMES];
	size_t		 n;
	int		 more;		/* there are more than fit */
};

typedef void (*name_cb)(const char *, void *);

EVP_MD		*EVP_MD_fetch(OSSL_LIB_CTX *, const char *, const char *)
		    __attribute__((visibility("default"), used));
EVP_MAC		*EVP_MAC_fetch(OSSL_LIB_CTX *, const char *, const char *)
		    __attribute__((visibility("default"), used));
EVP_KDF		*EVP_KDF_fetch(OSSL_LIB_CTX *, const char *, const char *)
		    __attribute__((visibility("default"), used));
int		 EVP_KEYMGMT_names_do_all(const EVP_KEYMGMT *, name_cb, void *)
		    __attribute__((visibility("default"), used));

typedef EVP_MD *(*md_fn)(OSSL_LIB_CTX *, const char *, const char *);
typedef EVP_MAC *(*mac_fn)(OSSL_LIB_CTX *, const char *, const char *);
typedef EVP_KDF *(*kdf_fn)(OSSL_LIB_CTX *, const char *, const char *);
typedef int (*names_fn)(const EVP_KEYMGMT *, name_cb, void *);

/* libcrypto's functions, once they are looked up, and their results. */
static struct {
	int		 enabled;
	md_fn		 md;
	mac_fn		 mac;
	kdf_fn		 kdf;
	names_fn	 names;
	struct cache	 mds, macs, kdfs;
	struct names	 kinds[MAX_KEPT];
	size_t		 nkinds;
} process;

void
front_tlsfetch_enable(void)
{
	process.enabled = 1;
}

/* Return a cached result; NULL: it must be looked up. */
static void *
recall(const struct cache *c, OSSL_LIB_CTX *ctx, const char *name,
    const char *properties)
{
	size_t	 i;

	if (!process.enabled || name == NULL ||
	    (properties != NULL && *properties != '\0'))
		return (NULL);
	for (i = 0; i < c->n; i++)
		if (c->v[i].ctx == ctx && strcmp(c->v[i].name, name) == 0)
			return (c->v[i].found);
	return (NULL);
}

/* Return 1 if the result was cached; the caller adds a reference. */
static int
keep(struct cache *c, OSSL_LIB_CTX *ctx, const char *name,
    const char *properties, void *found)
{
	struct kept	*k = &c->v[c->n];

	if (!process.enabled || found == NULL || name == NULL ||
	    (properties != NULL && *properties != '\0') ||
	    c->n == MAX_KEPT || strlen(name) >= sizeof(k->name))
		return (0);
	strlcpy(k->name, name, sizeof(k->name));
	k->ctx = ctx;
	k->found = found;
	c->n++;
	return (1);
}

EVP_MD *
EVP_MD_fetch(OSSL_LIB_CTX *ctx, const char *name, const char *properties)
{
	EVP_MD		*md;

	if ((md = recall(&process.mds, ctx, name, properties)) != NULL)
		return (EVP_MD_up_ref(md) == 1 ? md : NULL);
	if (process.md == NULL)
		front_tlsctx_next("EVP_MD_fetch", &process.md,
		    sizeof(process.md));
	md = process.md(ctx, name, properties);
	if (keep(&process.mds, ctx, name, properties, md))
		(void)EVP_MD_up_ref(md);
	return (md);
}

EVP_MAC *
EVP_MAC_fetch(OSSL_LIB_CTX *ctx, const char *name, const char *properties)
{
	EVP_MAC		*mac;

	if ((mac = recall(&process.macs, ctx, name, properties)) != NULL)
		return (EVP_MAC_up_ref(mac) == 1 ? mac : NULL);
	if (process.mac == NULL)
		front_tlsctx_next("EVP_MAC_fetch", &process.mac,
		    sizeof(process.mac));
	mac = process.mac(ctx, name, properties);
	if (keep(&process.macs, ctx, name, properties, mac))
		(void)EVP_MAC_up_ref(mac);
	return (mac);
}

EVP_KDF *
EVP_KDF_fetch(OSSL_LIB_CTX *ctx, const char *name, const char *properties)
{
	EVP_KDF		*kdf;

	if ((kdf = recall(&process.kdfs, ctx, name, properties)) != NULL)
		return (EVP_KDF_up_ref(kdf) == 1 ? kdf : NULL);
	if (process.kdf == NULL)
		front_tlsctx_next("EVP_KDF_fetch", &process.kdf,
		    sizeof(process.kdf));
	kdf = process.kdf(ctx, name, properties);
	if (keep(&process.kdfs, ctx, name, properties, kdf))
		(void)EVP_KDF_up_ref(kdf);
	return (kdf);
}

static void
add_name(const char *name, void *arg)
{
	struct names	*k = arg;

	if (k->n < MAX_NAMES)
		k->v[k->n++] = name;
	else
		k->more = 1;
}

int
EVP_KEYMGMT_names_do_all(const EVP_KEYMGMT *kind, name_cb cb, void *arg)
{
	struct names	*k = process.kinds;
	size_t		 i;

	if (process.names == NULL)
		front_tlsctx_next("EVP_KEYMGMT_names_do_all", &process.names,
		    sizeof(process.names));
	if (!process.enabled)
		return (process.names(kind, cb, arg));
	while (k < process.kinds + process.nkinds && k->kind != kind)
		k++;
	if (k == process.kinds + process.nkinds) {
		/* Never freed, so that no other object gets its address. */
		if (process.nkinds == MAX_KEPT || EVP_KEYMGMT_up_ref(
		    (EVP_KEYMGMT *)(uintptr_t)kind) != 1)
			return (process.names(kind, cb, arg));
		k->kind = kind;
		process.nkinds++;
		if (process.names(kind, add_name, k) != 1)
			k->more = 1;
	}
	if (k->more)
		return (process.names(kind, cb, arg));
	for (i = 0; i < k->n; i++)
		cb(k->v[i], arg);
	return (1);
}

#else

void
front_tlsfetch_enable(void)
{
}

#endif
