/*
 * keyfiles: key and certificate files of this machine; see parent.h.  Called
 * by load.c.
 *
 * The parent opens key files and judges who may read them; their bytes are read
 * by keys alone.  What is made here is written to a temporary file first, so
 * that a full disk or a crash leaves either the old state or the new one.
 */
#include <sys/stat.h>
#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "advice.h"
#include "atomicfile.h"
#include "log.h"
#include "parent.h"

#define KEY_MAXFILE	(64 * 1024)	/* bytes of a key file */
#define SELF_CRT	"self-signed.crt"
#define SELF_KEY	"self-signed.key"

int
keyfile_open(const char *path, const char *what)
{
	struct stat st;
	int fd;

	if ((fd = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC)) == -1) {
		log_warnx("%s %s: %s%s", what, path, strerror(errno),
		    advice_path(errno));
		return (-1);
	}
	if (fstat(fd, &st) == -1)
		log_warn("%s %s", what, path);
	else if (!S_ISREG(st.st_mode) || st.st_size > KEY_MAXFILE)
		log_warnx("%s %s: not a key file: expected a regular file of "
		    "at most 64 KiB", what, path);
	else if (st.st_mode & (S_IROTH | S_IWOTH | S_IWGRP))
		log_warnx("%s %s: others can read or change it: chmod 600 %s",
		    what, path, path);
	else {
		if (st.st_mode & S_IRGRP)
			log_info("%s %s: its group can read it", what, path);
		return (fd);
	}
	close(fd);
	return (-1);
}

/* It answers in milliseconds; no longer than a child may owe anything. */
static int
call_ms(const struct derpd *d)
{
	unsigned int ms = d->conf->child_timeout * 1000;

	return (ms < CALL_MS ? (int)ms : CALL_MS);
}

int
keyfile_call(struct derpd *d, uint32_t type, struct wr *w, int fd,
    const char *path, void *res, size_t size, size_t *len)
{
	char why[256];
	const uint8_t *blob;
	struct msg m;
	size_t n;
	int ok, rv = -1;

	if (d->keys.chan == NULL || parent_keys_wait(d) == -1) {
		if (fd != -1)
			close(fd);
		log_warnx("%s: keys is not running", path);
		return (-1);
	}
	if (chan_call(d->keys.chan, type, w, fd, &m, call_ms(d)) == -1) {
		log_warn("%s: no answer from keys", path);
		procs_fail(&d->keys, "did not answer");
		return (-1);
	}
	ok = rd_u8(&m.rd);
	rd_str(&m.rd, why, sizeof(why));
	blob = rd_blob(&m.rd, &n);
	if (m.type != MSG_KEY_RESULT || !rd_end(&m.rd) || n > size)
		procs_fail(&d->keys, "sent a malformed answer");
	else if (!ok)
		log_warnx("%s: %s", path, why);
	else {
		if (n > 0)
			memcpy(res, blob, n);
		if (len != NULL)
			*len = n;
		rv = 0;
	}
	msg_free(&m);
	return (rv);
}

/*
 * Make the directory of `path', and those above it, where they are missing.
 * The last one holds keys: for its owner alone.  0, or -1 (logged).
 */
static int
make_dir(const char *path)
{
	char dir[PATH_MAX], *p;
	int last;

	strlcpy(dir, path, sizeof(dir));
	for (p = dir + 1; (p = strchr(p, '/')) != NULL; *p++ = '/') {
		*p = '\0';
		last = strchr(p + 1, '/') == NULL;
		if (mkdir(dir, 0700) == -1) {
			if (errno == EEXIST)
				continue;
		} else if (last || chmod(dir, 0755) == 0)
			continue;
		log_warnx("can't make the directory %s (mkdir): %s%s%s", dir,
		    strerror(errno), advice_path(errno), advice_limit(errno));
		return (-1);
	}
	return (0);
}

/* The entry of a new file is on the disk. */
static int
sync_dir(const char *path)
{
	char copy[PATH_MAX];
	int fd, rv;

	strlcpy(copy, path, sizeof(copy));
	fd = open(dirname(copy), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd == -1)
		return (-1);
	rv = fsync(fd);
	close(fd);
	return (rv);
}

/* A temporary file beside `path'; descriptor and its name, or -1 (logged). */
static int
temp_open(const char *path, char *temp, size_t size)
{
	int fd;

	if ((size_t)snprintf(temp, size, "%s.XXXXXXXX", path) >= size) {
		log_warnx("%s: the path is too long", path);
		return (-1);
	}
	if ((fd = mkostemp(temp, O_CLOEXEC)) == -1)
		log_warnx("can't make a file beside %s (mkstemp): %s%s%s", path,
		    strerror(errno), advice_path(errno), advice_limit(errno));
	return (fd);
}

int
keyfile_temp(const char *path, char *temp, size_t size)
{
	return (make_dir(path) == -1 ? -1 : temp_open(path, temp, size));
}

int
keyfile_rename(const char *from, const char *to)
{
	if (rename(from, to) == 0 && sync_dir(to) == 0)
		return (0);
	log_warnx("can't make %s of %s (rename, fsync): %s%s%s", to, from,
	    strerror(errno), advice_path(errno), advice_limit(errno));
	return (-1);
}

int
keyfile_commit(const char *temp, const char *path)
{
	if (keyfile_rename(temp, path) == 0)
		return (0);
	(void)unlink(temp);
	return (-1);
}

int
keyfile_make(struct derpd *d, uint32_t type, struct wr *w, const char *path,
    void *res, size_t size, size_t *len)
{
	char temp[PATH_MAX];
	int fd;

	if ((fd = keyfile_temp(path, temp, sizeof(temp))) == -1)
		return (-1);
	if (keyfile_call(d, type, w, fd, path, res, size, len) == -1) {
		(void)unlink(temp);
		return (-1);
	}
	return (keyfile_commit(temp, path));
}

int
keyfile_node(struct derpd *d, const struct conf *c, uint8_t pub[32])
{
	const char *path = c->relay.key;
	struct stat st;
	size_t len;
	int fd;

	if (stat(path, &st) == -1 && errno == ENOENT) {
		if (d->checking) {
			log_info("relay key %s: will be made at the first "
			    "start", path);
			return (0);
		}
		if (keyfile_make(d, MSG_KEY_NODE_NEW, NULL, path, pub, 32,
		    &len) == -1)
			return (-1);
		log_info("made the relay's key %s", path);
	} else if ((fd = keyfile_open(path, conf_at(&c->relay.key_pos,
	    "relay key"))) == -1 || keyfile_call(d, MSG_KEY_NODE, NULL, fd,
	    conf_at(&c->relay.key_pos, path), pub, 32, &len) == -1)
		return (-1);
	if (len == 32)
		return (0);
	log_warnx("%s: malformed answer from keys", path);
	return (-1);
}

/* Names for a self-signed certificate: host names, then own addresses. */
static void
put_names(struct wr *w, const struct conf *c, const struct listen_set *s)
{
	const struct conf_name *n;
	struct wr body;
	char host[64], *end;
	uint32_t count = 0;
	size_t i;

	wr_init(&body);
	TAILQ_FOREACH(n, &c->names, entry) {
		wr_str(&body, n->name);
		count++;
	}
	for (i = 0; i < s->n; i++) {
		strlcpy(host, s->v[i].text + (s->v[i].text[0] == '['),
		    sizeof(host));
		if ((end = strrchr(host, ':')) == NULL || !s->v[i].tls)
			continue;
		if (end > host && end[-1] == ']')
			end--;
		*end = '\0';
		if (strcmp(host, "::") == 0 || strcmp(host, "0.0.0.0") == 0)
			continue;
		wr_str(&body, host);
		count++;
	}
	wr_u32(w, count);
	wr_bytes(w, body.p, body.len);
	if (!wr_ok(&body))
		w->bad = 1;
	wr_free(&body);
}

int
keyfile_public(const char *path, const void *p, size_t len)
{
	char err[PATH_MAX + 256];

	if (make_dir(path) == -1)
		return (-1);
	if (file_replace(path, p, len, NULL, err, sizeof(err)) == 0)
		return (0);
	log_warnx("%s", err);
	return (-1);
}

static int
make_selfsigned(struct derpd *d, const struct conf *c, const char *crt,
    const char *key)
{
	static char pem[CERT_MAXFILE];
	struct wr w;
	size_t len;
	int rv;

	wr_init(&w);
	put_names(&w, c, &d->listens);
	rv = keyfile_make(d, MSG_KEY_SELFSIGN, &w, key, pem, sizeof(pem), &len);
	wr_free(&w);
	if (rv == -1)
		return (-1);
	if (keyfile_public(crt, pem, len) == 0)
		return (0);
	(void)unlink(key);	/* no half of a pair */
	return (-1);
}

/* Have keys read the key of the pair; 0, or -1 (logged). */
static int
read_selfsigned(struct derpd *d, const char *crt, const char *key,
    uint8_t hash[KEYHASH_LEN])
{
	int fd;

	if (access(key, F_OK) == -1 && errno == ENOENT) {
		log_warnx("key %s: No such file or directory: put it back, or "
		    "remove %s, too, to have a new pair made, which has "
		    "another pin", key, crt);
		return (-1);
	}
	if ((fd = keyfile_open(key, "key")) == -1)
		return (-1);
	return (keyfile_call(d, MSG_KEY_TLS, NULL, fd, key, hash, KEYHASH_LEN,
	    NULL));
}

/* Clients that pin the pair look for the name all the same. */
static void
check_names(const struct conf *c, const struct cert *cert)
{
	const struct conf_name *n;

	TAILQ_FOREACH(n, &c->names, entry)
		if (!cert_covers(cert, n->name))
			log_warnx("%s:%d: %s does not hold the name %s, so "
			    "clients that are given it refuse the relay: "
			    "remove that file to have a new pair made, which "
			    "has another CertName", n->pos.file, n->pos.line,
			    cert->path, n->name);
}

int
keyfile_selfsigned(struct derpd *d, const struct conf *c, struct cert **cert)
{
	char crt[PATH_MAX], key[PATH_MAX], err[512];
	uint8_t hash[KEYHASH_LEN];
	int made = 0;

	*cert = NULL;
	if ((size_t)snprintf(crt, sizeof(crt), "%s/" SELF_CRT,
	    c->statedir) >= sizeof(crt) || (size_t)snprintf(key, sizeof(key),
	    "%s/" SELF_KEY, c->statedir) >= sizeof(key)) {
		log_warnx("%s: the path is too long", c->statedir);
		return (-1);
	}
	/* The certificate comes last: without it the pair is not there. */
	if (access(crt, F_OK) == -1 && errno == ENOENT) {
		if (d->checking) {
			log_info("%s: will be made at the first start", crt);
			return (0);
		}
		if (make_selfsigned(d, c, crt, key) == -1)
			return (-1);
		made = 1;
	} else if (read_selfsigned(d, crt, key, hash) == -1)
		return (-1);
	if ((*cert = cert_load(crt, err, sizeof(err))) == NULL) {
		log_warnx("%s", err);
		return (-1);
	}
	if (!made && memcmp(hash, (*cert)->hash, sizeof(hash)) != 0) {
		log_warnx("%s does not belong to %s: remove both to have a "
		    "new pair made", crt, key);
		cert_free(*cert);
		*cert = NULL;
		return (-1);
	}
	check_names(c, *cert);
	log_info("%s self-signed certificate %s, CertName %s",
	    made ? "made" : "using", crt, (*cert)->pin);
	return (0);
}
