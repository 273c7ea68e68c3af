/*
 * jobrecord: see jobrecord.h.  Called by job.c, which writes, and jobs.c.
 */
#include <string.h>

#include "jobrecord.h"

#define MAX_RECORD	8192	/* bytes behind the length */

static void
put_node(struct ipc_wr *w, const struct check_node *n)
{
	ipc_wr_u32(w, n->region);
	ipc_wr_str(w, n->code);
	ipc_wr_str(w, n->name);
	ipc_wr_str(w, n->host);
	ipc_wr_str(w, n->ipv4);
	ipc_wr_str(w, n->ipv6);
	ipc_wr_str(w, n->certname);
	ipc_wr_u32(w, n->port);
	ipc_wr_u32(w, n->port80);
	ipc_wr_u32(w, (uint32_t)n->stun);
	ipc_wr_u8(w, (uint8_t)(n->can_port80 << 2 | n->stun_only << 1 |
	    n->insecure));
}

static void
get_node(struct ipc_rd *r, struct check_node *n)
{
	uint8_t flags;

	n->region = ipc_rd_u32(r);
	ipc_rd_str(r, n->code, sizeof(n->code));
	ipc_rd_str(r, n->name, sizeof(n->name));
	ipc_rd_str(r, n->host, sizeof(n->host));
	ipc_rd_str(r, n->ipv4, sizeof(n->ipv4));
	ipc_rd_str(r, n->ipv6, sizeof(n->ipv6));
	ipc_rd_str(r, n->certname, sizeof(n->certname));
	n->port = ipc_rd_u32(r);
	n->port80 = ipc_rd_u32(r);
	n->stun = (int)ipc_rd_u32(r);
	flags = ipc_rd_u8(r);
	n->can_port80 = flags >> 2 & 1;
	n->stun_only = flags >> 1 & 1;
	n->insecure = flags & 1;
}

static void
put_fields(struct ipc_wr *w, const struct ctlcheck_record *r)
{
	switch (r->type) {
	case CTLCHECK_FOUND:
		ipc_wr_u32(w, r->finding.id);
		ipc_wr_str(w, r->finding.where);
		ipc_wr_str(w, r->finding.what);
		return;
	case CTLCHECK_MEASURED:
		ipc_wr_u32(w, r->measure.id);
		ipc_wr_str(w, r->measure.where);
		ipc_wr_u64(w, (uint64_t)r->measure.n);
		ipc_wr_str(w, r->measure.text);
		return;
	case CTLCHECK_STEP:
	case CTLCHECK_MEETS:
	case CTLCHECK_FAILED:
		ipc_wr_str(w, r->text);
		return;
	case CTLCHECK_HAS_NODE:
		put_node(w, &r->node);
		return;
	case CTLCHECK_HAS_MAP:
		ipc_wr_bytes(w, r->hash, sizeof(r->hash));
		return;
	case CTLCHECK_ABSENT:
	case CTLCHECK_END:
		return;
	}
}

static void
get_fields(struct ipc_rd *rd, struct ctlcheck_record *r)
{
	switch (r->type) {
	case CTLCHECK_FOUND:
		r->finding.id = ipc_rd_u32(rd);
		ipc_rd_str(rd, r->finding.where, sizeof(r->finding.where));
		ipc_rd_str(rd, r->finding.what, sizeof(r->finding.what));
		rd->bad |= r->finding.id >= CHECK_NFAULTS;
		return;
	case CTLCHECK_MEASURED:
		r->measure.id = ipc_rd_u32(rd);
		ipc_rd_str(rd, r->measure.where, sizeof(r->measure.where));
		r->measure.n = (int64_t)ipc_rd_u64(rd);
		ipc_rd_str(rd, r->measure.text, sizeof(r->measure.text));
		rd->bad |= r->measure.id >= CHECK_NFACTS ||
		    r->measure.n > CHECK_MOST || r->measure.n < -CHECK_MOST;
		return;
	case CTLCHECK_STEP:
	case CTLCHECK_MEETS:
	case CTLCHECK_FAILED:
		ipc_rd_str(rd, r->text, sizeof(r->text));
		return;
	case CTLCHECK_HAS_NODE:
		get_node(rd, &r->node);
		return;
	case CTLCHECK_HAS_MAP:
		ipc_rd_bytes(rd, r->hash, sizeof(r->hash));
		return;
	case CTLCHECK_ABSENT:
	case CTLCHECK_END:
		return;
	}
	rd->bad = 1;
}

void
ctlcheck_record_put(struct ipc_wr *w, const struct ctlcheck_record *r)
{
	uint8_t body[MAX_RECORD];
	struct ipc_wr b;

	ipc_wr_fixed(&b, body, sizeof(body));
	ipc_wr_u8(&b, (uint8_t)r->type);
	put_fields(&b, r);
	if (ipc_wr_ok(&b))
		ipc_wr_blob(w, body, b.len);
	else
		ipc_wr_refuse(w, b.bad);
}

int
ctlcheck_record_get(const uint8_t *p, size_t len, size_t *used,
    struct ctlcheck_record *r)
{
	struct ipc_rd rd;
	uint32_t n;

	if (len < sizeof(n))
		return (0);
	ipc_rd_init(&rd, p, len);
	if ((n = ipc_rd_u32(&rd)) > MAX_RECORD)
		return (-1);
	if (rd.left < n)
		return (0);
	ipc_rd_init(&rd, rd.p, n);
	memset(r, 0, sizeof(*r));
	r->type = ipc_rd_u8(&rd);
	get_fields(&rd, r);
	*used = sizeof(n) + n;
	return (ipc_rd_end(&rd) ? 1 : -1);
}
