/*
 * bridgeconf_fuzz: the configuration of derpbridged, as conf_fuzz: an accepted
 * one has the properties of bconf.h, and is the same when the file or the
 * printed configuration is read again; a refused one has error messages.  The
 * same with -i, which leaves one interface.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bconf.h"
#include "conffixture.h"

int	LLVMFuzzerTestOneInput(const uint8_t *, size_t);

static void
check_peers(const struct bconf_iface *f)
{
	const struct bconf_peer *p;
	int n = 0;

	TAILQ_FOREACH(p, &f->peers, entry)
		if (++n > IPC_BRIDGE_MAXPEERS || p->region < BCONF_NEAREST ||
		    (p->name != NULL && (*p->name == '\0' ||
		    strlen(p->name) >= IPC_ADMIT_NAMESIZE)))
			abort();
	if (n == 0 && !f->all_peers)
		abort();
}

static void
check_iface(const struct bconf_iface *f)
{
	if (*f->name == '\0' || strlen(f->name) >= IPC_IFNAMESIZE ||
	    strchr(f->name, '/') != NULL)
		abort();
	if (f->region < BCONF_NEAREST || f->region == 0 ||
	    f->fwmark < BCONF_MARK_NONE || f->fwmark == 0 ||
	    f->fwmark > UINT32_MAX || f->port > 65535 || f->idle > 604800)
		abort();
	if (f->network.bits < 96 + 9 || f->network.bits > 96 + 30 ||
	    f->network.addr[12] != 127 || (f->netns != NULL &&
	    f->uapi != NULL))
		abort();
	check_peers(f);
}

static void
check(const struct bconf *c)
{
	const struct bconf_iface *f;
	int n = 0;

	TAILQ_FOREACH(f, &c->ifaces, entry) {
		if (++n > IPC_BRIDGE_MAXIFACES)
			abort();
		check_iface(f);
	}
	if (n == 0 || (c->map.url == NULL) == (c->map.file == NULL) ||
	    c->map.every == 0 || *c->control != '/' ||
	    (*c->chroot != '/' && *c->chroot != '\0') ||
	    *c->state_file != '/' || *c->map_file != '/' ||
	    (c->dns.server != NULL) != (c->dns.sslen != 0))
		abort();
}

/* The configuration in its own grammar; free() it. */
static char *
print(const struct bconf *c, size_t *len)
{
	char *text = NULL;
	FILE *f = open_memstream(&text, len);

	if (f == NULL)
		abort();
	bconf_print(f, c);
	if (fclose(f) == EOF)
		abort();
	return (text);
}

/* The printed configuration reads back and prints as the same. */
static void
print_and_read(const struct bconf *c)
{
	struct bconf *again;
	size_t len, len2;
	char *text = print(c, &len), *text2;

	write_file((const uint8_t *)text, len);
	if ((again = bconf_load(path, NULL)) == NULL ||
	    bconf_differs(c, again) != NULL)
		abort();
	text2 = print(again, &len2);
	if (len != len2 || memcmp(text, text2, len) != 0)
		abort();
	free(text);
	free(text2);
	bconf_free(again);
}

/* Load the file and check it; NULL: it was refused. */
static struct bconf *
load(const char *only)
{
	struct bconf *c;

	said = 0;
	c = bconf_load(path, only);
	/* 20 errors, and how many more there are. */
	if (said > 21 || (c == NULL) != (said > 0))
		abort();
	if (c != NULL)
		check(c);
	return (c);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct bconf *c, *again;

	set_up();
	write_file(data, size);
	if ((c = load("wg0")) != NULL &&
	    (strcmp(TAILQ_FIRST(&c->ifaces)->name, "wg0") != 0 ||
	    TAILQ_NEXT(TAILQ_FIRST(&c->ifaces), entry) != NULL))
		abort();
	bconf_free(c);
	if ((c = load(NULL)) == NULL)
		return (0);
	if ((again = load(NULL)) == NULL || bconf_differs(c, again) != NULL ||
	    bconf_needs_restart(c, again) != NULL)
		abort();
	bconf_free(again);
	print_and_read(c);
	bconf_free(c);
	return (0);
}
