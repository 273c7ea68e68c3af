/*
 * websocket: the server's side of RFC 6455 for browsers that speak DERP.
 *
 * Called by web.c (handshake) and by httpconn.c, frontconn.c and fronttls.c
 * (frames).
 * libwslay's frame layer parses frames from the caller's buffer and passes
 * payload on as it arrives; the library's message layer is not used because it
 * collects whole messages.  Touches memory alone.
 */
#include <openssl/evp.h>
#include <openssl/sha.h>

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <wslay/wslay.h>

#include "websocket.h"

#define WS_KEY_LEN	24	/* 16 bytes in base64 */
#define WS_MAX_CONTROL	125	/* payload of a control frame */
#define WS_GUID		"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"

struct web_ws {
	wslay_frame_context_ptr	 ctx;
	web_ws_data_cb		 data;
	web_ws_out_cb		 out;
	void			*arg;
	const uint8_t		*in;		/* input of web_ws_feed() */
	size_t			 in_left;
	int			 over;		/* the connection has ended */
	/* its last frame is still to come */
	int			 in_message;
	uint64_t		 message;	/* payload bytes of it so far */
	int			 in_frame;
	int			 fin;		/* FIN of the frame */
	uint8_t			 opcode;
	uint64_t		 left;		/* payload bytes to come */
	uint8_t			 control[WS_MAX_CONTROL];
	size_t			 control_len;
	uint8_t			 pong[2 + WS_MAX_CONTROL];
	size_t			 pong_len;	/* 0: no pong is due */
};

static int
is_base64(char c)
{
	return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') ||
	    (c >= '0' && c <= '9') || c == '+' || c == '/';
}

/* Get the client's key: one field, 16 bytes in base64 (RFC 6455 4.2.1). */
static int
get_key(const struct net_http_head *h, struct net_http_str *key)
{
	size_t	i, n = 0;

	for (i = 0; i < h->nfields; i++)
		if (net_http_caseeq(h->fields[i].name, "Sec-WebSocket-Key")) {
			*key = h->fields[i].value;
			n++;
		}
	if (n != 1 || key->len != WS_KEY_LEN ||
	    memcmp(key->p + WS_KEY_LEN - 2, "==", 2) != 0)
		return -1;
	for (i = 0; i < WS_KEY_LEN - 2; i++)
		if (!is_base64(key->p[i]))
			return -1;
	return 0;
}

enum web_ws_check
web_ws_check(const struct net_http_head *h, char accept[WS_ACCEPT_SIZE])
{
	struct net_http_str	key = { NULL, 0 };
	uint8_t			text[WS_KEY_LEN + sizeof(WS_GUID) - 1];
	uint8_t			digest[SHA_DIGEST_LENGTH];

	if (h->minor == 0 || !net_http_has_token(h, "Connection", "upgrade"))
		return WS_NO_UPGRADE;
	if (!net_http_eq(h->method, "GET"))
		return WS_BAD_METHOD;
	if (!net_http_eq(net_http_field(h, "Sec-WebSocket-Version"), "13"))
		return WS_BAD_VERSION;
	if (get_key(h, &key) == -1)
		return WS_BAD_KEY;
	if (!net_http_has_token(h, "Sec-WebSocket-Protocol", "derp"))
		return WS_BAD_PROTOCOL;

	memcpy(text, key.p, WS_KEY_LEN);
	memcpy(text + WS_KEY_LEN, WS_GUID, sizeof(WS_GUID) - 1);
	SHA1(text, sizeof(text), digest);
	EVP_EncodeBlock((unsigned char *)accept, digest, sizeof(digest));
	return WS_OK;
}

/* Pass input of web_ws_feed() to libwslay; -1: there is no more now. */
static ssize_t
feed_cb(uint8_t *buf, size_t len, int flags, void *arg)
{
	struct web_ws	*ws = arg;

	(void)flags;
	if (ws->in_left == 0)
		return -1;
	if (len > ws->in_left)
		len = ws->in_left;
	memcpy(buf, ws->in, len);
	ws->in += len;
	ws->in_left -= len;
	return (ssize_t)len;
}

struct web_ws *
web_ws_new(web_ws_data_cb data, web_ws_out_cb out, void *arg)
{
	struct wslay_frame_callbacks	 cb = { .recv_callback = feed_cb };
	struct web_ws			*ws;

	if ((ws = calloc(1, sizeof(*ws))) == NULL)
		return NULL;
	if (wslay_frame_context_init(&ws->ctx, &cb, ws) != 0) {
		free(ws);
		errno = ENOMEM;
		return NULL;
	}
	ws->data = data;
	ws->out = out;
	ws->arg = arg;
	return ws;
}

void
web_ws_free(struct web_ws *ws)
{
	if (ws == NULL)
		return;
	wslay_frame_context_free(ws->ctx);
	free(ws);
}

size_t
web_ws_close(uint8_t frame[WS_CLOSE_SIZE], uint16_t code)
{
	frame[0] = 0x80 | WSLAY_CONNECTION_CLOSE;
	frame[1] = 2;
	frame[2] = (uint8_t)(code >> 8);
	frame[3] = (uint8_t)code;
	return WS_CLOSE_SIZE;
}

/* End the connection with a close frame of the status `code'. */
static int
finish(struct web_ws *ws, uint16_t code)
{
	uint8_t	frame[WS_CLOSE_SIZE];

	ws->over = 1;
	ws->out(frame, web_ws_close(frame, code), ws->arg);
	return -1;
}

/* Return 1 if a close frame may carry this status (RFC 6455 7.4). */
static int
close_code_ok(unsigned int code)
{
	if (code >= 3000)
		return code <= 4999;
	return code >= 1000 && code <= 1014 && code != 1004 && code != 1005 &&
	    code != 1006;
}

/* Answer a close frame with its status, or without one. */
static int
handle_close(struct web_ws *ws)
{
	static const uint8_t	plain[2] = { 0x80 | WSLAY_CONNECTION_CLOSE, 0 };
	unsigned int		code;

	if (ws->control_len == 0) {
		ws->over = 1;
		ws->out(plain, sizeof(plain), ws->arg);
		return -1;
	}
	if (ws->control_len == 1)
		return finish(ws, WSLAY_CODE_PROTOCOL_ERROR);
	code = (unsigned int)ws->control[0] << 8 | ws->control[1];
	return finish(ws, close_code_ok(code) ? (uint16_t)code :
	    WSLAY_CODE_PROTOCOL_ERROR);
}

static void
handle_ping(struct web_ws *ws)
{
	ws->pong[0] = 0x80 | WSLAY_PONG;
	ws->pong[1] = (uint8_t)ws->control_len;
	memcpy(ws->pong + 2, ws->control, ws->control_len);
	ws->pong_len = 2 + ws->control_len;
}

/* Validate the header of a frame: 0, or the status to close with. */
static uint16_t
begin_frame(struct web_ws *ws, const struct wslay_frame_iocb *f)
{
	if (!f->mask || f->rsv != 0)
		return WSLAY_CODE_PROTOCOL_ERROR;
	ws->in_frame = 1;
	ws->fin = f->fin;
	ws->opcode = f->opcode;
	ws->left = f->payload_length;
	ws->control_len = 0;

	switch (f->opcode) {
	case WSLAY_CONNECTION_CLOSE:
	case WSLAY_PING:
	case WSLAY_PONG:
		return f->fin && ws->left <= WS_MAX_CONTROL ? 0 :
		    WSLAY_CODE_PROTOCOL_ERROR;
	case WSLAY_TEXT_FRAME:
		return ws->in_message ? WSLAY_CODE_PROTOCOL_ERROR :
		    WSLAY_CODE_UNSUPPORTED_DATA;
	case WSLAY_BINARY_FRAME:
		if (ws->in_message)
			return WSLAY_CODE_PROTOCOL_ERROR;
		ws->in_message = 1;
		ws->message = 0;
		break;
	case WSLAY_CONTINUATION_FRAME:
		if (!ws->in_message)
			return WSLAY_CODE_PROTOCOL_ERROR;
		break;
	default:
		return WSLAY_CODE_PROTOCOL_ERROR;
	}
	if (ws->left > WS_MAX_MESSAGE - ws->message)
		return WSLAY_CODE_MESSAGE_TOO_BIG;
	ws->message += ws->left;
	return 0;
}

/* Handle payload.  Return 0, or -1 when the connection is over. */
static int
handle_payload(struct web_ws *ws, const uint8_t *p, size_t len)
{
	ws->left -= len;
	if (!wslay_is_ctrl_frame(ws->opcode)) {
		if (len > 0 && ws->data(p, len, ws->arg) == -1) {
			ws->over = 1;
			return -1;
		}
		return 0;
	}
	/* begin_frame() has checked that it fits. */
	memcpy(ws->control + ws->control_len, p, len);
	ws->control_len += len;
	return 0;
}

/* Handle the end of a frame.  Return 0, or -1 when the connection is over. */
static int
end_frame(struct web_ws *ws)
{
	ws->in_frame = 0;
	switch (ws->opcode) {
	case WSLAY_CONNECTION_CLOSE:
		return handle_close(ws);
	case WSLAY_PING:
		handle_ping(ws);
		return 0;
	case WSLAY_PONG:
		return 0;
	}
	if (ws->fin)
		ws->in_message = 0;
	return 0;
}

/* Receive once from libwslay: 1 more may follow, 0 wait, -1 over. */
static int
step(struct web_ws *ws)
{
	struct wslay_frame_iocb	f;
	ssize_t			n;
	uint16_t		code;

	memset(&f, 0, sizeof(f));
	if ((n = wslay_frame_recv(ws->ctx, &f)) == WSLAY_ERR_WANT_READ)
		return 0;
	if (n < 0)
		return finish(ws, WSLAY_CODE_PROTOCOL_ERROR);
	if (!ws->in_frame && (code = begin_frame(ws, &f)) != 0)
		return finish(ws, code);
	if ((uint64_t)n > ws->left)
		return finish(ws, WSLAY_CODE_INTERNAL_SERVER_ERROR);
	if (n > 0 && handle_payload(ws, f.data, (size_t)n) == -1)
		return -1;
	if (ws->left == 0 && end_frame(ws) == -1)
		return -1;
	return 1;
}

int
web_ws_feed(struct web_ws *ws, const uint8_t *p, size_t len)
{
	int	more;

	if (ws->over)
		return -1;
	ws->in = p;
	ws->in_left = len;
	while ((more = step(ws)) == 1)
		continue;
	ws->in = NULL;
	ws->in_left = 0;
	if (more == -1)
		return -1;
	if (ws->pong_len > 0) {
		ws->out(ws->pong, ws->pong_len, ws->arg);
		ws->pong_len = 0;
	}
	return 0;
}

int
web_ws_is_over(const struct web_ws *ws)
{
	return ws->over;
}

size_t
web_ws_wrap(uint8_t hdr[WS_MAX_HDR], uint64_t len)
{
	size_t	i, n;

	hdr[0] = 0x80 | WSLAY_BINARY_FRAME;
	if (len < 126) {
		hdr[1] = (uint8_t)len;
		return 2;
	}
	n = len <= 0xffff ? 2 : 8;
	hdr[1] = n == 2 ? 126 : 127;
	for (i = 0; i < n; i++)
		hdr[2 + i] = (uint8_t)(len >> 8 * (n - 1 - i));
	return 2 + n;
}
