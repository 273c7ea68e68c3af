/*
 * clientsquery_fuzz: any bytes as the query of /debug/clients/, and as the
 * texts of a client: the links of a page ask for the same clients, from behind
 * the last one on; JSON is well-formed, and no text is markup.
 */
#include <stdlib.h>
#include <string.h>

#include "clientpage.h"
#include "clientspage.h"
#include "codec.h"
#include "json.h"

#define NOW	UINT64_C(1700000000000000000)

int	LLVMFuzzerTestOneInput(const uint8_t *, size_t);

static void
must(int ok)
{
	if (!ok)
		abort();
}

/* A row whose values and texts are the bytes, as far as there are some. */
static void
fill(struct ipc_list_row *row, const uint8_t *data, size_t size)
{
	memset(row, 0, sizeof(*row));
	memcpy(row, data, size < sizeof(*row) ? size : sizeof(*row));
	row->app[sizeof(row->app) - 1] = '\0';
	row->name[sizeof(row->name) - 1] = '\0';
	row->group[sizeof(row->group) - 1] = '\0';
	/* A cursor of JavaScript's size. */
	row->number &= (UINT64_C(1) << 53) - 1;
}

/* The next page asks for the same, and not for the row again. */
static void
check_next(const struct web_clients_query *q, const struct ipc_list_row *row)
{
	struct web_clients_query again;
	struct conn_clientpage page;
	const char *why;
	struct ipc_wr w;

	ipc_wr_init(&w);
	web_clients_link(q, q->q.sort, q->q.descending, row, &w);
	must(ipc_wr_ok(&w) && w.len > 1 && w.p[0] == '?');
	must(web_clients_parse(&again, (const char *)w.p + 1, w.len - 1, NOW,
	    &why) == 0);
	ipc_wr_free(&w);
	must(again.filter == q->filter && again.json == q->json);
	must(again.q.sort == q->q.sort && again.q.limit == q->q.limit);
	must(again.q.descending == q->q.descending);
	must(again.q.napps == q->q.napps && again.q.bits == q->q.bits);
	must(memcmp(again.q.apps, q->q.apps, sizeof(q->q.apps)) == 0);
	must(memcmp(again.q.addr, q->q.addr, sizeof(q->q.addr)) == 0);
	must(memcmp(again.q.key, q->q.key, sizeof(q->q.key)) == 0);
	must(again.q.after);
	must(conn_clientpage_begin(&page, &again.q) == 0);
	must(!conn_clientpage_wants(&page, row));
	conn_clientpage_free(&page);
}

/* Count a byte. */
static size_t
count(const struct ipc_wr *w, char byte)
{
	size_t i, n = 0;

	for (i = 0; i < w->len; i++)
		n += w->p[i] == (uint8_t)byte;
	return (n);
}

static void
check_pages(const struct web_clients_query *q, struct ipc_list_row *row)
{
	const struct web_clients_counts counts = { 3, 2, 1, 0 };
	struct ipc_list_row plain = *row;
	struct json_error e;
	struct ipc_wr w, bare;
	struct json *j;

	ipc_wr_init(&w);
	web_clients_json(q, &counts, row, 1, &w);
	must(ipc_wr_ok(&w));
	j = json_parse((const char *)w.p, w.len, 10, 1000, &e);
	must(j != NULL);
	json_free(j);
	ipc_wr_free(&w);
	/* A text adds no tag, but the link of a name. */
	memset(plain.app, plain.app[0] != '\0' ? 'x' : 0, 1);
	plain.app[1] = plain.name[0] = plain.group[0] = '\0';
	ipc_wr_init(&bare);
	web_clients_html(q, &counts, row, 1, &w);
	web_clients_html(q, &counts, &plain, 1, &bare);
	must(ipc_wr_ok(&w) && ipc_wr_ok(&bare));
	must(count(&w, '<') == count(&bare, '<'));
	must(count(&w, '"') == count(&bare, '"'));
	ipc_wr_free(&w);
	ipc_wr_free(&bare);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct ipc_msg_front_list v;
	struct ipc_list_row row;
	struct web_clients_query q;
	const char *why = NULL;
	struct ipc_wr w;

	if (web_clients_parse(&q, (const char *)data, size, NOW, &why) == -1) {
		must(why != NULL && why[strlen(why) - 1] == '\n');
		return 0;
	}
	if (q.filter == WEB_CLIENTS_NONE)
		return 0;
	v.id = 1;
	v.query = q.q;
	ipc_wr_init(&w);
	ipc_put_front_list(&w, &v);
	must(ipc_wr_ok(&w));
	ipc_wr_free(&w);
	fill(&row, data, size);
	check_next(&q, &row);
	check_pages(&q, &row);
	return 0;
}
