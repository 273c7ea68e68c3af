/*
 * httpbody: the body of an HTTP/1.1 response; see httpbody.h.
 */
#include <stdlib.h>
#include <string.h>

#include "httpbody.h"

#define MAX_EXTRA	8192	/* bytes of all extensions and trailers */

enum body_kind { NOTHING, LENGTH, CHUNKED, TO_END };

/* Position in a chunked body. */
enum body_state {
	SIZE_FIRST,	/* first digit of a size */
	SIZE,		/* further digits */
	PAD,		/* white space before an extension */
	EXTENSION,
	SIZE_LF,	/* end of the line */
	DATA,
	DATA_CR,	/* end of a chunk */
	DATA_LF,
	TRAILER,	/* start of a line behind the last chunk */
	TRAILER_NAME,
	TRAILER_VALUE,
	TRAILER_LF,
	LAST_LF,	/* end of the body */
	WHOLE
};

static const char early[] = "the connection ended before the body did";
static const char too_large[] = "the body is too large";
static const char bad_chunk[] = "malformed chunk of the body";

/* Store the reason.  Always returns -1. */
static int
fail(struct net_http_body *b, const char *why)
{
	b->why = why;
	return (-1);
}

void
net_http_body_init(struct net_http_body *b, const struct net_http_head *h,
    int head_only, size_t max)
{
	memset(b, 0, sizeof(*b));
	b->max = max;
	b->state = SIZE_FIRST;
	if (head_only || h->status < 200 || h->status == 204 ||
	    h->status == 304)
		b->kind = NOTHING;
	else if (h->chunked)
		b->kind = CHUNKED;
	else if (h->content_length != -1) {
		b->kind = LENGTH;
		b->left = (unsigned long long)h->content_length;
	} else
		b->kind = TO_END;
}

/* Append to the body, up to its limit.  Returns 0, or -1. */
static int
append(struct net_http_body *b, const uint8_t *p, size_t n)
{
	size_t cap;
	uint8_t *grown;

	if (n > b->max - b->len)
		return (fail(b, too_large));
	if (b->p == NULL || b->len + n > b->cap) {
		cap = b->cap > b->max / 2 ? b->max : 2 * b->cap;
		if (cap < b->len + n)
			cap = b->len + n;
		if ((grown = realloc(b->p, cap + 1)) == NULL)
			return (fail(b, "out of memory for the body"));
		b->p = grown;
		b->cap = cap;
	}
	if (n > 0)
		memcpy(b->p + b->len, p, n);
	b->len += n;
	b->p[b->len] = '\0';
	return (0);
}

static int
hex_digit(uint8_t c)
{
	if (c >= '0' && c <= '9')
		return (c - '0');
	if (c >= 'a' && c <= 'f')
		return (c - 'a' + 10);
	return (c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1);
}

/* RFC 9110 5.5: a byte allowed in a value. */
static int
is_text(uint8_t c)
{
	return (c == '\t' || (c >= ' ' && c != 0x7f));
}

/* RFC 9110 5.6.2: a byte allowed in a name. */
static int
is_name(uint8_t c)
{
	return (c > ' ' && c < 0x7f &&
	    strchr("\"(),/:;<=>?@[\\]{}", c) == NULL);
}

/* One more digit of a chunk's size.  Returns the next state, or -1. */
static int
size_digit(struct net_http_body *b, int d)
{
	b->left = b->left * 16 + (unsigned int)d;
	/* Checked at each digit, so that the size can't overflow. */
	if (b->left > b->max - b->len)
		return (fail(b, too_large));
	return (SIZE);
}

/* A byte in the line of a chunk's size.  Returns the next state, or -1. */
static int
size_byte(struct net_http_body *b, uint8_t c)
{
	int d = hex_digit(c);

	if (b->state == SIZE_FIRST) {
		b->left = 0;
		return (d == -1 ? -1 : size_digit(b, d));
	}
	if (b->state == SIZE && d != -1) {
		b->extra++;	/* limits the number of zeros */
		return (size_digit(b, d));
	}
	if (b->state != EXTENSION && (c == ' ' || c == '\t')) {
		b->extra++;
		return (PAD);
	}
	if (c == '\r')
		return (b->state == PAD ? -1 : SIZE_LF);
	b->extra++;
	if (b->state == EXTENSION)
		return (is_text(c) ? EXTENSION : -1);
	return (c == ';' ? EXTENSION : -1);
}

/* A byte behind the last chunk.  Returns the next state, or -1. */
static int
trailer_byte(struct net_http_body *b, uint8_t c)
{
	b->extra++;
	switch (b->state) {
	case TRAILER:
		if (c == '\r')
			return (LAST_LF);
		return (is_name(c) ? TRAILER_NAME : -1);
	case TRAILER_NAME:
		if (c == ':')
			return (TRAILER_VALUE);
		return (is_name(c) ? TRAILER_NAME : -1);
	case TRAILER_VALUE:
		if (c == '\r')
			return (TRAILER_LF);
		return (is_text(c) ? TRAILER_VALUE : -1);
	case TRAILER_LF:
		return (c == '\n' ? TRAILER : -1);
	default:
		return (c == '\n' ? WHOLE : -1);
	}
}

/* A byte of the framing.  Returns the next state, or -1. */
static int
frame_byte(struct net_http_body *b, uint8_t c)
{
	switch (b->state) {
	case SIZE_LF:
		if (c != '\n')
			return (-1);
		return (b->left > 0 ? DATA : TRAILER);
	case DATA_CR:
		return (c == '\r' ? DATA_LF : -1);
	case DATA_LF:
		return (c == '\n' ? SIZE_FIRST : -1);
	default:
		return (b->state < SIZE_LF ? size_byte(b, c) :
		    trailer_byte(b, c));
	}
}

static int
feed_chunked(struct net_http_body *b, const uint8_t *p, size_t n)
{
	size_t take;
	int next;

	while (n > 0 && b->state != WHOLE) {
		if (b->state == DATA) {
			take = b->left < n ? (size_t)b->left : n;
			if (append(b, p, take) == -1)
				return (-1);
			p += take;
			n -= take;
			if ((b->left -= take) == 0)
				b->state = DATA_CR;
			continue;
		}
		if ((next = frame_byte(b, *p)) == -1)
			return (b->why != NULL ? -1 : fail(b, bad_chunk));
		if (b->extra > MAX_EXTRA)
			return (fail(b, "too many chunk extensions or "
			    "trailers"));
		b->state = next;
		p++;
		n--;
	}
	b->behind += n;
	return (b->state == WHOLE);
}

int
net_http_body_feed(struct net_http_body *b, const uint8_t *p, size_t n)
{
	if (b->why != NULL)
		return (-1);
	/* An empty body is allocated, too. */
	if (b->p == NULL && append(b, p, 0) == -1)
		return (-1);
	switch (b->kind) {
	case NOTHING:
		b->behind += n;
		return (1);
	case CHUNKED:
		return (feed_chunked(b, p, n));
	case LENGTH:
		if (b->left > b->max - b->len)
			return (fail(b, too_large));
		if (n > b->left) {
			b->behind += n - (size_t)b->left;
			n = (size_t)b->left;
		}
		b->left -= n;
		return (append(b, p, n) == -1 ? -1 : b->left == 0);
	default:
		return (append(b, p, n));
	}
}

int
net_http_body_end(struct net_http_body *b)
{
	if (b->why != NULL)
		return (-1);
	if (b->kind == NOTHING || b->kind == TO_END ||
	    (b->kind == LENGTH && b->left == 0) || b->state == WHOLE)
		return (net_http_body_feed(b, NULL, 0) == -1 ? -1 : 0);
	return (fail(b, early));
}

int
net_http_body_too_large(const struct net_http_body *b)
{
	return (b->why == too_large);
}

int
net_http_body_delimited(const struct net_http_body *b)
{
	return (b->kind != TO_END);
}

void
net_http_body_free(struct net_http_body *b)
{
	free(b->p);
	memset(b, 0, sizeof(*b));
}
