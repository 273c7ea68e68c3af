/*
 * keys_box: the node key and the mesh key.  Called by keys.c with login boxes
 * that a front received from the network, and by keys_mesh.c to make some;
 * touches no descriptor.  Both keys and every plaintext are in locked memory
 * that is excluded from core dumps.
 */

#include <sodium.h>
#include <string.h>

#include "frame.h"
#include "hex.h"
#include "keys.h"

#define HEXLEN		(2 * KEYS_MESHLEN)
#define RANDOMLEN	16	/* random bytes of a nonce of our own; its mark
				   follows */
#define MARKLEN		(BOX_NONCELEN - RANDOMLEN)

struct secrets {
	uint8_t	 node[KEYS_NODELEN];
	uint8_t	 mesh[KEYS_MESHLEN];	/* all zeros: none */
	uint8_t	 staged[KEYS_MESHLEN];	/* the same, not yet in force */
	uint8_t	 shared[crypto_box_BEFORENMBYTES];
	uint8_t	 text[FRAME_MAX_CLIENTINFO];
};

static struct secrets	*secrets;
static uint8_t		 node_pub[KEYS_NODELEN];
static int		 have_node;
static int		 have_staged;
static size_t		 textlen;	/* bytes of text in use */

int
keys_box_preload(void)
{
	if (secrets != NULL)
		return (0);
	if ((secrets = sodium_malloc(sizeof(*secrets))) == NULL)
		return (-1);
	sodium_memzero(secrets, sizeof(*secrets));
	return (0);
}

void
keys_box_set_node(const uint8_t sec[KEYS_NODELEN], uint8_t pub[KEYS_NODELEN])
{
	memcpy(secrets->node, sec, sizeof(secrets->node));
	(void)crypto_scalarmult_base(node_pub, secrets->node);
	have_node = 1;
	memcpy(pub, node_pub, sizeof(node_pub));
}

int
keys_box_node(uint8_t pub[KEYS_NODELEN])
{
	if (!have_node)
		return (-1);
	memcpy(pub, node_pub, sizeof(node_pub));
	return (0);
}

void
keys_box_stage_mesh(const uint8_t *key)
{
	if (key != NULL)
		memcpy(secrets->staged, key, sizeof(secrets->staged));
	else
		sodium_memzero(secrets->staged, sizeof(secrets->staged));
	have_staged = 1;
}

void
keys_box_hash_mesh(const uint8_t key[KEYS_MESHLEN],
    uint8_t hash[IPC_MESHHASH_LEN])
{
	static const char label[] = "derpd hash of a mesh key";

	(void)crypto_generichash(hash, IPC_MESHHASH_LEN, (const uint8_t *)label,
	    sizeof(label), key, KEYS_MESHLEN);
}

void
keys_box_commit_mesh(int use)
{
	if (have_staged && use)
		memcpy(secrets->mesh, secrets->staged, sizeof(secrets->mesh));
	sodium_memzero(secrets->staged, sizeof(secrets->staged));
	have_staged = 0;
}

/*
 * Is the text at `p' 64 hex digits?  Checked before base_hex_get(), so that a
 * text full of quotes costs no more than its length.
 */
static int
all_digits(const uint8_t *p)
{
	size_t	 i;

	for (i = 0; i < HEXLEN; i++)
		if (!((p[i] >= '0' && p[i] <= '9') ||
		    (p[i] >= 'a' && p[i] <= 'f') ||
		    (p[i] >= 'A' && p[i] <= 'F')))
			return (0);
	return (1);
}

uint32_t
keys_box_find_mesh(uint8_t *text, size_t len, const uint8_t key[KEYS_MESHLEN])
{
	const int	 none = sodium_is_zero(key, KEYS_MESHLEN);
	uint8_t		 cand[KEYS_MESHLEN];
	uint32_t	 found = KEYS_NOOFFSET;
	size_t		 i;

	for (i = 0; i + HEXLEN + 2 <= len; i++) {
		if (text[i] != '"' || text[i + 1 + HEXLEN] != '"' ||
		    !all_digits(text + i + 1) ||
		    base_hex_get(cand, sizeof(cand), (char *)text + i +
		    1) == -1)
			continue;
		/* Another one may be that of tomorrow, or of another region. */
		memset(text + i + 1, '0', HEXLEN);
		if (!none && sodium_memcmp(cand, key, sizeof(cand)) == 0)
			found = (uint32_t)(i + 1);
	}
	sodium_memzero(cand, sizeof(cand));
	return (found);
}

/*
 * Write the mark of a nonce of our own for the peer with the secret `shared';
 * it depends on the nonce's first RANDOMLEN bytes.  `login' 1: of ClientInfo,
 * which this node sends; 0: of ServerInfo.
 */
static void
make_mark(const uint8_t shared[32], int login, const uint8_t *nonce,
    uint8_t mark[MARKLEN])
{
	static const char info[] = "derpd nonce of ServerInfo";
	static const char client[] = "derpd nonce of ClientInfo of ";
	uint8_t	 label[sizeof(client) + KEYS_NODELEN], key[32],
	    mac[crypto_generichash_BYTES_MIN];
	size_t	 n = login ? sizeof(label) : sizeof(info);

	memcpy(label, login ? client : info, login ? sizeof(client) :
	    sizeof(info));
	if (login)
		memcpy(label + sizeof(client), node_pub, sizeof(node_pub));
	(void)crypto_generichash(key, sizeof(key), label, n, shared, 32);
	(void)crypto_generichash(mac, sizeof(mac), nonce, RANDOMLEN, key,
	    sizeof(key));
	memcpy(mark, mac, MARKLEN);
	sodium_memzero(key, sizeof(key));
	sodium_memzero(mac, sizeof(mac));
}

/* Did this node make this nonce, for the peer with this secret? */
static int
is_own(const uint8_t shared[32], const uint8_t *nonce)
{
	uint8_t	 info[MARKLEN], login[MARKLEN];

	make_mark(shared, 0, nonce, info);
	make_mark(shared, 1, nonce, login);
	return (sodium_memcmp(info, nonce + RANDOMLEN, MARKLEN) == 0 ||
	    sodium_memcmp(login, nonce + RANDOMLEN, MARKLEN) == 0);
}

int
keys_box_open(const struct keys_box_login *l, struct keys_box_opened *o)
{
	if (!have_node || l->boxlen < BOX_MACLEN ||
	    l->boxlen > sizeof(secrets->text))
		return (-1);
	/*
	 * Fails for a client key of low order, whose shared secret is public.
	 */
	if (crypto_box_beforenm(secrets->shared, l->client,
	    secrets->node) == -1)
		return (-1);
	textlen = l->boxlen - BOX_MACLEN;
	if (is_own(secrets->shared, l->nonce) ||
	    crypto_box_open_easy_afternm(secrets->text, l->box, l->boxlen,
	    l->nonce, secrets->shared) == -1) {
		keys_box_forget();
		return (-1);
	}
	o->text = secrets->text;
	o->textlen = textlen;
	o->mesh = keys_box_find_mesh(secrets->text, textlen, secrets->mesh);
	o->shared = secrets->shared;
	return (0);
}

void
keys_box_forget(void)
{
	sodium_memzero(secrets->text, textlen);
	sodium_memzero(secrets->shared, sizeof(secrets->shared));
	textlen = 0;
}

size_t
keys_box_seal(const uint8_t shared[32], const void *info, size_t len,
    uint8_t sealed[BOX_SEALEDSIZE])
{
	if (len > BOX_MAXINFO)
		return (0);
	randombytes_buf(sealed, RANDOMLEN);
	make_mark(shared, 0, sealed, sealed + RANDOMLEN);
	if (crypto_box_easy_afternm(sealed + BOX_NONCELEN, info, len, sealed,
	    shared) == -1)
		return (0);
	return (BOX_NONCELEN + BOX_MACLEN + len);
}

size_t
keys_box_seal_for(const uint8_t client[32], const void *info, size_t len,
    uint8_t sealed[BOX_SEALEDSIZE])
{
	size_t	 n = 0;

	if (have_node && crypto_box_beforenm(secrets->shared, client,
	    secrets->node) == 0)
		n = keys_box_seal(secrets->shared, info, len, sealed);
	sodium_memzero(secrets->shared, sizeof(secrets->shared));
	return (n);
}

/* The JSON of a login, with the mesh key, in secrets->text. */
static void
write_login(void)
{
	static const char head[] = "{\"meshKey\":\"";
	static const char tail[] = "\",\"version\":2,\"CanAckPings\":true,"
	    "\"AppName\":\"derpd\"}";
	char	*text = (char *)secrets->text;

	memcpy(text, head, sizeof(head) - 1);
	text += sizeof(head) - 1;
	base_hex_put(text, secrets->mesh, sizeof(secrets->mesh));
	memcpy(text + HEXLEN, tail, sizeof(tail) - 1);
	textlen = sizeof(head) - 1 + HEXLEN + sizeof(tail) - 1;
}

size_t
keys_box_login(const uint8_t server[KEYS_NODELEN], uint8_t info[BOX_LOGINSIZE],
    const char **why)
{
	uint8_t	*nonce = info + KEYS_NODELEN, *box = nonce + BOX_NONCELEN;
	size_t	 n = 0;

	if (!have_node)
		*why = "there is no node key yet";
	else if (sodium_is_zero(secrets->mesh, sizeof(secrets->mesh)))
		*why = "there is no mesh key";
	else if (sodium_memcmp(server, node_pub, sizeof(node_pub)) == 0)
		*why = "the server has the key of this node";
	else if (crypto_box_beforenm(secrets->shared, server,
	    secrets->node) == -1)
		*why = "the server's key is of low order";
	else {
		memcpy(info, node_pub, sizeof(node_pub));
		randombytes_buf(nonce, RANDOMLEN);
		make_mark(secrets->shared, 1, nonce, nonce + RANDOMLEN);
		write_login();
		(void)crypto_box_easy_afternm(box, secrets->text, textlen,
		    nonce, secrets->shared);
		n = KEYS_NODELEN + BOX_NONCELEN + BOX_MACLEN + textlen;
	}
	keys_box_forget();
	return (n);
}
