/*
 * kick: `derpctl clients kick': close the connections of a client; `derpctl
 * clients deny': the same, after its key is denied in the clients file.
 *
 * Called by clients.c.  The client is named by its key, the beginning of it or
 * its name, and looked up among those that are connected.
 */
#include <sys/types.h>
#include <sodium.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "admitshow.h"
#include "clientsedit.h"
#include "ctlkeys.h"
#include "filter.h"
#include "hex.h"
#include "pick.h"

#define DEPTH	8	/* of the status, */
#define TOKENS	65536	/* and its values */

/* A list that is collected. */
struct collected {
	struct ctl_list	 list;
	int		 no_memory;
};

static int
collect(const struct ipc_msg_ctl_listed *v, void *arg)
{
	struct collected	*c = arg;

	if (ctl_list_add(&c->list, v) == -1)
		c->no_memory = 1;
	return 0;
}

/* Close the connections of the key.  Returns 0, or 1 with a reported error. */
static int
close_all(const struct ctl *ctl, struct ctl_server *s,
    const uint8_t key[IPC_KEYLEN])
{
	const struct ipc_msg_ctl_kick	 v = { key };
	struct ipc_wr			 w;
	int				 rv;

	ipc_wr_init(&w);
	ipc_put_ctl_kick(&w, &v);
	rv = ctl_ask_new(ctl, s, MSG_CTL_KICK, &w, NULL, NULL);
	ipc_wr_free(&w);
	if (rv == CTL_UNKNOWN)
		rv = ctl_failed(ctl, "the running derpd is older and can't "
		    "close the connections of a client: restart it");
	return rv;
}

/* What was done to a client. */
struct kicked {
	struct ctl_pick	 who;
	const char	*file;		/* NULL: unchanged by this command */
	int		 changed;	/* it denied the key not yet */
};

static void
put_json(const struct kicked *k, const char *key)
{
	struct ctl_json	cj;

	ctl_json_begin(&cj);
	json_out_bool(&cj.o, "ok", 1);
	json_out_fmt(&cj.o, "key", "nodekey:%s", key);
	json_out_str(&cj.o, "name", k->who.name);
	json_out_uint(&cj.o, "connections", k->who.connections);
	if (k->file != NULL) {
		json_out_str(&cj.o, "file", k->file);
		json_out_bool(&cj.o, "changed", k->changed);
	}
	ctl_json_end(&cj, stdout);
}

static void
put_result(const struct ctl *ctl, const struct kicked *k)
{
	char	key[2 * IPC_KEYLEN + 1];

	base_hex_put(key, k->who.key, sizeof(k->who.key));
	if (ctl->json) {
		put_json(k, key);
		return;
	}
	if (k->file != NULL) {
		ctl_put_text(stdout, k->file, strlen(k->file));
		puts(k->changed ? ": changed" : ": nothing to change");
	}
	if (k->who.connections == 0 && k->file == NULL) {
		printf("nodekey:%s is not connected here; other nodes of the "
		    "region are told to close it\n", key);
		return;
	}
	printf("closed nodekey:%s", key);
	if (k->who.name[0] != '\0') {
		fputs(" (", stdout);
		ctl_put_text(stdout, k->who.name, strlen(k->who.name));
		fputc(')', stdout);
	}
	printf(", %zu connection%s\n", k->who.connections,
	    k->who.connections == 1 ? "" : "s");
}

/*
 * Find the client that the word names in the list of derpd; a whole key need
 * not be connected here.  Returns 0, or 1 with a reported error.
 */
static int
find(const struct ctl *ctl, struct ctl_server **s, struct collected *c,
    struct ctl_pick *who, const char *word)
{
	char	why[CTL_PICK_WHY], hex[2 * IPC_KEYLEN + 1];

	if (ctl_list_request(ctl, s, collect, c) != 0)
		return 1;
	if (c->no_memory)
		return ctl_failed(ctl, "out of memory for the list of clients");
	if (ctl_pick(who, &c->list, word, why) == 0)
		return 0;
	if (ctl_filter_key(word, hex) != 2 * IPC_KEYLEN)
		return ctl_failed(ctl, "%s", why);
	(void)base_hex_get(who->key, sizeof(who->key), hex);
	who->name = "";
	who->connections = 0;
	return 0;
}

/* The path of the clients file. */
struct clients_path {
	char	 path[IPC_PATHSIZE];	/* "": none */
};

static int
got_status(struct ipc_msg *m, void *arg)
{
	struct clients_path	*to = arg;
	struct ipc_msg_ctl_text	 v;
	struct json_error	 e;
	struct json		*j;

	if (m->type != MSG_CTL_TEXT || ipc_get_ctl_text(&m->rd, &v) == -1 ||
	    (j = json_parse(v.text, v.len, DEPTH, TOKENS, &e)) == NULL)
		return -1;
	if (ctl_admission_keys(j, to->path, sizeof(to->path)) == -1)
		to->path[0] = '\0';
	json_free(j);
	return 0;
}

/*
 * Find the clients file that derpd uses.  Returns 0, or 1 with a reported
 * error.
 */
static int
find_file(const struct ctl *ctl, struct ctl_server *s, struct clients_path *to)
{
	to->path[0] = '\0';
	if (ctl_ask(ctl, s, MSG_CTL_STATUS, NULL, got_status, to) != 0)
		return 1;
	if (to->path[0] == '\0')
		return ctl_failed(ctl, "clients deny: the running derpd uses "
		    "no clients file: see admit in derpd.conf(5), or name one "
		    "with -f");
	return 0;
}

/* Deny the key in the file.  Returns 0, or 1 with a reported error. */
static int
deny(const struct ctl *ctl, struct kicked *k)
{
	struct clients_change	c = { .kind = CLIENTS_DENY };

	if (sodium_init() == -1)
		return ctl_failed(ctl, "can't initialise libsodium");
	memcpy(c.key, k->who.key, sizeof(c.key));
	return ctl_keys_change(ctl, k->file, &c,
	    k->who.name[0] != '\0' ? k->who.name : NULL, &k->changed);
}

/*
 * Close the connections of a client; with `denied' after it is denied in
 * k->file, or in the file that derpd uses when that is NULL.
 */
static int
kick(const struct ctl *ctl, struct kicked *k, const char *word, int denied)
{
	struct collected	 c = { .no_memory = 0 };
	struct clients_path	 used;
	struct ctl_server	*s;
	int			 rv;

	if ((s = ctl_open(ctl)) == NULL)
		return 1;
	rv = find(ctl, &s, &c, &k->who, word);
	if (rv == 0 && denied && k->file == NULL) {
		rv = find_file(ctl, s, &used);
		k->file = used.path;
	}
	if (rv == 0 && denied)
		rv = deny(ctl, k);
	/* Another node of the region may have the key. */
	if (rv == 0 && (k->who.connections > 0 || !denied))
		rv = close_all(ctl, s, k->who.key);
	if (rv == 0)
		put_result(ctl, k);
	ctl_list_free(&c.list);
	ctl_close(s);
	return rv;
}

int
ctl_cmd_kick(const struct ctl *ctl, const struct command_words *w)
{
	struct kicked	k = { .file = NULL };

	return kick(ctl, &k, w->arg[0], 0);
}

int
ctl_cmd_deny(const struct ctl *ctl, const struct command_words *w)
{
	struct ctl	editing = *ctl;
	struct kicked	k = { .file = w->option['f'] };

	editing.edits = 1;
	return kick(&editing, &k, w->arg[0], 1);
}
