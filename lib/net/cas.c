/*
 * cas: see cas.h.  Reads the file.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "cas.h"

/* Nothing is sent to try settings. */
static ssize_t
no_read(struct tls *tls, void *buf, size_t size, void *arg)
{
	(void)tls;
	(void)buf;
	(void)size;
	(void)arg;
	return (TLS_WANT_POLLIN);
}

static ssize_t
no_write(struct tls *tls, const void *buf, size_t len, void *arg)
{
	(void)tls;
	(void)buf;
	(void)len;
	(void)arg;
	return (TLS_WANT_POLLOUT);
}

static int
try(const struct net_cas *c, struct tls_config *conf, const char *name,
    char *why, size_t size)
{
	struct tls *tls;
	int rv = 0;

	if ((tls = tls_client()) == NULL) {
		(void)snprintf(why, size, "out of memory for TLS");
		return (-1);
	}
	if (tls_configure(tls, conf) == -1 ||
	    tls_connect_cbs(tls, no_read, no_write, NULL, name) == -1) {
		(void)snprintf(why, size, "%.150s: %s", c->file[0] != '\0' ?
		    c->file : "the system's CA certificates", tls_error(tls));
		rv = -1;
	}
	tls_free(tls);
	return (rv);
}

/* Read `file'.  Returns 0, or -1. */
static int
read_file(struct net_cas *c, const char *file, char *why, size_t size)
{
	if ((c->p = tls_load_file(file, &c->len, NULL)) != NULL)
		return (0);
	(void)snprintf(why, size, "can't read the CA certificates in %.150s: "
	    "%s", file, strerror(errno));
	return (-1);
}

int
net_cas_hold(struct net_cas *c, char *why, size_t size)
{
	return (read_file(c, c->file[0] != '\0' ? c->file :
	    tls_default_ca_cert_file(), why, size));
}

/* Read the file and use it.  Returns 0, or -1. */
static int
load(struct net_cas *c, struct tls_config *conf, char *why, size_t size)
{
	if (read_file(c, c->file, why, size) == -1)
		return (-1);
	if (tls_config_set_ca_mem(conf, c->p, c->len) == 0)
		return (0);
	(void)snprintf(why, size, "%.150s: %s", c->file,
	    tls_config_error(conf));
	return (-1);
}

int
net_cas_use(struct net_cas *c, struct tls_config *conf, const char *name,
    char *why, size_t size)
{
	if (c->file[0] != '\0' && load(c, conf, why, size) == -1)
		return (-1);
	return (try(c, conf, name, why, size));
}

int
net_cas_are_current(const struct net_cas *c)
{
	uint8_t *p;
	size_t len;
	int same;

	if (c->file[0] == '\0')
		return (1);
	if ((p = tls_load_file(c->file, &len, NULL)) == NULL)
		return (0);
	same = c->p != NULL && len == c->len && memcmp(p, c->p, len) == 0;
	tls_unload_file(p, len);
	return (same);
}

void
net_cas_free(struct net_cas *c)
{
	if (c->p != NULL)
		tls_unload_file(c->p, c->len);
	c->p = NULL;
}
