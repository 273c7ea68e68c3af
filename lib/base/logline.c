/*
 * logline: see logline.h.
 */
#include <sys/socket.h>
#include <netinet/in.h>
#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>

#include "hex.h"
#include "logline.h"

#define KEY_LEN		32
#define CLIENT_TEXT	(INET6_ADDRSTRLEN + sizeof("[]:65535"))
#define KEY_TEXT	(sizeof("nodekey:") + 2 * KEY_LEN)

/* What is known of the client as text, each "" when it is not. */
struct fields {
	char	client[CLIENT_TEXT];
	char	key[KEY_TEXT];
};

void
log_line_escape(char *dst, size_t size, size_t *n, const char *src)
{
	static const char hex[] = "0123456789abcdef";
	unsigned char ch;

	while ((ch = (unsigned char)*src++) != '\0' && *n + 5 < size) {
		if (ch >= 0x20 && ch < 0x7f) {
			dst[(*n)++] = (char)ch;
			continue;
		}
		dst[(*n)++] = '\\';
		dst[(*n)++] = 'x';
		dst[(*n)++] = hex[ch >> 4];
		dst[(*n)++] = hex[ch & 15];
	}
	dst[*n] = '\0';
}

/* "192.0.2.7:41234", "[2001:db8::7]:41234", or without port the address. */
static void
put_client(char dst[CLIENT_TEXT], const struct log_about *a)
{
	struct in6_addr addr;
	char text[INET6_ADDRSTRLEN];
	int v4;

	memcpy(&addr, a->addr, sizeof(addr));
	v4 = IN6_IS_ADDR_V4MAPPED(&addr);
	if (inet_ntop(v4 ? AF_INET : AF_INET6, a->addr + (v4 ? 12 : 0), text,
	    sizeof(text)) == NULL)
		text[0] = '\0';
	if (a->port == 0)
		snprintf(dst, CLIENT_TEXT, "%s", text);
	else
		snprintf(dst, CLIENT_TEXT, v4 ? "%s:%u" : "[%s]:%u", text,
		    a->port);
}

static void
put_fields(struct fields *f, const struct log_about *a)
{
	char hex[2 * KEY_LEN + 1];

	f->client[0] = f->key[0] = '\0';
	if (a == NULL)
		return;
	if (a->addr != NULL)
		put_client(f->client, a);
	if (a->key == NULL)
		return;
	base_hex_put(hex, a->key, KEY_LEN);
	snprintf(f->key, sizeof(f->key), "nodekey:%s", hex);
}

/* Append `src' to the `n' bytes of `dst', `size' bytes.  The new length. */
static size_t
put(char *dst, size_t size, size_t n, const char *src)
{
	size_t len = strlen(src);

	if (len > size - 1 - n)
		len = size - 1 - n;
	memcpy(dst + n, src, len);
	dst[n + len] = '\0';
	return (n + len);
}

/* Return 1 when the text from `start' to `end' ends with a field's name. */
static int
names_field(const char *start, const char *end)
{
	const size_t n = (size_t)(end - start);

	return ((n >= 6 && memcmp(end - 6, "client", 6) == 0) ||
	    (n >= 3 && memcmp(end - 3, "key", 3) == 0));
}

/* Append the message, in which nothing may look like a field. */
static size_t
put_message(char *dst, size_t size, size_t n, const char *src)
{
	char one[2] = "";
	const char *p;

	for (p = src; *p != '\0'; p++) {
		one[0] = *p;
		n = put(dst, size, n, *p == '=' && names_field(src, p) ?
		    "\\x3d" : one);
	}
	return (n);
}

/* Append " NAME=VALUE", unless the value is "". */
static size_t
put_field(char *dst, size_t n, const char *name, const char *value)
{
	if (*value == '\0')
		return (n);
	n = put(dst, LOGLINE_TEXT, n, name);
	return (put(dst, LOGLINE_TEXT, n, value));
}

size_t
log_line_text(char *dst, const struct log_line *l)
{
	struct fields f;
	size_t n, room, len;

	put_fields(&f, l->about);
	room = LOGLINE_TEXT - sizeof(" client= key=\n") - strlen(f.client) -
	    strlen(f.key);
	len = (size_t)snprintf(dst, room, "%.63s%s%.63s%s", l->program,
	    *l->program != '\0' && *l->process != '\0' ? " " : "", l->process,
	    *l->program != '\0' || *l->process != '\0' ? ": " : "");
	n = put_message(dst, room, len, l->message);
	n = put_field(dst, n, " client=", f.client);
	n = put_field(dst, n, " key=", f.key);
	return (put(dst, LOGLINE_TEXT, n, "\n"));
}

/* Append the string `src' of printable ASCII in JSON's form. */
static size_t
put_string(char *dst, size_t n, const char *src)
{
	char two[2] = "", esc[3] = "\\";

	n = put(dst, LOGLINE_SIZE, n, "\"");
	for (; *src != '\0'; src++) {
		two[0] = esc[1] = *src;
		n = put(dst, LOGLINE_SIZE, n, *src == '"' || *src == '\\' ?
		    esc : two);
	}
	return (put(dst, LOGLINE_SIZE, n, "\""));
}

/* Append a member with a string, unless that is "". */
static size_t
put_member(char *dst, size_t n, const char *name, const char *value)
{
	if (*value == '\0')
		return (n);
	n = put(dst, LOGLINE_SIZE, n, ",\"");
	n = put(dst, LOGLINE_SIZE, n, name);
	n = put(dst, LOGLINE_SIZE, n, "\":");
	return (put_string(dst, n, value));
}

static const char *
level_name(int level)
{
	switch (level) {
	case LOG_DEBUG:
		return ("debug");
	case LOG_INFO:
		return ("info");
	case LOG_WARNING:
		return ("warning");
	default:
		return ("error");
	}
}

/* The opening and "time" (RFC 3339, UTC). */
static size_t
put_time(char *dst, const struct timespec *when)
{
	char text[32] = "";
	struct tm tm;

	if (gmtime_r(&when->tv_sec, &tm) == NULL ||
	    strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%S", &tm) == 0)
		text[0] = '\0';
	return ((size_t)snprintf(dst, LOGLINE_SIZE, "{\"time\":\"%s.%03dZ\"",
	    text, (int)(when->tv_nsec / 1000000)));
}

size_t
log_line_json(char *dst, const struct log_line *l)
{
	struct fields f;
	char pid[sizeof(",\"pid\":-2147483648")], message[LOGLINE_TEXT] = "";
	char process[64];
	size_t n;

	put_fields(&f, l->about);
	(void)put(message, sizeof(message), 0, l->message);
	snprintf(process, sizeof(process), "%s", *l->process != '\0' ?
	    l->process : l->program);
	snprintf(pid, sizeof(pid), ",\"pid\":%d", (int)l->pid);
	n = put_time(dst, &l->when);
	n = put_member(dst, n, "level", level_name(l->level));
	n = put_member(dst, n, "process", process);
	n = put(dst, LOGLINE_SIZE, n, pid);
	n = put(dst, LOGLINE_SIZE, n, ",\"message\":");
	n = put_string(dst, n, message);
	n = put_member(dst, n, "client", f.client);
	n = put_member(dst, n, "key", f.key);
	return (put(dst, LOGLINE_SIZE, n, "}\n"));
}
