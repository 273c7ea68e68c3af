/*
 * load: the steps of a generation (generation.h): reads files, and loads keys.
 * Called by reload.c.
 */
#include <event2/event.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "certcheck.h"
#include "keyfiles.h"
#include "log.h"
#include "messages.h"
#include "notify.h"
#include "parent.h"

static void	next_cert(struct parent_generation *g);
static void	next_file(struct parent_generation *g);

void
parent_load_free(struct parent_loaded *l)
{
	size_t i;

	for (i = 0; i < l->ncerts; i++)
		parent_cert_free(l->certs[i]);
	free(l->certs);
	free(l->meta);
	memset(l, 0, sizeof(*l));
}

/* Keep the first warning from here to end_part() as the step's line. */
static void
begin_part(struct parent_generation *g)
{
	log_capture(g->line, sizeof(g->line));
}

/* Part of a step has ended: -1 failed, for `why' (NULL: the logged line). */
static void
end_part(struct parent_generation *g, int rv, const char *why)
{
	log_capture(NULL, 0);
	if (rv == -1) {
		parent_gen_note(g, why);
		g->failed = 1;
	}
}

/* The step has ended. */
static void
end_step(struct parent_generation *g, int rv, const char *why)
{
	log_capture(NULL, 0);
	parent_gen_done(&g->d->gens, rv, why);
}

/* Configuration */

static void
read_conf(struct parent_generation *g)
{
	struct parent *d = g->d;
	const char *what;
	struct conf *c;

	begin_part(g);
	c = d->conf_text != NULL ? conf_load_text(d->conf_path, d->conf_text) :
	    conf_load(d->conf_path);
	if (c == NULL) {
		end_step(g, -1, NULL);
		return;
	}
	g->conf = c;
	g->own_conf = 1;
	if ((what = conf_needs_restart(d->conf, c)) != NULL) {
		snprintf(g->line, sizeof(g->line), "`%s' has changed", what);
		g->replaces = 1;
	} else if (!d->keys_loaded)
		log_warnx("keys is not running: try again when it is");
	else {
		end_step(g, 0, NULL);
		return;
	}
	end_step(g, -1, NULL);
}

/* Node key */

static void
node_read(void *arg, const uint8_t *res, size_t len, const char *why)
{
	struct parent_generation *g = arg;
	const char *path = g->conf->relay.key;

	begin_part(g);
	if (why == NULL && len != sizeof(g->loaded.node_key)) {
		log_warnx("%s: malformed answer from keys", path);
		end_step(g, -1, NULL);
		return;
	}
	if (why == NULL && g->kind == GEN_KEYS &&
	    memcmp(res, g->d->loaded.node_key, len) != 0)
		log_warnx("the key in %s has changed: clients see a new relay",
		    path);
	if (why == NULL)
		memcpy(g->loaded.node_key, res, len);
	end_step(g, why == NULL ? 0 : -1, why);
}

static void
node_made(void *arg, const uint8_t *res, size_t len, const char *why)
{
	struct parent_generation *g = arg;

	if (why == NULL)
		log_info("made the relay's key %s", g->conf->relay.key);
	node_read(g, res, len, why);
}

static void
read_node(struct parent_generation *g)
{
	const struct conf *c = g->conf;
	const char *path = c->relay.key;
	struct stat st;
	int fd;

	/* Without a relay there is no key to make or to announce. */
	if (!c->relay.enabled) {
		memset(g->loaded.node_key, 0, sizeof(g->loaded.node_key));
		end_step(g, 0, NULL);
		return;
	}
	begin_part(g);
	if (stat(path, &st) == -1 && errno == ENOENT) {
		if (g->d->checking) {
			log_info("relay key %s: will be made at the first "
			    "start", path);
			end_step(g, 0, NULL);
			return;
		}
		parent_keys_make(g->d, MSG_KEY_NODE_NEW, NULL, path, node_made,
		    g);
	} else if ((fd = parent_keyfile_open(path, gram_at(&c->relay.key_pos,
	    "relay key"))) == -1) {
		end_step(g, -1, NULL);
		return;
	} else
		parent_keys_call(g->d, MSG_KEY_NODE, NULL, fd,
		    gram_at(&c->relay.key_pos, path), node_read, g);
	end_part(g, 0, NULL);
}

/* Certificates */

/* Log what is wrong with a certificate. */
static void
log_warning(void *arg, enum parent_certlevel level, const struct conf_cert *k,
    const char *text)
{
	(void)arg;
	(void)k;
	if (level == CERT_NOTE)
		log_debug("%s", text);
	else if (level != CERT_ERROR)
		log_warnx("%s", text);
}

/* The same, for errors alone. */
static void
log_error(void *arg, enum parent_certlevel level, const struct conf_cert *k,
    const char *text)
{
	(void)arg;
	(void)k;
	if (level == CERT_ERROR)
		log_warnx("%s", text);
}

/* Log what is wrong with the certificates of the generation, but no errors. */
static void
log_warnings(const struct parent_generation *g)
{
	(void)parent_certcheck(g->conf, &g->loaded, NULL, time(NULL),
	    log_warning, NULL);
}

/* All certificates were read: check them together, and end the step. */
static void
check_certs(struct parent_generation *g)
{
	unsigned int n;

	/* After a restart of keys those in force stay. */
	if (g->kind == GEN_KEYS) {
		end_step(g, 0, NULL);
		return;
	}
	begin_part(g);
	n = parent_certcheck(g->conf, &g->loaded, &g->d->loaded, time(NULL),
	    log_error, NULL);
	log_capture(NULL, 0);
	log_warnings(g);
	end_step(g, n > 0 ? -1 : 0, NULL);
}

/* Add a certificate to the generation, which owns it from now on. */
static void
add_cert(struct parent_generation *g, struct parent_cert *cert)
{
	struct parent_loaded *l = &g->loaded;
	struct parent_cert **v;

	v = reallocarray(l->certs, l->ncerts + 1, sizeof(*v));
	if (v == NULL)
		fatal("no memory for the certificates");
	l->certs = v;
	v[l->ncerts++] = cert;
}

/* The certificate in force of the line that is being read; NULL: none. */
static struct parent_cert *
in_force(const struct parent_generation *g)
{
	const struct parent_loaded *l = &g->d->loaded;

	return (g->loaded.ncerts < l->ncerts ? l->certs[g->loaded.ncerts] :
	    NULL);
}

/* Keep the old certificate, whether its key was loaded or not. */
static void
keep_cert(void *arg, const uint8_t *res, size_t len, const char *why)
{
	struct parent_generation *g = arg;
	struct parent_cert *old = in_force(g);

	if (why != NULL || len != IPC_KEYHASH_LEN ||
	    memcmp(res, old->hash, len) != 0)
		log_warnx("certificate %s can't be served without its key: "
		    "restore the key and reload", old->path);
	add_cert(g, parent_cert_ref(old));
	g->at = TAILQ_NEXT(g->at, entry);
	next_cert(g);
}

static void
cert_read(void *arg, int rv, struct parent_cert *cert, const char *why)
{
	struct parent_generation *g = arg;
	const struct conf_cert *k = g->at;
	int fd;

	/*
	 * After a restart of keys the old certificate stays if its key can be
	 * loaded.  Changed files replace it if they are valid.
	 */
	if (rv == -1 && g->kind == GEN_KEYS && in_force(g) != NULL) {
		if (k->key != NULL &&
		    (fd = parent_keyfile_open(k->key, "key")) != -1)
			parent_keys_call(g->d, MSG_KEY_TLS, NULL, fd, k->key,
			    keep_cert, g);
		else
			keep_cert(g, NULL, 0, why);
		return;
	}
	if (rv == -1) {
		end_step(g, -1, why);
		return;
	}
	if (cert != NULL)
		add_cert(g, cert);
	g->at = TAILQ_NEXT(k, entry);
	next_cert(g);
}

static void
next_cert(struct parent_generation *g)
{
	if (g->at == NULL) {
		check_certs(g);
		return;
	}
	g->load.keep = g->kind == GEN_KEYS;
	g->load.changed = g->kind == GEN_CERTS;
	parent_certload(&g->load, g->d, g->conf, g->at, cert_read, g);
}

/* Mesh key; keys keeps it beside the one in force until GEN_AT_RETAIN */

static void
mesh_read(void *arg, const uint8_t *res, size_t len, const char *why)
{
	struct parent_generation *g = arg;

	if (why == NULL && meshset_key_read(&g->loaded.mesh,
	    &g->d->loaded.mesh, res, len) == -1) {
		begin_part(g);
		log_warnx("mesh key: malformed answer from keys");
		end_step(g, -1, NULL);
		return;
	}
	/* Without a mesh key only the mesh is down. */
	if (why != NULL && g->kind == GEN_KEYS) {
		log_warnx("no mesh until its key is restored: correct the key "
		    "and reload");
		why = NULL;
	}
	end_step(g, why == NULL ? 0 : -1, why);
}

static void
read_mesh(struct parent_generation *g)
{
	const struct conf *c = g->conf;
	const char *what = "mesh key";
	int fd = -1;

	begin_part(g);
	if (c->mesh.key != NULL && (fd = parent_keyfile_open(c->mesh.key,
	    gram_at(&c->mesh.key_pos, what))) == -1) {
		end_part(g, 0, NULL);
		mesh_read(g, NULL, 0, g->line);
		return;
	}
	if (c->mesh.key != NULL)
		what = gram_at(&c->mesh.key_pos, c->mesh.key);
	parent_keys_call(g->d, MSG_KEY_MESH, NULL, fd, what, mesh_read, g);
	end_part(g, 0, NULL);
}

/* Meta certificate */

static void
meta_made(void *arg, const uint8_t *res, size_t len, const char *why)
{
	struct parent_generation *g = arg;

	if (why == NULL) {
		if ((g->loaded.meta = malloc(len + 1)) == NULL)
			fatal("no memory for the meta certificate");
		memcpy(g->loaded.meta, res, len);
		g->loaded.meta[len] = '\0';
		g->loaded.meta_len = len;
	}
	end_step(g, why == NULL ? 0 : -1, why);
}

static void
make_meta(struct parent_generation *g)
{
	const struct parent_loaded *l = &g->d->loaded;
	size_t i;

	for (i = 0; (g->kind == GEN_META || g->kind == GEN_RATE) &&
	    i < l->ncerts; i++)
		add_cert(g, parent_cert_ref(l->certs[i]));
	if (g->kind == GEN_META)
		log_warnings(g);
	if (g->conf->relay.enabled)
		parent_keys_call(g->d, MSG_KEY_METACERT, NULL, -1,
		    "meta certificate", meta_made, g);
	else
		end_step(g, 0, NULL);
}

/* Files that are used later; all their errors are logged */

static void
file_read(void *arg, const uint8_t *res, size_t len, const char *why)
{
	struct parent_generation *g = arg;

	(void)res;
	(void)len;
	if (why != NULL)
		end_part(g, -1, why);
	next_file(g);
}

/* All files have been checked. */
static void
end_files(struct parent_generation *g)
{
	begin_part(g);
	end_part(g, renew_check_import(g->conf), NULL);
	/* Files for renewals do not keep derpd from serving. */
	if (g->kind == GEN_START && g->failed) {
		log_warnx("derpd goes on without the files that can't be used: "
		    "correct them and reload");
		g->failed = 0;
	}
	end_step(g, 0, NULL);
}

/* Have keys check one of ACME's key files.  0: it will answer; -1 (logged). */
static int
call_file(struct parent_generation *g, const struct renew_keyfile *f)
{
	struct ipc_msg_key_acme_file v = { f->which, ACMEFILE_CHECK };
	struct ipc_wr w;
	int fd;

	if ((fd = parent_keyfile_open(f->path, gram_at(f->pos, f->what))) == -1)
		return (-1);
	ipc_wr_init(&w);
	ipc_put_key_acme_file(&w, &v);
	parent_keys_call(g->d, MSG_KEY_ACME_FILE, &w, fd,
	    gram_at(f->pos, f->path), file_read, g);
	ipc_wr_free(&w);
	return (0);
}

static void
next_file(struct parent_generation *g)
{
	struct renew_keyfile f;
	int rv;

	do {
		begin_part(g);
		rv = renew_next_keyfile(g->conf, &g->file, &f);
		if (rv == 1 && call_file(g, &f) == 0) {
			end_part(g, 0, NULL);
			return;
		}
		end_part(g, rv == 0 ? 0 : -1, NULL);
	} while (rv != 0);
	end_files(g);
}

static void
check_files(struct parent_generation *g)
{
	begin_part(g);
	end_part(g, parent_check_files(g->conf), NULL);
	next_file(g);
}

/* Maps */

static void
maps_staged(const char *why, void *arg)
{
	end_step(arg, why == NULL ? 0 : -1, why);
}

static void
stage_maps(struct parent_generation *g)
{
	begin_part(g);
	g->maps = mapset_stage(g->d, g->conf, &g->loaded, maps_staged, g);
	end_part(g, 0, NULL);
	if (g->maps == NULL)
		end_step(g, -1, NULL);
}

/* Admission */

static void
admit_staged(const char *why, int child, void *arg)
{
	struct parent_generation *g = arg;

	g->child |= child;
	end_step(g, why == NULL ? 0 : -1, why);
}

/* Read the rate of clients, unless only files of admit have changed. */
static int
read_rate(struct parent_generation *g)
{
	if (g->kind == GEN_ADMIT)
		return (0);
	g->rated = 1;
	return (admitset_rate_get(g->d, g->conf, &g->loaded.rate,
	    &g->ratewatch));
}

static void
stage_admit(struct parent_generation *g)
{
	int rv;

	begin_part(g);
	rv = read_rate(g);
	/* derpd -n reports all errors. */
	if (rv == 0 || g->kind == GEN_CHECK)
		g->admit = admitset_stage(g->d, g->conf, g->id, admit_staged,
		    g);
	end_part(g, rv, NULL);
	if (g->admit == NULL)
		end_step(g, -1, NULL);
	else if (admitset_staged(g->admit))
		end_step(g, 0, NULL);
}

/* Keys */

void
parent_load_retain(struct parent *d, int use, parent_keys_cb done, void *arg)
{
	const struct parent_loaded *l = &d->loaded;
	struct ipc_msg_key_retain v = { .mesh = use };
	struct ipc_wr w;
	uint8_t *hashes;
	size_t i;

	if ((hashes = calloc(l->ncerts + 1, IPC_KEYHASH_LEN)) == NULL)
		fatal("no memory for the hashes of keys");
	for (i = 0; i < l->ncerts; i++)
		memcpy(hashes + i * IPC_KEYHASH_LEN, l->certs[i]->hash,
		    IPC_KEYHASH_LEN);
	v.hashes = hashes;
	v.nhashes = (uint32_t)l->ncerts;
	ipc_wr_init(&w);
	ipc_put_key_retain(&w, &v);
	parent_keys_call(d, MSG_KEY_RETAIN, &w, -1, "old keys", done, arg);
	free(hashes);
	ipc_wr_free(&w);
}

static void
retained(void *arg, const uint8_t *res, size_t len, const char *why)
{
	(void)res;
	(void)len;
	end_step(arg, 0, why);
}

void
parent_load_step(void *arg, struct parent_generation *g)
{
	struct parent *d = g->d = arg;

	if (g->conf == NULL) {
		/* At the start: the configuration was read before. */
		g->conf = d->conf;
		memcpy(g->loaded.node_key, d->loaded.node_key,
		    sizeof(g->loaded.node_key));
		g->loaded.rate = d->loaded.rate;
		g->loaded.mesh = d->loaded.mesh;
		if (g->kind == GEN_RELOAD)
			(void)super_notify_reloading();
	}
	switch (g->state) {
	case GEN_AT_CONF:
		read_conf(g);
		break;
	case GEN_AT_NODE:
		read_node(g);
		break;
	case GEN_AT_CERTS:
		g->at = TAILQ_FIRST(&g->conf->certs);
		next_cert(g);
		break;
	case GEN_AT_MESH:
		read_mesh(g);
		break;
	case GEN_AT_META:
		make_meta(g);
		break;
	case GEN_AT_FILES:
		check_files(g);
		break;
	case GEN_AT_MAPS:
		stage_maps(g);
		break;
	case GEN_AT_ADMIT:
		stage_admit(g);
		break;
	default:
		parent_load_retain(d, 1, retained, g);
		break;
	}
}
