/*
 * bconf_check: what is derived from the values of a configuration, and checks
 * of the whole; see bconf_check.h.  Called by gram_load().
 */
#include <netinet/in.h>
#include <arpa/inet.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "bconf_check.h"
#include "bconf_types.h"
#include "gramstore.h"

#define SOCKET_END	".sock"

static void
check_map(void)
{
	const struct bconf_map *m = &bconf_parsed->map;
	struct gram_pos pos = { bconf_parsed->files.v[0], 1 };

	if (m->url == NULL && m->file == NULL)
		gram_error(&pos, "no map: expected a line such as map url "
		    "\"https://relay.example.org/derpmap/default\", or "
		    "map file \"FILE\"");
}

/* The address that names are asked of; the grammar has checked it. */
static void
derive_dns(struct bconf_dns *d)
{
	struct sockaddr_in6 *six = (struct sockaddr_in6 *)&d->ss;
	struct sockaddr_in *four = (struct sockaddr_in *)&d->ss;

	if (d->server == NULL)
		return;
	if (inet_pton(AF_INET, d->server, &four->sin_addr) == 1) {
		four->sin_family = AF_INET;
		four->sin_port = htons((uint16_t)d->port);
		d->sslen = sizeof(*four);
	} else if (inet_pton(AF_INET6, d->server, &six->sin6_addr) == 1) {
		six->sin6_family = AF_INET6;
		six->sin6_port = htons((uint16_t)d->port);
		d->sslen = sizeof(*six);
	}
}

/* The kernel's interface is found in a namespace, wireguard-go by a socket. */
int
bconf_check_place(const struct gram_option *o, const void *base,
    const struct gram_item *item)
{
	const struct bconf_iface *f = base;

	if (f->netns == NULL && f->uapi == NULL)
		return (1);
	gram_error(&item->pos, "%s \"%s\": the interface has %s already: "
	    "expected namespace for WireGuard of the kernel, or uapi for "
	    "wireguard-go", gram_name(o), item->text, f->netns != NULL ?
	    "namespace" : "uapi");
	return (0);
}

/* Compare an interface with those before it. */
static void
check_twins(const struct bconf_iface *f)
{
	const struct bconf_iface *o;

	for (o = TAILQ_FIRST(&bconf_parsed->ifaces); o != f;
	    o = TAILQ_NEXT(o, entry)) {
		if (o->name != NULL && strcmp(o->name, f->name) == 0)
			gram_error(&f->pos, "interface \"%s\" is on line %d "
			    "already: expected it once", f->name, o->pos.line);
		else if (f->port != 0 && f->port == o->port)
			gram_error(&f->pos, "local port %u is that of "
			    "interface \"%s\" already: expected another one, "
			    "or none", f->port, o->name);
	}
}

static void
check_iface(const struct bconf_iface *f)
{
	if (f->name == NULL) {
		gram_error(&f->pos, "interface { ... } without a name: "
		    "expected interface \"wg0\" { ... }");
		return;
	}
	check_twins(f);
}

static void
check_ifaces(void)
{
	struct gram_pos pos = { bconf_parsed->files.v[0], 1 };
	struct bconf_iface *f;
	int n = 0;

	TAILQ_FOREACH(f, &bconf_parsed->ifaces, entry) {
		if (++n > IPC_BRIDGE_MAXIFACES) {
			gram_error(&f->pos, "expected at most %d interfaces",
			    IPC_BRIDGE_MAXIFACES);
			return;
		}
		check_iface(f);
	}
	if (n == 0 && bconf_only == NULL)
		gram_error(&pos, "no interface: expected a line such as "
		    "interface \"wg0\", or derpbridged -i wg0");
}

/* What the values of an interface mean. */
static void
derive_iface(struct bconf_iface *f)
{
	if (TAILQ_EMPTY(&f->peers))
		f->all_peers = 1;
	(void)bconf_network(&f->network, f->local);
}

/*
 * Replace *path by the `n' bytes at `start', `name', with -i a hyphen and the
 * interface, and `end': at most `max' bytes, else an error at `pos'.
 */
static void
set_path(char **path, const char *start, size_t n, const char *name,
    const char *end, size_t max, const struct gram_pos *pos)
{
	char text[PATH_MAX];
	int len;

	len = snprintf(text, sizeof(text), "%.*s%s%s%s%s", (int)n, start, name,
	    bconf_only == NULL ? "" : "-", bconf_only == NULL ? "" :
	    bconf_only, end);
	if (len < 0 || (size_t)len > max)
		gram_error(pos, "%s: the path is too long: expected at most "
		    "%zu bytes", text, max);
	free(*path);
	*path = gram_dup(text);
}

/* What derpbridged has one of, even if others serve other interfaces. */
static void
derive_paths(struct bconf *c)
{
	const char *dir = c->statedir;
	size_t n = strlen(c->control), end = strlen(SOCKET_END);
	char *control = gram_dup(c->control);

	if (n > end && strcmp(control + n - end, SOCKET_END) == 0)
		n -= end;
	set_path(&c->control, control, n, "", control + n,
	    (size_t)GRAM_SOCKETMAX, &c->control_pos);
	free(control);
	set_path(&c->state_file, dir, strlen(dir), "/endpoints", "",
	    GRAM_PATHMAX, &c->statedir_pos);
	set_path(&c->map_file, dir, strlen(dir), "/map", ".json", GRAM_PATHMAX,
	    &c->statedir_pos);
}

void
bconf_check(void)
{
	struct bconf *c = bconf_parsed;
	struct bconf_iface *f;

	check_map();
	check_ifaces();
	if (bconf_only != NULL)
		bconf_keep_iface(bconf_only);
	TAILQ_FOREACH(f, &c->ifaces, entry)
		derive_iface(f);
	derive_dns(&c->dns);
	derive_paths(c);
}
