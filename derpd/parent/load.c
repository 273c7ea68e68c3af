/*
 * load: configuration, keys and certificates, all or nothing; see parent.h.
 * Called at the start, at a reload, and when keys was started anew.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "generation.h"
#include "log.h"
#include "parent.h"
#include "relayconf.h"

#define COMMIT_MS	5000	/* a worker takes new settings within */

void
load_free(struct loaded *l)
{
	size_t i;

	for (i = 0; i < l->ncerts; i++)
		cert_free(l->certs[i]);
	free(l->certs);
	free(l->meta);
	memset(l, 0, sizeof(*l));
	l->selfsigned = -1;
}

/* A pair of files. */
static struct cert *
load_pair(struct derpd *d, const struct conf_cert *k)
{
	uint8_t hash[KEYHASH_LEN];
	char err[512];
	struct cert *cert;
	int fd;

	if ((cert = cert_load(k->cert, err, sizeof(err))) == NULL) {
		log_warnx("%s:%d: %s", k->pos.file, k->pos.line, err);
		return (NULL);
	}
	if ((fd = keyfile_open(k->key, conf_at(&k->pos, "key"))) == -1 ||
	    keyfile_call(d, MSG_KEY_TLS, NULL, fd, conf_at(&k->pos, k->key),
	    hash, sizeof(hash), NULL) == -1) {
		cert_free(cert);
		return (NULL);
	}
	if (memcmp(hash, cert->hash, sizeof(hash)) != 0) {
		log_warnx("%s:%d: certificate %s does not belong to key %s",
		    k->pos.file, k->pos.line, k->cert, k->key);
		cert_free(cert);
		return (NULL);
	}
	return (cert);
}

/* Out of date is no reason to serve nobody, but to say so. */
static void
check_time(const struct cert *c)
{
	time_t now = time(NULL);
	long days = cert_days_left(c, now);

	if (now < c->not_before)
		log_warnx("certificate %s is not valid yet: is the clock "
		    "right?", c->path);
	else if (days < 0)
		log_warnx("certificate %s has expired: clients will refuse "
		    "it; renew it and reload", c->path);
	else if (now > c->not_after - (c->not_after - c->not_before) / 3)
		log_warnx("certificate %s has used up two thirds of its life, "
		    "%ld days are left: derpctl cert tells who renews it",
		    c->path, days);
}

/*
 * What one line of the configuration names.  0 and *cert, which is NULL when
 * derpd only checks and the pair is not there yet; -1 (logged).
 */
static int
load_cert(struct derpd *d, const struct conf *c, const struct conf_cert *k,
    struct cert **cert)
{
	if (k->acme)
		return (acme_load_cert(d, c, cert));
	if (k->cert == NULL)
		return (keyfile_selfsigned(d, c, cert));
	return ((*cert = load_pair(d, k)) == NULL ? -1 : 0);
}

static int
load_certs(struct derpd *d, const struct conf *c, struct loaded *l)
{
	const struct conf_cert *k;
	struct cert **v, *cert;

	TAILQ_FOREACH(k, &c->certs, entry) {
		v = reallocarray(l->certs, l->ncerts + 1, sizeof(*v));
		if (v == NULL) {
			log_warn("no memory for the certificates");
			return (-1);
		}
		l->certs = v;
		if (load_cert(d, c, k, &cert) == -1)
			return (-1);
		if (cert == NULL)
			continue;
		if (k->cert == NULL && !k->acme)
			l->selfsigned = (int)l->ncerts;
		l->certs[l->ncerts++] = cert;
		check_time(cert);
	}
	return (0);
}

static int
load_meta(struct derpd *d, struct loaded *l)
{
	static char pem[CERT_MAXFILE];
	size_t len;
	char *copy;

	if (keyfile_call(d, MSG_KEY_METACERT, NULL, -1, "meta certificate",
	    pem, sizeof(pem), &len) == -1)
		return (-1);
	if ((copy = malloc(len + 1)) == NULL) {
		log_warn("no memory for the meta certificate");
		return (-1);
	}
	memcpy(copy, pem, len);
	copy[len] = '\0';
	free(l->meta);
	l->meta = copy;
	l->meta_len = len;
	return (0);
}

/* Behind all that may be refused: keys puts it in force at once. */
static int
load_mesh(struct derpd *d, const struct conf *c)
{
	char none;
	int fd = -1;

	if (c->mesh_key != NULL &&
	    (fd = keyfile_open(c->mesh_key, conf_at(&c->mesh_pos,
	    "mesh key"))) == -1)
		return (-1);
	return (keyfile_call(d, MSG_KEY_MESH, NULL, fd,
	    c->mesh_key == NULL ? "mesh key" : conf_at(&c->mesh_pos,
	    c->mesh_key), &none, 0, NULL));
}

int
load_all(struct derpd *d, const struct conf *c, struct loaded *l, int node)
{
	memset(l, 0, sizeof(*l));
	l->selfsigned = -1;
	memcpy(l->node_key, d->loaded.node_key, sizeof(l->node_key));
	/* Without a relay there is no key of it to make or to announce. */
	if ((!node || !c->relay.enabled ||
	    keyfile_node(d, c, l->node_key) == 0) &&
	    load_certs(d, c, l) == 0 && load_mesh(d, c) == 0 &&
	    (d->checking || !c->relay.enabled || load_meta(d, l) == 0))
		return (0);
	load_free(l);
	return (-1);
}

/* keys forgets what is not in `l'. */
static void
retain(struct derpd *d, const struct loaded *l)
{
	struct wr w;
	char none;
	size_t i;

	wr_init(&w);
	wr_u32(&w, (uint32_t)l->ncerts);
	for (i = 0; i < l->ncerts; i++)
		wr_bytes(&w, l->certs[i]->hash, KEYHASH_LEN);
	(void)keyfile_call(d, MSG_KEY_RETAIN, &w, -1, "old keys", &none, 0,
	    NULL);
	wr_free(&w);
}

static int
send_cert(struct proc *relay, const struct cert *c, const struct loaded *l)
{
	struct wr w;
	int rv;

	wr_init(&w);
	wr_bytes(&w, c->hash, KEYHASH_LEN);
	wr_u32(&w, (uint32_t)(c->pem_len + l->meta_len));
	wr_bytes(&w, c->pem, c->pem_len);
	wr_bytes(&w, l->meta, l->meta_len);
	rv = chan_send(relay->chan, MSG_RELAY_CERT, &w, -1);
	wr_free(&w);
	return (rv);
}

/*
 * What may wait for a worker to read it: the maps, whose number is bounded, and
 * certificates, as many as the configuration names, twice as reloads have it.
 */
static size_t
unread_max(const struct loaded *l)
{
	size_t i, n = CHAN_MAXQUEUED;

	for (i = 0; i < l->ncerts; i++)
		n += 2 * (l->certs[i]->pem_len + l->meta_len + 1024);
	return (n);
}

int
load_send(struct derpd *d, struct proc *relay, int first)
{
	struct relay_conf rc;
	struct wr w;
	size_t i;
	int rv;

	relay_conf_from(&rc, d->conf, d->loaded.node_key, relay->worker,
	    d->nworkers);
	chan_limit(relay->chan, unread_max(&d->loaded));
	wr_init(&w);
	relay_conf_put(&w, &rc);
	rv = chan_send(relay->chan, MSG_RELAY_CONF, &w, -1);
	wr_free(&w);
	for (i = 0; rv == 0 && i < d->loaded.ncerts; i++)
		rv = send_cert(relay, d->loaded.certs[i], &d->loaded);
	if (rv == -1)
		return (-1);
	wr_u8(&w, (uint8_t)first);
	if ((rv = chan_send(relay->chan, MSG_RELAY_COMMIT, &w, -1)) == 0)
		relay->commits++;
	wr_free(&w);
	return (rv);
}

/*
 * Every worker puts in force what d->loaded says; one that is gone or hangs
 * takes it when it is back.  0, or -1 when one refused (logged).
 */
static int
send_all(struct derpd *d)
{
	struct proc *p;
	unsigned int i;

	for (i = 0; i < d->nworkers; i++) {
		p = &d->relays[i];
		if (p->chan != NULL && (load_send(d, p, 0) == -1 ||
		    chan_flush(p->chan, COMMIT_MS) == -1))
			procs_fail(p, "did not take new settings");
	}
	return (relays_settle(d, COMMIT_MS));
}

/* Everything in keys as before. */
static void
undo(struct derpd *d)
{
	if (d->keys.chan == NULL)
		return;
	retain(d, &d->loaded);
	(void)load_mesh(d, d->conf);
}

/* The other children take what a new configuration says of them. */
static void
serve(struct derpd *d)
{
	unsigned int i;

	for (i = 0; i < d->nworkers; i++)
		(void)listen_options(&d->listens, d->conf, i);
	(void)procs_adjust(&d->map);
	fetch_tell(d);
	health_tell(d);
	health_now(d);
	stuns_tell(d);
	acme_tell(d);
	certwatch_begin(d);
}

/* Put `c' and what it names in force everywhere, or leave all as it is. */
static int
replace(struct derpd *d, struct conf *c)
{
	struct loaded l, old_l = d->loaded;
	struct conf *old_c = d->conf;
	struct map_stage *maps;

	if (load_all(d, c, &l, 0) == -1) {
		undo(d);
		return (-1);
	}
	if (judge_files(d, c) == -1) {
		load_free(&l);
		undo(d);
		return (-1);
	}
	d->loaded = l;
	d->conf = c;
	maps = mapset_stage(d, c, &d->loaded, NULL, NULL);
	if (maps != NULL && mapset_wait(maps) == 0 && send_all(d) == 0) {
		mapset_commit(maps);
		load_free(&old_l);
		conf_free(old_c);
		retain(d, &d->loaded);
		serve(d);
		return (0);
	}
	mapset_drop(maps);
	d->loaded = old_l;
	d->conf = old_c;
	(void)send_all(d);
	load_free(&l);
	undo(d);
	return (-1);
}

int
load_certs_again(struct derpd *d)
{
	struct loaded l, old = d->loaded;

	if (d->keys.chan == NULL)
		return (-1);
	if (load_all(d, d->conf, &l, 0) == -1) {
		undo(d);
		return (-1);
	}
	d->loaded = l;
	if (send_all(d) == 0) {
		load_free(&old);
		retain(d, &d->loaded);
		health_now(d);
		stuns_tell(d);
		return (0);
	}
	d->loaded = old;
	(void)send_all(d);
	load_free(&l);
	undo(d);
	return (-1);
}

int
load_reload(struct derpd *d, char *err, size_t errsize)
{
	struct conf *c;
	const char *what;
	int rv = -1;

	log_capture(err, errsize);
	if ((c = conf_load(d->conf_path)) == NULL)
		;	/* said already */
	else if ((what = conf_needs_restart(d->conf, c)) != NULL)
		log_warnx("%s: a change of `%s' needs a restart", d->conf_path,
		    what);
	else if (d->keys.chan == NULL)
		log_warnx("keys is not running: try again when it is");
	else
		rv = replace(d, c);
	log_capture(NULL, 0);
	if (rv == -1)
		conf_free(c);
	return (rv);
}

/*
 * The key of a certificate in force, for a new keys.  Its files may have
 * changed: then they count, if they are good.
 */
static void
again_cert(struct derpd *d, const struct conf_cert *k, struct cert **cert)
{
	struct cert *now;
	uint8_t hash[KEYHASH_LEN];
	int fd;

	if (load_cert(d, d->conf, k, &now) == 0) {
		cert_free(*cert);
		*cert = now;
		return;
	}
	if (k->key != NULL && (fd = keyfile_open(k->key, "key")) != -1 &&
	    keyfile_call(d, MSG_KEY_TLS, NULL, fd, k->key, hash, sizeof(hash),
	    NULL) == 0 && memcmp(hash, (*cert)->hash, sizeof(hash)) == 0)
		return;
	log_warnx("certificate %s can't be served until its key is back: mend "
	    "it and reload", (*cert)->path);
}

int
load_again(struct derpd *d)
{
	const struct conf_cert *k;
	uint8_t pub[32];
	size_t i = 0;

	if (!d->conf->relay.enabled)
		memset(pub, 0, sizeof(pub));
	else if (keyfile_node(d, d->conf, pub) == -1)
		return (-1);
	if (memcmp(pub, d->loaded.node_key, sizeof(pub)) != 0)
		log_warnx("%s is another key than it was: clients see a new "
		    "relay", d->conf->relay.key);
	memcpy(d->loaded.node_key, pub, sizeof(pub));
	TAILQ_FOREACH(k, &d->conf->certs, entry)
		if (i < d->loaded.ncerts)
			again_cert(d, k, &d->loaded.certs[i++]);
	/* Without a mesh key the mesh is down, and all else works. */
	if (load_mesh(d, d->conf) == -1)
		log_warnx("no mesh until its key is back: mend it and reload");
	if (d->conf->relay.enabled && load_meta(d, &d->loaded) == -1)
		return (-1);
	(void)send_all(d);
	return (0);
}

void
load_renew(struct derpd *d)
{
	size_t i;

	for (i = 0; i < d->loaded.ncerts; i++)
		check_time(d->loaded.certs[i]);
	if (d->keys.chan != NULL && d->conf->relay.enabled &&
	    load_meta(d, &d->loaded) == 0)
		(void)send_all(d);
}

/* Certificates that somebody wants in force; until reloads do not block. */
struct certs_call {
	struct derpd	*d;
	parent_reload_cb done;
	void		*arg;
};

static void
certs_now(evutil_socket_t fd, short what, void *arg)
{
	struct certs_call *k = arg;
	char why[1024];
	int rv;

	(void)fd;
	(void)what;
	log_capture(why, sizeof(why));
	rv = k->d->stopping ? -1 : load_certs_again(k->d);
	log_capture(NULL, 0);
	if (rv == -1 && why[0] == '\0')
		strlcpy(why, k->d->stopping ? "derpd stops" :
		    "keys is not running", sizeof(why));
	k->done(k->arg, rv == 0 ? NULL : why);
	free(k);
}

void
parent_certs_reload(struct derpd *d, parent_reload_cb done, void *arg)
{
	struct timeval now = { 0, 0 };
	struct certs_call *k = malloc(sizeof(*k));

	if (k == NULL)
		fatal("no memory to reload certificates");
	k->d = d;
	k->done = done;
	k->arg = arg;
	if (event_base_once(d->base, -1, EV_TIMEOUT, certs_now, k, &now) == -1)
		fatalx("no event to reload certificates");
}
