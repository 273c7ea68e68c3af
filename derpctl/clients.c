/*
 * clients: the connected clients, one a line.
 *
 * Called by derpctl.c.  Each client comes as a message of its own (control.h),
 * so that a large relay's list is never held as a whole.
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
	unsigned long	 n;
};

/* "192.0.2.1:443" or "[2001:db8::1]:443". */
static void
fmt_addr(char *dst, size_t size, const struct client_info *c)
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

/* What kind of client it is, a word each. */
static void
put_kind(FILE *fp, const struct client_info *c, const char *quote,
    const char *sep)
{
	const struct {
		int		 on;
		const char	*word;
	} kinds[] = {
		{ c->home != 0,			"home" },
		{ (c->flags & PEER_MESH) != 0,	"mesh" },
		{ (c->flags & PEER_PROBER) != 0, "prober" },
		{ (c->flags & PEER_NOT_IDEAL) != 0, "notideal" },
		{ c->dup != 0,			"dup" },
	};
	const char	*s = "";
	size_t		 i;

	for (i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
		if (kinds[i].on) {
			fprintf(fp, "%s%s%s%s", s, quote, kinds[i].word, quote);
			s = sep;
		}
}

void
clients_head(FILE *fp)
{
	fprintf(fp, "%-*s %-21s %7s %6s %8s %6s %8s %6s %6s %2s %s\n",
	    SHORT_KEY, "NODEKEY", "ADDRESS", "AGE", "IN", "PKTS", "OUT",
	    "PKTS", "DROPS", "QUEUE", "W", "KIND");
}

void
clients_row(FILE *fp, const struct client_info *c)
{
	char	key[2 * sizeof(c->key) + 1], addr[INET6_ADDRSTRLEN + 9];
	char	age[32], in[16], out[16], queue[16];

	hex_put(key, c->key, sizeof(c->key));
	fmt_addr(addr, sizeof(addr), c);
	fmt_age(age, sizeof(age), c->age_ms / 1000);
	fmt_bytes(in, sizeof(in), c->rx_bytes);
	fmt_bytes(out, sizeof(out), c->tx_bytes);
	fmt_bytes(queue, sizeof(queue), c->queued_bytes);
	fprintf(fp, "%.*s %-21s %7s %6s %8" PRIu64 " %6s %8" PRIu64
	    " %6" PRIu64 " %6s %2u ", SHORT_KEY, key, addr, age, in,
	    c->rx_packets, out, c->tx_packets, c->drops, queue,
	    (unsigned int)c->worker);
	put_kind(fp, c, "", ",");
	fputc('\n', fp);
}

void
clients_json(FILE *fp, const struct client_info *c)
{
	char	key[2 * sizeof(c->key) + 1], addr[INET6_ADDRSTRLEN + 9];

	hex_put(key, c->key, sizeof(c->key));
	fmt_addr(addr, sizeof(addr), c);
	fprintf(fp, "{\"key\":\"nodekey:%s\",\"address\":\"%s\","
	    "\"worker\":%u,\"age_ms\":%" PRIu64, key, addr,
	    (unsigned int)c->worker, c->age_ms);
	fprintf(fp, ",\"rx_bytes\":%" PRIu64 ",\"rx_packets\":%" PRIu64
	    ",\"tx_bytes\":%" PRIu64 ",\"tx_packets\":%" PRIu64
	    ",\"drops\":%" PRIu64, c->rx_bytes, c->rx_packets, c->tx_bytes,
	    c->tx_packets, c->drops);
	fprintf(fp, ",\"queued_packets\":%u,\"queued_bytes\":%u,\"kind\":[",
	    (unsigned int)c->queued_packets, (unsigned int)c->queued_bytes);
	put_kind(fp, c, "\"", ",");
	fputs("]}", fp);
}

/* One MSG_CTL_CLIENT. */
static int
got_client(struct msg *m, void *arg)
{
	struct list		*l = arg;
	struct ipc_msg_ctl_client v;
	const struct client_info *c = &v.client;

	if (m->type != MSG_CTL_CLIENT ||
	    ipc_get_ctl_client(&m->rd, &v) == -1)
		return -1;
	if (l->ctl.json) {
		l->ctl.json_open = "\n],";
		fputs(l->n == 0 ? "{\"clients\":[\n" : ",\n", stdout);
		clients_json(stdout, c);
	} else {
		if (l->n == 0)
			clients_head(stdout);
		clients_row(stdout, c);
	}
	l->n++;
	return 0;
}

int
cmd_clients(const struct ctl *ctl, int argc, char **argv)
{
	struct list	l = { .ctl = *ctl, .n = 0 };

	(void)argv;
	if (argc != 1)
		usage();
	if (ask(&l.ctl, MSG_CTL_CLIENTS, NULL, got_client, &l) != 0)
		return 1;
	if (ctl->json)
		fputs(l.n == 0 ? "{\"clients\":[]}\n" : "\n]}\n", stdout);
	else
		printf("%lu connection%s\n", l.n, l.n == 1 ? "" : "s");
	return 0;
}
