/*
 * keys_parent: the parent's requests to keys: load or make keys and
 * certificates, and add channels; see keys.h.  Called by keys.c.
 */
#include <sodium.h>
#include <stdio.h>
#include <string.h>

#include "keys.h"
#include "keys_acme.h"
#include "keys_mesh.h"
#include "keys_ticket.h"
#include "log.h"

#define ERRSIZE		IPC_WHYSIZE

/* Send MSG_KEY_RESULT: with `err' NULL the result, else what is wrong. */
static int
result(struct ipc_child *c, const char *err, const void *p, size_t len)
{
	struct ipc_msg_key_result v = { .ok = 1, .result = p, .len = len };

	if (err != NULL) {
		v.ok = 0;
		v.why = err;
		v.len = 0;
	}
	if (ipc_send_key_result(c->parent, &v) == -1)
		fatal("can't send the result for a key to the parent "
		    "(sendmsg)");
	return (0);
}

static int
on_tls(void *arg, int *fd)
{
	char		 err[ERRSIZE];
	uint8_t		 hash[IPC_KEYHASH_LEN];
	EVP_PKEY	*pkey;

	if ((pkey = keys_file_read_pem(*fd, err, sizeof(err))) == NULL)
		return (result(arg, err, NULL, 0));
	if (keys_tls_add(pkey, hash) == -1)
		return (result(arg, "out of memory for the key", NULL, 0));
	keys_signers_key(pkey);
	return (result(arg, NULL, hash, sizeof(hash)));
}

/* Put the node key `sec' in force and zero it, unless `rv' is -1. */
static int
use_node(struct ipc_child *c, int rv, uint8_t sec[KEYS_NODELEN],
    const char *err)
{
	uint8_t	 pub[KEYS_NODELEN];

	if (rv == 0)
		keys_box_set_node(sec, pub);
	explicit_bzero(sec, KEYS_NODELEN);
	return (result(c, rv == 0 ? NULL : err, pub, sizeof(pub)));
}

static int
on_node(void *arg, int *fd)
{
	char	 err[ERRSIZE];
	uint8_t	 sec[KEYS_NODELEN];
	int	 rv;

	rv = keys_file_read_node(*fd, sec, err, sizeof(err));
	return (use_node(arg, rv, sec, err));
}

static int
on_node_new(void *arg, int *fd)
{
	char	 err[ERRSIZE];
	uint8_t	 sec[KEYS_NODELEN];
	int	 rv;

	randombytes_buf(sec, sizeof(sec));
	sec[0] &= 248;			/* clamped, as derper writes it */
	sec[31] = (sec[31] & 127) | 64;
	rv = keys_file_write_node(*fd, sec, err, sizeof(err));
	return (use_node(arg, rv, sec, err));
}

static int
on_mesh(void *arg, int *fd)
{
	char	 err[ERRSIZE];
	uint8_t	 key[KEYS_MESHLEN], hash[IPC_MESHHASH_LEN];
	size_t	 n = 0;
	int	 rv = 0;

	if (*fd == -1)
		keys_box_stage_mesh(NULL);
	else if ((rv = keys_file_read_mesh(*fd, key, err,
	    sizeof(err))) == 0) {
		keys_box_stage_mesh(key);
		keys_box_hash_mesh(key, hash);
		n = sizeof(hash);
	}
	explicit_bzero(key, sizeof(key));
	return (result(arg, rv == 0 ? NULL : err, hash, n));
}

static int
on_retain(void *arg, const struct ipc_msg_key_retain *v)
{
	keys_box_commit_mesh(v->mesh);
	if (keys_tls_retain(v->hashes, v->nhashes) == -1)
		return (result(arg, "out of memory for the list of keys", NULL,
		    0));
	keys_signers_retain(v->hashes, v->nhashes);
	return (result(arg, NULL, NULL, 0));
}

static int
on_metacert(void *arg)
{
	char	 err[ERRSIZE], pem[KEYS_PEMSIZE];
	uint8_t	 pub[KEYS_NODELEN];
	int	 len;

	if (keys_box_node(pub) == -1)
		return (result(arg, "there is no node key yet", NULL, 0));
	if ((len = keys_cert_meta(pub, pem, err, sizeof(err))) == -1)
		return (result(arg, err, NULL, 0));
	return (result(arg, NULL, pem, (size_t)len));
}

/*
 * Make, write and load a key and its certificate.  Returns the bytes of PEM, or
 * -1.
 */
static int
selfsign(int fd, char **names, size_t n, char *pem, char *err, size_t errsize)
{
	EVP_PKEY	*pkey;
	uint8_t		 hash[IPC_KEYHASH_LEN];
	int		 len;

	if ((pkey = keys_cert_new_key()) == NULL) {
		snprintf(err, errsize, "can't make a P-256 key");
		return (-1);
	}
	len = keys_cert_selfsign(pkey, names, n, pem, err, errsize);
	if (len == -1 || keys_file_write_pem(fd, pkey, err, errsize) == -1) {
		EVP_PKEY_free(pkey);
		return (-1);
	}
	if (keys_tls_add(pkey, hash) == -1) {
		snprintf(err, errsize, "out of memory for the key");
		return (-1);
	}
	keys_signers_key(pkey);
	return (len);
}

static int
on_selfsign(void *arg, const struct ipc_msg_key_selfsign *v, int *fd)
{
	char		*names[IPC_KEYS_MAXNAMES], err[ERRSIZE],
	    pem[KEYS_PEMSIZE];
	uint32_t	 i;
	int		 len;

	if (v->nnames == 0)
		return (-1);
	for (i = 0; i < v->nnames; i++)
		names[i] = (char *)v->names[i];
	len = selfsign(*fd, names, v->nnames, pem, err, sizeof(err));
	if (len == -1)
		return (result(arg, err, NULL, 0));
	return (result(arg, NULL, pem, (size_t)len));
}

static int
on_acme_file(void *arg, const struct ipc_msg_key_acme_file *v, int *fd)
{
	char	 err[ERRSIZE];
	uint8_t	 name[KEYS_RESULTSIZE];
	int	 n;

	if (v->how == ACMEFILE_MAKE && v->which == ACMEKEY_EAB)
		return (-1);
	if (*fd == -1) {
		keys_acme_forget(v->which);
		return (result(arg, NULL, NULL, 0));
	}
	n = keys_acme_load(v->which, v->how, *fd, name, err, sizeof(err));
	if (n == -1)
		return (result(arg, err, NULL, 0));
	return (result(arg, NULL, name, (size_t)n));
}

static int
on_acme_conf(void *arg, const struct ipc_msg_key_acme_conf *v)
{
	if (!acme_conf_valid(&v->conf))
		return (-1);
	keys_acme_set_conf(&v->conf);
	return (result(arg, NULL, NULL, 0));
}

static int
on_acme_validation(void *arg, const struct ipc_msg_key_acme_validation *v)
{
	char	 err[ERRSIZE], pem[KEYS_PEMSIZE];
	EVP_PKEY *pkey;
	int	 len;

	if ((pkey = keys_tls_find(v->hash)) == NULL)
		return (result(arg, "there is no such TLS key", NULL, 0));
	len = keys_cert_validation(pkey, v->name, v->auth, pem, err,
	    sizeof(err));
	if (len == -1)
		return (result(arg, err, NULL, 0));
	return (result(arg, NULL, pem, (size_t)len));
}

static int
on_acme_revoke(void *arg, const struct ipc_msg_key_acme_revoke *v)
{
	if (keys_acme_set_revoke(v->der, v->der_len, v->reason) == -1)
		return (result(arg, "the certificate is too large", NULL, 0));
	return (result(arg, NULL, NULL, 0));
}

static int
on_chan(void *arg, const struct ipc_msg_key_chan *v, int *fd)
{
	(void)arg;
	keys_add_channel(v->kind, v->worker, fd);
	return (0);
}

static int
on_secret(void *arg, const struct ipc_msg_key_secret *v)
{
	(void)arg;
	keys_ticket_secret(v->worker, v->secret);
	return (0);
}

static int
on_node_pin(void *arg, const struct ipc_msg_key_node_pin *v)
{
	(void)arg;
	if (v->server_key != NULL && v->server_key_len != KEYS_NODELEN)
		return (-1);
	keys_mesh_pin(v->node, v->server_key);
	return (0);
}

const struct ipc_handlers keys_parent_handlers = {
	.key_tls = on_tls,
	.key_node = on_node,
	.key_node_new = on_node_new,
	.key_mesh = on_mesh,
	.key_retain = on_retain,
	.key_selfsign = on_selfsign,
	.key_metacert = on_metacert,
	.key_acme_file = on_acme_file,
	.key_acme_conf = on_acme_conf,
	.key_acme_validation = on_acme_validation,
	.key_acme_revoke = on_acme_revoke,
	.key_chan = on_chan,
	.key_secret = on_secret,
	.key_node_pin = on_node_pin
};
