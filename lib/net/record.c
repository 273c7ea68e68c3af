/*
 * record: received records, decrypted in place; see record.h.
 */
#include <string.h>

#include "record.h"

/* Content types (RFC 8446 5.1). */
#define TYPE_ALERT		21
#define TYPE_HANDSHAKE		22
#define TYPE_DATA		23

/* Handshake messages (RFC 8446 4). */
#define MSG_NEW_TICKET		4
#define MSG_KEY_UPDATE		24
#define HS_HDR			4	/* bytes: type, length */
#define KEY_UPDATE_LEN		(HS_HDR + 1)

/* A ticket with every field at its maximum length (RFC 8446 4.6.1). */
#define TICKET_MAX		(4 + 4 + 1 + 255 + 2 + 65535 + 2 + 65535)

static enum net_record_status
failed(struct net_record *r, struct net_record_input *in, enum net_alert a,
    const char *why)
{
	r->closed = 1;
	in->alert = a;
	in->why = why;
	return (NET_RECORD_FAILED);
}

/* Handle a KeyUpdate that says `ask' (RFC 8446 4.6.3). */
static enum net_record_status
key_update(struct net_record *r, uint8_t ask, struct net_record_input *in)
{
	const struct net_record_limits *l = &r->cache->limits;

	if (ask > 1)
		return (failed(r, in, NET_ALERT_ILLEGAL_PARAMETER,
		    "a KeyUpdate that asks for neither yes nor no"));
	/* A KeyUpdate costs as much as many records. */
	if (r->in.seq < l->update_free && !r->asked) {
		if (r->updates >= l->updates)
			return (failed(r, in, NET_ALERT_UNEXPECTED_MESSAGE,
			    "too many KeyUpdates"));
		r->updates++;
	} else if (r->in.seq >= l->update_free)
		r->updates = 0;
	if (net_record_next(r, &r->in) == -1)
		return (failed(r, in, NET_ALERT_INTERNAL_ERROR,
		    "libcrypto can't derive a secret"));
	r->asked = 0;
	r->want_ask = 0;
	if (ask == 1)
		r->owe_update = 1;
	return (NET_RECORD_NONE);
}

/* The header of a message is complete.  Return 0, or -1: a wrong length. */
static int
header(struct net_record *r)
{
	size_t len = (size_t)r->part[1] << 16 | (size_t)r->part[2] << 8 |
	    r->part[3];

	if (r->part[0] == MSG_KEY_UPDATE)
		return (len == 1 ? 0 : -1);
	if (len == 0 || len > TICKET_MAX)
		return (-1);
	r->skip = (uint32_t)len;
	r->npart = 0;
	return (0);
}

/*
 * Handshake messages may share a record or be cut (RFC 8446 5.1).  A KeyUpdate
 * must end its record, because the next one has another key.  A client ignores
 * tickets (4.6.1).
 */
static enum net_record_status
handshake(struct net_record *r, const uint8_t *p, size_t n,
    struct net_record_input *in)
{
	size_t k;

	if (n == 0)
		return (failed(r, in, NET_ALERT_UNEXPECTED_MESSAGE,
		    "an empty handshake record"));
	while (n > 0) {
		if (r->skip > 0) {
			k = n < r->skip ? n : r->skip;
			r->skip -= (uint32_t)k;
			p += k;
			n -= k;
			continue;
		}
		r->part[r->npart++] = *p++;
		n--;
		if (r->part[0] != MSG_KEY_UPDATE &&
		    (!r->client || r->part[0] != MSG_NEW_TICKET))
			return (failed(r, in, NET_ALERT_UNEXPECTED_MESSAGE,
			    "a handshake message"));
		if (r->npart == HS_HDR && header(r) == -1)
			return (failed(r, in, NET_ALERT_DECODE_ERROR,
			    "a handshake message of an impossible length"));
		if (r->npart < KEY_UPDATE_LEN)
			continue;
		r->npart = 0;
		if (n > 0)
			return (failed(r, in, NET_ALERT_UNEXPECTED_MESSAGE,
			    "a KeyUpdate that does not end its record"));
		return (key_update(r, r->part[HS_HDR], in));
	}
	return (NET_RECORD_NONE);
}

/* RFC 8446 6: every alert except user_canceled ends the connection. */
static enum net_record_status
alert(struct net_record *r, const uint8_t *p, size_t n,
    struct net_record_input *in)
{
	if (n != 2)
		return (failed(r, in, n == 0 ? NET_ALERT_UNEXPECTED_MESSAGE :
		    NET_ALERT_DECODE_ERROR, "an alert of a wrong length"));
	if (p[1] == NET_ALERT_USER_CANCELED) {
		if (++r->empties > r->cache->limits.empties)
			return (failed(r, in, NET_ALERT_UNEXPECTED_MESSAGE,
			    "too many alerts"));
		return (NET_RECORD_NONE);
	}
	r->closed = 1;
	in->alert = (enum net_alert)p[1];
	in->why = p[1] == NET_ALERT_CLOSE_NOTIFY ?
	    "TLS closed by the peer" : "an alert of the peer";
	return (NET_RECORD_CLOSED);
}

/* Handle an empty record; RFC 8446 5.1 permits empty application data. */
static enum net_record_status
empty(struct net_record *r, struct net_record_input *in)
{
	if (++r->empties > r->cache->limits.empties)
		return (failed(r, in, NET_ALERT_UNEXPECTED_MESSAGE,
		    "too many empty records"));
	return (NET_RECORD_NONE);
}

/* Parse the plaintext of a record: content, type, zeros (RFC 8446 5.4). */
static enum net_record_status
plaintext(struct net_record *r, uint8_t *p, size_t n,
    struct net_record_input *in)
{
	uint8_t type;

	while (n > 0 && p[n - 1] == 0)
		n--;
	if (n == 0)
		return (failed(r, in, NET_ALERT_UNEXPECTED_MESSAGE,
		    "a record without a type"));
	type = p[--n];
	if ((r->npart > 0 || r->skip > 0) && type != TYPE_HANDSHAKE)
		return (failed(r, in, NET_ALERT_UNEXPECTED_MESSAGE,
		    "a record within a cut handshake message"));
	switch (type) {
	case TYPE_DATA:
		if (n == 0)
			return (empty(r, in));
		r->empties = 0;
		in->data = p;
		in->len = n;
		return (NET_RECORD_DATA);
	case TYPE_HANDSHAKE:
		return (handshake(r, p, n, in));
	case TYPE_ALERT:
		return (alert(r, p, n, in));
	default:
		return (failed(r, in, NET_ALERT_UNEXPECTED_MESSAGE,
		    "a record of an unknown type"));
	}
}

enum net_record_status
net_record_read(struct net_record *r, uint8_t *p, size_t n,
    struct net_record_input *in)
{
	uint8_t iv[NET_AEAD_IV];
	size_t len;
	void *key;

	memset(in, 0, sizeof(*in));
	if (r->closed)
		return (failed(r, in, NET_ALERT_UNEXPECTED_MESSAGE,
		    "a record behind the last one"));
	if (n > 0 && p[0] != TYPE_DATA)
		return (failed(r, in, NET_ALERT_UNEXPECTED_MESSAGE,
		    "a record that is not encrypted"));
	if (n < NET_RECORD_HDR) {
		in->used = NET_RECORD_HDR;
		return (NET_RECORD_MORE);
	}
	len = (size_t)p[3] << 8 | p[4];
	if (len > NET_RECORD_MAX + NET_RECORD_EXPAND)
		return (failed(r, in, NET_ALERT_RECORD_OVERFLOW,
		    "a record that is too long"));
	if (len < 1 + NET_AEAD_TAG)
		return (failed(r, in, NET_ALERT_BAD_RECORD_MAC,
		    "a record that is too short"));
	in->used = NET_RECORD_HDR + len;
	if (n < in->used)
		return (NET_RECORD_MORE);
	if ((key = net_record_key(r, &r->in, iv)) == NULL)
		return (failed(r, in, NET_ALERT_INTERNAL_ERROR,
		    "no memory for a key"));
	len -= NET_AEAD_TAG;
	if (r->cache->aead->open(key, iv, p, p + NET_RECORD_HDR, len) == -1)
		return (failed(r, in, NET_ALERT_BAD_RECORD_MAC,
		    "a record that was changed on its way"));
	if (len > NET_RECORD_MAX + 1)
		return (failed(r, in, NET_ALERT_RECORD_OVERFLOW,
		    "a record with too much in it"));
	if (++r->in.seq >= r->cache->limits.update_in && !r->asked)
		r->want_ask = 1;
	return (plaintext(r, p + NET_RECORD_HDR, len, in));
}
