/*
 * bridgemap: see bridgemap.h.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bridge.h"
#include "ipcdispatch.h"
#include "ipcsend.h"
#include "log.h"
#include "readall.h"

#define MAP_MAX	(512 * 1024)	/* bytes of a map */

static const char *
name_of(const struct bridge *d)
{
	return (d->conf->map.file != NULL ? d->conf->map.file :
	    d->conf->map.url);
}

/* Ask derpmapd about the map that waits, if it can be asked.  0, or -1. */
static int
ask(struct bridge *d)
{
	struct ipc_msg_map_check v;

	if (d->maps.checked == NULL || d->maps.asked || !d->map.c.ready)
		return (0);
	memset(&v, 0, sizeof(v));
	v.what = name_of(d);
	v.map = d->maps.checked;
	v.len = d->maps.checked_len;
	d->maps.asked = 1;
	return (ipc_send_map_check(d->map.c.chan, &v));
}

/* The whole file, on the heap; NULL (logged). */
static uint8_t *
read_map(const char *path, size_t *len)
{
	uint8_t *p = NULL;
	ssize_t n = -1;
	int fd;

	if ((fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)) == -1 ||
	    (p = malloc(MAP_MAX + 1)) == NULL ||
	    (n = base_read_all(fd, p, MAP_MAX + 1)) == -1)
		log_warn("map file %s: can't be read (open, read)", path);
	else if (n > MAP_MAX) {
		log_warnx("map file %s: has more than %d bytes", path, MAP_MAX);
		n = -1;
	}
	if (fd != -1)
		close(fd);
	if (n == -1) {
		free(p);
		return (NULL);
	}
	*len = (size_t)n;
	return (p);
}

void
bridge_map_load(struct bridge *d)
{
	uint8_t *p;
	size_t len;

	if (d->conf->map.file == NULL ||
	    (p = read_map(d->conf->map.file, &len)) == NULL)
		return;
	free(d->maps.checked);
	d->maps.checked = p;
	d->maps.checked_len = len;
	d->maps.asked = 0;
	(void)ask(d);
}

int
bridge_map_send(struct bridge *d)
{
	struct ipc_msg_worker_map v = { d->maps.good, d->maps.len };

	if (d->maps.good == NULL || d->worker.c.chan == NULL)
		return (0);
	return (ipc_send_worker_map(d->worker.c.chan, &v));
}

void
bridge_map_checker_gone(struct bridge *d)
{
	d->maps.asked = 0;
}

/* derpmapd: its verdict */

/* The first line of what it found. */
static void
refuse(struct bridge *d, const struct ipc_msg_map_result *v)
{
	size_t n = 0;
	const char *p = v->findings;

	while (n < v->findings_len && p[n] != '\n')
		n++;
	if (n >= sizeof(d->maps.why))
		n = sizeof(d->maps.why) - 1;
	memcpy(d->maps.why, p, n);
	d->maps.why[n] = '\0';
	log_warnx("map %s is not used: %s; %s", name_of(d), d->maps.why,
	    d->maps.good == NULL ? "there is none" : "the last good one stays");
	free(d->maps.checked);
	d->maps.checked = NULL;
}

static int
on_result(void *arg, const struct ipc_msg_map_result *v)
{
	const struct bridge_child *p = arg;
	struct bridge *d = p->d;

	if (!d->maps.asked || d->maps.checked == NULL)
		return (-1);
	d->maps.asked = 0;
	if (!v->ok) {
		refuse(d, v);
		return (0);
	}
	free(d->maps.good);
	d->maps.good = d->maps.checked;
	d->maps.len = d->maps.checked_len;
	d->maps.checked = NULL;
	d->maps.why[0] = '\0';
	log_info("map %s is in force, %zu bytes", name_of(d), d->maps.len);
	(void)bridge_map_send(d);
	return (0);
}

static int
handle(struct bridge_child *p, struct ipc_msg *m)
{
	static const struct ipc_handlers handlers = {
		.map_result = on_result
	};

	return (ipc_dispatch(&handlers, m, p) == NULL ? 0 : -1);
}

static void
from_checker(struct ipc_chan *c, struct ipc_msg *m, void *arg)
{
	struct bridge_child *p = arg;
	const int first = m->type == MSG_READY;

	(void)c;
	bridge_child_message(p, m, handle);
	if (first && p->c.ready)
		(void)ask(p->d);
}

static int
no_settings(struct bridge_child *p)
{
	(void)p;
	return (0);
}

int
bridge_map_start(struct bridge_child *p)
{
	return (bridge_start_child(p, no_settings, from_checker));
}

/* fetch */

static int
no_message(struct bridge_child *p, struct ipc_msg *m)
{
	(void)p;
	(void)m;
	return (-1);
}

static void
from_fetch(struct ipc_chan *c, struct ipc_msg *m, void *arg)
{
	(void)c;
	bridge_child_message(arg, m, no_message);
}

static int
send_sources(struct bridge_child *p)
{
	struct ipc_msg_fetch_conf v;

	memset(&v, 0, sizeof(v));
	return (ipc_send_fetch_conf(p->c.chan, &v));
}

int
bridge_fetch_start(struct bridge_child *p)
{
	return (bridge_start_child(p, send_sources, from_fetch));
}
