/*
 * out: print text for people and JSON for programs, without characters that a
 * terminal would interpret.
 *
 * Called by every command.  Writes only to the stream passed to it.
 */
#include <sys/types.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "ctl.h"
#include "messages.h"
#include "json.h"
#include "utf8.h"

#define DOC_DEPTH	16
#define DOC_TOKENS	(1024 * 1024)

void
ctl_put_text(FILE *fp, const char *p, size_t len)
{
	const unsigned char	*u = (const unsigned char *)p;
	uint32_t		 cp;
	size_t			 i, n;

	while (len > 0) {
		if ((n = json_utf8(u, len, &cp)) > 0 && !json_is_control(cp))
			fwrite(u, 1, n, fp);
		else {
			if (n == 0)
				n = 1;
			for (i = 0; i < n; i++)
				fprintf(fp, "\\x%02x", u[i]);
		}
		u += n;
		len -= n;
	}
}

void
ctl_put_label(FILE *fp, const char *name, const char *value)
{
	size_t		 len = strlen(value), n;
	uint32_t	 cp;

	fprintf(fp, "%s=\"", name);
	for (; len > 0; value += n, len -= n) {
		n = json_utf8(value, len, &cp);
		if (n == 0 || json_is_control(cp)) {
			n = n == 0 ? 1 : n;
			fputc('?', fp);
		} else if (*value == '\\' || *value == '"')
			fprintf(fp, "\\%c", *value);
		else
			fwrite(value, 1, n, fp);
	}
	fputc('"', fp);
}

int
ctl_text(struct ipc_msg *m, const struct ctl *ctl,
    int (*print)(FILE *, const char *, size_t))
{
	struct ipc_msg_ctl_text v;

	if (m->type != MSG_CTL_TEXT || ipc_get_ctl_text(&m->rd, &v) == -1)
		return -1;
	if (ctl->json || print == NULL)
		print = ctl_put_json_doc;
	return print(stdout, v.text, v.len);
}

void
ctl_json_begin(struct ctl_json *cj)
{
	ipc_wr_init(&cj->w);
	json_out_init(&cj->o, &cj->w);
	json_out_object(&cj->o, NULL);
}

void
ctl_json_flush(struct ctl_json *cj, FILE *fp)
{
	fwrite(cj->w.p, 1, ipc_wr_ok(&cj->w) ? cj->w.len : 0, fp);
	ipc_wr_free(&cj->w);
}

void
ctl_json_end(struct ctl_json *cj, FILE *fp)
{
	while (json_out_depth(&cj->o) > 0)
		json_out_end(&cj->o);
	ctl_json_flush(cj, fp);
	fputc('\n', fp);
}

void
ctl_json_error(struct ctl_json *cj, FILE *fp, const char *why)
{
	while (json_out_depth(&cj->o) > 1)
		json_out_end(&cj->o);
	json_out_bool(&cj->o, "ok", 0);
	json_out_str(&cj->o, "error", why);
	ctl_json_end(cj, fp);
}

void
ctl_json_ok(FILE *fp, const char *name, const char *text)
{
	struct ctl_json	 cj;

	ctl_json_begin(&cj);
	json_out_bool(&cj.o, "ok", 1);
	if (name != NULL)
		json_out_str(&cj.o, name, text);
	ctl_json_end(&cj, fp);
}

int
ctl_put_json_doc(FILE *fp, const char *text, size_t len)
{
	const unsigned char	*u = (const unsigned char *)text;
	struct json_error	 e;
	struct json		*j;
	uint32_t		 cp;
	size_t			 n;

	if ((j = json_parse(text, len, DOC_DEPTH, DOC_TOKENS, &e)) == NULL)
		return -1;
	json_free(j);
	while (len > 0 && strchr(" \t\r\n", text[len - 1]) != NULL)
		len--;
	while (len > 0) {
		if ((n = json_utf8(u, len, &cp)) == 0)
			return -1;
		/*
		 * Well-formed JSON has bytes below 0x20 only as white space
		 * between tokens.
		 */
		if (cp == '\r')
			fputc(' ', fp);
		else if (cp >= 0x20 && json_is_control(cp))
			fprintf(fp, "\\u%04x", (unsigned int)cp);
		else
			fwrite(u, 1, n, fp);
		u += n;
		len -= n;
	}
	fputc('\n', fp);
	return 0;
}

void
ctl_fmt_bytes(char *dst, size_t size, uint64_t n)
{
	static const char	units[] = "KMGTPE";
	uint64_t		whole = n, tenths = 0;
	int			u = -1;

	while (whole >= 1000 && u < 5) {
		/*
		 * Compute tenths first: this loses no precision and can't
		 * overflow.
		 */
		tenths = (whole % 1024) * 10 / 1024;
		whole /= 1024;
		u++;
	}
	if (u == -1)
		snprintf(dst, size, "%" PRIu64, whole);
	else
		snprintf(dst, size, "%" PRIu64 ".%" PRIu64 "%c", whole, tenths,
		    units[u]);
}

void
ctl_fmt_age(char *dst, size_t size, uint64_t s)
{
	if (s < 60)
		snprintf(dst, size, "%" PRIu64 "s", s);
	else if (s < 3600)
		snprintf(dst, size, "%" PRIu64 "m%02" PRIu64 "s", s / 60,
		    s % 60);
	else if (s < 86400)
		snprintf(dst, size, "%" PRIu64 "h%02" PRIu64 "m", s / 3600,
		    s % 3600 / 60);
	else
		snprintf(dst, size, "%" PRIu64 "d%02" PRIu64 "h", s / 86400,
		    s % 86400 / 3600);
}
