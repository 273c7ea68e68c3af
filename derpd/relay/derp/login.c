/*
 * login: the DERP login (derp(7), section 2).  Called by httpconn.c when a
 * request was upgraded, by session.c with the ClientInfo, and by relay.c with
 * the answer of keys.
 *
 * Keys opens the box and seals ours; the worker keeps what it asked until the
 * answer is there, and asks again when keys was started anew.  It asks no
 * faster than keys reads: what is too much for the channel waits for an answer.
 */
#include <sys/queue.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#include "clientinfo.h"
#include "log.h"
#include "login.h"
#include "peers.h"
#include "relay.h"

struct login {
	TAILQ_ENTRY(login) entry;
	struct conn	*c;
	uint8_t		*info;		/* key, nonce, box */
	size_t		 len;		/* bytes of it */
	int		 asked;		/* which of the two lists it is on */
};
TAILQ_HEAD(login_list, login);

#define ASK_MAX	(4 * 1024 * 1024)	/* bytes that wait for keys to read */

static struct login_list	asked = TAILQ_HEAD_INITIALIZER(asked);
static struct login_list	unasked = TAILQ_HEAD_INITIALIZER(unasked);
static struct log_limit		refused_limit;

void
login_begin(struct conn *c)
{
	uint8_t frame[FRAME_SERVER_KEY_SIZE];
	size_t n;

	c->state = CONN_INFO;
	conn_deadline(c, LOGIN_SECS);
	n = frame_put_server_key(frame, c->r->conf.node_key);
	conn_send(c, frame, n);
}

static void
ask(struct login *l)
{
	struct relay *r = l->c->r;
	const size_t envelope = FRAME_KEY_LEN + FRAME_NONCE_LEN;
	char text[128];
	struct wr w;

	TAILQ_REMOVE(&unasked, l, entry);
	TAILQ_INSERT_TAIL(&asked, l, entry);
	l->asked = 1;
	if (serverinfo_text(text, sizeof(text), r->conf.client_rate,
	    r->conf.client_burst) == -1) {
		log_warnx("ServerInfo does not fit");
		return;
	}
	wr_init(&w);
	wr_u64(&w, l->c->id);
	wr_bytes(&w, l->info, envelope);
	wr_blob(&w, l->info + envelope, l->len - envelope);
	wr_blob(&w, text, strlen(text));
	if (!wr_ok(&w) || chan_send(r->box, MSG_LOGIN, &w, -1) == -1)
		log_warn("can't send a login to keys");
	wr_free(&w);
}

/* Ask for those that could not be asked for yet, while keys reads. */
static void
ask_more(struct relay *r)
{
	struct login *l;

	while (r->box != NULL && chan_queued(r->box) <= ASK_MAX &&
	    (l = TAILQ_FIRST(&unasked)) != NULL)
		ask(l);
}

void
login_info(struct conn *c, const uint8_t *p, size_t n)
{
	struct login *l;

	if ((l = calloc(1, sizeof(*l))) == NULL ||
	    (l->info = malloc(n)) == NULL) {
		free(l);
		conn_close(c, "out of memory");
		return;
	}
	l->c = c;
	l->len = n;
	memcpy(l->info, p, n);
	memcpy(c->session.key, p, FRAME_KEY_LEN);
	TAILQ_INSERT_TAIL(&unasked, l, entry);
	c->login = l;
	c->state = CONN_ADMIT;
	conn_deadline(c, LOGIN_SECS);
	conn_pause(c, PAUSE_LOGIN);
	ask_more(c->r);
}

void
login_again(struct relay *r)
{
	struct login *l;

	while ((l = TAILQ_LAST(&asked, login_list)) != NULL) {
		TAILQ_REMOVE(&asked, l, entry);
		TAILQ_INSERT_HEAD(&unasked, l, entry);
		l->asked = 0;
	}
	ask_more(r);
}

size_t
login_kept(const struct conn *c)
{
	return (c->login == NULL ? 0 : sizeof(*c->login) + c->login->len);
}

void
login_free(struct conn *c)
{
	struct login *l = c->login;

	if (l == NULL)
		return;
	c->login = NULL;
	if (l->asked)
		TAILQ_REMOVE(&asked, l, entry);
	else
		TAILQ_REMOVE(&unasked, l, entry);
	free(l->info);
	free(l);
}

static void
refuse(struct conn *c, const char *why)
{
	log_limited(&refused_limit, "login refused: %s", why);
	conn_close(c, why);
}

/*
 * A client may be sent to as soon as it has ServerInfo, by whatever worker the
 * sender is at: the answer waits until all of them know.
 */
void
login_agreed(struct conn *c)
{
	struct relay *r = c->r;

	if (c->dead)
		return;
	conn_dirty(c);
	if (c->state != CONN_ADMIT)
		return;			/* a pong was waiting */
	c->state = CONN_UP;
	c->session.up = 1;
	conn_known(c);
	c->session.login_us = r->now_us;
	c->period = KEEPALIVE_SECS +
	    randombytes_uniform(KEEPALIVE_JITTER + 1);
	conn_deadline(c, c->period);
	conn_resume(c, PAUSE_LOGIN);
}

static void
admit(struct conn *c, const struct clientinfo *ci, const uint8_t *sealed,
    size_t n)
{
	struct relay *r = c->r;
	uint8_t hdr[FRAME_HDR_LEN];

	login_free(c);
	c->session.mesh = ci->mesh != 0;
	c->session.prober = ci->is_prober != 0;
	frame_put_hdr(hdr, FRAME_SERVER_INFO, (uint32_t)n);
	conn_send(c, hdr, sizeof(hdr));
	conn_send(c, sealed, n);
	if (peers_add(r->peers, c, r->now_us) == -1) {
		conn_close(c, "out of memory");
		return;
	}
	r->stats.connections++;
	if (c->session.not_ideal)
		r->stats.notideal_connections++;
	if (c->session.acks == 0)
		login_agreed(c);
}

void
login_result(struct relay *r, struct msg *m)
{
	const uint8_t *info, *sealed;
	struct clientinfo ci;
	struct login *l;
	uint64_t id;
	uint32_t mesh_off;
	size_t len, n;
	uint8_t ok;

	ask_more(r);
	id = rd_u64(&m->rd);
	ok = rd_u8(&m->rd);
	mesh_off = rd_u32(&m->rd);
	info = rd_blob(&m->rd, &len);
	sealed = rd_blob(&m->rd, &n);
	if (!rd_end(&m->rd)) {
		log_warnx("malformed answer from keys");
		return;
	}
	TAILQ_FOREACH(l, &asked, entry)
		if (l->c->id == id)
			break;
	if (l == NULL || l->c->dead)
		return;			/* the client has gone meanwhile */
	if (!ok)
		refuse(l->c, "ClientInfo does not open with its key");
	else if (clientinfo_parse((const char *)info, len, mesh_off,
	    &ci) == -1)
		refuse(l->c, "ClientInfo is malformed");
	else
		admit(l->c, &ci, sealed, n);
}
