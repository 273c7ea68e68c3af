/*
 * frontlogin: see frontlogin.h.  Called by httpconn.c after an upgrade, by
 * frontconn.c with input, by front.c with the answers of keys, by handover.c
 * and, for its memory, budget.c.
 *
 * The keys process opens the client's box and makes a ticket that says whose it
 * is; boxes.c keeps the boxes.
 *
 * A box is as good as a password until keys has opened it once, and after keys
 * forgot it.  So a front that is taken over must not find those of earlier
 * logins: a ClientInfo is zeroed where it was handled, be that the shared read
 * buffer, a record or kept input, and in the memory of this file and boxes.c.
 * Until they are overwritten these stay: ciphertext, whose keys are zeroed, the
 * masked bytes of a WebSocket, and what moved when input of a paused connection
 * grew.
 */
#include <stdlib.h>
#include <string.h>

#include "admission.h"
#include "clientinfo.h"
#include "front.h"
#include "frontlogin.h"
#include "handover.h"
#include "ipcsend.h"
#include "log.h"

void
front_login_begin(struct front_conn *c)
{
	uint8_t frame[FRAME_SERVER_KEY_SIZE];
	size_t n;

	c->conn.state = CONN_INFO;
	conn_deadline(&c->conn, LOGIN_SECS);
	n = net_frame_put_server_key(frame, c->f->conf.node_key);
	conn_send(&c->conn, frame, n);
}

/* Return the bytes that keys has yet to read. */
static size_t
queued(void *arg)
{
	const struct front *f = arg;

	return (f->box == NULL ? SIZE_MAX : ipc_chan_queued(f->box));
}

/* Request that keys open a box. */
static void
send_box(void *arg, uint64_t id, const uint8_t *info, size_t n)
{
	struct front *f = arg;
	const size_t envelope = FRAME_KEY_LEN + FRAME_NONCE_LEN;
	struct ipc_msg_login v = {
		.cookie = id,
		.worker = front_handover_owner(f, info),
		.client = info,
		.nonce = info + FRAME_KEY_LEN,
		.box = info + envelope,
		.box_len = n - envelope
	};

	if (ipc_send_login(f->box, &v) == -1)
		log_warn("can't send a login box to keys (sendmsg): the "
		    "client's login times out");
}

void
front_login_init(struct front *f)
{
	static const struct front_boxes_ops ops = { queued, send_box };

	front_boxes_init(&f->logins.boxes, &ops, f);
}

static void
refuse(struct front_conn *c, const char *why)
{
	const struct log_about about = conn_about(&c->conn);

	log_client(LOG_INFO, &c->f->logins.refused, &about, "login refused: "
	    "%s", why);
	conn_close(&c->conn, why);
}

/* Return 1 if the owner of the client's key has all the clients it may have. */
static int
owner_is_full(const struct front_conn *c)
{
	const struct front *f = c->f;

	return (f->conf.max_clients != 0 && front_pages_clients_of(f,
	    c->login.worker) >= f->conf.max_clients);
}

/* Send the payload of a ClientInfo, `n' bytes at `p' (copied), to keys. */
static void
got_info(struct front_conn *c, const uint8_t *p, size_t n)
{
	struct front_login *l = &c->login;

	l->worker = front_handover_owner(c->f, p);
	if (l->worker == IPC_MAXWORKERS) {
		refuse(c, "no worker owns its key");
		return;
	}
	if (owner_is_full(c)) {
		/* It would close the client; here that costs nobody more. */
		refuse(c, "max clients reached at the worker that owns its "
		    "key");
		return;
	}
	l->box = front_boxes_add(&c->f->logins.boxes, c->conn.id, c, p, n);
	if (l->box == NULL) {
		conn_close(&c->conn, "out of memory");
		return;
	}
	c->conn.state = CONN_CHECK;
	conn_deadline(&c->conn, LOGIN_SECS);
	conn_pause(&c->conn, PAUSE_LOGIN);
}

/*
 * Return the bytes of the frame of which `n' bytes are at `p': of its header,
 * or of the whole once the header is there.  0: it is not a ClientInfo.
 */
static size_t
frame_size(const uint8_t *p, size_t n)
{
	uint32_t len;
	uint8_t type;

	if (n < FRAME_HDR_LEN)
		return (FRAME_HDR_LEN);
	net_frame_get_hdr(p, &type, &len);
	if (net_frame_check(FRAME_FROM_LOGIN, type, len) != FRAME_VALID)
		return (0);
	return (FRAME_HDR_LEN + (size_t)len);
}

/* Handle input as front_login_input(), which zeroes it. */
static size_t
take(struct front_conn *c, const uint8_t *p, size_t n)
{
	struct conn_buf *part = &c->login.part, whole;
	size_t want, have = conn_buf_left(part), k;

	want = frame_size(have > 0 ? conn_buf_head(part) : p,
	    have > 0 ? have : n);
	if (want == 0) {
		conn_close(&c->conn, "malformed frame");
		return (n);
	}
	if (have == 0 && want > FRAME_HDR_LEN && n >= want) {
		got_info(c, p + FRAME_HDR_LEN, want - FRAME_HDR_LEN);
		return (want);
	}
	k = want - have < n ? want - have : n;
	if (conn_buf_add_secret(part, p, k) == -1) {
		conn_close(&c->conn, "out of memory");
		return (n);
	}
	if (have + k < want || want == FRAME_HDR_LEN)
		return (k);
	whole = *part;
	memset(part, 0, sizeof(*part));
	got_info(c, conn_buf_head(&whole) + FRAME_HDR_LEN,
	    want - FRAME_HDR_LEN);
	conn_buf_wipe(&whole);
	return (k);
}

size_t
front_login_input(struct front_conn *c, uint8_t *p, size_t n)
{
	size_t used = take(c, p, n);

	explicit_bzero(p, used);
	return (used);
}

void
front_login_again(struct front *f)
{
	front_boxes_again(&f->logins.boxes);
}

void
front_login_repeat(struct front_conn *c)
{
	if (c->conn.dead || (c->conn.state != CONN_CHECK &&
	    c->conn.state != CONN_ASK && c->conn.state != CONN_HAND))
		return;
	front_handover_forget(c);
	front_admission_forget(c);
	c->conn.state = CONN_CHECK;
	front_boxes_repeat(&c->f->logins.boxes, c->login.box);
}

size_t
front_login_kept(const struct front_conn *c)
{
	return (front_box_size(c->login.box) +
	    conn_buf_memory(&c->login.part));
}

void
front_login_free(struct front_conn *c)
{
	front_handover_forget(c);
	front_admission_forget(c);
	front_boxes_remove(&c->f->logins.boxes, c->login.box);
	c->login.box = NULL;
	conn_buf_wipe(&c->login.part);
	free(c->login.app);
	c->login.app = NULL;
}

void
front_login_hand_over(struct front_conn *c)
{
	c->conn.state = CONN_HAND;
	conn_dirty(&c->conn);	/* the flush calls front_handover_ready() */
}

void
front_login_admitted(struct front_conn *c, const uint8_t admit[IPC_ADMIT_LEN])
{
	memcpy(c->login.admit, admit, sizeof(c->login.admit));
	c->login.admitted = 1;
	front_login_hand_over(c);
}

/* Keep what ClientInfo says of the client's program. */
static void
keep_names(struct front_conn *c, const struct front_clientinfo *ci)
{
	c->login.version = ci->version < 0 ? 0 : ci->version > UINT32_MAX ?
	    UINT32_MAX : (uint32_t)ci->version;
	free(c->login.app);
	c->login.app = ci->app_name[0] == '\0' ? NULL : strdup(ci->app_name);
}

/* The box is open: admit decides now, except about mesh peers. */
static void
opened(struct front_conn *c, const struct ipc_msg_login_result *v)
{
	struct front_clientinfo ci;

	if (front_clientinfo_parse(v->text, v->text_len, v->mesh, &ci) == -1) {
		refuse(c, "ClientInfo is malformed");
		return;
	}
	c->login.mesh = ci.mesh != 0;
	c->login.prober = ci.is_prober != 0;
	keep_names(c, &ci);
	memcpy(c->login.ticket, v->ticket, sizeof(c->login.ticket));
	if (c->f->conf.admit && !c->login.mesh)
		front_admission_ask(c);
	else
		front_login_hand_over(c);
}

void
front_login_result(struct front *f, const struct ipc_msg_login_result *v)
{
	struct front_conn *c = front_boxes_opened(&f->logins.boxes, v->cookie);

	front_boxes_more(&f->logins.boxes);
	if (c == NULL || c->conn.dead || c->conn.state != CONN_CHECK)
		return;			/* the client has gone */
	switch (v->end) {
	case IPC_LOGIN_OK:
		opened(c, v);
		break;
	case IPC_LOGIN_BAD:
		refuse(c, "ClientInfo does not decrypt with the client's key");
		break;
	case IPC_LOGIN_SEEN:
		refuse(c, "this ClientInfo was used before");
		break;
	case IPC_LOGIN_NO_SECRET:
		refuse(c, "keys does not know the worker that owns its key");
		break;
	}
}
