/*
 * clients: `derpctl clients': the connected clients, one per line.
 *
 * Called by derpctl.c.  Each client arrives as a message of its own
 * (control.h), so that derpctl never holds the whole list of a large relay.
 */
#include <sys/types.h>
#include <sys/socket.h>
#include <netinet/in.h>
#include <arpa/inet.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "ctl.h"
#include "frame.h"
#include "hex.h"
#include "messages.h"

#define SHORT_KEY	16	/* hexadecimal digits of a key in the table */

struct list {
	struct ctl	 ctl;
	struct ctl_json	 doc;
	unsigned long	 n;
};

/* "192.0.2.1:443" or "[2001:db8::1]:443". */
static void
fmt_addr(char *dst, size_t size, const struct ipc_client_info *c)
{
	static const uint8_t	v4[12] = { [10] = 0xff, [11] = 0xff };
	char			a[INET6_ADDRSTRLEN];
	int			is4;

	is4 = memcmp(c->addr, v4, sizeof(v4)) == 0;
	if (inet_ntop(is4 ? AF_INET : AF_INET6,
	    is4 ? c->addr + sizeof(v4) : c->addr, a, sizeof(a)) == NULL)
		strlcpy(a, "?", sizeof(a));
	snprintf(dst, size, is4 ? "%s:%u" : "[%s]:%u", a,
	    (unsigned int)c->port);
}

#define MAX_KINDS	5

/* Collect the properties of a client, one word each.  Returns their number. */
static size_t
kinds_of(const struct ipc_client_info *c, const char *words[MAX_KINDS])
{
	const struct {
		int		 on;
		const char	*word;
	} kinds[MAX_KINDS] = {
		{ c->home != 0,			"home" },
		{ (c->flags & PEER_MESH) != 0,	"mesh" },
		{ (c->flags & PEER_PROBER) != 0, "prober" },
		{ (c->flags & PEER_NOT_IDEAL) != 0, "notideal" },
		{ c->dup != 0,			"dup" },
	};
	size_t	i, n = 0;

	for (i = 0; i < MAX_KINDS; i++)
		if (kinds[i].on)
			words[n++] = kinds[i].word;
	return n;
}

void
ctl_clients_head(FILE *fp)
{
	fprintf(fp, "%-*s %-21s %7s %6s %8s %6s %8s %6s %6s %2s %s\n",
	    SHORT_KEY, "NODEKEY", "ADDRESS", "AGE", "IN", "PKTS", "OUT",
	    "PKTS", "DROPS", "QUEUE", "W", "KIND");
}

void
ctl_clients_row(FILE *fp, const struct ipc_client_info *c)
{
	char	key[2 * sizeof(c->key) + 1], addr[INET6_ADDRSTRLEN + 9];
	char	age[32], in[16], out[16], queue[16];
	const char *words[MAX_KINDS];
	size_t	i, n;

	base_hex_put(key, c->key, sizeof(c->key));
	fmt_addr(addr, sizeof(addr), c);
	ctl_fmt_age(age, sizeof(age), c->age_ms / 1000);
	ctl_fmt_bytes(in, sizeof(in), c->rx_bytes);
	ctl_fmt_bytes(out, sizeof(out), c->tx_bytes);
	ctl_fmt_bytes(queue, sizeof(queue), c->queued_bytes);
	fprintf(fp, "%.*s %-21s %7s %6s %8" PRIu64 " %6s %8" PRIu64
	    " %6" PRIu64 " %6s %2u ", SHORT_KEY, key, addr, age, in,
	    c->rx_packets, out, c->tx_packets, c->drops, queue,
	    (unsigned int)c->worker);
	n = kinds_of(c, words);
	for (i = 0; i < n; i++)
		fprintf(fp, "%s%s", i > 0 ? "," : "", words[i]);
	fputc('\n', fp);
}

void
ctl_clients_json(struct json_out *o, const struct ipc_client_info *c)
{
	char		 key[2 * sizeof(c->key) + 1];
	char		 addr[INET6_ADDRSTRLEN + 9];
	const char	*words[MAX_KINDS];
	size_t		 i, n = kinds_of(c, words);

	base_hex_put(key, c->key, sizeof(c->key));
	fmt_addr(addr, sizeof(addr), c);
	json_out_object(o, NULL);
	json_out_fmt(o, "key", "nodekey:%s", key);
	json_out_str(o, "address", addr);
	json_out_uint(o, "worker", c->worker);
	json_out_uint(o, "age_ms", c->age_ms);
	json_out_uint(o, "rx_bytes", c->rx_bytes);
	json_out_uint(o, "rx_packets", c->rx_packets);
	json_out_uint(o, "tx_bytes", c->tx_bytes);
	json_out_uint(o, "tx_packets", c->tx_packets);
	json_out_uint(o, "drops", c->drops);
	json_out_uint(o, "queued_packets", c->queued_packets);
	json_out_uint(o, "queued_bytes", c->queued_bytes);
	json_out_array(o, "kind");
	for (i = 0; i < n; i++)
		json_out_str(o, NULL, words[i]);
	json_out_end(o);
	json_out_end(o);
}

/* With -j, begin the list unless it is open; later errors end it. */
static void
open_list(struct list *l)
{
	if (l->ctl.doc != NULL)
		return;
	ctl_json_begin(&l->doc);
	json_out_lines(&l->doc.o, "clients");
	l->ctl.doc = &l->doc;
}

/* Handle a MSG_CTL_CLIENT. */
static int
got_client(struct ipc_msg *m, void *arg)
{
	struct list		*l = arg;
	struct ipc_msg_ctl_client v;
	const struct ipc_client_info *c = &v.client;

	if (m->type != MSG_CTL_CLIENT ||
	    ipc_get_ctl_client(&m->rd, &v) == -1)
		return -1;
	if (l->ctl.json) {
		open_list(l);
		ctl_clients_json(&l->doc.o, c);
		ctl_json_flush(&l->doc, stdout);
	} else {
		if (l->n == 0)
			ctl_clients_head(stdout);
		ctl_clients_row(stdout, c);
	}
	l->n++;
	return 0;
}

int
ctl_cmd_clients(const struct ctl *ctl, int argc, char **argv)
{
	struct list	l = { .ctl = *ctl, .n = 0 };

	(void)argv;
	if (argc != 1)
		ctl_usage();
	if (ctl_request(&l.ctl, MSG_CTL_CLIENTS, NULL, got_client, &l) != 0)
		return 1;
	if (ctl->json) {
		open_list(&l);
		ctl_json_end(&l.doc, stdout);
	} else
		printf("%lu connection%s\n", l.n, l.n == 1 ? "" : "s");
	return 0;
}
