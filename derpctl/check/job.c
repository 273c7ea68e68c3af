/*
 * job: the process that checks one place and tells what it finds over a socket;
 * see task.h.  It reads what the network sends; the command itself reads only
 * its records.
 */
#include <errno.h>
#include <signal.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "bom.h"
#include "hostname.h"
#include "mapcheck.h"
#include "reach.h"
#include "task.h"
#include "yamlmap.h"

#define ALARM_S		600	/* for one whose command was killed */
#define RESOLVER_S	3	/* for each of two tries */
#define MESH_NODES	16	/* of a region */

/* A job under way. */
struct job {
	const struct ctlcheck_run *run;
	const struct ctlcheck_task *task;
	int			 fd;
	struct check_opts	 opts;
	struct check_sink	 sink;
	size_t			 nnodes;
};

/* Tell a record.  A job whose command is gone ends. */
static void
tell(const struct job *j, const struct ctlcheck_record *r)
{
	struct ipc_wr w;
	size_t at;
	ssize_t n;

	ipc_wr_init(&w);
	ctlcheck_record_put(&w, r);
	for (at = 0; ipc_wr_ok(&w) && at < w.len; at += (size_t)n)
		if ((n = write(j->fd, w.p + at, w.len - at)) == -1) {
			if (errno != EINTR)
				_exit(1);
			n = 0;
		}
	ipc_wr_free(&w);
}

static void
tell_text(const struct job *j, enum ctlcheck_type type, const char *text)
{
	struct ctlcheck_record r = { .type = type };

	(void)strlcpy(r.text, text, sizeof(r.text));
	tell(j, &r);
}

static void
found(const struct check_finding *f, void *arg)
{
	struct ctlcheck_record r = { .type = CTLCHECK_FOUND, .finding = *f };

	tell(arg, &r);
}

static void
measured(const struct check_measure *m, void *arg)
{
	struct ctlcheck_record r = { .type = CTLCHECK_MEASURED, .measure = *m };

	tell(arg, &r);
}

static void
step(const char *what, void *arg)
{
	tell_text(arg, CTLCHECK_STEP, what);
}

/* Tell where connections go to, and wait until nobody else is there. */
static void
meets(const char *addresses, void *arg)
{
	const struct job *j = arg;
	ssize_t n;
	char c;

	tell_text(j, CTLCHECK_MEETS, addresses);
	(void)alarm(0);
	while ((n = read(j->fd, &c, 1)) == -1 && errno == EINTR)
		continue;
	if (n != 1)
		_exit(1);
	(void)alarm(ALARM_S);
}

static void
node(const struct check_node *n, void *arg)
{
	struct job *j = arg;
	struct ctlcheck_record r = { .type = CTLCHECK_HAS_NODE, .node = *n };

	if (j->nnodes++ < CTLCHECK_NODES)
		tell(j, &r);
}

/* Tell the node of a map only if the map comes from it. */
static void
own_node(const struct check_node *n, void *arg)
{
	const struct job *j = arg;
	const struct check_node *own = &j->task->after->place.node;

	if (n->port == own->port && !n->stun_only &&
	    strcasecmp(n->host, own->host) == 0)
		node(n, arg);
}

/* Tell the hash of a valid map, and its nodes. */
static void
tell_map(struct job *j, const char *text, size_t len)
{
	struct ctlcheck_record r = { .type = CTLCHECK_HAS_MAP };
	char why[CTLCHECK_WHY];

	(void)crypto_hash_sha256(r.hash, (const unsigned char *)text, len);
	tell(j, &r);
	if (ctlcheck_expand(text, len, j->task->needed ? node : own_node, j,
	    why, sizeof(why)) == -1)
		tell_text(j, CTLCHECK_FAILED, why);
	else if (j->nnodes > CTLCHECK_NODES)
		tell_text(j, CTLCHECK_FAILED,
		    "the map has more than 1024 nodes, which are too many");
}

/* A map is no JSON object: it may be YAML, unless that was cut off. */
static int
is_yaml(const char *text, size_t len)
{
	size_t i;

	for (i = 0; i < len && strchr(" \t\r\n", text[i]) != NULL; i++)
		continue;
	return (i < len && len <= MAP_MAX_SIZE && text[i] != '{' &&
	    base_bom_found(text, len) == NULL);
}

/* The map in a file is valid, or that is a fault. */
static void
take_json(struct job *j, const char *text, size_t len)
{
	struct check_finding f = { .id = CHECK_MAP_INVALID };

	if (check_map_valid(text, len, f.what, sizeof(f.what)) == 0)
		tell_map(j, text, len);
	else
		found(&f, j);
}

/* The same of a map in YAML: an error has its path, but no line of the file. */
static void
take_yaml(struct job *j, const char *text, size_t len)
{
	struct check_finding f = { .id = CHECK_MAP_INVALID };
	char why[CHECK_WHAT];
	struct ipc_wr w;
	int rv, skip = 0;

	ipc_wr_init(&w);
	rv = ctlcheck_yaml(text, len, &w, f.what, sizeof(f.what));
	if (rv == 1)
		tell_text(j, CTLCHECK_FAILED, f.what);
	else if (rv == -1)
		found(&f, j);
	else if (check_map_valid((const char *)w.p, w.len, why,
	    sizeof(why)) == 0)
		tell_map(j, (const char *)w.p, w.len);
	else {
		(void)sscanf(why, "line %*u, column %*u: %n", &skip);
		(void)strlcpy(f.what, why + skip, sizeof(f.what));
		found(&f, j);
	}
	ipc_wr_free(&w);
}

static void
check_file(struct job *j)
{
	char *text, why[CTLCHECK_WHY];
	size_t len;

	if ((text = ctl_read_file(j->task->file, MAP_MAX_SIZE, &len)) == NULL) {
		(void)snprintf(why, sizeof(why), "can't read the map: %s",
		    strerror(errno));
		tell_text(j, CTLCHECK_FAILED, why);
		return;
	}
	if (is_yaml(text, len))
		take_yaml(j, text, len);
	else
		take_json(j, text, len);
	free(text);
}

/* The address that a map gives for a node, or NULL. */
static const char *
map_address(const struct check_node *n)
{
	if (net_hostname_is_ipv4(n->ipv4))
		return (n->ipv4);
	return (net_hostname_is_ipv6(n->ipv6) ? n->ipv6 : NULL);
}

static void
check_url(struct job *j)
{
	const struct ctlcheck_record absent = { .type = CTLCHECK_ABSENT };
	struct check_map m = { .text = NULL };
	const char *address = NULL;
	char why[CTLCHECK_WHY] = "";

	/* The check of the node has judged its names and certificate. */
	if (j->task->after != NULL) {
		j->opts.trust = STREAM_ANY;
		address = map_address(&j->task->after->place.node);
	}
	if (check_map(j->task->url, address, j->task->needed, &j->opts,
	    &j->sink, &m, why, sizeof(why)) == -1)
		tell_text(j, CTLCHECK_FAILED, why);
	else if (m.absent)
		tell(j, &absent);
	else if (m.text != NULL)
		tell_map(j, m.text, m.len);
	free(m.text);
}

static void
check_region(struct job *j)
{
	struct check_node nodes[MESH_NODES];
	char why[CTLCHECK_WHY] = "";
	size_t n;

	n = ctlcheck_plan_serving(j->run, j->task, nodes, MESH_NODES);
	if (check_mesh(nodes, n, &j->opts, &j->sink, why, sizeof(why)) == -1)
		tell_text(j, CTLCHECK_FAILED, why);
}

static void
check_one(struct job *j)
{
	char why[CTLCHECK_WHY] = "";

	if (check_node(&j->task->place.node, &j->opts, &j->sink, why,
	    sizeof(why)) == -1)
		tell_text(j, CTLCHECK_FAILED, why);
}

void
ctlcheck_job(const struct ctlcheck_run *run, const struct ctlcheck_task *t,
    int fd)
{
	const struct ctlcheck_record end = { .type = CTLCHECK_END };
	struct job j = { .run = run, .task = t, .fd = fd,
	    .opts = run->opts->check,
	    .sink = { found, measured, run->quiet ? NULL : step, meets, &j } };

	(void)signal(SIGINT, SIG_DFL);
	(void)signal(SIGTERM, SIG_DFL);
	(void)alarm(ALARM_S);
	(void)net_resolver_limit(RESOLVER_S);
	ctl_confine_job();
	if (sodium_init() == -1)
		tell_text(&j, CTLCHECK_FAILED, "can't initialise libsodium");
	else if (t->place.kind == CTLCHECK_NODE)
		check_one(&j);
	else if (t->place.kind == CTLCHECK_MESH)
		check_region(&j);
	else if (t->file[0] != '\0')
		check_file(&j);
	else
		check_url(&j);
	tell(&j, &end);
	_exit(0);
}
